"""Training of the fusion: a checkpoint for one pair of encoders, better than where it started."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from discovery.bundled import file_hash
from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.store import EmbeddingStore
from discovery.encoders.text import TextEncoder
from discovery.errors import PretrainingError, WeightsError
from discovery.latent.fusion import FusedLatent
from discovery.polymers import RepeatUnit
from discovery.pretraining.fusion import FusionTraining, train

TINY = FusionTraining(dim=8, steps=12, batch=16)
UNREADABLE = RepeatUnit.parse("*CCN*")  # the tiny geometry encoder knows no nitrogen


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> EmbeddingStore:
    return EmbeddingStore(tmp_path_factory.mktemp("vectors"))


@pytest.fixture(scope="module")
def checkpoint(
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_text: TextEncoder,
    tiny_geometry: GeometryEncoder,
    store: EmbeddingStore,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    return train(
        [*tiny_polymers, UNREADABLE],
        tiny_text,
        tiny_geometry,
        tmp_path_factory.mktemp("fusion") / "out",
        TINY,
        store=store,
        command="polyloop pretrain fusion --steps 12",
    )


def test_the_checkpoint_is_read_for_the_encoders_it_was_trained_on(
    checkpoint: Path,
    tiny_text: TextEncoder,
    tiny_geometry: GeometryEncoder,
    tiny_polymers: tuple[RepeatUnit, ...],
    store: EmbeddingStore,
) -> None:
    fusion = FusedLatent.load(checkpoint, text=tiny_text, geometry=tiny_geometry)
    text, geometry = (store.encode(e, tiny_polymers).vectors for e in (tiny_text, tiny_geometry))
    latent = fusion(torch.from_numpy(text), torch.from_numpy(geometry)).detach()
    assert latent.shape == (len(tiny_polymers), TINY.dim)
    torch.testing.assert_close(latent.std(dim=0), torch.ones(TINY.dim), atol=1e-3, rtol=0)
    torch.testing.assert_close(latent.mean(dim=0), torch.zeros(TINY.dim), atol=1e-4, rtol=0)


def test_other_encoders_are_refused(
    checkpoint: Path, tiny_text_folder: Path, tiny_geometry: GeometryEncoder
) -> None:
    other = TextEncoder.load(str(tiny_text_folder), prompt="Polymer {psmiles}")
    with pytest.raises(WeightsError, match="text encoder"):
        FusedLatent.load(checkpoint, text=other, geometry=tiny_geometry)


def test_the_card_names_encoders_command_steps_seed_and_losses(
    checkpoint: Path,
    tiny_text: TextEncoder,
    tiny_geometry: GeometryEncoder,
    tiny_polymers: tuple[RepeatUnit, ...],
) -> None:
    card = (checkpoint / "MODEL_CARD.md").read_text()
    assert "`polyloop pretrain fusion --steps 12`" in card
    for fact in (tiny_text.revision, tiny_geometry.revision, "| steps | 12 |", "| seed | 0 |"):
        assert fact in card
    assert f"| polymers | {len(tiny_polymers)} |" in card  # without the one that has no geometry
    assert "| held-out label loss, fused | " in card
    assert tiny_text.name in card
    assert "the encoders have seen most of them" in card


def test_the_hash_on_record_is_that_of_the_weights(checkpoint: Path) -> None:
    config = json.loads((checkpoint / "config.json").read_text())
    assert config["weights_sha256"] == file_hash(checkpoint / "model.safetensors")


def test_the_same_seed_gives_the_same_weights_and_training_changes_them(
    checkpoint: Path,
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_text: TextEncoder,
    tiny_geometry: GeometryEncoder,
    store: EmbeddingStore,
    tmp_path: Path,
) -> None:
    torch.rand(7)  # where the caller's generator stands must not matter
    revisions = []
    for name, settings in (("again", TINY), ("longer", replace(TINY, steps=24))):
        units = [*tiny_polymers, UNREADABLE]
        out = train(units, tiny_text, tiny_geometry, tmp_path / name, settings, store=store)
        revisions.append(FusedLatent.load(out).revision)
    assert revisions[0] == FusedLatent.load(checkpoint).revision
    assert revisions[1] != revisions[0]


def test_more_steps_know_the_labels_better(
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_text: TextEncoder,
    tiny_geometry: GeometryEncoder,
    store: EmbeddingStore,
    tmp_path: Path,
) -> None:
    losses = []
    for steps in (1, 150):
        out = train(
            tiny_polymers,
            tiny_text,
            tiny_geometry,
            tmp_path / str(steps),
            replace(TINY, steps=steps),
            store=store,
        )
        card = (out / "MODEL_CARD.md").read_text()
        losses.append([float(x) for x in re.findall(r"held-out label loss, .* \| (\S+) \|", card)])
    assert len(losses[0]) == 2
    assert (np.array(losses[1]) < np.array(losses[0])).all()


def test_too_few_polymers_with_both_vectors_are_refused(
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_text: TextEncoder,
    tiny_geometry: GeometryEncoder,
    store: EmbeddingStore,
    tmp_path: Path,
) -> None:
    with pytest.raises(PretrainingError, match="Only 31 of 32 polymers have both vectors"):
        train([*tiny_polymers[:31], UNREADABLE], tiny_text, tiny_geometry, tmp_path, TINY, store=store)
