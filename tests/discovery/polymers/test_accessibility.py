"""The synthetic accessibility of a repeat unit."""

import random
from pathlib import Path

import pytest
from rdkit import RDConfig

from discovery.errors import StateError
from discovery.polymers import RepeatUnit
from discovery.polymers.accessibility import sa_score

EASY = ["*CC*", "*CC(*)c1ccccc1", "*CC(*)(C)C(=O)OC", "*CCO*", "*NCCCCCC(*)=O", "*OCCOC(=O)c1ccc(cc1)C(*)=O"]
HARD = [
    "*[C@@]12C[C@H]3CC(C1)[C@@H](O[C@H]1CC4CC1C4*)C(C3)O2",
    "*C1C2C3C1C1C2C3C1*",
    "*[C@H]1[C@@H](F)[C@@]2(OC1)C=C[C@](*)(P)S2",
]


@pytest.mark.parametrize("text", EASY)
def test_everyday_polymers_are_easy(text: str) -> None:
    assert 1 <= sa_score(RepeatUnit.parse(text)) < 3


@pytest.mark.parametrize("text", HARD)
def test_caged_and_crowded_units_are_hard(text: str) -> None:
    assert 5 < sa_score(RepeatUnit.parse(text)) <= 10


@pytest.mark.parametrize("text", [*EASY, *HARD])
def test_score_does_not_depend_on_how_the_chain_is_written(text: str) -> None:
    unit = RepeatUnit.parse(text)
    scores = {sa_score(RepeatUnit.parse(writing)) for writing in unit.writings(5, random.Random(0))}
    assert scores == {sa_score(unit)}


def test_score_is_that_of_the_capped_unit() -> None:
    # polystyrene's capped unit is sec-butylbenzene and polyethylene's is butane, as RDKit 2025.9's scorer has them
    assert sa_score(RepeatUnit.parse("*CC(*)c1ccccc1")) == pytest.approx(1.770, abs=0.01)
    assert sa_score(RepeatUnit.parse("*C*")) == pytest.approx(1.755, abs=0.01)


def test_rdkit_without_the_scorer_is_an_error_that_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RDConfig, "RDContribDir", str(tmp_path))
    with pytest.raises(StateError, match=r"sascorer\.py is missing") as caught:
        sa_score(RepeatUnit.parse("*CC*"))
    assert "pip install rdkit" in caught.value.hint
