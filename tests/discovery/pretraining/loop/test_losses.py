"""The terms of the loss: what is not known moves nothing, blocks weigh the same, pairs are told from the rest."""

from __future__ import annotations

import pytest
import torch

from discovery.pretraining.loop.losses import info_nce, label_terms, masked_huber

GENERATOR = torch.Generator().manual_seed(0)
PREDICTED = torch.randn(6, 4, generator=GENERATOR)
WANTED = torch.randn(6, 4, generator=GENERATOR)


def test_an_unknown_label_moves_neither_the_loss_nor_a_weight() -> None:
    wanted = WANTED.clone()
    wanted[0, 1] = wanted[3, 2] = torch.nan
    known = ~torch.isnan(wanted)
    predicted = PREDICTED.clone().requires_grad_()
    loss = masked_huber(predicted, wanted)
    torch.testing.assert_close(loss, torch.nn.functional.huber_loss(PREDICTED[known], WANTED[known]))
    loss.backward()
    assert predicted.grad is not None
    assert predicted.grad[~known].eq(0).all()
    assert predicted.grad[known].ne(0).all()


def test_labels_that_nobody_knows_give_a_loss_of_nothing() -> None:
    assert masked_huber(PREDICTED, torch.full_like(WANTED, torch.nan)).item() == 0


def test_every_block_has_a_term_of_its_own() -> None:
    terms = label_terms(PREDICTED, WANTED, {"structure": slice(0, 3), "physics": slice(3, 4)})
    assert terms["physics"].item() == pytest.approx(masked_huber(PREDICTED[:, 3:], WANTED[:, 3:]).item())
    assert terms["structure"].item() == pytest.approx(masked_huber(PREDICTED[:, :3], WANTED[:, :3]).item())


def test_pairs_that_point_the_same_way_score_better_than_pairs_that_were_mixed_up() -> None:
    other = PREDICTED * torch.linspace(0.5, 3, 6).unsqueeze(1)  # length tells nothing
    assert info_nce(PREDICTED, other, 0.1) < 0.5 * info_nce(PREDICTED, other.flip(0), 0.1)


def test_both_sides_of_a_pair_count_alike() -> None:
    torch.testing.assert_close(info_nce(PREDICTED, WANTED, 0.1), info_nce(WANTED, PREDICTED, 0.1))
