"""The index of keys: what a dictionary would say, in an eighth of the memory."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from discovery.encoders.keys import UNKNOWN, KeyIndex, key_bytes, packed, unpacked_bytes

HALF = st.sampled_from(["0" * 16, "f" * 16, "00000000000000ff", "ff00000000000000"])
KEY = st.one_of(st.tuples(HALF, HALF).map("".join), st.binary(min_size=16, max_size=16).map(bytes.hex))
"""Many of them share one half, which random keys hardly ever do."""


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(KEY, max_size=12), max_size=5), st.lists(KEY, max_size=12))
def test_a_key_has_the_place_that_it_was_first_given(added: list[list[str]], asked: list[str]) -> None:
    index, wanted = KeyIndex(), dict[str, int]()
    for keys in added:
        places = np.arange(len(wanted), len(wanted) + len(keys)) * 3
        for key, place in zip(keys, places.tolist(), strict=True):
            wanted.setdefault(key, place)
        index.add(packed(keys), places)
    asked = [*asked, *wanted]
    assert len(index) == len(wanted)
    assert index.find(packed(asked)).tolist() == [wanted.get(key, UNKNOWN) for key in asked]


@settings(deadline=None)
@given(st.lists(KEY, max_size=5))
def test_keys_survive_their_way_to_disk(keys: list[str]) -> None:
    assert key_bytes(packed(keys)).hex() == "".join(keys)
    np.testing.assert_array_equal(unpacked_bytes(key_bytes(packed(keys))), packed(keys))


@pytest.mark.parametrize("key", ["ab", "z" * 32, "0" * 33])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        packed([key])
