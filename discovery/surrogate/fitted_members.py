"""The members fitted to one property's measurements, each with what leaving one out says of it and its deviations corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from discovery.errors import SurrogateError
from discovery.latent.refinement import Refinement, RefinementSkipped, refine
from discovery.latent.representation import Fused, Representation
from discovery.progress import Progress
from discovery.surrogate.calibration import Calibration, calibrate
from discovery.surrogate.crossfit import fit_crossfitted_gp
from discovery.surrogate.features import Data, Features, Views
from discovery.surrogate.learned import estimates_on
from discovery.surrogate.members import fit_fingerprint_gp, fit_latent_gp
from discovery.surrogate.multitask import fit_multitask_gp
from discovery.surrogate.observations import Observation
from discovery.surrogate.prior import without_prior
from discovery.surrogate.sources import ReadSources, Source, read_sources
from discovery.surrogate.surrogate import Surrogate
from discovery.surrogate.validation import LeaveOneOut


@dataclass(frozen=True, eq=False)
class Fitted:
    """A member, what it was fitted to as it sees it, and what leaving one out says of it."""

    member: Surrogate
    known: Views
    left_out: LeaveOneOut


@dataclass(frozen=True, eq=False)
class FittedMembers:
    """All members of a property, simplest first.

    Args:
        each: The members.
        refinement: The adapters of the refined one, or why there are none.
        sources: What the multi-task one was fitted with; ``None`` without sources.
    """

    each: tuple[Fitted, ...]
    refinement: Refinement | RefinementSkipped
    sources: ReadSources | None = None


@dataclass(frozen=True, eq=False)
class Read:
    """Measured polymers that all members can read.

    Args:
        observations: ``n``.
        data: The same as the latent members take them.
        plain: Features of the same without latent, for the fingerprint member.
        fused: Their frozen vectors and fused latent.
        variants: Whether members are fitted without the prior mean only, or also with it.
    """

    observations: tuple[Observation, ...]
    data: Data
    plain: Features
    fused: Fused
    variants: tuple[bool, ...]


def fit_members(
    read: Read,
    members: Sequence[str],
    sources: Sequence[Source],
    representation: Representation,
    *,
    seed: int,
    progress: Progress,
) -> FittedMembers:
    """Fit those that are asked for, and the multi-task one where there are sources.

    Args:
        read: The measurements.
        members: Of ``fingerprint``, ``latent`` and ``refined``.
        sources: Other properties or cheaper values.
        representation: Encoders and fusion, settled.
        seed: Of the fits and of the refinement.
        progress: Told of encoding and refinement.

    Raises:
        SurrogateError: a fit fails.
        WeightsError, EncodingError: from the encoders.
    """
    data = read.data
    fitted: list[Fitted] = []
    if "fingerprint" in members:
        fitted += fit_fingerprints(data, read.plain, read.variants, seed)
    refined, adapted = _refined(read, members, representation, seed, progress)
    if "latent" in members or not (fitted or refined):
        for variant in read.variants:
            member = fit_latent_gp(data, seed=seed, with_prior=variant)
            fitted.append(Fitted(member, data.features, member.loo()))
    fitted += refined
    told = read_sources(sources, read.observations, representation, progress) if sources else None
    if told is not None and told.tasks:
        units = [o.unit for o in read.observations]
        estimates = estimates_on(told.computed, units, told.scale, progress)
        joined = replace(data, features=replace(data.features, estimates=estimates))
        several = fit_multitask_gp(joined, told.tasks, seed=seed)
        fitted.append(Fitted(several, joined.features, several.loo()))
    return FittedMembers(tuple(fitted), adapted, told)


def fit_fingerprints(data: Data, known: Features, variants: Sequence[bool], seed: int) -> list[Fitted]:
    """The fingerprint member, once for each variant of the prior mean."""
    members = [fit_fingerprint_gp(data, seed=seed, with_prior=variant) for variant in variants]
    return [Fitted(member, known, member.loo()) for member in members]


def _refined(
    read: Read, members: Sequence[str], representation: Representation, seed: int, progress: Progress
) -> tuple[list[Fitted], Refinement | RefinementSkipped]:
    """The refined member, one for each variant, and its adapters; or none, and why."""
    if "refined" not in members:
        return [], RefinementSkipped("switched off")
    seen, fused = read.data, read.fused
    # an adapter learns from values; of a limit it would take the number
    rows = [row for row, o in enumerate(read.observations) if not o.bound]
    adapted = refine(
        representation.text,
        representation.fusion,
        [read.observations[row].unit for row in rows],
        fused.geometry[rows],
        seen.values[rows].numpy(),
        seed=seed,
        progress=progress,
    )
    if isinstance(adapted, RefinementSkipped):
        return [], adapted
    latents = adapted.embed([o.unit for o in read.observations], fused.geometry)
    folds = [
        (seen.features.with_latent(z), tuple(rows[i] for i in fold.trained_on))
        for z, fold in zip(latents, adapted.folds, strict=True)
    ]
    known = [features for features, _ in folds]
    fitted = []
    for variant in read.variants:
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
        fitted.append(Fitted(member, known, member.loo()))
    return fitted, adapted


def calibrated(fitted: Sequence[Fitted], seed: int) -> list[Calibration]:
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
