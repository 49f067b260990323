"""Networks of PolyLLMem's form, several side by side in one set of tensors: five cost little more than one."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

HELD_OUT = 0.2
"""As with the five folds of the authors."""

DROPOUT, HUBER = 0.1, 0.3
"""Theirs; the bend of the Huber loss is at 30 K where glass transitions have a deviation of 110 K."""

BATCH, EPOCHS, PATIENCE, WEIGHT_DECAY, CLIP = 16, 1000, 30, 1e-5, 1.0


class Linear(nn.Module):
    """``k`` linear layers, ``k x n x a`` to ``k x n x b``, each with torch's own first weights."""

    def __init__(self, members: int, inputs: int, outputs: int) -> None:
        super().__init__()
        bound = 1.0 / math.sqrt(inputs)
        self.weight = nn.Parameter(torch.empty(members, inputs, outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(members, 1, outputs).uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        return torch.baddbmm(self.bias, x, self.weight)


class BatchNorm(nn.Module):
    """``k`` batch norms over the rows of ``k x n x d``."""

    mean: Tensor
    variance: Tensor

    def __init__(self, members: int, dim: int, momentum: float = 0.1) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(members, 1, dim))
        self.bias = nn.Parameter(torch.zeros(members, 1, dim))
        self.register_buffer("mean", torch.zeros(members, 1, dim))
        self.register_buffer("variance", torch.ones(members, 1, dim))
        self.momentum = momentum

    def forward(self, x: Tensor) -> Tensor:
        mean, variance = self.mean, self.variance
        if self.training:
            variance, mean = torch.var_mean(x, dim=1, keepdim=True, correction=0)
            with torch.no_grad():
                self.mean.lerp_(mean, self.momentum)
                self.variance.lerp_(variance * x.shape[1] / max(x.shape[1] - 1, 1), self.momentum)
        return (x - mean) * torch.rsqrt(variance + 1e-5) * self.weight + self.bias


class Branch(nn.Module):
    """One frozen vector to the common width, with a low-rank update of scale ``alpha / rank``, as the authors add it."""

    RANK, ALPHA = 16, 32

    def __init__(self, members: int, inputs: int, width: int) -> None:
        super().__init__()
        self.projection = Linear(members, inputs, width)
        self.norm = BatchNorm(members, width)
        # kaiming_uniform with a = sqrt(5) of matrices kept as inputs x outputs, whose second side torch takes for the fan
        self.down = nn.Parameter(
            torch.empty(members, width, self.RANK).uniform_(-1, 1) / math.sqrt(self.RANK)
        )
        self.up = nn.Parameter(torch.empty(members, self.RANK, width).uniform_(-1, 1) / math.sqrt(width))
        self.bias = nn.Parameter(torch.zeros(members, 1, width))

    def forward(self, x: Tensor) -> Tensor:
        found = self.norm(nn.functional.gelu(self.projection(x)))
        return found + found @ self.down @ self.up * (self.ALPHA / self.RANK) + self.bias


class Ensemble(nn.Module):
    """``k`` networks from text vectors ``n x d_t`` and geometry vectors ``n x d_g`` to values ``k x n``; in training each network
    has rows of its own, ``k x n x d``.
    """

    def __init__(self, members: int, text: int, geometry: int) -> None:
        super().__init__()
        self.members, width = members, geometry
        self.text, self.geometry = Branch(members, text, width), Branch(members, geometry, width)
        self.gate = Linear(members, 2 * width, width)
        self.narrow, self.wide = Linear(members, width, width // 2), Linear(members, width // 2, width)
        self.norm_weight = nn.Parameter(torch.ones(members, 1, width // 2))
        self.norm_bias = nn.Parameter(torch.zeros(members, 1, width // 2))
        self.first, self.second = Linear(members, width, width // 2), Linear(members, width // 2, 64)
        self.last = Linear(members, 64, 1)

    def forward(self, text: Tensor, geometry: Tensor) -> Tensor:
        if text.ndim == 2:
            text, geometry = (x.expand(self.members, *x.shape) for x in (text, geometry))
        z_t, z_g = self.text(text), self.geometry(geometry)
        gate = torch.sigmoid(self.gate(torch.cat([z_t, z_g], dim=-1)))
        x = nn.functional.gelu(self.narrow(gate * z_t + (1 - gate) * z_g))
        x = nn.functional.layer_norm(x, x.shape[-1:]) * self.norm_weight + self.norm_bias
        x = self.wide(self._dropped(x))
        x = self._dropped(nn.functional.gelu(self.first(x)))
        x = self._dropped(nn.functional.gelu(self.second(x)))
        return self.last(x).squeeze(-1)

    def _dropped(self, x: Tensor) -> Tensor:
        return nn.functional.dropout(x, DROPOUT, self.training)


def train(ensemble: Ensemble, text: Tensor, geometry: Tensor, targets: Tensor, *, rate: float) -> float:
    """Train every member on four fifths of ``n`` rows, of its own choice, and leave it as it predicted the others best.

    Draws from the global generator.

    Returns:
        Mean squared error on the rows held out, over members.
    """
    members, size = ensemble.members, len(targets)
    away = max(1, round(HELD_OUT * size))
    order = torch.stack([torch.randperm(size) for _ in range(members)])
    held, kept = order[:, :away], order[:, away:]
    # a batch of one row has no norm
    batches = max(1, kept.shape[1] // BATCH)
    optimiser = torch.optim.AdamW(ensemble.parameters(), lr=rate, weight_decay=WEIGHT_DECAY, fused=True)
    state = [*ensemble.parameters(), *ensemble.buffers()]
    best = [each.detach().clone() for each in state]
    least = torch.full((members,), torch.inf)
    squared = torch.full((members,), torch.inf)
    since = torch.zeros(members, dtype=torch.long)
    for _ in range(EPOCHS):
        ensemble.train()
        shuffled = torch.stack([rows[torch.randperm(len(rows))] for rows in kept])
        for rows in shuffled.tensor_split(batches, dim=1):
            optimiser.zero_grad()
            guess = ensemble(text[rows], geometry[rows])
            each = nn.functional.huber_loss(guess, targets[rows], delta=HUBER, reduction="none")
            # summed over members, whose gradients do not meet
            each.mean(dim=1).sum().backward()
            _clip(ensemble)
            optimiser.step()
        with torch.no_grad():
            guess = ensemble.eval()(text[held], geometry[held])
            error = nn.functional.huber_loss(guess, targets[held], delta=HUBER, reduction="none").mean(dim=1)
            better = (error < least) & (since < PATIENCE)
            for now, then in zip(state, best, strict=True):
                then[better] = now[better]
            least[better] = error[better]
            squared[better] = (guess - targets[held]).square().mean(dim=1)[better]
            since = torch.where(better, 0, since + 1)
        if bool((since >= PATIENCE).all()):
            break
    with torch.no_grad():
        for now, then in zip(state, best, strict=True):
            now.copy_(then)
    return float(squared.mean())


def _clip(ensemble: Ensemble) -> None:
    """The gradient of each member to a norm of one at most."""
    gradients = [p.grad for p in ensemble.parameters() if p.grad is not None]
    norms = torch.stack([torch.linalg.vector_norm(g.flatten(1), dim=1) for g in gradients])
    factor = (CLIP / torch.linalg.vector_norm(norms, dim=0).clamp_min(1e-12)).clamp_max(1.0)
    for gradient in gradients:
        gradient *= factor.view(-1, *[1] * (gradient.ndim - 1))
