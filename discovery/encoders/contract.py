"""What every encoder must do, as tests: for those who write an encoder of their own.

Inherit from :class:`EncoderContract` in a test class and say how the encoder is made::

    class TestMine(EncoderContract):
        def make_encoder(self) -> Encoder:
            return MyEncoder()
"""

from __future__ import annotations

import re

import numpy as np

from discovery.encoders.encoder import Encoder
from discovery.polymers import RepeatUnit

POLYMERS = ("*CC*", "*CC(*)c1ccccc1", "*CCO*", "*CC(C)(*)C(=O)OC", "*OCCOC(=O)c1ccc(cc1)C(*)=O", "*CC(*)C")
"""Polyethylene, polystyrene, poly(ethylene oxide), poly(methyl methacrylate), PET, polypropylene."""


class EncoderContract:
    """Tests that hold for any encoder; ``make_encoder`` gives the encoder, ``units`` what it is tried on."""

    def make_encoder(self) -> Encoder:
        """The encoder under test."""
        raise NotImplementedError

    def units(self) -> list[RepeatUnit]:
        """At least three distinct units that the encoder can encode."""
        return [RepeatUnit.parse(text) for text in POLYMERS]

    def test_a_vector_for_each_unit_in_input_order(self) -> None:
        """Every unit has a row of ``dim`` finite float32 numbers that are not all zero."""
        encoder, units = self.make_encoder(), self.units()
        encoding = encoder.encode(units)
        assert encoding.units == tuple(units)
        assert encoding.failures == ()
        assert encoding.vectors.shape == (len(units), encoder.dim)
        assert encoding.vectors.dtype == np.float32
        assert np.isfinite(encoding.vectors).all()
        assert (np.abs(encoding.vectors).max(axis=1) > 0).all()

    def test_different_polymers_have_different_vectors(self) -> None:
        """No two rows are the same."""
        vectors = self.make_encoder().encode(self.units()).vectors
        assert len(np.unique(vectors, axis=0)) == len(vectors)

    def test_a_vector_does_not_depend_on_its_neighbours(self) -> None:
        """Alone, in the batch, and in the batch turned round, a unit has one vector, to the last bit.

        A store keeps the vector that was computed first, so that any difference would let the history of the cache decide
        what is proposed. Batches of one fixed shape, filled up where units are lacking, do it.
        """
        encoder, units = self.make_encoder(), self.units()
        together = encoder.encode(units).vectors
        reversed_ = encoder.encode(units[::-1]).vectors[::-1]
        alone = np.concatenate([encoder.encode([unit]).vectors for unit in units])
        np.testing.assert_array_equal(reversed_, together)
        np.testing.assert_array_equal(alone, together)

    def test_a_unit_that_comes_twice_has_two_rows(self) -> None:
        """Duplicates are not merged."""
        unit = self.units()[0]
        encoding = self.make_encoder().encode([unit, unit])
        assert encoding.units == (unit, unit)
        np.testing.assert_array_equal(encoding.vectors[0], encoding.vectors[1])

    def test_nothing_in_nothing_out(self) -> None:
        """No units give a matrix without rows, of the right width."""
        encoder = self.make_encoder()
        assert encoder.encode([]).vectors.shape == (0, encoder.dim)

    def test_the_same_encoder_made_again_has_the_same_revision_and_vectors(self) -> None:
        """The revision names a folder, and stands for the vectors."""
        first, second, units = self.make_encoder(), self.make_encoder(), self.units()
        assert first.revision == second.revision
        assert re.fullmatch(r"[\w.-]+", first.revision)
        np.testing.assert_array_equal(first.encode(units).vectors, second.encode(units).vectors)
