"""From a property's fitted members to the one that is used: deviations corrected, the gate's choice, and what rounds ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from discovery.latent.refinement import Refinement, RefinementSkipped
from discovery.latent.representation import Representation
from discovery.surrogate.calibration import calibrate
from discovery.surrogate.features import Data
from discovery.surrogate.fitted_members import calibrated, fit_fingerprints
from discovery.surrogate.gate import gate
from discovery.surrogate.learned import OUTLYING, Fitted, Learned, Outlier
from discovery.surrogate.legible import Begun
from discovery.surrogate.measurements import data_of
from discovery.surrogate.members import GaussianProcess, fit_latent_gp
from discovery.surrogate.multitask import NAME as MULTITASK
from discovery.surrogate.observations import Observation
from discovery.surrogate.prior import WITH_PRIOR, without_prior
from discovery.surrogate.prior_comparison import variants_of, verdict_of
from discovery.surrogate.scale import Scale
from discovery.surrogate.screening import Affine, ScreeningSurrogate
from discovery.surrogate.sources import ReadSources
from discovery.surrogate.validation import LeaveOneOut

TRUSTED = "latent"
"""The member that is used unless another is better by more than the noise: on public tables it predicts better than the
fingerprints' from twenty measurements on, where leave-one-out cannot tell yet.
"""


@dataclass(frozen=True, eq=False)
class Contest:
    """What the gate compares for one property.

    Args:
        begun: The property.
        compared: The measurements that the members were fitted to.
        data: The same, as members take them.
        fitted: The members, simplest first.
        refinements: Of each refined member that was asked for the adapters, or why there are none.
        sources: The further tasks of the multi-task member, where there is one.
        notes: What the user should know.
    """

    begun: Begun
    compared: tuple[Observation, ...]
    data: Data
    fitted: Sequence[Fitted]
    refinements: Mapping[str, Refinement | RefinementSkipped]
    sources: ReadSources | None
    notes: Sequence[str]


def decide(contest: Contest, representation: Representation, seed: int) -> Learned:
    """Correct the members' deviations, let the gate choose, and make ready what a round asks.

    Args:
        contest: What is compared.
        representation: Encoders and fusion.
        seed: Of the calibration, and of the models that are fitted besides.
    """
    begun, compared, data, fitted = contest.begun, contest.compared, contest.data, contest.fitted
    asked, every = begun.asked, begun.every
    observations, scale, robust = tuple(asked.observations), asked.scale, asked.robust
    calibrations = calibrated(fitted, seed)
    left_out = [calibration.loo for calibration in calibrations]
    fits = [each.member for each in fitted]
    adapted = {
        name: name.replace(base, TRUSTED)
        for name in (member.name for member in fits)
        if (base := without_prior(name)) in contest.refinements
    }
    decision = gate(fits, left_out, trusted=TRUSTED, flattered=(MULTITASK,), refined=adapted)
    index = [member.name for member in fits].index(decision.chosen)
    best, calibration = fitted[index], calibrations[index]
    verdict = verdict_of(
        begun.prior, variants_of(begun.prior, data.features), decision, fits, left_out, observations, every
    )
    base, has_prior = without_prior(decision.chosen), decision.chosen.endswith(WITH_PRIOR)
    trusted = compared
    if base == "fingerprint" and len(compared) < len(observations):
        trusted = observations
        [best] = fit_fingerprints(data_of(every, trusted, scale, robust=robust), every, [has_prior], seed)
        calibration = calibrate(best.member, best.left_out, every, None, seed=seed)
    if base == "fingerprint" and isinstance(best.member, GaussianProcess):
        screening = ScreeningSurrogate(best.member)
    else:
        text = representation.text_vectors([o.unit for o in compared])
        latent = representation.text_latent(text.vectors)
        cheap = replace(data, features=replace(data.features, latent=latent, physics=None))
        branch = Affine(*representation.text_branch())
        screening = ScreeningSurrogate(fit_latent_gp(cheap, seed=seed, with_prior=has_prior), branch)
    told_in_words = [representation.remark, verdict and verdict.reason, *contest.notes]
    return Learned(
        observations=trusted,
        known=best.known,
        measured=observations,
        fingerprints=every.fingerprint,
        chosen=best.member,
        loo={member.name: loo for member, loo in zip(fits, left_out, strict=True)},
        compared=compared,
        decision=decision,
        screening=screening,
        refinements=contest.refinements,
        representation=representation,
        notes=tuple(note for note in told_in_words if note),
        robust=robust,
        prior=begun.prior if has_prior else None,
        verdict=verdict,
        scale=scale,
        calibration=calibration,
        outliers=_outliers(best.left_out, trusted, scale),
        sources=contest.sources,
        fitted=tuple(fitted),
    )


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
