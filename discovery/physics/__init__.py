"""Properties from the structure alone: group contributions and connectivity indices, with their tables and sources."""

from discovery.physics.estimates import (
    DERIVED,
    MODELS,
    PROPERTIES,
    REVISION,
    Estimates,
    UnknownPropertyError,
    estimate,
    evaluation,
)
from discovery.physics.groups import EndlessChain, Group, Partition, UncoveredError, partition
from discovery.physics.model import DerivedModel, Evaluation, Model, Property

__all__ = [
    "DERIVED",
    "MODELS",
    "PROPERTIES",
    "REVISION",
    "DerivedModel",
    "EndlessChain",
    "Estimates",
    "Evaluation",
    "Group",
    "Model",
    "Partition",
    "Property",
    "UncoveredError",
    "UnknownPropertyError",
    "estimate",
    "evaluation",
    "partition",
]
