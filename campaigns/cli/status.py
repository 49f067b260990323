"""``polyloop status``: where the campaign stands, and what to do next."""

from __future__ import annotations

from pathlib import Path

from campaigns.cli import options
from campaigns.cli.answer import Answer


@options.command("status")
@options.campaign_folder
def status(folder: Path) -> Answer:
    """Say where the campaign stands and what to do next."""
    from rich.console import Console

    from campaigns.campaign import Campaign
    from campaigns.cli.screen import pairs
    from campaigns.reports.wording import counts, number

    campaign = Campaign.open(folder)
    now = campaign.status()
    best: dict[str, object] | None = None
    if now.best is not None:
        psmiles, value, name = now.best
        best = {"psmiles": psmiles, "value": value, "name": name}

    def show(console: Console) -> None:
        lines: dict[str, object] = {
            "campaign": now.name,
            "wanted": now.objective,
            "measured": now.observations,
        }
        if best is not None:
            shown = f"{number(float(str(best['value'])), 4)} {campaign.spec.objective.unit}".rstrip()
            lines["best"] = f"{shown}  {best['name'] or best['psmiles']}"
        lines["rounds"] = now.rounds
        lines["pending"] = now.pending
        if now.by_status:
            lines["proposals"] = counts(now.by_status)
        lines["next"] = now.next_step
        console.print(pairs(lines))

    return Answer(
        {
            "name": now.name,
            "objective": now.objective,
            "observations": now.observations,
            "best": best,
            "rounds": now.rounds,
            "pending": now.pending,
            "by_status": now.by_status,
            "next_step": now.next_step,
        },
        show,
    )
