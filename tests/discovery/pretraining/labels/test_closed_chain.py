"""The chain without ends: rings of the polymer alone, and copies that are alike."""

from __future__ import annotations

import numpy as np
import pytest

from discovery.encoders.contract import POLYMERS
from discovery.polymers import RepeatUnit
from discovery.pretraining.labels.closed_chain import Backbone, ClosedChain


def test_the_big_ring_is_none_of_the_polymers_rings() -> None:
    chain = ClosedChain.of(RepeatUnit.parse("*CC(*)c1ccccc1"))
    assert chain.per_unit(chain.ring.GetRingInfo().NumRings()) == 1
    assert chain.atoms == 8


@pytest.mark.parametrize("text", POLYMERS)
def test_all_copies_of_the_unit_are_alike(text: str) -> None:
    chain = ClosedChain.of(RepeatUnit.parse(text))
    kinds = [
        (a.GetSymbol(), a.GetTotalNumHs(), a.GetHybridization(), a.IsInRing()) for a in chain.ring.GetAtoms()
    ]
    assert kinds == kinds[: chain.atoms] * chain.copies


def test_sums_over_the_whole_chain_have_no_end() -> None:
    """Of polyethylene it is 1 + 2 (1/4 + 1/9 + ...), with 1 + 1/4 + 1/9 + ... = pi^2 / 6."""
    chain = ClosedChain.of(RepeatUnit.parse("*C*"))
    assert chain.inverse_squares() == pytest.approx(np.array([[np.pi**2 / 3 - 1]]))


@pytest.mark.parametrize("text", POLYMERS)
def test_the_unit_and_the_ring_have_their_atoms_in_one_order(text: str) -> None:
    chain = ClosedChain.of(RepeatUnit.parse(text))
    unit = [a for a in chain.unit.GetAtoms() if a.GetAtomicNum()]
    ring = list(chain.ring.GetAtoms())[: chain.atoms]
    about = [
        [(a.GetSymbol(), a.GetDegree(), a.GetTotalNumHs(), a.IsInRing()) for a in mol] for mol in (unit, ring)
    ]
    assert about[0] == about[1]


def test_equally_short_ways_around_a_ring_count_half_each() -> None:
    backbone = Backbone.of(RepeatUnit.parse("*c1ccc(*)nc1"))
    assert backbone.length == 4
    assert len(backbone.atoms) == 6
    assert backbone.weights.sum() == pytest.approx(backbone.length)
    assert sorted(np.unique(backbone.weights)) == [0.5, 1.0]
