"""The folder in which a campaign is made before it takes its place, and what becomes of one whose import was killed."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MARK = "-import-"


@contextmanager
def draft_beside(folder: Path) -> Iterator[Path]:
    """A folder on the same disk, which is gone afterwards; what is moved out of it in one step is there whole or not at all.

    What killed imports into the same place left behind is taken away; the draft of one that still runs is held by a lock.

    Args:
        folder: The place that is to be taken.
    """
    whole = folder.absolute()
    above = next(each for each in whole.parents if each.is_dir())
    _remove_abandoned(above, whole.name)
    draft = Path(tempfile.mkdtemp(dir=above, prefix=f".{whole.name}{_MARK}"))
    lock = _locked(draft)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _remove_abandoned(above: Path, name: str) -> None:
    for path in above.iterdir():
        is_draft = re.fullmatch(rf"{re.escape(f'.{name}{_MARK}')}[a-z0-9_]{{8}}", path.name)
        # an empty one may be another import's that is about to lock it
        if not (is_draft and path.is_dir() and any(path.iterdir())):
            continue
        lock = _locked(path)
        if lock is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)


def _locked(draft: Path) -> int | None:
    """What holds a lock on a folder, which ends with the process at the latest; ``None`` where another process has it, or where
    the disk or the system knows no such locks: every draft counts as somebody's there.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        handle = os.open(draft, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
