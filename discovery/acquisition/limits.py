"""What a batch has to keep: no polymer twice, a distance between any two, few that need one monomer, few monomers in all.

A polymer that can be made in several ways is proposed by the route that fits: the first of those within the caps, or where few
monomers are preferred, of those the one that shares most with what the batch needs already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from discovery.acquisition.monomer_ranking import routes_of
from discovery.acquisition.objectives import AcquisitionError
from discovery.polymers import Candidate, Provenance
from discovery.pools.routed import with_routes

ROWS = 8192
"""Fingerprints compared at a time."""


@dataclass(frozen=True, slots=True)
class BatchRules:
    """What any batch has to keep.

    Raises:
        AcquisitionError: a distance outside of 0 to 1, a cap below one, or a negative preference.
    """

    minimum_distance: float = 0.0
    """Tanimoto distance between any two, and to what is pending."""
    per_monomer: int | None = None
    """The most that may need one monomer."""
    shared_stock: float = 0.0
    """What a monomer that is needed already is worth, in the logarithm of the acquisition."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.minimum_distance <= 1.0:
            raise AcquisitionError(
                f"A Tanimoto distance of {self.minimum_distance:g} does not exist.", "Give one from 0 to 1."
            )
        if self.per_monomer is not None and self.per_monomer < 1:
            raise AcquisitionError("No polymer may need any monomer.", "Allow at least one per monomer.")
        if self.shared_stock < 0.0:
            raise AcquisitionError("The shared stock's worth is negative.", "Give 0 or more.")

    @property
    def by_route(self) -> bool:
        """Whether it matters how a polymer is made."""
        return self.per_monomer is not None or self.shared_stock > 0.0

    def in_words(self) -> str:
        """What may leave a batch short, as the end of a sentence."""
        parts = []
        if self.minimum_distance > 0.0:
            parts.append(f"a Tanimoto distance of at least {self.minimum_distance:g}")
        if self.per_monomer is not None:
            parts.append(f"at most {self.per_monomer} that need one monomer")
        return " and ".join(parts)


class BatchLimits:
    """The rules over ``n`` candidates while a batch is picked from them.

    Args:
        candidates: All that may be picked.
        rules: What the batch keeps.
        fingerprints: ``n x b`` counts of the candidates; looked at only where there is a distance to keep.
        pending: ``m x b`` counts of what is being made.
    """

    def __init__(
        self, candidates: Sequence[Candidate], rules: BatchRules, fingerprints: Tensor, pending: Tensor
    ) -> None:
        self._rules = rules
        self._fingerprints = fingerprints
        self._free = torch.ones(len(candidates), dtype=torch.bool)
        self._places: dict[str, list[int]] = {}
        for place, candidate in enumerate(candidates):
            self._places.setdefault(candidate.unit.key, []).append(place)
        self.candidates = list(candidates)
        self._routed: set[int] = set()
        self._needed: Counter[str] = Counter()
        if rules.minimum_distance > 0.0:
            for row in pending:
                self._keep_away(row)

    @property
    def free(self) -> Tensor:
        """Which candidates are neither picked nor too near to what is, ``n`` truth values; their monomers are not looked at."""
        return self._free

    def fits(self, place: int) -> bool:
        """Whether some route to a candidate keeps the caps; of a polymer that no route is known to nothing can be counted."""
        if self._rules.per_monomer is None:
            return True
        return self._candidate(place).provenance is None or self._fitting(place) is not None

    def bonus_of(self, place: int) -> float:
        """What the monomers of a candidate save, in the logarithm of the acquisition."""
        if self._rules.shared_stock == 0.0 or not self._needed:
            return 0.0
        route = self._fitting(place)
        return 0.0 if route is None else self._rules.shared_stock * self._shared(route)

    def allowed(self) -> Tensor:
        """Which candidates may be picked next, ``n`` truth values."""
        if self._rules.per_monomer is None:
            return self._free
        allowed = torch.zeros_like(self._free)
        for place in self._free.nonzero().squeeze(-1).tolist():
            allowed[place] = self.fits(place)
        return allowed

    def bonus(self) -> Tensor:
        """What the monomers of each candidate save, in the logarithm of the acquisition, ``n``."""
        bonus = torch.zeros(len(self.candidates), dtype=torch.float64)
        if self._rules.shared_stock > 0.0:
            for place in self._free.nonzero().squeeze(-1).tolist():
                bonus[place] = self.bonus_of(place)
        return bonus

    def take(self, place: int) -> None:
        """Count on a candidate as picked; from now on it is told with the route that it is counted by."""
        self._free[self._places[self.candidates[place].unit.key]] = False
        if self._rules.minimum_distance > 0.0:
            self._keep_away(self._fingerprints[place])
        if not self._rules.by_route:
            return
        candidate, route = self._candidate(place), self._fitting(place)
        if route is None:
            return
        self._needed.update(set(route.monomers))
        if route != candidate.provenance:
            others = tuple(r for r in routes_of(candidate) if r != route)
            self.candidates[place] = replace(candidate, provenance=route, other_routes=others)

    def _candidate(self, place: int) -> Candidate:
        """A candidate with its routes, worked out where nobody told them: what is counted has to be what is proposed."""
        if place not in self._routed:
            self._routed.add(place)
            self.candidates[place] = with_routes(self.candidates[place], ())
        return self.candidates[place]

    def _fitting(self, place: int) -> Provenance | None:
        """The route to propose, where one is known and keeps the caps; of equal ones the first."""
        cap = self._rules.per_monomer
        fitting = [
            route
            for route in routes_of(self._candidate(place))
            if cap is None or all(self._needed[m] < cap for m in set(route.monomers))
        ]
        return (
            max(fitting, key=self._shared, default=None)
            if self._rules.shared_stock
            else next(iter(fitting), None)
        )

    def _shared(self, route: Provenance) -> int:
        """Monomers of a route that the batch needs already."""
        return sum(m in self._needed for m in set(route.monomers))

    def _keep_away(self, row: Tensor) -> None:
        self._free &= 1.0 - similarity_to(row, self._fingerprints) >= self._rules.minimum_distance


def similarity_to(row: Tensor, fingerprints: Tensor) -> Tensor:
    """Tanimoto similarity of counts, ``n`` for ``n x b``, to those of one polymer, ``b``; only columns that it has are read."""
    columns = row.nonzero().squeeze(-1)
    held = row[columns].to(torch.float64)
    parts = []
    for part in torch.split(fingerprints, ROWS):
        shared = torch.minimum(part.index_select(1, columns).to(torch.float64), held).sum(dim=-1)
        either = part.sum(dim=-1, dtype=torch.float64) + held.sum() - shared
        parts.append(torch.where(either > 0, shared / either.clamp_min(1.0), 1.0))
    return torch.cat(parts) if parts else torch.zeros(0, dtype=torch.float64)
