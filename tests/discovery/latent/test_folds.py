from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from discovery.latent.folds import deal, split

tables = st.lists(st.tuples(st.integers(0, 30), st.floats(-1e6, 1e6)), min_size=0, max_size=60)


@given(tables, st.integers(2, 6), st.integers(0, 2**32))
def test_parts_are_a_partition_and_keep_a_polymer_together(
    rows: list[tuple[int, float]], parts: int, seed: int
) -> None:
    keys = [f"polymer {key}" for key, _ in rows]
    found = split(keys, np.array([value for _, value in rows]), parts, np.random.default_rng(seed))
    assert len(found) == parts
    assert sorted(np.concatenate(found).tolist()) == list(range(len(rows)))
    homes = [{keys[index] for index in part} for part in found]
    assert sum(len(home) for home in homes) == len(set(keys))


@given(st.integers(0, 50), st.integers(2, 6), st.integers(0, 2**32))
def test_every_run_of_neighbouring_values_is_shared_out(count: int, hands: int, seed: int) -> None:
    hand = deal(np.arange(count, dtype=np.float64), hands, np.random.default_rng(seed))
    for start in range(0, count - hands + 1, hands):
        assert sorted(hand[start : start + hands].tolist()) == list(range(hands))


def test_same_seed_deals_the_same_and_another_seed_otherwise() -> None:
    values = np.arange(40, dtype=np.float64)
    first, same, other = (deal(values, 2, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert (first == same).all()
    assert (first != other).any()
