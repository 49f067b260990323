"""From measurements to the surrogate that is trusted this round.

Three members are fitted to the same polymers: a GP on fingerprints, one on the frozen latent and, where there are measurements
enough, one on the refined latent; each of them also with a prior mean, where there is one. The gate compares them by
leave-one-out and takes the simplest that is not worse than another by more than the comparison's own error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from discovery.encoders.encoder import EncodingFailure
from discovery.errors import SurrogateError
from discovery.latent.refinement import Refinement, RefinementSkipped, refine
from discovery.latent.representation import Fused, Representation
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent
from discovery.surrogate.crossfit import fit_crossfitted_gp
from discovery.surrogate.features import Data, Features, Views
from discovery.surrogate.gate import GateDecision, gate
from discovery.surrogate.members import GaussianProcess, fit_fingerprint_gp, fit_latent_gp
from discovery.surrogate.observations import MINIMUM_POLYMERS, Observation
from discovery.surrogate.prior import WITH_PRIOR, PriorMean, PriorVerdict, without_prior
from discovery.surrogate.prior_comparison import variants_of, verdict_of
from discovery.surrogate.screening import Affine, ScreeningSurrogate, ScreeningViews
from discovery.surrogate.surrogate import Surrogate
from discovery.surrogate.validation import LeaveOneOut


@dataclass(frozen=True, slots=True)
class NotLearned:
    """No surrogate can be fitted to these measurements."""

    reason: str
    """In words for the user, such as ``3 polymers are measured, a model needs 5``."""


NAMED = 3
"""Polymers that a note calls by name; of more it gives the number."""


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
class Learned:
    """The fitted members and the one that the gate chose.

    Args:
        observations: What the chosen surrogate was fitted to.
        known: Features of ``observations``, ready for the chosen surrogate.
        measured: All that is measured, also what the chosen surrogate cannot read.
        fingerprints: ``n x b`` counts of ``measured``.
        chosen: The surrogate to use.
        loo: Leave-one-out of each member, by name, on the polymers that all members see.
        compared: The observations that belong to the rows of ``loo``.
        decision: The gate's choice, its numbers and its reason.
        screening: A surrogate on what is cheap to compute, for whole pools.
        refinement: The adapters, or why there are none.
        representation: What the members see of a polymer.
        notes: What the user should know, in sentences.
        prior: The prior mean, where the chosen surrogate has it.
        verdict: What a prior mean is worth, where one was asked for.
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
    refinement: Refinement | RefinementSkipped
    representation: Representation
    notes: tuple[str, ...]
    prior: PriorMean | None = None
    verdict: PriorVerdict | None = None

    def view(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> View:
        """Features of ``n`` units for the chosen surrogate; the fused latent is only made where it is used."""
        fingerprints = self.representation.fingerprints(units)
        estimates = None if self.prior is None else torch.from_numpy(self.prior.estimates(units, progress))
        known = Features(fingerprints, None, estimates)
        if without_prior(self.decision.chosen) == "fingerprint":
            return View(tuple(range(len(units))), known, ())
        fused = self.representation.fuse(units, progress)
        rows, failures = list(fused.positions), _once(fused.failures)
        if isinstance(self.refinement, Refinement) and self.chosen.views > 1:
            latents = self.refinement.embed([units[i] for i in rows], fused.geometry)
            return View(fused.positions, [known[rows].with_latent(z) for z in latents], failures)
        return View(fused.positions, known[rows].with_latent(fused.latent), failures)

    def screen_view(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> ScreenView:
        """``n`` units as the screening surrogate reads them: fingerprint and text, no conformer."""
        counts = self.representation.counts(units, progress)
        estimates = None if self.prior is None else self.prior.estimates(units, progress)
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


def learn(
    observations: Sequence[Observation],
    representation: Representation,
    *,
    seed: int,
    refinement: bool = True,
    fingerprint_only: bool = False,
    prior: PriorMean | None = None,
    progress: Progress = silent,
) -> Learned | NotLearned:
    """Fit the members and let the gate choose.

    Args:
        observations: One per polymer.
        representation: Encoders and fusion.
        seed: Of the fits and of the refinement.
        refinement: Whether to train adapters at all.
        fingerprint_only: Whether to fit the fingerprint member alone, without prior mean.
        prior: Estimates that a prior mean may follow.
        progress: Told of encoding and refinement.

    Raises:
        SurrogateError: When a fit fails.
        WeightsError, EncodingError: From the encoders.
    """
    if len(observations) < MINIMUM_POLYMERS:
        count = len(observations)
        measured = "1 polymer is" if count == 1 else f"{count or 'no'} polymers are"
        return NotLearned(f"{measured} measured, a model needs at least {MINIMUM_POLYMERS}")
    values = [o.value for o in observations]
    if max(values) - min(values) <= 1e-9 * max(abs(v) for v in values):
        return NotLearned(
            f"all {len(values)} measured polymers have the same value, so there is nothing to learn from"
        )
    units = [o.unit for o in observations]
    fingerprints = representation.fingerprints(units)
    if fingerprint_only:
        return _fingerprint_only(observations, Features(fingerprints), representation, seed, [], None)
    estimates = None if prior is None else torch.from_numpy(prior.estimates(units, progress))
    every = Features(fingerprints, None, estimates)
    fused = representation.fuse(units, progress)
    complete = list(fused.positions)
    notes = _left_out(observations, fused.failures)
    if len(complete) < MINIMUM_POLYMERS:
        notes.append(
            f"Only {len(complete)} of the measured polymers can be read by both encoders, "
            "so only the fingerprint model is fitted."
        )
        return _fingerprint_only(observations, every, representation, seed, notes, prior)
    settled = representation.settled(units, progress)
    if settled is not representation:
        representation, fused = settled, settled.fuse(units)

    compared = [observations[i] for i in complete]
    seen = _data(every[complete].with_latent(fused.latent), compared)
    variants = variants_of(prior, seen.features)
    members: list[Surrogate] = [fit_fingerprint_gp(seen, seed=seed, with_prior=v) for v in variants]
    members += [fit_latent_gp(seen, seed=seed, with_prior=v) for v in variants]
    views: dict[str, Views] = {"fingerprint": every, "latent": seen.features}
    adapted: Refinement | RefinementSkipped = RefinementSkipped("switched off")
    if refinement:
        adapted = _refine(representation, compared, seen, fused, seed, progress)
    if isinstance(adapted, Refinement):
        folds = _folds(adapted, compared, seen, fused)
        try:
            members += [
                fit_crossfitted_gp(folds, seen.values, seen.sem, n=seen.n, seed=seed, with_prior=v)
                for v in variants
            ]
        except SurrogateError as error:
            adapted = RefinementSkipped(f"no model could be fitted to the refined latent ({error.message})")
        else:
            views["refined"] = [features for features, _ in folds]
    if isinstance(adapted, RefinementSkipped):
        notes.append(f"The latent is {adapted}.")

    left_out = [member.loo() for member in members]
    decision = gate(members, left_out)
    chosen = next(member for member in members if member.name == decision.chosen)
    verdict = verdict_of(prior, variants, decision, members, left_out, observations, every)
    base, has_prior = without_prior(decision.chosen), decision.chosen.endswith(WITH_PRIOR)
    trusted = compared
    if base == "fingerprint":
        trusted = list(observations)
        plain = (
            chosen
            if isinstance(chosen, GaussianProcess) and len(compared) == len(trusted)
            else fit_fingerprint_gp(_data(every, trusted), seed=seed, with_prior=has_prior)
        )
        chosen, screening = plain, ScreeningSurrogate(plain)
    else:
        text = representation.text_vectors([o.unit for o in compared])
        cheap = _data(every[complete].with_latent(representation.text_latent(text.vectors)), compared)
        branch = Affine(*representation.text_branch())
        screening = ScreeningSurrogate(fit_latent_gp(cheap, seed=seed, with_prior=has_prior), branch)
    return Learned(
        observations=tuple(trusted),
        known=views[base],
        measured=tuple(observations),
        fingerprints=fingerprints,
        chosen=chosen,
        loo={member.name: loo for member, loo in zip(members, left_out, strict=True)},
        compared=tuple(compared),
        decision=decision,
        screening=screening,
        refinement=adapted,
        representation=representation,
        notes=tuple(note for note in (representation.remark, verdict and verdict.reason, *notes) if note),
        prior=prior if has_prior else None,
        verdict=verdict,
    )


def _refine(
    representation: Representation,
    compared: Sequence[Observation],
    seen: Data,
    fused: Fused,
    seed: int,
    progress: Progress,
) -> Refinement | RefinementSkipped:
    return refine(
        representation.text,
        representation.fusion,
        [o.unit for o in compared],
        fused.geometry,
        seen.values.numpy(),
        seed=seed,
        progress=progress,
    )


def _folds(
    adapted: Refinement, compared: Sequence[Observation], seen: Data, fused: Fused
) -> list[tuple[Features, tuple[int, ...]]]:
    """For each fold, all measured polymers under its adapter and the rows that the adapter saw."""
    latents = adapted.embed([o.unit for o in compared], fused.geometry)
    return [
        (seen.features.with_latent(z), fold.trained_on)
        for z, fold in zip(latents, adapted.folds, strict=True)
    ]


def _fingerprint_only(
    observations: Sequence[Observation],
    features: Features,
    representation: Representation,
    seed: int,
    notes: list[str],
    prior: PriorMean | None,
) -> Learned:
    data, variants = _data(features, observations), variants_of(prior, features)
    members = [fit_fingerprint_gp(data, seed=seed, with_prior=v) for v in variants]
    left_out = [member.loo() for member in members]
    decision = gate(members, left_out)
    chosen = next(member for member in members if member.name == decision.chosen)
    verdict = verdict_of(prior, variants, decision, members, left_out, observations, features)
    return Learned(
        observations=tuple(observations),
        known=features,
        measured=tuple(observations),
        fingerprints=features.fingerprint,
        chosen=chosen,
        loo={member.name: loo for member, loo in zip(members, left_out, strict=True)},
        compared=tuple(observations),
        decision=decision,
        screening=ScreeningSurrogate(chosen),
        refinement=RefinementSkipped("no latent"),
        representation=representation,
        notes=tuple([verdict.reason, *notes] if verdict else notes),
        prior=prior if decision.chosen.endswith(WITH_PRIOR) else None,
        verdict=verdict,
    )


def _data(features: Features, observations: Sequence[Observation]) -> Data:
    """Features of ``n`` observations with their values; a standard error is ``nan`` where unknown."""
    values = torch.tensor([o.value for o in observations], dtype=torch.float64)
    sem = torch.tensor([math.nan if o.sem is None else o.sem for o in observations], dtype=torch.float64)
    return Data(features, values, sem, torch.tensor([float(o.n) for o in observations], dtype=torch.float64))


def _once(failures: Sequence[EncodingFailure]) -> tuple[EncodingFailure, ...]:
    """One failure per polymer: the first reason, where both encoders failed."""
    first: dict[str, EncodingFailure] = {}
    for failure in failures:
        first.setdefault(failure.unit.key, failure)
    return tuple(first.values())


def _left_out(observations: Sequence[Observation], failures: Sequence[EncodingFailure]) -> list[str]:
    """The measured polymers that the latent models cannot read: one sentence, or none."""
    names = {o.unit.key: o.name or o.unit.psmiles for o in observations}
    lost = [f"{names[failure.unit.key]} ({failure.reason})" for failure in _once(failures)]
    if not lost:
        return []
    count = "1 measured polymer is" if len(lost) == 1 else f"{len(lost)} measured polymers are"
    listed = ", ".join(lost[:NAMED]) + (f" and {len(lost) - NAMED} more" if len(lost) > NAMED else "")
    return [f"{count} left out of the latent models: {listed}."]
