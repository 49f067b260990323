r"""Student-t noise: a normal with a precision of its own for each value, so that a slip is believed less.

The noise of a value is normal with variance :math:`\sigma^2 / \lambda`, and :math:`\lambda` has a Gamma prior of mean 1, which is
Student-t noise where :math:`\lambda` is not known. Its variational posterior ([Tipping2005]_, [Kuss2006]_) is another Gamma, and
only its mean, the *weight* of the value, reaches the process: the pseudo-noise is the noise over the weight.

Weights and function are taken as independent of one another (mean field), which leaves the function somewhat too sure of itself
where several values may be slips; the corrected intervals (:mod:`~discovery.surrogate.calibration`) make up for it on the whole.

It was chosen over relevance pursuit ([Ament2024]_, BoTorch's) for its speed: a fit takes little more than one with normal noise.

A prediction is the normal distribution of the same mean and variance, since all that follows it (acquisition, conditioning on
what is pending) is made for normals; left-out measurements are scored by the Student-t itself.

.. [Ament2024]
    S. Ament, E. Santorella, D. Eriksson, B. Letham, M. Balandat, E. Bakshy. Robust Gaussian processes via relevance pursuit.
    NeurIPS 2024.
.. [Kuss2006]
    M. Kuss. Gaussian process models for robust regression, classification, and reinforcement learning. PhD thesis, TU Darmstadt,
    2006.
.. [Tipping2005]
    M. E. Tipping, N. D. Lawrence. Variational inference for Student-t models. Neurocomputing 69, 2005.
"""

from __future__ import annotations

import torch
from torch import Tensor

DEGREES = 4.0
"""Degrees of freedom of the noise: tails heavy enough for slips, and still a variance."""

VARIANCE = DEGREES / (DEGREES - 2.0)
"""Of the noise, in squares of its scale."""


def weights(squares: Tensor) -> Tensor:
    """Mean precision of ``n`` values from their expected squared distances from the function, in variances of the noise."""
    return (DEGREES + 1.0) / (DEGREES + squares)


def bound_of(weights: Tensor) -> Tensor:
    """What each of ``n`` precisions adds to the variational bound of the log evidence, besides the normal density at its mean."""
    shape = torch.tensor(0.5 * (DEGREES + 1.0), dtype=torch.float64)
    prior = torch.tensor(0.5 * DEGREES, dtype=torch.float64)
    rate = shape / weights
    divergence = (
        (shape - prior) * torch.digamma(shape)
        - torch.lgamma(shape)
        + torch.lgamma(prior)
        + prior * (rate.log() - prior.log())
        + shape * (prior - rate) / rate
    )
    return 0.5 * (torch.digamma(shape) - shape.log()) - divergence
