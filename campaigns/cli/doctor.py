"""``polyloop doctor``: whether this installation is whole, and whether the encoders of a campaign can be used on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from campaigns.cli import encoders, options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.table import Table

    from campaigns.cli.checkup import Checkpoint
    from campaigns.cli.encoder_checkup import EncoderCheck


@options.command("doctor")
@encoders.campaign
@click.pass_obj
def doctor(terminal: Terminal, campaign: Path | None) -> Answer:
    """Check that this installation is whole.

    Versions, the bundled weights and their hashes, the device, and one polymer through all encoders: the
    bundled ones, or those of a campaign, with the memory that they need and what is free. The exit code is 1
    if anything is wrong.
    """
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
        exit_code=0 if healthy else 1,
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
