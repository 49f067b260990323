"""Tables of vectors: rows in any order, merged shards, other processes, and files that other programs can read."""

from __future__ import annotations

import errno
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from discovery.encoders import shards
from discovery.encoders.count_table import CountTable
from discovery.encoders.encoder import Counts
from discovery.encoders.keys import packed
from discovery.encoders.shards import DamagedShardWarning
from discovery.encoders.vectors import VectorTable
from discovery.errors import EncodingError

DIM = 4


def keys(*numbers: int) -> NDArray[np.uint64]:
    return packed([f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}{number:016x}" for number in numbers])


def add(table: VectorTable, *numbers: int) -> None:
    """A vector for each number; multiples of five have none."""
    good, bad = [n for n in numbers if n % 5], [n for n in numbers if not n % 5]
    vectors = np.array([[n] * DIM for n in good], np.float32).reshape(-1, DIM)
    table.append(keys(*good), vectors, keys(*bad), [f"no {n}" for n in bad])


def holds(table: VectorTable, *numbers: int) -> None:
    rows = table.read(keys(*numbers))
    assert [numbers[i] for i in rows.positions] == [n for n in numbers if n % 5]
    np.testing.assert_array_equal(rows.vectors[:, 0], [n for n in numbers if n % 5])
    assert rows.failures == tuple((i, f"no {n}") for i, n in enumerate(numbers) if not n % 5)


def counts_of(*numbers: int) -> Counts:
    """Number ``n`` has ``n % 4`` columns."""
    columns = [[(n + 7 * i) % 50 for i in range(n % 4)] for n in numbers]
    flat = np.array([c for row in columns for c in row], np.uint16)
    starts = np.cumsum([0, *map(len, columns)]).astype(np.int64)
    return Counts(starts, flat, flat + np.uint16(1), 50)


@settings(max_examples=40, deadline=None)
@given(
    shards=st.lists(st.lists(st.integers(0, 40), max_size=9), max_size=6),
    order=st.lists(st.integers(0, 40), max_size=20),
)
def test_rows_come_in_the_order_they_are_asked_for(
    tmp_path_factory: pytest.TempPathFactory, shards: list[list[int]], order: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("table")
    dense, sparse = VectorTable(folder / "dense", DIM), CountTable(folder / "sparse", 50)
    for numbers in shards:
        add(dense, *numbers)
        sparse.append(keys(*numbers), counts_of(*numbers))
    asked = [n for n in order if any(n in numbers for numbers in shards)]
    holds(dense, *asked)
    np.testing.assert_array_equal(sparse.read(keys(*asked)).dense(), counts_of(*asked).dense())


def test_many_small_shards_become_one_and_nothing_is_lost(tmp_path: Path) -> None:
    dense, sparse = VectorTable(tmp_path / "dense", DIM), CountTable(tmp_path / "sparse", 50)
    late, late_sparse = VectorTable(tmp_path / "dense", DIM), CountTable(tmp_path / "sparse", 50)
    for n in range(2 * shards.MANY):
        if n == shards.MANY - 2:
            late.refresh()
            late_sparse.refresh()
        add(dense, 3 * n, 3 * n + 1, 3 * n)
        sparse.append(keys(n, n + 1), counts_of(n, n + 1))
    assert len(list((tmp_path / "dense").iterdir())) < shards.MANY
    everything = [n for n in range(6 * shards.MANY) if n % 3 < 2]
    for table in (dense, VectorTable(tmp_path / "dense", DIM)):
        holds(table, *everything)
    known = range(2 * shards.MANY + 1)
    for counted in (sparse, CountTable(tmp_path / "sparse", 50)):
        np.testing.assert_array_equal(counted.read(keys(*known)).dense(), counts_of(*known).dense())
    # whoever looked before the merge asks for shards that are gone now
    holds(late, 3, 1, 6)
    np.testing.assert_array_equal(late_sparse.read(keys(3, 1)).dense(), counts_of(3, 1).dense())


def test_a_merge_that_was_killed_before_it_cleaned_up_changes_nothing(tmp_path: Path) -> None:
    folder, spare = tmp_path / "table", tmp_path / "spare"
    table = VectorTable(folder, DIM)
    for n in range(shards.MANY - 1):
        add(table, 3 * n, 3 * n + 1)
    shutil.copytree(folder, spare)
    add(table, 1000)  # merges
    for path in spare.iterdir():
        shutil.copy(path, folder)
    again = VectorTable(folder, DIM)
    holds(again, *(3 * n for n in range(shards.MANY - 1)), 1000)
    for n in range(shards.MANY):
        add(again, 2000 + n)
    assert not {path.name for path in spare.iterdir()} & {path.name for path in folder.iterdir()}
    holds(VectorTable(folder, DIM), *(3 * n for n in range(shards.MANY - 1)), 1000, 2000, 2001)


def test_a_merge_that_another_process_was_faster_with_is_no_fault(tmp_path: Path) -> None:
    class Slow(VectorTable):
        def _merge(self, *given: Any) -> None:
            if not merged:
                merged.append(True)
                add(VectorTable(tmp_path, DIM), 999)  # merges the same shards, and takes them away
            super()._merge(*given)

    merged: list[bool] = []
    table = Slow(tmp_path, DIM)
    for n in range(shards.MANY):
        add(table, n)
    assert merged
    assert not list(tmp_path.glob("*.partial"))
    holds(table, *range(shards.MANY), 999)


def test_a_merge_without_room_loses_nothing(tmp_path: Path) -> None:
    class Full(VectorTable):
        def _merge(self, *given: Any) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    table = Full(tmp_path, DIM)
    for n in range(shards.MANY + 1):
        add(table, n)
    holds(table, *range(shards.MANY + 1))
    assert not list(tmp_path.glob("*.partial"))


def test_the_row_that_was_written_first_counts_before_and_after_a_merge(tmp_path: Path) -> None:
    one, two = VectorTable(tmp_path, DIM), VectorTable(tmp_path, DIM)
    one.append(keys(1), np.full((1, DIM), 1, np.float32), keys(), [])
    two.append(keys(1), np.full((1, DIM), 2, np.float32), keys(), [])
    for n in range(shards.MANY):
        add(two, 10 + n)
    for table in (one, two, VectorTable(tmp_path, DIM)):
        table.refresh()
        assert table.read(keys(1)).vectors[0, 0] == 1


def test_a_shard_is_a_plain_safetensors_file(tmp_path: Path) -> None:
    add(VectorTable(tmp_path, DIM), 1, 2, 5)
    (path,) = tmp_path.iterdir()
    tensors = load_file(path)
    np.testing.assert_array_equal(tensors["vector"], [[1] * DIM, [2] * DIM])
    assert tensors["key"].tobytes().hex() == "".join(f"{int(a):016x}{int(b):016x}" for a, b in keys(1, 2))
    assert tensors["failed"].shape == (1, 16)


@pytest.mark.parametrize("left", [0, 5, 60, -1])
def test_a_shard_that_was_cut_is_set_aside_and_named(tmp_path: Path, left: int) -> None:
    add(VectorTable(tmp_path, DIM), 1, 2, 3)
    add(VectorTable(tmp_path, DIM), 4)
    path = min(tmp_path.iterdir())
    path.write_bytes(path.read_bytes()[:left])
    with pytest.warns(DamagedShardWarning, match=path.name):
        table = VectorTable(tmp_path, DIM)
    assert not table.known(keys(1, 2, 3)).any()
    holds(table, 4)
    assert {each.suffix for each in tmp_path.iterdir()} == {".safetensors", ".damaged"}


@given(st.integers(0, 10**6), st.integers(1, 255))
@settings(deadline=None, max_examples=150)
def test_whatever_byte_of_a_shard_changes_no_other_vector_is_given(place: int, change: int) -> None:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DamagedShardWarning)
        table = VectorTable(Path(folder), DIM)
        add(table, 1, 2, 3)
        (path,) = Path(folder).iterdir()
        content = bytearray(path.read_bytes())
        content[place % len(content)] ^= change
        path.write_bytes(content)
        try:
            again = VectorTable(Path(folder), DIM)
            known = again.known(keys(1, 2, 3))
            held = [n for n, is_known in zip((1, 2, 3), known, strict=True) if is_known]
            holds(again, *held)
        except EncodingError:
            pass  # it says so


@given(st.integers(0, 10**6), st.integers(1, 255))
@settings(deadline=None, max_examples=150)
def test_whatever_byte_of_a_shard_changes_no_other_counts_are_given(place: int, change: int) -> None:
    counts = Counts(
        np.array([0, 2, 3, 3, 6]),
        np.array([1, 5, 2, 0, 1, 6], np.uint16),
        np.array([9, 8, 7, 1, 2, 3], np.uint16),
        7,
    )
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DamagedShardWarning)
        CountTable(Path(folder), 7).append(keys(1, 2, 3, 4), counts)
        (path,) = Path(folder).iterdir()
        content = bytearray(path.read_bytes())
        content[place % len(content)] ^= change
        path.write_bytes(content)
        try:
            again = CountTable(Path(folder), 7)
            known = np.flatnonzero(again.known(keys(1, 2, 3, 4)))
            found = again.read(keys(*(known + 1).tolist()))
            np.testing.assert_array_equal(found.dense(), counts.dense()[known])
        except EncodingError:
            pass  # it says so


def test_shards_of_before_there_were_checksums_are_read(tmp_path: Path) -> None:
    add(VectorTable(tmp_path, DIM), 1, 2, 5)
    (path,) = tmp_path.iterdir()
    tensors = {name: each for name, each in load_file(path).items() if "check" not in name}
    save_file(tensors, path, metadata={"reasons": '["no 5"]', "replaces": "[]"})
    table = VectorTable(tmp_path, DIM)
    holds(table, 5, 2, 1)
    add(table, *range(6, 9))
    holds(VectorTable(tmp_path, DIM), 8, 5, 1)


def test_vectors_of_another_length_are_not_read(tmp_path: Path) -> None:
    add(VectorTable(tmp_path, DIM), 1)
    with pytest.raises(EncodingError, match="not of 5 numbers"):
        VectorTable(tmp_path, 5)


def test_a_folder_that_was_deleted_meanwhile_is_told(tmp_path: Path) -> None:
    table = VectorTable(tmp_path / "table", DIM)
    add(table, 1)
    shutil.rmtree(tmp_path / "table")
    with pytest.raises(EncodingError, match="has gone"):
        table.read(keys(1))


def test_counts_without_zeros_are_the_counts(tmp_path: Path) -> None:
    counts = counts_of(3, 0, 5)
    rows = np.array([2, 0, 0, 1])
    np.testing.assert_array_equal(counts.take(rows).dense(), counts.dense()[rows])
    np.testing.assert_array_equal(Counts.cat([counts_of(3), counts_of(0, 5)], 50).dense(), counts.dense())
    assert len(Counts.cat([], 50)) == 0
