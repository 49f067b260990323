"""What a report says of refinement: the gate's choices round by round, the latent before and after, or why there is neither."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from campaigns.reports.cards import Card
from campaigns.reports.contents import PropertyReport, RoundReport
from campaigns.reports.figures import svg
from campaigns.reports.latent_figures import latent_map, named_rows
from campaigns.reports.refinement_cards import CHANGES, CHOICES
from campaigns.reports.refinement_tables import choices_frame, refinement_report
from campaigns.reports.round_report import round_cards, write_round_report
from campaigns.spec import ObjectiveSpec

PERMEABILITY = ObjectiveSpec(name="permeability", direction="max", unit="barrer", scale="log")
TOO_FEW = "only 12 polymers have a value (limits do not count), 16 are needed"

FOLD = {
    "training_loss": [1.3, 1.1, 0.9],
    "held_out_score": [-1.2, -1.0, -1.1, None],
    "best_step": 1,
    "stop": "held-out score",
    "lengthscale_ratios": [0.5, 0.625, 0.75],
    "effective_rank": [4.0, 5.0],
    "text_share": [0.5, 0.25],
}


def point(number: int, value: float, **more: Any) -> dict[str, Any]:
    return {
        "psmiles": f"*{'C' * number}O*", "name": f"P{number}", "value": value, "bound": "",
        "x_before": 1.0 * number, "y_before": 2.0 * number, "x_after": 3.0 * number, "y_after": -1.0 * number,
        **more,
    }  # fmt: skip


@pytest.fixture
def gates() -> dict[int, dict[str, Any]]:
    """Three rounds: too few polymers, a refinement that is not used, one that is."""
    return {
        1: {
            "chosen": "latent",
            "reason": "r",
            "frozen_log_score": -5.0,
            "refinements": {"projection": {"skipped": TOO_FEW, "polymers": 12}},
        },
        2: {
            "chosen": "latent",
            "reason": "r",
            "frozen_log_score": -4.9,
            "refinements": {
                "projection": {
                    "start": "base", "folds": [FOLD, FOLD], "log_score": -4.91, "over_frozen": -0.01,
                    "over_frozen_error": 0.02,
                },
                "encoder": {"skipped": "training made the predictions of held-out polymers worse"},
            },
        },
        3: {
            "chosen": "projection",
            "reason": "r",
            "frozen_log_score": -4.8,
            "refinements": {
                "projection": {
                    "start": "round 2", "folds": [FOLD, FOLD | {"best_step": 0}], "log_score": -4.7, "over_frozen": 0.1,
                    "over_frozen_error": 0.04,
                },
            },
            "latent_map": {
                "member": "projection", "shares_before": [0.6, 0.3], "shares_after": [0.7, 0.2],
                "points": [point(n, 200.0 + n) for n in range(1, 10)],
            },
        },
    }  # fmt: skip


@pytest.fixture
def refined(report: RoundReport, tg: PropertyReport, gates: dict[int, dict[str, Any]]) -> RoundReport:
    told = replace(tg, choices=choices_frame(gates), refinement=refinement_report(gates[3]))
    return replace(report, properties=(told,))


def card(report: RoundReport, title: str) -> Card:
    [found] = [card for card in round_cards(report) if card.title == title]
    return found


def frame(report: RoundReport, title: str) -> pd.DataFrame:
    found = card(report, title).frame
    assert found is not None
    return found


def test_every_round_has_a_row_with_the_choice_and_what_each_depth_was_worth(refined: RoundReport) -> None:
    rows = frame(refined, CHOICES)
    assert rows["round"].tolist() == ["1", "2", "3"]
    assert rows["used"].tolist() == ["latent", "latent", "projection"]
    assert rows["projection: more than frozen"].tolist() == ["–", "−0.010 ± 0.020", "0.100 ± 0.040"]
    assert rows["not refined, because"].tolist() == [
        TOO_FEW,
        "encoder: training made the predictions of held-out polymers worse",
        "",
    ]


def test_several_properties_share_the_table(refined: RoundReport, density: PropertyReport) -> None:
    other = replace(density, choices=choices_frame({1: {"chosen": "", "reason": "3 polymers are measured"}}))
    rows = frame(replace(refined, properties=(*refined.properties, other)), CHOICES)
    assert rows[["round", "property"]].values.tolist() == [
        ["1", "tg"],
        ["1", "density"],
        ["2", "tg"],
        ["3", "tg"],
    ]
    assert rows["not refined, because"].iloc[1] == "3 polymers are measured"


def test_a_round_without_refinement_still_tells_the_choice(report: RoundReport, tg: PropertyReport) -> None:
    plain = choices_frame({1: {"chosen": "fingerprint", "reason": "r", "members": []}})
    rows = frame(replace(report, properties=(replace(tg, choices=plain),)), CHOICES)
    assert rows.columns.tolist() == ["round", "used", "frozen: log score"]
    assert not any(
        c.title == CHANGES for c in round_cards(replace(report, properties=(replace(tg, choices=plain),)))
    )


@pytest.mark.parametrize(
    ("kept", "member_rows", "reason"),
    [
        (f"not refined: {TOO_FEW}", [], TOO_FEW),
        ([FOLD], [{"member": "refined", "log_score": -4.6}], ""),
    ],
)
def test_rounds_of_an_earlier_polyloop_are_read(
    kept: object, member_rows: list[dict[str, Any]], reason: str
) -> None:
    gate = {
        "chosen": "latent",
        "members": [{"member": "latent", "log_score": -5.0}, *member_rows],
        "refinement": kept,
    }
    [row] = choices_frame({1: gate}).to_dict(orient="records")
    assert (row["member"], row["frozen"], row["reason"]) == ("refined", -5.0, reason)
    found = refinement_report(gate)
    assert found is not None
    assert len(found.folds) == (1 if member_rows else 0)
    if member_rows:
        assert row["difference"] == pytest.approx(0.4)


def test_each_adapter_has_its_diagnostics(refined: RoundReport) -> None:
    rows = frame(refined, CHANGES)
    assert rows["adapter"].tolist() == ["projection, 1 of 2", "projection, 2 of 2"]
    assert rows["step kept"].tolist() == ["1 of 3", "0 of 3\nnothing better"]
    assert rows["length-scale / mean distance"].tolist() == ["0.500 → 0.625", "0.500 → 0.500"]
    assert rows["effective rank"].iloc[0] == "4.00 → 5.00"
    assert rows["text share"].iloc[0] == "0.500 → 0.250"
    assert "projection from round 2" in card(refined, CHANGES).text


def test_the_picture_shows_every_polymer_twice_where_its_latent_is(refined: RoundReport) -> None:
    [figure] = card(refined, CHANGES).figures
    before, after = figure.axes[:2]
    assert before.collections[0].get_offsets().tolist() == [[1.0 * n, 2.0 * n] for n in range(1, 10)]
    assert after.collections[0].get_offsets().tolist() == [[3.0 * n, -1.0 * n] for n in range(1, 10)]
    assert before.collections[0].get_array().tolist() == [200.0 + n for n in range(1, 10)]
    assert "70 % of the variance" in after.get_xlabel()
    called = [text.get_text() for text in after.texts]
    assert called == ["P1", "P2", "P3", "P7", "P8", "P9"]


def test_what_was_not_refined_says_why(
    report: RoundReport, tg: PropertyReport, gates: dict[int, dict[str, Any]]
) -> None:
    told = replace(tg, refinement=refinement_report(gates[1]))
    shown = card(replace(report, properties=(told,)), CHANGES)
    assert shown.text == f"Nothing was refined this round: {TOO_FEW}."
    assert (shown.figures, shown.frame) == ((), None)


def test_a_limit_points_to_where_its_value_lies_and_decades_are_coloured_as_such(
    gates: dict[int, dict[str, Any]],
) -> None:
    gate = gates[3]
    gate["latent_map"]["points"] = [
        point(1, 0.1, bound="below"), point(2, 900.0), point(3, 3.0, bound="above", name="$x_$"),
    ]  # fmt: skip
    found = refinement_report(gate)
    assert found is not None
    assert found.latent_map is not None
    figure = latent_map(found.latent_map, PERMEABILITY)
    assert len(figure.axes[0].collections) == 3
    assert figure.axes[-1].get_yscale() == "log"
    assert svg(figure).startswith(b"<?xml")


def test_polymers_without_a_name_are_called_by_their_repeat_unit(gates: dict[int, dict[str, Any]]) -> None:
    points = pd.DataFrame(gates[3]["latent_map"]["points"]).assign(name="")
    assert named_rows(points)[0] == "*CO*"
    assert len(named_rows(points)[8]) <= 22


def test_the_page_holds_the_table_and_the_picture(refined: RoundReport, tmp_path: Path) -> None:
    text = write_round_report(refined, tmp_path / "report.html").read_text(encoding="utf-8")
    assert CHOICES.replace("'", "&#39;") in text
    assert "The latent of 9 measured polymers, frozen (left) and refined" in text
