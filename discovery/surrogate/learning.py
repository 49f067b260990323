"""From measurements to the surrogate that is trusted this round.

Members are fitted to the same polymers: a GP on fingerprints, one on the frozen latent, where there are measurements enough
one on the refined latent, and where there are sources one with them as further tasks; the first three also with a prior mean,
where there is one. The deviations of each are corrected by its own leave-one-out errors where that pays. The gate compares
them by leave-one-out and takes the frozen latent's unless another is better by more than the comparison's own error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from discovery.encoders.encoder import EncodingFailure
from discovery.errors import SurrogateError
from discovery.latent.refinement import RefinementSkipped
from discovery.latent.representation import Fused, Representation
from discovery.progress import Progress, silent
from discovery.surrogate.calibration import calibrate
from discovery.surrogate.features import Features
from discovery.surrogate.fitted_members import FittedMembers, Read, calibrated, fit_fingerprints, fit_members
from discovery.surrogate.gate import gate
from discovery.surrogate.learned import OUTLYING, Learned, NotLearned, Outlier, estimates_on, once
from discovery.surrogate.measurements import data_of
from discovery.surrogate.members import GaussianProcess, fit_latent_gp
from discovery.surrogate.multitask import NAME as MULTITASK
from discovery.surrogate.observations import MINIMUM_POLYMERS, Observation
from discovery.surrogate.prior import WITH_PRIOR, PriorMean, without_prior
from discovery.surrogate.prior_comparison import variants_of, verdict_of
from discovery.surrogate.scale import Scale
from discovery.surrogate.screening import Affine, ScreeningSurrogate
from discovery.surrogate.sources import Source
from discovery.surrogate.validation import LeaveOneOut

NAMED = 3
"""Polymers that a note calls by name; of more it gives the number."""

TRUSTED = "latent"
"""The member that is used unless another is better by more than the noise: on public tables it predicts better than the
fingerprints' from twenty measurements on, where leave-one-out cannot tell yet.
"""

MEMBERS = ("fingerprint", "latent", "refined")
"""The members, simplest first; beside them stands the multi-task one where there are sources."""


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
    fused: Fused | None = None
    notes: list[str] = []
    if tuple(members) == ("fingerprint",):
        every, prior = replace(every, estimates=None), None
    else:
        fused, notes = _readable(observations, representation.fuse(units, progress))
    if fused is None:
        if sources and tuple(members) != ("fingerprint",):
            notes.append("Sources play no part: they go with the latent, which no model has here.")
        compared = tuple(observations)
        seen = data_of(every, compared, scale, robust=robust)
        variants = variants_of(prior, seen.features)
        fitted = FittedMembers(
            tuple(fit_fingerprints(seen, every, variants, seed)), RefinementSkipped("no latent")
        )
    else:
        settled = representation.settled(units, progress)
        if settled is not representation:
            representation, fused = settled, settled.fuse(units)
        rows = list(fused.positions)
        compared = tuple(observations[i] for i in rows)
        plain = every if len(rows) == len(units) else every[rows]
        physics = representation.physics([o.unit for o in compared], progress)
        features = replace(plain, latent=fused.latent, physics=physics)
        seen = data_of(features, compared, scale, robust=robust)
        variants = variants_of(prior, seen.features)
        read = Read(compared, seen, plain, fused, variants)
        fitted = fit_members(read, members, sources, representation, seed=seed, progress=progress)
        notes += fitted.sources.notes if fitted.sources else ()
        if isinstance(fitted.refinement, RefinementSkipped):
            notes.append(f"The latent is {fitted.refinement}.")

    calibrations = calibrated(fitted.each, seed)
    left_out = [calibration.loo for calibration in calibrations]
    fits = [each.member for each in fitted.each]
    decision = gate(fits, left_out, trusted=TRUSTED, flattered=(MULTITASK,))
    index = [member.name for member in fits].index(decision.chosen)
    best, calibration = fitted.each[index], calibrations[index]
    verdict = verdict_of(prior, variants, decision, fits, left_out, observations, every)
    base, has_prior = without_prior(decision.chosen), decision.chosen.endswith(WITH_PRIOR)
    trusted = compared
    if base == "fingerprint" and len(compared) < len(observations):
        trusted = tuple(observations)
        [best] = fit_fingerprints(data_of(every, trusted, scale, robust=robust), every, [has_prior], seed)
        calibration = calibrate(best.member, best.left_out, every, None, seed=seed)
    if base == "fingerprint" and isinstance(best.member, GaussianProcess):
        screening = ScreeningSurrogate(best.member)
    else:
        text = representation.text_vectors([o.unit for o in compared])
        latent = representation.text_latent(text.vectors)
        cheap = replace(seen, features=replace(seen.features, latent=latent, physics=None))
        branch = Affine(*representation.text_branch())
        screening = ScreeningSurrogate(fit_latent_gp(cheap, seed=seed, with_prior=has_prior), branch)
    told_in_words = [representation.remark, verdict and verdict.reason, *notes]
    return Learned(
        observations=trusted,
        known=best.known,
        measured=tuple(observations),
        fingerprints=fingerprints,
        chosen=best.member,
        loo={member.name: loo for member, loo in zip(fits, left_out, strict=True)},
        compared=compared,
        decision=decision,
        screening=screening,
        refinement=fitted.refinement,
        representation=representation,
        notes=tuple(note for note in told_in_words if note),
        robust=robust,
        prior=prior if has_prior else None,
        verdict=verdict,
        scale=scale,
        calibration=calibration,
        outliers=_outliers(best.left_out, trusted, scale),
        sources=fitted.sources,
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


def _readable(observations: Sequence[Observation], fused: Fused) -> tuple[Fused | None, list[str]]:
    """The latents of those polymers that both encoders read, or ``None`` where they are too few; and what is to be told."""
    notes = _unread(observations, fused.failures)
    values = sum(not observations[i].bound for i in fused.positions)
    if values >= MINIMUM_POLYMERS:
        return fused, notes
    limits = len(fused.positions) - values
    besides = f" (and {limits} known only by a limit)" if limits else ""
    notes.append(
        f"Only {values} of the measured polymers{besides} can be read by both encoders, "
        "so only the fingerprint model is fitted."
    )
    return None, notes


def _unread(observations: Sequence[Observation], failures: Sequence[EncodingFailure]) -> list[str]:
    """The measured polymers that the latent models cannot read: one sentence, or none."""
    names = {o.unit.key: o.name or o.unit.psmiles for o in observations}
    lost = [f"{names[failure.unit.key]} ({failure.reason})" for failure in once(failures)]
    if not lost:
        return []
    count = "1 measured polymer is" if len(lost) == 1 else f"{len(lost)} measured polymers are"
    listed = ", ".join(lost[:NAMED]) + (f" and {len(lost) - NAMED} more" if len(lost) > NAMED else "")
    return [f"{count} left out of the latent models: {listed}."]
