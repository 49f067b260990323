"""From measurements to the surrogate that is trusted this round.

Members are fitted to the same polymers: a GP on fingerprints, one on the frozen latent, where there are measurements enough
one on the refined latent, and where there are sources one with them as further tasks; the first three also with a prior mean,
where there is one. The deviations of each are corrected by its own leave-one-out errors where that pays. The gate compares
them by leave-one-out and takes the frozen latent's unless another is better by more than the comparison's own error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from discovery.encoders.encoder import EncodingFailure
from discovery.errors import SurrogateError
from discovery.latent.refinement import Refinement, RefinementSkipped, refine
from discovery.latent.representation import Fused, Representation
from discovery.progress import Progress, silent
from discovery.surrogate.calibration import Calibration, calibrate
from discovery.surrogate.crossfit import fit_crossfitted_gp
from discovery.surrogate.features import Data, Features, Views
from discovery.surrogate.gate import gate
from discovery.surrogate.learned import OUTLYING, Learned, NotLearned, Outlier, estimates_on, once
from discovery.surrogate.measurements import data_of
from discovery.surrogate.members import GaussianProcess, fit_fingerprint_gp, fit_latent_gp
from discovery.surrogate.multitask import NAME as MULTITASK
from discovery.surrogate.multitask import fit_multitask_gp
from discovery.surrogate.observations import MINIMUM_POLYMERS, Observation
from discovery.surrogate.prior import WITH_PRIOR, PriorMean, without_prior
from discovery.surrogate.prior_comparison import variants_of, verdict_of
from discovery.surrogate.scale import Scale
from discovery.surrogate.screening import Affine, ScreeningSurrogate
from discovery.surrogate.sources import Source, read_sources
from discovery.surrogate.surrogate import Surrogate
from discovery.surrogate.validation import LeaveOneOut

NAMED = 3
"""Polymers that a note calls by name; of more it gives the number."""

TRUSTED = "latent"
"""The member that is used unless another is better by more than the noise: on public tables it predicts better than the
fingerprints' from twenty measurements on, where leave-one-out cannot tell yet.
"""

MEMBERS = ("fingerprint", "latent", "refined")
"""The members, simplest first; beside them stands the multi-task one where there are sources."""


@dataclass(frozen=True, eq=False)
class _Fitted:
    """A member, what it was fitted to as it sees it, and what leaving one out says of it."""

    member: Surrogate
    known: Views
    left_out: LeaveOneOut


def learn(
    observations: Sequence[Observation],
    representation: Representation,
    *,
    seed: int,
    members: Sequence[str] = MEMBERS,
    scale: Scale = Scale.LINEAR,
    robust: bool = False,
    prior: PriorMean | None = None,
    sources: Sequence[Source] = (),
    progress: Progress = silent,
) -> Learned | NotLearned:
    """Fit the members and let the gate choose.

    Args:
        observations: One per polymer, values and limits, in the property's unit.
        representation: Encoders and fusion.
        seed: Of the fits, of the refinement and of the calibration.
        members: Which of :data:`MEMBERS` to fit. Where the refined one alone is asked for and cannot be had, the frozen latent's
            stands in for it, as the reason in :attr:`Learned.refinement` tells.
        scale: That the property is modelled on.
        robust: Whether values have Student-t noise, for data with slips in them.
        prior: Estimates that a prior mean may follow.
        sources: Other properties or cheaper values that the property may be learned together with.
        progress: Told of encoding and refinement.

    Raises:
        SurrogateError: When a fit fails, a value has no place on the scale, or there is no such member.
        WeightsError, EncodingError: From the encoders.
    """
    if unknown := sorted(set(members) - set(MEMBERS)):
        raise SurrogateError(
            f"There is no member called {', '.join(unknown)}.", f"Choose from {', '.join(MEMBERS)}."
        )
    if why := _too_little(observations):
        return NotLearned(why)
    units = [o.unit for o in observations]
    fingerprints = representation.fingerprints(units)
    every = Features(fingerprints, None, estimates_on(prior, units, scale, progress))
    notes: list[str] = []
    if tuple(members) == ("fingerprint",):
        every, fused, complete = replace(every, estimates=None), None, []
        prior = None
    else:
        fused = representation.fuse(units, progress)
        complete = list(fused.positions)
        notes = _unread(observations, fused.failures)
        values = sum(not observations[i].bound for i in complete)
        if values < MINIMUM_POLYMERS:
            besides = (
                f" (and {len(complete) - values} known only by a limit)" if values < len(complete) else ""
            )
            notes.append(
                f"Only {values} of the measured polymers{besides} can be read by both encoders, "
                "so only the fingerprint model is fitted."
            )
            fused = None
    adapted: Refinement | RefinementSkipped = RefinementSkipped("no latent")
    read = None
    if fused is None:
        compared = list(observations)
        seen = data_of(every, compared, scale, robust=robust)
        variants = variants_of(prior, seen.features)
        fitted = [_Fitted(m, every, m.loo()) for m in _fingerprints(seen, variants, seed)]
    else:
        settled = representation.settled(units, progress)
        if settled is not representation:
            representation, fused = settled, settled.fuse(units)
        compared = [observations[i] for i in complete]
        features = replace(
            every[complete], latent=fused.latent, physics=representation.physics([o.unit for o in compared])
        )
        seen = data_of(features, compared, scale, robust=robust)
        variants = variants_of(prior, seen.features)
        fitted = []
        if "fingerprint" in members:
            plain = every if len(complete) == len(observations) else every[complete]
            fitted += [_Fitted(m, plain, m.loo()) for m in _fingerprints(seen, variants, seed)]
        if sources:
            read = read_sources(sources, compared, representation, progress)
            notes += read.notes
        refined, adapted = _refined(members, representation, compared, seen, fused, variants, seed, progress)
        if isinstance(adapted, RefinementSkipped):
            notes.append(f"The latent is {adapted}.")
        if "latent" in members or not (fitted or refined):
            for variant in variants:
                member = fit_latent_gp(seen, seed=seed, with_prior=variant)
                fitted.append(_Fitted(member, seen.features, member.loo()))
        fitted += refined
        if read is not None and read.tasks:
            told = estimates_on(read.computed, [o.unit for o in compared], read.scale, progress)
            joined = replace(seen, features=replace(seen.features, estimates=told))
            several = fit_multitask_gp(joined, read.tasks, seed=seed)
            fitted.append(_Fitted(several, joined.features, several.loo()))

    calibrations = _calibrated(fitted, seed)
    left_out = [calibration.loo for calibration in calibrations]
    decision = gate([each.member for each in fitted], left_out, trusted=TRUSTED, flattered=(MULTITASK,))
    index = next(i for i, each in enumerate(fitted) if each.member.name == decision.chosen)
    best, calibration = fitted[index], calibrations[index]
    verdict = verdict_of(
        prior, variants, decision, [each.member for each in fitted], left_out, observations, every
    )
    base, has_prior = without_prior(decision.chosen), decision.chosen.endswith(WITH_PRIOR)
    trusted = compared
    if base == "fingerprint" and len(compared) < len(observations):
        trusted = list(observations)
        whole = fit_fingerprint_gp(
            data_of(every, trusted, scale, robust=robust), seed=seed, with_prior=has_prior
        )
        best = _Fitted(whole, every, whole.loo())
        calibration = calibrate(whole, best.left_out, every, None, seed=seed)
    if base == "fingerprint" and isinstance(best.member, GaussianProcess):
        screening = ScreeningSurrogate(best.member)
    else:
        text = representation.text_vectors([o.unit for o in compared])
        latent = representation.text_latent(text.vectors)
        cheap = data_of(every[complete].with_latent(latent), compared, scale, robust=robust)
        branch = Affine(*representation.text_branch())
        screening = ScreeningSurrogate(fit_latent_gp(cheap, seed=seed, with_prior=has_prior), branch)
    told_in_words = [representation.remark, verdict and verdict.reason, *notes]
    return Learned(
        observations=tuple(trusted),
        known=best.known,
        measured=tuple(observations),
        fingerprints=fingerprints,
        chosen=best.member,
        loo={each.member.name: loo for each, loo in zip(fitted, left_out, strict=True)},
        compared=tuple(compared),
        decision=decision,
        screening=screening,
        refinement=adapted,
        representation=representation,
        notes=tuple(note for note in told_in_words if note),
        prior=prior if has_prior else None,
        verdict=verdict,
        scale=scale,
        calibration=calibration,
        outliers=_outliers(best.left_out, trusted, scale),
        sources=read,
    )


def _too_little(observations: Sequence[Observation]) -> str:
    """Why no surrogate can be fitted, in words; empty where one can."""
    known = [o.value for o in observations if not o.bound]
    if len(known) < MINIMUM_POLYMERS:
        count = len(known)
        measured = "1 polymer is" if count == 1 else f"{count or 'no'} polymers are"
        limits = len(observations) - count
        besides = f" (and {limits} known only as above or below a limit)" if limits else ""
        return f"{measured} measured{besides}, a model needs at least {MINIMUM_POLYMERS}"
    if max(known) - min(known) <= 1e-9 * max(abs(value) for value in known):
        return f"all {len(known)} measured polymers have the same value, so there is nothing to learn from"
    return ""


def _fingerprints(data: Data, variants: Sequence[bool], seed: int) -> list[GaussianProcess]:
    return [fit_fingerprint_gp(data, seed=seed, with_prior=variant) for variant in variants]


def _refined(
    members: Sequence[str],
    representation: Representation,
    compared: Sequence[Observation],
    seen: Data,
    fused: Fused,
    variants: Sequence[bool],
    seed: int,
    progress: Progress,
) -> tuple[list[_Fitted], Refinement | RefinementSkipped]:
    """The refined member, one for each variant, and its adapters; or none, and why."""
    if "refined" not in members:
        return [], RefinementSkipped("switched off")
    # an adapter learns from values; of a limit it would take the number
    rows = [row for row, o in enumerate(compared) if not o.bound]
    adapted = refine(
        representation.text,
        representation.fusion,
        [compared[row].unit for row in rows],
        fused.geometry[rows],
        seen.values[rows].numpy(),
        seed=seed,
        progress=progress,
    )
    if isinstance(adapted, RefinementSkipped):
        return [], adapted
    latents = adapted.embed([o.unit for o in compared], fused.geometry)
    folds = [
        (seen.features.with_latent(z), tuple(rows[i] for i in fold.trained_on))
        for z, fold in zip(latents, adapted.folds, strict=True)
    ]
    known = [features for features, _ in folds]
    fitted = []
    for variant in variants:
        try:
            member = fit_crossfitted_gp(
                folds,
                seen.values,
                seen.sem,
                n=seen.n,
                bounds=seen.bounds,
                robust=seen.robust,
                seed=seed,
                with_prior=variant,
            )
        except SurrogateError as error:
            return [], RefinementSkipped(f"no model could be fitted to the refined latent ({error.message})")
        fitted.append(_Fitted(member, known, member.loo()))
    return fitted, adapted


def _calibrated(fitted: Sequence[_Fitted], seed: int) -> list[Calibration]:
    """The deviations of each member corrected, with the fingerprint member as the witness of the others."""
    witness = next((each.member for each in fitted if each.member.name == "fingerprint"), None)
    return [
        calibrate(
            each.member,
            each.left_out,
            each.known,
            None if without_prior(each.member.name) == "fingerprint" else witness,
            seed=seed,
        )
        for each in fitted
    ]


def _outliers(
    left_out: LeaveOneOut, observations: Sequence[Observation], scale: Scale
) -> tuple[Outlier, ...]:
    """The measurements that the others speak against most, by the member's own deviations."""
    z = left_out.z_scores
    rows = (
        (z.abs() > OUTLYING).nonzero().squeeze(-1).tolist()
    )  # of a limit it is not a number, which is not larger
    found = [Outlier(observations[i], scale.off(float(left_out.mean[i])), float(z[i])) for i in rows]
    return tuple(sorted(found, key=lambda outlier: -abs(outlier.z)))


def _unread(observations: Sequence[Observation], failures: Sequence[EncodingFailure]) -> list[str]:
    """The measured polymers that the latent models cannot read: one sentence, or none."""
    names = {o.unit.key: o.name or o.unit.psmiles for o in observations}
    lost = [f"{names[failure.unit.key]} ({failure.reason})" for failure in once(failures)]
    if not lost:
        return []
    count = "1 measured polymer is" if len(lost) == 1 else f"{len(lost)} measured polymers are"
    listed = ", ".join(lost[:NAMED]) + (f" and {len(lost) - NAMED} more" if len(lost) > NAMED else "")
    return [f"{count} left out of the latent models: {listed}."]
