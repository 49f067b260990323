"""The corpus: the same for a seed, however many processes make it; whole families are held out; its file is checked."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rdkit import Chem

from discovery.errors import PretrainingError
from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.chain_classes import CLASSES, ClosedChain, polymer_class
from discovery.pretraining.corpus.corpus import (
    CorpusEntry,
    generate,
    read_corpus,
    write_corpus,
)
from discovery.pretraining.corpus.families import CORES
from discovery.pretraining.corpus.recipes import MAX_HEAVY_ATOMS

SIZE = 500
MAIN_CLASSES = CLASSES[:10]


@pytest.fixture(scope="module")
def corpus() -> list[CorpusEntry]:
    return list(generate(SIZE, seed=0))


def test_as_many_as_asked_for_and_no_chain_twice(corpus: list[CorpusEntry]) -> None:
    assert len(corpus) == SIZE
    assert len({entry.unit.key for entry in corpus}) == SIZE


def test_units_are_canonical(corpus: list[CorpusEntry]) -> None:
    for entry in corpus[::10]:
        parsed = RepeatUnit.parse(entry.unit.psmiles)
        assert (parsed.psmiles, parsed.key) == (entry.unit.psmiles, entry.unit.key)


@pytest.mark.parametrize("name", MAIN_CLASSES)
def test_each_class_that_campaigns_use_has_its_share(corpus: list[CorpusEntry], name: str) -> None:
    found = sum(entry.polymer_class == name for entry in corpus)
    assert found >= 0.04 * SIZE  # 5 % in the large; this is a small draw


def test_the_class_is_that_of_the_structure(corpus: list[CorpusEntry]) -> None:
    for entry in corpus[::10]:
        assert entry.polymer_class == polymer_class(ClosedChain.of(entry.unit))
        assert entry.family.startswith(entry.polymer_class + ": ")


def test_rules_and_templates_both_give_their_part(corpus: list[CorpusEntry]) -> None:
    rules = sum(entry.source == "rule" for entry in corpus)
    assert {entry.source for entry in corpus} == {"rule", "template"}
    assert 0.25 * SIZE < rules < 0.55 * SIZE


def test_the_elements_of_polymers_are_there(corpus: list[CorpusEntry]) -> None:
    found = {atom.GetSymbol() for entry in corpus for atom in entry.unit.mol().GetAtoms()}
    assert found >= {"C", "N", "O", "F", "S", "Cl", "Br", "Si", "P", "B"}


def test_no_unit_is_larger_than_the_limit(corpus: list[CorpusEntry]) -> None:
    assert max(entry.unit.mol().GetNumHeavyAtoms() for entry in corpus) <= MAX_HEAVY_ATOMS


def test_no_core_of_a_held_out_family_occurs_in_training(corpus: list[CorpusEntry]) -> None:
    held = {entry.family.split(": ")[1] for entry in corpus if entry.held_out}
    patterns = [Chem.MolFromSmarts(CORES[name]) for name in held]
    assert patterns
    for entry in corpus:
        if not entry.held_out:
            ring = entry.unit.periodic()
            assert not any(ring.HasSubstructMatch(pattern) for pattern in patterns)


def test_a_family_is_held_out_as_a_whole(corpus: list[CorpusEntry]) -> None:
    held = {entry.family for entry in corpus if entry.held_out}
    assert held.isdisjoint(entry.family for entry in corpus if not entry.held_out)


def test_the_same_seed_gives_the_same_corpus_with_two_processes() -> None:
    assert list(generate(40, seed=3, workers=2)) == list(generate(40, seed=3))


def test_another_seed_gives_another_corpus() -> None:
    assert list(generate(6, seed=0)) != list(generate(6, seed=1))


def test_progress_is_told_of_every_unit() -> None:
    told: list[tuple[int, int | None]] = []
    list(generate(3, seed=0, progress=lambda done, total, what: told.append((done, total))))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("size", [0, -3])
def test_a_corpus_of_nothing_is_refused(size: int) -> None:
    with pytest.raises(PretrainingError, match="cannot be made"):
        list(generate(size, seed=0))


def test_a_written_corpus_is_read_back(corpus: list[CorpusEntry], tmp_path: Path) -> None:
    counts = write_corpus(tmp_path / "corpus.parquet", corpus)
    assert read_corpus(tmp_path / "corpus.parquet") == corpus
    assert sum(counts.values()) == SIZE
    assert [path.name for path in tmp_path.iterdir()] == ["corpus.parquet"]


def test_a_missing_corpus_is_an_error_with_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(PretrainingError, match="There is no corpus") as caught:
        read_corpus(tmp_path / "corpus.parquet")
    assert "polyloop pretrain corpus" in caught.value.hint


def test_a_table_of_something_else_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"psmiles": ["*CC*"], "class": ["olefin"]}), tmp_path / "corpus.parquet")
    with pytest.raises(PretrainingError, match="lacks the columns key, family, source, held_out"):
        read_corpus(tmp_path / "corpus.parquet")


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "corpus.parquet").write_text("psmiles,class\n*CC*,polyolefin\n")
    with pytest.raises(PretrainingError, match="cannot be read"):
        read_corpus(tmp_path / "corpus.parquet")


def test_a_file_that_is_damaged_inside_is_refused(corpus: list[CorpusEntry], tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus.parquet", corpus)
    content = bytearray((tmp_path / "corpus.parquet").read_bytes())
    content[100:2000] = bytes(1900)
    (tmp_path / "corpus.parquet").write_bytes(content)
    with pytest.raises(PretrainingError, match="cannot be read"):
        read_corpus(tmp_path / "corpus.parquet")


@pytest.mark.parametrize(("name", "value"), [("psmiles", None), ("family", 3), ("held_out", "no")])
def test_values_that_no_corpus_has_are_refused(name: str, value: object, tmp_path: Path) -> None:
    unit = RepeatUnit.parse("*CC*")
    row = {
        "psmiles": unit.psmiles,
        "key": unit.key,
        "class": "olefin",
        "family": "",
        "source": "",
        "held_out": False,
    }
    pq.write_table(pa.Table.from_pylist([row | {name: value}]), tmp_path / "corpus.parquet")
    with pytest.raises(PretrainingError, match=f"strange values in the columns {name}"):
        read_corpus(tmp_path / "corpus.parquet")


def test_a_key_of_another_unit_is_refused(tmp_path: Path) -> None:
    key = RepeatUnit.parse("*CCO*").key
    write_corpus(tmp_path / "corpus.parquet", [CorpusEntry(RepeatUnit("*CC*", key), "olefin")])
    with pytest.raises(PretrainingError, match=r"is not the key of \*CC\*"):
        read_corpus(tmp_path / "corpus.parquet")


@pytest.mark.parametrize("text", ["*CC*", "*OCC*"])
def test_a_unit_that_is_not_canonical_is_refused(text: str, tmp_path: Path) -> None:
    from hashlib import blake2b

    unit = RepeatUnit(text, blake2b(text.encode(), digest_size=16).hexdigest())
    write_corpus(tmp_path / "corpus.parquet", [CorpusEntry(unit, "any")])
    with pytest.raises(PretrainingError, match="written by another version"):
        read_corpus(tmp_path / "corpus.parquet")


def test_a_row_that_is_no_repeat_unit_is_refused(tmp_path: Path) -> None:
    from hashlib import blake2b

    unit = RepeatUnit("CC", blake2b(b"CC", digest_size=16).hexdigest())
    write_corpus(tmp_path / "corpus.parquet", [CorpusEntry(unit, "any")])
    with pytest.raises(PretrainingError, match="no repeat unit"):
        read_corpus(tmp_path / "corpus.parquet")


def test_the_reading_of_a_corpus_is_told_of(corpus: list[CorpusEntry], tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus.parquet", corpus)
    told: list[tuple[int, int | None]] = []
    read_corpus(tmp_path / "corpus.parquet", lambda done, total, what: told.append((done, total)))
    assert told == [(SIZE, SIZE)]
