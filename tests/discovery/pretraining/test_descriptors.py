"""Labels for pre-training: finite numbers that belong to the chain and not to its writing."""

from __future__ import annotations

import random

import numpy as np
import pytest

from discovery.encoders.contract import POLYMERS
from discovery.polymers import RepeatUnit
from discovery.pretraining.descriptors import (
    CLIP,
    FRAGMENTS,
    descriptor_matrix,
    fragment_counts,
    label_names,
    scaled_labels,
)

TEXTS = (*POLYMERS, "*[Si](C)(C)O*", "*N=P(Cl)(Cl)*", "*CC(*)B1OC(C)(C)C(C)(C)O1", "*c1ccc(*)s1", "*C#C*")
UNITS = [RepeatUnit.parse(text) for text in TEXTS]
CHAIN = {name: i for i, name in enumerate(label_names())}


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
    np.testing.assert_array_equal(fragment_counts(written)[0], fragment_counts(UNITS)[0])


def test_labels_do_not_depend_on_the_other_units() -> None:
    np.testing.assert_array_equal(descriptor_matrix(UNITS[2:3])[0], descriptor_matrix(UNITS)[2])


def test_no_units_give_a_matrix_without_rows() -> None:
    assert descriptor_matrix([]).shape == (0, len(label_names()))


def test_two_processes_give_what_one_gives() -> None:
    many = (UNITS * 24)[:260]  # more than one chunk
    np.testing.assert_array_equal(descriptor_matrix(many, workers=2), descriptor_matrix(many))


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


def test_fragments_are_the_most_frequent_and_counted_in_others_too() -> None:
    counts, fragments = fragment_counts(UNITS)
    assert counts.shape == (len(UNITS), len(fragments))
    assert len(fragments) <= FRAGMENTS
    again, same = fragment_counts(UNITS[1:2], fragments)
    assert same == fragments
    np.testing.assert_array_equal(again[0], counts[1])


@pytest.mark.parametrize(("text", "heavy"), [("*C*", 1), ("*CCO*", 3), ("*CC(*)c1ccccc1", 8)])
def test_fragments_are_counted_per_repeat_unit(text: str, heavy: int) -> None:
    """Of radius 0, 1 and 2 there is at most one fragment around each heavy atom, however long the closed ring is."""
    logs, _ = fragment_counts([RepeatUnit.parse(text)])
    total = float(np.expm1(logs).sum())
    assert total == pytest.approx(round(total), abs=1e-4)
    assert heavy <= round(total) <= 3 * heavy


def test_scaled_labels_are_centred_cut_and_only_what_varies() -> None:
    labels = scaled_labels(UNITS)
    assert labels.dtype == np.float32
    assert np.isfinite(labels).all()
    assert np.abs(labels).max() <= CLIP
    assert (labels.std(axis=0) > 0).all()
    np.testing.assert_allclose(labels.mean(axis=0), 0, atol=0.2)  # exact but for what was cut
