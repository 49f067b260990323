"""Screening a pool: what is kept does not hang on the chunks, and whoever wants to hears every prediction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from discovery.acquisition.objectives import Goal, Objective
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.screening import screen
from discovery.latent.representation import Representation
from discovery.polymers import Candidate, RepeatUnit
from discovery.surrogate.learned import Learned
from discovery.surrogate.learning import learn
from discovery.surrogate.observations import Observation

TG = Objective("tg", "max", "K")
NO_TEXT = RepeatUnit.parse(f"*{'CO' * 31}S*")  # the tiny text encoder reads 64 tokens


@pytest.fixture(scope="module")
def learned(tiny_representation: Representation, tiny_polymers: tuple[RepeatUnit, ...]) -> Learned:
    values = [300.0 + 20.0 * u.psmiles.count("O") - 15.0 * u.psmiles.count("S") for u in tiny_polymers[:12]]
    given = [Observation(u, v) for u, v in zip(tiny_polymers, values, strict=False)]
    found = learn(given, tiny_representation, seed=0, members=("fingerprint", "latent"))
    assert isinstance(found, Learned)
    return found


def pursuing(learned: Learned) -> Pursuit:
    found = Pursuit.of(Goal.of(TG), {"tg": learned})
    assert found is not None
    return found


@pytest.fixture(scope="module")
def pool(tiny_polymers: tuple[RepeatUnit, ...]) -> list[Candidate]:
    return [Candidate(u) for u in tiny_polymers[12:]]


@pytest.mark.parametrize("size", [1, 3, 5])
def test_draws_and_so_the_candidates_kept_do_not_hang_on_the_chunks(
    learned: Learned, pool: list[Candidate], size: int
) -> None:
    chunks = [pool[i : i + size] for i in range(0, len(pool), size)]
    kept = screen(chunks, pursuing(learned), keep=6, seed=3, left_out=Counter())
    whole = screen([pool], pursuing(learned), keep=6, seed=3, left_out=Counter())
    assert [c.unit for c in kept] == [c.unit for c in whole]


def test_every_candidate_that_can_be_encoded_is_told_with_its_prediction(
    learned: Learned, pool: list[Candidate]
) -> None:
    heard: dict[str, tuple[float, float]] = {}

    def told(
        chunk: Sequence[Candidate],
        mean: NDArray[np.float64],
        sigma: NDArray[np.float64],
        positions: Sequence[int],
    ) -> None:
        for place, m, s in zip(positions, mean.tolist(), sigma.tolist(), strict=True):
            heard[chunk[place].unit.key] = (m, s)

    chunks = [[Candidate(NO_TEXT), *pool[:4]], pool[4:]]
    left_out: Counter[str] = Counter()
    screen(chunks, pursuing(learned), keep=2, seed=0, left_out=left_out, told=told)
    unread = {NO_TEXT.key} if learned.screening.reads_text else set()
    assert set(heard) == {c.unit.key for chunk in chunks for c in chunk} - unread
    assert left_out.total() == len(unread)
    mean, variance = learned.screening.predict(learned.screen_view([c.unit for c in pool]).views)
    wanted = [[m, v**0.5] for m, v in zip(mean.tolist(), variance.tolist(), strict=True)]
    np.testing.assert_allclose([heard[c.unit.key] for c in pool], wanted, rtol=1e-5)
