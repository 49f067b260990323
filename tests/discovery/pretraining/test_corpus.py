"""The corpus: the same for a seed, every class in it, every monomer sound."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rdkit import Chem

from discovery.errors import PretrainingError
from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus import (
    MAX_HEAVY_ATOMS,
    RULE_CLASSES,
    TEMPLATE_SHARE,
    CorpusEntry,
    balanced_sample,
    generate,
    monomer_kinds,
    read_corpus,
    write_corpus,
)

SIZE = 60


@pytest.fixture(scope="module")
def corpus() -> list[CorpusEntry]:
    return list(generate(SIZE, seed=0))


def test_as_many_as_asked_for_and_no_chain_twice(corpus: list[CorpusEntry]) -> None:
    assert len(corpus) == SIZE
    assert len({entry.unit.key for entry in corpus}) == SIZE


def test_a_small_corpus_already_has_every_class(corpus: list[CorpusEntry]) -> None:
    assert {entry.polymer_class for entry in corpus} == {*RULE_CLASSES, *TEMPLATE_SHARE}


def test_no_unit_is_larger_than_the_limit(corpus: list[CorpusEntry]) -> None:
    assert max(entry.unit.mol().GetNumHeavyAtoms() for entry in corpus) <= MAX_HEAVY_ATOMS


def test_the_same_seed_gives_the_same_corpus_and_another_seed_another(corpus: list[CorpusEntry]) -> None:
    assert list(generate(SIZE, seed=0)) == corpus
    assert list(generate(SIZE, seed=1)) != corpus


def test_progress_is_told_of_every_unit() -> None:
    told: list[tuple[int, int | None]] = []
    list(islice(generate(3, seed=0, progress=lambda done, total, what: told.append((done, total))), 3))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("kind", monomer_kinds())
def test_every_generated_monomer_is_a_sound_molecule_and_comes_once(kind: str) -> None:
    smiles = monomer_kinds()[kind]
    mols = [Chem.MolFromSmiles(text) for text in smiles]
    assert [text for text, mol in zip(smiles, mols, strict=True) if mol is None] == []
    assert all("*" not in text and "{" not in text and "." not in text for text in smiles)
    assert len(smiles) >= 9


@pytest.mark.parametrize("size", [0, -3])
def test_a_corpus_of_nothing_is_refused(size: int) -> None:
    with pytest.raises(PretrainingError, match="cannot be made"):
        list(generate(size, seed=0))


def test_a_written_corpus_is_read_back(corpus: list[CorpusEntry], tmp_path: Path) -> None:
    counts = write_corpus(tmp_path / "corpus.parquet", corpus)
    assert read_corpus(tmp_path / "corpus.parquet") == corpus
    assert sum(counts.values()) == SIZE


def test_a_missing_corpus_is_an_error_with_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(PretrainingError, match="There is no corpus") as caught:
        read_corpus(tmp_path / "corpus.parquet")
    assert "polyloop pretrain corpus" in caught.value.hint


def test_a_table_of_something_else_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"smiles": ["C"]}), tmp_path / "corpus.parquet")
    with pytest.raises(PretrainingError, match="lacks the columns psmiles and class"):
        read_corpus(tmp_path / "corpus.parquet")


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "corpus.parquet").write_text("psmiles,class\n*CC*,polyolefin\n")
    with pytest.raises(PretrainingError, match="cannot be read"):
        read_corpus(tmp_path / "corpus.parquet")


def test_a_row_that_is_no_repeat_unit_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"psmiles": ["CC"], "class": ["polyolefin"]}), tmp_path / "corpus.parquet")
    with pytest.raises(PretrainingError, match="CC"):
        read_corpus(tmp_path / "corpus.parquet")


def test_a_sample_takes_small_classes_whole_and_shares_the_rest() -> None:
    unit = RepeatUnit.parse("*CC*")
    entries = [CorpusEntry(unit, name) for name in "a" * 50 + "b" * 50 + "c" * 4]
    chosen = balanced_sample(entries, 24, seed=0)
    classes = [entries[i].polymer_class for i in chosen]
    assert {name: classes.count(name) for name in "abc"} == {"a": 10, "b": 10, "c": 4}
    assert chosen == balanced_sample(entries, 24, seed=0)
    assert chosen != balanced_sample(entries, 24, seed=1)
    assert len(balanced_sample(entries, 1000, seed=0)) == 104


def test_the_reading_of_a_corpus_is_told_of(corpus: list[CorpusEntry], tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus.parquet", corpus)
    told: list[tuple[int, int | None]] = []
    read_corpus(tmp_path / "corpus.parquet", lambda done, total, what: told.append((done, total)))
    assert told == [(n, SIZE) for n in range(1, SIZE + 1)]
