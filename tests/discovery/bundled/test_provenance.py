"""What the bundled checkpoints tell of themselves: the settings are the usual ones, and the cards say what they were made of."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from discovery.bundled import CHECKPOINTS, bundled_checkpoint
from discovery.pretraining.alignment.network import Alignment
from discovery.pretraining.geometry.network import GeometryTraining
from discovery.pretraining.labels.scaling import WITHOUT_EFFECT
from discovery.pretraining.loop.model_card import card_facts
from discovery.pretraining.text.network import TextTraining

MADE_WITH = ("polyloop", "torch", "transformers", "rdkit", "unimol_tools", "numpy")


def usual(settings: TextTraining | GeometryTraining | Alignment) -> dict[str, object]:
    """Settings that decide the weights, but for the precision of the products, which goes by the machine."""
    return {name: x for name, x in asdict(settings).items() if name not in (*WITHOUT_EFFECT, "precision")}


def told(name: str) -> dict[str, str]:
    return card_facts(bundled_checkpoint(name) / "MODEL_CARD.md")


@pytest.mark.parametrize(("name", "settings"), [("text", TextTraining()), ("geometry", GeometryTraining())])
def test_a_bundled_encoder_was_trained_with_the_usual_settings(
    name: str, settings: TextTraining | GeometryTraining
) -> None:
    config = json.loads((bundled_checkpoint(name) / "config.json").read_text(encoding="utf-8"))
    facts = config["training"]
    assert {key: facts.get(key) for key in usual(settings)} == usual(settings)
    assert facts["steps done"] == settings.steps


def test_the_bundled_fusion_was_trained_with_the_usual_settings() -> None:
    facts, wanted = told("fusion"), usual(Alignment())
    assert {key: facts.get(key) for key in wanted} == {key: str(value) for key, value in wanted.items()}
    assert facts["steps done"] == str(Alignment().steps)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_bundled_card_names_corpus_labels_and_libraries(name: str) -> None:
    rows = {
        "hash of the corpus",
        "revision of the labels, structure",
        "revision of the labels, physics",
        *(f"version of {library}" for library in MADE_WITH),
    }
    assert rows <= told(name).keys()
