"""How each property of a campaign is learned: its prior mean, whether robustly, and from which cheaper sources besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from campaigns.physics import prior_of
from campaigns.spec import ObjectiveSpec, SourceSpec
from campaigns.tables import read_source, source_scale
from discovery.acquisition.plan import Modelling
from discovery.encoders.physics import PhysicsEncoder, PhysicsPrior
from discovery.encoders.store import EmbeddingStore
from discovery.surrogate.sources import Source


def modelling_of(
    properties: Sequence[ObjectiveSpec], folder: Path, store: EmbeddingStore
) -> Mapping[str, Modelling]:
    """Of each property, by its name.

    Args:
        properties: Of a spec.
        folder: That the spec's tables lie in.
        store: Where estimates are kept.

    Raises:
        TableError: A table of cheaper values has faults.
    """
    return {
        told.name: Modelling(
            prior=prior_of(told, store),
            robust=told.robust,
            sources=tuple(_source(source, told, folder, store) for source in told.sources),
        )
        for told in properties
    }


def _source(source: SourceSpec, told: ObjectiveSpec, folder: Path, store: EmbeddingStore) -> Source:
    if source.table is not None:
        known = read_source(folder / source.table, told, column=source.column, unit=source.unit)
        return Source(source.name, known, source_scale(told, source.unit))
    # a source has a unit of its own: only whether it runs over decades as its objective does plays a part
    encoder = PhysicsEncoder(str(source.physics))
    scale = source_scale(told, encoder.property.unit)
    return Source(source.name, scale=scale, computed=PhysicsPrior(encoder, store))
