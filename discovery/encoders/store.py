"""The embedding store: a vector is computed once, then read from disk in every later round and campaign.

Vectors lie in ``folder/<encoder revision>/`` under the key of their repeat unit. A unit that could not be
encoded is kept too, with its reason, so that a hopeless conformer search is not run again. Work goes to
disk in chunks: an interruption loses at most one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from discovery.encoders.encoder import Encoder, Encoding, EncodingFailure
from discovery.encoders.shards import Shards, default_cache
from discovery.errors import EncodingError
from discovery.progress import Progress, silent

if TYPE_CHECKING:
    from discovery.polymers.repeat_unit import RepeatUnit

CHUNK = 256
"""Units encoded between two writes: well under a minute of the slowest bundled encoder, and not too many
files."""


class EmbeddingStore:
    """Vectors of any number of encoders, on disk, shared by every process that names the same folder.

    Args:
        folder: Where the vectors lie; by default ``embeddings`` in :func:`default_cache`.
        chunk: Units encoded between two writes.
    """

    def __init__(self, folder: Path | None = None, *, chunk: int = CHUNK) -> None:
        self.folder = folder or default_cache() / "embeddings"
        self.chunk = chunk
        self._tables: dict[str, Shards] = {}

    def encode(
        self, encoder: Encoder, units: Sequence[RepeatUnit], progress: Progress | None = None
    ) -> Encoding:
        """Encode ``n`` units, computing only what is not in the store.

        Args:
            encoder: Any encoder; its ``revision`` names the table.
            units: The ``n`` units; a unit that comes twice has two rows.
            progress: Told of what the encoder tells, counted over all units that had to be computed, and after each
                chunk of them.

        Returns:
            ``m x d`` vectors in input order and the failures, as :meth:`Encoder.encode` gives them.

        Raises:
            EncodingError: When the folder cannot be written to, or a shard in it is damaged.
        """
        table = self._table(encoder)
        table.refresh()
        by_key = {unit.key: unit for unit in units}
        missing = [unit for key, unit in by_key.items() if key not in table]
        for start in range(0, len(missing), self.chunk):
            table.refresh()  # another process may have done this chunk meanwhile
            chunk = [unit for unit in missing[start : start + self.chunk] if unit.key not in table]
            end = min(start + self.chunk, len(missing))
            if chunk:
                told = _over_all(progress or silent, end, len(missing))
                table.append(_rows(encoder.encode(chunk, told), encoder))
            (progress or silent)(end, len(missing), f"polymers encoded by {encoder.name}")
        return _encoding(table.read([unit.key for unit in units]), units, encoder.dim)

    def _table(self, encoder: Encoder) -> Shards:
        if not re.fullmatch(r"[\w.-]+", encoder.revision):
            raise EncodingError(
                f"The revision {encoder.revision!r} of {encoder.name} cannot name a folder.",
                "Use letters, digits, '-', '_' and '.' only.",
            )
        if encoder.revision not in self._tables:
            self._tables[encoder.revision] = Shards(self.folder / encoder.revision, _schema(encoder.dim))
        return self._tables[encoder.revision]


def _over_all(progress: Progress, end: int, total: int) -> Progress:
    """Progress within the chunk that ends at ``end``, told as progress over ``total`` units."""

    def told(done: int, of: int | None, what: str) -> None:
        # what the chunk need not do again, such as conformers at hand, counts as done
        progress(end if of is None else end - of + done, total, what)

    return told


def _schema(dim: int) -> pa.Schema:
    return pa.schema(
        [
            pa.field("key", pa.string(), nullable=False),
            pa.field("psmiles", pa.string(), nullable=False),
            pa.field("vector", pa.list_(pa.float32(), dim)),
            pa.field("reason", pa.string()),
        ]
    )


def _rows(encoding: Encoding, encoder: Encoder) -> pa.Table:
    """One row a unit: a vector, or a reason; a vector that is not finite would spoil every fit after it."""
    finite = [bool(np.isfinite(vector).all()) for vector in encoding.vectors]
    units = [unit for unit, ok in zip(encoding.units, finite, strict=True) if ok]
    failed = [(failure.unit, failure.reason) for failure in encoding.failures]
    for unit, ok in zip(encoding.units, finite, strict=True):
        if not ok:
            failed.append((unit, f"{encoder.name} gave numbers that are not finite"))
    values = pa.array(np.ascontiguousarray(encoding.vectors[finite]).reshape(-1), pa.float32())
    vectors = pa.FixedSizeListArray.from_arrays(values, encoder.dim)
    everything = [*units, *(unit for unit, _ in failed)]
    return pa.table(
        {
            "key": pa.array([unit.key for unit in everything], pa.string()),
            "psmiles": pa.array([unit.psmiles for unit in everything], pa.string()),
            "vector": pa.chunked_array([vectors, pa.nulls(len(failed), vectors.type)]),
            "reason": pa.array([None] * len(units) + [reason for _, reason in failed], pa.string()),
        }
    )


def _encoding(rows: pa.Table, units: Sequence[RepeatUnit], dim: int) -> Encoding:
    reasons: list[str | None] = rows["reason"].to_pylist()
    kept = [i for i, reason in enumerate(reasons) if reason is None]
    vectors = rows["vector"].take(pa.array(kept, pa.int64())).combine_chunks()
    numbers: NDArray[np.float32] = vectors.flatten().to_numpy().reshape(len(kept), dim).copy()
    failures = (EncodingFailure(units[i], reason) for i, reason in enumerate(reasons) if reason is not None)
    return Encoding(tuple(units[i] for i in kept), numbers, tuple(failures))
