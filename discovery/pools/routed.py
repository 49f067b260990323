"""Candidates of a pool with how they can be made: what a table does not tell, the rules do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from discovery.polymers import Candidate, Monomer
from discovery.pools.piece import PIECE, Made, PiecewisePool, done_and_told
from discovery.pools.pool import Pool
from discovery.pools.signature import joint_signature, signature_by_kind, signature_of


@dataclass(frozen=True, slots=True)
class _Unrouted:
    """Some candidates, to be given their routes."""

    candidates: tuple[Candidate, ...]
    known: tuple[Monomer, ...]

    def make(self) -> Made:
        """See :meth:`discovery.pools.piece.Piece.make`."""
        return Made(tuple(with_routes(candidate, self.known) for candidate in self.candidates))


class RoutedPool(PiecewisePool):
    """The candidates of ``pool``; those without provenance get the routes by which the rules make them, if any.

    Args:
        pool: Candidates.
        known: Monomers at hand: routes from them come first and are told by their names.
    """

    def __init__(self, pool: Pool, known: Sequence[Monomer] = ()) -> None:
        self.pool = pool
        self.known = tuple(known)
        self.dropped: Counter[str] = Counter()

    @property
    def signature(self) -> str:
        """See :attr:`discovery.pools.pool.Pool.signature`."""
        return joint_signature("routed", signature_by_kind(self.pool), _shelf(self.known))

    def made(self, start: int = 0, workers: int = 1, *, scores: bool = False) -> Iterator[Made]:
        """See :meth:`discovery.pools.piece.PiecewisePool.made`."""
        chunks = self.pool.chunks(PIECE)
        pieces = (_Unrouted(tuple(chunk), self.known) for chunk in chunks)
        return done_and_told(pieces, start, workers, scores, lambda: self.pool.dropped)


def _shelf(known: Sequence[Monomer]) -> str:
    """Hash of what routes depend on: of a monomer at hand that is its SMILES and its name, never its price."""
    return signature_of(*(text for monomer in known for text in (monomer.smiles, monomer.name)))


def with_routes(candidate: Candidate, known: Sequence[Monomer]) -> Candidate:
    """The candidate with all routes that the rules allow, where it tells none itself."""
    from discovery.polymers.retrosynthesis import routes

    if candidate.provenance is not None:
        return candidate
    found = [route.provenance for route in routes(candidate.unit, known)]
    return replace(candidate, provenance=found[0], other_routes=tuple(found[1:])) if found else candidate
