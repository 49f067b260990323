"""How many polymers of a corpus a run really uses, where more are asked for than there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from discovery.pretraining.alignment.network import Alignment
    from discovery.pretraining.corpus.corpus import CorpusEntry
    from discovery.pretraining.geometry.network import GeometryTraining

Drawing = TypeVar("Drawing", "GeometryTraining", "Alignment")


def for_encoder(entries: Sequence[CorpusEntry]) -> int:
    """How many polymers an encoder may be trained on: those that are not set apart for align."""
    from discovery.pretraining.corpus.sampling import not_set_apart

    return not_set_apart(entries, range(len(entries)))


def no_more_than(there: int, settings: Drawing) -> Drawing:
    """The same settings with no more polymers than there are, which draws the same and lets the card tell the real number."""
    return replace(settings, polymers=min(settings.polymers, there))


def too_few(run: str, asked: int, there: int) -> list[str]:
    """A line that says so where more polymers were asked for than there are; else none."""
    if asked <= there:
        return []
    return [
        f"{asked:,} polymers were wanted for {run}, and the corpus has {there:,} for it: all of them were drawn."
    ]


def trained_on(out: Path) -> int:
    """How many polymers the checkpoint in ``out`` was trained on, as its card tells: without those held out or left out."""
    from discovery.pretraining.loop.model_card import card_facts

    return int(card_facts(out / "MODEL_CARD.md")["trained on"])
