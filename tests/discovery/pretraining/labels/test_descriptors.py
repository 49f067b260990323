"""Labels for pre-training: finite numbers that belong to the chain and not to its writing."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from discovery.encoders.contract import POLYMERS
from discovery.polymers import RepeatUnit
from discovery.pretraining.labels.descriptors import (
    descriptor_matrix,
    fragments_of,
    label_names,
)

TEXTS = (*POLYMERS, "*[Si](C)(C)O*", "*N=P(Cl)(Cl)*", "*CC(*)B1OC(C)(C)C(C)(C)O1", "*c1ccc(*)s1", "*C#C*")
UNITS = [RepeatUnit.parse(text) for text in TEXTS]
CHAIN = {name: i for i, name in enumerate(label_names())}


def _sorted(units: list[RepeatUnit]) -> list[list[tuple[int, int]]]:
    found = fragments_of(units)
    pairs = list(zip(found.keys.tolist(), found.counts.tolist(), strict=True))
    return [sorted(pairs[a:b]) for a, b in itertools.pairwise(found.offsets.tolist())]


def test_a_row_of_finite_numbers_for_each_unit_and_a_name_for_each_column() -> None:
    matrix = descriptor_matrix(UNITS)
    assert matrix.shape == (len(UNITS), len(label_names()))
    assert matrix.dtype == np.float32
    assert np.isfinite(matrix).all()
    assert len(set(label_names())) == len(label_names())


def test_labels_do_not_depend_on_the_writing() -> None:
    rng = random.Random(0)
    written = [RepeatUnit.parse(unit.writings(1, rng)[0]) for unit in UNITS]
    np.testing.assert_array_equal(descriptor_matrix(written), descriptor_matrix(UNITS))
    for mine, theirs in zip(_sorted(written), _sorted(UNITS), strict=True):
        assert mine == theirs


def test_labels_do_not_depend_on_the_other_units() -> None:
    np.testing.assert_array_equal(descriptor_matrix(UNITS[2:3])[0], descriptor_matrix(UNITS)[2])


def test_no_units_give_a_matrix_without_rows() -> None:
    assert descriptor_matrix([]).shape == (0, len(label_names()))


@pytest.mark.parametrize(
    ("text", "column", "value"),
    [
        ("*CC(*)c1ccccc1", "log backbone atoms", np.log(2)),
        ("*CC(*)c1ccccc1", "side chain share", 6 / 8),
        ("*CC(*)c1ccccc1", "aromatic share", 6 / 8),
        ("*CC(*)c1ccccc1", "backbone branch share", 1 / 2),
        ("*CC(*)(C)C", "backbone quaternary share", 1 / 2),
        ("*CCO*", "backbone hetero share", 1 / 3),
        ("*c1ccc(*)cc1", "backbone ring atom share", 1.0),
        ("*c1ccc(*)cc1", "side chain share", 0.0),
        ("*CC*", "mass per backbone atom", 12.011 / 14),
    ],
)
def test_the_shape_of_a_chain_is_told_as_drawn(text: str, column: str, value: float) -> None:
    row = descriptor_matrix([RepeatUnit.parse(text)])[0]
    assert row[CHAIN[column]] == pytest.approx(value, rel=1e-5)


def test_fragments_are_counted_where_they_are_asked_for() -> None:
    found = fragments_of(UNITS)
    first = found.keys[: found.offsets[1]].tolist()
    logs = found.logs([*first, 1])
    assert logs.shape == (len(UNITS), len(first) + 1)
    np.testing.assert_allclose(np.expm1(logs[0, :-1]), found.counts[: found.offsets[1]], rtol=1e-5)
    assert logs[:, -1].max() == 0  # no fragment has that hash
    np.testing.assert_array_equal(fragments_of(UNITS[1:2]).logs(first)[0], logs[1, :-1])


def test_a_fragment_is_as_frequent_as_the_chosen_units_that_hold_it() -> None:
    found = fragments_of([UNITS[0], UNITS[0], UNITS[1]])
    both = found.frequency(np.array([True, True, True]))
    one = found.frequency(np.array([True, False, False]))
    assert set(one) == set(found.keys[: found.offsets[1]].tolist())
    assert all(both[key] >= 2 for key in one)


@pytest.mark.parametrize(("text", "heavy"), [("*C*", 1), ("*CCO*", 3), ("*CC(*)c1ccccc1", 8)])
def test_fragments_are_counted_per_repeat_unit(text: str, heavy: int) -> None:
    """Of radius 0, 1 and 2 there is at most one fragment around each heavy atom, however long the closed ring is."""
    total = int(fragments_of([RepeatUnit.parse(text)]).counts.sum())
    assert heavy <= total <= 3 * heavy
