"""The model card: what was taught, and with which versions."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np

from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.corpus import CorpusEntry
from discovery.pretraining.labels import Labels
from discovery.pretraining.loop.model_card import CURVES, card_facts, library_versions, provenance, write_card

LABELS = Labels(
    ("a", "b", "c"),
    {"structure": slice(0, 2), "physics": slice(2, 3)},
    np.array([[1, 2, np.nan], [3, 4, 5]], np.float16),
    "labels",
    "corpus",
    {"structure": "7", "physics": "8"},
)


UNITS = [RepeatUnit.parse(text) for text in ("*CC*", "*CCO*")]


def entries(*sources: str, held_out: bool = False) -> list[CorpusEntry]:
    return [CorpusEntry(u, "any", "", s, held_out) for u, s in zip(UNITS, sources, strict=True)]


def test_corpus_and_labels_are_told_by_hash_and_revision() -> None:
    told = provenance(entries("rule", "rule"), LABELS)
    assert told["hash of the corpus"] == "corpus"
    assert (told["labels, structure"], told["known labels, physics"]) == (2, 0.5)
    assert (told["revision of the labels, structure"], told["revision of the labels, physics"]) == ("7", "8")


def test_the_polymers_are_told_by_their_sources_and_what_is_held_out() -> None:
    told = provenance(entries("template", "rule", held_out=True), LABELS)
    assert (told["sources of the corpus"], told["held out are"]) == ("rule, template", "families")
    told = provenance(entries("mine", ""), LABELS)
    assert (told["sources of the corpus"], told["held out are"]) == ("mine, unnamed", "a random few")


def test_libraries_are_told_by_version() -> None:
    assert library_versions()["version of torch"] == version("torch")


def test_the_facts_of_a_card_are_read_back(tmp_path: Path) -> None:
    write_card(
        tmp_path, "A", "Story | with a bar.", "polyloop pretrain text", {"steps": 3, "left out": {"a | b": 1}}
    )
    assert card_facts(tmp_path / "MODEL_CARD.md") == {"steps": "3", "left out": "{'a | b': 1}"}


def test_a_card_shows_the_curves_where_they_lie_beside_it(tmp_path: Path) -> None:
    write_card(tmp_path, "A", "Story.", "polyloop pretrain text", {"steps": 3})
    assert CURVES not in (tmp_path / "MODEL_CARD.md").read_text()
    (tmp_path / CURVES).touch()
    write_card(tmp_path, "A", "Story.", "polyloop pretrain text", {"steps": 3})
    card = (tmp_path / "MODEL_CARD.md").read_text()
    assert f"({CURVES})" in card
    assert "Make it again: `polyloop pretrain text`" in card
    assert "| steps | 3 |" in card
