"""Models of others as rivals of `refinement.py`: fitted to some rows of a table, they believe something of the other rows.

* :class:`FusedGP`: a Gaussian process on the frozen fused latent, without fingerprints and physics.
* :class:`Gollum`: deep kernel learning through low-rank updates of the text encoder [Rankovic2025]_.
* :class:`PolyLLMem`: a network on both frozen vectors [Zhang2025]_, five times over.

Recipes follow the authors' published code. Where it had to be left, the class says so.

.. [Rankovic2025]
    B. Ranković, P. Schwaller. GOLLuM: Gaussian process optimized LLMs. arXiv 2504.06265; github.com/schwallergroup/gollum.
.. [Zhang2025]
    T. Zhang, D.-B. Yang. Multimodal machine learning with large language embedding model for polymer property prediction.
    arXiv 2503.22962; github.com/zhangtr10/polyLLMem.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from botorch.optim.stopping import ExpMAStoppingCriterion
from gpytorch.constraints import GreaterThan
from gpytorch.kernels import MaternKernel, ScaleKernel
from gpytorch.likelihoods import GaussianLikelihood
from gpytorch.means import ConstantMean
from refinement_ensemble import Ensemble, train
from refinement_table import Table
from torch import Tensor, nn

from discovery.latent.lora import adapt, seeded
from discovery.surrogate.calibration import Calibration, calibrate
from discovery.surrogate.features import Data, Features
from discovery.surrogate.members import GaussianProcess, fit_latent_gp
from discovery.surrogate.posterior import Conditioned, Standardisation, cholesky
from discovery.surrogate.surrogate import Joint


class Belief(Protocol):
    """What a fitted model says of rows of its table, in the property's unit."""

    def predict(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance with noise of each row."""
        ...

    def joint(self, rows: Tensor) -> Joint:
        """Of some rows together."""
        ...


class Model(Protocol):
    """Learns from measured rows of a table; nothing is carried over from one fit to the next."""

    def fit(self, table: Table, rows: Tensor, values: Tensor, seed: int) -> Belief:
        """From ``n`` rows and their values."""
        ...


@dataclass(frozen=True, eq=False)
class FusedBelief:
    """
    Args:
        process: Fitted.
        features: Of all rows of the table.
        calibration: How polyloop would correct its deviations.
    """

    process: GaussianProcess
    features: Features
    calibration: Calibration

    def corrected(self, rows: Tensor, mean: Tensor, variance: Tensor) -> tuple[Tensor, float]:
        """Variances as a user of polyloop is told them, and the degrees of freedom of their Student-t."""
        views = self.features[rows]
        return self.calibration.variance(views, mean, variance), self.calibration.degrees

    def predict(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        return self.process.predict(self.features[rows])

    def joint(self, rows: Tensor) -> Joint:
        return self.process.joint(self.features[rows])


class FusedGP:
    """polyloop's Gaussian process on the fused latent and nothing else."""

    def fit(self, table: Table, rows: Tensor, values: Tensor, seed: int) -> FusedBelief:
        known = table.features[rows]
        process = fit_latent_gp(Data(known, values), seed=seed, with_fingerprint=False)
        return FusedBelief(process, table.features, calibrate(process, process.loo(), known, None, seed=seed))


class DeepKernel(nn.Module):
    """Text encoder with low-rank updates, projection and Gaussian process of GOLLuM's, at their starting values.

    Args:
        table: Gives the encoder's blocks.
        seed: Of the first factors and of the projection.
    """

    DIM = 64

    def __init__(self, table: Table, seed: int) -> None:
        super().__init__()
        blocks = table.top.copied()
        self.blocks = adapt(blocks, blocks.linear_layers(), rank=4, alpha=16, seed=seed)
        with seeded(seed):
            self.projection = nn.Linear(table.encoded.text.shape[1], self.DIM)
            nn.init.xavier_uniform_(self.projection.weight)
        nn.init.constant_(self.projection.bias, 0.01)
        self.mean = ConstantMean().double()
        self.kernel = ScaleKernel(MaternKernel(nu=2.5)).double()
        self.likelihood = GaussianLikelihood(noise_constraint=GreaterThan(1e-5)).double()
        self.kernel.outputscale, self.kernel.base_kernel.lengthscale = 2.0, 5.0
        self.likelihood.noise = 1e-4

    @property
    def featuriser(self) -> list[nn.Parameter]:
        """What is trained at the adapter's rate: factors and projection."""
        return [p for p in (*self.blocks.parameters(), *self.projection.parameters()) if p.requires_grad]

    @property
    def process(self) -> list[nn.Parameter]:
        """What is trained at the rate of the Gaussian process."""
        return [*self.mean.parameters(), *self.kernel.parameters(), *self.likelihood.parameters()]

    def features(self, vectors: Tensor) -> Tensor:
        """Text vectors ``n x d_t`` to ``n x 64`` float64."""
        found: Tensor = nn.functional.elu(self.projection(vectors)).double()
        return found

    def loss(self, features: Tensor, targets: Tensor) -> Tensor:
        """Negative log marginal likelihood for each of ``n`` standardised targets."""
        covariance = (
            self.kernel(features).to_dense() + self.likelihood.noise * torch.eye(len(targets)).double()
        )
        factor = cholesky(covariance)
        white = torch.linalg.solve_triangular(
            factor, (targets - self.mean(features)).unsqueeze(-1), upper=False
        )
        half = 0.5 * white.square().sum() + factor.diagonal().log().sum()
        return half / len(targets) + 0.5 * math.log(2.0 * math.pi)


@dataclass(frozen=True, eq=False)
class GollumBelief:
    """
    Args:
        features: Of all rows of the table, ``n x 64``.
        posterior: Of the process less its mean, standardised.
        mean: Of the process, standardised.
        noise: Variance of measuring, standardised.
        scale: Between the standardised values and the property's.
        losses: Before each step.
    """

    features: Tensor
    posterior: Conditioned
    mean: float
    noise: float
    scale: Standardisation
    losses: tuple[float, ...]

    def predict(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        mean, variance = self.posterior.marginal(self.features[rows])
        return self._off(mean), self.scale.spread**2 * (variance + self.noise)

    def joint(self, rows: Tensor) -> Joint:
        mean, covariance = self.posterior.joint(self.features[rows])
        spread = self.scale.spread
        return Joint(self._off(mean), spread**2 * covariance, spread**2 * self.noise)

    def _off(self, standardised: Tensor) -> Tensor:
        return self.scale.centre + self.scale.spread * (self.mean + standardised)


class Gollum:
    """Low-rank updates (rank 4, alpha 16, rank-stabilised) of all linear layers in the top quarter of the text encoder's blocks,
    a projection to 64 dimensions with ELU, Matern-5/2 with one length-scale; AdamW on the marginal likelihood of all that is
    measured, 2e-3 for the encoder and 2e-2 for the process, weight decay 1e-3, both rates five per cent less after each step,
    until BoTorch's criterion for stochastic fits says that the loss has come to rest. The process begins at their code's
    defaults: length-scale 5, output scale 2 and a noise of 1e-4, which hardly moves at that rate. Fresh in every round.

    Three things are not theirs. Gradients are clipped to norm 1 at every step, where their code does it once, before the first.
    There is no dropout in the adapter (0.2 in their code), as encoders here run in evaluation mode. And there are at most
    ``steps`` steps, theirs being unlimited: with rates that fall so, 92 % of all that they could ever move is behind them after
    50.

    Args:
        steps: At most.
    """

    RATE, PROCESS_RATE, WEIGHT_DECAY, DECAY, CLIP = 2e-3, 2e-2, 1e-3, 0.95, 1.0

    def __init__(self, steps: int = 50) -> None:
        self.steps = steps

    def fit(self, table: Table, rows: Tensor, values: Tensor, seed: int) -> GollumBelief:
        model = DeepKernel(table, seed)
        scale = Standardisation.of(values.double())
        targets, packs = scale.standardise(values), table.packs_of(rows)
        optimiser = torch.optim.AdamW(
            [{"params": model.featuriser, "lr": self.RATE}, {"params": model.process}],
            lr=self.PROCESS_RATE,
            weight_decay=self.WEIGHT_DECAY,
        )
        rates = torch.optim.lr_scheduler.StepLR(optimiser, step_size=1, gamma=self.DECAY)
        at_rest = ExpMAStoppingCriterion(maxiter=self.steps)
        losses: list[float] = []
        while True:
            loss = model.loss(model.features(table.through(model.blocks, packs)), targets)
            losses.append(float(loss.detach()))
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_([*model.featuriser, *model.process], self.CLIP)
            optimiser.step()
            rates.step()
            if at_rest(loss.detach()):
                break
        with torch.no_grad():
            features = model.features(table.through(model.blocks, table.packs))
            mean, noise = float(model.mean.constant), float(model.likelihood.noise)
            known = torch.full((len(rows),), noise, dtype=torch.float64)
            posterior = Conditioned.on(model.kernel.eval(), features[rows], targets - mean, known)
        return GollumBelief(features, posterior, mean, noise, scale, tuple(losses))


@dataclass(frozen=True, eq=False)
class EnsembleBelief:
    """
    Args:
        guesses: Of each member for all rows of the table, ``k x n``, in the property's unit.
        noise: Mean squared error of the members on what they held out.
    """

    guesses: Tensor
    noise: float

    JITTER = 1e-4
    """Added to the variance of each row, in units of the noise: five members know four directions only."""

    def predict(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        guesses = self.guesses[:, rows]
        return guesses.mean(dim=0), guesses.var(dim=0) + self.noise

    def joint(self, rows: Tensor) -> Joint:
        guesses = self.guesses[:, rows]
        covariance = guesses.T.cov() + self.JITTER * self.noise * torch.eye(len(rows)).double()
        return Joint(guesses.mean(dim=0), covariance, self.noise)


class PolyLLMem:
    """Frozen text and geometry vectors, each Linear, GELU and batch norm with a low-rank update (rank 16, alpha 32), a sigmoid
    gate between them, a bottleneck and three layers to the value; Huber loss, AdamW (weight decay 1e-5, clipped at every step) in
    batches of at most 16, stopped after 30 epochs without a lower error on the fifth that is held out.

    The authors predict a value. Here five networks with other weights and other parts held out make a belief: their mean, their
    covariance, and the mean squared error on what was held out as noise. The width is that of the geometry vectors, as theirs is;
    their rate of 1e-4 was made for thousands of measurements, with some tens 1e-3 is as good and twice as quick.

    Args:
        members: Networks.
        rate: Of learning.
    """

    def __init__(self, members: int = 5, rate: float = 1e-3) -> None:
        self.members, self.rate = members, rate

    def fit(self, table: Table, rows: Tensor, values: Tensor, seed: int) -> EnsembleBelief:
        scale = Standardisation.of(values.double())
        targets = scale.standardise(values).float()
        # raw vectors are of any size: standardised by the table, of which no value is needed for that
        text, geometry = map(_standard, table.encoded.vectors)
        with seeded(seed):
            ensemble = Ensemble(self.members, text.shape[1], geometry.shape[1])
            errors = train(ensemble, text[rows], geometry[rows], targets, rate=self.rate)
        with torch.no_grad():
            guesses = ensemble.eval()(text, geometry).double()
        spread = scale.spread
        return EnsembleBelief(scale.centre + spread * guesses, spread**2 * max(errors, 1e-4))


def _standard(vectors: Tensor) -> Tensor:
    return (vectors - vectors.mean(dim=0)) / vectors.std(dim=0).clamp_min(1e-6)
