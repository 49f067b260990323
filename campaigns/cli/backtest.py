"""``polyloop backtest``: a campaign replayed on a table that is measured already, against random choice."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import encoders, options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal


@options.command("backtest")
@click.argument("data", metavar="DATA.csv", type=options.READABLE_FILE)
@click.option("--target", type=options.TARGET, required=True, help="What to find, such as tg:max.")
@click.option("--unit", default="", help="The target's unit, such as K.")
@click.option("--prior-mean", help="Estimates that the loop may use as prior mean, such as physics:tg.")
@click.option("--rounds", type=click.IntRange(min=1), default=10, show_default=True)
@click.option(
    "--batch", type=click.IntRange(min=1), default=5, show_default=True, help="Experiments in a round."
)
@click.option(
    "--start", type=click.IntRange(min=1), default=10, show_default=True, help="Measured at the start."
)
@click.option(
    "--seeds", type=click.IntRange(min=1), default=5, show_default=True, help="Independent replays."
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Processes; one for each core by default, a single one with encoders of over 100 million parameters.",
)
@encoders.campaign
@click.option(
    "--out", type=options.ANY_FOLDER, help="Folder for the report and the figure; this one by default."
)
@click.pass_obj
def backtest(
    terminal: Terminal,
    data: Path,
    target: str,
    unit: str,
    prior_mean: str | None,
    rounds: int,
    batch: int,
    start: int,
    seeds: int,
    workers: int | None,
    campaign: Path | None,
    out: Path | None,
) -> Answer:
    """Replay a campaign on a measured table.

    How soon does it find the best polymers of DATA.csv, and how soon does random choice? Of a campaign that is named, the
    encoders alone are used; what to find, and in what batches, is told here.
    """
    from rich.console import Console

    from campaigns.backtest import backtest as replay
    from campaigns.cli.screen import notes, plain_table
    from campaigns.reports.backtest_report import verdict
    from campaigns.reports.wording import with_error

    with terminal.progress() as progress:
        named = encoders.encoders_of(campaign)
        result = replay(
            data,
            target,
            unit=unit,
            prior_mean=prior_mean,
            encoders=named,
            rounds=rounds,
            batch=batch,
            start=start,
            seeds=seeds,
            workers=workers,
            out=out,
            progress=progress,
        )

    def show(console: Console) -> None:
        rows = [
            (
                row["strategy"],
                int(row["experiments"]),
                with_error(100 * row["recall"], 100 * row["recall_error"]) + " %",
                with_error(row["best"], row["best_error"]),
            )
            for row in result.summary.to_dict(orient="records")
        ]
        headings = (
            "strategy",
            "experiments",
            f"of the {result.top_n} best found",
            f"best {target.rpartition(':')[0]}",
        )
        console.print(plain_table(headings, rows, right=(1, 2, 3)))
        told = (
            verdict(result.summary, result.top_n),
            *encoders.named_in_words(campaign, named),
            *result.notes,
        )
        console.print(notes(line for line in told if line))
        console.print(f"report: {result.html}\nfigure: {result.png}", soft_wrap=True)

    return Answer(
        {
            "top_n": result.top_n,
            "summary": result.summary,
            "curve": result.frame,
            "html": result.html,
            "png": result.png,
            "encoders": {"text": named.text, "geometry": named.geometry, "fusion": named.joined_by},
            "notes": result.notes,
        },
        show,
    )
