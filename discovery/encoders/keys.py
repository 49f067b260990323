"""Where the row of a key lies: an index of 24 bytes a key, for tables of a million rows.

A key is 32 hexadecimal digits (128 bits, :attr:`discovery.polymers.RepeatUnit.key`). A dictionary of such texts takes about 200
bytes each; here the two halves lie in sorted arrays of 64-bit numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1
"""Place of a key that is not in the index."""

_DIGITS = 32


def packed(keys: Sequence[str]) -> NDArray[np.uint64]:
    """``n x 2`` numbers that hold ``n`` keys.

    Raises:
        ValueError: When a key is not of 32 hexadecimal digits.
    """
    if any(len(key) != _DIGITS for key in keys):
        raise ValueError(f"a key has {_DIGITS} hexadecimal digits")
    return unpacked_bytes(bytes.fromhex("".join(keys)))


def unpacked_bytes(data: bytes | bytearray) -> NDArray[np.uint64]:
    """``n x 2`` numbers from the 16 bytes of each of ``n`` keys."""
    return np.frombuffer(data, dtype=">u8").astype(np.uint64).reshape(-1, 2)


def key_bytes(keys: NDArray[np.uint64]) -> bytes:
    """The 16 bytes of each of ``n x 2`` keys, one after the other."""
    return keys.astype(">u8").tobytes()


class KeyIndex:
    """Places by key; a key that was added first keeps its place."""

    def __init__(self) -> None:
        self._high: NDArray[np.uint64] = np.empty(0, np.uint64)
        self._low: NDArray[np.uint64] = np.empty(0, np.uint64)
        self._place: NDArray[np.int64] = np.empty(0, np.int64)

    def __len__(self) -> int:
        return len(self._high)

    def add(self, keys: NDArray[np.uint64], places: NDArray[np.int64]) -> None:
        """Take in ``n x 2`` keys with their ``n`` places; those that are known already change nothing."""
        fresh = np.flatnonzero(self.find(keys) == UNKNOWN)
        order = fresh[
            np.lexsort((keys[fresh, 1], keys[fresh, 0]))
        ]  # stable: of the same key the first comes first
        first = np.ones(len(order), dtype=bool)
        first[1:] = (keys[order[1:]] != keys[order[:-1]]).any(axis=1)
        order = order[first]
        at = np.searchsorted(self._high, keys[order, 0])
        self._high = np.insert(self._high, at, keys[order, 0])
        self._low = np.insert(self._low, at, keys[order, 1])
        self._place = np.insert(self._place, at, places[order])

    def places(self) -> NDArray[np.int64]:
        """The place of every key, in the order of the keys."""
        return self._place

    def find(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Places of ``n x 2`` keys, ``UNKNOWN`` where there is none."""
        found = np.full(len(keys), UNKNOWN, np.int64)
        at = np.searchsorted(self._high, keys[:, 0])
        open_ = np.flatnonzero(at < len(self))
        while len(open_):  # a second time only where two keys share their first half
            open_ = open_[self._high[at[open_]] == keys[open_, 0]]
            hit = self._low[at[open_]] == keys[open_, 1]
            found[open_[hit]] = self._place[at[open_[hit]]]
            open_ = open_[~hit]
            at[open_] += 1
            open_ = open_[at[open_] < len(self)]
        return found
