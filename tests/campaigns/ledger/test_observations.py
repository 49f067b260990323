from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.ledger import ResultRow, Status, observations_hash, pool_replicates
from campaigns.spec import ObjectiveSpec
from discovery.polymers.repeat_unit import RepeatUnit

PS, PEO = RepeatUnit.parse("*CC(*)c1ccccc1"), RepeatUnit.parse("*CCO*")
TG = ObjectiveSpec(name="tg", direction="max", unit="K")


def row(unit: RepeatUnit, value: float, sem: float | None = None, n: int = 1, name: str = "") -> ResultRow:
    return ResultRow(2, unit, Status.MEASURED, value, sem, n, name)


def test_a_single_measurement_is_taken_as_it_is() -> None:
    [observation] = pool_replicates([row(PS, 373.15, 2.0, 3, "PS")])
    assert (observation.value, observation.sem, observation.n) == (373.15, 2.0, 3)
    assert observation.names == ("PS",)
    assert pool_replicates([row(PS, 1.0)])[0].sem is None


def test_replicates_give_the_standard_error_of_their_mean() -> None:
    [observation] = pool_replicates([row(PS, value) for value in (1.0, 2.0, 6.0)])
    assert (observation.value, observation.n) == (3.0, 3)
    assert observation.sem == pytest.approx(sqrt(7.0) / sqrt(3.0))


def test_specimens_weigh_a_measurement() -> None:
    [observation] = pool_replicates([row(PS, 10.0, n=3), row(PS, 20.0, n=1)])
    assert (observation.value, observation.n) == (12.5, 4)


def test_given_errors_hold_where_the_scatter_is_smaller_by_chance() -> None:
    [observation] = pool_replicates([row(PS, 10.0, 2.0), row(PS, 10.0, 2.0)])
    assert observation.sem == pytest.approx(sqrt(2.0))


def test_equal_replicates_do_not_claim_to_be_without_error() -> None:
    [observation] = pool_replicates([row(PS, 300.1)] * 3)
    assert observation.value == pytest.approx(300.1)
    assert (observation.sem, observation.n) == (None, 3)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([PS, PEO]), st.floats(0, 1e4), st.integers(1, 9))), st.randoms())
def test_the_order_of_ingestion_plays_no_part(
    measured: list[tuple[RepeatUnit, float, int]], random: object
) -> None:
    rows = [row(unit, value, None, n) for unit, value, n in measured]
    shuffled = rows.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = pool_replicates(rows), pool_replicates(shuffled)
    assert first == second
    assert observations_hash(first, TG) == observations_hash(second, TG)


def test_the_hash_follows_every_value_and_the_objective() -> None:
    base = pool_replicates([row(PS, 1.0), row(PEO, 2.0)])
    celsius = ObjectiveSpec(name="tg", direction="max", unit="degC")
    hashes = {
        observations_hash(base, TG),
        observations_hash(base[:1], TG),
        observations_hash(base, celsius),
        observations_hash(pool_replicates([row(PS, 1.0), row(PEO, 2.0, 0.1)]), TG),
        observations_hash(pool_replicates([row(PS, 1.0 + 1e-12), row(PEO, 2.0)]), TG),
    }
    assert len(hashes) == 5
    named = pool_replicates([row(PS, 1.0, name="PS"), row(PEO, 2.0)])
    assert observations_hash(named, TG) == observations_hash(base, TG)
