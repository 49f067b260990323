"""A language model's descriptions: prompted in two stages, kept on disk, and taken only where their numbers hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from discovery.errors import PretrainingError
from discovery.polymers import RepeatUnit
from discovery.pretraining.descriptions.facts import Facts, facts_of
from discovery.pretraining.descriptions.instructed import (
    account,
    correction_prompt,
    draft_prompt,
    instructed_descriptions,
    judged,
)
from discovery.pretraining.descriptions.instructed_model import UNFINISHED, Generation, InstructedModel
from discovery.pretraining.descriptions.template import described

UNITS = [RepeatUnit.parse(text) for text in ("*CCO*", "*CC(*)c1ccccc1", "*CC(*)C")]
CLASSES = ["polyether", "vinyl", "vinyl"]
SHORT = Generation(new_tokens=12, batch=2)


@pytest.fixture(scope="module")
def facts() -> list[Facts]:
    return facts_of(UNITS, CLASSES)


def stating(facts: Facts) -> str:
    """What a model that follows the instructions would write."""
    return f"A polymer. {' '.join(f'The {n.quantity.words}: {n}.' for n in facts.numbers)}"


def test_gibberish_for_every_polymer_is_refused(babbler: Path, tmp_path: Path) -> None:
    model = InstructedModel.load(str(babbler), generation=SHORT, folder=tmp_path)
    model.model.generation_config.eos_token_id = list(
        range(len(model.tokenizer))
    )  # its first word is its last
    with pytest.raises(PretrainingError, match=r"None of the 3 texts of babbler .* states 0 of ") as caught:
        instructed_descriptions(UNITS, CLASSES, model, seed=3)
    assert "by template" in caught.value.hint


def test_answers_without_an_end_are_refused_before_they_are_corrected(babbler: Path, tmp_path: Path) -> None:
    told: list[str] = []
    model = InstructedModel.load(str(babbler), generation=SHORT, folder=tmp_path)
    with pytest.raises(PretrainingError, match="has no end"):
        instructed_descriptions(UNITS, CLASSES, model, progress=lambda done, total, what: told.append(what))
    assert not any("corrected" in what for what in told)


def test_both_stages_hold_structure_and_numbers_and_the_second_the_draft(facts: list[Facts]) -> None:
    known = facts[1]
    draft, correction = draft_prompt(known), correction_prompt(known, "It is a PLASTIC.")
    for prompt in (draft, correction):
        assert known.unit.psmiles in prompt
        for number in known.numbers:
            assert f"- {number.quantity.words}: {number}\n" in prompt
    assert "Its class is vinyl." in draft
    assert "It is a PLASTIC." in correction


def test_a_text_without_an_end_is_replaced_and_counted(facts: list[Facts]) -> None:
    description = judged(facts[0], UNFINISHED, "writer", 3)
    assert (description.text, description.maker) == (described(facts[0], 3), "template")
    assert description.remarks == "text of writer has no end"
    found = account([description])
    assert (found.taken, found.rejected, found.unfinished) == (0, 1, 1)


def test_a_text_with_the_right_numbers_is_taken(facts: list[Facts]) -> None:
    description = judged(facts[0], stating(facts[0]), "writer", 0)
    assert (description.text, description.maker, description.remarks) == (stating(facts[0]), "writer", "")


def test_a_text_with_a_number_from_nowhere_is_taken_and_flagged(facts: list[Facts]) -> None:
    description = judged(facts[0], f"{stating(facts[0])} It melts within 87 hours.", "writer", 0)
    assert description.maker == "writer"
    assert description.remarks == "on no list: 87"
    assert account([description]).flagged == 1


def test_a_text_with_a_wrong_number_is_replaced_and_the_number_named(facts: list[Facts]) -> None:
    mass = next(n for n in facts[0].numbers if n.quantity.name == "mass")
    text = stating(facts[0]).replace(str(mass), "99.9 g/mol")
    description = judged(facts[0], text, "writer", 0)
    assert description.maker == "template"
    assert f"repeat-unit mass 99.9 g/mol, not {mass}" in description.remarks
    assert account([description]).contradicting == 1
