"""Candidates as columns: the Arrow schema of a catalogue, and the way there and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from discovery.polymers import Candidate, Provenance, RepeatUnit

KEY_BYTES = 16

_ROUTE = pa.struct(
    [("monomers", pa.list_(pa.string())), ("reaction", pa.string()), ("polymer_class", pa.string())]
)

SCHEMA = pa.schema(
    [
        ("key", pa.binary(KEY_BYTES)),
        ("psmiles", pa.string()),
        ("name", pa.string()),
        ("sa_score", pa.float64()),
        ("cost", pa.float64()),
        ("route", _ROUTE),
        ("other_routes", pa.list_(_ROUTE)),
    ]
)
"""One row a candidate. ``route``: null where none is known. ``other_routes``: null where there are none."""


def as_table(candidates: Sequence[Candidate]) -> pa.Table:
    """Candidates as rows of :data:`SCHEMA`."""
    return pa.table(
        [
            pa.array([bytes.fromhex(c.unit.key) for c in candidates], SCHEMA.field("key").type),
            pa.array([c.unit.psmiles for c in candidates], pa.string()),
            pa.array([c.name for c in candidates], pa.string()),
            pa.array([c.sa_score for c in candidates], pa.float64()),
            pa.array([c.cost for c in candidates], pa.float64()),
            pa.array([c.provenance and _row(c.provenance) for c in candidates], _ROUTE),
            pa.array([[*map(_row, c.other_routes)] or None for c in candidates], pa.list_(_ROUTE)),
        ],
        schema=SCHEMA,
    )


def candidates_of(table: pa.Table) -> list[Candidate]:
    """Rows of :data:`SCHEMA` as candidates."""
    rest = (table[name].to_pylist() for name in ("name", "sa_score", "cost", "route", "other_routes"))
    return [
        Candidate(
            unit, route and _provenance(route), name, sa_score, cost, tuple(map(_provenance, others or ()))
        )
        for unit, name, sa_score, cost, route, others in zip(units(table), *rest, strict=True)
    ]


def units(table: pa.Table) -> list[RepeatUnit]:
    """The repeat unit of each row, from columns ``key`` and ``psmiles``; nothing is parsed."""
    return [
        RepeatUnit(psmiles, key)
        for psmiles, key in zip(table["psmiles"].to_pylist(), keys(table), strict=True)
    ]


def keys(table: pa.Table) -> list[str]:
    """The key of each row, as text."""
    digits = key_bytes(table["key"]).hex()
    width = 2 * KEY_BYTES
    return [digits[start : start + width] for start in range(0, len(digits), width)]


def key_bytes(column: pa.ChunkedArray) -> bytes:
    """The keys of a column, one after the other."""
    parts = []
    for array in filter(len, column.chunks):  # an empty one has no buffer
        start, stop = array.offset * KEY_BYTES, (array.offset + len(array)) * KEY_BYTES
        parts.append(memoryview(array.buffers()[1])[start:stop])
    return b"".join(parts)


def packed_keys(keys: Iterable[str]) -> pa.Array:
    """Texts of keys as an array of the column's type."""
    return pa.array([bytes.fromhex(key) for key in keys], SCHEMA.field("key").type)


def key_halves(column: pa.ChunkedArray) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The first and the second half of each key as numbers."""
    halves = np.frombuffer(key_bytes(column), dtype=">u8").astype(np.uint64).reshape(-1, 2)
    return halves[:, 0], halves[:, 1]


def _row(route: Provenance) -> dict[str, Any]:
    return {"monomers": route.monomers, "reaction": route.reaction, "polymer_class": route.polymer_class}


def _provenance(row: dict[str, Any]) -> Provenance:
    return Provenance(tuple(row["monomers"]), row["reaction"], row["polymer_class"])
