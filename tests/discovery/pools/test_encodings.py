"""In which encoding a file is, and tables of candidates that are workbooks."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.errors import PoolError
from discovery.pools.encodings import CsvFaultError, checked_text, known_encoding
from discovery.pools.table import open_table

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), min_size=1)


@given(texts, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_an_encoding_that_can_be_told_is_told(text: str, encoding: str) -> None:
    content = text.encode(encoding)
    found = checked_text(io.BytesIO(content), "a.csv")
    assert content.decode(found.encoding) == text
    assert not found.guessed


@given(st.text(st.sampled_from("abc ;\n"), max_size=20), st.sampled_from("äöüßé°"))
def test_an_older_encoding_is_taken_only_where_that_is_wished_and_is_told(text: str, sign: str) -> None:
    content = f"{text}{sign} {text}".encode("cp1252")
    with pytest.raises(CsvFaultError, match="not UTF-8"):
        checked_text(io.BytesIO(content), "a.csv")
    found = checked_text(io.BytesIO(content), "a.csv", older=True)
    assert "Windows-1252" in found.guessed
    assert content.decode(found.encoding) == f"{text}{sign} {text}"


def test_a_file_that_is_partly_utf8_is_nobodys_guess() -> None:
    content = "name\nPolyäthylen\n".encode() + b"Poly\xe4thylen\n"
    with pytest.raises(CsvFaultError) as caught:
        checked_text(io.BytesIO(content), "a.csv", older=True)
    assert caught.value.line == 3


def test_an_encoding_that_is_none_is_refused() -> None:
    for name in ("utf-99", "rot13", "hex", ""):
        with pytest.raises(PoolError, match="There is no encoding"):
            known_encoding(name)


def test_a_table_of_candidates_in_utf16_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pool.csv"
    path.write_bytes("psmiles;name\n*CC*;Polyäthylen\n".encode("utf-16"))
    with open_table(path, "", "psmiles") as table:
        assert [row.cells for row in table.rows] == [("*CC*", "Polyäthylen")]
        assert table.remarks == ()
