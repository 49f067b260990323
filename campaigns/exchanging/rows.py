"""Rows of the ledger as text, and back: exactly the same values, whatever a spreadsheet would make of them.

Most tables are CSV. Those whose cells are whole documents (the rounds, the versions of the spec) are JSON with one row a line.

A CSV cell holds a number as Python writes it, so that it is read back to the bit; a moment in UTC; a text, marked by an
apostrophe where a spreadsheet would run it as a formula; a list or mapping as JSON. NULL is an empty cell, and a text known
to be empty is a lone apostrophe where the column may also hold NULL.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import IO, Any

from sqlalchemy import JSON, Column, Float, Integer, Table

from campaigns.exchanging.manifest import strict_json
from campaigns.exchanging.names import unsafe
from campaigns.ledger.schema import FACTS, UtcDateTime
from campaigns.ledger.sealing import COMMANDS, table_of
from campaigns.tables.formulas import neutral, original

Row = dict[str, Any]

TABLES: tuple[Table, ...] = (COMMANDS, *map(table_of, FACTS))
"""Every table of the ledger, in the order in which rows can be recorded."""

DOCUMENTS = frozenset({"spec_versions", "rounds"})
"""Tables whose rows are documents, written as JSON."""

LARGEST_ROW = 8 * 2**20
"""Bytes of one row of a CSV file; so much of it is held at a time."""

_EMPTY = "'"
"""A text that is known to be empty, in a column that may hold NULL. No other text becomes a lone apostrophe."""

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?", re.IGNORECASE)
_AT_ONCE = 1000


def file_of(table: Table) -> str:
    """Name of the file that holds a table's rows."""
    return f"ledger/{table.name}.{'json' if table.name in DOCUMENTS else 'csv'}"


def written(table: Table, rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The rows of a table as the bytes of its file."""
    return _json_text(table, rows) if table.name in DOCUMENTS else _csv_text(table, rows)


def read(table: Table, file: IO[bytes]) -> Iterator[Row]:
    """Rows of a table out of its file, as a stream where it is CSV.

    Columns that the file lacks are those of a later schema: the database fills them in as it did for rows of before.

    Raises:
        ArchiveError: The file is not what :func:`written` makes.
    """
    return _from_json(table, file) if table.name in DOCUMENTS else _from_csv(table, file)


def _csv_text(table: Table, rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    text = io.StringIO(newline="")
    # Line ends of two characters make csv put every cell that holds either of them into quotation marks.
    writer = csv.writer(text, lineterminator="\r\n")
    columns = list(table.columns)
    cells = [_cell_writer(column) for column in columns]
    writer.writerow([column.name for column in columns])
    for count, row in enumerate(rows, 1):
        writer.writerow([cell(row[column.name]) for cell, column in zip(cells, columns, strict=True)])
        if count % _AT_ONCE == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _json_text(table: Table, rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    yield b"["
    before = "\n"
    for row in rows:
        told = {
            column.name: _moment(row[column.name])
            if isinstance(column.type, UtcDateTime)
            else row[column.name]
            for column in table.columns
        }
        yield f"{before}{_document(told)}".encode()
        before = ",\n"
    yield b"\n]\n"


def _cell_writer(column: Column[Any]) -> Callable[[Any], str]:
    kind, known = column.type, not column.nullable
    if isinstance(kind, UtcDateTime):
        return lambda value: "" if value is None else _moment(value)
    if isinstance(kind, JSON):
        return lambda value: "" if value is None else _document(value)
    if isinstance(kind, Float):
        return lambda value: "" if value is None else repr(float(value))
    if isinstance(kind, Integer):
        return lambda value: "" if value is None else str(value)

    def text(value: Any) -> str:
        if value is None:
            return ""
        return neutral(value) if value or known else _EMPTY

    return text


def _from_csv(table: Table, file: IO[bytes]) -> Iterator[Row]:
    # Not the csv module: it refuses cells of more than 131,072 characters unless that is changed for the whole process.
    import pyarrow as pa
    from pyarrow import csv as arrow

    name = file_of(table)
    try:
        stream = arrow.open_csv(
            file,
            read_options=arrow.ReadOptions(use_threads=False, block_size=LARGEST_ROW),
            parse_options=arrow.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=arrow.ConvertOptions(
                column_types={column.name: pa.string() for column in table.columns}, strings_can_be_null=False
            ),
        )
        titles = stream.schema.names
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise _not_ours(name, str(error).partition("\n")[0]) from error
    columns = _columns(table, titles)
    values = [_cell_reader(column) for column in columns]
    number = 0
    while True:
        try:
            batch = stream.read_next_batch()
        except StopIteration:
            return
        except pa.ArrowException as error:
            raise _not_ours(name, str(error).partition("\n")[0]) from error
        for start in range(0, batch.num_rows, _AT_ONCE):
            part = batch.slice(start, _AT_ONCE)
            for cells in zip(*(column.to_pylist() for column in part.columns), strict=True):
                number += 1
                yield _row(name, number, columns, values, cells)


def _from_json(table: Table, file: IO[bytes]) -> Iterator[Row]:
    name = file_of(table)
    rows = strict_json(file.read(), name)
    if not isinstance(rows, list):
        raise _not_ours(name, "it is no list of rows")
    for number, told in enumerate(rows, 1):
        if not isinstance(told, dict):
            raise _not_ours(name, f"row {number} is not one")
        columns = _columns(table, list(told))
        yield _row(name, number, columns, [_value_reader(column) for column in columns], list(told.values()))


def _row(
    name: str,
    number: int,
    columns: Sequence[Column[Any]],
    readers: Sequence[Callable[[Any], Any]],
    cells: Sequence[Any],
) -> Row:
    row: Row = {}
    for column, reader, cell in zip(columns, readers, cells, strict=True):
        try:
            row[column.name] = reader(cell)
        except ValueError as error:
            raise _not_ours(name, f"row {number} holds {cell!r:.60} as {column.name}") from error
        if row[column.name] is None and not column.nullable:
            raise _not_ours(name, f"row {number} holds nothing as {column.name}")
    return row


def _columns(table: Table, names: Sequence[str]) -> list[Column[Any]]:
    wanted = [c.name for c in table.columns if not c.nullable and c.server_default is None]
    unknown = [name for name in names if name not in table.columns]
    missing = [name for name in wanted if name not in names]
    if unknown or missing or len(set(names)) != len(names):
        told = [f"{', '.join(missing)} missing"] if missing else []
        told += [f"{', '.join(unknown)!r:.60} unknown"] if unknown else []
        raise _not_ours(file_of(table), f"its columns are wrong ({'; '.join(told) or 'one stands twice'})")
    return [table.columns[name] for name in names]


def _cell_reader(column: Column[Any]) -> Callable[[str], Any]:
    """Of a CSV cell."""
    kind, known = column.type, not column.nullable
    if isinstance(kind, UtcDateTime | JSON | Float | Integer):
        of_text: Callable[[str], Any] = (
            _read_moment
            if isinstance(kind, UtcDateTime)
            else _read_document
            if isinstance(kind, JSON)
            else _read_number
            if isinstance(kind, Float)
            else _read_whole
        )
        return lambda cell: of_text(cell) if cell else None
    if known:
        return original
    return lambda cell: None if not cell else "" if cell == _EMPTY else original(cell)


def _value_reader(column: Column[Any]) -> Callable[[Any], Any]:
    """Of a value in JSON."""
    kind = column.type
    if isinstance(kind, JSON):
        return lambda value: value
    if isinstance(kind, UtcDateTime):
        return lambda value: None if value is None else _read_moment(_of(str, value))
    if isinstance(kind, Float):
        return lambda value: None if value is None else float(_of(float, value))
    if isinstance(kind, Integer):
        return lambda value: None if value is None else _read_whole(str(_of(int, value)))
    return lambda value: None if value is None else _of(str, value)


def _of(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise ValueError(f"no {kind.__name__}")
    return value


def _read_whole(cell: str) -> int:
    if not _WHOLE.fullmatch(cell):
        raise ValueError("no whole number")
    return int(cell)


def _read_number(cell: str) -> float:
    if not _NUMBER.fullmatch(cell) or not math.isfinite(value := float(cell)):
        raise ValueError("no number")
    return value


def _read_moment(cell: str) -> datetime:
    moment = datetime.fromisoformat(cell)
    if moment.tzinfo != UTC or _moment(moment) != cell:
        raise ValueError("not a moment in UTC")
    return moment


def _read_document(cell: str) -> Any:
    # half a character, as an escape can write it, is refused by the encoding
    return strict_json(cell.encode(), "cell")


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def _document(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _not_ours(name: str, fault: str) -> Exception:
    return unsafe(f"{name} is not what polyloop writes: {fault}")
