"""The members fitted to one property's measurements, each with what leaving one out says of it and its deviations corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch

from discovery.errors import SurrogateError
from discovery.latent.frozen_process import FrozenProcess
from discovery.latent.refinement import Refinement, RefinementSkipped
from discovery.latent.representation import Representation
from discovery.progress import Progress
from discovery.surrogate.calibration import Calibration, calibrate
from discovery.surrogate.crossfit import crossfitted
from discovery.surrogate.features import Data, Features
from discovery.surrogate.kernels import apart
from discovery.surrogate.learned import Fitted, estimates_on
from discovery.surrogate.legible import Read
from discovery.surrogate.members import GaussianProcess, fit_fingerprint_gp, fit_latent_gp
from discovery.surrogate.multitask import fit_multitask_gp
from discovery.surrogate.prior import WITH_PRIOR, without_prior
from discovery.surrogate.sources import ReadSources, Source, read_sources


def fit_fingerprints(data: Data, known: Features, variants: Sequence[bool], seed: int) -> list[Fitted]:
    """The fingerprint member, once for each variant of the prior mean."""
    members = [fit_fingerprint_gp(data, seed=seed, with_prior=variant) for variant in variants]
    return [Fitted(member, known, member.loo()) for member in members]


def fit_frozen(read: Read, seed: int) -> list[Fitted]:
    """The frozen latent's member, once for each variant of the prior mean."""
    members = [fit_latent_gp(read.data, seed=seed, with_prior=variant) for variant in read.variants]
    return [Fitted(member, read.data.features, member.loo()) for member in members]


def frozen_process(member: GaussianProcess, read: Read, rows: Mapping[str, int]) -> FrozenProcess:
    """A member on the frozen latent as refinement takes it, without its limits: an adapter would take them for values.

    Args:
        member: Fitted to the measurements.
        read: Those measurements.
        rows: Place of each polymer among those that the latent is refined on, by its key.
    """
    posterior = member.posterior
    near, beside = apart(posterior.kernel, posterior.inputs, member.layout.latent_columns)
    known = torch.tensor([i for i, o in enumerate(read.observations) if not o.bound])
    return FrozenProcess(
        rows=torch.tensor([rows[read.observations[i].unit.key] for i in known.tolist()]),
        targets=posterior.targets[known],
        noise=posterior.noise[known],
        kernel=near,
        beside=beside[known][:, known],
    )


def fit_refined(
    name: str, refinement: Refinement, read: Read, frozen: Sequence[Fitted], progress: Progress
) -> list[Fitted] | RefinementSkipped:
    """The member of one refinement, once for each variant of the prior mean; or why there is none.

    Args:
        name: Of the member.
        refinement: Its adapters.
        read: The measurements.
        frozen: The members on the frozen latent, whose hyper-parameters are held.
        progress: Told of re-embedding.
    """
    encoded = read.fused.encoded
    latents = refinement.embed(encoded, progress)
    seen = refinement.seen(encoded.keys)
    known = [read.data.features.with_latent(latent) for latent in latents]
    fitted = []
    for plain in frozen:
        assert isinstance(plain.member, GaussianProcess)
        suffix = WITH_PRIOR if plain.member.name.endswith(WITH_PRIOR) else ""
        try:
            member = crossfitted(f"{name}{suffix}", plain.member, list(zip(known, seen, strict=True)))
        except SurrogateError as error:
            return RefinementSkipped(f"no model could be fitted to the refined latent ({error.message})")
        fitted.append(Fitted(member, known, member.loo()))
    return fitted


def fit_multitask(
    read: Read, sources: Sequence[Source], representation: Representation, seed: int, progress: Progress
) -> tuple[list[Fitted], ReadSources]:
    """The member that learns from further tasks, where any of the sources can be read; and what was read of them."""
    told = read_sources(sources, read.observations, representation, progress)
    if not told.tasks:
        return [], told
    units = [o.unit for o in read.observations]
    estimates = estimates_on(told.computed, units, told.scale, progress)
    joined = replace(read.data, features=replace(read.data.features, estimates=estimates))
    several = fit_multitask_gp(joined, told.tasks, seed=seed)
    return [Fitted(several, joined.features, several.loo())], told


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
