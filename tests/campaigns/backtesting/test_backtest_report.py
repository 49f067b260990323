from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from campaigns.backtesting.report import (
    BacktestReport,
    backtest_cards,
    curves,
    regret_unit,
    summarise,
    summary_table,
    verdict,
    write_backtest_report,
)
from campaigns.backtesting.rival_names import RIVALS
from campaigns.spec import ObjectiveSpec
from discovery.surrogate.scale import Scale


@pytest.fixture
def backtest() -> BacktestReport:
    goal = ObjectiveSpec(name="tg", direction="max", unit="K")
    rows = [
        (
            seed,
            strategy,
            experiments,
            400.0 + experiments * (2 if strategy == "gate" else 1) + seed,
            found,
            60.0 - experiments,
        )
        for seed in range(3)
        for strategy, step in (("random", 0.05), ("gate", 0.2))
        for experiments, found in ((10, 0.0), (15, step + 0.01 * seed), (20, 2 * step + 0.02 * seed))
    ]
    frame = pd.DataFrame(rows, columns=["seed", "strategy", "experiments", "best", "recall", "regret"])
    return BacktestReport("measured.csv", goal, frame, top_n=10, polymers=120, start=10, batch=5)


def test_random_choice_comes_last(backtest: BacktestReport) -> None:
    assert list(summarise(backtest.frame)["strategy"]) == ["gate", "random"]


def test_a_band_is_the_t_interval_of_the_mean(backtest: BacktestReport) -> None:
    band = curves(backtest.frame, "recall")["gate"].iloc[-1]
    low, high = stats.t.interval(0.95, 2, loc=0.42, scale=np.std([0.40, 0.42, 0.44], ddof=1) / np.sqrt(3))
    assert (band["mean"], band["lower"], band["upper"]) == pytest.approx((0.42, low, high))


def test_a_band_of_fractions_stays_between_nothing_and_all(backtest: BacktestReport) -> None:
    wild = backtest.frame.assign(recall=np.tile([0.0, 1.0], 9))
    for curve in curves(wild, "recall", bounds=(0.0, 1.0)).values():
        assert curve["lower"].min() >= 0
        assert curve["upper"].max() <= 1


def test_the_gain_is_paired_by_seed() -> None:
    frame = pd.DataFrame(
        {
            "seed": [0, 1, 2, 0, 1, 2],
            "strategy": ["gate"] * 3 + ["random"] * 3,
            "experiments": 20,
            "best": 1.0,
            "recall": [0.5, 0.9, 0.8, 0.3, 0.7, 0.6],
            "regret": 0.0,
        }
    )
    row = summarise(frame).iloc[0]
    assert row["gain"] == pytest.approx(0.2)
    assert row["gain_error"] == pytest.approx(0.0, abs=1e-9)
    two = summarise(frame[frame["seed"] < 2]).iloc[0]
    assert two["gain"] == pytest.approx(0.2)
    assert math.isnan(two["gain_error"])


def test_a_difference_within_the_noise_is_called_luck(backtest: BacktestReport) -> None:
    noisy = backtest.frame.copy()
    noisy.loc[(noisy["seed"] == 0) & (noisy["strategy"] == "random"), "recall"] = 0.9
    assert "may still be luck" in verdict(summarise(noisy), 10)


def test_one_seed_has_no_band_and_says_so(backtest: BacktestReport) -> None:
    single = replace(backtest, frame=backtest.frame[backtest.frame["seed"] == 0])
    assert "One seed, so no band." in backtest_cards(single)[0].captions[0]
    assert "may be luck" in verdict(summarise(single.frame), 10)


def test_without_random_choice_there_is_no_verdict(backtest: BacktestReport) -> None:
    alone = backtest.frame[backtest.frame["strategy"] == "gate"]
    assert verdict(summarise(alone), 10) == ""


def test_the_numbers_name_area_and_regret_with_their_intervals(backtest: BacktestReport) -> None:
    table = backtest_cards(backtest)[-1].frame
    assert table is not None
    row = table.iloc[0]
    # 0, 0.2, 0.4 at equal distances have the mean 0.2; each seed adds 0.01 to it
    assert row["area under recall"].startswith("0.21")
    assert " to " in row["area under recall"]
    assert row["simple regret (K)"].startswith("40")


def test_regret_on_a_logarithmic_scale_is_told_in_decades(backtest: BacktestReport) -> None:
    over_decades = backtest.goal.model_copy(update={"scale": Scale.LOG})
    assert regret_unit(over_decades) == "decades"


def test_every_rival_has_a_look_of_its_own(backtest: BacktestReport) -> None:
    frames = [backtest.frame.assign(strategy=name) for name in RIVALS]
    several = replace(
        backtest, frame=pd.concat(frames).groupby(["strategy", "seed", "experiments"]).first().reset_index()
    )
    lines = backtest_cards(several)[0].figures[0].axes[0].get_lines()
    assert len({(line.get_color(), line.get_marker()) for line in lines[: len(RIVALS)]}) == len(RIVALS)


def test_a_backtest_is_a_page_and_a_picture(backtest: BacktestReport, tmp_path: Path) -> None:
    html, png = tmp_path / "backtest.html", tmp_path / "backtest.png"
    write_backtest_report(backtest, html, png)
    text = html.read_text(encoding="utf-8")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert all(address.startswith("data:") for address in re.findall(r'(?:src|href)="([^"]*)"', text))
    assert "After 20 experiments gate has found" in text


def test_the_terminal_and_the_page_name_the_units_of_what_was_found(backtest: BacktestReport) -> None:
    titles = list(summary_table(summarise(backtest.frame), backtest.goal, backtest.top_n).columns)
    assert {"of the 10 best found", "best tg (K)", "simple regret (K)"} <= set(titles)
