"""Reports: cards of text, table and figure, shown on the terminal, in one HTML file, and wherever else a card can be shown.

:mod:`~campaigns.reports.contents` says what a campaign's report is made from, :mod:`~campaigns.reports.round_report` turns it
into cards, :mod:`~campaigns.reports.html` writes cards into one self-contained file. Nothing is imported here: who only wants the
:mod:`~campaigns.reports.wording` of a number takes no figures along.
"""
