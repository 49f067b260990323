from __future__ import annotations

import numpy as np
from latents_cells import FOLDED, Protocol, Task, cells

PROTOCOL = Protocol(train=(20, 50), seeds=2, shuffles=1)


def test_nothing_that_is_predicted_was_learned_from() -> None:
    for _, _, folds in PROTOCOL.splits(90):
        assert all(not set(train) & set(test) for train, test in folds)


def test_folds_predict_every_polymer_once() -> None:
    folds = next(folds for name, _, folds in PROTOCOL.splits(33) if name == FOLDED)
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(33))


def test_a_training_size_that_leaves_too_few_to_predict_is_left_out() -> None:
    assert {name for name, _, _ in PROTOCOL.splits(60)} == {"20", FOLDED}


def test_a_latent_that_knows_the_value_scores_below_zero_and_one_that_does_not_above() -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=50)
    protocol = Protocol(train=(20,), seeds=2, shuffles=0)
    latents = {"knows": values[:, None], "blind": random.normal(size=(50, 1))}
    score = {
        name: np.mean([cell.score for cell in cells(Task("t", "t:v", name, values, None, latent, protocol))])
        for name, latent in latents.items()
    }
    assert score["knows"] < -1 < 0 < score["blind"]
