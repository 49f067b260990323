"""From measurements to the surrogates that are trusted this round.

Members are fitted to the same polymers: a GP on fingerprints, one on the frozen latent, where there are measurements enough
one on the latent at each depth of refinement, and where there are sources one with them as further tasks; all but the last also
with a prior mean, where there is one. The deviations of each are corrected by its own leave-one-out errors where that pays.
The gate compares them by leave-one-out and takes the frozen latent's unless another is better by more than the comparison's own
error.

Several properties are learned together: each has members and a gate of its own, and they share the adapters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from discovery.errors import SurrogateError
from discovery.latent.adapter import DEPTHS, Depth
from discovery.latent.encoded import Encoded
from discovery.latent.refinement import Refinement, RefinementSkipped
from discovery.latent.refining import refine
from discovery.latent.representation import Representation
from discovery.latent.settings import RefinementSettings
from discovery.progress import Progress, silent
from discovery.surrogate.deciding import TRUSTED, Contest, decide
from discovery.surrogate.fitted_members import (
    fit_fingerprints,
    fit_frozen,
    fit_multitask,
    fit_refined,
    frozen_process,
)
from discovery.surrogate.learned import Fitted, Learned, NotLearned
from discovery.surrogate.legible import Asked, Begun, Read, begin, too_little
from discovery.surrogate.measurements import data_of
from discovery.surrogate.members import GaussianProcess
from discovery.surrogate.observations import Observation
from discovery.surrogate.prior import PriorMean
from discovery.surrogate.prior_comparison import variants_of
from discovery.surrogate.scale import Scale
from discovery.surrogate.sources import ReadSources, Source

ALL_MEMBERS = ("fingerprint", TRUSTED, *DEPTHS)
"""The members there are, simplest first; beside them stand the one on adopted adapters and the multi-task one, where there are
adapters and sources.
"""

MEMBERS = ("fingerprint", TRUSTED, "projection")
"""Those that are fitted where nothing else is asked for."""

ADOPTED = "adopted"
"""The member on the latent as an adapter makes it that other measurements have trained."""


@dataclass(frozen=True, eq=False)
class Refining:
    """How the latent is refined.

    Args:
        settings: Of the training.
        previous: Adapters of the round before, by the member's name, where the settings start from them.
        adopted: Adapters that other measurements have trained; they make a member of their own.
    """

    settings: RefinementSettings = field(default_factory=RefinementSettings)
    previous: Mapping[str, Refinement] = field(default_factory=dict)
    adopted: Refinement | None = None


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
    refining: Refining | None = None,
    progress: Progress = silent,
) -> Learned | NotLearned:
    """Fit the members to one property and let the gate choose: :func:`learn_together` of it alone."""
    asked = Asked(observations, scale, robust, prior, sources)
    together = learn_together(
        {"": asked}, representation, seed=seed, members=members, refining=refining, progress=progress
    )
    return together[""]


def learn_together(
    asked: Mapping[str, Asked],
    representation: Representation,
    *,
    seed: int,
    members: Sequence[str] = MEMBERS,
    refining: Refining | None = None,
    progress: Progress = silent,
) -> dict[str, Learned | NotLearned]:
    """Fit the members to each property and let its gate choose; adapters are trained for all properties together.

    Args:
        asked: The properties, by name.
        representation: Encoders and fusion.
        seed: Of the fits, of the refinement and of the calibration.
        members: Which of :data:`ALL_MEMBERS` to fit. Where refined ones alone are asked for and cannot be had, the frozen
            latent's stands in for them, as the reason in :attr:`Learned.refinements` tells.
        refining: How the latent is refined.
        progress: Told of encoding and refinement.

    Raises:
        SurrogateError: When a fit fails, a value has no place on the scale, or there is no such member.
        WeightsError, EncodingError: From the encoders.
    """
    if unknown := sorted(set(members) - set(ALL_MEMBERS)):
        raise SurrogateError(
            f"There is no member called {', '.join(unknown)}.", f"Choose from {', '.join(ALL_MEMBERS)}."
        )
    refining = refining or Refining()
    learned: dict[str, Learned | NotLearned] = {}
    begun: dict[str, Begun] = {}
    for name, one in asked.items():
        if why := too_little(one.observations):
            learned[name] = NotLearned(why)
        else:
            begun[name] = begin(one, representation, members, progress)
    legible = {name: one for name, one in begun.items() if one.fused is not None}
    units = {o.unit.key: o.unit for one in legible.values() for o in one.asked.observations}
    if units:
        settled = representation.settled(list(units.values()), progress)
        if settled is not representation:
            representation = settled
            legible = {name: one.seen_by(settled) for name, one in legible.items()}
    making = _Making(representation, tuple(members), refining, seed, progress)
    read = {name: one.read(representation, progress) for name, one in legible.items()}
    wants_latent = any(member != "fingerprint" for member in members)
    frozen = {name: fit_frozen(one, seed) if wants_latent else [] for name, one in read.items()}
    refinements: dict[str, Refinement | RefinementSkipped] = {
        depth: making.refinement(depth, read, frozen) for depth in DEPTHS if depth in members and read
    }
    if refining.adopted is not None and read:
        refinements[ADOPTED] = refining.adopted
    for name, property_begun in begun.items():
        learned[name] = (
            making.learned(legible[name], read[name], frozen[name], refinements)
            if name in read
            else making.learned_from_fingerprints(property_begun)
        )
    return {name: learned[name] for name in asked}


@dataclass(frozen=True, eq=False)
class _Making:
    """How the members of all properties are made.

    Args:
        representation: Encoders and fusion.
        members: Which are asked for.
        refining: How the latent is refined.
        seed: Of fits, refinement and calibration.
        progress: Told of encoding and refinement.
    """

    representation: Representation
    members: tuple[str, ...]
    refining: Refining
    seed: int
    progress: Progress

    def refinement(
        self, depth: Depth, read: Mapping[str, Read], frozen: Mapping[str, Sequence[Fitted]]
    ) -> Refinement | RefinementSkipped:
        """Adapters of one depth for all properties, through the members on the frozen latent without prior mean."""
        values = {
            name: [i for i, o in enumerate(one.observations) if not o.bound] for name, one in read.items()
        }
        encoded = Encoded.joined([one.fused.encoded[values[name]] for name, one in read.items()])
        rows = {key: row for row, key in enumerate(encoded.keys)}
        processes = []
        for name, one in read.items():
            plain = frozen[name][0].member
            assert isinstance(plain, GaussianProcess)
            processes.append(frozen_process(plain, one, rows))
        return refine(
            self.representation,
            encoded,
            processes,
            depth,
            seed=self.seed,
            settings=self.refining.settings,
            previous=self.refining.previous.get(depth),
            progress=self.progress,
        )

    def learned(
        self,
        begun: Begun,
        read: Read,
        frozen: Sequence[Fitted],
        refinements: Mapping[str, Refinement | RefinementSkipped],
    ) -> Learned:
        """The members of a property that has latents, and the gate's choice."""
        notes = list(begun.notes)
        fitted: list[Fitted] = []
        if "fingerprint" in self.members:
            fitted += fit_fingerprints(read.data, read.plain, read.variants, self.seed)
        refined: list[Fitted] = []
        refinements = dict(refinements)
        for name, found in refinements.items():
            made = (
                found
                if isinstance(found, RefinementSkipped)
                else fit_refined(name, found, read, frozen, self.progress)
            )
            if isinstance(made, RefinementSkipped):
                refinements[name] = made
            else:
                refined += made
        if TRUSTED in self.members or not (fitted or refined):
            fitted += frozen
        fitted += refined
        sources: ReadSources | None = None
        if begun.asked.sources:
            joined, sources = fit_multitask(
                read, begun.asked.sources, self.representation, self.seed, self.progress
            )
            fitted += joined
            notes += sources.notes
        skipped = {n: str(found) for n, found in refinements.items() if isinstance(found, RefinementSkipped)}
        for reason in dict.fromkeys(skipped.values()):
            names = [n for n, why in skipped.items() if why == reason]
            if len(names) == len(refinements):
                notes.append(f"The latent is {reason}.")
                continue
            depths = " and ".join(name for name in names if name != ADOPTED)
            notes += [f"At depth {depths} the latent is {reason}."] if depths else []
            notes += [f"Under the adopted adapter the latent is {reason}."] if ADOPTED in names else []
        contest = Contest(begun, read.observations, read.data, fitted, refinements, sources, notes)
        return decide(contest, self.representation, self.seed)

    def learned_from_fingerprints(self, begun: Begun) -> Learned:
        """The fingerprint member of a property that has no latents, and so none of the refined members that were asked for."""
        asked = begun.asked
        observations = tuple(asked.observations)
        data = data_of(begun.every, observations, asked.scale, robust=asked.robust)
        variants = variants_of(begun.prior, data.features)
        fitted = fit_fingerprints(data, begun.every, variants, self.seed)
        unmade: list[str] = [depth for depth in DEPTHS if depth in self.members]
        unmade += [ADOPTED] if self.refining.adopted is not None else []
        none: dict[str, Refinement | RefinementSkipped] = {
            member: RefinementSkipped("no latent") for member in unmade
        }
        contest = Contest(begun, observations, data, fitted, none, None, begun.notes)
        return decide(contest, self.representation, self.seed)
