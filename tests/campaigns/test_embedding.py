"""Vectors for a table: every row of it comes back, with what it said and what became of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from campaigns.candidates.pool import polymer_pool, written_polymers
from campaigns.embedding import embed_table
from campaigns.errors import CampaignError
from campaigns.spec import EncodersSpec
from discovery.latent.representation import UNTRAINED_REMARK, Representation

TABLE = "name,psmiles\nPEO,*CCO*\nnothing,CCO\nagain,*OCC*\n,*CO*\n"


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POLYLOOP_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "own.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_every_row_comes_back_with_its_own_text(table: Path) -> None:
    out = table.parent / "vectors.parquet"
    summary = embed_table(table, out)
    rows = pq.read_table(out).to_pylist()
    assert [(row["line"], row["written"]) for row in rows] == [
        (2, "*CCO*"),
        (3, "CCO"),
        (4, "*OCC*"),
        (5, "*CO*"),
    ]
    assert [row["vector"] is None for row in rows] == [False, True, False, False]
    assert rows[0]["vector"] == rows[2]["vector"]
    assert rows[1]["reason"]
    assert (summary.rows, summary.vectors, summary.failures) == (4, 3, 1)
    assert sum(summary.left_out.values()) == 1
    assert [path.name for path in table.parent.glob("*.part")] == []


def test_vectors_are_those_of_the_encoders_that_are_named(
    table: Path, llama3_folder: Path, tiny_geometry_folder: Path
) -> None:
    named = EncodersSpec(text=str(llama3_folder), geometry=str(tiny_geometry_folder), dtype="bfloat16")
    out = table.parent / "vectors.parquet"
    summary = embed_table(table, out, encoders=named)
    expected = Representation.load(named.text, named.geometry, loading=named.loading)
    units = [row.unit for row in written_polymers(table) if row.unit is not None]
    written = pq.read_table(out)
    revisions = {name.decode(): value.decode() for name, value in written.schema.metadata.items()}
    assert revisions == expected.revisions
    vectors = [row["vector"] for row in written.to_pylist() if row["vector"] is not None]
    np.testing.assert_array_equal(np.float32(vectors), expected.fuse(units).latent.float().numpy())
    assert summary.notes == (UNTRAINED_REMARK,)


def test_a_missing_folder_is_told_before_the_work(table: Path) -> None:
    with pytest.raises(CampaignError, match="no folder"):
        embed_table(table, table.parent / "none" / "vectors.parquet")


def test_rows_keep_their_lines_and_texts(table: Path) -> None:
    rows = [(row.line, row.text, row.unit is not None) for row in written_polymers(table)]
    assert rows == [(2, "*CCO*", True), (3, "CCO", False), (4, "*OCC*", True), (5, "*CO*", True)]


def test_a_pool_of_the_users_own_counts_what_it_leaves_out(table: Path) -> None:
    pool = polymer_pool(table)
    [chunk] = pool.chunks()
    assert [candidate.unit.psmiles for candidate in chunk] == ["*CCO*", "*CO*"]
    assert pool.dropped.total() == 2
    assert [candidate.name for candidate in chunk] == ["PEO", ""]
