"""Physics estimates through the encoders' door: kept once, in the objective's unit, with reasons where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from discovery.encoders.contract import EncoderContract
from discovery.encoders.encoder import Encoder, Encoding
from discovery.encoders.physics import FARTHEST, TYPICAL, PhysicsAxes, PhysicsEncoder, PhysicsPrior
from discovery.encoders.store import EmbeddingStore
from discovery.physics import PROPERTIES, REVISION, UnknownPropertyError, estimate
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

COVERED, UNCOVERED = RepeatUnit.parse("*CC(*)c1ccccc1"), RepeatUnit.parse("*CC[Pb]*")


class TestPhysicsEncoder(EncoderContract):
    def make_encoder(self) -> Encoder:
        return PhysicsEncoder("density")


def test_a_unit_that_is_not_covered_is_a_failure_with_the_group_that_is_missing() -> None:
    encoding = PhysicsEncoder("density").encode([UNCOVERED, COVERED])
    assert encoding.units == (COVERED,)
    (failure,) = encoding.failures
    assert failure.unit == UNCOVERED
    assert "Pb" in failure.reason


def test_the_revision_tells_properties_and_tables_apart() -> None:
    density, tg = PhysicsEncoder("density"), PhysicsEncoder("tg")
    assert density.revision != tg.revision
    assert REVISION in tg.revision


def test_an_unknown_property_is_refused_with_the_list() -> None:
    with pytest.raises(UnknownPropertyError) as caught:
        PhysicsEncoder("colour")
    assert "limiting_oxygen_index" in caught.value.hint


class Counting(PhysicsEncoder):
    seen = 0

    def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
        self.seen += len(units)
        return super().encode(units, progress)


def test_a_prior_is_in_the_objectives_unit_and_estimates_once(tmp_path: Path) -> None:
    encoder = Counting("tg")
    prior = PhysicsPrior(encoder, EmbeddingStore(tmp_path), zero=-273.15)
    found = prior.estimates([COVERED, UNCOVERED, COVERED])
    again = prior.estimates([COVERED, UNCOVERED])
    wanted = estimate([COVERED], ["tg"]).values[0, 0] - 273.15
    np.testing.assert_allclose(found, [wanted, np.nan, wanted], rtol=1e-6)
    np.testing.assert_array_equal(again, found[:2])
    assert encoder.seen == 2
    assert "Pb" in prior.why_not(UNCOVERED)
    assert prior.why_not(COVERED) == ""


KINDS = len(TYPICAL)
WELL_KNOWN = [
    RepeatUnit.parse(text)
    for text in (
        "*CC*",
        "*CC(*)C",
        "*CC(*)c1ccccc1",
        "*CC(*)Cl",
        "*CC(*)(C)C(=O)OC",
        "*OCCOC(=O)c1ccc(cc1)C(*)=O",
        "*Nc1ccc(cc1)NC(=O)c1ccc(cc1)C(*)=O",
        "*Oc1ccc(cc1)C(C)(C)c1ccc(cc1)OC(*)=O",
        "*C(F)(F)C(*)(F)F",
        "*[Si](C)(C)O*",
        "*NCCCCCC(*)=O",
        "*CCO*",
    )
]
"""Polyethylene to poly(ethylene oxide), an aramid and a silicone among them."""


class TestPhysicsAxes(EncoderContract):
    def make_encoder(self) -> Encoder:
        return PhysicsAxes()


def test_axes_are_of_order_one_for_well_known_polymers() -> None:
    axes = PhysicsAxes().encode(WELL_KNOWN).vectors[:, :KINDS]
    assert np.abs(axes).max() <= FARTHEST
    assert 0.3 < axes.std() < 2.0
    assert (np.abs(axes) < FARTHEST).mean() > 0.95
    assert (axes.std(axis=0) > 0.2).all()


def test_axes_are_the_estimates_in_deviations_from_what_is_typical() -> None:
    found = estimate(WELL_KNOWN, ["tg"]).values[:, 0]
    centre, spread = TYPICAL["tg"]
    axis = PhysicsAxes().encode(WELL_KNOWN).vectors[:, list(TYPICAL).index("tg")]
    np.testing.assert_allclose(axis, ((found - centre) / spread).clip(-FARTHEST, FARTHEST), rtol=1e-5)


def test_every_estimate_has_an_axis() -> None:
    assert set(TYPICAL) == set(PROPERTIES)
    assert PhysicsAxes.dim == 2 * KINDS


def test_a_flag_stands_where_the_method_does_not_cover_a_unit_and_the_axis_says_nothing_there() -> None:
    encoding = PhysicsAxes().encode([UNCOVERED, COVERED])
    assert encoding.failures == ()
    assert encoding.units == (UNCOVERED, COVERED)
    axes, flags = encoding.vectors[:, :KINDS], encoding.vectors[:, KINDS:]
    missing = ~np.isfinite(estimate([UNCOVERED, COVERED], list(TYPICAL)).values)
    assert missing[0].any()
    assert not missing[1].any()
    np.testing.assert_array_equal(flags, missing.astype(np.float32))
    assert (axes[missing] == 0.0).all()


def test_two_writings_of_one_chain_have_the_same_axes() -> None:
    pairs = [
        ("*CC(*)c1ccccc1", "*C(c1ccccc1)C*"),
        ("*OCCOC(=O)c1ccc(cc1)C(*)=O", "*C(=O)c1ccc(cc1)C(=O)OCCO*"),
        ("*CCO*", "*COC*"),
        ("*CC*", "*CCCC*"),
    ]
    for first, second in pairs:
        one, other = PhysicsAxes().encode([RepeatUnit.parse(text) for text in (first, second)]).vectors
        np.testing.assert_array_equal(one, other, err_msg=f"{first} {second}")


def test_axes_are_estimated_once_for_the_store(tmp_path: Path) -> None:
    class CountingAxes(PhysicsAxes):
        seen = 0

        def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
            self.seen += len(units)
            return super().encode(units, progress)

    axes, store = CountingAxes(), EmbeddingStore(tmp_path)
    first = store.rows(axes, [COVERED, UNCOVERED, COVERED]).vectors
    again = store.rows(axes, [UNCOVERED, COVERED]).vectors
    assert axes.seen == 2
    np.testing.assert_array_equal(first[:2], again[::-1])
    np.testing.assert_array_equal(first, PhysicsAxes().encode([COVERED, UNCOVERED, COVERED]).vectors)


def test_axes_and_single_estimates_are_kept_apart() -> None:
    assert PhysicsAxes().revision not in {PhysicsEncoder(name).revision for name in PROPERTIES}
    assert REVISION in PhysicsAxes().revision
