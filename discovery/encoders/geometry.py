"""Geometry encoder: Uni-Mol reads one conformer of a capped repeat unit.

The bundled network is a Uni-Mol of reduced size that this project trained
(:mod:`discovery.pretraining.geometry.training`). It reads heavy atoms, placed by a conformer that was made with
hydrogens: half the atoms, a quarter of the pairs. Its vector is the state of the begin token followed by
the mean state of the atoms: the first gathers the shape, the second what the chain is made of. The released
networks give the begin token's state alone, as in PolyLLMem (arXiv 2503.22962).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from discovery.bundled import bundled_checkpoint
from discovery.encoders import unimol, unimol_weights
from discovery.encoders.conformers import Conformer, ConformerFailure, ConformerSettings, ConformerStore
from discovery.encoders.device import AUTO, chosen_device
from discovery.encoders.encoder import Encoding, EncodingFailure
from discovery.encoders.memory import FIXED_SHAPE, ForwardPasses
from discovery.encoders.source import BUNDLED, no_folder
from discovery.errors import WeightsError
from discovery.progress import Progress, silent

if TYPE_CHECKING:
    from discovery.polymers.repeat_unit import RepeatUnit

MOLECULES_PER_PASS = 2
"""Molecules of every forward pass, however few there are of a size: the processor sums a batch of another shape in another
order, and a vector's last bits would then tell what it was encoded beside."""

MOLECULES_ON_GPU = 16
"""Molecules of a pass of a large network on a GPU; more of one size seldom come together."""


class GeometryEncoder:
    """A frozen Uni-Mol as an encoder of repeat units.

    Args:
        network: The network.
        conformers: Where conformers are made and kept; their settings are part of the revision.
        name: Short name for people.
    """

    def __init__(self, network: unimol.Network, conformers: ConformerStore, *, name: str) -> None:
        self.network = network
        self.conformers = conformers
        self.name = name
        settings = {"network": dict(network.identity), "conformers": asdict(conformers.settings)}
        text = json.dumps(settings, sort_keys=True)
        self.revision = f"geometry-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        self._passes = _passes(network)

    @classmethod
    def load(
        cls,
        source: str = BUNDLED,
        *,
        cache: Path | None = None,
        weights: Path | None = None,
        pooling: unimol.Pooling = "cls",
        device: str = AUTO,
        workers: int | None = None,
    ) -> GeometryEncoder:
        """Load a network.

        Args:
            source: ``bundled``; a folder that ``polyloop pretrain geometry`` wrote; ``unimolv1`` (heavy
                atoms) or ``unimolv1:all_h``; ``unimolv2-84m`` and so on up to ``unimolv2-1.1B``.
            cache: Folder of the conformers; by default the cache folder of the user.
            weights: Folder of the released weights; by default ``$UNIMOL_WEIGHT_DIR``, else that of
                ``unimol_tools``.
            pooling: What the vector of a released network is made of; a folder of ours has its own.
            device: Where the network runs, as torch names it; ``auto`` is a CUDA GPU where there is one.
            workers: Conformers made at once; by default as many as there are processors.

        Raises:
            WeightsError: When there is no such source, or its weights are missing, damaged, of another network or too large
                for the device.
        """
        kind, _, variant = source.replace("unimolv2-", "unimolv2:").partition(":")
        network: unimol.Network
        device = chosen_device(device)
        settings = ConformerSettings()
        if kind == "unimolv1" and variant in ("", "no_h", "all_h"):
            hydrogens = variant == "all_h"
            network = unimol_weights.load_v1(
                hydrogens=hydrogens, pooling=pooling, weights=weights, device=device
            )
        elif kind == "unimolv2":
            size = variant.lower().replace("b", "B") or "84m"
            network = unimol_weights.load_v2(size, pooling=pooling, weights=weights, device=device)
        elif source == BUNDLED or Path(source).is_dir():
            folder = bundled_checkpoint("geometry") if source == BUNDLED else Path(source)
            network, settings = unimol_weights.load_reduced(folder, device)
        else:
            raise WeightsError(
                f"The geometry encoder {source!r} could not be loaded. {no_folder(source)}, and no released Uni-Mol of that "
                "name.",
                "Give bundled, unimolv1, unimolv1:all_h, unimolv2-84m (164m, 310m, 570m, 1.1B), or a folder "
                "that `polyloop pretrain geometry` wrote.",
            )
        named = f"geometry:{Path(source).name if Path(source).is_dir() else source}"
        return cls(network, ConformerStore(cache, settings, workers=workers), name=named)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.network.dim

    def prepared(
        self, units: Sequence[RepeatUnit], progress: Progress = silent
    ) -> list[unimol.Prepared | EncodingFailure]:
        """Each unit as the network reads it, or why it cannot.

        Raises:
            EncodingError: When conformers cannot be read or stored.
        """
        placed = self.conformers.conformers(units, progress)
        found: dict[str, unimol.Prepared | EncodingFailure] = {}
        for unit in units:
            if unit.key not in found:
                found[unit.key] = self._prepared(unit, placed[unit.key])
        return [found[unit.key] for unit in units]

    def _prepared(
        self, unit: RepeatUnit, placed: Conformer | ConformerFailure
    ) -> unimol.Prepared | EncodingFailure:
        if isinstance(placed, ConformerFailure):
            return EncodingFailure(unit, placed.reason, lasting=placed.lasting)
        ready = self.network.prepare(unit, placed)
        return EncodingFailure(unit, ready) if isinstance(ready, str) else ready

    def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
        """Encode ``n`` units into an ``m x d`` float32 matrix.

        Units over the atom limit, without a conformer, or with an element that the weights do not know are
        failures. A vector is the same to the last bit whatever it is encoded beside, as long as the device does not run out of
        memory.

        Raises:
            EncodingError: When conformers cannot be read or stored, or the device has no memory for even one polymer.
        """
        found = self.prepared(units, progress)
        first: dict[str, int] = {}
        for i, unit in enumerate(units):
            first.setdefault(unit.key, i)  # computed once, at one place in a batch
        prepared = {i: item for i in first.values() if isinstance(item := found[i], unimol.Prepared)}
        failures = tuple(item for i in first.values() if isinstance(item := found[i], EncodingFailure))
        vectors: NDArray[np.float32] = np.empty((len(units), self.dim), dtype=np.float32)
        done = 0

        def forward(batch: list[int]) -> Tensor:
            return self.network.vectors([prepared[i] for i in batch])

        for members, size in _by_size(prepared):
            for batch, found_vectors in self._passes.run(members, size, forward):
                vectors[batch] = found_vectors.numpy()[: len(batch)]
                done += len(batch)
                progress(done, len(prepared), f"polymers encoded by {self.name}")
        kept = [i for i, unit in enumerate(units) if first[unit.key] in prepared]
        rows = [first[units[i].key] for i in kept]
        return Encoding(tuple(units[i] for i in kept), vectors[rows], failures)


def _passes(network: unimol.Network) -> ForwardPasses:
    """Molecules of a forward pass: fixed for small networks, fewer of larger molecules for others."""
    if network.parameters <= FIXED_SHAPE:
        return ForwardPasses(network.device, MOLECULES_PER_PASS)
    most = MOLECULES_ON_GPU if network.device.startswith("cuda") else MOLECULES_PER_PASS
    return ForwardPasses(network.device, most, lambda size: (size + 2) ** 2 * network.pair_bytes)


def _by_size(prepared: dict[int, unimol.Prepared]) -> list[tuple[list[int], int]]:
    """Molecules of one size together, and that size."""
    by_size: dict[int, list[int]] = {}
    for i, molecule in prepared.items():
        by_size.setdefault(molecule.size, []).append(i)
    return [(members, size) for size, members in sorted(by_size.items())]
