"""Polymers that the latent cannot see: among the measured, the pending and the shortlisted ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from discovery.acquisition.objectives import Goal, Objective
from discovery.acquisition.plan import Plan, RoundSettings
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.round import plan_round
from discovery.acquisition.screening import screen
from discovery.acquisition.shortlist import shortlist
from discovery.errors import PoolError
from discovery.latent.representation import Representation
from discovery.polymers import Candidate, RepeatUnit
from discovery.pools import UnitPool
from discovery.progress import silent
from discovery.surrogate.learned import Learned
from discovery.surrogate.learning import learn
from discovery.surrogate.observations import Observation

TG = Objective("tg", "max", "K")
AMINES = tuple(RepeatUnit.parse(f"*{'C' * n}N*") for n in range(2, 26))
"""The tiny geometry encoder knows no nitrogen."""


@pytest.fixture(scope="module")
def observations(
    tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation
) -> list[Observation]:
    """A property that is one direction of the latent, so that the gate takes the latent."""
    axis = tiny_representation.fuse(tiny_polymers).latent[:, :2].sum(dim=1)
    return [
        Observation(u, 300.0 + 40.0 * float(z)) for u, z in zip(tiny_polymers[:26], axis[:26], strict=True)
    ]


@pytest.fixture(scope="module")
def learned(observations: list[Observation], tiny_representation: Representation) -> Learned:
    found = learn(observations, tiny_representation, seed=0, members=("fingerprint", "latent"))
    assert isinstance(found, Learned)
    assert found.decision.chosen == "latent"
    return found


def pursuing(learned: Learned) -> Pursuit:
    found = Pursuit.of(Goal.of(TG), {"tg": learned})
    assert found is not None
    return found


def propose(
    observations: Sequence[Observation],
    pool: Sequence[RepeatUnit],
    representation: Representation,
    q: int = 2,
) -> Plan:
    settings = RoundSettings(shortlist=4, members=("fingerprint", "latent"))
    return plan_round(
        {"tg": observations},
        UnitPool(pool),
        Goal.of(TG),
        representation,
        q=q,
        seed=0,
        settings=settings,
        pending=[AMINES[0]],
    )


def test_the_best_measured_polymer_has_to_be_beaten_though_the_latent_cannot_see_it(
    observations: list[Observation],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> None:
    best = Observation(AMINES[1], 900.0, sem=2.0, names=("the best",))
    without, with_best = (
        propose(given, tiny_polymers, tiny_representation) for given in (observations, [*observations, best])
    )
    assert isinstance(with_best.learned["tg"], Learned)
    assert with_best.learned["tg"].decision.chosen == "latent"
    assert best not in with_best.learned["tg"].observations
    for before, after in zip(without.batch, with_best.batch, strict=True):
        assert "under 1% chance to beat the best measured (900 K)" in after.reason
        assert before.acquisition is not None
        assert after.acquisition is not None
        assert after.acquisition < before.acquisition - 5.0
    assert any("left out of the latent models: the best (" in note for note in with_best.notes)
    assert any("1 pending polymer is not seen by the model" in note for note in with_best.notes)


def test_the_next_in_rank_take_the_place_of_what_cannot_be_encoded(
    learned: Learned, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    ranked = [Candidate(u) for u in (*AMINES[:3], tiny_polymers[30], AMINES[3], *tiny_polymers[31:35])]
    listed = shortlist(ranked, {"tg": learned}, 3, silent)
    assert [c.unit for c in listed.candidates] == list(tiny_polymers[30:33])
    assert [f.unit for f in listed.failures] == list(AMINES[:4])
    assert listed.full
    assert sum(len(view) for view in listed.views["tg"]) == 3
    (note,) = listed.notes()
    assert note.startswith("4 of the 7 best-ranked candidates could not be encoded (the weights do not know")
    assert note.endswith("the next best took their place.")


def test_a_list_that_runs_out_says_so(learned: Learned, tiny_polymers: tuple[RepeatUnit, ...]) -> None:
    listed = shortlist([Candidate(AMINES[0]), Candidate(tiny_polymers[30])], {"tg": learned}, 3, silent)
    assert len(listed.candidates) == 1
    assert not listed.full
    assert "took their place" not in listed.notes()[0]


def test_losses_of_the_shortlist_do_not_shorten_the_batch(
    observations: list[Observation],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> None:
    made = propose(observations, [*AMINES[1:9], *tiny_polymers[26:34]], tiny_representation)
    assert len(made.batch) == 2
    assert made.pool.shortlisted == 8
    assert not any("holds only" in note for note in made.notes)


def test_a_pool_of_which_nothing_can_be_encoded_is_an_error_that_says_why(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    with pytest.raises(PoolError, match="None of the 3 candidates of the pool can be proposed") as caught:
        propose(observations, AMINES[1:4], tiny_representation)
    assert "3 not encoded: the weights do not know the element N" in caught.value.message
    with pytest.raises(PoolError, match="None of the 12 best-ranked of the pool's 23 candidates") as caught:
        propose(observations, AMINES[1:], tiny_representation, q=1)
    assert caught.value.hint


def test_screening_by_mean_keeps_the_best_by_mean_whatever_the_chunks(
    learned: Learned, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    pool = [Candidate(u) for u in tiny_polymers[26:]]
    mean, _ = learned.screening.predict(learned.screen_view([c.unit for c in pool]).views)
    expected = [pool[i].unit for i in mean.argsort(descending=True).tolist()[:4]]
    for size in (1, 3, 100):
        chunks = [pool[i : i + size] for i in range(0, len(pool), size)]
        kept = screen(chunks, pursuing(learned), keep=4, seed=0, left_out=Counter(), by="mean")
        assert [c.unit for c in kept] == expected


def test_of_equal_candidates_the_lesser_key_is_kept(
    tiny_representation: Representation, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    """Their fingerprints share no fragment with anything measured: one prediction for all."""
    given = [Observation(u, float(i)) for i, u in enumerate(tiny_polymers[:6])]
    found = learn(given, tiny_representation, seed=0, members=("fingerprint",))
    assert isinstance(found, Learned)
    strangers = [RepeatUnit.parse(f"*{a}*") for a in ("[SiH2]", "[GeH2]", "P", "B")]
    pools = [[Candidate(u) for u in order] for order in (strangers, strangers[::-1])]
    first, second = (
        screen([pool], pursuing(found), keep=2, seed=0, left_out=Counter(), by="mean") for pool in pools
    )
    assert [c.unit.key for c in first] == [c.unit.key for c in second] == sorted(u.key for u in strangers)[:2]
