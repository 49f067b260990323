"""The embedding store: computed once, failures kept, safe against interruptions and other processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.cache import default_cache
from discovery.encoders.encoder import Encoding, EncodingFailure
from discovery.encoders.fingerprint import FingerprintEncoder
from discovery.encoders.shards import DamagedShardWarning
from discovery.encoders.store import CheckedVectors, EmbeddingStore, check_vectors
from discovery.errors import EncodingError
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

ALKANES = [RepeatUnit.parse(f"*{'C' * n}O*") for n in range(1, 13)]


class Counting:
    """An encoder that keeps a record of what it was asked; oxygen-poor chains are too long for it."""

    name = "counting"
    dim = 3

    def __init__(self, revision: str = "counting-1", *, stop_after: int | None = None) -> None:
        self.revision = revision
        self.asked: list[str] = []
        self._stop_after = stop_after

    def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
        if self._stop_after is not None and len(self.asked) >= self._stop_after:
            raise KeyboardInterrupt
        self.asked += [unit.key for unit in units]
        kept = [unit for unit in units if len(unit.psmiles) <= 12]
        vectors = np.array([[len(u.psmiles), int(u.key[:4], 16), 1] for u in kept], np.float32).reshape(-1, 3)
        failures = (EncodingFailure(u, "too long a chain") for u in units if len(u.psmiles) > 12)
        return Encoding(tuple(kept), vectors, tuple(failures))


def test_a_vector_is_computed_once_for_all_later_stores(tmp_path: Path) -> None:
    first, second = Counting(), Counting()
    before = EmbeddingStore(tmp_path).encode(first, ALKANES[:5])
    after = EmbeddingStore(tmp_path).encode(second, ALKANES[:5])
    assert len(first.asked) == 5
    assert second.asked == []
    np.testing.assert_array_equal(before.vectors, after.vectors)
    assert before.units == after.units


def test_failures_are_kept_with_their_reason(tmp_path: Path) -> None:
    EmbeddingStore(tmp_path).encode(Counting(), ALKANES)
    encoder = Counting()
    encoding = EmbeddingStore(tmp_path).encode(encoder, ALKANES)
    assert encoder.asked == []
    assert encoding.failures
    assert {failure.reason for failure in encoding.failures} == {"too long a chain"}
    assert {u.key for u in encoding.units} | {f.unit.key for f in encoding.failures} == {
        u.key for u in ALKANES
    }


def test_another_revision_has_vectors_of_its_own(tmp_path: Path) -> None:
    store, other = EmbeddingStore(tmp_path), Counting("counting-2")
    store.encode(Counting("counting-1"), ALKANES[:3])
    store.encode(other, ALKANES[:3])
    assert len(other.asked) == 3


def test_an_interruption_loses_at_most_one_chunk(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        EmbeddingStore(tmp_path, chunk=2).encode(Counting(stop_after=6), ALKANES[:10])
    encoder = Counting()
    EmbeddingStore(tmp_path, chunk=2).encode(encoder, ALKANES[:10])
    assert encoder.asked == [unit.key for unit in ALKANES[6:10]]


def test_a_half_written_shard_is_not_read(tmp_path: Path) -> None:
    EmbeddingStore(tmp_path).encode(Counting(), ALKANES[:2])
    (tmp_path / "counting-1.2" / "00000000000000000001-dead.partial").write_bytes(b"PAR1 half")
    assert len(EmbeddingStore(tmp_path).encode(Counting(), ALKANES[:2])) == 2


def test_two_open_stores_see_each_other(tmp_path: Path) -> None:
    one, two, encoder = EmbeddingStore(tmp_path), EmbeddingStore(tmp_path), Counting()
    one.encode(encoder, ALKANES[:2])
    two.encode(encoder, ALKANES[:4])
    one.encode(encoder, ALKANES[:6])
    assert encoder.asked == [unit.key for unit in ALKANES[:6]]


def test_two_processes_may_write_at_once(tmp_path: Path) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from test_store import ALKANES, Counting, EmbeddingStore\n"
        "EmbeddingStore(Path(sys.argv[2]), chunk=1).encode(Counting(), ALKANES)\n"
    )
    command = [sys.executable, "-c", script, str(Path(__file__).parent), str(tmp_path)]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    encoder = Counting()
    encoding = EmbeddingStore(tmp_path).encode(encoder, ALKANES)
    assert encoder.asked == []
    assert len(encoding) + len(encoding.failures) == len(ALKANES)


def test_numbers_that_are_not_finite_become_a_failure(tmp_path: Path) -> None:
    class Broken(Counting):
        def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
            return Encoding(tuple(units), np.full((len(units), 3), np.nan, np.float32))

    encoding = EmbeddingStore(tmp_path).encode(Broken(), ALKANES[:2])
    assert len(encoding) == 0
    assert "not finite" in encoding.failures[0].reason


@pytest.mark.parametrize("damage", ["nothing", "a vector", "a key"])
def test_what_a_damaged_shard_held_is_told_and_computed_again(tmp_path: Path, damage: str) -> None:
    store = EmbeddingStore(tmp_path, chunk=2)
    before = store.encode(Counting(), ALKANES[:4])
    shard = min((tmp_path / "counting-1.2").glob("*.safetensors"))
    content = shard.read_bytes()
    spoilt = {
        "nothing": b"not safetensors",
        "a vector": content.replace(before.vectors[0].tobytes(), b"\1" * 12),
        "a key": content.replace(bytes.fromhex(ALKANES[0].key), b"\1" * 16),
    }[damage]
    assert spoilt != content
    shard.write_bytes(spoilt)
    encoder = Counting()
    with pytest.warns(DamagedShardWarning, match=shard.name):
        after = EmbeddingStore(tmp_path).encode(encoder, ALKANES[:4])
    np.testing.assert_array_equal(after.vectors, before.vectors)
    assert encoder.asked == [unit.key for unit in ALKANES[:2]]
    assert shard.with_suffix(".damaged").read_bytes() == spoilt


def test_a_shard_that_is_damaged_while_it_is_in_use_is_computed_again(tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path)
    before = store.encode(Counting(), ALKANES[:4])
    (shard,) = (tmp_path / "counting-1.2").glob("*.safetensors")
    shard.write_bytes(shard.read_bytes().replace(before.vectors[2].tobytes(), b"\1" * 12))
    with pytest.warns(DamagedShardWarning):
        after = store.encode(Counting(), ALKANES[:4])
    np.testing.assert_array_equal(after.vectors, before.vectors)


def test_everything_that_is_kept_of_an_encoder_can_be_checked(tmp_path: Path) -> None:
    assert check_vectors("counting-1", tmp_path) is None
    store = EmbeddingStore(tmp_path, chunk=4)
    before = store.encode(Counting(), ALKANES)
    assert check_vectors("counting-1", tmp_path) == CheckedVectors(12, ())
    first, *_ = sorted((tmp_path / "counting-1.2").glob("*.safetensors"))
    first.write_bytes(first.read_bytes().replace(before.vectors[2].tobytes(), b"\1" * 12))
    assert check_vectors("counting-1", tmp_path) == CheckedVectors(8, (first.with_suffix(".damaged").name,))
    encoder = FingerprintEncoder(size=512)
    store.counts(encoder, ALKANES)
    assert check_vectors(encoder.revision, tmp_path) == CheckedVectors(12, ())


def test_counts_of_a_damaged_shard_are_computed_again(tmp_path: Path) -> None:
    encoder = FingerprintEncoder(size=512)
    before = EmbeddingStore(tmp_path).counts(encoder, ALKANES).dense()
    (shard,) = (tmp_path / f"{encoder.revision}.2").iterdir()
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    with pytest.warns(DamagedShardWarning):
        after = EmbeddingStore(tmp_path).counts(encoder, ALKANES).dense()
    np.testing.assert_array_equal(after, before)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "counting-1.2").write_text("a file where the folder should be")
    with pytest.raises(EncodingError, match="POLYLOOP_CACHE"):
        EmbeddingStore(tmp_path).encode(Counting(), ALKANES[:2])


def test_a_revision_that_cannot_name_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncodingError, match="cannot name a folder"):
        EmbeddingStore(tmp_path).encode(Counting("../elsewhere"), ALKANES[:2])


def test_progress_counts_only_what_had_to_be_computed(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    store = EmbeddingStore(tmp_path, chunk=2)
    store.encode(Counting(), ALKANES[:2])
    store.encode(Counting(), ALKANES[:5], lambda done, total, what: told.append((done, total)))
    assert told == [(2, 3), (3, 3)]


def test_what_an_encoder_tells_of_its_chunk_is_counted_over_all_units(tmp_path: Path) -> None:
    class Telling(Counting):
        def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
            progress(1, 1, "hard parts")  # the other units of the chunk needed no such work
            for done in range(1, len(units) + 1):
                progress(done, len(units), "steps")
            return super().encode(units)

    told: dict[str, list[tuple[int, int | None]]] = {}

    def hear(done: int, total: int | None, what: str) -> None:
        told.setdefault(what, []).append((done, total))

    EmbeddingStore(tmp_path, chunk=3).encode(Telling(), ALKANES[:5], hear)
    assert told["steps"] == [(n, 5) for n in range(1, 6)]
    assert told["hard parts"] == [(3, 5), (5, 5)]
    assert told["polymers encoded by counting"] == [(3, 5), (5, 5)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.sampled_from(ALKANES), max_size=8), max_size=5))
def test_whatever_was_asked_before_the_answer_is_that_of_the_encoder(
    tmp_path_factory: pytest.TempPathFactory, requests: list[list[RepeatUnit]]
) -> None:
    store = EmbeddingStore(tmp_path_factory.mktemp("store"), chunk=3)
    for units in requests:
        stored, fresh = store.encode(Counting(), units), Counting().encode(units)
        assert stored.units == fresh.units
        np.testing.assert_array_equal(stored.vectors, fresh.vectors)
        assert sorted(f.unit.key for f in stored.failures) == sorted(f.unit.key for f in fresh.failures)


def test_the_environment_says_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("POLYLOOP_CACHE", str(tmp_path))
    assert default_cache() == tmp_path
    assert EmbeddingStore().folder == tmp_path / "embeddings"


def test_a_failure_that_may_not_last_is_told_and_tried_again(tmp_path: Path) -> None:
    class Hurried(Counting):
        def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
            done = super().encode(units)
            cut = EncodingFailure(ALKANES[1], "no conformer within 1 s", lasting=False)
            return Encoding((done.units[0], *done.units[2:]), done.vectors[[0, 2]], (cut,))

    hurried, encoder, store = Hurried(), Counting(), EmbeddingStore(tmp_path)
    first = store.encode(hurried, ALKANES[:3])
    assert first.units == (ALKANES[0], ALKANES[2])
    assert [(f.unit, f.reason) for f in first.failures] == [(ALKANES[1], "no conformer within 1 s")]
    np.testing.assert_array_equal(first.vectors, Counting().encode([ALKANES[0], ALKANES[2]]).vectors)
    assert store.encode(hurried, ALKANES[:3]).failures == first.failures
    assert len(hurried.asked) == 3  # once is enough for one run
    assert EmbeddingStore(tmp_path).encode(encoder, ALKANES[:3]).units == tuple(ALKANES[:3])
    assert encoder.asked == [ALKANES[1].key]


def test_steps_grow_until_they_take_long_enough(tmp_path: Path) -> None:
    class Steps(Counting):
        def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
            steps.append(len(units))
            return super().encode(units)

    steps: list[int] = []
    many = [RepeatUnit.parse(f"*{'C' * n}O{'C' * m}S*") for n in range(1, 16) for m in range(1, n + 1)]
    EmbeddingStore(tmp_path).encode(Steps(), many)
    assert steps == [32, len(many) - 32]
    assert len(list((tmp_path / "counting-1.2").iterdir())) == 1  # what is quick is written once


def test_counts_are_kept_without_their_zeros(tmp_path: Path) -> None:
    encoder = FingerprintEncoder(size=512)
    dense = EmbeddingStore(tmp_path).encode(encoder, ALKANES)
    np.testing.assert_array_equal(dense.vectors, encoder.encode(ALKANES).vectors)
    (shard,) = (tmp_path / f"{encoder.revision}.2").iterdir()
    assert shard.stat().st_size < 0.2 * dense.vectors.nbytes
    again = EmbeddingStore(tmp_path).counts(encoder, ALKANES[::-1])
    np.testing.assert_array_equal(again.dense(), dense.vectors[::-1])


def test_vectors_of_an_earlier_layout_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "counting-1").mkdir()
    (tmp_path / "counting-1" / "00000000000000000001-old.parquet").write_bytes(b"of another form")
    encoder = Counting()
    EmbeddingStore(tmp_path).encode(encoder, ALKANES[:2])
    assert len(encoder.asked) == 2
