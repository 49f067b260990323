"""The model card: what was taught, and with which versions."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np

from discovery.pretraining.labels import Labels
from discovery.pretraining.loop.model_card import CURVES, provenance, write_card

LABELS = Labels(
    ("a", "b", "c"),
    {"structure": slice(0, 2), "physics": slice(2, 3)},
    np.array([[1, 2, np.nan], [3, 4, 5]], np.float16),
    "labels",
    "corpus",
    {"structure": "7", "physics": "8"},
)


def test_corpus_labels_and_libraries_are_told_by_hash_revision_and_version() -> None:
    told = provenance(LABELS)
    assert told["hash of the corpus"] == "corpus"
    assert (told["labels, structure"], told["known labels, physics"]) == (2, 0.5)
    assert (told["revision of the labels, structure"], told["revision of the labels, physics"]) == ("7", "8")
    assert told["version of torch"] == version("torch")


def test_a_card_shows_the_curves_where_they_lie_beside_it(tmp_path: Path) -> None:
    write_card(tmp_path, "A", "Story.", "polyloop pretrain text", {"steps": 3})
    assert CURVES not in (tmp_path / "MODEL_CARD.md").read_text()
    (tmp_path / CURVES).touch()
    write_card(tmp_path, "A", "Story.", "polyloop pretrain text", {"steps": 3})
    card = (tmp_path / "MODEL_CARD.md").read_text()
    assert f"({CURVES})" in card
    assert "Make it again: `polyloop pretrain text`" in card
    assert "| steps | 3 |" in card
