"""The folder of a checkpoint, which is always whole: a new one is written beside it and takes its place by renaming.

Weights of one step can so never lie with the configuration of another, whenever a run is interrupted.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from discovery.errors import PretrainingError


def settle(out: Path) -> None:
    """Finish what an interruption left undone, and see that ``out`` can be put in place at all.

    Raises:
        PretrainingError: When ``out`` is where a disk is mounted, which cannot be renamed.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    if os.path.ismount(out):
        raise PretrainingError(
            f"A disk is mounted at {out}, and a checkpoint is put in place by renaming its folder.",
            f"Name a folder on that disk, such as {out / 'checkpoint'}.",
        )
    before = _before(out)
    if not before.is_dir():
        return
    if not out.is_dir():
        before.rename(out)
        return
    for path in before.iterdir():
        if not (out / path.name).exists():  # a file of the user's
            path.rename(out / path.name)
    shutil.rmtree(before)


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A new folder to write a whole checkpoint into; it becomes ``out`` at the end, and stays ``OUT.part`` after an error.

    Files in ``out`` that the new checkpoint does not have stay there.
    """
    part = out.with_name(out.name + ".part")
    if part.is_dir():
        shutil.rmtree(part)
    part.mkdir(parents=True)
    yield part
    settle(out)
    if out.is_dir():
        out.rename(_before(out))
    part.rename(out)
    settle(out)


def _before(out: Path) -> Path:
    return out.with_name(out.name + ".replaced")
