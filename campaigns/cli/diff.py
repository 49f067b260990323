"""``polyloop diff``: what new measurements changed in the ranking."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from campaigns.cli import completing, options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal
from campaigns.limits import MAXIMUM_BATCH

if TYPE_CHECKING:
    from rich.table import Table

    from campaigns.ledger.proposals import Predicted
    from campaigns.replaying.shifts import RankingDiff, Shift

NOW = "now"


class Moment(click.ParamType["int | str"]):
    """Number of a round, or ``now``."""

    name = "round"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """Read a number or ``now``."""
        text = str(value).strip().lower()
        if text == NOW:
            return NOW
        if text.isdecimal() and 1 <= int(text) < 10**9:
            return int(text)
        self.fail(f"{value!r}: write the number of a round, or now", param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Rounds of the campaign, and ``now``."""
        known = [*completing.rounds(ctx, param, incomplete), *([NOW] if NOW.startswith(incomplete) else [])]
        return [CompletionItem(each) for each in known]


@options.command("diff")
@options.campaign_folder
@click.option(
    "--from",
    "start",
    metavar="ROUND",
    type=click.IntRange(min=1),
    shell_complete=completing.rounds,
    help="Number of the first round; the one before the second by default.",
)
@click.option(
    "--to",
    "end",
    metavar="ROUND",
    type=Moment(),
    help="Number of the second round, or now; the last round by default, and now where there is but one.",
)
@click.option(
    "--top",
    type=click.IntRange(min=1, max=MAXIMUM_BATCH),
    default=10,
    show_default=True,
    help="Best candidates of the pool to compare, by the models of each; beside the proposals of both rounds.",
)
@options.workers
@click.pass_obj
def diff(
    terminal: Terminal, folder: Path, start: int | None, end: int | str | None, top: int, workers: int
) -> Answer:
    """Say what new measurements changed in the ranking.

    The models of two rounds, or of a round and of now, are fitted again to what was known at each: what came in
    between and what had been predicted of it, which model the gate used, and where each candidate stood and
    stands, those that moved most first. Nothing is recorded.

    \b
    Example:
      polyloop diff tg --from 1 --to now
    """
    from rich.console import Console

    from campaigns.campaign import Campaign
    from campaigns.cli.screen import notes

    with terminal.progress() as progress:
        campaign = Campaign.open(folder)
        found = campaign.diff(
            start,
            end if isinstance(end, int) else None,
            now=end == NOW,
            top=top,
            workers=workers,
            progress=progress,
        )

    def show(console: Console) -> None:
        console.print(notes(found.sentences))
        if found.arrivals:
            console.print(_arrivals(found))
        if found.shifts:
            console.print(_shifts(found))

    return Answer(_document(found), show)


def _arrivals(found: RankingDiff) -> Table:
    from campaigns.cli.screen import plain_table
    from campaigns.reports.wording import limited, number, prediction

    rows = [
        (
            each.called,
            f"{each.of} {limited(each.value, each.bound)} {each.unit}".strip()
            + ("" if each.change == "new" else f" ({each.change})"),
            "–"
            if each.predicted is None
            else prediction(each.predicted.mean, each.predicted.lower, each.predicted.upper),
            "" if each.deviations is None else number(each.deviations, 2),
            each.predicted_by,
        )
        for each in found.arrivals
    ]
    return plain_table(("measured", "value", "predicted ± 95 %", "off by (sd)", "by"), rows, right=(2, 3))


def _shifts(found: RankingDiff) -> Table:
    from campaigns.cli.screen import plain_table

    rows = [
        (
            f"{each.rank_before} → {each.rank_after}",
            _called(each),
            _values(each.before),
            _values(each.after),
            ", ".join(each.proposals) + (" measured" if each.measured else ""),
        )
        for each in found.shifts
    ]
    return plain_table(("rank", "candidate", "mean ± sd before", "mean ± sd after", ""), rows, right=(2, 3))


def _called(shift: Shift) -> str:
    return f"{shift.psmiles} ({shift.name})" if shift.name else shift.psmiles


def _values(told: Mapping[str, Predicted]) -> str:
    from campaigns.replaying.shifts import deviation
    from campaigns.reports.wording import with_error

    several = len(told) > 1
    return "\n".join(
        f"{f'{name} ' if several else ''}{with_error(each.mean, deviation(each))}"
        for name, each in told.items()
    )


def _document(found: RankingDiff) -> dict[str, object]:
    from campaigns.replaying.shifts import deviation

    def predicted(told: Predicted) -> dict[str, float]:
        return {"mean": told.mean, "sd": deviation(told), "lower": told.lower, "upper": told.upper}

    return {
        "from": found.before,
        "to": found.after,
        "summary": found.sentences,
        "measurements": [
            {
                "psmiles": each.psmiles,
                "name": each.name,
                "property": each.of,
                "unit": each.unit,
                "change": each.change,
                "value": each.value,
                "bound": each.bound,
                "earlier": each.earlier,
                "predicted": None if each.predicted is None else predicted(each.predicted),
                "predicted_by": each.predicted_by,
                "deviations": each.deviations,
            }
            for each in found.arrivals
        ],
        "gates": [
            {
                "property": each.of,
                "before": each.before,
                "after": each.after,
                "why_before": each.why_before,
                "why_after": each.why_after,
            }
            for each in found.gates
        ],
        "candidates": [
            {
                "psmiles": each.psmiles,
                "name": each.name,
                "proposals": each.proposals,
                "measured": each.measured,
                "rank_before": each.rank_before,
                "rank_after": each.rank_after,
                "moved": each.moved,
                "before": {name: predicted(told) for name, told in each.before.items()},
                "after": {name: predicted(told) for name, told in each.after.items()},
            }
            for each in found.shifts
        ],
        "rank_correlation": found.correlation,
        "notes": found.notes,
    }
