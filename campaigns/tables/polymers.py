"""Which polymer each row of a table is about: named by its repeat unit, or by the monomers that it is made from.

Reading a repeat unit is the most costly part of a row. Texts that repeat are read once, and a large table is shared out to
processes; the rows come out in their order either way.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from typing import NamedTuple

from campaigns.ledger.proposals import Proposal
from campaigns.tables.text import Record
from campaigns.tables.titles import Column
from discovery.errors import PolymerError
from discovery.polymers.repeat_unit import RepeatUnit
from discovery.workers import ordered_map

BLOCK = 500
"""Rows that are sent to a process at a time: some tenths of a second of work."""

REMEMBERED = 100_000
"""Polymers whose texts are not read again when they come back, some 50 MB; most tables name a polymer several times."""

LEAST_FOR_PROCESSES = 6000
"""Rows; a smaller table is read before processes that have yet to start would be done with it."""

_SECONDS = 600.0

Cells = tuple[str, ...]
"""The texts of one row that name its polymer."""


class NoPolymer(NamedTuple):
    """Why some cells name no polymer."""

    fault: str
    what_to_do: str
    place: int = 0
    """Which of the columns that name the polymer is at fault."""


Polymer = RepeatUnit | NoPolymer


class _Named:
    """A polymer that cells name, as soon as they were read: rows wait with it for their turn."""

    __slots__ = ("polymer",)

    polymer: Polymer


def with_proposed(
    records: Iterable[Record], column: Column, proposals: Mapping[str, Proposal]
) -> Iterator[tuple[Record, Polymer]]:
    """Each row of a form with the polymer of its proposal.

    Args:
        records: Rows of the form.
        column: With the ids of the proposals.
        proposals: By id.
    """
    for record in records:
        text = _cell(record, column)
        proposal = proposals.get(text) or proposals.get(text.upper())
        if proposal is not None:
            yield record, proposal.unit
        elif text:
            yield record, NoPolymer("is no proposal of this campaign.", "Check the id.")
        else:
            yield (
                record,
                NoPolymer(
                    "the cell is empty.", "Write the proposal's id, or polymers into a column psmiles."
                ),
            )


def with_polymers(
    records: Iterable[Record], columns: Sequence[Column], workers: int = 1
) -> Iterator[tuple[Record, Polymer]]:
    """Each row with its polymer, in order; neither rows nor polymers pile up.

    Args:
        records: Rows of a table.
        columns: Those that name the polymer, see :attr:`campaigns.tables.columns.ResultColumns.polymer`.
        workers: Processes.
    """
    remaining = iter(records)
    first = list(islice(remaining, LEAST_FOR_PROCESSES)) if workers > 1 else []
    if len(first) < LEAST_FOR_PROCESSES:
        workers = 1
    remembered: OrderedDict[Cells, _Named] = OrderedDict()
    waiting: deque[tuple[list[tuple[Record, _Named]], list[_Named]]] = deque()

    def unread() -> Iterator[tuple[Cells, ...]]:
        """Of each block of rows the cells that no earlier row had."""
        rows = chain(first, remaining)
        while block := list(islice(rows, BLOCK if workers > 1 else 50)):
            new: dict[Cells, _Named] = {}
            named = []
            for record in block:
                cells = tuple(_cell(record, column) for column in columns)
                if cells in remembered:
                    remembered.move_to_end(cells)
                else:
                    remembered[cells] = new[cells] = _Named()
                named.append((record, remembered[cells]))
            while len(remembered) > REMEMBERED:
                remembered.popitem(last=False)
            waiting.append((named, list(new.values())))
            yield tuple(new)

    read = partial(_polymers, tuple(column.name for column in columns))
    seconds = _SECONDS if workers > 1 else None
    for polymers in ordered_map(read, unread(), workers, seconds=seconds):
        named, new = waiting.popleft()
        for unnamed, polymer in zip(new, polymers, strict=True):
            unnamed.polymer = polymer
        yield from ((record, of.polymer) for record, of in named)


def _cell(record: Record, column: Column) -> str:
    # a row that is too short is told where its cells are checked
    return record.cells[column.index].strip() if column.index < len(record.cells) else ""


def _polymers(names: tuple[str, ...], unread: tuple[Cells, ...]) -> list[Polymer]:
    return [_polymer(names, cells) for cells in unread]


def _polymer(names: tuple[str, ...], texts: Cells) -> Polymer:
    if names[0] not in ("psmiles", "smiles"):
        from campaigns.tables.monomers import polymer_of_monomers

        return polymer_of_monomers(dict(zip(names, texts, strict=True)), names)
    [text] = texts
    if not text:
        return NoPolymer("the cell is empty.", "Write the polymer's repeat unit, such as *CC(*)c1ccccc1.")
    try:
        return RepeatUnit.parse(text)
    except PolymerError as error:
        return NoPolymer(error.message, error.hint)
