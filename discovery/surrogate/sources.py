"""What else is known that goes with the property: another property, a simulation, an estimate; and that as tasks of a model.

Each source has a unit and a scale of its own, since the model standardises it for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from discovery.encoders.encoder import EncodingFailure
from discovery.errors import SurrogateError
from discovery.latent.representation import Representation
from discovery.progress import Progress, silent
from discovery.surrogate.features import Features
from discovery.surrogate.measurements import data_of
from discovery.surrogate.multitask import Task
from discovery.surrogate.observations import MINIMUM_POLYMERS, Observation
from discovery.surrogate.prior import PriorMean
from discovery.surrogate.scale import Scale


@dataclass(frozen=True)
class Source:
    """Observations of another property, or of the same by other means.

    Args:
        name: As people call it, such as ``md_tg``.
        observations: One per polymer, in a unit of its own; of a computable source none.
        scale: That it is modelled on.
        computed: Where its values come from, if any candidate's can be had; of one source of a property at most.

    Raises:
        SurrogateError: there are observations of a computable source.
    """

    name: str
    observations: tuple[Observation, ...] = ()
    scale: Scale = Scale.LINEAR
    computed: PriorMean | None = None

    def __post_init__(self) -> None:
        if self.computed is not None and self.observations:
            raise SurrogateError(
                f"The source {self.name} is computed, and has a table of observations.",
                "Give it as two sources, or leave one of them out.",
            )


@dataclass(frozen=True, eq=False)
class ReadSources:
    """Sources as the multi-task member takes them.

    Args:
        tasks: Of the sources that can be used, in order.
        names: Theirs.
        notes: What the user should know of the others, in sentences.
        computed: Where ``Features.estimates`` of candidates come from; ``None`` where no source is computable.
        scale: That those estimates are modelled on.
    """

    tasks: tuple[Task, ...]
    names: tuple[str, ...]
    notes: tuple[str, ...]
    computed: PriorMean | None = None
    scale: Scale = Scale.LINEAR


def read_sources(
    sources: Sequence[Source],
    measured: Sequence[Observation],
    representation: Representation,
    progress: Progress = silent,
) -> ReadSources:
    """Encode the polymers of the sources and find those that are measured in the target.

    Args:
        sources: Of one target.
        measured: The target's observations, in the order of the member's measurements.
        representation: Encoders and fusion, settled.
        progress: Told of encoding.

    Raises:
        SurrogateError: more than one source is computed.
        WeightsError, EncodingError: From the encoders.
    """
    if sum(source.computed is not None for source in sources) > 1:
        raise SurrogateError(
            "More than one source is computed for every candidate.",
            "Keep one of them, and give the others as tables of observations.",
        )
    positions = {o.unit.key: row for row, o in enumerate(measured)}
    tasks: list[Task] = []
    names: list[str] = []
    notes: list[str] = []
    computed = next((source for source in sources if source.computed is not None), None)
    for source in sources:
        observations = _known(source, measured, progress)
        units = [o.unit for o in observations]
        fused = representation.fuse(units, progress)
        if len(fused.positions) < MINIMUM_POLYMERS:
            notes.append(
                f"The source {source.name} has {len(fused.positions)} polymers that can be read, and it needs "
                f"{MINIMUM_POLYMERS}: it is left out."
            )
            continue
        if fused.failures:
            notes.append(_unread(source.name, fused.failures, len(units)))
        kept = [observations[i] for i in fused.positions]
        units = [o.unit for o in kept]
        physics = representation.physics(units, progress)
        features = Features(representation.fingerprints(units), fused.latent, physics=physics)
        polymers = torch.tensor([positions.get(o.unit.key, -1) for o in kept])
        tasks.append(Task(data_of(features, kept, source.scale), polymers, source is computed))
        names.append(source.name)
    used = computed is not None and computed.name in names
    return ReadSources(
        tuple(tasks),
        tuple(names),
        tuple(notes),
        computed.computed if computed is not None and used else None,
        computed.scale if computed is not None and used else Scale.LINEAR,
    )


def _unread(name: str, failures: Sequence[EncodingFailure], total: int) -> str:
    """How many polymers of a source play no part, and why."""
    lost = {failure.unit.key: failure.reason for failure in reversed(failures)}
    reasons = "; ".join(dict.fromkeys(lost.values()))
    return f"{len(lost)} of the {total} polymers of the source {name} cannot be read and are left out ({reasons})."


def _known(source: Source, measured: Sequence[Observation], progress: Progress) -> list[Observation]:
    """What the source knows: its observations, or its values of the measured polymers."""
    if source.computed is None:
        return list(source.observations)
    units = [o.unit for o in measured]
    values = source.computed.estimates(units, progress)
    told = torch.isfinite(torch.from_numpy(values)) & (
        torch.from_numpy(values) > 0 if source.scale is Scale.LOG else True
    )
    return [
        Observation(unit, float(value))
        for unit, value, known in zip(units, values, told, strict=True)
        if known
    ]
