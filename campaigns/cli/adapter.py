"""``polyloop adapter``: what a campaign's latent learned, as a folder that another campaign can use."""

from __future__ import annotations

from pathlib import Path

import click

from campaigns.cli import completing, options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal


@options.command("adapter")
@options.campaign_folder
@click.option(
    "--out",
    type=options.ANY_FOLDER,
    required=True,
    help="A folder that is not there yet; nothing is overwritten.",
)
@click.option(
    "--round",
    "number",
    type=click.IntRange(min=1),
    shell_complete=completing.rounds,
    help="Number of the round; the last one that has an adapter by default.",
)
@click.option(
    "--property",
    "property_name",
    metavar="NAME",
    shell_complete=completing.properties,
    help="Of which property; the first that has one by default.",
)
@click.option(
    "--member",
    type=click.Choice(["projection", "encoder", "both"]),
    help="Which adapter; by default the one that the gate used, else the best scoring.",
)
@click.pass_obj
def adapter(
    terminal: Terminal,
    folder: Path,
    out: Path,
    number: int | None,
    property_name: str | None,
    member: str | None,
) -> Answer:
    """Export an adapter that a round trained.

    Where the latent was refined on the measurements of the campaign in DIR, what it learned is an adapter: a
    few hundred kilobytes in the format of PEFT. The folder that is written goes into another campaign with
    polyloop rank --adapter, or as adapter under [refinement] in campaign.toml; there it is a member of its
    own, and used only where it predicts what is measured there better. It fits the same encoders only.

    \b
    Example:
      polyloop adapter tg --out tg-adapter
      polyloop rank other --adapter tg-adapter
    """
    from rich.console import Console

    from campaigns.campaign import Campaign
    from campaigns.reports.wording import counted, with_error

    with terminal.progress():
        card = Campaign.open(folder).export_adapter(out, round=number, property=property_name, member=member)
    worth = (
        f", log score {with_error(card.over_frozen, card.over_frozen_error)} against the frozen latent"
        if card.over_frozen is not None
        else ""
    )

    def show(console: Console) -> None:
        console.print(
            f"The adapter of {card.property} from round {card.round} (depth {card.member}), learned from "
            f"{counted(card.polymers, 'polymer')}{worth}: {out}",
            soft_wrap=True,
        )
        if not card.chosen:
            console.print(f"The gate did not use it for {card.property} in that round.")
        console.print(f"Use it: polyloop rank OTHER --adapter {out}", soft_wrap=True)

    return Answer({"out": out, "card": card.model_dump(mode="json")}, show)
