"""A round: what may be proposed, what is preferred, and what is said of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from discovery.acquisition.objectives import Goal, Objective
from discovery.acquisition.plan import Plan, RoundSettings
from discovery.acquisition.round import plan_round
from discovery.encoders.store import EmbeddingStore
from discovery.errors import PoolError
from discovery.latent.representation import Representation
from discovery.polymers import Candidate, Monomer, Provenance, RepeatUnit
from discovery.pools import MonomerPool, UnitPool
from discovery.surrogate.learned import Learned, NotLearned
from discovery.surrogate.observations import Observation

TG = Objective("tg", "max", "K")
FAST = RoundSettings(members=("fingerprint", "latent"))
ALONE = RoundSettings(members=("fingerprint",))
AMINE = RepeatUnit.parse("*CCNC*")  # the tiny geometry encoder knows no nitrogen
LONG = RepeatUnit.parse(f"*{'CO' * 31}S*")  # the tiny text encoder reads 64 tokens


def value(unit: RepeatUnit) -> float:
    return 300.0 + 20.0 * unit.psmiles.count("O") - 15.0 * unit.psmiles.count("S")


def uses_latent(plan: Plan) -> bool:
    return isinstance(plan.learned["tg"], Learned) and plan.learned["tg"].decision.chosen != "fingerprint"


def keys(plan: Plan) -> list[str]:
    return [proposed.candidate.unit.key for proposed in plan.batch]


@pytest.fixture(scope="module")
def observations(tiny_polymers: tuple[RepeatUnit, ...]) -> list[Observation]:
    return [Observation(u, value(u), names=(f"polymer {i}",)) for i, u in enumerate(tiny_polymers[:12])]


@pytest.fixture(scope="module")
def pool(tiny_polymers: tuple[RepeatUnit, ...]) -> UnitPool:
    """Everything, also what is measured."""
    return UnitPool(tiny_polymers)


@pytest.fixture(scope="module")
def plan(observations: list[Observation], pool: UnitPool, tiny_representation: Representation) -> Plan:
    return plan_round(
        {"tg": observations}, pool, Goal.of(TG), tiny_representation, q=3, seed=0, settings=FAST
    )


def test_a_batch_has_the_size_asked_for_and_predictions_with_intervals(plan: Plan) -> None:
    assert len(set(keys(plan))) == len(plan.batch) == 3
    assert isinstance(plan.learned["tg"], Learned)
    for proposed in plan.batch:
        prediction = proposed.predictions["tg"]
        assert prediction.lower < prediction.mean < prediction.upper
        assert proposed.acquisition is not None
        assert math.isfinite(proposed.acquisition)


def test_the_same_seed_gives_the_same_batch_whatever_is_in_the_store(
    plan: Plan,
    observations: list[Observation],
    pool: UnitPool,
    tiny_representation: Representation,
    tmp_path: Path,
) -> None:
    fresh = Representation(
        tiny_representation.fingerprint,
        tiny_representation.text,
        tiny_representation.geometry,
        tiny_representation.fusion,
        EmbeddingStore(tmp_path),
    )
    again = plan_round({"tg": observations}, pool, Goal.of(TG), fresh, q=3, seed=0, settings=FAST)
    assert keys(again) == keys(plan)
    assert [p.reason for p in again.batch] == [p.reason for p in plan.batch]
    assert [p.predictions for p in again.batch] == [p.predictions for p in plan.batch]


def test_the_same_seed_gives_the_same_refined_round(
    tiny_polymers: tuple[RepeatUnit, ...], pool: UnitPool, tiny_representation: Representation
) -> None:
    given = [Observation(u, value(u)) for u in tiny_polymers[:16]]
    plans = [plan_round({"tg": given}, pool, Goal.of(TG), tiny_representation, q=2, seed=5) for _ in range(2)]
    assert plans[0].batch == plans[1].batch
    assert isinstance(plans[0].learned["tg"], Learned)
    assert len(plans[0].learned["tg"].loo) == 3


@pytest.mark.parametrize("settings", [FAST, ALONE], ids=["latent", "fingerprint"])
@pytest.mark.parametrize("measured", [0, 2, 8], ids=["none", "two", "eight"])
def test_measured_pending_and_excluded_polymers_are_never_proposed(
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
    settings: RoundSettings,
    measured: int,
) -> None:
    given = [Observation(u, value(u)) for u in tiny_polymers[:measured]]
    pending, excluded, left = tiny_polymers[8:11], tiny_polymers[11:14], tiny_polymers[14:18]
    made = plan_round(
        {"tg": given},
        UnitPool([*tiny_polymers[:measured], *pending, *excluded, *left]),
        Goal.of(TG),
        tiny_representation,
        q=10,
        seed=0,
        pending=pending,
        excluded=excluded,
        settings=settings,
    )
    assert sorted(keys(made)) == sorted(unit.key for unit in left)
    assert made.pool.left_out["measured, pending, abandoned or withdrawn"] == measured + 6


def test_pending_polymers_change_what_is_proposed_next(
    plan: Plan, observations: list[Observation], pool: UnitPool, tiny_representation: Representation
) -> None:
    first = plan.batch[0].candidate.unit
    after = plan_round(
        {"tg": observations},
        pool,
        Goal.of(TG),
        tiny_representation,
        q=3,
        seed=0,
        pending=[first],
        settings=FAST,
    )
    assert first.key not in keys(after)


def test_a_pending_polymer_without_geometry_is_no_error(
    observations: list[Observation], pool: UnitPool, tiny_representation: Representation
) -> None:
    made = plan_round(
        {"tg": observations},
        pool,
        Goal.of(TG),
        tiny_representation,
        q=2,
        seed=0,
        pending=[AMINE],
        settings=FAST,
    )
    assert len(made.batch) == 2
    told = any(note.startswith("1 pending polymer is not seen by the model") for note in made.notes)
    assert told == uses_latent(made)


@pytest.mark.parametrize("direction", ["max", "min"])
def test_the_batch_lies_where_the_objective_points(
    tiny_representation: Representation, direction: Literal["max", "min"]
) -> None:
    """Ethers with more oxygen are better or worse; the pool goes on at both ends."""
    ethers = {n: RepeatUnit.parse(f"*{'C' * (9 - n)}{'OC' * n}C*") for n in range(9)}
    given = [Observation(ethers[n], 100.0 * n) for n in (1, 2, 3, 4, 5, 6)]
    made = plan_round(
        {"oxygen": given},
        UnitPool([ethers[0], ethers[8]]),
        Goal.of(Objective("oxygen", direction)),
        tiny_representation,
        q=1,
        seed=0,
        settings=ALONE,
    )
    assert keys(made) == [ethers[8 if direction == "max" else 0].key]


def test_minimising_picks_lower_predictions_than_maximising(
    plan: Plan, observations: list[Observation], pool: UnitPool, tiny_representation: Representation
) -> None:
    lowest = plan_round(
        {"tg": observations},
        pool,
        Goal.of(Objective("tg", "min", "K")),
        tiny_representation,
        q=3,
        seed=0,
        settings=FAST,
    )

    def level(made: Plan) -> float:
        return float(np.mean([p.predictions["tg"].mean for p in made.batch]))

    assert level(lowest) < level(plan)


@pytest.mark.parametrize("given", [0, 1, 4])
def test_without_measurements_enough_the_batch_fills_the_space_and_says_so(
    observations: list[Observation], pool: UnitPool, tiny_representation: Representation, given: int
) -> None:
    made = plan_round({"tg": observations[:given]}, pool, Goal.of(TG), tiny_representation, q=5, seed=0)
    assert isinstance(made.learned["tg"], NotLearned)
    assert len(set(keys(made))) == 5
    assert all(not p.predictions and p.acquisition is None for p in made.batch)
    assert all(made.learned["tg"].reason in p.reason for p in made.batch)
    assert made.batch[0].reason.startswith("a typical polymer") == (given == 0)
    assert all(p.reason.startswith("stands for a part of the pool") for p in made.batch[1:])
    (note,) = made.notes
    assert note.startswith("No model yet:")
    assert made.learned["tg"].reason in note
    assert made.pool.shortlisted == 0


def test_a_constant_objective_fills_the_space(
    tiny_polymers: tuple[RepeatUnit, ...], pool: UnitPool, tiny_representation: Representation
) -> None:
    same = [Observation(unit, 300.0) for unit in tiny_polymers[:12]]
    made = plan_round({"tg": same}, pool, Goal.of(TG), tiny_representation, q=4, seed=0)
    assert isinstance(made.learned["tg"], NotLearned)
    assert len(made.batch) == 4
    assert not set(keys(made)) & {o.unit.key for o in same}


def test_a_space_filling_batch_depends_on_the_pool_and_not_on_its_order(
    tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation
) -> None:
    orders: list[Sequence[RepeatUnit]] = [tiny_polymers, tiny_polymers[::-1]]
    plans = [
        plan_round({"tg": []}, UnitPool(units), Goal.of(TG), tiny_representation, q=6, seed=0)
        for units in orders
    ]
    assert keys(plans[0]) == keys(plans[1])


@pytest.mark.parametrize("given", [0, 12])
def test_a_pool_smaller_than_the_batch_is_proposed_whole_with_a_note(
    observations: list[Observation],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
    given: int,
) -> None:
    small = UnitPool(tiny_polymers[20:22])
    made = plan_round(
        {"tg": observations[:given]}, small, Goal.of(TG), tiny_representation, q=8, seed=0, settings=FAST
    )
    assert sorted(keys(made)) == sorted(unit.key for unit in tiny_polymers[20:22])
    assert "The pool holds only 2 polymers that can be proposed; 8 were asked for." in made.notes


@pytest.mark.parametrize("given", [0, 12])
def test_an_empty_pool_is_an_error_that_says_so(
    observations: list[Observation], tiny_representation: Representation, given: int
) -> None:
    with pytest.raises(PoolError, match="it is empty") as caught:
        plan_round(
            {"tg": observations[:given]},
            UnitPool([]),
            Goal.of(TG),
            tiny_representation,
            q=1,
            seed=0,
            settings=FAST,
        )
    assert caught.value.hint


def test_a_pool_that_is_all_measured_is_an_error_that_counts(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    with pytest.raises(PoolError, match="12 measured, pending, abandoned or withdrawn"):
        plan_round(
            {"tg": observations},
            UnitPool(o.unit for o in observations),
            Goal.of(TG),
            tiny_representation,
            q=1,
            seed=0,
            settings=FAST,
        )


@pytest.mark.parametrize("q", [0, -1])
def test_a_batch_of_nothing_is_refused(
    observations: list[Observation], pool: UnitPool, tiny_representation: Representation, q: int
) -> None:
    with pytest.raises(PoolError, match=f"batch of {q} polymers"):
        plan_round({"tg": observations}, pool, Goal.of(TG), tiny_representation, q=q, seed=0)


def test_the_counts_of_the_pool_add_up(
    observations: list[Observation],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> None:
    given = [*tiny_polymers[:30], AMINE, LONG]
    made = plan_round(
        {"tg": observations},
        UnitPool([*given, tiny_polymers[0]]),
        Goal.of(TG),
        tiny_representation,
        q=2,
        seed=0,
        settings=FAST,
    )
    assert made.pool.candidates == len(given)
    left_out = dict(made.pool.left_out)
    assert left_out.pop("same chain as an earlier one") == 1  # the pool did not even give it
    assert left_out["measured, pending, abandoned or withdrawn"] == 12
    assert isinstance(made.learned["tg"], Learned)
    lost = sum(count for reason, count in left_out.items() if reason.startswith("not encoded: "))
    assert made.pool.shortlisted + 12 + lost == made.pool.candidates
    if not uses_latent(made):
        assert lost == 0
    else:
        assert left_out["not encoded: too many tokens, the model reads at most 64"] == 1
        assert left_out["not encoded: the weights do not know the element N"] == 1
        assert (
            "1 of the 19 best-ranked candidates could not be encoded (the weights do not know the element N: 1)."
            in made.notes
        )
    assert all(count > 0 for count in left_out.values())


def test_the_shortlist_is_as_long_as_asked_but_never_shorter_than_four_for_each_pick(
    observations: list[Observation], pool: UnitPool, tiny_representation: Representation
) -> None:
    lengths = [
        plan_round(
            {"tg": observations},
            pool,
            Goal.of(TG),
            tiny_representation,
            q=2,
            seed=0,
            settings=RoundSettings(shortlist=shortlist, members=("fingerprint", "latent")),
        ).pool.shortlisted
        for shortlist in (1, 10)
    ]
    assert lengths == [8, 10]


def test_provenance_stays_with_a_proposal(
    observations: list[Observation], tiny_representation: Representation
) -> None:
    monomers = [Monomer("OCCO", "glycol"), Monomer("O=C(O)CC(=O)O", "malonic acid"), Monomer("C=C", "ethene")]
    made = plan_round(
        {"tg": observations},
        MonomerPool(monomers),
        Goal.of(TG),
        tiny_representation,
        q=8,
        seed=0,
        settings=ALONE,
    )
    assert made.batch
    assert all(isinstance(p.candidate.provenance, Provenance) for p in made.batch)


def test_progress_is_told_of_the_pool(
    observations: list[Observation], pool: UnitPool, tiny_representation: Representation
) -> None:
    told: set[str] = set()
    plan_round(
        {"tg": observations},
        pool,
        Goal.of(TG),
        tiny_representation,
        q=1,
        seed=0,
        settings=ALONE,
        progress=lambda done, total, what: told.add(what),
    )
    assert "candidates of the pool" in told


def test_every_reason_names_the_nearest_measured_polymer_and_its_value(
    plan: Plan, observations: list[Observation]
) -> None:
    by_name = {o.name: o for o in observations}
    best = max(o.value for o in observations)
    for proposed in plan.batch:
        purpose, near = proposed.reason.split(". Nearest measured: ")
        assert f"chance to beat the best measured ({best:.4g} K)" in purpose
        named = near.split(" (")
        assert f"{by_name[named[0]].value:.4g} K" in named[1]


def test_a_candidate_is_equal_to_itself_with_its_provenance(plan: Plan) -> None:
    assert all(isinstance(proposed.candidate, Candidate) for proposed in plan.batch)
