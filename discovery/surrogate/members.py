r"""The plain members: a Gaussian process on fingerprints, and one on the latent with the fingerprint beside
it, each with and without a prior mean.

The sum of both kernels is the default because each sees what the other misses.

.. [Griffiths2023]
    R.-R. Griffiths et al. GAUCHE: a library for Gaussian processes in chemistry. NeurIPS 2023 (Tanimoto
    kernels in such models).
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace

import torch
from botorch.models import SingleTaskGP
from gpytorch.kernels import Kernel, ScaleKernel
from gpytorch.means import ConstantMean
from torch import Tensor

from discovery.errors import SurrogateError
from discovery.surrogate.censoring import truncated
from discovery.surrogate.features import Data, Features, Views
from discovery.surrogate.fitting import Block, settle
from discovery.surrogate.kernels import covariance, shares
from discovery.surrogate.layout import Layout
from discovery.surrogate.noise import Errors, Noise
from discovery.surrogate.posterior import Conditioned, Standardisation
from discovery.surrogate.prior import WITH_PRIOR
from discovery.surrogate.sites import Likelihood, find_sites
from discovery.surrogate.surrogate import Joint
from discovery.surrogate.validation import LeaveOneOut

CHUNK = 1024
"""Candidates predicted at a time: few enough for the processor's cache, some ten megabytes at 2048 bits."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Measurements as a process takes them, and its settled noise."""

    block: Block
    noise: Noise


@dataclass(frozen=True, eq=False)
class GaussianProcess:
    """An exact Gaussian process on packed features, fitted and conditioned.

    Args:
        name: Short name of the member.
        layout: Which features it reads.
        scale: Between its units and the property's.
        posterior: In standardised units.
        new_noise: Variance of the next measurement, of one specimen, in standardised units.
        told: The measurements themselves, where pseudo-targets stand in for some of them in ``posterior``, or its noise is no
            longer that with which they would be predicted.
        noise: ``n`` variances with which they would be.
        measured: What it was conditioned on, and the model of its noise; ``None`` for a process of several tasks.
    """

    name: str
    layout: Layout
    scale: Standardisation
    posterior: Conditioned
    new_noise: float
    views: int = 1
    told: Likelihood | None = None
    noise: Tensor | None = None
    measured: Measured | None = None

    @property
    def size(self) -> int:
        """How many measurements it was fitted to."""
        return len(self.posterior.targets)

    def loo(self) -> LeaveOneOut:
        """Closed-form leave-one-out in the property's unit, hyper-parameters held but not the mean.

        A limit is left out by its cavity, and is to be predicted with the noise of measuring it; so are the values of a robust
        process, whatever noise they have been given since. The other sites are held.
        """
        if self.size < 2:
            raise SurrogateError(
                "One measurement cannot be predicted from the others.", "Measure a second polymer."
            )
        mean, variance = self.posterior.leave_one_out()
        centre, spread = self.scale.centre, self.scale.spread
        targets, bounds = self.posterior.targets, None
        if self.told is not None and self.noise is not None:
            targets, bounds = self.told.targets, self.told.signs
            variance = (variance - self.posterior.noise).clamp_min(0.0) + self.noise
        degrees = None if self.told is None else self.told.degrees
        return LeaveOneOut(
            centre + spread * mean, spread**2 * variance, centre + spread * targets, bounds, degrees
        )

    def expected(self) -> Tensor:
        """``n`` measurements in the property's unit: values as they are, and of a limit the mean of what it may have been, given
        all others; for whatever can only read numbers.
        """
        centre, spread = self.scale.centre, self.scale.spread
        if self.told is None or self.told.signs is None:
            return centre + spread * (self.posterior.targets if self.told is None else self.told.targets)
        left_out = self.loo()
        sides = torch.where(left_out.known, 1.0, self.told.signs)
        inside, _ = truncated(left_out.mean, left_out.variance, left_out.values, sides)
        return torch.where(left_out.known, left_out.values, inside)

    def joint(self, features: Views) -> Joint:
        """Belief about ``m`` polymers together, in the property's unit."""
        mean, covariance = self.posterior.joint(self.layout.pack(one_view(features)))
        spread = self.scale.spread
        return Joint(self.scale.centre + spread * mean, spread**2 * covariance, spread**2 * self.new_noise)

    def predict(self, features: Views) -> tuple[Tensor, Tensor]:
        """Mean and predictive variance, each ``m``, in the property's unit."""
        features = one_view(features)
        means, variances = [torch.zeros(0, dtype=torch.float64)], [torch.zeros(0, dtype=torch.float64)]
        for start in range(0, len(features), CHUNK):
            mean, variance = self.posterior.marginal(self.layout.pack(features[start : start + CHUNK]))
            means.append(mean)
            variances.append(variance)
        spread = self.scale.spread
        mean, variance = torch.cat(means), torch.cat(variances) + self.new_noise
        return self.scale.centre + spread * mean, spread**2 * variance

    def seeing(self, features: Features, name: str) -> GaussianProcess:
        """The same process with its hyper-parameters held, of the same measurements seen otherwise.

        Args:
            features: Of the ``n`` measured polymers, such as under an adapter of their latent.
            name: Of the new process.

        Raises:
            SurrogateError: a process of several tasks, other columns, or a covariance that is not positive definite.
        """
        if self.measured is None:
            raise SurrogateError(
                "The measurements of this surrogate cannot be seen otherwise.", "Take one of a single task."
            )
        block = replace(self.measured.block, inputs=self.layout.pack(features))
        return conditioned(name, self.layout, self.scale, self.posterior.kernel, self.measured.noise, block)

    def prior_slope(self) -> tuple[float, float]:
        """Learned slope of the prior mean, in property units per unit of the estimate, and its posterior deviation.

        Raises:
            SurrogateError: the member has no prior mean.
        """
        if self.layout.prior is None:
            raise SurrogateError("This surrogate has no prior mean.", "Fit it with one.")
        variance = shares(self.posterior.kernel).prior
        estimates = self.posterior.inputs[:, self.layout.width]
        white = torch.linalg.solve_triangular(
            self.posterior.factor, estimates.unsqueeze(-1), upper=False
        ).square()
        mean = variance * float(estimates @ self.posterior.weights)
        left = variance - variance**2 * float(white.sum())
        unit = self.scale.spread / self.layout.prior.spread
        return unit * mean, unit * max(left, 0.0) ** 0.5

    def botorch_model(self) -> SingleTaskGP:
        """The same posterior as a BoTorch model over packed features, in the property's unit."""
        centre, spread = self.scale.centre, self.scale.spread
        kernel = ScaleKernel(deepcopy(self.posterior.kernel)).double()
        kernel.outputscale = spread**2
        mean = ConstantMean().double()
        mean.constant = centre
        model = SingleTaskGP(
            train_X=self.posterior.inputs,
            train_Y=(centre + spread * self.posterior.targets).unsqueeze(-1),
            train_Yvar=(spread**2 * self.posterior.noise).unsqueeze(-1),
            covar_module=kernel,
            mean_module=mean,
            outcome_transform=None,
        )
        model.eval()
        return model


def one_view(features: Views) -> Features:
    """The single `Features` in ``features``.

    Raises:
        SurrogateError: there are several, as for a cross-fitted member.
    """
    if isinstance(features, Features):
        return features
    if len(features) != 1:
        raise SurrogateError(
            f"This surrogate takes one view of the polymers, not {len(features)}.",
            "Only a cross-fitted surrogate takes one per fold.",
        )
    return features[0]


def conditioned(
    name: str,
    layout: Layout,
    scale: Standardisation,
    kernel: Kernel,
    noise: Noise,
    block: Block,
) -> GaussianProcess:
    """The process with its hyper-parameters settled, given all measurements of a block.

    Raises:
        SurrogateError: the covariance is not positive definite, or sites do not converge.
    """
    told = block.told
    with torch.no_grad():
        variances, new_noise = noise(block.errors), noise.of_a_new_measurement(block.errors)
        if told.plain:
            posterior = Conditioned.on(kernel, block.inputs, block.targets, variances)
            return GaussianProcess(
                name, layout, scale, posterior, float(new_noise), measured=Measured(block, noise)
            )
        sites = find_sites(kernel(block.inputs).to_dense(), variances, told)
        posterior = Conditioned.on(kernel, block.inputs, sites.targets, sites.noise)
        expected, new_noise = (told.predictive_noise(each) for each in (variances, new_noise))
    return GaussianProcess(
        name,
        layout,
        scale,
        posterior,
        float(new_noise),
        told=told,
        noise=expected,
        measured=Measured(block, noise),
    )


def _fit(name: str, data: Data, layout: Layout, seed: int) -> GaussianProcess:
    scale = Standardisation.of(data.values.to(torch.float64), data.bounds)
    block = Block(
        inputs=layout.pack(data.features),
        targets=scale.standardise(data.values),
        errors=Errors.of(data.sem, data.n, len(data), scale.spread),
        signs=data.bounds,
        robust=data.robust,
    )
    kernel, noise = covariance(layout), Noise(block.errors)
    settle(kernel, noise, block, seed=seed)
    return conditioned(name, layout, scale, kernel, noise, block)


def fit_fingerprint_gp(data: Data, *, seed: int, with_prior: bool = False) -> GaussianProcess:
    """The simplest member: Tanimoto on counts.

    Args:
        data: At least one measurement.
        seed: Of the further starts of the search for hyper-parameters.
        with_prior: Add the prior mean that the estimates give.

    Raises:
        SurrogateError: the features cannot be used, or no hyper-parameters could be found.
    """
    layout = Layout.of(data.features, fingerprint=True, latent=False, prior=with_prior)
    return _fit(f"fingerprint{WITH_PRIOR if with_prior else ''}", data, layout, seed)


def fit_latent_gp(
    data: Data, *, seed: int, with_fingerprint: bool = True, with_prior: bool = False
) -> GaussianProcess:
    """The frozen latent's member: Matern-5/2 with one length-scale, plus Tanimoto on counts unless told
    otherwise.

    Args:
        data: At least one measurement, with latents.
        seed: Of the further starts of the search for hyper-parameters.
        with_fingerprint: Add the fingerprint's kernel.
        with_prior: Add the prior mean that the estimates give; it needs the fingerprint.

    Raises:
        SurrogateError: the features cannot be used, or no hyper-parameters could be found.
    """
    layout = Layout.of(data.features, fingerprint=with_fingerprint, latent=True, prior=with_prior)
    return _fit(f"latent{WITH_PRIOR if with_prior else ''}", data, layout, seed)
