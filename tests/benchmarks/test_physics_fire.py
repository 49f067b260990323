from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from physics_fire import CONE, UnreadableTableError, agreement, burnt, cone, left_out_words, rows_of

from discovery.polymers import RepeatUnit

ROWS = pd.DataFrame(
    [
        ("*CC*", "HDPE", 50.0, 3.0, 1500.0, 60.0, 120.0, "neat"),
        ("*CC*", "PE_Foam_Pipe", 50.0, 11.0, 600.0, 4.0, 23.0, "product"),
        ("*CC(*)(C)C(=O)OC", "PMMA", 75.0, 8.0, 1400.0, 25.0, 260.0, "neat"),
        ("*CC(*)(C)C(=O)OC", "PMMA", 75.0, np.nan, 1400.0, 25.0, 260.0, "neat"),
        ("*CC(*)Cl", "PVC", 50.0, 6.0, 170.0, 38.0, 78.0, "formulated"),
        ("*CC(*)c1ccccc1", "PS_FR", 50.0, 6.0, 300.0, 50.0, 90.0, "neat"),
        ("*CC(*)c1ccccc1", "freshly pressed", 25.0, 6.0, 600.0, 200.0, 200.0, "neat"),
    ],
    columns=[
        "psmiles",
        "material",
        "flux_kW_m2",
        "thickness_mm",
        "phrr_kW_m2",
        "t_ign_s",
        "thr_MJ_m2",
        "grade",
    ],
)


def test_foams_formulated_grades_and_rows_without_thickness_are_left_out() -> None:
    kept = rows_of(ROWS, CONE, {}, ("flux", "thickness"), left_out_words())
    assert [str(unit) for unit in kept.units] == [
        str(RepeatUnit.parse(ROWS["psmiles"][row])) for row in (0, 2, 6)
    ]
    assert kept.left_out == {"foam": 1, "no flux or thickness": 1, "formulated": 1, "fr": 1}
    assert kept.columns["thickness"] == pytest.approx([0.003, 0.008, 0.006])
    assert kept.columns["flux"] == pytest.approx([50e3, 75e3, 25e3])


def test_more_words_can_be_left_out() -> None:
    rows = [rows_of(ROWS, CONE, {}, ("flux",), left_out_words(more)).units for more in ([], ["fresh"])]
    assert len(rows[0]) - len(rows[1]) == 1


def test_words_can_be_kept() -> None:
    kept = rows_of(ROWS, CONE, {}, ("flux", "thickness"), left_out_words(keep=["formulated"]))
    assert RepeatUnit.parse("*CC(*)Cl") in kept.units
    assert "formulated" not in kept.left_out


def test_a_column_can_be_named_and_must_be_there() -> None:
    renamed = ROWS.rename(columns={"thickness_mm": "d"})
    assert len(rows_of(renamed, CONE, {"thickness": "d"}, ("flux", "thickness"), left_out_words()).units) == 3
    with pytest.raises(UnreadableTableError, match="thickness"):
        rows_of(renamed, CONE, {}, ("flux", "thickness"), left_out_words())
    with pytest.raises(UnreadableTableError, match="depth"):
        rows_of(renamed, CONE, {"thickness": "depth"}, ("flux", "thickness"), left_out_words())


def test_each_row_burns_at_its_own_flux_and_thickness() -> None:
    rows = ROWS.iloc[[0, 0, 0]].assign(flux_kW_m2=[25.0, 50.0, 50.0], thickness_mm=[3.0, 3.0, 6.0])
    found = burnt(rows_of(rows, CONE, {}, ("flux", "thickness"), left_out_words()))
    assert found["t_ign"][0] > 2 * found["t_ign"][1]
    assert found["thr"][2] == pytest.approx(2 * found["thr"][1], rel=1e-6)


def test_agreement_tells_bias_and_factor_by_ratios() -> None:
    units = [RepeatUnit.parse(text) for text in ("*CC*", "*CCO*", "*CCS*")]
    told = agreement(np.array([2.0, 1.0, np.nan]), np.array([1.0, 2.0, 3.0]), units)
    assert (told["n"], told["polymers"]) == (2, 2)
    assert told["bias (factor)"] == pytest.approx(1.0)
    assert told["mean factor"] == pytest.approx(2.0)


def test_a_cone_table_is_told_in_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    cone(ROWS, Path("some/cone.csv"), {}, left_out_words())
    told = capsys.readouterr().out
    assert "cone.csv" in told
    assert "some/" not in told
    assert "3 of 7 rows" in told
    assert "| time to ignition, s | all | 3 | 3 |" in told
