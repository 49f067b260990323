"""What a batch keeps: distances, caps per monomer and a shared stock, and the route that a polymer is counted by."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.acquisition.limits import BatchLimits, BatchRules, similarity_to
from discovery.acquisition.objectives import AcquisitionError
from discovery.polymers import Candidate, Provenance, RepeatUnit
from discovery.surrogate.tanimoto import minmax_similarity

UNITS = [RepeatUnit.parse(f"*{'C' * n}O*") for n in range(1, 13)]
ROUTES = st.lists(st.sets(st.sampled_from("abcd"), min_size=1, max_size=2), min_size=1, max_size=3)


def candidate(number: int, *routes: str) -> Candidate:
    told = [Provenance(tuple(route), "step growth", "polyether") for route in routes]
    return Candidate(UNITS[number], told[0], other_routes=tuple(told[1:]))


def limits_of(candidates: list[Candidate], rules: BatchRules) -> BatchLimits:
    empty = torch.zeros(len(candidates), 2)
    return BatchLimits(candidates, rules, empty, empty[:0])


@settings(max_examples=30, deadline=None)
@given(st.lists(ROUTES, min_size=1, max_size=8), st.integers(1, 3), st.floats(0.0, 1.0))
def test_no_monomer_is_needed_by_more_than_the_cap_whatever_is_taken(
    routes: list[list[set[str]]], cap: int, stock: float
) -> None:
    candidates = [candidate(n, *("".join(sorted(route)) for route in each)) for n, each in enumerate(routes)]
    limits = limits_of(candidates, BatchRules(per_monomer=cap, shared_stock=stock))
    taken = []
    while bool((allowed := limits.allowed()).any()):
        place = int((allowed.double() + limits.bonus()).masked_fill(~allowed, -1.0).argmax())
        limits.take(place)
        taken.append(limits.candidates[place])
    needed = Counter(m for c in taken if c.provenance for m in set(c.provenance.monomers))
    assert max(needed.values()) <= cap
    by_key = {c.unit.key: c for c in candidates}
    for c in taken:
        told = by_key[c.unit.key]
        assert told.provenance is not None
        assert c.provenance in (told.provenance, *told.other_routes)
        assert {c.provenance, *c.other_routes} == {told.provenance, *told.other_routes}


def test_the_route_that_is_within_the_cap_is_the_one_proposed() -> None:
    limits = limits_of([candidate(0, "ab"), candidate(1, "ac", "de")], BatchRules(per_monomer=1))
    limits.take(0)
    assert limits.allowed().tolist() == [False, True]
    limits.take(1)
    assert limits.candidates[1].provenance == Provenance(("d", "e"), "step growth", "polyether")


def test_a_polymer_that_no_rule_makes_needs_no_monomer() -> None:
    strange = Candidate(RepeatUnit.parse("*[Ge]*"))
    limits = limits_of([candidate(0, "ab"), strange], BatchRules(per_monomer=1))
    limits.take(0)
    assert limits.allowed().tolist() == [False, True]


def test_a_shared_stock_prefers_what_the_batch_needs_already() -> None:
    given = [candidate(0, "ab"), candidate(1, "cd", "ac"), candidate(2, "ab"), candidate(3, "de")]
    limits = limits_of(given, BatchRules(shared_stock=0.5))
    assert limits.bonus().tolist() == [0.0, 0.0, 0.0, 0.0]
    limits.take(0)
    assert limits.bonus().tolist() == [0.0, 0.5, 1.0, 0.0]
    limits.take(1)
    assert limits.candidates[1].provenance == Provenance(("a", "c"), "step growth", "polyether")


def test_routes_are_worked_out_only_where_they_count() -> None:
    ester = Candidate(RepeatUnit.parse("*OCCOC(=O)CCC(=O)*"))
    capped, plain = (limits_of([ester], rules) for rules in (BatchRules(per_monomer=2), BatchRules()))
    for limits in (capped, plain):
        assert limits.allowed().tolist() == [True]
        limits.take(0)
    assert capped.candidates[0].provenance is not None
    assert plain.candidates[0].provenance is None


def test_what_is_too_near_to_what_is_pending_or_picked_is_barred() -> None:
    counts = torch.tensor([[4, 0, 0], [3, 1, 0], [0, 4, 0], [0, 0, 4]])
    candidates = [Candidate(unit) for unit in UNITS[:4]]
    limits = BatchLimits(candidates, BatchRules(minimum_distance=0.5), counts, torch.tensor([[0, 0, 5]]))
    assert limits.allowed().tolist() == [True, True, True, False]
    limits.take(0)
    assert limits.allowed().tolist() == [False, False, True, False]


@given(st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=6))
def test_similarities_to_one_polymer_are_those_of_the_kernel(rows: list[list[int]]) -> None:
    counts = torch.tensor(rows, dtype=torch.int16)
    torch.testing.assert_close(
        similarity_to(counts[0], counts), minmax_similarity(counts[:1].double(), counts.double())[0]
    )


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"minimum_distance": 1.5}, "does not exist"),
        ({"per_monomer": 0}, "need any monomer"),
        ({"shared_stock": -1.0}, "negative"),
    ],
)
def test_rules_that_nothing_can_keep_are_refused(rules: dict[str, float], message: str) -> None:
    with pytest.raises(AcquisitionError, match=message) as caught:
        BatchRules(**rules)  # type: ignore[arg-type]
    assert caught.value.hint
