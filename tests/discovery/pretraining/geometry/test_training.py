"""Training of the geometry encoder: it learns, goes on where it stopped, and writes what the encoder reads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from discovery.encoders.conformers import Conformer, ConformerSettings, ConformerStore
from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.unimol import symbol_dictionary
from discovery.errors import PretrainingError
from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.corpus import CorpusEntry
from discovery.pretraining.corpus.sampling import set_apart
from discovery.pretraining.geometry.network import GeometryTraining, ShapeReader
from discovery.pretraining.geometry.shapes import Shapes, symbols_of
from discovery.pretraining.geometry.training import GeometryLesson, train
from discovery.pretraining.labels import Labels, read_labels
from discovery.pretraining.loop.curves import read_records
from discovery.progress import silent

TEXTS = [f"*{'C' * n}O*" for n in range(1, 9)] + [f"*{'C' * n}C(=O)O*" for n in range(1, 9)]
ENTRIES = [CorpusEntry(RepeatUnit.parse(t), "polyester" if "=" in t else "polyether") for t in TEXTS]
LABELS = Labels(
    ("carbons", "carbonyls"),
    {"structure": slice(0, 2)},
    np.array([[t.count("C") / 4 - 1, t.count("=")] for t in TEXTS], np.float16),
    "test",
    "of a test",
    {"structure": "test"},
)
READ = int((~set_apart(ENTRIES)).sum())
"""Polymers that are not set apart for alignment."""

TINY = GeometryTraining(
    steps=6, polymers=16, batch=4, learning_rate=3e-3, width=16, layers=1, heads=4, save_every=3
)


@pytest.fixture(scope="module")
def conformers(tmp_path_factory: pytest.TempPathFactory) -> ConformerStore:
    return ConformerStore(tmp_path_factory.mktemp("conformers"), workers=1)


def run(folder: Path, conformers: ConformerStore, settings: GeometryTraining = TINY) -> Path:
    return train(ENTRIES, LABELS, folder / "out", folder / "work", settings, conformers=conformers)


def losses(folder: Path) -> list[dict[str, float]]:
    records = read_records(folder / "work" / "losses.jsonl")
    return [{"step": r.step, **r.terms} for r in records if not r.held_out]


def test_training_lowers_the_loss(tmp_path: Path, conformers: ConformerStore) -> None:
    settings = GeometryTraining(
        steps=80, polymers=16, batch=8, learning_rate=5e-3, width=16, layers=1, heads=4, save_every=80
    )
    run(tmp_path, conformers, settings)
    record = losses(tmp_path)
    assert len(record) == 80
    assert all(np.isfinite(line["loss"]) for line in record)
    first, last = (np.mean([line["structure"] for line in part]) for part in (record[:8], record[-8:]))
    assert last < 0.6 * first


def test_the_checkpoint_is_what_the_encoder_reads(tmp_path: Path, conformers: ConformerStore) -> None:
    out = run(tmp_path, conformers)
    encoder = GeometryEncoder.load(str(out), cache=tmp_path / "cache")
    encoding = encoder.encode([entry.unit for entry in ENTRIES[:3]])
    assert encoding.vectors.shape == (3, 32)
    assert np.isfinite(encoding.vectors).all()


def test_the_checkpoint_tells_how_it_was_made(tmp_path: Path, conformers: ConformerStore) -> None:
    out = run(tmp_path, conformers)
    facts = json.loads((out / "config.json").read_text())["training"]
    assert facts["steps done"] == 6
    assert facts["held out"] == READ // 4
    assert facts["trained on"] == READ - READ // 4
    assert facts["seed"] == 0
    assert "held-out structure" in facts
    card = (out / "MODEL_CARD.md").read_text()
    assert "polyloop pretrain geometry" in card
    assert "held-out dist" in card
    assert "(curves.png)" in card


def test_an_interrupted_run_goes_on_to_the_same_weights(tmp_path: Path, conformers: ConformerStore) -> None:
    whole = run(tmp_path / "whole", conformers)

    def interrupt(done: int, total: int | None, what: str) -> None:
        if "training" in what and done == 4:
            raise KeyboardInterrupt

    parts = tmp_path / "parts"
    with pytest.raises(KeyboardInterrupt):
        train(
            ENTRIES,
            LABELS,
            parts / "out",
            parts / "work",
            TINY,
            conformers=conformers,
            progress=interrupt,
        )
    resumed = run(parts, conformers)
    assert [line["step"] for line in losses(parts)] == [1, 2, 3, 4, 5, 6]
    a, b = load_file(whole / "model.safetensors"), load_file(resumed / "model.safetensors")
    for name, tensor in a.items():
        torch.testing.assert_close(tensor, b[name], rtol=1e-4, atol=1e-6)


def test_a_folder_with_another_run_is_refused(tmp_path: Path, conformers: ConformerStore) -> None:
    run(tmp_path, conformers)
    with pytest.raises(PretrainingError, match="another run"):
        run(tmp_path, conformers, replace(TINY, seed=1))


def test_both_blocks_of_labels_are_terms_of_the_loss(tmp_path: Path, conformers: ConformerStore) -> None:
    labels = read_labels(ENTRIES, tmp_path / "labels")
    settings = GeometryTraining(steps=1, polymers=16, batch=4, width=16, layers=1, heads=4)
    train(ENTRIES, labels, tmp_path / "out", tmp_path / "work", settings, conformers=conformers)
    assert {"structure", "physics", "token", "coord", "dist"} <= losses(tmp_path)[0].keys()


def test_what_is_held_out_is_never_drawn(conformers: ConformerStore) -> None:
    entries = [replace(entry, held_out=i % 3 == 0) for i, entry in enumerate(ENTRIES)]
    lesson = GeometryLesson(entries, LABELS, conformers, TINY, "", silent)
    kept = [lesson.entries[i] for i in lesson.training]
    assert kept
    assert not any(entry.held_out for entry in kept)
    drawn = {i for batch in lesson.shapes.schedule(lesson.training, 4, 6, 0, 0) for i in batch}
    assert drawn <= set(lesson.training.tolist())
    assert all(lesson.entries[i].held_out for i in lesson.held_out)


def test_a_share_of_what_is_drawn_is_held_out_where_no_family_is(conformers: ConformerStore) -> None:
    lesson = GeometryLesson(ENTRIES, LABELS, conformers, replace(TINY, polymers=12), "", silent)
    assert (len(lesson.training), len(lesson.held_out)) == (9, 3)


def test_polymers_of_held_out_families_alone_are_refused(conformers: ConformerStore) -> None:
    entries = [replace(entry, held_out=True) for entry in ENTRIES]
    with pytest.raises(PretrainingError, match="too few to train on"):
        GeometryLesson(entries, LABELS, conformers, TINY, "", silent)


def test_a_run_with_other_conformers_is_another_run(tmp_path: Path, conformers: ConformerStore) -> None:
    run(tmp_path, conformers, replace(TINY, steps=1))
    other = ConformerStore(tmp_path / "conformers", ConformerSettings(max_atoms=60), workers=1)
    with pytest.raises(PretrainingError, match="another run"):
        run(tmp_path, other, replace(TINY, steps=1))


def test_polymers_without_a_conformer_are_left_out_and_counted(tmp_path: Path) -> None:
    store = ConformerStore(tmp_path / "conformers", ConformerSettings(max_atoms=9), workers=1)
    facts = json.loads((run(tmp_path, store) / "config.json").read_text())["training"]
    assert facts["left out"]["no conformer"] > 0
    assert facts["trained on"] + facts["held out"] + facts["left out"]["no conformer"] == READ


def test_too_few_polymers_are_refused(tmp_path: Path, conformers: ConformerStore) -> None:
    with pytest.raises(PretrainingError, match="too few"):
        train(ENTRIES[:5], LABELS, tmp_path / "out", tmp_path / "work", TINY, conformers=conformers)


@pytest.fixture
def shapes(conformers: ConformerStore) -> Shapes:
    found = conformers.conformers([entry.unit for entry in ENTRIES])
    heavy = [placed.without_hydrogens() for placed in found.values() if isinstance(placed, Conformer)]
    return Shapes(
        heavy,
        LABELS.rows(np.arange(len(heavy))),
        symbol_dictionary(symbols_of(heavy)),
        masked=0.15,
        displacement=1.0,
    )


@pytest.mark.parametrize("masked_share", [0.0, 0.5, 1.0])
def test_a_batch_of_one_size_has_finite_losses(shapes: Shapes, masked_share: float) -> None:
    """UniMolModel itself fails on a batch without padding, and its loss on one without masked atoms."""
    model = ShapeReader(TINY, shapes.dictionary, LABELS.blocks, (3.0, 2.0))
    same = [int(i) for i in np.flatnonzero(shapes.sizes == shapes.sizes[5])]
    batch, labels = shapes.batch(same, model.unimol, seed=0, step=1, masked_share=masked_share)
    loss, _ = model(batch, labels)
    assert torch.isfinite(loss)


def test_a_step_has_the_same_batch_wherever_the_run_starts(shapes: Shapes) -> None:
    indices = np.arange(16)
    whole = list(shapes.schedule(indices, 4, steps=10, seed=3, start=0))
    assert list(shapes.schedule(indices, 4, steps=10, seed=3, start=6)) == whole[6:]
    assert len(whole) == 10
    assert sorted(i for batch in whole[:4] for i in batch) == list(range(16))
