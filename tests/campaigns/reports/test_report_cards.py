"""What the cards of a report say of several properties, limits, outliers, failures and calibration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from campaigns.reports.cards import Card
from campaigns.reports.contents import PropertyReport, RoundReport
from campaigns.reports.figures import progress as progress_figure
from campaigns.reports.figures import span, svg
from campaigns.reports.model_cards import verdict
from campaigns.reports.round_report import round_cards, write_round_report
from campaigns.reports.validation_figures import LEVELS, coverages, parity
from campaigns.spec import ObjectiveSpec

TARGET = ObjectiveSpec(name="tg", direction="target", unit="K", target=(340, 360))
PERMEABILITY = ObjectiveSpec(name="permeability", direction="max", unit="barrer", scale="log")


def card(report: RoundReport, title: str) -> Card:
    found = [card for card in round_cards(report) if card.title == title]
    assert found, [card.title for card in round_cards(report)]
    return found[0]


def frame(report: RoundReport, title: str) -> pd.DataFrame:
    found = card(report, title).frame
    assert found is not None
    return found


def test_a_model_without_skill_is_called_a_guess(tg: PropertyReport) -> None:
    assert "not better than predicting the mean" in verdict(replace(tg, skilful=False))


def test_the_validation_shows_every_member_and_both_controls(report: RoundReport) -> None:
    rows = frame(report, "Which model is trusted")
    assert [model.split("\n")[0] for model in rows["model"]] == [
        "fingerprint GP",
        "frozen latent GP",
        "refined latent GP",
        "mean",
    ]
    assert rows["model"].iloc[1].endswith("used")
    assert rows["model"].iloc[3].endswith("control")
    assert rows["more than the mean"].tolist()[3] == "–"


def test_a_round_of_before_there_were_controls_is_still_shown(
    report: RoundReport, tg: PropertyReport
) -> None:
    assert tg.gate is not None
    old = tg.gate.iloc[:3][["member", "log_score", "difference", "standard_error", "chosen"]]
    rows = frame(
        replace(report, properties=(replace(tg, gate=old.assign(coverage=0.9)),)), "Which model is trusted"
    )
    assert rows["inside 95 % interval"].tolist() == ["90 %"] * 3


def test_each_property_has_its_own_verdict(both: RoundReport) -> None:
    text = card(both, "At a glance").text
    assert "The model of tg, on frozen latent GP, is better than predicting the mean." in text
    assert "There is no model of density yet: 3 polymers are measured" in text


def test_a_measurement_that_no_model_believes_is_asked_for_again(
    report: RoundReport, tg: PropertyReport
) -> None:
    odd = pd.DataFrame({"psmiles": ["*CC(*)Cl"], "name": ["PVC"], "value": [35.4], "z": [-4.2]})
    rows = frame(replace(report, properties=(replace(tg, outliers=odd),)), "Measure again?")
    assert rows[["name", "measured", "so"]].values.tolist() == [["PVC", "35.40", "measure again?"]]
    assert "4.2 standard deviations, below" in rows["off by"].iloc[0]


def test_the_front_shows_its_reference_point_and_the_hypervolume_of_each_round(both: RoundReport) -> None:
    shown = card(both, "The Pareto front")
    assert "tg 240.0 K, density 1.500 g/cm3" in shown.text
    assert "40.50 before round 1, 61.20 now" in shown.captions[-1]
    assert len(shown.figures) == 2
    assert shown.frame is not None
    assert shown.frame["density (g/cm3)"].tolist() == ["1.050", "< 0.9000"]


def test_a_limit_on_the_front_is_an_arrow(both: RoundReport) -> None:
    axes = card(both, "The Pareto front").figures[0].axes[0]
    legend = axes.get_legend()
    assert legend is not None
    labels = [text.get_text() for text in legend.get_texts()]
    assert "a limit: it lies below" in labels
    assert "reference point" in labels
    assert "proposed, with 95 %" in labels


def test_without_a_polymer_that_has_everything_there_is_no_front(both: RoundReport) -> None:
    assert both.front is not None
    none = replace(both.front, points=both.front.points.iloc[:0], hypervolume=None, reference={})
    assert (
        "No polymer has tg and density all measured yet"
        in card(replace(both, front=none), "The Pareto front").text
    )


def test_a_front_that_constraints_keep_empty_says_so(both: RoundReport) -> None:
    assert both.front is not None
    none = replace(both.front, hypervolume=None, reference={})
    assert "each breaks a constraint" in card(replace(both, front=none), "The Pareto front").text


def test_proposals_show_each_property_and_every_chance(both: RoundReport) -> None:
    rows = frame(both, "What to make next: round 1")
    assert rows["predicted tg (K)"].tolist() == ["391 ± 60", "372 ± 72"]
    assert rows["predicted density (g/cm3)"].tolist() == ["1.170 ± 0.070", "–"]
    assert rows["chance that it can be made"].tolist() == ["91 %", "25 %"]
    assert rows["chance that tg > 380 K"].tolist() == ["62 %", "41 %"]


def test_what_was_abandoned_is_shown_with_the_reason(both: RoundReport) -> None:
    shown = card(both, "What could not be made")
    assert shown.frame is not None
    assert shown.frame["note"].tolist() == ["a brown tar"]
    assert "1 could not be made" in shown.text
    assert "2 attempts failed by accident" in shown.text


def test_a_limit_is_written_as_one(both: RoundReport) -> None:
    assert frame(both, "The best density measured so far")["measured density (g/cm3)"].tolist() == [
        "< 0.9000",
        "1.050",
        "1.390",
    ]


def test_a_report_of_several_properties_is_a_page(both: RoundReport, tmp_path: Path) -> None:
    text = write_round_report(both, tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Wanted: highest tg (K) and lowest density (g/cm3), with tg &gt; 380 K." in text


def test_limits_are_arrows_and_decades_have_a_logarithmic_axis() -> None:
    history = pd.DataFrame({"round": [0, 0, 1], "value": [0.01, 3.0, 800.0], "bound": ["below", "", "above"]})
    axes = progress_figure(history, PERMEABILITY).axes[0]
    assert axes.get_yscale() == "log"
    labels = [text.get_text() for text in axes.get_legend().get_texts()]  # type: ignore[union-attr]
    assert {"a limit: it lies below", "a limit: it lies above"} <= set(labels)


def test_a_prediction_over_decades_is_drawn_on_logarithmic_axes() -> None:
    loo = pd.DataFrame(
        {"measured": [0.1, 900.0], "mean": [0.3, 400.0], "lower": [0.01, 20.0], "upper": [9.0, 8e3]}
    )
    limits = span(loo["measured"], loo["mean"], log=True)
    figure = parity(loo, PERMEABILITY, "latent", limits)
    assert (figure.axes[0].get_xscale(), figure.axes[0].get_yscale()) == ("log", "log")
    assert limits[0] > 0
    assert svg(figure).startswith(b"<?xml")


def test_a_target_is_drawn_as_a_band() -> None:
    history = pd.DataFrame({"round": [0, 1], "value": [300.0, 350.0]})
    assert svg(progress_figure(history, TARGET))


def test_an_honest_model_lies_on_the_diagonal() -> None:
    z = pd.Series(np.random.default_rng(0).standard_normal(20_000))
    assert np.allclose(coverages(z), LEVELS, atol=0.02)
