"""The two blocks of labels: ``structure`` is what RDKit computes of a chain, ``physics`` what is estimated from its groups."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import rdkit
from numpy.typing import NDArray

from discovery.errors import PretrainingError
from discovery.polymers import RepeatUnit
from discovery.pretraining.labels import chain_shape, closed_chain, descriptors, fragments

BLOCKS = ("structure", "physics")

Tensors = dict[str, NDArray[np.generic]]
"""What a block computes, by name; a row of ``values`` for each polymer."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of labels: what it is called, what decides its numbers, and how they are computed."""

    name: str
    revision: str
    names: tuple[str, ...]
    """Of its columns."""
    compute: Callable[[Sequence[RepeatUnit]], Tensors]
    """A function of a module; ``values`` (``n x len(names)``) and what else the block keeps."""

    @property
    def folder(self) -> str:
        """Where its numbers are kept: not together with those of another revision."""
        return f"{self.name}-{hashlib.sha256(self.revision.encode()).hexdigest()[:12]}"


@cache
def block(name: str) -> Block:
    """A block by its name."""
    if name == "structure":
        return Block(name, _structure_revision(), descriptors.label_names(), _structure)
    from discovery import physics

    return Block(name, physics.REVISION, tuple(physics.PROPERTIES), _physics)


def blocks_without(left_out: Sequence[str]) -> tuple[Block, ...]:
    """All blocks but some.

    Raises:
        PretrainingError: When there is no such block.
    """
    unknown = sorted(set(left_out) - set(BLOCKS))
    if unknown:
        raise PretrainingError(f"There are no labels {unknown[0]!r}.", f"Leave out {' or '.join(BLOCKS)}.")
    return tuple(block(name) for name in BLOCKS if name not in left_out)


def _structure_revision() -> str:
    """Changes with RDKit and with the source of the modules that compute the numbers."""
    digest = hashlib.sha256()
    for module in (chain_shape, closed_chain, descriptors, fragments):
        digest.update(inspect.getsource(module).encode())
    return f"rdkit{rdkit.__version__}-{digest.hexdigest()[:12]}"


def _structure(units: Sequence[RepeatUnit]) -> Tensors:
    found = fragments.fragments_of(units)
    values = descriptors.descriptor_matrix(units)
    return {"values": values, "sizes": np.diff(found.offsets), "keys": found.keys, "counts": found.counts}


def _physics(units: Sequence[RepeatUnit]) -> Tensors:
    from discovery import physics

    return {"values": physics.estimate(units).values.astype(np.float32)}
