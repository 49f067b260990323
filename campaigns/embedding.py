"""Fused vectors for a table of polymers, written to Parquet as they are made."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from discovery.errors import PoolError
from discovery.latent.representation import Representation
from discovery.polymers import Candidate
from discovery.pools import TablePool
from discovery.progress import Progress, silent

CHUNK = 256
"""Polymers embedded between two writes."""


@dataclass(frozen=True)
class EmbedSummary:
    """What was written: one row per distinct polymer, with a vector or with the reason why there is none."""

    rows: int
    vectors: int
    failures: int
    dim: int
    out: Path


def embed_table(path: Path, out: Path, *, progress: Progress = silent) -> EmbedSummary:
    """Embed the polymers of a CSV file (column ``psmiles`` or ``smiles``).

    Writes columns ``psmiles`` (canonical), ``key``, ``vector`` (fixed-size list of float32) and ``reason`` (of a missing vector).

    Args:
        path: The table.
        out: The Parquet file; appears when it is complete.
        progress: Told of every chunk.

    Raises:
        PoolError: When the table cannot be read, or no row of it is a polymer.
        WeightsError: When the encoders cannot be loaded.
    """
    pool = TablePool(path)
    representation = Representation.load()
    dim = representation.fusion.dim
    schema = pa.schema(
        [
            pa.field("psmiles", pa.string(), nullable=False),
            pa.field("key", pa.string(), nullable=False),
            pa.field("vector", pa.list_(pa.float32(), dim)),
            pa.field("reason", pa.string()),
        ],
        metadata=representation.revisions,
    )
    part = out.with_name(out.name + ".part")
    rows = vectors = 0
    seen: set[str] = set()
    try:
        with pq.ParquetWriter(part, schema) as writer:
            for chunk in pool.chunks(CHUNK):
                fresh = [c for c in chunk if c.unit.key not in seen and not seen.add(c.unit.key)]  # type: ignore[func-returns-value]
                if fresh:
                    table = _embed(fresh, representation, schema)
                    writer.write_table(table)
                    rows += len(table)
                    vectors += len(table) - table["vector"].null_count
                progress(rows, None, "polymers embedded")
        if rows == 0:
            raise PoolError(
                f"{path} names no polymer.", "It needs a column psmiles (or smiles) with two * in each cell."
            )
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
    return EmbedSummary(rows, vectors, rows - vectors, dim, out)


def _embed(candidates: Sequence[Candidate], representation: Representation, schema: pa.Schema) -> pa.Table:
    units = [c.unit for c in candidates]
    fused = representation.fuse(units)
    row = {position: k for k, position in enumerate(fused.positions)}
    reasons = {failure.unit.key: failure.reason for failure in fused.failures}
    latent = fused.latent.float().tolist()
    return pa.table(
        {
            "psmiles": [u.psmiles for u in units],
            "key": [u.key for u in units],
            "vector": [latent[row[i]] if i in row else None for i in range(len(units))],
            "reason": [reasons.get(u.key) for u in units],
        },
        schema=schema,
    )
