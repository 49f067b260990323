"""The folder of a catalogue: its Parquet file, its description, and what takes it away again."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
import uuid
import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from discovery.errors import PoolError
from discovery.pools.merging import Rows, write_merged
from discovery.pools.piece import MERGED

FORMAT = 1
"""Of what is written; another one is prepared anew."""

FORGOTTEN = 14 * 86400.0
"""Seconds after which what a killed preparation left is taken away."""

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

    @staticmethod
    def lie_in(path: Path) -> bool:
        """Whether there is a catalogue in this folder."""
        return (path / _ABOUT).exists()

    def groups(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """All rows, a row group at a time.

        Raises:
            PoolError: The file has gone or is damaged.
        """
        try:
            with pq.ParquetFile(self.path / _ROWS) as file:
                for number in range(file.num_row_groups):
                    yield file.read_row_group(number, columns)
        except (OSError, pa.ArrowException) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: object) -> PoolError:
        return PoolError(
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


def forget(folder: Path) -> None:
    """Takes away what killed processes left long ago."""
    for entry in folder.iterdir():
        left_over = entry.name.endswith((SEGMENTS, PARTIAL)) or entry.name.startswith(TEMPORARY)
        with contextlib.suppress(FileNotFoundError):  # another process tidies up too
            if left_over and time.time() - entry.stat().st_mtime > FORGOTTEN:
                shutil.rmtree(entry, ignore_errors=True)
