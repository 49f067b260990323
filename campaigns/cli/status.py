"""``polyloop status``: where the campaign stands, and what to do next."""

from __future__ import annotations

from pathlib import Path

from campaigns.cli import options
from campaigns.cli.answer import Answer


@options.command("status")
@options.campaign_folder
def status(folder: Path) -> Answer:
    """Say where the campaign stands and what to do next.

    \b
    Example:
      polyloop status tg
    """
    from rich.console import Console

    from campaigns.campaign import Campaign
    from campaigns.cli.screen import pairs
    from campaigns.reports.wording import (
        as_of_round,
        counted,
        counts,
        limited,
        models_in_words,
        named_first,
        number,
    )

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
        several = len(now.properties) > 1
        for told in now.properties:
            if several:
                limits = f", {told.limits} of them known by a limit only" if told.limits else ""
                lines[told.name] = f"{counted(told.measured, 'polymer')}{limits}"
            if told.best is not None:
                shown = f"{limited(told.best.value, told.best.bound, 4)} {told.unit}".rstrip()
                label = f"best {told.name}" if several else "best"
                remark = f" ({told.best.remark})" if told.best.remark else ""
                lines[label] = f"{shown}{remark}  {told.best.name or told.best.psmiles}"
        if now.front is not None:
            on_front, volume = now.front
            lines["front"] = (
                f"{counted(on_front, 'polymer')}, hypervolume {number(volume, 4)} as of round {now.last_round}"
            )
        lines["rounds"] = now.rounds
        lines["pending"] = f"{now.pending} ({named_first(now.awaited)})" if now.awaited else now.pending
        if now.by_status:
            lines["proposals"] = counts(now.by_status)
        if models := models_in_words(now.models):
            lines["model"] = as_of_round(models, now.last_round, newer=False)
        if now.advice:
            lines["advice"] = as_of_round(now.advice, now.last_round, newer=now.newer)
        if now.recovered:
            lines["recovered"] = "\n".join(told.words for told in now.recovered)
        lines["next"] = now.next_step
        console.print(pairs(lines))

    return Answer(
        {
            "name": now.name,
            "objective": now.objective,
            "observations": now.observations,
            "best": best,
            "properties": now.properties,
            "rounds": now.rounds,
            "pending": now.pending,
            "awaited": now.awaited,
            "by_status": now.by_status,
            "front": None if now.front is None else {"polymers": now.front[0], "hypervolume": now.front[1]},
            "models": now.models,
            "advice": now.advice,
            "as_of_round": now.last_round,
            "results_since": now.newer,
            "recovered": now.recovered,
            "next_step": now.next_step,
        },
        show,
    )
