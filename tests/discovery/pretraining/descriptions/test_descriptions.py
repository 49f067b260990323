"""Descriptions by template: the same by seed, in several phrasings, and kept in a file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from discovery.errors import PretrainingError
from discovery.polymers import RepeatUnit
from discovery.pretraining.descriptions.descriptions import (
    Description,
    read_descriptions,
    template_descriptions,
    write_descriptions,
)
from discovery.pretraining.descriptions.facts import facts_of
from discovery.pretraining.descriptions.number_check import check_numbers

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


def test_texts_come_back_by_key(made: list[Description], tmp_path: Path) -> None:
    write_descriptions(tmp_path / "d.parquet", made)
    read = read_descriptions(tmp_path / "d.parquet")
    assert read == {unit.key: (made[2 * i].text, made[2 * i + 1].text) for i, unit in enumerate(UNITS)}


def test_a_file_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"psmiles": ["*CCO*"]}), tmp_path / "corpus.parquet")
    with pytest.raises(PretrainingError, match="lacks the columns key and description"):
        read_descriptions(tmp_path / "corpus.parquet")
    (tmp_path / "text.parquet").write_text("no parquet")
    with pytest.raises(PretrainingError, match="cannot be read"):
        read_descriptions(tmp_path / "text.parquet")
