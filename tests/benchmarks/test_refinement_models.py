from __future__ import annotations

import pytest
import torch
from refinement_ensemble import BatchNorm, Ensemble, train
from refinement_models import FusedGP, Gollum, Model, PolyLLMem
from refinement_table import Table

from discovery.latent.lora import seeded
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit


@pytest.fixture(scope="module")
def table(tiny_representation: Representation, tiny_polymers: tuple[RepeatUnit, ...]) -> Table:
    return Table.of(tiny_polymers, tiny_representation)


@pytest.fixture(scope="module")
def values(table: Table) -> torch.Tensor:
    return torch.tensor([300.0 + 20.0 * unit.psmiles.count("O") for unit in table.units]).double()


SEEN, ASKED = torch.arange(24), torch.arange(24, 40)


def test_packs_through_blocks_that_nothing_changed_are_the_frozen_vectors(table: Table) -> None:
    with torch.no_grad():
        every = table.through(table.top.copied(), table.packs)
        some = table.through(table.top.copied(), table.packs_of(torch.tensor([7, 3])))
    torch.testing.assert_close(every, table.encoded.vectors[0], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(some, table.encoded.vectors[0][[7, 3]], atol=1e-4, rtol=1e-4)


def test_training_lowers_the_loss_of_gollum_and_leaves_the_encoder_alone(
    table: Table, values: torch.Tensor
) -> None:
    losses = Gollum(steps=15).fit(table, SEEN, values[SEEN], 0).losses
    assert len(losses) == 15
    assert losses[-1] < losses[0] - 0.1
    with torch.no_grad():
        after = table.through(table.top.copied(), table.packs)
    torch.testing.assert_close(after, table.encoded.vectors[0], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    "model", [FusedGP(), Gollum(steps=3), PolyLLMem(members=2)], ids=lambda m: type(m).__name__
)
def test_a_belief_is_the_same_alone_and_together_and_hangs_on_the_seed_alone(
    model: Model, table: Table, values: torch.Tensor
) -> None:
    belief, again = (model.fit(table, SEEN, values[SEEN], 3) for _ in range(2))
    mean, variance = belief.predict(ASKED)
    joint = belief.joint(ASKED)
    torch.testing.assert_close(joint.mean, mean)
    torch.testing.assert_close(
        joint.covariance.diagonal() + joint.noise_variance, variance, rtol=1e-3, atol=0.0
    )
    torch.testing.assert_close(again.predict(ASKED)[0], mean)
    assert bool((variance > 0).all())


def test_an_ensemble_learns_a_simple_function_and_tells_how_wrong_it_is() -> None:
    generator = torch.Generator().manual_seed(0)
    text, geometry = (torch.randn(200, 12, generator=generator) for _ in range(2))
    truth = text[:, 0] + geometry[:, 1]
    with seeded(0):
        ensemble = Ensemble(3, 12, 12)
        squared = train(ensemble, text[:120], geometry[:120], truth[:120], rate=1e-3)
    with torch.no_grad():
        guesses = ensemble.eval()(text[120:], geometry[120:])
    error = float((guesses.mean(dim=0) - truth[120:]).square().mean())
    assert error < 0.5 * float(truth.var())
    assert 0.5 * error < squared < 4.0 * error
    assert not torch.equal(guesses[0], guesses[1])


def test_norms_side_by_side_are_those_of_torch() -> None:
    generator = torch.Generator().manual_seed(0)
    ours, theirs = BatchNorm(2, 5), torch.nn.BatchNorm1d(5)
    for _ in range(3):
        rows = torch.randn(2, 7, 5, generator=generator)
        torch.testing.assert_close(ours(rows)[1], theirs(rows[1]))
    torch.testing.assert_close(ours.eval()(rows)[1], theirs.eval()(rows[1]))
