"""What ``polyloop doctor DIR`` tells of a campaign: the findings of its audit, and what was saved of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from campaigns.cli.answer import Answer
from campaigns.cli.exit_codes import DONE, STATE

if TYPE_CHECKING:
    from rich.console import Console


def audited(folder: Path) -> Answer:
    """Whether the campaign in a folder is whole.

    Raises:
        StateError: There is none.
    """
    from campaigns.auditing.audit import audit
    from campaigns.cli.screen import notes, pairs, plain_table

    found = audit(folder)

    def show(console: Console) -> None:
        rows = [(each.part, str(each.state), each.words) for each in found.findings]
        console.print(plain_table(("part", "state", "found"), rows))
        told = {each.way_out.replace("DIR", str(folder)): None for each in found.findings if each.way_out}
        if told:
            console.print(notes([*told, ""]), soft_wrap=True)
        verdict = "all is well" if found.healthy else "something is wrong, see above"
        console.print(pairs({"verdict": verdict}))

    return Answer(
        {"folder": folder, "healthy": found.healthy, "findings": found.findings},
        show,
        exit_code=DONE if found.healthy else STATE,
    )


def recovered(folder: Path, new: Path) -> Answer:
    """What is whole of the campaign in a folder, written into a new one.

    Raises:
        StateError, LedgerError: It cannot be.
    """
    from campaigns.auditing.recovery import recover
    from campaigns.cli.screen import notes
    from campaigns.reports.wording import counted

    done = recover(folder, new)

    def show(console: Console) -> None:
        what = f"{counted(done.commands, 'command')} with {counted(done.facts, 'fact')} written into {new}."
        console.print(what, soft_wrap=True)
        if done.lost:
            console.print(notes(["Lost:", *done.lost]), soft_wrap=True)
            if done.rounds:
                which = ", ".join(map(str, done.rounds))
                told = f"Polymers of lost rounds ({which}) may be in the laboratory; no later round takes these numbers."
                console.print(told, soft_wrap=True)
            console.print(f"All of this is kept in {new / done.report}.", soft_wrap=True)
        else:
            console.print("Nothing is lost.")

    return Answer(
        {
            "folder": folder,
            "new": new,
            "commands": done.commands,
            "facts": done.facts,
            "lost": done.lost,
            "rounds": done.rounds,
            "report": done.report,
        },
        show,
        exit_code=STATE if done.lost else DONE,
    )
