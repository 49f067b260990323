"""What learning from measurements gave: the surrogate that is trusted, and everything that a round and a report ask of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from discovery.encoders.encoder import EncodingFailure
from discovery.latent.refinement import Refinement, RefinementSkipped
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent
from discovery.surrogate.calibration import Calibration
from discovery.surrogate.features import Features, Views
from discovery.surrogate.gate import GateDecision
from discovery.surrogate.multitask import NAME as MULTITASK
from discovery.surrogate.observations import Observation
from discovery.surrogate.prior import PriorMean, PriorVerdict, without_prior
from discovery.surrogate.scale import Scale
from discovery.surrogate.screening import ScreeningSurrogate, ScreeningViews
from discovery.surrogate.sources import ReadSources
from discovery.surrogate.surrogate import Surrogate
from discovery.surrogate.validation import LeaveOneOut

OUTLYING = 3.5
"""Leave-one-out error, in predictive standard deviations, beyond which a measurement is named for another look."""


@dataclass(frozen=True, slots=True)
class NotLearned:
    """No surrogate can be fitted to these measurements."""

    reason: str
    """In words for the user, such as ``3 polymers are measured, a model needs 5``."""


@dataclass(frozen=True, slots=True)
class Outlier:
    """A measurement that all others speak against: measure again?

    Args:
        observation: What was measured.
        expected: What the others predict, in the property's unit; the median on a logarithmic scale.
        z: Error in predictive standard deviations.
    """

    observation: Observation
    expected: float
    z: float


@dataclass(frozen=True, eq=False)
class View:
    """Polymers as the chosen surrogate sees them.

    Args:
        positions: Rows of the input that could be encoded, in order.
        views: Their features, ready for the surrogate.
        failures: The others, each once, with the reason.
    """

    positions: tuple[int, ...]
    views: Views
    failures: tuple[EncodingFailure, ...]


@dataclass(frozen=True, eq=False)
class ScreenView:
    """Polymers as the screening surrogate sees them.

    Args:
        positions: Rows of the input that could be encoded, in order.
        views: What is kept of them, ready for the surrogate.
        failures: The others, with the reason.
    """

    positions: Sequence[int]
    views: ScreeningViews
    failures: tuple[EncodingFailure, ...]

    @property
    def without_estimate(self) -> int:
        """How many of those that could be encoded have no estimate for the prior mean."""
        estimates = self.views.estimates
        return 0 if estimates is None else int(np.isnan(estimates).sum())


@dataclass(frozen=True, eq=False)
class Fitted:
    """A member, what it was fitted to as it sees it, and what leaving one out says of it before its deviations are corrected."""

    member: Surrogate
    known: Views
    left_out: LeaveOneOut


@dataclass(frozen=True, eq=False)
class Learned:
    """The fitted members and the one that the gate chose.

    Args:
        observations: What the chosen surrogate was fitted to.
        known: Features of ``observations``, ready for the chosen surrogate.
        measured: All that is measured, also what the chosen surrogate cannot read.
        fingerprints: ``n x b`` counts of ``measured``.
        chosen: The surrogate to use.
        loo: Leave-one-out of each member, by name, on the polymers that all members see; deviations corrected.
        compared: The observations that belong to the rows of ``loo``.
        decision: The gate's choice, its numbers and its reason.
        screening: A surrogate on what is cheap to compute, for whole pools.
        refinements: The adapters of each refined member that was asked for, by its name, or why there are none.
        representation: What the members see of a polymer.
        notes: What the user should know, in sentences.
        robust: Whether values that all others speak against are believed less.
        prior: The prior mean, where the chosen surrogate has it.
        verdict: What a prior mean is worth, where one was asked for.
        scale: That the property is modelled on: all that the surrogates say is on it, observations are in the property's unit.
        calibration: How the chosen surrogate's deviations are corrected.
        outliers: Measurements that all others speak against, the worst first.
        sources: What the multi-task member was fitted with; ``None`` without sources.
        fitted: All members, simplest first.
    """

    observations: tuple[Observation, ...]
    known: Views
    measured: tuple[Observation, ...]
    fingerprints: Tensor
    chosen: Surrogate
    loo: dict[str, LeaveOneOut]
    compared: tuple[Observation, ...]
    decision: GateDecision
    screening: ScreeningSurrogate
    refinements: Mapping[str, Refinement | RefinementSkipped]
    representation: Representation
    notes: tuple[str, ...]
    prior: PriorMean | None = None
    verdict: PriorVerdict | None = None
    scale: Scale = Scale.LINEAR
    calibration: Calibration | None = None
    outliers: tuple[Outlier, ...] = ()
    robust: bool = False
    sources: ReadSources | None = None
    fitted: tuple[Fitted, ...] = ()

    @property
    def adapters(self) -> Refinement | None:
        """Those of the chosen member; ``None`` where it is on the frozen latent, or on none."""
        found = self.refinements.get(without_prior(self.decision.chosen))
        return found if isinstance(found, Refinement) else None

    def calibrated(self, views: Views, mean: Tensor, variance: Tensor) -> tuple[Tensor, float | None]:
        """What the chosen surrogate's beliefs are worth by its errors so far.

        Args:
            views: ``m`` polymers, as :meth:`view` gives them.
            mean: Their ``m`` means, on the scale.
            variance: Their ``m`` predictive variances, noise included.

        Returns:
            ``m`` corrected variances, and the degrees of freedom of the Student-t that each belongs to; ``None`` for a normal.
        """
        if self.calibration is None:
            return variance, None
        return self.calibration.variance(views, mean, variance), self.calibration.degrees

    def view(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> View:
        """Features of ``n`` units for the chosen surrogate; the fused latent is only made where it is used."""
        fingerprints = self.representation.fingerprints(units)
        known = Features(fingerprints, None, self._estimates(units, progress))
        if without_prior(self.decision.chosen) == "fingerprint":
            return View(tuple(range(len(units))), known, ())
        fused = self.representation.fuse(units, progress)
        rows, failures = list(fused.positions), once(fused.failures)
        readable = fused.encoded.units
        known = replace(known[rows], physics=self.representation.physics(readable, progress))
        if self.adapters is not None:
            latents = self.adapters.embed(fused.encoded, progress)
            return View(fused.positions, [known.with_latent(z) for z in latents], failures)
        return View(fused.positions, known.with_latent(fused.latent), failures)

    def screen_view(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> ScreenView:
        """``n`` units as the screening surrogate reads them: fingerprint and text, no conformer."""
        counts = self.representation.counts(units, progress)
        # the screen knows no sources: what is computable of one is left to the full posterior
        told = estimates_on(self.prior, units, self.scale, progress)
        estimates = None if told is None else told.numpy()
        if not self.screening.reads_text:
            return ScreenView(range(len(units)), ScreeningViews(counts, None, estimates), ())
        text = self.representation.text_rows(units, progress)
        if not text.failures:
            return ScreenView(range(len(units)), ScreeningViews(counts, text.vectors, estimates), ())
        failures = tuple(EncodingFailure(units[i], reason) for i, reason in text.failures)
        views = ScreeningViews(
            counts.take(text.positions),
            text.vectors,
            None if estimates is None else estimates[text.positions],
        )
        return ScreenView(text.positions.tolist(), views, failures)

    def _estimates(self, units: Sequence[RepeatUnit], progress: Progress) -> Tensor | None:
        """``n`` estimates that the chosen surrogate reads: its prior mean's, or those of a computable source."""
        if self.chosen.name == MULTITASK and self.sources is not None:
            return estimates_on(self.sources.computed, units, self.sources.scale, progress)
        return estimates_on(self.prior, units, self.scale, progress)


def estimates_on(
    prior: PriorMean | None, units: Sequence[RepeatUnit], scale: Scale, progress: Progress
) -> Tensor | None:
    """``n`` estimates on a scale; ``nan`` where there is none, or none that has a logarithm."""
    if prior is None:
        return None
    estimates = torch.from_numpy(prior.estimates(units, progress))
    return estimates if scale is Scale.LINEAR else estimates.where(estimates > 0, torch.nan).log10()


def once(failures: Sequence[EncodingFailure]) -> tuple[EncodingFailure, ...]:
    """One failure per polymer: the first reason, where both encoders failed."""
    first: dict[str, EncodingFailure] = {}
    for failure in failures:
        first.setdefault(failure.unit.key, failure)
    return tuple(first.values())
