from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from discovery.acquisition.diversity import space_filling
from discovery.acquisition.objectives import AcquisitionError
from discovery.surrogate.tanimoto import minmax_similarity


@settings(max_examples=40, deadline=None)
@given(
    rows=arrays(np.int16, st.tuples(st.integers(2, 20), st.just(6)), elements=st.integers(0, 4)),
    taken=st.integers(0, 4),
    q=st.integers(1, 8),
)
def test_every_pick_is_the_farthest_from_all_before_it(rows: NDArray[np.int16], taken: int, q: int) -> None:
    pool = torch.from_numpy(rows)
    known = pool[:taken]
    picks = space_filling(pool, known, q, seed=0)
    assert len(set(picks)) == len(picks) == min(q, len(pool))
    similarity = minmax_similarity(pool, torch.cat([known, pool[list(picks)]]))
    for position, pick in enumerate(picks):
        before = len(known) + position
        if before == 0:
            continue
        nearest = similarity[:, :before].amax(dim=1)
        rest = [row for row in range(len(pool)) if row not in picks[:position]]
        assert float(nearest[pick]) == pytest.approx(float(nearest[rest].min()), abs=1e-12)


def test_first_pick_is_typical_and_not_odd() -> None:
    pool = torch.tensor([[1, 1, 1, 0], [1, 1, 0, 1], [1, 1, 1, 1], [0, 0, 0, 9]])
    picks = space_filling(pool, None, 2, seed=0)
    assert picks == (2, 3)


def test_pool_no_larger_than_the_batch_comes_back_whole() -> None:
    assert sorted(space_filling(torch.eye(3), None, 9, seed=0)) == [0, 1, 2]


def test_same_seed_gives_the_same_picks_from_a_large_pool() -> None:
    pool = torch.randint(0, 3, (20_000, 64), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    assert space_filling(pool, None, 5, seed=1) == space_filling(pool, None, 5, seed=1)


def test_twins_are_not_picked_while_others_are_left() -> None:
    pool = torch.tensor([[1, 0, 2], [1, 0, 2], [0, 3, 1]])
    assert set(space_filling(pool, None, 2, seed=0)) & {2}


def test_impossible_requests_are_refused() -> None:
    with pytest.raises(AcquisitionError, match="no candidate"):
        space_filling(torch.zeros(0, 4), None, 1, seed=0)
    with pytest.raises(AcquisitionError, match="batch of 0"):
        space_filling(torch.eye(4), None, 0, seed=0)
    with pytest.raises(AcquisitionError, match="width"):
        space_filling(torch.eye(4), torch.eye(3), 1, seed=0)
