"""The folder of a catalogue: its Parquet file, its description, and what takes it away again."""

from __future__ import annotations

import contextlib
import json
import math
import os
import platform
import shutil
import time
import uuid
import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from discovery.errors import CandidateCacheError
from discovery.pools.merging import Rows, write_merged
from discovery.pools.piece import MERGED

FORMAT = 1
"""Of what is written; another one is prepared anew."""

FORGOTTEN = 14 * 86400.0
"""Seconds after which what a killed preparation left is taken away."""

UNOPENED = 60 * 86400.0
"""Seconds after which a catalogue that nobody has opened or walked is taken away; it is prepared again when it is asked for."""

SEGMENTS, PARTIAL, TEMPORARY = ".segments", ".partial", "temporary-"
"""Endings, and a beginning, of folders that are no catalogues to be found again."""

_ROWS, _ABOUT = "candidates.parquet", "catalogue.json"


class CatalogueFiles:
    """A folder with a catalogue in it.

    Args:
        path: The folder.
        temporary: Whether it goes with the last object that uses it.

    Raises:
        PoolError: What lies there is damaged.
    """

    def __init__(self, path: Path, temporary: bool = False) -> None:
        self.path = path
        if temporary:
            weakref.finalize(self, shutil.rmtree, path, ignore_errors=True)
        try:
            about = json.loads((path / _ABOUT).read_text(encoding="utf-8"))
            self.signature = str(about["signature"])
            self.dropped: Counter[str] = Counter(about["dropped"])
            self.rows = int(about["rows"])
            found = pq.read_metadata(path / _ROWS).num_rows
        except (OSError, ValueError, KeyError, TypeError) as error:  # pyarrow's errors are children of these
            raise self._damaged(error) from error
        if found != self.rows:
            raise self._damaged(f"{found} rows, not {self.rows}")
        self._touch()

    @staticmethod
    def lie_in(path: Path) -> bool:
        """Whether there is a catalogue in this folder."""
        return (path / _ABOUT).exists()

    def groups(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """All rows, a row group at a time.

        Raises:
            PoolError: The file has gone or is damaged.
        """
        self._touch()
        try:
            with pq.ParquetFile(self.path / _ROWS) as file:
                for number in range(file.num_row_groups):
                    yield file.read_row_group(number, columns)
        except (OSError, pa.ArrowException) as error:
            raise self._damaged(error) from error

    def _touch(self) -> None:
        with contextlib.suppress(OSError):  # a folder that cannot be written to is tidied by others
            os.utime(self.path / _ABOUT)

    def _damaged(self, error: object) -> CandidateCacheError:
        return CandidateCacheError(
            f"The prepared candidates in {self.path} have gone or are damaged: {error}.",
            "Delete that folder; they are prepared again.",
        )


def build(sources: Sequence[Rows], path: Path, signature: str, dropped: Counter[str]) -> None:
    """Writes a catalogue, repeats merged, and moves it to ``path``; one that is there already stays.

    Raises:
        OSError: The folder cannot be written to.
    """
    partial = path.with_name(f"{path.name}-{uuid.uuid4().hex}{PARTIAL}")
    partial.mkdir()
    try:
        rows, repeats = write_merged(sources, partial / _ROWS, partial / "spill")
        counts = dropped + Counter({MERGED: repeats})
        about = {"format": FORMAT, "signature": signature, "rows": rows, "dropped": counts}
        (partial / _ABOUT).write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
        if not CatalogueFiles.lie_in(path):
            partial.replace(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def temporary_name() -> str:
    """Name for the folder of a catalogue that goes with this process; it tells which process that is."""
    return f"{TEMPORARY}{platform.node()}.{os.getpid()}.{uuid.uuid4().hex}"


def forget(folder: Path) -> None:
    """Takes away what killed processes left long ago, and catalogues that have not been opened for long.

    What else lies there stays, and so does what belongs to a process of this machine that is alive.
    """
    for entry in folder.iterdir():
        with contextlib.suppress(OSError):  # another process tidies up too
            if time.time() - _last_used(entry) > _kept_for(entry):
                shutil.rmtree(entry, ignore_errors=True)


def _last_used(entry: Path) -> float:
    about = entry / _ABOUT
    return (about if about.exists() else entry).stat().st_mtime


def _kept_for(entry: Path) -> float:
    """Seconds."""
    if entry.name.endswith((SEGMENTS, PARTIAL)):
        return FORGOTTEN
    if entry.name.startswith(TEMPORARY):
        return math.inf if _lives(entry.name.removeprefix(TEMPORARY)) else FORGOTTEN
    return UNOPENED if CatalogueFiles.lie_in(entry) else math.inf


def _lives(owner: str) -> bool:
    """Whether the process that a temporary folder is named after is alive; nothing is known of other machines."""
    node, _, rest = owner.rpartition(".")[0].rpartition(".")
    if (
        node != platform.node() or not rest.isdecimal() or os.name == "nt"
    ):  # Windows has no such question to ask
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's
        return True
    return True
