"""The two folders of a training run: of its checkpoint, and of its state."""

from __future__ import annotations

from pathlib import Path


def work_folder(out: Path, work: Path | None) -> Path:
    """The folder of a run's state: the one that the user names, or ``OUT.work``.

    Raises:
        PretrainingError: When the checkpoint could not be put in ``out``: told now, and not after an hour of preparations.
    """
    from discovery.pretraining.loop.checkpoint_folder import CheckpointFolder

    work = work or out.with_name(out.name + ".work")
    CheckpointFolder(out, work).check()
    return work
