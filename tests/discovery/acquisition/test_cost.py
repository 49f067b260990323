from __future__ import annotations

import math

import pytest

from discovery.acquisition.cost import cost_handicap
from discovery.polymers import Candidate, RepeatUnit

UNITS = [RepeatUnit.parse(text) for text in ("*CC*", "*CCO*", "*CC(*)C")]


def costing(*costs: float | None) -> list[Candidate]:
    return [Candidate(unit, cost=cost) for unit, cost in zip(UNITS, costs, strict=True)]


def test_a_candidate_is_handicapped_by_the_log_of_its_cost_over_the_median() -> None:
    handicap, notes = cost_handicap(costing(1.0, 2.0, 8.0), 0.5)
    assert handicap is not None
    assert handicap.tolist() == pytest.approx([-0.5 * math.log(2), 0.0, 0.5 * math.log(4)])
    assert notes == []


def test_an_unknown_cost_counts_as_the_median_and_is_told() -> None:
    handicap, notes = cost_handicap(costing(1.0, None, 1.0), 1.0)
    assert handicap is not None
    assert handicap.tolist() == [0.0, 0.0, 0.0]
    assert notes == ["1 of the shortlist has no known cost and counted as if of the median cost."]


def test_cost_plays_no_part_without_weight_or_without_any_cost() -> None:
    assert cost_handicap(costing(1.0, 2.0, 3.0), 0.0) == (None, [])
    handicap, notes = cost_handicap(costing(None, None, None), 1.0)
    assert handicap is None
    assert "no part" in notes[0]
