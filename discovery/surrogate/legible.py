"""What of a property's measurements models can read: all polymers have fingerprints, not all have vectors of both encoders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from discovery.encoders.encoder import EncodingFailure
from discovery.latent.representation import Fused, Representation
from discovery.progress import Progress
from discovery.surrogate.features import Data, Features
from discovery.surrogate.learned import estimates_on, once
from discovery.surrogate.measurements import data_of
from discovery.surrogate.observations import MINIMUM_POLYMERS, Observation
from discovery.surrogate.prior import PriorMean
from discovery.surrogate.prior_comparison import variants_of
from discovery.surrogate.scale import Scale
from discovery.surrogate.sources import Source

NAMED = 3
"""Polymers that a note calls by name; of more it gives the number."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A property to be learned.

    Args:
        observations: One per polymer, values and limits, in the property's unit.
        scale: That the property is modelled on.
        robust: Whether values have Student-t noise, for data with slips in them.
        prior: Estimates that a prior mean may follow.
        sources: Other properties or cheaper values that the property may be learned together with.
    """

    observations: Sequence[Observation]
    scale: Scale = Scale.LINEAR
    robust: bool = False
    prior: PriorMean | None = None
    sources: Sequence[Source] = ()


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


@dataclass(frozen=True, eq=False)
class Begun:
    """A property whose measurements suffice for a model.

    Args:
        asked: For it.
        every: Features of all measured polymers, without latent.
        prior: The prior mean that members may have.
        fused: Latents of those that both encoders read; ``None`` where they are too few, or no member reads them.
        notes: What the user should know.
    """

    asked: Asked
    every: Features
    prior: PriorMean | None
    fused: Fused | None
    notes: tuple[str, ...] = ()

    def seen_by(self, representation: Representation) -> Begun:
        """The same with the latents of another fusion of the same encoders."""
        return replace(self, fused=representation.fuse([o.unit for o in self.asked.observations]))

    def read(self, representation: Representation, progress: Progress) -> Read:
        """What the latent members read."""
        assert self.fused is not None
        rows = list(self.fused.positions)
        observations = tuple(self.asked.observations[i] for i in rows)
        plain = self.every if len(rows) == len(self.every) else self.every[rows]
        physics = representation.physics([o.unit for o in observations], progress)
        features = replace(plain, latent=self.fused.latent, physics=physics)
        data = data_of(features, observations, self.asked.scale, robust=self.asked.robust)
        return Read(observations, data, plain, self.fused, variants_of(self.prior, data.features))


def begin(asked: Asked, representation: Representation, members: Sequence[str], progress: Progress) -> Begun:
    """Read the measurements of a property as far as the members that are asked for need it."""
    units = [o.unit for o in asked.observations]
    fingerprints = representation.fingerprints(units)
    if tuple(members) == ("fingerprint",):
        return Begun(asked, Features(fingerprints), None, None)
    every = Features(fingerprints, None, estimates_on(asked.prior, units, asked.scale, progress))
    fused, notes = _readable(asked.observations, representation.fuse(units, progress))
    if fused is None and asked.sources:
        notes.append("Sources play no part: they go with the latent, which no model has here.")
    return Begun(asked, every, asked.prior, fused, tuple(notes))


def too_little(observations: Sequence[Observation]) -> str:
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
