"""Reports: cards of text, table and figure, shown on the terminal, in one HTML file, and wherever else a card
can be shown.

``RoundReport`` and ``BacktestReport`` say what a report is made from; ``round_cards`` and ``backtest_cards``
turn them into cards; ``render_html`` writes cards into one self-contained file.
"""

from campaigns.reports.backtest_report import BacktestReport, backtest_cards, write_backtest_report
from campaigns.reports.cards import Card
from campaigns.reports.contents import FeasibilityReport, FrontReport, PropertyReport, RoundReport
from campaigns.reports.html import render_html
from campaigns.reports.round_report import round_cards, write_round_report

__all__ = [
    "BacktestReport",
    "Card",
    "FeasibilityReport",
    "FrontReport",
    "PropertyReport",
    "RoundReport",
    "backtest_cards",
    "render_html",
    "round_cards",
    "write_backtest_report",
    "write_round_report",
]
