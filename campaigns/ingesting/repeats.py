"""Values that stand beside others although they may be the same one: a cell that was changed since the table was ingested before,
and a row that stands twice.

A ledger knows a fact by what it says, so that a changed cell is another fact, and a repeated row another specimen. Both may be
meant; where they are not, a value counts twice, which nobody would notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from campaigns.ledger import Measurement, ResultRow, Status
from campaigns.ledger.contents import content_of
from campaigns.ledger.measurements import Property
from campaigns.tables import Remark
from campaigns.units import quantity_text, to_base_units

Place = tuple[str, str, str]
"""What a changed row still has in common with what it was: the polymer's key, a name and a reference."""


def changed_since(
    replicates: Sequence[ResultRow],
    rows: Iterable[ResultRow],
    before: Sequence[Measurement],
    of: Property,
    *,
    source: str,
    grown: bool,
    word: str,
) -> list[Remark]:
    """A sentence for each value beside a recorded one of the same polymer, name and reference that the table no longer holds.

    Rows without a reference are much alike: of these only those are told that come in a table of the same name, or with rows that
    are known already.

    Args:
        replicates: New values of polymers that have a recorded one.
        rows: All of the table; gone through only where something may have changed.
        before: What stood before the table, in the property's unit.
        of: The property.
        source: Name of the table.
        grown: Whether the ledger held rows of the table already.
        word: What lines count.
    """
    wanted = {_place(row) for row in replicates}
    recorded: dict[Place, list[Measurement]] = {}
    for m in before:
        if (place := _place(m)) in wanted and (m.reference or grown or m.source_file == source):
            recorded.setdefault(place, []).append(m)
    if not recorded:
        return []
    polymers = {key for key, _, _ in recorded}
    zero, slope = to_base_units(of.unit)
    held = {
        content_of(row, zero, slope)
        for row in rows
        if row.unit.key in polymers and row.objective == of.name and row.value is not None
    }
    told = []
    for row in replicates:
        gone = (m for m in recorded.get(_place(row), ()) if content_of(_as_row(m), zero, slope) not in held)
        old = next((m for m in gone if m.value != row.value), None)
        if old is None or row.corrects is not None:
            continue
        id_, file = old.name_of_record, old.source_file or "an earlier command"
        value, was = _value(row), quantity_text(old.value, of.unit)
        right = f'polyloop correct DIR {id_} --value "{_sign(row)}{value:.10g}" --reason WHY'
        text = (
            f"{word.capitalize()} {row.line}: {row.name or row.unit.psmiles} has {of.name} {quantity_text(value, of.unit)}, and "
            f"{id_} of {file} is {was}, which stands in this table no more. If the cell was put right, say {right} before the "
            f"table is taken, or polyloop retract DIR {id_} --reason WHY after it; until then both count."
        )
        told.append(Remark("changed-since", text, row.line))
    return told


def same_rows(
    rows: Iterable[ResultRow], known: Sequence[Measurement], of: Property, word: str
) -> list[Remark]:
    """A sentence for each row that says word for word what another one of its table says.

    Args:
        rows: New values of the property.
        known: What stood before, where a row that says it again can only be a further one: a table of rows that the ledger knows
            holds each of them once more then.
        of: The property.
        word: What lines count.
    """
    first: dict[int, int] = {hash(_said(m)): 0 for m in known}
    told = []
    for row in rows:
        said = hash(_said(row))  # as a number: a table of 100,000 rows would fill the memory with their texts
        line = first.setdefault(said, row.line)
        if line == row.line:
            continue
        other = f"{word} {line} does" if line else f"an earlier {word} does"
        text = (
            f"{word.capitalize()} {row.line} says of {of.name} word for word what {other}: each counts as a specimen of its own. "
            "If the row was copied, delete it before the table is taken, or take the value back with polyloop retract."
        )
        told.append(Remark("same-row-twice", text, row.line))
    return told


def _place(of: ResultRow | Measurement) -> Place:
    return of.unit.key, of.name, of.reference


def _said(of: ResultRow | Measurement) -> tuple[Any, ...]:
    return of.unit.key, of.value, of.bound, of.sem, of.n, of.name, of.reference, of.note


def _as_row(m: Measurement) -> ResultRow:
    return ResultRow(
        *(m.line, m.unit, Status.MEASURED, m.value, m.sem, m.n, m.name, m.reference),
        objective=m.objective,
        bound=m.bound,
    )


def _value(row: ResultRow) -> float:
    if row.value is None:
        raise ValueError("a row without value among values")
    return row.value


def _sign(row: ResultRow) -> str:
    return {"above": ">", "below": "<"}.get(row.bound, "")
