from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
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
