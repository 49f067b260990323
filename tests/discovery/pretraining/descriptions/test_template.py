"""Descriptions by template: the same by seed, in several phrasings."""

from __future__ import annotations

import pytest

from discovery.polymers import RepeatUnit
from discovery.pretraining.descriptions.description import Description
from discovery.pretraining.descriptions.facts import facts_of
from discovery.pretraining.descriptions.number_check import check_numbers
from discovery.pretraining.descriptions.template import template_descriptions

UNITS = [RepeatUnit.parse(text) for text in ("*CCO*", "*CC(*)c1ccccc1", "*NC(=O)CCCCC(=O)NCCCCCC*")]
CLASSES = ["polyethers", "", "polyamides"]


@pytest.fixture(scope="module")
def made() -> list[Description]:
    return template_descriptions(UNITS, CLASSES, phrasings=2, seed=5)


def test_each_polymer_has_its_phrasings_one_after_the_other(made: list[Description]) -> None:
    assert [d.unit for d in made] == [unit for unit in UNITS for _ in range(2)]
    assert len({d.text for d in made}) == len(made)


def test_the_same_seed_gives_the_same_texts_and_another_seed_others(made: list[Description]) -> None:
    assert template_descriptions(UNITS, CLASSES, phrasings=2, seed=5) == made
    others = template_descriptions(UNITS, CLASSES, phrasings=2, seed=50)
    assert not {d.text for d in others} & {d.text for d in made}


def test_all_numbers_and_the_class_are_told_and_the_structure_is_not_spelled_out(
    made: list[Description],
) -> None:
    for facts, description in zip(facts_of(UNITS, CLASSES), made[::2], strict=True):
        check = check_numbers(description.text, facts)
        assert (check.contradictions, check.unlisted, check.stated) == ((), (), check.known)
        assert facts.polymer_class in description.text
        assert "*" not in description.text
