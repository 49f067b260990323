"""Which pairs of a space were tried, and which to try next: spread evenly, or the best of functions drawn.

The best pairs of a function are found among the best monomers of each side, so that no list or matrix of all pairs is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from discovery.acquisition.monomer_beliefs import Draws
from discovery.acquisition.monomer_features import Seats
from discovery.polymers.space import Block

SIDE = 64
"""Monomers of each side among which the best pairs of a draw are sought, at the least."""

ROOM = 4
"""Pairs sought among, for each that was tried or is wanted: at least half of them are free, also of an unordered block."""

SCOUTS = 16
"""Best monomers of one side with which those of the other are judged."""

OUT = 1e6
"""Taken off a monomer that sits out of a step; scores are standardised."""


class Pair(NamedTuple):
    """Places in the two lists of a block; ``j`` is 0 where it has one."""

    block: int
    i: int
    j: int


class Ground:
    """The pairs of a space: which were tried, and how often those of a monomer gave nothing.

    Args:
        blocks: Of the space.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = blocks
        self._size = sum(block.size for block in blocks)
        self._tried: list[dict[tuple[int, int], None]] = [{} for _ in blocks]
        self._order = self._all()
        self._trials = [_Trials(block) for block in blocks]

    @property
    def tried(self) -> int:
        """Pairs tried."""
        return sum(len(tried) for tried in self._tried)

    @property
    def finished(self) -> bool:
        """Whether all were."""
        return self.tried == self._size

    def mark(self, pair: Pair) -> None:
        """Never give this pair again."""
        self._tried[pair.block][pair.i, pair.j] = None

    def tell(self, pair: Pair, made: bool) -> None:
        """Whether a pair gave a polymer with a score."""
        self._trials[pair.block].tell(pair.i, pair.j, made)

    def next_in_order(self, number: int) -> list[Pair]:
        """The next ``number`` pairs that were not tried, block by block."""
        found: list[Pair] = []
        for pair in self._order:
            if (pair.i, pair.j) not in self._tried[pair.block]:
                found.append(pair)
                if len(found) == number:
                    break
        return found

    def _all(self) -> Iterator[Pair]:
        for b, block in enumerate(self._blocks):
            for number in range(block.size):
                i, j = block.pair(number)
                yield Pair(b, i, j or 0)

    def spread(self, number: int, rng: np.random.Generator) -> list[Pair]:
        """Up to ``number`` untried pairs that touch as many monomers of as many reactions as they can.

        A reaction gets a share that grows with the square root of its size, and its monomers take turns.
        """
        share = np.sqrt([block.size for block in self._blocks])
        wanted = rng.multinomial(number, share / share.sum())
        found: dict[Pair, None] = {}
        for b, block in enumerate(self._blocks):
            firsts, seconds = _turns(len(block.firsts), rng), _turns(max(1, len(block.seconds)), rng)
            for _ in range(4 * wanted[b]):
                if not wanted[b]:
                    break
                i, j = next(firsts), next(seconds)
                if block.symmetric:
                    i, j = min(i, j), max(i, j)
                    if i == j:
                        continue
                if (i, j) not in self._tried[b] and Pair(b, i, j) not in found:
                    found[Pair(b, i, j)] = None
                    wanted[b] -= 1
        return list(found) or self.next_in_order(number)

    def best(self, seats: Seats, draws: Draws, number: int, rng: np.random.Generator) -> list[Pair]:
        """Up to ``number`` untried pairs, in equal parts the best of each of the ``s`` draws.

        Args:
            seats: Of the space.
            draws: From the posterior.
            number: How many in all.
            rng: Decides which monomers that never gave anything sit out.
        """
        functions = draws.block.shape[1]
        found: dict[Pair, None] = {}
        handicaps = [(OUT * each.first.out(rng), OUT * each.second.out(rng)) for each in self._trials]
        for s in range(functions):
            part = (number - len(found)) // (functions - s)
            if not part:
                continue
            offers: list[tuple[NDArray[np.float64], int, NDArray[np.int64], NDArray[np.int64]]] = []
            for b, block in enumerate(self._blocks):
                u = draws.seat[seats.first[b] :][: len(block.firsts), s] + draws.block[b, s]
                u = u - handicaps[b][0]
                busy = [*self._tried[b], *((p.i, p.j) for p in found if p.block == b)]
                if len(busy) >= block.size:
                    continue
                if block.seconds:
                    v = draws.seat[seats.second[b] :][: len(block.seconds), s]
                    v = v - handicaps[b][1]
                    p = seats.leading[seats.monomer[seats.first[b] :][: len(u)]] @ draws.pair[b, s]
                    q = seats.leading[seats.monomer[seats.second[b] :][: len(v)]]
                else:
                    v, p, q = np.zeros(1), np.zeros((len(u), 1)), np.zeros((1, 1))
                values, i, j = _best_pairs(u, v, p, q, busy, block.symmetric, part)
                offers.append((values, b, i, j))
            together = [
                (-float(value), b, int(i), int(j))
                for values, b, first, second in offers
                for value, i, j in zip(values, first, second, strict=True)
            ]
            found.update(dict.fromkeys(Pair(*place) for _, *place in sorted(together)[:part]))
        return list(found)


def _best_pairs(
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    p: NDArray[np.float64],
    q: NDArray[np.float64],
    busy: Sequence[tuple[int, int]],
    symmetric: bool,
    wanted: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """The ``wanted`` largest ``u_i + v_j + p_i . q_j`` of pairs that are not busy, among the best of each side."""
    need = ROOM * (len(busy) + wanted)
    side = max(SIDE, int(np.ceil(np.sqrt(need))))
    side_i = min(len(u), max(side, -(-need // min(len(v), side))))
    side_j = min(len(v), max(side, -(-need // min(len(u), side))))
    i: NDArray[np.int64] = np.arange(len(u))
    j: NDArray[np.int64] = np.arange(len(v))
    if side_i < len(u):
        scouts = _top(v, SCOUTS)
        i = _top(u + (v[scouts] + p @ q[scouts].T).max(axis=1), side_i)
    if side_j < len(v):
        scouts = i[_top(u[i], SCOUTS)]
        j = _top(v + (u[scouts] + q @ p[scouts].T).max(axis=1), side_j)
    values = u[i][:, None] + v[j] + p[i] @ q[j].T
    if busy:
        place_i, place_j = np.full(len(u), -1), np.full(len(v), -1)
        place_i[i], place_j[j] = np.arange(len(i)), np.arange(len(j))
        rows, columns = np.array(busy).T
        rows, columns = place_i[rows], place_j[columns]
        inside = (rows >= 0) & (columns >= 0)
        values[rows[inside], columns[inside]] = -np.inf
    if symmetric:
        values[i[:, None] >= j] = -np.inf
    flat = values.ravel()
    chosen = _top(flat, wanted)
    chosen = chosen[np.isfinite(flat[chosen])]
    return flat[chosen], i[chosen // len(j)], j[chosen % len(j)]


def _top(values: NDArray[np.float64], number: int) -> NDArray[np.int64]:
    """Places of the largest values, in order of place."""
    if number >= len(values):
        return np.arange(len(values))
    return np.sort(np.argpartition(-values, number - 1)[:number])


def _turns(number: int, rng: np.random.Generator) -> Iterator[int]:
    """All of ``number`` places in random order, again and again."""
    while True:
        yield from rng.permutation(number).tolist()


class _Record:
    """How often the pairs of each monomer of a list gave nothing, and whether one gave something."""

    def __init__(self, number: int) -> None:
        self.failed: NDArray[np.int64] = np.zeros(number, dtype=np.int64)
        self.gave: NDArray[np.bool_] = np.zeros(number, dtype=np.bool_)

    def out(self, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Which sit out: of those that never gave anything, each failure halves the chance to be asked again."""
        chance = np.where(self.gave, 1.0, 0.5**self.failed)
        out: NDArray[np.bool_] = rng.random(len(chance)) >= chance
        return out


class _Trials:
    """The records of both lists of a block; of a symmetric one they are the same."""

    def __init__(self, block: Block) -> None:
        self.first = _Record(len(block.firsts))
        self.second = self.first if block.symmetric else _Record(max(1, len(block.seconds)))

    def tell(self, i: int, j: int, made: bool) -> None:
        for record, place in ((self.first, i), (self.second, j)):
            record.failed[place] += not made
            record.gave[place] |= made
