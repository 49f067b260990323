"""``polyloop pool``: what a campaign may propose, and how to widen or narrow it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal

if TYPE_CHECKING:
    from campaigns.spec import PoolSpec


@options.command("pool")
@options.campaign_folder
@click.option("--add", type=options.READABLE_FILE, multiple=True, help="Table of more monomers or polymers.")
@click.option("--exclude-smarts", metavar="SMARTS", multiple=True, help="Never propose what matches.")
@click.option("--exclude-element", metavar="SYMBOL", multiple=True, help="Never propose what holds it.")
@click.option(
    "--exclude-polymers",
    type=options.READABLE_FILE,
    multiple=True,
    help="Table of polymers never to propose.",
)
@click.option(
    "--max-sa-score", type=click.FloatRange(1, 10), help="Synthetic accessibility at most; 1 is easy."
)
@click.option(
    "--max-cost", type=click.FloatRange(0, min_open=True), help="Price of a gram of monomers at most."
)
@click.option(
    "--max-price", type=click.FloatRange(0, min_open=True), help="Price of a gram of any monomer at most."
)
@click.option(
    "--available/--any-availability", default=None, help="Only monomers that are told to be available."
)
@click.option(
    "--makeable/--any-polymer", default=None, help="Only polymers that a polymerisation rule makes."
)
@options.workers
@click.pass_obj
def pool(
    terminal: Terminal,
    folder: Path,
    add: tuple[Path, ...],
    exclude_smarts: tuple[str, ...],
    exclude_element: tuple[str, ...],
    exclude_polymers: tuple[Path, ...],
    max_sa_score: float | None,
    max_cost: float | None,
    max_price: float | None,
    available: bool | None,
    makeable: bool | None,
    workers: int,
) -> Answer:
    """Show, widen or narrow what may be proposed.

    Without options: how many candidates the campaign in DIR has, and what is left out. The options change [pool] in
    DIR/campaign.toml, where they can be taken back; files are copied into DIR.

    \b
    Example:
      polyloop pool tg --exclude-element Cl --max-sa-score 4
    """
    from rich.console import Console

    from campaigns.campaign import Campaign
    from campaigns.candidates.changes import Changes
    from campaigns.cli.screen import pairs, plain_table

    changes = Changes(
        add=add,
        smarts=exclude_smarts,
        elements=exclude_element,
        polymers=exclude_polymers,
        limits={
            name: value
            for name, value in {
                "sa_score": max_sa_score,
                "cost": max_cost,
                "price": max_price,
                "available": available,
                "makeable": makeable,
            }.items()
            if value is not None
        },
    )
    with terminal.progress() as progress:
        campaign = Campaign.open(folder)
        if changes:
            campaign.change_pool(changes.applied, *changes.files)
        found = campaign.candidates(workers=workers, progress=progress)
        summary = found.summary()
    spec = campaign.spec.pool

    def show(console: Console) -> None:
        facts: dict[str, object] = {
            "sources": ", ".join(_sources(spec)),
            "candidates": f"{summary.candidates:,}",
        }
        if summary.searched:
            facts["searched"] = f"{summary.searched:,} pairs of monomers, too many to enumerate"
        console.print(pairs(facts))
        if summary.left_out:
            rows = sorted(summary.left_out.items(), key=lambda item: (-item[1], item[0]))
            console.print(plain_table(["left out", "how many"], rows, right=[1]))

    return Answer(
        {
            "pool": spec.model_dump(mode="json"),
            "candidates": summary.candidates,
            "searched": summary.searched,
            "left_out": summary.left_out,
        },
        show,
    )


def _sources(spec: PoolSpec) -> Sequence[str]:
    return [*spec.monomers, *spec.polymers, *(f"plug-in {plugin.name}" for plugin in spec.plugins)]
