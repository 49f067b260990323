"""Pools of candidates: from objects at hand, from a table of PSMILES, from monomers and rules.

A pool can be walked through any number of times, in chunks and in the same order, and gives every chain once.
Nothing of a pool stays in memory but the keys of what has been given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Protocol, runtime_checkable

from discovery.errors import PoolError
from discovery.polymers import Candidate, Monomer, NotARepeatUnitError, RepeatUnit, polymerise
from discovery.pools.table import open_table

_TABLE_HINT = "Give a CSV file of polymers with a column psmiles (or smiles), such as *CC(*)c1ccccc1."


@runtime_checkable
class Pool(Protocol):
    """Anything that gives candidates in chunks; ``PoolContract`` in this room has the promises as tests."""

    dropped: Counter[str]
    """What the last pass left out, by reason; complete once the pass has ended."""

    def chunks(self, size: int = 2048) -> Iterator[list[Candidate]]:
        """Lists of at most ``size`` candidates, none empty.

        Raises:
            PoolError: The source cannot be read, or nothing in it is usable.
            ValueError: ``size`` is below 1.
        """
        ...


class UnitPool:
    """Candidates that are already at hand; may be empty."""

    def __init__(self, candidates: Iterable[Candidate | RepeatUnit]) -> None:
        self._candidates = tuple(c if isinstance(c, Candidate) else Candidate(c) for c in candidates)
        self.dropped: Counter[str] = Counter()

    def chunks(self, size: int = 2048) -> Iterator[list[Candidate]]:
        """See :meth:`Pool.chunks`."""
        self.dropped = Counter()
        return _chunked(_distinct(self._candidates, self.dropped), size)


class TablePool:
    """A CSV file of polymers, read as a stream on every pass.

    Args:
        path: CSV (UTF-8; commas, semicolons or tabs) with a header.
        column: Column with PSMILES; by default ``psmiles``, else ``smiles``.
    """

    def __init__(self, path: str | Path, column: str | None = None) -> None:
        self.path = Path(path)
        self.column = column
        self.dropped: Counter[str] = Counter()

    def chunks(self, size: int = 2048) -> Iterator[list[Candidate]]:
        """See :meth:`Pool.chunks`; rows that are no repeat unit are counted in ``dropped`` by kind."""
        self.dropped = Counter()
        return _chunked(_distinct(self._candidates(self.dropped), self.dropped), size)

    def _candidates(self, dropped: Counter[str]) -> Iterator[Candidate]:
        wanted = (self.column,) if self.column else ("psmiles", "smiles")
        usable = False
        first_fault = ""
        with open_table(self.path, _TABLE_HINT, *wanted) as table:
            place = table.require(*wanted)
            for row in table.rows:
                if row.fault:
                    dropped["more cells than titles"] += 1
                    first_fault = first_fault or f" Line {row.line}: {row.fault}."
                    continue
                try:
                    unit = RepeatUnit.parse(row.cells[place])
                except NotARepeatUnitError as error:
                    dropped[error.kind] += 1
                    first_fault = first_fault or f" Line {row.line}: {error.message}"
                    continue
                usable = True
                yield Candidate(unit)
        if not usable:
            raise PoolError(f"{self.path} has no usable row.{first_fault}", _TABLE_HINT)


class MonomerPool:
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

    def chunks(self, size: int = 2048) -> Iterator[list[Candidate]]:
        """See :meth:`Pool.chunks`."""
        self.dropped = Counter()
        return _chunked(self._candidates(self.dropped), size)

    def _candidates(self, dropped: Counter[str]) -> Iterator[Candidate]:
        made = polymerise(self.monomers, copolymers=self.copolymers, dropped=dropped)
        first = next(made, None)
        if first is None:
            reasons = ", ".join(f"{reason} ({count})" for reason, count in dropped.most_common())
            raise PoolError(
                f"No polymer can be made from these {len(self.monomers)} monomers: {reasons}.",
                "Add monomers that polymerise alone (vinyl, lactone) or in pairs (diacid and diol).",
            )
        yield first
        yield from made


def _distinct(candidates: Iterable[Candidate], dropped: Counter[str]) -> Iterator[Candidate]:
    seen: set[str] = set()
    for candidate in candidates:
        if candidate.unit.key in seen:
            dropped["same chain as an earlier one"] += 1
        else:
            seen.add(candidate.unit.key)
            yield candidate


def _chunked(candidates: Iterator[Candidate], size: int) -> Iterator[list[Candidate]]:
    if size < 1:
        raise ValueError(f"a chunk holds at least one candidate, not {size}")
    return iter(lambda: list(islice(candidates, size)), [])
