"""Encoders that `latents.py` compares the bundled ones with, and the cosine ratio of a text encoder."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import AutoModel

from discovery import physics
from discovery.bundled import bundled_checkpoint
from discovery.encoders.encoder import Encoding
from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.text import TextEncoder
from discovery.encoders.unimol import UniMolNetwork, reduced_model
from discovery.errors import WeightsError
from discovery.latent.digest import digest
from discovery.polymers import RepeatUnit
from discovery.pretraining.labels.blocks import block
from discovery.pretraining.labels.descriptors import descriptor_matrix, label_names
from discovery.progress import Progress, silent

WRITINGS = 4
"""Writings of each chain that the cosine ratio compares."""


UNKNOWN = np.finfo(np.float32).max
"""Stands for a number that there is not: the store keeps no vector with NaN."""


class DescriptorEncoder:
    """RDKit's descriptors and the shape of the endless chain, as the labels of pre-training have them, so that the store keeps
    them; ``UNKNOWN`` where RDKit has none."""

    name = "descriptors"
    dim = len(label_names())
    revision = f"descriptors-{block('structure').revision}"

    def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
        rows = np.empty((len(units), self.dim), dtype=np.float32)
        for i, unit in enumerate(units):
            rows[i] = descriptor_matrix([unit])[0]
            progress(i + 1, len(units), "polymers described")
        return Encoding(tuple(units), _storable(rows))


class EstimatesEncoder:
    """The estimates of :mod:`discovery.physics`; ``UNKNOWN`` where a polymer lacks one."""

    name = "physics"
    dim = len(physics.PROPERTIES)
    revision = f"physics-{physics.REVISION}"

    def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
        return Encoding(
            tuple(units), _storable(physics.estimate(units, progress=progress).values.astype(np.float32))
        )


def _storable(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(np.isfinite(rows), rows, UNKNOWN)


class ScrambledTextEncoder(TextEncoder):
    """A text encoder that is shown the characters of each PSMILES in disorder: a control that must lose.

    Load it by :meth:`of`.
    """

    @classmethod
    def of(cls, source: str, device: str) -> ScrambledTextEncoder:
        encoder = cls.load(source, device=device)
        encoder.name, encoder.revision = f"{encoder.name}:scrambled", f"{encoder.revision}-scrambled"
        return encoder

    def texts(self, units: Sequence[RepeatUnit]) -> list[str]:
        return [self.prompt.replace("{psmiles}", scrambled(unit)) for unit in units]


def scrambled(unit: RepeatUnit) -> str:
    """The characters of a PSMILES in an order that is random, and the same in every run."""
    letters = list(unit.psmiles)
    random.Random(f"scrambled {unit.key}").shuffle(letters)
    return "".join(letters)


def random_text(source: str, device: str, seed: int = 0) -> TextEncoder:
    """The same architecture and tokenizer with weights as training would begin with."""
    encoder = TextEncoder.load(source, device=device)
    torch.manual_seed(seed)
    encoder.model.load_state_dict(AutoModel.from_config(encoder.model.config).state_dict())
    encoder.name, encoder.revision = "text:random", f"text-random-{_hash(encoder.model)}"
    return encoder


def random_geometry(source: str, device: str, seed: int = 0) -> GeometryEncoder:
    """The same network with weights as training would begin with.

    Raises:
        WeightsError: the source is not a folder of ours, so that its sizes are not known.
    """
    encoder = GeometryEncoder.load(source, device=device)
    folder = bundled_checkpoint("geometry") if source == "bundled" else Path(source)
    network = encoder.network
    if not isinstance(network, UniMolNetwork) or not (folder / "config.json").is_file():
        raise WeightsError(
            f"There is no network of random weights beside {source!r}.",
            "Leave out random-geometry and random-fused by --only.",
        )
    torch.manual_seed(seed)
    sizes = json.loads((folder / "config.json").read_text(encoding="utf-8"))["model"]
    network.model.load_state_dict(reduced_model(sizes, network.dictionary).state_dict())
    encoder.name, encoder.revision = "geometry:random", f"geometry-random-{_hash(network.model)}"
    return encoder


def _hash(model: nn.Module) -> str:
    return digest({name: tensor.float() for name, tensor in model.state_dict().items()}, {})[:16]


@dataclass(frozen=True)
class Cosine:
    """Mean cosine of an encoder's raw vectors between writings of one chain, and between chains."""

    encoder: str
    chains: int
    within: float
    between: float

    @property
    def ratio(self) -> float:
        """Not a number where different chains point away from one another: there is nothing to divide by then."""
        return self.within / self.between if self.between > 0 else math.nan


def cosine_ratio(name: str, encoder: TextEncoder, units: Sequence[RepeatUnit]) -> Cosine:
    """How much nearer different writings of a chain lie to one another than different chains.

    A chain with one writing only says nothing of the first and counts for the second.
    """
    writings = [
        RepeatUnit(text, unit.key)
        for unit in units
        for text in dict.fromkeys(unit.writings(WRITINGS, random.Random(f"writings {unit.key}")))
    ]
    encoding = encoder.encode(writings)
    vectors = torch.nn.functional.normalize(torch.from_numpy(encoding.vectors).double())
    keys = {key: i for i, key in enumerate(dict.fromkeys(unit.key for unit in encoding.units))}
    chain = torch.tensor([keys[unit.key] for unit in encoding.units])
    same = chain.unsqueeze(0) == chain.unsqueeze(1)
    cosines = vectors @ vectors.T
    # each chain counts alike, however many writings it has
    sums = torch.zeros(len(keys), len(keys), dtype=torch.float64)
    pairs = torch.zeros_like(sums)
    places = (chain.unsqueeze(1).expand_as(same), chain.unsqueeze(0).expand_as(same))
    itself = torch.eye(len(chain), dtype=torch.bool)
    sums.index_put_(places, cosines.masked_fill(itself, 0.0), accumulate=True)
    pairs.index_put_(places, (~itself).double(), accumulate=True)
    means = sums / pairs
    within = means.diagonal()
    between = means[~torch.eye(len(keys), dtype=torch.bool)]
    return Cosine(name, len(keys), float(within[~within.isnan()].mean()), float(between.mean()))
