"""Constraints that hold or do not: on the price and on the synthetic accessibility."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from discovery.acquisition.fixed_columns import FixedColumns
from discovery.acquisition.objectives import Constraint, Goal, Objective
from discovery.polymers import Candidate, RepeatUnit
from discovery.polymers.accessibility import sa_score
from discovery.pools import Catalogue, UnitPool
from discovery.pools.chunk import fixed_column

UNITS = [RepeatUnit.parse(f"*{'C' * n}O*") for n in range(1, 6)]
COSTS = (1.0, 5.0, None, 20.0, 10.0)
POOL = [Candidate(unit, cost=cost) for unit, cost in zip(UNITS, COSTS, strict=True)]


def columns(*constraints: Constraint) -> tuple[FixedColumns, Counter[str]]:
    left_out: Counter[str] = Counter()
    return FixedColumns(Goal((Objective("tg", "max"),), constraints), left_out), left_out


def kept(fixed: FixedColumns, chunks: Sequence[Sequence[Candidate]]) -> list[RepeatUnit]:
    return [candidate.unit for chunk in fixed.kept(iter(chunks)) for candidate in chunk]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_what_costs_too_much_or_nobody_knows_what_is_left_out_and_counted(size: int) -> None:
    fixed, left_out = columns(Constraint("cost", high=10.0, text="cost < 10"))
    chunks = [POOL[i : i + size] for i in range(0, 5, size)]
    assert kept(fixed, chunks) == [UNITS[0], UNITS[1], UNITS[4]]
    assert +left_out == {"excluded: cost unknown": 1, "excluded: not cost < 10": 1}
    assert fixed.dropped == 2


def test_a_range_has_two_ends() -> None:
    fixed, _ = columns(Constraint("cost", 4.0, 10.0))
    assert kept(fixed, [POOL]) == [UNITS[1], UNITS[4]]


def test_an_accessibility_that_nobody_told_is_computed() -> None:
    limit = sorted(sa_score(unit) for unit in UNITS)[2]
    fixed, left_out = columns(Constraint("sa_score", high=limit))
    assert set(kept(fixed, [POOL])) == {unit for unit in UNITS if sa_score(unit) <= limit}
    assert left_out.total() == 2


def test_a_candidate_alone_is_judged_alike() -> None:
    fixed, _ = columns(Constraint("cost", high=10.0, text="cost < 10"))
    assert [fixed.fault(c) for c in POOL] == [
        "",
        "",
        "excluded: cost unknown",
        "excluded: not cost < 10",
        "",
    ]


def test_without_such_constraints_chunks_pass_as_they_are() -> None:
    fixed, _ = columns(Constraint("tg", low=300.0))
    (chunk,) = fixed.kept(iter([POOL]))
    assert chunk is POOL


def test_a_lazy_chunk_tells_its_columns_without_making_candidates(tmp_path: Path) -> None:
    catalogue = Catalogue.prepare(UnitPool(POOL), tmp_path)
    (chunk,) = catalogue.chunks(10)
    told = {c.unit.key: c.cost for c in POOL}
    wanted = [np.nan if (cost := told[c.unit.key]) is None else cost for c in chunk]
    np.testing.assert_equal(fixed_column(chunk, "cost"), np.array(wanted))
    fixed, _ = columns(Constraint("cost", high=10.0))
    assert set(kept(fixed, [chunk])) == {UNITS[0], UNITS[1], UNITS[4]}
