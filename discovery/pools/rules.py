"""What a candidate may not be: excluded structures and polymers, and limits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from discovery.polymers import Candidate
from discovery.pools.piece import CHUNK, Made, chunked, with_scores
from discovery.pools.pool import Pool
from discovery.pools.routed import with_routes
from discovery.pools.signature import joint_signature, signature_by_kind, signature_of
from discovery.pools.structures import Element, Feature, Pattern, first_held

LISTED = "excluded: listed"
COST_UNKNOWN = "excluded: cost unknown"
NOT_MAKEABLE = "excluded: no rule makes it"


@dataclass(frozen=True, slots=True)
class PoolRules:
    """Exclusions and limits; without any, everything is kept.

    Raises:
        PoolError: A text is no SMARTS, or a symbol no element.
    """

    smarts: tuple[str, ...] = ()
    """Substructures, on the endless chain."""
    elements: tuple[str, ...] = ()
    """Symbols."""
    keys: frozenset[str] = frozenset()
    """Keys of polymers."""
    max_sa_score: float | None = None
    """Synthetic accessibility, from 1 (easy) to 10."""
    max_cost: float | None = None
    """Price of one gram of monomers; candidates of unknown cost are left out when there is a limit."""
    makeable: bool = False
    """Only what a rule makes: candidates with provenance."""

    def __post_init__(self) -> None:
        _ = self.features

    @property
    def features(self) -> tuple[Feature, ...]:
        """Excluded elements and substructures, in the order in which they are looked for."""
        return (*map(Element, self.elements), *map(Pattern, self.smarts))

    @property
    def signature(self) -> str:
        """Hash of all rules."""
        limits = (self.max_sa_score, self.max_cost, self.makeable)
        return signature_of(*self.elements, "/", *self.smarts, "/", *map(repr, limits), *sorted(self.keys))

    @property
    def over_sa_score(self) -> str:
        """Reason for what is over the limit of the SA score."""
        return f"excluded: SA score over {self.max_sa_score:g}"

    @property
    def over_cost(self) -> str:
        """Reason for what costs too much."""
        return f"excluded: cost over {self.max_cost:g}"

    def reason(self, candidate: Candidate) -> str:
        """Why a candidate is left out: the first of the rules that it breaks; empty if it is kept."""
        if candidate.unit.key in self.keys:
            return LISTED
        if self.max_sa_score is not None and _sa_score(candidate) > self.max_sa_score:
            return self.over_sa_score
        if self.max_cost is not None and candidate.cost is None:
            return COST_UNKNOWN
        if self.max_cost is not None and candidate.cost is not None and candidate.cost > self.max_cost:
            return self.over_cost
        held = first_held(candidate.unit.psmiles, self.features)
        if held:
            return excluded(held)
        return NOT_MAKEABLE if self.makeable and candidate.provenance is None else ""


def excluded(feature: Feature) -> str:
    """Reason for what holds an excluded feature."""
    return f"excluded: {feature.words}"


class Selecting(ABC):
    """A pool that remembers which of its candidates keep which rules; a class says that it is one by inheriting this."""

    @abstractmethod
    def select(self, rules: PoolRules) -> Pool:
        """The candidates that keep ``rules``."""


class FilterPool:
    """The candidates of a pool that keep rules.

    They are told apart on every pass, unless the pool remembers them, as a
    :class:`~discovery.pools.catalogue.Catalogue` does. Where the rules ask for what can be made, candidates without
    provenance get the routes that the reactions allow.
    """

    def __init__(self, pool: Pool, rules: PoolRules) -> None:
        self.pool = pool
        self.rules = rules
        self.dropped: Counter[str] = Counter()

    @property
    def signature(self) -> str:
        """See :attr:`discovery.pools.pool.Pool.signature`."""
        return joint_signature("filter", signature_by_kind(self.pool), self.rules.signature)

    def chunks(self, size: int = CHUNK) -> Iterator[Sequence[Candidate]]:
        """See :meth:`discovery.pools.pool.Pool.chunks`."""
        if isinstance(self.pool, Selecting):
            kept = self.pool.select(self.rules)
            self.dropped = Counter(kept.dropped)
            return kept.chunks(size)
        self.dropped = Counter()
        return chunked(self._kept(size, self.dropped), size)

    def _kept(self, size: int, dropped: Counter[str]) -> Iterator[Candidate]:
        others = replace(self.rules, makeable=False)
        for candidate in chain.from_iterable(self.pool.chunks(size)):
            reason = others.reason(candidate)
            if self.rules.makeable and not reason:  # how it is made takes long to find out
                candidate = with_routes(candidate, ())
                reason = "" if candidate.provenance else NOT_MAKEABLE
            if reason:
                dropped[reason] += 1
            else:
                yield candidate
        dropped.update(self.pool.dropped)


def _sa_score(candidate: Candidate) -> float:
    (scored,) = with_scores(Made((candidate,))).candidates
    return scored.sa_score or 0.0
