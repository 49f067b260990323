"""Descriptions in a file: all of them come back, with who wrote them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from discovery.errors import PretrainingError
from discovery.polymers import RepeatUnit
from discovery.pretraining.descriptions.description import (
    Description,
    makers,
    read_descriptions,
    texts_by_key,
    write_descriptions,
)

ETHER, STYRENE = RepeatUnit.parse("*CCO*"), RepeatUnit.parse("*CC(*)c1ccccc1")
MADE = [
    Description(ETHER, "An ether."),
    Description(ETHER, "A polyether.", "writer", "on no list: 70"),
    Description(STYRENE, "A vinyl polymer.", remarks="text of writer has no end"),
    Description(STYRENE, ""),
]


def test_descriptions_come_back_as_they_were_written(tmp_path: Path) -> None:
    write_descriptions(tmp_path / "d.parquet", MADE)
    assert read_descriptions(tmp_path / "d.parquet") == MADE


def test_texts_are_told_by_key_and_empty_ones_left_out() -> None:
    assert texts_by_key(MADE) == {
        ETHER.key: ("An ether.", "A polyether."),
        STYRENE.key: ("A vinyl polymer.",),
    }


def test_makers_are_counted_and_templates_that_replace_a_rejected_text_by_themselves() -> None:
    assert makers(MADE) == {"template": 2, "template, in place of a rejected text": 1, "writer": 1}


def test_a_file_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"psmiles": ["*CCO*"]}), tmp_path / "corpus.parquet")
    with pytest.raises(PretrainingError, match="lacks the columns key, description, maker, remarks"):
        read_descriptions(tmp_path / "corpus.parquet")
    (tmp_path / "text.parquet").write_text("no parquet")
    with pytest.raises(PretrainingError, match="cannot be read"):
        read_descriptions(tmp_path / "text.parquet")
