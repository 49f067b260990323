"""What a property is learned beside: estimates that the mean may follow, and sources that it may share a model with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent
from discovery.surrogate.learned import Learned
from discovery.surrogate.learning import Refining, learn
from discovery.surrogate.observations import Observation
from discovery.surrogate.sources import Source

NO_GEOMETRY = Observation(RepeatUnit.parse("*CCNC*"), 250.0, names=("a polyamine",))
"""The tiny geometry encoder knows no nitrogen."""


class Stand:
    """A prior mean that a function makes."""

    name = "physics:tg"
    revision = "stand-1"

    def __init__(self, told: Callable[[RepeatUnit], float]) -> None:
        self._told = told

    def estimates(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> NDArray[np.float64]:
        return np.array([self._told(unit) for unit in units], dtype=np.float64)

    def why_not(self, unit: RepeatUnit) -> str:
        return "" if np.isfinite(self._told(unit)) else "no group for N"


def nitrogen_is_not_covered(unit: RepeatUnit) -> float:
    """Near to what ``observations`` hold, as a line of it."""
    return (
        float("nan")
        if "N" in unit.psmiles
        else 310.0 + 22.0 * unit.psmiles.count("O") - 16.5 * unit.psmiles.count("S")
    )


def test_every_member_stands_beside_itself_with_the_prior_mean(
    observations: list[Observation], tiny_representation: Representation, refining: Refining
) -> None:
    learned = learn(
        observations[:18],
        tiny_representation,
        seed=0,
        prior=Stand(nitrogen_is_not_covered),
        refining=refining,
    )
    assert isinstance(learned, Learned)
    plain = {"fingerprint", "latent", "projection"}
    assert set(learned.loo) == plain | {f"{name} + physics" for name in plain}


def test_a_prior_mean_that_pays_is_used_and_what_it_does_not_cover_is_named(
    observations: list[Observation],
    tiny_representation: Representation,
    tiny_polymers: tuple[RepeatUnit, ...],
) -> None:
    given = [*observations[:9], NO_GEOMETRY]
    learned = learn(given, tiny_representation, seed=0, prior=Stand(nitrogen_is_not_covered))
    assert isinstance(learned, Learned)
    verdict = learned.verdict
    assert verdict is not None
    assert verdict.used
    assert learned.decision.chosen.endswith(" + physics")
    assert verdict.difference is not None
    assert verdict.difference > 0
    assert verdict.without_estimate == ("a polyamine",)
    assert verdict.reason in learned.notes
    assert "and it is used (learned slope " in verdict.reason
    assert verdict.reason.endswith("1 measured polymer has no estimate: a polyamine (no group for N).")
    units = [*tiny_polymers[20:23], NO_GEOMETRY.unit]
    mean, _ = learned.chosen.predict(learned.view(units).views)
    assert torch.isfinite(mean).all()
    screened = learned.screen_view(units)
    assert screened.without_estimate == 1
    assert torch.isfinite(learned.screening.predict(screened.views)[0]).all()


def test_a_prior_mean_that_says_nothing_is_not_used_and_the_note_says_so_in_numbers(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    noise = np.random.default_rng(0)
    dealt = {o.unit.key: noise.normal() for o in observations}
    learned = learn(observations[:12], tiny_representation, seed=0, prior=Stand(lambda unit: dealt[unit.key]))
    assert isinstance(learned, Learned)
    assert learned.verdict is not None
    assert not learned.verdict.used
    assert learned.prior is None
    assert "not used" in learned.notes[0]
    assert "With physics:tg as prior mean the leave-one-out log score of" in learned.notes[0]
    assert learned.screen_view([observations[20].unit]).views.estimates is None


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (lambda unit: float("nan"), "0 of the measured polymers have an estimate, and it needs 5"),
        (lambda unit: 300.0, "all measured polymers have the same estimate"),
    ],
)
def test_estimates_that_nothing_can_be_learned_from_leave_the_members_as_they_are(
    observations: list[Observation],
    tiny_representation: Representation,
    told: Callable[[RepeatUnit], float],
    words: str,
) -> None:
    learned = learn(observations[:8], tiny_representation, seed=0, prior=Stand(told))
    plain = learn(observations[:8], tiny_representation, seed=0)
    assert isinstance(learned, Learned)
    assert isinstance(plain, Learned)
    assert set(learned.loo) == set(plain.loo)
    assert learned.decision == plain.decision
    assert f"The prior mean physics:tg is not used: {words}." in learned.notes[0]


def test_the_peer_that_is_fingerprints_alone_has_no_prior_mean(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    prior = Stand(nitrogen_is_not_covered)
    learned = learn(observations[:8], tiny_representation, seed=0, members=("fingerprint",), prior=prior)
    assert isinstance(learned, Learned)
    assert set(learned.loo) == {"fingerprint"}
    assert learned.verdict is None


class Oracle(Stand):
    """Knows a property that no encoder sees: a random number for each polymer."""

    name = "simulation"

    def __init__(self) -> None:
        super().__init__(lambda unit: float(np.random.default_rng(list(unit.key.encode())).normal()))


def test_a_computable_source_that_is_the_truth_makes_the_member_that_is_used(
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
    learned_from: Callable[..., Learned],
) -> None:
    truth = Oracle()
    values = 300.0 + 50.0 * truth.estimates(tiny_polymers)
    given = [Observation(unit, float(v)) for unit, v in zip(tiny_polymers[:14], values, strict=False)]
    learned = learned_from(
        given, tiny_representation, members=("latent",), sources=[Source("simulation", computed=truth)]
    )
    assert learned.decision.chosen == learned.chosen.name == "multitask"
    assert learned.decision.skilful
    assert learned.sources is not None
    assert learned.sources.names == ("simulation",)
    views = learned.view(tiny_polymers[14:]).views
    mean, variance = learned.chosen.predict(views)
    wanted = torch.from_numpy(values[14:])
    assert float((mean - wanted).square().mean()) < 0.25 * float(wanted.var())
    corrected, _ = learned.calibrated(views, mean, variance)
    assert bool((corrected > 0).all())
    screened = learned.screen_view(tiny_polymers[14:18])
    assert screened.views.estimates is None
    assert torch.isfinite(learned.screening.predict(screened.views)[0]).all()


def test_a_source_that_has_nothing_to_do_with_the_property_does_little_harm(
    observations: list[Observation], tiny_representation: Representation, learned_from: Callable[..., Learned]
) -> None:
    given, new = observations[:14], observations[14:]
    wanted = torch.tensor([o.value for o in new], dtype=torch.float64)

    def error(sources: Sequence[Source]) -> float:
        learned = learned_from(given, tiny_representation, members=("latent",), sources=sources)
        mean, _ = learned.chosen.predict(learned.view([o.unit for o in new]).views)
        return float((mean - wanted).square().mean().sqrt())

    assert error([Source("simulation", computed=Oracle())]) < 1.3 * error([])


def test_a_table_of_a_source_is_learned_together_with_the_property(
    observations: list[Observation], tiny_representation: Representation, learned_from: Callable[..., Learned]
) -> None:
    """A cheaper method has measured all; the property itself is known of six."""
    cheap = tuple(Observation(o.unit, 0.5 * o.value + 20.0) for o in observations)
    learned = learned_from(
        observations[:6], tiny_representation, members=("latent",), sources=[Source("cheap", cheap)]
    )
    assert set(learned.loo) == {"latent", "multitask"}
    assert learned.loo["multitask"].rmse < learned.loo["latent"].rmse
    assert learned.sources is not None
    assert learned.sources.computed is None


def test_a_source_that_is_left_out_is_told_in_a_note(
    observations: list[Observation], tiny_representation: Representation, learned_from: Callable[..., Learned]
) -> None:
    few = Source("cheap", tuple(observations[:3]))
    learned = learned_from(observations[:8], tiny_representation, members=("latent",), sources=[few])
    assert "multitask" not in learned.loo
    assert any(note.startswith("The source cheap has 3 polymers") for note in learned.notes)
