"""Which polymers a run reads: balanced classes, and for alignment none that an encoder was trained on."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.corpus import CorpusEntry
from discovery.pretraining.corpus.sampling import (
    SET_APART,
    alignment_sample,
    balanced_sample,
    encoder_sample,
    set_apart,
)

UNIT = RepeatUnit.parse("*CC*")
ALKYL = [CorpusEntry(RepeatUnit.parse("*CC(*)" + "C" * n + "O" * (n % 2)), "vinyl") for n in range(1, 200)]


def of_classes(**sizes: int) -> list[CorpusEntry]:
    return [CorpusEntry(UNIT, name) for name, size in sizes.items() for _ in range(size)]


def classes(entries: list[CorpusEntry], chosen: list[int]) -> Counter[str]:
    return Counter(entries[i].polymer_class for i in chosen)


def test_classes_keep_their_shares() -> None:
    entries = of_classes(a=600, b=300, c=100)
    assert classes(entries, balanced_sample(entries, 100, seed=0)) == {"a": 60, "b": 30, "c": 10}


def test_a_rare_class_is_not_lost() -> None:
    entries = of_classes(a=9_000, b=20)
    assert classes(entries, balanced_sample(entries, 500, seed=0)) == {"a": 490, "b": 10}


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.integers(0, 200), st.integers(0, 3))
def test_a_sample_has_the_size_asked_for_or_all_there_is(sizes: list[int], size: int, seed: int) -> None:
    entries = of_classes(**{f"class {i}": n for i, n in enumerate(sizes)})
    chosen = balanced_sample(entries, size, seed)
    assert len(chosen) == len(set(chosen)) == min(size, sum(sizes))
    assert chosen == sorted(chosen) == balanced_sample(entries, size, seed)


def test_another_seed_draws_others() -> None:
    entries = of_classes(a=600)
    assert balanced_sample(entries, 100, seed=0) != balanced_sample(entries, 100, seed=1)


def test_about_an_eighth_is_set_apart() -> None:
    assert len(ALKYL) / SET_APART == pytest.approx(set_apart(ALKYL).sum(), rel=0.5)


@pytest.mark.parametrize("seed", [0, 1])
def test_alignment_draws_what_no_encoder_is_trained_on(seed: int) -> None:
    apart = int(set_apart(ALKYL).sum())
    assert not {*alignment_sample(ALKYL, apart, seed)} & {*encoder_sample(ALKYL, len(ALKYL), 0)}


def test_a_corpus_with_too_few_set_apart_fills_up_with_others() -> None:
    apart = {i for i, mine in enumerate(set_apart(ALKYL)) if mine}
    chosen = alignment_sample(ALKYL, len(apart) + 5, seed=0)
    assert len(chosen) == len(apart) + 5
    assert apart < {*chosen}
