from __future__ import annotations

from pathlib import Path

import pytest
from reading import column_of, read

from discovery.polymers import RepeatUnit

TABLE = "smiles,value\n*CCO*,10\n*COC*,1000\nCCO,5\n*CC(C)*,-1\n*CC(*)c1ccccc1,\n*CCCCO*,100\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    return path


def test_polymers_come_in_the_order_of_the_rows_with_the_medians_of_their_values(table: Path) -> None:
    units, values = read(table, "value")
    assert units == [RepeatUnit.parse(text) for text in ("*CCO*", "*CC(C)*", "*CCCCO*")]
    assert values.tolist() == [505.0, -1.0, 100.0]


def test_what_has_no_logarithm_is_left_out_of_logarithms(table: Path) -> None:
    name, values = column_of(f"{table}:value:log10")
    assert name == "table:value"
    assert list(values) == [RepeatUnit.parse("*CCO*"), RepeatUnit.parse("*CCCCO*")]
    assert values[RepeatUnit.parse("*CCCCO*")] == pytest.approx(2.0)
