"""The fingerprint encoder: counts of the endless chain, whatever way it is written."""

from __future__ import annotations

import random

import numpy as np
import pytest
from rdkit.Chem import rdFingerprintGenerator

from discovery.encoders.contract import POLYMERS, EncoderContract
from discovery.encoders.encoder import Encoder
from discovery.encoders.fingerprint import FingerprintEncoder
from discovery.polymers import RepeatUnit

ENCODER = FingerprintEncoder()
CHIRAL = "*C[C@H](C)C(=O)O*"


class TestFingerprintEncoder(EncoderContract):
    def make_encoder(self) -> Encoder:
        return FingerprintEncoder()


@pytest.mark.parametrize("text", [*POLYMERS, CHIRAL, "*C=CC*", "*[Si](C)(C)O*"])
def test_every_writing_of_a_chain_has_the_same_vector(text: str) -> None:
    unit = RepeatUnit.parse(text)
    writings = [RepeatUnit.parse(w) for w in unit.writings(8, random.Random(0))]
    vectors = ENCODER.encode([unit, *writings]).vectors
    np.testing.assert_array_equal(vectors, np.tile(vectors[0], (9, 1)))


@pytest.mark.parametrize(("short", "long"), [("*CC*", "*CCCCCC*"), ("*CCO*", "*CCOCCO*")])
def test_a_longer_cut_of_the_same_chain_has_the_same_vector(short: str, long: str) -> None:
    vectors = ENCODER.encode([RepeatUnit.parse(short), RepeatUnit.parse(long)]).vectors
    np.testing.assert_array_equal(vectors[0], vectors[1])


@pytest.mark.parametrize("text", [*POLYMERS, CHIRAL, "*C=CC*", "*c1ccc(*)cc1", "*CCCCCCCCCCO*"])
def test_counts_of_the_closed_chain_are_whole_multiples_of_a_repeat_unit(text: str) -> None:
    unit = RepeatUnit.parse(text)
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=3, fpSize=2048, includeChirality=True)
    ring = unit.periodic()
    whole = generator.GetCountFingerprintAsNumPy(ring).astype(np.float32)
    np.testing.assert_array_equal(ENCODER.encode([unit]).vectors[0] * ring.GetIntProp("repeat_units"), whole)


def test_counts_of_radius_nought_are_the_atoms_of_the_unit() -> None:
    styrene = RepeatUnit.parse("*CC(*)c1ccccc1")
    assert FingerprintEncoder(radius=0).encode([styrene]).vectors.sum() == 8


def test_mirror_images_are_told_apart() -> None:
    left, right = (RepeatUnit.parse(CHIRAL.replace("@", sign)) for sign in ("@", "@@"))
    if left == right:
        pytest.fail("the two writings are one chain: the example is wrong")
    vectors = ENCODER.encode([left, right]).vectors
    assert (vectors[0] != vectors[1]).any()


def test_settings_make_the_revision_and_the_width() -> None:
    encoders = [FingerprintEncoder(), FingerprintEncoder(radius=2), FingerprintEncoder(size=512)]
    assert len({encoder.revision for encoder in encoders}) == 3
    assert [encoder.dim for encoder in encoders] == [2048, 2048, 512]
