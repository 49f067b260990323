"""One list of polymers for all properties, also of those that are measured or readable for some only."""

from __future__ import annotations

import pytest
import torch

from discovery.acquisition.common_rows import common_rows
from discovery.acquisition.objectives import Constraint, Goal, Objective
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.shortlist import shortlist
from discovery.latent.representation import Representation
from discovery.polymers import Candidate, RepeatUnit
from discovery.polymers.accessibility import sa_score
from discovery.progress import silent
from discovery.surrogate.learned import Learned
from discovery.surrogate.learning import learn
from discovery.surrogate.observations import Observation

AMINES = tuple(RepeatUnit.parse(f"*{'C' * n}N*") for n in range(2, 6))
"""The tiny geometry encoder knows no nitrogen, so a latent model cannot read them."""
GOAL = Goal((Objective("tg", "max", "K"), Objective("density", "min", "g/cm3")))


@pytest.fixture(scope="module")
def axis(tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation) -> torch.Tensor:
    return tiny_representation.fuse(tiny_polymers).latent[:, :2].sum(dim=1)


def pursue(
    tg: list[Observation], density: list[Observation], representation: Representation, goal: Goal = GOAL
) -> Pursuit:
    """The transition by the latent, the density by fingerprints."""
    latent = learn(tg, representation, seed=0, members=("latent",))
    fingerprint = learn(density, representation, seed=0, members=("fingerprint",))
    assert isinstance(latent, Learned)
    assert isinstance(fingerprint, Learned)
    found = Pursuit.of(goal, {"tg": latent, "density": fingerprint})
    assert found is not None
    return found


@pytest.fixture
def tg(tiny_polymers: tuple[RepeatUnit, ...], axis: torch.Tensor) -> list[Observation]:
    return [Observation(u, 300.0 + 40.0 * float(z)) for u, z in zip(tiny_polymers[:14], axis, strict=False)]


@pytest.fixture
def density(tiny_polymers: tuple[RepeatUnit, ...]) -> list[Observation]:
    return [Observation(u, 0.9 + 0.05 * u.psmiles.count("O")) for u in tiny_polymers[8:20]]


def test_rows_are_the_union_and_what_is_not_measured_is_a_prediction(
    tg: list[Observation],
    density: list[Observation],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> None:
    pursuit = pursue(tg, density, tiny_representation)
    listed = shortlist([Candidate(u) for u in tiny_polymers[24:28]], pursuit.models, 4, silent)
    rows = common_rows(pursuit, tiny_polymers[20:22], listed, silent)
    assert (rows.n_measured, rows.n_pending, rows.notes) == (20, 2, ())
    units = [*tiny_polymers[:22], *tiny_polymers[24:28]]
    for name, learned in pursuit.models.items():
        view = learned.view(units)
        alone = learned.chosen.joint(view.views)
        torch.testing.assert_close(rows.joints[name].mean, alone.mean)
        torch.testing.assert_close(rows.joints[name].covariance, alone.covariance, atol=1e-3, rtol=1e-5)


def test_who_is_too_hard_to_make_is_learned_from_but_need_not_be_beaten(
    tg: list[Observation],
    density: list[Observation],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> None:
    scores = sorted(sa_score(unit) for unit in tiny_polymers[:20])
    eased = Goal(GOAL.objectives, (Constraint("sa_score", high=(scores[14] + scores[15]) / 2),))
    pursuit = pursue(tg, density, tiny_representation, eased)
    assert len(pursuit.aim.barred) == 5
    assert sum(len(one.measured) for one in pursuit.models.values()) == 26
    listed = shortlist([Candidate(u) for u in tiny_polymers[24:28]], pursuit.models, 4, silent)
    assert common_rows(pursuit, (), listed, silent).n_measured == 15
    none = pursue(
        tg, density, tiny_representation, Goal(GOAL.objectives, (Constraint("sa_score", high=0.5),))
    )
    assert common_rows(none, (), listed, silent).n_measured == 20


def test_a_polymer_that_a_model_cannot_read_stands_by_its_measurement(
    tg: list[Observation],
    density: list[Observation],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> None:
    """Measured in both; only the fingerprint model can read it."""
    tg = [*tg, Observation(AMINES[0], 500.0, sem=3.0)]
    density = [*density, Observation(AMINES[0], 1.5)]
    pursuit = pursue(tg, density, tiny_representation)
    listed = shortlist([Candidate(u) for u in tiny_polymers[24:28]], pursuit.models, 4, silent)
    rows = common_rows(pursuit, (), listed, silent)
    assert rows.n_measured == 21
    joint = rows.joints["tg"]
    row = int(joint.mean[:21].argmax())
    assert float(joint.mean[row]) == 500.0
    assert float(joint.covariance[row, row]) == 9.0
    assert float(joint.covariance[row].abs().sum()) == 9.0
    seen = pursuit.models["density"].view([AMINES[0]])
    alone = pursuit.models["density"].chosen.joint(seen.views)
    assert float(rows.joints["density"].mean[row]) == pytest.approx(float(alone.mean[0]))


def test_what_a_model_can_neither_read_nor_knows_is_left_out_with_a_note(
    tg: list[Observation],
    density: list[Observation],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> None:
    """One has a density only; of another the transition is known as a limit only."""
    tg = [*tg, Observation(AMINES[1], 500.0, bound="above")]
    density = [*density, Observation(AMINES[0], 1.5)]
    pursuit = pursue(tg, density, tiny_representation)
    listed = shortlist([Candidate(u) for u in tiny_polymers[24:28]], pursuit.models, 4, silent)
    rows = common_rows(pursuit, (tiny_polymers[20], AMINES[2]), listed, silent)
    assert (rows.n_measured, rows.n_pending) == (20, 1)
    assert len(rows.joints["tg"]) == len(rows.joints["density"]) == 25
    pending, measured = rows.notes
    assert pending.startswith("1 pending polymer is not seen by the model")
    assert measured.startswith("2 measured polymers are left out of what has to be beaten")


def test_only_what_all_models_can_read_is_shortlisted(
    tg: list[Observation],
    density: list[Observation],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> None:
    pursuit = pursue(tg, density, tiny_representation)
    ranked = [Candidate(u) for u in (AMINES[0], *tiny_polymers[24:26], AMINES[1], tiny_polymers[26])]
    listed = shortlist(ranked, pursuit.models, 3, silent)
    assert [c.unit for c in listed.candidates] == list(tiny_polymers[24:27])
    assert [f.unit for f in listed.failures] == list(AMINES[:2])
    for views in listed.views.values():
        assert sum(len(view) for view in views) == 3
