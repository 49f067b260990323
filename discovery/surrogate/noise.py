r"""How noisy measurements are: given by their standard errors, learned where none is given.

A measured value is the mean of ``n`` specimens. Its noise has two parts: the error of measuring, which shrinks
with ``n``, and a nugget, which does not, because it is what the features cannot tell apart (two polymers of
one fingerprint). The next measurement is that of one specimen, whatever the means so far were made of.

.. [Hvarfner2024]
    C. Hvarfner, E. O. Hellsten, L. Nardi. Vanilla Bayesian optimization performs great in high dimensions.
    ICML 2024.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from gpytorch import Module
from gpytorch.priors import LogNormalPrior
from torch import Tensor, exp

NOISE_FLOOR = 1e-4
"""Smallest noise variance, one per cent of the outcome's deviation: below any laboratory's, and it keeps
Cholesky factors sound."""

TYPICAL, SPREAD = -4.0, 1.0
"""Location and scale of the log-normal prior of a noise variance, as in [Hvarfner2024]_."""


@dataclass(frozen=True, eq=False)
class Errors:
    """What is known of the errors of ``n`` means, in standardised units.

    Args:
        variances: ``n`` variances of the means (squared standard errors), ``nan`` where unknown.
        specimens: ``n`` numbers of specimens behind the means, at least 1.
    """

    variances: Tensor
    specimens: Tensor

    @classmethod
    def of(cls, sem: Tensor | None, n: Tensor | None, size: int, spread: float) -> Errors:
        """From standard errors in the property's unit; a number of specimens that is not given is one."""
        unknown = torch.full((size,), torch.nan, dtype=torch.float64)
        ones = torch.ones(size, dtype=torch.float64)
        return cls(
            unknown if sem is None else (sem.to(torch.float64) / spread).square(),
            ones if n is None else n.to(torch.float64),
        )

    def __getitem__(self, rows: Tensor | slice) -> Errors:
        return Errors(self.variances[rows], self.specimens[rows])

    @property
    def missing(self) -> Tensor:
        """``n``, true where no standard error is known."""
        return torch.isnan(self.variances)

    @property
    def of_one_specimen(self) -> Tensor:
        """``n`` variances of a single specimen, ``nan`` where unknown."""
        return self.variances * self.specimens


class Noise(Module):  # type: ignore[misc]  # GPyTorch ships no types
    """Variance of measurements: ``nugget + sem^2`` where a standard error is given, else ``nugget + scatter / n``.

    Nugget and scatter are learned. The scatter is the variance of one specimen; its prior is centred at what
    the known standard errors say of one specimen, so that a single missing one is taken to be like the
    others. Where every value is one specimen without a standard error the two parts cannot be told apart,
    and the scatter alone stands for both.

    Args:
        errors: Of the measurements to be fitted.
    """

    def __init__(self, errors: Errors) -> None:
        super().__init__()
        missing = errors.missing
        apart = not bool(missing.all()) or bool((errors.specimens > 1).any())
        self.learned = tuple(
            name for name, used in (("nugget", apart), ("scatter", bool(missing.any()))) if used
        )
        centres = {"nugget": TYPICAL, "scatter": TYPICAL}
        if not bool(missing.all()):
            known = float(errors.of_one_specimen[~missing].median())
            centres["scatter"] = math.log(max(known, NOISE_FLOOR))
        for name in self.learned:
            self.register_parameter(f"raw_{name}", torch.nn.Parameter(torch.tensor(centres[name])))
            prior = LogNormalPrior(loc=centres[name], scale=SPREAD)
            self.register_prior(f"{name}_prior", prior, lambda module, name=name: getattr(module, name))
        self.double()

    @property
    def nugget(self) -> Tensor:
        """Variance that the features cannot explain, shared by all; zero where the scatter stands for it."""
        return exp(self.raw_nugget) if "nugget" in self.learned else torch.zeros((), dtype=torch.float64)

    @property
    def scatter(self) -> Tensor:
        """Variance of one specimen where no standard error is known; zero where all are known."""
        return exp(self.raw_scatter) if "scatter" in self.learned else torch.zeros((), dtype=torch.float64)

    def forward(self, errors: Errors) -> Tensor:
        """Noise variance ``n`` of the means."""
        # The inner replacement keeps nan out of the gradient.
        known = torch.where(errors.missing, 0.0, errors.variances)
        return self.nugget + torch.where(errors.missing, self.scatter / errors.specimens, known)

    def of_a_new_measurement(self, errors: Errors) -> Tensor:
        """Noise variance, a scalar, of the next measurement of one specimen: that of the typical polymer."""
        single = torch.where(errors.missing, self.scatter, errors.of_one_specimen)
        return self.nugget + single.median()
