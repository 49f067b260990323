r"""The product's Gaussian process from matrices that are computed once: for benchmarks that fit thousands of them.

Kernel, priors, bounds, noise, standardisation, starts and search are those of :mod:`discovery.surrogate`. What differs is
that distances and similarities are looked up and that the gradient is written out: a fit is five to ten times as fast. That
both give the same predictions is tested.

.. [Rasmussen2006]
    C. E. Rasmussen, C. K. I. Williams. Gaussian processes for machine learning. MIT Press, 2006.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.optimize import minimize

from discovery.errors import SurrogateError
from discovery.surrogate.fitting import FLAT, RESTART_SPREAD, RESTARTS, STEPS
from discovery.surrogate.kernels import MEAN_VARIANCE, SCALE_BOUNDS, UNIT_CUBE_DEVIATION
from discovery.surrogate.noise import NOISE_FLOOR, SPREAD, TYPICAL
from discovery.surrogate.posterior import Standardisation

Matrix = NDArray[np.float64]
_ROOT5 = math.sqrt(5.0)


@dataclass(frozen=True, eq=False)
class Likeness:
    """How like ``n`` polymers are to one another.

    Args:
        tanimoto: ``n x n`` similarities of their fingerprints, or ``None`` where those are not used.
        distance: ``n x n`` Euclidean distances of their latents, or ``None`` where those are not used.
        dim: Dimensions of the latent, which the prior of the length-scale depends on.
    """

    tanimoto: Matrix | None
    distance: Matrix | None
    dim: int = 0

    @classmethod
    def of(cls, *, tanimoto: Matrix | None = None, latent: NDArray[np.floating] | None = None) -> Likeness:
        """From similarities, a latent ``n x d``, or both."""
        if latent is None:
            return cls(tanimoto, None)
        points = torch.from_numpy(np.asarray(latent, dtype=np.float64))
        # not by way of the product of the vectors, which rounds small distances away
        distance = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist").numpy()
        return cls(tanimoto, distance, points.shape[1])

    def block(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Likeness:
        """Of ``rows`` to ``columns``."""
        chosen = np.ix_(rows, columns)
        return Likeness(
            None if self.tanimoto is None else np.ascontiguousarray(self.tanimoto[chosen]),
            None if self.distance is None else np.ascontiguousarray(self.distance[chosen]),
            self.dim,
        )


@dataclass(frozen=True)
class _Hyper:
    """One hyper-parameter in log space: where the search starts, its log-normal prior, its bounds."""

    first: float
    centre: float
    spread: float
    low: float
    high: float


def _hypers(likeness: Likeness) -> dict[str, _Hyper]:
    """The hyper-parameters in the order in which the product draws its further starts."""
    rough = (
        likeness.tanimoto is None
    )  # the product's kernel of a latent without fingerprints has a rough part beside the smooth one
    parts = (likeness.tanimoto is not None) + (likeness.distance is not None) * (1 + rough)
    share = -math.log(parts)
    scale = _Hyper(share, share, 1.0, math.log(SCALE_BOUNDS[0]), math.log(SCALE_BOUNDS[1]))
    found: dict[str, _Hyper] = {}
    if likeness.tanimoto is not None:
        found["tanimoto"] = scale
    if likeness.distance is not None:
        found["matern"] = scale
        centre = math.sqrt(2.0) + 0.5 * math.log(likeness.dim) - math.log(UNIT_CUBE_DEVIATION)
        first = 0.5 * math.log(2.0 * likeness.dim)
        found["lengthscale"] = _Hyper(first, centre, math.sqrt(3.0), math.log(1e-2), math.log(1e4))
        if rough:
            found |= {"rough": scale, "rough lengthscale": found["lengthscale"]}
    found["noise"] = _Hyper(TYPICAL, TYPICAL, SPREAD, math.log(NOISE_FLOOR), math.log(10.0))
    return found


def _covariance(likeness: Likeness, hyper: dict[str, float]) -> Matrix:
    """Covariance of the noise-free function, its unknown mean included."""
    total: Matrix | float = MEAN_VARIANCE
    if likeness.tanimoto is not None:
        total = total + math.exp(hyper["tanimoto"]) * likeness.tanimoto
    if likeness.distance is not None:
        total = total + math.exp(hyper["matern"]) * _matern(likeness.distance, hyper["lengthscale"])[0]
        if "rough" in hyper:
            total = total + math.exp(hyper["rough"]) * np.exp(
                -math.exp(-hyper["rough lengthscale"]) * likeness.distance
            )
    return np.asarray(total)


def _matern(distance: Matrix, lengthscale: float) -> tuple[Matrix, Matrix]:
    """Matern-5/2 and its slope in the log length-scale."""
    r = (_ROOT5 * math.exp(-lengthscale)) * distance
    decay = np.exp(-r)
    third = r * r / 3.0
    return (1.0 + r + third) * decay, third * (1.0 + r) * decay


def _loss(
    x: Matrix, names: tuple[str, ...], hypers: dict[str, _Hyper], likeness: Likeness, targets: Matrix
) -> tuple[float, Matrix]:
    """Minus log evidence and log prior for each target, with its gradient ([Rasmussen2006]_, 5.9)."""
    hyper = dict(zip(names, x, strict=True))
    size = len(targets)
    slopes: dict[str, Matrix] = {}
    covariance = np.full((size, size), MEAN_VARIANCE)
    if likeness.tanimoto is not None:
        slopes["tanimoto"] = math.exp(hyper["tanimoto"]) * likeness.tanimoto
        covariance += slopes["tanimoto"]
    if likeness.distance is not None:
        near, slope = _matern(likeness.distance, hyper["lengthscale"])
        scale = math.exp(hyper["matern"])
        near *= scale
        slope *= scale
        slopes |= {"matern": near, "lengthscale": slope}
        covariance += near
        if "rough" in hyper:
            r = math.exp(-hyper["rough lengthscale"]) * likeness.distance
            near = math.exp(hyper["rough"]) * np.exp(-r)  # Matern-1/2
            slopes |= {"rough": near, "rough lengthscale": r * near}
            covariance += near
    noise = math.exp(hyper["noise"])
    covariance.flat[:: size + 1] += noise
    factor, failed = dpotrf(covariance.T, lower=1, overwrite_a=1)  # turned, it lies as LAPACK wants it
    if failed:
        raise SurrogateError("The covariance is not positive definite.", "Look for latents of giant size.")
    logdet = 2.0 * np.log(factor.diagonal()).sum()
    inverse, _ = dpotri(factor, lower=1, overwrite_c=1)
    inverse = inverse + inverse.T  # what lies above the diagonal is zero
    inverse.flat[:: size + 1] *= 0.5
    weights = inverse @ targets
    value = 0.5 * (targets @ weights + logdet + size * math.log(2.0 * math.pi))
    inner = np.outer(weights, weights) - inverse
    gradient = np.empty(len(names))
    for i, name in enumerate(names):
        slope_of = noise * np.trace(inner) if name == "noise" else np.vdot(inner, slopes[name])
        spec = hypers[name]
        z = (x[i] - spec.centre) / spec.spread
        value += x[i] + math.log(spec.spread * math.sqrt(2.0 * math.pi)) + 0.5 * z * z
        gradient[i] = -0.5 * slope_of + 1.0 + z / spec.spread
    return float(value) / size, gradient / size


def _arrived(gradient: Matrix, x: Matrix, hypers: dict[str, _Hyper]) -> bool:
    """Whether the search ended in a mode: flat but for parameters that rest against the bound they are pushed to."""
    slopes = [
        abs(g)
        for g, at, spec in zip(gradient, x, hypers.values(), strict=True)
        if not ((at <= spec.low and g > 0) or (at >= spec.high and g < 0))
    ]
    return max(slopes, default=0.0) <= FLAT


def fit_and_predict(
    likeness: Likeness, values: Matrix, train: NDArray[np.int64], test: NDArray[np.int64], *, seed: int
) -> tuple[Matrix, Matrix]:
    """Mean and predictive variance, noise included, of the ``test`` polymers from the values of the ``train`` ones.

    Args:
        likeness: Of all ``n`` polymers.
        values: ``n`` measured values.
        train: Positions of the polymers whose values are known.
        test: Positions of the others.
        seed: Of the further start of the search.

    Raises:
        SurrogateError: no hyper-parameters could be found.
    """
    scale = Standardisation.of(torch.from_numpy(values[train]))
    targets = (values[train] - scale.centre) / scale.spread
    known = likeness.block(train, train)
    hypers = _hypers(known)
    names = tuple(hypers)
    first = np.array([spec.first for spec in hypers.values()])
    low, high = (np.array([getattr(spec, end) for spec in hypers.values()]) for end in ("low", "high"))
    generator = torch.Generator().manual_seed(seed)
    best, best_loss = None, math.inf
    for start in range(1 + RESTARTS):
        jumps = [float(torch.randn((), generator=generator, dtype=torch.float64)) for _ in names]
        x = np.clip(first + (RESTART_SPREAD * np.array(jumps) if start else 0.0), low, high)
        try:
            found = minimize(
                _loss, x, args=(names, hypers, known, targets), jac=True, method="L-BFGS-B",
                bounds=list(zip(low, high, strict=True)), options={"maxiter": STEPS},
            )  # fmt: skip
        except SurrogateError:
            continue
        if math.isfinite(found.fun) and _arrived(found.jac, found.x, hypers) and found.fun < best_loss:
            best, best_loss = found.x, float(found.fun)
    if best is None:
        raise SurrogateError(
            "No hyper-parameters could be fitted.", "Look for features that are not standardised."
        )
    hyper = dict(zip(names, best, strict=True))
    covariance = _covariance(known, hyper)
    noise = math.exp(hyper["noise"])
    covariance.flat[:: len(train) + 1] += noise
    factor, _ = dpotrf(covariance, lower=1)
    cross = _covariance(likeness.block(train, test), hyper)
    explained = solve_triangular(factor, cross, lower=True)
    mean = explained.T @ solve_triangular(factor, targets, lower=True)
    prior = MEAN_VARIANCE + sum(
        math.exp(hyper[name]) for name in ("tanimoto", "matern", "rough") if name in hyper
    )
    variance = np.maximum(prior - (explained**2).sum(axis=0), 0.0) + noise
    return scale.centre + scale.spread * mean, scale.spread**2 * variance
