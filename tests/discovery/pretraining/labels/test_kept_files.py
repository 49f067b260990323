"""Numbers on disk: computed once, kept for one corpus and for no other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from discovery import physics
from discovery.errors import PretrainingError
from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.corpus import CorpusEntry
from discovery.pretraining.labels import Labels, make_labels, read_labels
from discovery.pretraining.labels.descriptors import descriptor_matrix
from discovery.pretraining.labels.fragments import fragments_of
from discovery.pretraining.labels.kept_files import kept_fragments, kept_values

TEXTS = [f"*{'C' * n}O*" for n in range(1, 13)] + [f"*CC(*){'C' * n}F" for n in range(1, 13)]
ENTRIES = [CorpusEntry(RepeatUnit.parse(text), "vinyl") for text in TEXTS]


def test_labels_are_computed_once_for_a_corpus(tmp_path: Path) -> None:
    told: list[str] = []

    def read() -> Labels:
        return read_labels(ENTRIES, tmp_path, progress=lambda done, total, what: told.append(what))

    first = read()
    assert any("structure" in what for what in told)
    assert any("physics" in what for what in told)
    told.clear()
    np.testing.assert_array_equal(read().values, first.values)
    assert told == []


def test_only_what_is_missing_is_computed(tmp_path: Path) -> None:
    files = make_labels(ENTRIES, tmp_path)
    (gone,) = files["physics"]
    gone.unlink()
    told: list[str] = []
    make_labels(ENTRIES, tmp_path, progress=lambda done, total, what: told.append(what))
    assert {what.split(": ")[1] for what in told} == {"physics"}


def test_what_an_interruption_left_is_overwritten(tmp_path: Path) -> None:
    (file,) = make_labels(ENTRIES, tmp_path)["physics"]
    file.rename(file.with_suffix(".part"))
    make_labels(ENTRIES, tmp_path)
    assert {path.name for path in file.parent.iterdir()} <= {file.name, ".lock"}


def test_as_many_other_polymers_have_labels_of_their_own(tmp_path: Path) -> None:
    labels, turned = (read_labels(entries, tmp_path) for entries in (ENTRIES, ENTRIES[::-1]))
    assert set(turned.names) == set(labels.names)
    density = [x.values[:, x.names.index("density")] for x in (turned, labels)]
    np.testing.assert_allclose(density[0], density[1][::-1], atol=1e-2)


def test_two_processes_give_what_one_gives(tmp_path: Path) -> None:
    many = (ENTRIES * 11)[:260]  # more than one chunk
    one, two = (read_labels(many, tmp_path / str(n), without=["physics"], workers=n) for n in (1, 2))
    np.testing.assert_array_equal(one.values, two.values)


def test_a_damaged_file_of_labels_is_named(tmp_path: Path) -> None:
    (file,) = make_labels(ENTRIES, tmp_path)["structure"]
    file.write_bytes(b"half")
    with pytest.raises(PretrainingError, match=file.name):
        read_labels(ENTRIES, tmp_path)


def test_what_is_kept_is_what_was_computed(tmp_path: Path) -> None:
    files = make_labels(ENTRIES, tmp_path)
    units = [entry.unit for entry in ENTRIES]
    (structure,), (estimates,) = files["structure"], files["physics"]
    np.testing.assert_array_equal(kept_values(structure), descriptor_matrix(units))
    np.testing.assert_array_equal(kept_values(estimates), physics.estimate(units).values.astype(np.float32))
    found, direct = kept_fragments(structure), fragments_of(units)
    np.testing.assert_array_equal(found.keys, direct.keys)
    np.testing.assert_array_equal(found.counts, direct.counts)
    np.testing.assert_array_equal(found.offsets, direct.offsets)
