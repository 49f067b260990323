"""What decides the weights of a run: the source of its recipe, its settings, and the corpus that the labels are scaled over."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from discovery.pretraining.labels import Labels
from discovery.pretraining.loop import curves
from discovery.pretraining.loop.recipe import decisive, recipe_revision

LABELS = Labels(
    ("a",), {"structure": slice(0, 1)}, np.zeros((1, 1), np.float16), "of labels", "of a corpus", {}
)


@dataclass(frozen=True, slots=True)
class Settings:
    steps: int = 3


def test_another_module_is_another_recipe() -> None:
    assert recipe_revision() == recipe_revision()
    assert recipe_revision(curves) != recipe_revision()


def test_settings_labels_recipe_and_the_rest_are_decisive() -> None:
    told = decisive(Settings(), LABELS, curves, conformers={"tries": 2})
    assert told["steps"] == 3
    assert told["recipe"] == recipe_revision(curves)
    assert told["conformers"] == {"tries": 2}
    assert told != decisive(Settings(), replace(LABELS, corpus="of another"), curves, conformers={"tries": 2})
