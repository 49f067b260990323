from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.ledger import ResultRow, Status, observations_hash, pool_replicates
from campaigns.ledger.observations import contradictions
from campaigns.spec import ObjectiveSpec
from discovery.polymers.repeat_unit import RepeatUnit
from discovery.surrogate.observations import Bound
from discovery.surrogate.scale import Scale

PS, PEO = RepeatUnit.parse("*CC(*)c1ccccc1"), RepeatUnit.parse("*CCO*")
TG = ObjectiveSpec(name="tg", direction="max", unit="K")


def row(unit: RepeatUnit, value: float, sem: float | None = None, n: int = 1, name: str = "") -> ResultRow:
    return ResultRow(2, unit, Status.MEASURED, value, sem, n, name, objective="tg")


def limit(unit: RepeatUnit, bound: Bound, value: float, n: int = 1) -> ResultRow:
    return ResultRow(2, unit, Status.MEASURED, value, n=n, objective="tg", bound=bound)


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


def test_small_numbers_keep_their_error() -> None:
    [measured] = pool_replicates([row(PS, 2e-14), row(PS, 4e-14)])
    assert measured.sem == pytest.approx(1e-14)
    [given] = pool_replicates([row(PS, 2e-14, 1e-15), row(PS, 2e-14, 1e-15)])
    assert given.sem == pytest.approx(1e-15 / sqrt(2.0))


def test_replicates_on_a_logarithmic_scale_are_pooled_as_factors() -> None:
    [observation] = pool_replicates([row(PS, 10.0), row(PS, 1000.0)], Scale.LOG)
    assert observation.value == pytest.approx(100.0)
    assert observation.sem is not None
    assert Scale.LOG.error_on(observation.value, observation.sem) == pytest.approx(1.0)
    [alone] = pool_replicates([row(PS, 0.3, 0.1)], Scale.LOG)
    assert (alone.value, alone.sem) == (0.3, 0.1)


@pytest.mark.parametrize(("bound", "values", "tightest"), [("above", (300, 350), 350), ("below", (2, 3), 2)])
def test_of_several_limits_the_tightest_holds(
    bound: Bound, values: tuple[float, float], tightest: float
) -> None:
    [observation] = pool_replicates([limit(PS, bound, value, 2) for value in values])
    assert (observation.value, observation.bound, observation.sem, observation.n) == (
        tightest,
        bound,
        None,
        4,
    )


def test_a_limit_beside_a_value_adds_nothing() -> None:
    rows = [row(PS, 373.0, 2.0, 3), limit(PS, "above", 350.0), limit(PS, "below", 300.0)]
    assert pool_replicates(rows) == pool_replicates(rows[:1])


@pytest.mark.parametrize(("scale", "middle", "sem"), [(Scale.LINEAR, 505.0, 990.0), (Scale.LOG, 100.0, 2.0)])
def test_between_two_limits_the_property_lies_in_the_middle_with_the_error_of_a_uniform_distribution(
    scale: Scale, middle: float, sem: float
) -> None:
    [observation] = pool_replicates([limit(PS, "above", 10.0), limit(PS, "below", 1000.0)], scale)
    assert observation.value == pytest.approx(middle)
    assert observation.bound == ""
    assert observation.sem is not None
    assert scale.error_on(middle, observation.sem) == pytest.approx(sem / sqrt(12.0))


def test_limits_that_leave_nothing_between_them_are_a_contradiction_and_teach_nothing() -> None:
    rows = [limit(PS, "above", 400.0), limit(PS, "below", 300.0), limit(PEO, "above", 200.0)]
    assert [o.unit for o in pool_replicates(rows)] == [PEO]
    [told] = contradictions(rows)
    assert (told.unit, told.limit, told.bound, told.other, told.other_bound) == (
        PS,
        400,
        "above",
        300,
        "below",
    )


@pytest.mark.parametrize(
    ("measured", "contradicted"),
    [
        (row(PS, 373.0), False),
        (row(PS, 340.0), True),
        (row(PS, 340.0, 6.0), False),
        (row(PS, 340.0, 4.0), True),
    ],
)
def test_a_value_contradicts_a_limit_beyond_its_own_error(measured: ResultRow, contradicted: bool) -> None:
    told = contradictions([measured, limit(PS, "above", 350.0)])
    assert bool(told) is contradicted


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["", "above", "below"]), st.floats(1, 1e4)), min_size=1, max_size=6),
    st.sampled_from(list(Scale)),
)
def test_what_is_known_of_a_polymer_never_crosses_limits_that_hold(
    told: list[tuple[Bound, float]], scale: Scale
) -> None:
    rows = [limit(PS, bound, value) if bound else row(PS, value) for bound, value in told]
    observed = pool_replicates(rows, scale)
    low = max((v for b, v in told if b == "above"), default=0.0)
    high = min((v for b, v in told if b == "below"), default=float("inf"))
    if not any(b == "" for b, _ in told):
        assert bool(observed) is (low < high)
        assert all(low * (1 - 1e-9) <= o.value <= high * (1 + 1e-9) for o in observed)
    else:
        values = [v for b, v in told if not b]
        assert min(values) * (1 - 1e-9) <= observed[0].value <= max(values) * (1 + 1e-9)
        assert observed[0].bound == ""


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
    assert observations_hash({"tg": first}, [TG]) == observations_hash({"tg": second}, [TG])


def test_the_hash_follows_every_value_and_the_objective() -> None:
    base = pool_replicates([row(PS, 1.0), row(PEO, 2.0)])
    celsius = ObjectiveSpec(name="tg", direction="max", unit="degC")
    hashes = {
        observations_hash({"tg": base}, [TG]),
        observations_hash({"tg": base[:1]}, [TG]),
        observations_hash({"tg": base}, [celsius]),
        observations_hash({"tg": pool_replicates([row(PS, 1.0), row(PEO, 2.0, 0.1)])}, [TG]),
        observations_hash({"tg": pool_replicates([row(PS, 1.0 + 1e-12), row(PEO, 2.0)])}, [TG]),
    }
    assert len(hashes) == 5
    limits = [pool_replicates([limit(PS, bound, 1.0), row(PEO, 2.0)]) for bound in ("above", "below")]
    assert len({observations_hash({"tg": told}, [TG]) for told in (base, *limits)}) == 3
    named = pool_replicates([row(PS, 1.0, name="PS"), row(PEO, 2.0)])
    assert observations_hash({"tg": named}, [TG]) == observations_hash({"tg": base}, [TG])


def test_the_hash_of_several_properties_follows_each_of_them() -> None:
    density = ObjectiveSpec(name="density", direction="min", unit="g/cm3")
    tg, rho = pool_replicates([row(PS, 1.0)]), pool_replicates([row(PEO, 2.0)])
    both = observations_hash({"tg": tg, "density": rho}, [TG, density])
    assert both != observations_hash({"tg": tg, "density": []}, [TG, density])
    assert both != observations_hash({"tg": rho, "density": tg}, [TG, density])
    assert both != observations_hash({"tg": tg}, [TG])
