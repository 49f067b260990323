"""Fused vectors for a table of polymers, written to Parquet as they are made."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from campaigns.candidates.pool import WrittenPolymer, written_polymers
from campaigns.encoders import representation_of
from campaigns.errors import CampaignError
from campaigns.spec import EncodersSpec
from discovery.errors import PoolError
from discovery.latent.representation import Representation
from discovery.progress import Progress, silent

CHUNK = 256
"""Polymers embedded between two writes."""

NO_VECTOR = "an encoder cannot read it"
"""Why a row that is a polymer has no vector, in the summary; the file holds each encoder's own words."""


@dataclass(frozen=True)
class EmbedSummary:
    """What was written: one row for each row of the table, with a vector or with the reason why there is none.

    Args:
        rows: Of the table.
        vectors: How many of them have one.
        failures: How many have none.
        left_out: Those by reason.
        dim: Of the vectors.
        out: The file.
        notes: What the reader should know of the vectors.
    """

    rows: int
    vectors: int
    failures: int
    left_out: Mapping[str, int]
    dim: int
    out: Path
    notes: tuple[str, ...] = ()


def embed_table(
    path: Path, out: Path, *, encoders: EncodersSpec | None = None, progress: Progress = silent
) -> EmbedSummary:
    """Embed the polymers of a CSV file (column ``psmiles`` or ``smiles``).

    Writes columns ``line`` (of the table; its header is line 1), ``written`` (the polymer as the table has it), ``psmiles``
    (canonical), ``key``, ``vector`` (fixed-size list of float32) and ``reason`` (of a missing vector); the revisions of the
    encoders are in its metadata.

    Args:
        path: The table.
        out: The Parquet file; appears when it is complete.
        encoders: As a campaign's spec names them, folders relative to that of the process; the bundled ones by default.
        progress: Told of every chunk.

    Raises:
        CampaignError: When there is no folder to write to.
        PoolError: When the table cannot be read, or no row of it is a polymer.
        WeightsError: When the encoders cannot be loaded.
    """
    if not out.absolute().parent.is_dir():
        raise CampaignError(f"There is no folder {out.parent} to write to.", "Make it first.")
    rows = written_polymers(path)
    first = next(rows, None)  # a table that cannot be read is told before the encoders are loaded
    representation = representation_of(encoders or EncodersSpec())
    dim = representation.fusion.dim
    schema = pa.schema(
        [
            pa.field("line", pa.int64(), nullable=False),
            pa.field("written", pa.string(), nullable=False),
            pa.field("psmiles", pa.string()),
            pa.field("key", pa.string()),
            pa.field("vector", pa.list_(pa.float32(), dim)),
            pa.field("reason", pa.string()),
        ],
        metadata=representation.revisions,
    )
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    seen, polymers = 0, 0
    left_out: Counter[str] = Counter()
    try:
        with pq.ParquetWriter(part, schema) as writer:
            for chunk in _chunks(first, rows):
                table = _embed(chunk, representation, schema)
                writer.write_table(table)
                seen += len(chunk)
                polymers += sum(row.unit is not None for row in chunk)
                for row, vector in zip(chunk, table["vector"], strict=True):
                    if not vector.is_valid:
                        left_out[row.kind or NO_VECTOR] += 1
                progress(seen, None, "rows embedded")
        if polymers == 0:
            raise PoolError(
                f"{path} names no polymer.", "It needs a column psmiles (or smiles) with two * in each cell."
            )
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
    failures = left_out.total()
    notes = (representation.remark,) if representation.remark else ()
    return EmbedSummary(seen, seen - failures, failures, dict(left_out), dim, out, notes)


def _chunks(first: WrittenPolymer | None, rows: Iterator[WrittenPolymer]) -> Iterator[list[WrittenPolymer]]:
    head = [] if first is None else [first]
    while chunk := [*head, *islice(rows, CHUNK - len(head))]:
        yield chunk
        head = []


def _embed(rows: Sequence[WrittenPolymer], representation: Representation, schema: pa.Schema) -> pa.Table:
    units = list({row.unit.key: row.unit for row in rows if row.unit is not None}.values())
    fused = representation.fuse(units)
    reasons = {failure.unit.key: failure.reason for failure in fused.failures}
    latent = {
        units[i].key: vector for i, vector in zip(fused.positions, fused.latent.float().tolist(), strict=True)
    }
    keys = [None if row.unit is None else row.unit.key for row in rows]
    return pa.table(
        {
            "line": [row.line for row in rows],
            "written": [row.text for row in rows],
            "psmiles": [None if row.unit is None else row.unit.psmiles for row in rows],
            "key": keys,
            "vector": [latent.get(key or "") for key in keys],
            "reason": [row.fault or reasons.get(key or "") for row, key in zip(rows, keys, strict=True)],
        },
        schema=schema,
    )
