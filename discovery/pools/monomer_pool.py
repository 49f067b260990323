"""Monomers and rules as a pool, and which monomers of a table may be bought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain

from discovery.errors import PoolError
from discovery.polymers import Monomer
from discovery.polymers.polymerisation import LEAST_FOR_PROCESSES, made_segments
from discovery.polymers.space import MonomerSpace
from discovery.pools.piece import PIECE_SECONDS, Made, PiecewisePool, with_scores
from discovery.pools.signature import signature_of
from discovery.workers import ordered_map


class MonomerPool(PiecewisePool):
    """All polymers that the rules make from a list of monomers.

    Args:
        monomers: What can be bought; those that no rule uses are counted in ``dropped``.
        copolymers: Also alternating copolymers, see :func:`discovery.polymers.polymerise`.

    Raises:
        PoolError: There are no monomers.
    """

    def __init__(self, monomers: Sequence[Monomer], *, copolymers: bool = False) -> None:
        if not monomers:
            raise PoolError("There are no monomers to make polymers from.", "Give at least one monomer.")
        self.monomers = tuple(monomers)
        self.copolymers = copolymers
        self.dropped: Counter[str] = Counter()

    @property
    def signature(self) -> str:
        """See :attr:`discovery.pools.pool.Pool.signature`."""
        return signature_of("monomers", str(self.copolymers), *map(repr, self.monomers))

    def made(self, start: int = 0, workers: int = 1, *, scores: bool = False) -> Iterator[Made]:
        """See :meth:`discovery.pools.piece.PiecewisePool.made`; the first piece tells the monomers that no rule uses."""
        dropped: Counter[str] = Counter()
        space = MonomerSpace(self.monomers, copolymers=self.copolymers, dropped=dropped)
        polymers = self._polymers(space, max(0, start - 1), workers)
        if scores:
            polymers = ordered_map(
                with_scores,
                polymers,
                workers if space.size >= LEAST_FOR_PROCESSES else 1,
                seconds=PIECE_SECONDS,
            )
        return polymers if start else chain([Made((), dropped)], polymers)

    def _polymers(self, space: MonomerSpace, start: int, workers: int) -> Iterator[Made]:
        with closing(made_segments(space, start=start, workers=workers)) as segments:
            for made in segments:
                dropped: Counter[str] = Counter()
                for reason, number in made.dropped:
                    dropped[reason] += number
                yield Made(made.candidates, dropped)

    def nothing(self, dropped: Counter[str], fault: str) -> PoolError:
        """See :meth:`discovery.pools.piece.PiecewisePool.nothing`."""
        reasons = ", ".join(f"{reason} ({count})" for reason, count in dropped.most_common())
        return PoolError(
            f"No polymer can be made from these {len(self.monomers)} monomers: {reasons}.",
            "Add monomers that polymerise alone (vinyl, lactone) or in pairs (diacid and diol).",
        )


def buyable(
    monomers: Sequence[Monomer],
    *,
    max_price: float | None = None,
    available_only: bool = False,
    dropped: Counter[str] | None = None,
) -> list[Monomer]:
    """The monomers that are within a price, and on the shelf.

    What a table does not tell is no promise: without a price a monomer is not within a limit, and without a word on it
    it is not available.

    Args:
        monomers: All.
        max_price: Of one gram, at most.
        available_only: Leave out what is out of stock.
        dropped: Filled with what is left out, by reason.
    """
    dropped = Counter() if dropped is None else dropped
    kept = []
    for monomer in monomers:
        reason = _why_not(monomer, max_price, available_only)
        if reason:
            dropped[reason] += 1
        else:
            kept.append(monomer)
    return kept


def _why_not(monomer: Monomer, max_price: float | None, available_only: bool) -> str:
    if max_price is not None and monomer.price is None:
        return "monomer: price unknown"
    if max_price is not None and monomer.price is not None and monomer.price > max_price:
        return f"monomer: price over {max_price:g}"
    if available_only and monomer.available is None:
        return "monomer: availability unknown"
    if available_only and not monomer.available:
        return "monomer: not available"
    return ""
