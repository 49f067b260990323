"""Recipes: every source gives units of its own, the same for the same job."""

from __future__ import annotations

import pytest

from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.chain_classes import CLASSES
from discovery.pretraining.corpus.recipes import MAX_HEAVY_ATOMS, RECIPES, Job, work


@pytest.mark.parametrize("number", range(len(RECIPES)), ids=[recipe.name for recipe in RECIPES])
def test_a_recipe_gives_sound_units(number: int) -> None:
    made = work(Job(number, 0, 16, 0))
    assert len(made) >= 2
    for each in made[:6]:
        unit = RepeatUnit.parse(each.psmiles)
        assert (unit.psmiles, unit.key) == (each.psmiles, each.key)
        assert unit.mol().GetNumHeavyAtoms() <= MAX_HEAVY_ATOMS
        assert each.polymer_class in CLASSES


def test_a_job_gives_the_same_again_and_the_next_job_something_else() -> None:
    assert work(Job(30, 0, 8, 0)) == work(Job(30, 0, 8, 0))
    assert work(Job(30, 0, 8, 0)) != work(Job(30, 1, 8, 0))


def test_what_a_recipe_makes_is_mostly_of_its_class() -> None:
    (number,) = (number for number, recipe in enumerate(RECIPES) if recipe.name == "rule: imides")
    classes = [each.polymer_class for each in work(Job(number, 0, 32, 0))]
    assert classes.count("imide") > 0.8 * len(classes)


def test_shares_of_the_classes_that_campaigns_use_are_set_apart() -> None:
    assert len({recipe.name for recipe in RECIPES}) == len(RECIPES)
    assert all(recipe.share > 0 for recipe in RECIPES)
