"""What abandoned polymers teach: near them, far from them, and of few of them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.surrogate.contract import example
from discovery.surrogate.feasibility import PRIOR_RATE, fit_classifier, learn_feasibility
from discovery.surrogate.features import Features

Polymers = tuple[RepeatUnit, ...]


def probability(features: Features, labels: Tensor, asked: Features) -> Tensor:
    mean, variance = fit_classifier(features, labels, seed=0).predict(asked)
    return torch.special.ndtr(mean / variance.sqrt())


def labels(*numbers: int) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def strangers(n: int, bits: int) -> Features:
    """Polymers that share no fragment with one another."""
    return Features(3 * torch.eye(bits, dtype=torch.float64)[:n])


def test_before_anything_is_tried_nearly_all_can_be_made() -> None:
    """A single made polymer that shares nothing with the asked one hardly moves the prior."""
    every = strangers(2, 8)
    found = float(probability(every[:1], labels(1), every[1:]))
    assert PRIOR_RATE < found < PRIOR_RATE + 0.04


def test_one_abandoned_lowers_the_probability_near_it_and_not_far_away() -> None:
    every = strangers(12, 16)
    near = Features(every.fingerprint[11:] + torch.eye(16, dtype=torch.float64)[15:])
    known = labels(*[1] * 11, -1)
    itself, close, far = (
        float(probability(every, known, asked)) for asked in (every[11:], near, strangers(16, 16)[14:15])
    )
    assert itself < 0.65
    assert itself < close < far - 0.03
    assert 0.85 < far < 0.95


def test_a_made_polymer_raises_what_is_like_it() -> None:
    every = strangers(6, 8)
    found = probability(every[:5], labels(1, 1, 1, -1, -1), every)
    assert bool((found[:3] > found[5]).all())
    assert bool((found[3:5] < found[5]).all())


def test_more_abandoned_ones_of_a_kind_make_it_surer() -> None:
    counts = torch.eye(8, dtype=torch.float64)[[0, 1, 2, 3, 3, 3, 3]]
    counts[3:, 4:8] += torch.eye(4, dtype=torch.float64)
    asked = Features(torch.eye(8, dtype=torch.float64)[3:4])
    found = [
        float(probability(Features(counts[:n]), labels(*[1] * 3, *[-1] * (n - 3)), asked)) for n in (4, 5, 7)
    ]
    assert found == sorted(found, reverse=True)


def test_it_learns_which_side_of_the_latent_cannot_be_made() -> None:
    known, test = example(80), example(80, seed=1)
    assert known.features.latent is not None
    assert test.features.latent is not None
    truth = torch.where(known.features.latent[:, 0] > 0.6, -1.0, 1.0).double()
    found = probability(known.features, truth, test.features)
    wrong = test.features.latent[:, 0] > 0.6
    assert float(found[wrong].mean()) < 0.45
    assert float(found[~wrong].mean()) > 0.8


def test_labels_that_hang_on_nothing_leave_the_base_rate() -> None:
    known, test = example(60), example(60, seed=1)
    generator = torch.Generator().manual_seed(0)
    dealt = torch.where(torch.rand(60, generator=generator) < 0.2, -1.0, 1.0).double()
    found = probability(known.features, dealt, test.features)
    assert float(found.mean()) == pytest.approx(float((dealt > 0).double().mean()), abs=0.1)
    assert float(found.std()) < 0.12


def test_nothing_abandoned_teaches_nothing(
    tiny_representation: Representation, tiny_polymers: Polymers
) -> None:
    assert learn_feasibility(tiny_polymers[:5], (), tiny_representation, seed=0) is None


def test_polymers_are_asked_in_any_number_and_order(
    tiny_representation: Representation, tiny_polymers: Polymers
) -> None:
    learned = learn_feasibility(tiny_polymers[:8], tiny_polymers[8:10], tiny_representation, seed=0)
    assert learned is not None
    assert (learned.made, learned.abandoned) == (8, 2)
    assert "2 that were abandoned" in learned.note
    assert "teach little" in learned.note
    found = learned.probability(tiny_polymers)
    assert found.shape == (len(tiny_polymers),)
    assert found.dtype == torch.float64
    assert bool(((found > 0) & (found < 1)).all())
    torch.testing.assert_close(learned.probability(tiny_polymers[9:10]), found[9:10], rtol=1e-4, atol=1e-5)
    assert learned.probability(()).shape == (0,)
    assert float(found[8:10].mean()) < float(found[:8].mean())


def test_five_abandoned_are_not_called_few(
    tiny_representation: Representation, tiny_polymers: Polymers
) -> None:
    learned = learn_feasibility(tiny_polymers[:1], tiny_polymers[8:13], tiny_representation, seed=0)
    assert learned is not None
    assert (
        learned.note == "What can be made is learned from 1 polymer that was made and 5 that were abandoned."
    )


@pytest.mark.parametrize(
    ("readable", "words"),
    [(2, " 1 of them cannot be read by the text encoder"), (0, " It reads fingerprints only: the text")],
)
def test_what_the_text_encoder_cannot_read_is_told(
    tiny_representation: Representation, tiny_polymers: Polymers, readable: int, words: str
) -> None:
    long = RepeatUnit.parse(f"*{'CO' * 31}S*")  # the tiny text encoder reads 64 tokens
    abandoned = (*tiny_polymers[8 : 8 + readable], long)
    learned = learn_feasibility(tiny_polymers[:6], abandoned, tiny_representation, seed=0)
    assert learned is not None
    assert words in learned.note
