"""Labels as training targets: of one scale, only what is worth learning, and known by what they are of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from discovery.errors import PretrainingError
from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.corpus import CorpusEntry
from discovery.pretraining.labels import CLIP, Labels, corpus_hash, read_labels, run_hash
from discovery.pretraining.labels.blocks import block

TEXTS = [f"*{'C' * n}O*" for n in range(1, 13)] + [f"*CC(*){'C' * n}F" for n in range(1, 13)]
ENTRIES = [CorpusEntry(RepeatUnit.parse(text), "vinyl") for text in TEXTS]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("labels")


@pytest.fixture(scope="module")
def labels(folder: Path) -> Labels:
    return read_labels(ENTRIES, folder)


def test_labels_are_centred_cut_and_only_what_varies(labels: Labels) -> None:
    values = labels.values.astype(np.float64)
    assert values.shape == (len(ENTRIES), len(labels.names))
    assert np.nanmax(np.abs(values)) <= CLIP
    assert (np.nanstd(values, axis=0) > 0).all()
    np.testing.assert_allclose(np.nanmean(values, axis=0), 0, atol=0.2)  # exact but for what was cut


def test_the_blocks_are_the_columns_in_their_order(labels: Labels) -> None:
    assert list(labels.blocks) == ["structure", "physics"]
    assert labels.blocks["structure"].stop == labels.blocks["physics"].start
    assert labels.blocks["physics"].stop == len(labels.names)
    assert "density" in labels.names[labels.blocks["physics"]]
    assert "qed" not in labels.names


def test_labels_say_of_which_polymers_and_versions_they_are(labels: Labels) -> None:
    assert labels.corpus == corpus_hash([entry.unit for entry in ENTRIES])
    assert labels.revisions == {name: block(name).revision for name in ("structure", "physics")}
    assert "rdkit" in labels.revisions["structure"]


def test_a_block_can_be_left_out(folder: Path, labels: Labels) -> None:
    alone = read_labels(ENTRIES, folder, without=["physics"])
    np.testing.assert_array_equal(alone.values, labels.values[:, labels.blocks["structure"]])
    assert alone.revision != labels.revision


def test_nothing_to_learn_from_is_refused(folder: Path) -> None:
    with pytest.raises(PretrainingError, match="No labels are left"):
        read_labels(ENTRIES, folder, without=["physics", "structure"])
    with pytest.raises(PretrainingError, match="no labels 'fire'"):
        read_labels(ENTRIES, folder, without=["fire"])


def test_the_scale_is_that_of_the_polymers_to_train_on(folder: Path) -> None:
    entries = [replace(entry, held_out=i >= 12) for i, entry in enumerate(ENTRIES)]
    labels = read_labels(entries, folder)
    np.testing.assert_allclose(labels.values[:12].astype(np.float64).mean(0), 0, atol=0.2)
    assert "fr_halogen" not in labels.names  # only the held-out ones have a halogen


def test_what_no_group_covers_is_not_a_number_and_counts_as_unknown(folder: Path) -> None:
    odd = CorpusEntry(RepeatUnit.parse("*C[Se]*"), "ether")
    labels = read_labels([*ENTRIES, odd], folder)
    physics = labels.rows([len(ENTRIES)])[0, labels.blocks["physics"]]
    assert np.isnan(physics).any()
    assert labels.coverage()["physics"] < 1
    unknown = np.isnan(labels.rows([len(ENTRIES)])[0])
    assert {labels.names[i] for i in np.flatnonzero(unknown[labels.blocks["structure"]])} == {
        name for name in labels.names if "PEOE_" in name or "PartialCharge" in name
    }


def test_a_run_is_known_by_its_polymers_labels_and_settings_but_not_by_how_it_is_done(labels: Labels) -> None:
    settings = {"seed": 0, "workers": 1, "save_every": 10}
    name = run_hash(ENTRIES, labels, settings)
    assert run_hash(ENTRIES, labels, settings | {"workers": 2, "save_every": 5}) == name
    assert run_hash(ENTRIES, labels, settings | {"seed": 1}) != name
    assert run_hash(ENTRIES[1:], labels, settings) != name
    assert run_hash([replace(ENTRIES[0], held_out=True), *ENTRIES[1:]], labels, settings) != name
    assert run_hash(ENTRIES, replace(labels, revision="other"), settings) != name
