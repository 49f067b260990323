"""Rows of the ledger as text and back."""

from __future__ import annotations

import contextlib
import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import JSON, Column, Float, Integer, Table

from campaigns.errors import ArchiveError
from campaigns.exchanging.rows import TABLES, file_of, read, written
from campaigns.ledger.schema import UtcDateTime
from campaigns.tables.formulas import original

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [
        "",
        "'",
        "''",
        "=1+1",
        "-2",
        "\t",
        "\r",
        "\n",
        "\r\n",
        '"',
        '","',
        "\\N",
        "NA",
        "null",
        "\x00",
        " a ",
        "\ufeff",
    ]
)
DOCUMENTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


def values(column: Column[Any]) -> st.SearchStrategy[Any]:
    kind = column.type
    found: st.SearchStrategy[Any] = TEXTS
    if isinstance(kind, UtcDateTime):
        found = st.datetimes(min_value=datetime(1, 1, 2), timezones=st.just(UTC))
    elif isinstance(kind, JSON):
        found = DOCUMENTS.filter(lambda value: value is not None)
    elif isinstance(kind, Float):
        found = st.floats(allow_nan=False, allow_infinity=False)
    elif isinstance(kind, Integer):
        found = st.integers(-(10**17), 10**17)
    return found | st.none() if column.nullable else found


def rows(table: Table) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries({c.name: values(c) for c in table.columns}), max_size=4)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
@given(data=st.data())
def test_rows_come_back_as_they_were(table: Table, data: st.DataObject) -> None:
    told = data.draw(rows(table))
    text = b"".join(written(table, told))
    back = list(read(table, io.BytesIO(text)))
    assert back == told
    assert b"".join(written(table, back)) == text  # to the bit: minus zero, and 1.0 in place of 1


MEASUREMENTS = next(table for table in TABLES if table.name == "measurements")
ROW = {
    "id": 1,
    "command_id": 2,
    "unit_key": "0" * 32,
    "objective": "tg",
    "value": -263.15,
    "unit_of_measure": "",
    "sem": None,
    "n": 1,
    "name": "=cmd|' /C calc'!A0",
    "reference": "'quoted",
    "note": "a\r\nb",
    "line": 2,
    "proposal_id": None,
    "content": "0" * 32,
    "copy": 1,
    "bound": "",
    "written": "",
}


def test_no_cell_of_text_can_be_run_by_a_spreadsheet_and_numbers_stay_numbers() -> None:
    text = b"".join(written(MEASUREMENTS, [ROW])).decode()
    [titles, cells] = csv.reader(io.StringIO(text, newline=""))
    shown = dict(zip(titles, cells, strict=True))
    assert shown["name"] == "'=cmd|' /C calc'!A0"
    assert original(shown["name"]) == ROW["name"]
    assert shown["value"] == "-263.15"
    assert shown["reference"] == "''quoted"


def test_a_long_cell_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    long = ROW | {"note": "x" * 300_000}
    assert list(read(MEASUREMENTS, io.BytesIO(b"".join(written(MEASUREMENTS, [long, ROW]))))) == [long, ROW]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("-263.15", "warm"),
        ("-263.15", "nan"),
        ("-263.15", "1e999"),
        ("-263.15", ""),
        ("1,2,0", "1.5,2,0"),
        ("1,2,0", "99999999999999999999,2,0"),
        ("id,", "ident,"),
        ("id,command_id", "id,id"),
        ("written\r\n", "written,more\r\n"),
        ("\r\n1,2", "\r\n7\r\n1,2"),
        ("'=cmd", '"=cmd'),
        ("''quoted", "\xff"),
    ],
)
def test_what_polyloop_does_not_write_is_refused(old: str, new: str) -> None:
    text = b"".join(written(MEASUREMENTS, [ROW])).decode()
    assert old in text
    with pytest.raises(ArchiveError):
        list(read(MEASUREMENTS, io.BytesIO(text.replace(old, new, 1).encode("latin-1"))))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        '[{"id": 1}]',
        "[",
        '[{"a": 1, "a": 2}]',
        "[" * 100_000,
        '["\\ud800"]',
        "\xff",
        "[NaN]",
    ],
)
def test_a_document_that_polyloop_does_not_write_is_refused(text: str) -> None:
    table = next(table for table in TABLES if file_of(table).endswith("rounds.json"))
    with pytest.raises(ArchiveError):
        list(read(table, io.BytesIO(text.encode("latin-1"))))


@settings(max_examples=80, deadline=None)
@given(position=st.integers(0, 10**6), byte=st.integers(0, 255), table=st.sampled_from(TABLES))
def test_a_changed_byte_gives_rows_or_an_error_that_says_so(position: int, byte: int, table: Table) -> None:
    row = ROW if table is MEASUREMENTS else None
    text = bytearray(b"".join(written(table, [] if row is None else [row])))
    text[position % len(text)] = byte
    with contextlib.suppress(ArchiveError):
        list(read(table, io.BytesIO(bytes(text))))
