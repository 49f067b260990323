"""The regression head of PolyLLMem (arXiv 2503.22962): values straight from the latent, by mean squared error.

It knows no uncertainty. Here it trains an adapter for comparison with the likelihood of a Gaussian process; predictions are the
process's in either case, and a held-out part of the measurements stops it by the process's log score.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from discovery.latent.frozen_process import FrozenProcess, TrainedLatent
from discovery.latent.lora import seeded

HIDDEN = 128
"""Width of the hidden layer."""


class RegressionHead(nn.Module):
    """Two layers from ``n x d`` latents to ``n x p`` standardised properties.

    Args:
        dim: ``d``.
        properties: ``p``.
        seed: Of the initial weights.
    """

    def __init__(self, dim: int, properties: int, seed: int) -> None:
        super().__init__()
        with seeded(seed):
            self.layers = nn.Sequential(nn.Linear(dim, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, properties))
        self.double()

    def forward(self, latent: Tensor) -> Tensor:
        """``n x d`` to ``n x p``."""
        values: Tensor = self.layers(latent)
        return values


def supervised(
    latent: TrainedLatent, processes: Sequence[FrozenProcess], held_out: Tensor, seed: int
) -> tuple[Callable[[], Tensor], list[nn.Parameter]]:
    """The loss of a fresh head on the measurements that are not held out, and its parameters."""
    head = RegressionHead(latent.table.shape[-1], len(processes), seed)
    columns, rows, targets = [], [], []
    for column, process in enumerate(processes):
        trained = ~held_out[process.rows]
        rows.append(process.rows[trained])
        targets.append(process.targets[trained])
        columns.append(torch.full((int(trained.sum()),), column))
    row, column_of, target = torch.cat(rows), torch.cat(columns), torch.cat(targets)

    def loss() -> Tensor:
        predicted: Tensor = head(latent.table[row])[torch.arange(len(row)), column_of]
        return (predicted - target).square().mean()

    return loss, list(head.parameters())
