"""``polyloop doctor``: whether this machine can do the work, and whether what a campaign recorded is whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaigns.cli import encoders, options
from campaigns.cli.answer import Answer
from campaigns.cli.exit_codes import DONE, STATE
from campaigns.cli.program import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.table import Table

    from campaigns.cli.checkup import Checkpoint
    from campaigns.cli.encoder_checkup import EncoderCheck


@options.command("doctor")
@click.argument(
    "folder",
    metavar="[DIR]",
    type=options.ANY_FOLDER,
    required=False,
    help="A campaign whose records to look at.",
)
@encoders.campaign
@click.option(
    "--recover",
    metavar="NEW",
    type=options.ANY_FOLDER,
    help="Write what is whole of the campaign in DIR into this new folder.",
)
@click.pass_obj
def doctor(terminal: Terminal, folder: Path | None, campaign: Path | None, recover: Path | None) -> Answer:
    """Check this installation, or what the campaign in DIR recorded.

    Without DIR, whether this machine can do the work: versions, the bundled weights and their hashes, the
    device, and one polymer through all encoders, with the memory that they need and what is free. The encoders
    are the bundled ones, or with --campaign those that a campaign names; its records are not looked at.

    With DIR, whether what was recorded is whole: the database, every fact against the digest that was recorded
    with it, the files of its adapters, its vectors, its pool and its forms. With --recover, every command whose
    digest holds is written into a new campaign, with its facts; whatever is lost is named, and nothing is
    guessed. The new campaign keeps that list in a file recovery-001.json, and no later round takes the number
    of one that was lost.

    The exit code is 3 if anything is wrong, or was lost.

    \b
    Example:
      polyloop doctor                              # this installation
      polyloop doctor --campaign tg                # with the encoders of a campaign
      polyloop doctor tg                           # the records of a campaign
      polyloop doctor tg --recover tg-recovered    # what is whole of them, in a new one
    """
    if folder is None and recover is not None:
        raise click.UsageError("name the campaign that --recover is about: polyloop doctor DIR --recover NEW")
    if folder is not None and campaign is not None:
        raise click.UsageError(
            "DIR is about the records of a campaign, --campaign about its encoders on this machine: ask one after the other"
        )
    if folder is not None:
        from campaigns.cli.campaign_checkup import audited, recovered

        with terminal.progress():
            return audited(folder) if recover is None else recovered(folder, recover)
    from campaigns.cli import checkup
    from campaigns.cli.encoder_checkup import examine
    from campaigns.cli.screen import notes, pairs
    from campaigns.versions import MISSING
    from campaigns.versions import versions as installed
    from discovery.encoders.source import UNTRAINED
    from discovery.latent.representation import UNTRAINED_REMARK

    with terminal.progress():
        named = encoders.encoders_of(campaign)
        versions = installed(checkup.PACKAGES)
        checkpoints = checkup.checkpoints()
        found = examine(named)
    test = found.test
    healthy = MISSING not in versions.values() and all(part.healthy for part in checkpoints) and found.healthy

    def show(console: Console) -> None:
        console.print(pairs(versions))
        console.print(_weights(checkpoints))
        console.print(_encoders(found.checks))
        told = [UNTRAINED_REMARK] if any(check.state == UNTRAINED for check in found.checks) else []
        told += [
            line
            for check in found.checks
            if check.error
            for line in (f"{check.part}: {check.error}", check.hint)
        ]
        if told:
            console.print(notes([*filter(None, told), ""]), soft_wrap=True)
        outcome = test.error or (
            f"text {test.text_dim}, geometry {test.geometry_dim}, fused {test.fused_dim} numbers, {test.seconds:.1f} s"
        )
        lines = {
            "device": found.device,
            "self-test": f"{test.psmiles}: {outcome}",
        }
        console.print(
            pairs(lines | {"verdict": "all is well" if healthy else "something is wrong, see above"})
        )

    return Answer(
        {
            "healthy": healthy,
            "versions": versions,
            "weights": checkpoints,
            "encoders": found.checks,
            "device": found.device,
            "self_test": test,
        },
        show,
        exit_code=DONE if healthy else STATE,
    )


def _weights(checkpoints: Iterable[Checkpoint]) -> Table:
    from campaigns.cli.screen import plain_table

    rows = [
        (
            found.name,
            found.state,
            found.sha256 and found.sha256[:16],
            found.megabytes and f"{found.megabytes:.1f} MB",
        )
        for found in checkpoints
    ]
    return plain_table(("bundled weights", "state", "sha256", "size"), rows, right=(3,))


def _encoders(checks: Iterable[EncoderCheck]) -> Table:
    from campaigns.cli.screen import plain_table

    rows = [
        (
            check.part,
            check.source,
            check.state,
            check.dtype,
            _gigabytes(check.needed_gb),
            _gigabytes(check.free_gb),
            check.revision and check.revision.removeprefix(f"{check.part}-"),
        )
        for check in checks
    ]
    headings = ("used", "source", "state", "format", "needs", "free", "revision")
    return plain_table(headings, rows, right=(4, 5))


def _gigabytes(size: float | None) -> str | None:
    if size is None:
        return None
    return f"{size:.1f} GB" if size >= 0.1 else f"{1000 * size:.1f} MB"
