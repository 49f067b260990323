"""``polyloop doctor``: whether this installation is whole."""

from __future__ import annotations

import click

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Terminal


@options.command("doctor")
@click.pass_obj
def doctor(terminal: Terminal) -> Answer:
    """Check that this installation is whole.

    Versions, the bundled weights and their hashes, the device, and one polymer through all encoders. The
    exit code is 1 if anything is wrong.
    """
    from rich.console import Console

    from campaigns.cli import checkup
    from campaigns.cli.screen import pairs, plain_table
    from campaigns.versions import MISSING
    from campaigns.versions import versions as installed

    with terminal.progress():
        versions = installed(checkup.PACKAGES)
        checkpoints = checkup.checkpoints()
        test = checkup.self_test()
    healthy = (
        MISSING not in versions.values()
        and all(found.healthy for found in checkpoints)
        and test.error is None
    )

    def show(console: Console) -> None:
        console.print(pairs(versions))
        rows = [
            (
                found.name,
                found.state,
                found.sha256 and found.sha256[:16],
                found.megabytes and f"{found.megabytes:.1f} MB",
            )
            for found in checkpoints
        ]
        console.print(plain_table(("weights", "state", "sha256", "size"), rows, right=(3,)))
        outcome = test.error or (
            f"text {test.text_dim}, geometry {test.geometry_dim}, fused {test.fused_dim} numbers"
        )
        lines = {
            "device": test.device or "none",
            "self-test": f"{test.psmiles}: {outcome}, {test.seconds:.1f} s",
        }
        console.print(
            pairs(lines | {"verdict": "all is well" if healthy else "something is wrong, see above"})
        )

    return Answer(
        {
            "healthy": healthy,
            "versions": versions,
            "weights": checkpoints,
            "device": test.device,
            "self_test": test,
        },
        show,
        exit_code=0 if healthy else 1,
    )
