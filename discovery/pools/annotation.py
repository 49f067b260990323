"""A candidate as it is shown: with its synthetic accessibility, and how a rule makes it where one does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from discovery.polymers import Candidate, Monomer
from discovery.polymers.accessibility import sa_score
from discovery.pools.routed import with_routes


def annotated(candidate: Candidate, known: Sequence[Monomer] = ()) -> Candidate:
    """The candidate with everything that can be told of it; what it tells already stays.

    Args:
        candidate: From any pool.
        known: Monomers at hand: routes from them come first and are told by their names.
    """
    routed = with_routes(candidate, known)
    return routed if routed.sa_score is not None else replace(routed, sa_score=sa_score(candidate.unit))
