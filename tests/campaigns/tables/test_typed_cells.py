"""Cells that are numbers by their type, in frames and Parquet files, are the same whatever the texts beside them look like."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from campaigns.spec import ObjectiveSpec
from campaigns.tables import HowToRead, ReadResults, read_results

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
DENSITY = ObjectiveSpec(name="density", direction="min", unit="g/cm3")


def values(checked: ReadResults) -> list[float | None]:
    return [row.value for row in checked.rows]


@pytest.mark.parametrize("tg", [[373.125], [np.float32(373.125)], [Decimal("373.125")]])
def test_numbers_of_a_frame_have_no_decimal_sign(tg: list[object]) -> None:
    frame = pd.DataFrame({"psmiles": ["*CC*"], "tg": pd.Series(tg, dtype=object), "density": ["1,25"]})
    assert values(read_results(frame, [TG, DENSITY])) == [373.125, 1.25]
    assert values(read_results(frame.drop(columns="density"), [TG], how=HowToRead(decimal="comma"))) == [
        373.125
    ]


def test_a_frame_keeps_its_lines_and_gaps_under_decimal_commas() -> None:
    frame = pd.DataFrame(
        {
            "psmiles": ["*CC*", "*CO*", "*CCO*"],
            "name": ["a\nb", "", "c"],
            "tg": [373.125, None, 1234.0],
            "density": ["1,25", "1,5", None],
        }
    )
    rows = read_results(frame, [TG, DENSITY]).rows
    assert [(row.line, row.objective, row.value) for row in rows] == [
        (2, "tg", 373.125),
        (2, "density", 1.25),
        (4, "density", 1.5),
        (5, "tg", 1234.0),
    ]


@pytest.mark.parametrize("decimal", [None, "comma", "point"])
def test_decimals_of_parquet_have_no_decimal_sign(tmp_path: Path, decimal: str | None) -> None:
    pq.write_table(pa.table({"psmiles": ["*CC*"], "tg": [Decimal("373.125")]}), tmp_path / "a.parquet")
    assert values(read_results(tmp_path / "a.parquet", [TG], how=HowToRead(decimal=decimal))) == [373.125]


def test_a_number_of_single_precision_is_the_one_that_was_written(tmp_path: Path) -> None:
    table = pa.table({"psmiles": ["*CC*", "*CO*"], "tg": pa.array([373.15, 0.1], pa.float32())})
    pq.write_table(table, tmp_path / "a.parquet")
    assert values(read_results(tmp_path / "a.parquet", [TG])) == [373.15, 0.1]


def test_categories_and_gaps_of_parquet_are_texts_and_empty_cells(tmp_path: Path) -> None:
    table = pa.table(
        {
            "psmiles": pa.array(["*CC*", "*CO*"]).dictionary_encode(),
            "tg": pa.array([300, None], pa.int16()),
            "density": pa.array([None, 1.5]),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    assert values(read_results(tmp_path / "a.parquet", [TG, DENSITY])) == [300.0, 1.5]
