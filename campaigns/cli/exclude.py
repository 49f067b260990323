"""``polyloop exclude``: substructures that nothing proposed may hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer

if TYPE_CHECKING:
    from campaigns.campaign import Campaign
    from campaigns.candidates.matching import Matching


@options.command("exclude")
@options.campaign_folder
@click.argument(
    "smarts", metavar="[SMARTS]", required=False, help="The substructure; without it, lists what is excluded."
)
@click.option("--reason", metavar="TEXT", help="Why; the ledger keeps it beside the fact.")
@click.option("--undo", is_flag=True, help="Let the substructure in again.")
def exclude(folder: Path, smarts: str | None, reason: str | None, undo: bool) -> Answer:
    """Leave a substructure out of what is proposed and ranked.

    It is matched on the endless chain. Candidates that hold it are left out from now on and counted by
    reason, like those that [pool.exclude] in campaign.toml leaves out; measurements and proposals that are
    there stay. Without SMARTS, what is excluded is listed.

    \b
    Example:
      polyloop exclude tg "[F,Cl,Br]" --reason "no halogens in this laboratory"
      polyloop exclude tg
    """
    from campaigns.campaign import Campaign

    campaign = Campaign.open(folder)
    if smarts is None:
        if undo or reason is not None:
            raise click.UsageError("name the SMARTS that --reason and --undo are about")
        return _listed(campaign)
    if reason is None:
        raise click.UsageError("say why, with --reason TEXT")
    done = campaign.exclude(smarts, reason=reason, undo=undo)
    held = campaign.matching(done.smarts)
    line = f"What matches {done.smarts} is {'let in again' if undo else 'left out from now on'}."
    if done.awaited:
        ids = " ".join(done.awaited)
        line += (
            f" Still awaited: {', '.join(done.awaited)}; take them back with polyloop withdraw {folder} {ids}"
        )
    counts = f"How many candidates there are now: polyloop pool {folder}"
    if held is not None:
        counts = _in_words(held, undo=undo)
    return Answer(
        {
            "smarts": done.smarts,
            "undone": undo,
            "pool": held,
            "awaited": done.awaited,
            "reason": reason,
        },
        lambda console: console.print(f"{line}\n{counts}", soft_wrap=True),
    )


def _in_words(held: Matching, *, undo: bool) -> str:
    from campaigns.reports.wording import counted

    of = counted(held.candidates, "candidate")
    if held.matching == 0:
        return f"Of the pool's {of}, none matches."
    if undo:
        return f"The pool has {of} again, {held.matching:,} more."
    if held.matching == held.candidates:
        return f"That is all of the pool's {of}: nothing is left to propose. Undo it with --undo."
    return f"That takes {held.matching:,} out of the pool's {of}."


def _listed(campaign: Campaign) -> Answer:
    from rich.console import Console

    from campaigns.cli.screen import plain_table

    recorded = campaign.ledger.exclusions()
    of_spec = campaign.spec.pool.exclude.smarts

    def show(console: Console) -> None:
        rows = [(told.smarts, told.reason, told.author, f"{told.at:%Y-%m-%d %H:%M}") for told in recorded]
        rows += [(each, "campaign.toml says so", "", "") for each in of_spec]
        if rows:
            console.print(plain_table(("excluded", "reason", "by", "since (UTC)"), rows))
        else:
            console.print("No substructure is excluded.")

    return Answer({"excluded": recorded, "in_spec": of_spec}, show)
