"""From measurements to the surrogate that is trusted this round.

Three members are fitted to the same polymers: a GP on fingerprints, one on the frozen latent and, where there are measurements
enough, one on the refined latent. The gate compares them by leave-one-out and takes the simplest that is not worse than another
by more than the comparison's own error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from discovery.encoders.encoder import EncodingFailure
from discovery.latent.refinement import Refinement, RefinementSkipped, refine
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent
from discovery.surrogate.crossfit import fit_crossfitted_gp
from discovery.surrogate.features import Data, Features, Views
from discovery.surrogate.gate import GateDecision, gate
from discovery.surrogate.members import GaussianProcess, fit_fingerprint_gp, fit_latent_gp
from discovery.surrogate.observations import MINIMUM_POLYMERS, Observation
from discovery.surrogate.surrogate import Surrogate
from discovery.surrogate.validation import LeaveOneOut


@dataclass(frozen=True, slots=True)
class NotLearned:
    """No surrogate can be fitted to these measurements."""

    reason: str
    """In words for the user, such as ``3 polymers are measured, a model needs 5``."""


@dataclass(frozen=True, eq=False)
class View:
    """Polymers as the chosen surrogate sees them.

    Args:
        positions: Rows of the input that could be encoded, in order.
        views: Their features, ready for the surrogate.
        failures: The others, with the reason.
    """

    positions: tuple[int, ...]
    views: Views
    failures: tuple[EncodingFailure, ...]


@dataclass(frozen=True, eq=False)
class Learned:
    """The fitted members and the one that the gate chose.

    Args:
        observations: What the chosen surrogate was fitted to.
        chosen: The surrogate to use.
        loo: Leave-one-out of each member, by name, on the polymers that all members see.
        compared: The observations that belong to the rows of ``loo``.
        decision: The gate's choice, its numbers and its reason.
        screening: A surrogate on what is cheap to compute, for whole pools.
        refinement: The adapters, or why there are none.
        representation: What the members see of a polymer.
        notes: What the user should know, in sentences.
    """

    observations: tuple[Observation, ...]
    chosen: Surrogate
    loo: dict[str, LeaveOneOut]
    compared: tuple[Observation, ...]
    decision: GateDecision
    screening: GaussianProcess
    refinement: Refinement | RefinementSkipped
    representation: Representation
    notes: tuple[str, ...]

    def view(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> View:
        """Features of ``n`` units for the chosen surrogate; the fused latent is only made where it is used."""
        fingerprints = self.representation.fingerprints(units)
        if self.decision.chosen == "fingerprint":
            return View(tuple(range(len(units))), Features(fingerprints), ())
        fused = self.representation.fuse(units, progress)
        rows = list(fused.positions)
        if isinstance(self.refinement, Refinement) and self.chosen.views > 1:
            latents = self.refinement.embed([units[i] for i in rows], fused.geometry)
            return View(fused.positions, [Features(fingerprints[rows], z) for z in latents], fused.failures)
        return View(fused.positions, Features(fingerprints[rows], fused.latent), fused.failures)

    def screen_view(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> View:
        """Features of ``n`` units for the screening surrogate."""
        fingerprints = self.representation.fingerprints(units)
        if not self.screening.layout.latent:
            return View(tuple(range(len(units))), Features(fingerprints), ())
        text = self.representation.text_vectors(units, progress)
        failed = {failure.unit.key for failure in text.failures}
        rows = [i for i, unit in enumerate(units) if unit.key not in failed]
        return View(
            tuple(rows),
            Features(fingerprints[rows], self.representation.text_latent(text.vectors)),
            text.failures,
        )


def learn(
    observations: Sequence[Observation],
    representation: Representation,
    *,
    seed: int,
    refinement: bool = True,
    fingerprint_only: bool = False,
    progress: Progress = silent,
) -> Learned | NotLearned:
    """Fit the members and let the gate choose.

    Args:
        observations: One per polymer.
        representation: Encoders and fusion.
        seed: Of the fits and of the refinement.
        refinement: Whether to train adapters at all.
        fingerprint_only: Whether to fit the fingerprint member alone.
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
    if fingerprint_only:
        return _fingerprint_only(observations, representation, seed, [])
    units = [o.unit for o in observations]
    fingerprints = representation.fingerprints(units)
    fused = representation.fuse(units, progress)
    complete = list(fused.positions)
    notes = [f"{f.unit.psmiles} is seen by its fingerprint only: {f.reason}." for f in fused.failures]
    if len(complete) < MINIMUM_POLYMERS:
        notes.append("Too few measured polymers have a 3D structure; only the fingerprint model is fitted.")
        return _fingerprint_only(observations, representation, seed, notes)
    representation = representation.settled(units, progress)
    fused = representation.fuse(units)

    seen = Data(
        Features(fingerprints[complete], fused.latent), *_targets([observations[i] for i in complete])
    )
    members: list[Surrogate] = [fit_fingerprint_gp(seen, seed=seed), fit_latent_gp(seen, seed=seed)]
    skipped: Refinement | RefinementSkipped = RefinementSkipped("switched off")
    if refinement:
        skipped = refine(
            representation.text,
            representation.fusion,
            [units[i] for i in complete],
            fused.geometry,
            seen.values.numpy(),
            seed=seed,
            progress=progress,
        )
    if isinstance(skipped, Refinement):
        latents = skipped.embed([units[i] for i in complete], fused.geometry)
        folds = [
            (Features(fingerprints[complete], z), fold.trained_on)
            for z, fold in zip(latents, skipped.folds, strict=True)
        ]
        members.append(fit_crossfitted_gp(folds, seen.values, seen.sem, seed=seed))
    else:
        notes.append(f"The latent is {skipped}.")
    decision = gate(members)
    chosen = next(member for member in members if member.name == decision.chosen)
    kept = list(observations) if decision.chosen == "fingerprint" else [observations[i] for i in complete]
    if decision.chosen == "fingerprint":
        everything = Data(Features(fingerprints), *_targets(observations))
        screening = fit_fingerprint_gp(everything, seed=seed)
        chosen = screening
    else:
        text = representation.text_vectors([units[i] for i in complete])
        cheap = Features(fingerprints[complete], representation.text_latent(text.vectors))
        screening = fit_latent_gp(Data(cheap, seen.values, seen.sem), seed=seed)
    return Learned(
        observations=tuple(kept),
        chosen=chosen,
        loo={member.name: member.loo() for member in members},
        compared=tuple(observations[i] for i in complete),
        decision=decision,
        screening=screening,
        refinement=skipped,
        representation=representation,
        notes=tuple(notes),
    )


def _fingerprint_only(
    observations: Sequence[Observation], representation: Representation, seed: int, notes: list[str]
) -> Learned:
    features = Features(representation.fingerprints([o.unit for o in observations]))
    member = fit_fingerprint_gp(Data(features, *_targets(observations)), seed=seed)
    return Learned(
        observations=tuple(observations),
        chosen=member,
        loo={member.name: member.loo()},
        compared=tuple(observations),
        decision=gate([member]),
        screening=member,
        refinement=RefinementSkipped("no latent"),
        representation=representation,
        notes=tuple(notes),
    )


def _targets(observations: Sequence[Observation]) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Values and standard errors (``nan`` where unknown, ``None`` where none is known) of ``n`` observations."""
    values = torch.tensor([o.value for o in observations], dtype=torch.float64)
    if all(o.sem is None for o in observations):
        return values, None
    return values, torch.tensor(
        [math.nan if o.sem is None else o.sem for o in observations], dtype=torch.float64
    )
