"""A prior mean from elsewhere: estimates of the property that nobody measured, and what they turned out to be worth.

The surrogate's mean is ``constant + slope x estimate``. Slope and constant have Gaussian priors of zero mean, which is a kernel
([Rasmussen2006]_, 2.7), so that both are learned with everything else, leaving a measurement out leaves it out of both, and an
estimate that says nothing gets a slope of nothing. Every member is fitted with and without it, and the gate decides.

A polymer without an estimate keeps the constant alone, and in place of the estimate's part a part of the same variance that
its fragments explain: what the estimate would have said is not known of it, and is no zero.

.. [Rasmussen2006]
    C. E. Rasmussen, C. K. I. Williams. Gaussian processes for machine learning. MIT Press, 2006.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

WITH_PRIOR = " + physics"
"""What is added to the name of a member that has the prior mean."""

FEWEST_ESTIMATED = 5
"""Measured polymers with an estimate below which no slope is learned, as below as many measurements no surrogate is."""


class PriorMean(Protocol):
    """Where estimates of the property come from; any model that needs no measurements of this campaign will do."""

    @property
    def name(self) -> str:
        """As a spec calls it, such as ``physics:tg``."""
        ...

    @property
    def revision(self) -> str:
        """Changes with whatever changes an estimate."""
        ...

    def estimates(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> NDArray[np.float64]:
        """One for each of ``n`` units in the unit of the measurements; ``nan`` where there is none."""
        ...

    def why_not(self, unit: RepeatUnit) -> str:
        """Why a unit has no estimate, in words; empty where it has one."""
        ...


@dataclass(frozen=True)
class PriorVerdict:
    """What a prior mean is worth by the measurements.

    Args:
        name: Of the prior mean.
        revision: Of its estimates.
        used: Whether the chosen member has it.
        member: The member, without the prior's name, that was compared with itself; empty where nothing was compared.
        difference: Mean leave-one-out log score with the prior mean minus that without.
        standard_error: Of the difference, paired by measurement.
        slope: Learned change of the property per unit of its estimate, with the prior mean.
        slope_error: Its posterior standard deviation.
        without_estimate: Measured polymers that have none, each as people call it.
        reason: What to tell the user, in sentences.
    """

    name: str
    revision: str
    used: bool
    reason: str
    without_estimate: tuple[str, ...] = ()
    member: str = ""
    difference: float | None = None
    standard_error: float | None = None
    slope: float | None = None
    slope_error: float | None = None


def without_prior(member: str) -> str:
    """The name of a member less that of the prior mean."""
    return member.removesuffix(WITH_PRIOR)


def obstacle(estimates: NDArray[np.float64]) -> str:
    """Why no slope can be learned from the estimates of ``n`` measured polymers; empty where one can."""
    known = estimates[np.isfinite(estimates)]
    if len(known) < FEWEST_ESTIMATED:
        polymers = "polymer has" if len(known) == 1 else "polymers have"
        return f"{len(known)} of the measured {polymers} an estimate, and it needs {FEWEST_ESTIMATED}"
    if np.ptp(known) <= 1e-9 * np.abs(known).max():
        return "all measured polymers have the same estimate"
    return ""


def verdict_in_words(
    name: str, member: str, used: bool, difference: float, error: float, slope: float, slope_error: float
) -> str:
    """Which way the comparison of a member with and without its prior mean went."""
    way = "higher" if difference >= 0 else "lower"
    compared = (
        f"With {name} as prior mean the leave-one-out log score of {member} is {abs(difference):.3f} {way} "
        f"(standard error {error:.3f})"
    )
    learned = f"learned slope {slope:.2f} ± {slope_error:.2f}, where 1 is to take the estimate at its word"
    if used:
        return f"{compared}, and it is used ({learned})."
    if difference > error:
        return f"{compared}, but a simpler model is within the noise of the best: it is not used ({learned})."
    return f"{compared}, so it does not pay and is not used ({learned})."
