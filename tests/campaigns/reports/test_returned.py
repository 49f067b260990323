"""Earlier predictions against the results that came back."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from campaigns.reports.contents import RoundReport
from campaigns.reports.returned import returned
from campaigns.reports.round_report import round_cards

TITLE = "What was predicted, and what came back"


def results(*values: tuple[float, str], name: str = "tg") -> pd.DataFrame:
    return pd.DataFrame(
        [(2, "*CC(*)C#N", "PAN", name, 372.4, 300.4, 444.4, value, bound) for value, bound in values],
        columns=["round", "psmiles", "name", "property", "mean", "lower", "upper", "value", "bound"],
    )


def test_before_anything_came_back_there_is_no_such_card(report: RoundReport) -> None:
    assert TITLE not in [card.title for card in round_cards(report)]


def test_predictions_stand_beside_what_came_back(report: RoundReport) -> None:
    [card] = [
        card
        for card in round_cards(replace(report, returned=results((373.0, ""), (450.0, ""))))
        if card.title == TITLE
    ]
    assert card.text.startswith("1 of 2 measured values lay inside the 95 % interval")
    assert card.frame is not None
    assert card.frame.drop(columns="psmiles").values.tolist() == [
        [2, "PAN", "372 ± 72", "373.0", "yes"],
        [2, "PAN", "372 ± 72", "450.0", "no"],
    ]


def test_a_limit_is_shown_as_one_and_not_counted(report: RoundReport) -> None:
    card = returned(replace(report, returned=results((350.0, "above"), (500.0, "above"), (373.0, ""))))
    assert card is not None
    assert card.frame is not None
    assert card.frame["measured tg (K)"].tolist() == ["> 350.0", "> 500.0", "373.0"]
    assert card.frame["inside the 95 % interval"].tolist() == ["a limit cannot tell", "no", "yes"]
    assert card.text == (
        "1 of 1 measured value lay inside the 95 % interval that was given with the proposal. "
        "2 results are only limits and are not counted."
    )


def test_of_several_properties_each_has_its_row(both: RoundReport) -> None:
    rows = pd.concat([results((373.0, "")), results((400.0, ""), name="density")])
    card = returned(replace(both, returned=rows))
    assert card is not None
    assert card.frame is not None
    assert card.frame["property"].tolist() == ["tg (K)", "density (g/cm3)"]
