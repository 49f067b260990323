"""What a campaign knows after a round, as cards: what to make next, why, how far to trust it, and what has been found."""

from __future__ import annotations

from pathlib import Path

from campaigns.reports import model_cards, progress_cards, proposal_cards, refinement_cards
from campaigns.reports.cards import Card
from campaigns.reports.contents import RoundReport
from campaigns.reports.html import render_html
from campaigns.reports.put_right import corrected
from campaigns.reports.returned import returned


def write_round_report(report: RoundReport, path: Path) -> Path:
    """Write the report as one HTML file and return its path."""
    subtitle = f"Wanted: {report.wanted}. " + (
        f"Round {report.round}." if report.round else "No round has been proposed yet."
    )
    render_html(round_cards(report), path, title=report.name, subtitle=subtitle, footer=report.meta)
    return path


def round_cards(report: RoundReport) -> list[Card]:
    """The cards of a report, in the order of reading."""
    cards = [
        proposal_cards.glance(report),
        proposal_cards.proposals(report),
        returned(report),
        progress_cards.front(report),
        progress_cards.progress(report),
        *model_cards.validation(report),
        *model_cards.trust(report),
        refinement_cards.choices(report),
        *refinement_cards.changes(report),
        model_cards.outliers(report),
        proposal_cards.abandoned(report),
        corrected(report),
        *progress_cards.best(report),
        proposal_cards.pool(report),
    ]
    return [card for card in cards if card is not None]
