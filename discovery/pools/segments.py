"""Reading a pool to disk in segments, so that a preparation that was killed goes on where it stopped.

A segment is what a fixed number of the pool's pieces gave. Since pieces give the same whoever does them, two processes
that prepare one pool at once write equal segments under equal names, and neither minds the other.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from discovery.pools.columns import SCHEMA, as_table
from discovery.pools.piece import PIECE, Made, PiecewisePool, Ready, done_and_told, in_pieces
from discovery.pools.pool import Pool
from discovery.progress import Progress

PIECES = 128
"""Pieces in a segment: at a quarter of a thousand candidates each, what a kill can cost is a minute or less."""

_ABOUT = b"polyloop"


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of candidates as they came, repeats included."""

    path: Path
    rows: int
    pieces: int
    dropped: Counter[str]
    fault: str
    """The first thing left out, in words."""

    @classmethod
    def read(cls, path: Path) -> Segment:
        """What a file says of itself."""
        metadata = pq.read_metadata(path)
        about = json.loads(metadata.metadata[_ABOUT])
        return cls(path, metadata.num_rows, about["pieces"], Counter(about["dropped"]), about["fault"])


@dataclass(frozen=True, slots=True)
class Segments:
    """All that a pool gave, on disk."""

    parts: tuple[Segment, ...]

    def __len__(self) -> int:
        return sum(part.rows for part in self.parts)

    def tables(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """The rows in order, some at a time; see :class:`discovery.pools.merging.Rows`."""
        for part in self.parts:
            yield pq.ParquetFile(part.path).read(columns)

    @property
    def dropped(self) -> Counter[str]:
        """What was left out, by reason."""
        return sum((part.dropped for part in self.parts), Counter())


class Walked(PiecewisePool):
    """A pool of any kind in pieces: those before the first that is wanted are made again and passed over."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.dropped: Counter[str] = Counter()

    def made(self, start: int = 0, workers: int = 1, *, scores: bool = False) -> Iterator[Made]:
        """See :meth:`discovery.pools.piece.PiecewisePool.made`."""
        pieces = map(Ready, map(tuple, self.pool.chunks(PIECE)))
        return done_and_told(pieces, start, workers, scores, lambda: self.pool.dropped)


def read_segments(pool: PiecewisePool, folder: Path, workers: int, progress: Progress) -> Segments:
    """Reads a whole pool into ``folder``; segments that are there already are not made again.

    Raises:
        PoolError: The pool cannot be read, or nothing in it is usable.
        OSError: The folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts: list[Segment] = []
    for number in count():
        path = folder / f"{number:06d}.parquet"
        if not path.exists():
            break
        parts.append(Segment.read(path))
    rows = sum(part.rows for part in parts)
    if not parts or parts[-1].pieces == PIECES:  # a shorter one was the last
        for made in in_pieces(
            _told(pool.made(PIECES * len(parts), workers, scores=True), rows, progress), PIECES
        ):
            parts.append(_write(made, folder / f"{len(parts):06d}.parquet"))
    segments = Segments(tuple(parts))
    if not len(segments):
        error = pool.nothing(segments.dropped, next((part.fault for part in parts if part.fault), ""))
        if error:
            raise error
    return segments


def _told(pieces: Iterator[Made], rows: int, progress: Progress) -> Iterator[Made]:
    for made in pieces:
        rows += len(made.candidates)
        progress(rows, None, "candidates read")
        yield made


def _write(pieces: Sequence[Made], path: Path) -> Segment:
    dropped: Counter[str] = sum((made.dropped for made in pieces), Counter())
    fault = next((made.fault for made in pieces if made.fault), "")
    about = json.dumps({"pieces": len(pieces), "dropped": dropped, "fault": fault})
    table = pa.concat_tables([SCHEMA.empty_table(), *(as_table(made.candidates) for made in pieces)])
    temporary = path.with_name(f"{path.stem}-{uuid.uuid4().hex}.partial")
    pq.write_table(table.replace_schema_metadata({_ABOUT: about.encode()}), temporary, compression="zstd")
    temporary.replace(path)
    return Segment(path, table.num_rows, len(pieces), dropped, fault)
