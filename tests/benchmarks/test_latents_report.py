from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from latents_encoders import Cosine
from latents_report import Results, checks, interval, report


def _cells(score: dict[str, float], tables: int = 3, splits: int = 2) -> pd.DataFrame:
    """Every view with its score, a little different from table to table."""
    return pd.DataFrame(
        [
            {"table": f"t{t}", "target": f"t{t}:v", "view": view, "size": "50", "split": split, "rmse": 1.0,
             "r2": 0.5, "score": mean + 0.01 * t, "spearman": 0.1, "coverage": 0.95}
            for t in range(tables)
            for split in range(splits)
            for view, mean in score.items()
        ]
    )  # fmt: skip


def _by_target(values: list[float], repeats: int = 1) -> pd.Series:
    places = [(f"t{i}", f"t{i}:{k}") for i in range(len(values)) for k in range(repeats)]
    return pd.Series(np.repeat(values, repeats), pd.MultiIndex.from_tuples(places, names=["table", "target"]))


def test_more_targets_of_the_same_tables_make_an_interval_no_narrower() -> None:
    once, often = (interval(_by_target([0.1, 0.4, -0.2, 0.3], repeats)) for repeats in (1, 7))
    assert (once.low, once.high) == pytest.approx((often.low, often.high))


def test_one_table_has_no_interval() -> None:
    assert np.isnan(interval(_by_target([0.1], 5)).low)


def test_a_split_that_one_view_could_not_be_fitted_on_counts_for_none() -> None:
    cells = _cells({"tanimoto": 0.0, "fused": 0.0})
    cells.loc[(cells["view"] == "fused") & (cells["split"] == 1), "score"] = np.nan
    assert set(Results(cells).cells["split"]) == {0}


def test_the_checks_say_who_is_better() -> None:
    scores = {"tanimoto": -0.3, "descriptors": -0.2, "fused": -0.31, "fused+fingerprint": -0.25}
    lines = checks(Results(_cells(scores)), [])
    assert [line[2:9].strip() for line in lines] == ["REACHED", "MISSED", "REACHED"]


def test_the_report_names_every_view() -> None:
    scores = {"tanimoto": -0.3, "descriptors": -0.2, "of my own": -0.1}
    assert "| of my own" in report(Results(_cells(scores)), [], "")


def test_a_check_says_whether_its_interval_is_clear_of_zero() -> None:
    def sure(score: float, spread: float) -> str:
        cells = _cells({"tanimoto": 0.0, "fused+fingerprint": score})
        ours = cells["view"] == "fused+fingerprint"
        cells.loc[ours, "score"] += cells["table"].map({"t0": -spread, "t1": 0.0, "t2": spread})[ours]
        return checks(Results(cells), [])[0]

    assert "better beyond the interval" in sure(-0.1, 0.01)
    assert "worse beyond the interval" in sure(0.1, 0.01)
    assert "not to be told from none" in sure(-0.01, 0.3)
    assert (
        "no interval"
        in checks(Results(_cells({"tanimoto": 0.0, "fused+fingerprint": -0.1}, tables=1)), [])[0]
    )


def test_chains_that_point_away_from_one_another_have_no_ratio_and_do_not_pass() -> None:
    (line,) = checks(Results(_cells({"text": 0.0})), [Cosine("text", 5, 0.9, -0.1)])
    assert "MISSED" in line
    (line,) = checks(Results(_cells({"text": 0.0})), [Cosine("text", 5, 0.9, 0.1)])
    assert "REACHED" in line


def test_failed_fits_are_told() -> None:
    cells = _cells({"tanimoto": 0.0, "text": 0.0})
    cells.loc[(cells["view"] == "text") & (cells["split"] == 1), "score"] = np.nan
    assert checks(Results(cells), []) == ["- 3 fits of text failed; these splits are left out for every view"]


def test_targets_without_reference_polymers_stand_below_those_with_them_and_in_no_mean() -> None:
    results = Results(_cells({"tanimoto": -0.3, "physics": -0.4, "text": -0.2}))
    without = _cells({"tanimoto": -0.1, "physics": -0.15}, tables=1)
    without["target"] += " without reference polymers"
    text = report(results, [], "", Results(without))
    section = text.split("## With and without")[1].split("## Checks")[0]
    rows = [line.split("|")[1:-1] for line in section.splitlines() if line.startswith("| 50")]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["50", "t0:v", "-0.300 / 0.500", "-0.400 / 0.500"],
        ["50", "t0:v without reference polymers", "-0.100 / 0.500", "-0.150 / 0.500"],
    ]
    assert text.replace(section, "") == report(results, [], "").replace(
        "## Checks", "## With and without## Checks"
    )
