"""A folder that one process works in at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from discovery.errors import PretrainingStateError

LOCK = ".lock"
"""Name of the file by which a process holds a folder; the system lets go of it however the process ends."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder, made where it is missing; within one process it may be held again.

    Raises:
        PretrainingError: When another process holds it.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, is_singleton=True)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise PretrainingStateError(
            f"Another process is at work in {folder}.",
            "Wait until it is done, or end it, and run the command again; what it has saved is kept.",
        ) from error
    try:
        yield
    finally:
        lock.release()
