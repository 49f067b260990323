from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import matplotlib
import pandas as pd
import pytest

from campaigns.reports.cards import Card
from campaigns.reports.contents import PropertyReport, RoundReport
from campaigns.reports.html import render_html
from campaigns.reports.round_report import round_cards, write_round_report
from campaigns.spec import ObjectiveSpec
from discovery.errors import DiscoveryError


class Addresses(HTMLParser):
    """Collects everything that a browser would fetch, and every heading."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [
            value or "" for name, value in attrs if name in {"src", "href", "xlink:href", "srcset"}
        ]


def read(path: Path) -> tuple[str, Addresses]:
    text = path.read_text(encoding="utf-8")
    page = Addresses()
    page.feed(text)
    return text, page


def test_a_report_needs_nothing_but_itself(report: RoundReport, tmp_path: Path) -> None:
    text, page = read(write_round_report(report, tmp_path / "report.html"))
    assert page.fetched
    assert all(address.startswith("data:") for address in page.fetched)
    assert not re.search(r"@import|url\(|<script|<link", text)


def test_every_proposal_is_drawn(report: RoundReport, tmp_path: Path) -> None:
    _, page = read(write_round_report(report, tmp_path / "report.html"))
    assert page.tags.count("svg") == len(report.proposals) + len(report.properties[0].observations)


def test_a_report_shows_scores_reasons_and_origin(report: RoundReport, tmp_path: Path) -> None:
    text, _ = read(write_round_report(report, tmp_path / "report.html"))
    for expected in (
        "391 ± 60",
        "near polystyrene",
        "methyl methacrylate",
        "−5.31",
        "0.190 ± 0.061",
        "0.70 ± 0.14",
        ">0.43<",
        "50 / 75 / 100",
        "0.041",
        "better than predicting the mean",
        "three times the noise",
        "Refinement gains less than its standard error.",
        "8,213 candidates",
        "measured already",
        "text-19ab",
        "0 of 4 polymers inside the 95 % interval",
    ):
        assert expected in text, expected
    assert "no repeat unit" not in text  # a reason that never applied


def test_a_users_text_stays_text(report: RoundReport, tmp_path: Path) -> None:
    text, _ = read(write_round_report(report, tmp_path / "report.html"))
    assert "&lt;b&gt;polypropylene&lt;/b&gt;" in text
    assert "<b>polypropylene" not in text


def test_the_same_report_is_the_same_file(report: RoundReport, tmp_path: Path) -> None:
    first, second = (
        write_round_report(report, tmp_path / name).read_bytes() for name in ("a.html", "b.html")
    )
    assert first == second


def test_a_report_leaves_no_state_in_matplotlib(report: RoundReport) -> None:
    before = dict(matplotlib.rcParams)
    round_cards(report)
    assert dict(matplotlib.rcParams) == before


def test_an_empty_campaign_has_a_report(goal: ObjectiveSpec, tmp_path: Path) -> None:
    nothing = PropertyReport(
        goal=goal,
        observations=pd.DataFrame(columns=["psmiles", "value"]),
        history=pd.DataFrame(columns=["round", "value"]),
    )
    empty = RoundReport(
        name="new",
        wanted=goal.sentence,
        properties=(nothing,),
        round=0,
        proposals=pd.DataFrame(columns=["rank", "psmiles", "mean", "lower", "upper", "reason"]),
    )
    text, _ = read(write_round_report(empty, tmp_path / "report.html"))
    assert "No round has been proposed yet." in text


def test_a_first_batch_says_that_nothing_was_predicted(report: RoundReport, tmp_path: Path) -> None:
    blank = report.proposals.assign(mean=float("nan"), lower=float("nan"), upper=float("nan"))
    text, _ = read(write_round_report(replace(report, proposals=blank), tmp_path / "report.html"))
    assert "Nothing has been predicted" in text
    assert (
        "predicted tg (K)"
        not in text.split("Which model")[0].split("What to make next")[1].split("How the")[0]
    )


@pytest.mark.parametrize("values", [[300.0], [300.0, 300.0, 300.0]])
def test_one_measurement_or_equal_ones_can_be_drawn(
    report: RoundReport, values: list[float], tmp_path: Path
) -> None:
    flat = pd.DataFrame({"measured": values, "mean": values, "lower": values, "upper": values, "member": "m"})
    history = pd.DataFrame({"round": 0, "value": values})
    told = replace(report.properties[0], loo=flat, history=history)
    page = write_round_report(replace(report, properties=(told,)), tmp_path / "report.html")
    assert "data:image/" in page.read_text()


def test_the_lowest_is_best_when_the_goal_is_a_minimum(report: RoundReport) -> None:
    told = replace(report.properties[0], goal=ObjectiveSpec(name="tg", direction="min", unit="K"))
    cards = round_cards(replace(report, properties=(told,)))
    best = next(card for card in cards if card.title == "The best measured so far").frame
    assert best is not None
    assert best["psmiles"].iloc[0] == "*CCO*"


def test_a_report_that_cannot_be_made_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("the old one")
    card = Card("broken", frame=pd.DataFrame({"psmiles": ["not a polymer"]}), structures="psmiles")
    with pytest.raises(DiscoveryError):
        render_html([card], path, title="x")
    assert path.read_text() == "the old one"
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_a_card_refuses_figures_without_captions() -> None:
    with pytest.raises(ValueError, match="captions"):
        Card("x", captions=("one too many",))
