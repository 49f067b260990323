"""Physics estimates through the encoders' door: kept once, in the objective's unit, with reasons where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from discovery.encoders.contract import EncoderContract
from discovery.encoders.encoder import Encoder, Encoding
from discovery.encoders.physics import PhysicsEncoder, PhysicsPrior
from discovery.encoders.store import EmbeddingStore
from discovery.physics import REVISION, UnknownPropertyError, estimate
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
