"""``polyloop backtest``: a campaign replayed on a table that is measured already, against rivals."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from campaigns.backtesting.rival_names import RIVALS, USUAL
from campaigns.cli import completing, encoders, options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal
from discovery.suggestions import did_you_mean


class Rivals(click.ParamType["tuple[str, ...]"]):
    """Names of rivals with commas, as in ``random,gate``."""

    name = "names"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Rivals that are not named yet."""
        return [CompletionItem(offered) for offered in completing.several(RIVALS, incomplete)]

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Each name once, or what is wrong with one."""
        if isinstance(value, tuple):
            return value
        named = [name.strip() for name in str(value).split(",") if name.strip()]
        if unknown := [name for name in named if name not in RIVALS]:
            near = did_you_mean(unknown[0], RIVALS)
            told = f"there is no rival {unknown[0]!r}. {near} Name some of {', '.join(RIVALS)}"
            self.fail(" ".join(told.split()), param, ctx)
        if not named:
            self.fail(f"name some of {', '.join(RIVALS)}", param, ctx)
        return tuple(dict.fromkeys(named))


@options.command("backtest")
@click.argument("data", metavar="TABLE", type=options.READABLE_FILE, help="Measured polymers.")
@click.option(
    "--objective",
    "--target",
    "objective",
    required=True,
    metavar="NAME:max|min|RANGE",
    help="What to find, such as tg:max, or a target such as tg:340..360.",
)
@click.option("--unit", default="", help="The objective's unit, such as K.")
@click.option(
    "--scale",
    type=click.Choice(["linear", "log"]),
    default="linear",
    show_default=True,
    help="log for a property that runs over decades.",
)
@click.option("--prior-mean", help="Estimates that the gate may use as prior mean, such as physics:tg.")
@click.option(
    "--rivals",
    type=Rivals(),
    default=",".join(USUAL),
    show_default=True,
    help=f"Some of {','.join(RIVALS)}: gate is what a campaign does, the next five its members alone.",
)
@click.option("--rounds", type=click.IntRange(min=1), default=10, show_default=True, help="Of each replay.")
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
    "--audit",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="ROUNDS",
    help="In so many first rounds of each replay, ask every rival again with other values in place of those that are not "
    "measured, and fail where it chooses otherwise.",
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
    objective: str,
    unit: str,
    scale: str,
    prior_mean: str | None,
    rivals: tuple[str, ...],
    rounds: int,
    batch: int,
    start: int,
    seeds: int,
    audit: int,
    workers: int | None,
    campaign: Path | None,
    out: Path | None,
) -> Answer:
    """Replay a campaign on a measured table.

    How soon does it find the best polymers of TABLE, and how soon do others? All start from the same polymers out of the lower
    three quarters, and are told a value when they have asked for it. The best are the top 2 %, at least 10 polymers (a quarter of
    a table with fewer than 40). Of a campaign that is named, the encoders are used, and the depths and the objective of its
    refinement.

    \b
    Example:
      polyloop backtest measured.csv --objective tg:max --unit K --rounds 5 --seeds 2
    """
    from rich.console import Console

    from campaigns.backtesting.backtest import backtest as replay
    from campaigns.backtesting.report import summarise, summary_table, verdict
    from campaigns.cli.screen import notes, plain_table

    with terminal.progress() as progress:
        named = encoders.encoders_of(campaign)
        result = replay(
            data,
            objective,
            unit=unit,
            scale=scale,
            prior_mean=prior_mean,
            encoders=named,
            refinement=encoders.refinement_of(campaign),
            rivals=rivals,
            rounds=rounds,
            batch=batch,
            start=start,
            seeds=seeds,
            audited=audit,
            workers=workers,
            out=out,
            progress=progress,
        )

    def show(console: Console) -> None:
        summary = summarise(result.frame)
        # The whole table, and the gain over random choice that the sentence below tells, are in the report.
        table = summary_table(summary, result.goal, result.top_n).drop(
            columns=["seeds", "more than random choice"]
        )
        rows = table.itertuples(index=False, name=None)
        console.print(plain_table(list(table.columns), rows, right=range(1, len(table.columns))))
        told = (
            verdict(summary, result.top_n),
            *encoders.named_in_words(campaign, named),
            *result.notes,
        )
        console.print(notes(line for line in told if line))
        console.print(f"report: {result.html}\nfigure: {result.png}", soft_wrap=True)

    return Answer(
        {
            "rivals": result.scores,
            "top_n": result.top_n,
            "polymers": result.polymers,
            "curve": result.frame,
            "html": result.html,
            "png": result.png,
            "encoders": {"text": named.text, "geometry": named.geometry, "fusion": named.joined_by},
            "models": result.models,
            "notes": result.notes,
        },
        show,
    )
