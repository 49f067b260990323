"""Encoders that `latents.py` compares the bundled ones with, and the cosine ratio of a text encoder."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rdkit
import torch
from rdkit import rdBase
from rdkit.Chem import Descriptors
from torch import nn
from transformers import AutoModel

from discovery.bundled import bundled_checkpoint
from discovery.encoders.encoder import Encoding
from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.text import TextEncoder
from discovery.encoders.unimol import UniMolNetwork, reduced_model
from discovery.errors import WeightsError
from discovery.latent.digest import digest
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

WRITINGS = 4
"""Writings of each chain that the cosine ratio compares."""


class DescriptorEncoder:
    """RDKit's descriptors of the capped unit, so that the store keeps them; 0 where RDKit has none.

    It has no partial charges of some metals, and none of the descriptors made of them.
    """

    name = "descriptors"
    # Ipc grows beyond all bounds with the number of atoms
    _functions = tuple(function for name, function in Descriptors.descList if name not in ("Ipc", "AvgIpc"))
    dim = len(_functions)
    revision = f"descriptors-{rdkit.__version__}-{dim}-zeros"

    def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
        rows = np.zeros((len(units), self.dim))
        with rdBase.BlockLogs():
            for i, unit in enumerate(units):
                mol = unit.capped()
                rows[i] = [function(mol) for function in self._functions]
                progress(i + 1, len(units), "polymers described")
        rows[~(np.abs(rows) < 1e6)] = 0.0  # no descriptor that means anything is that large
        return Encoding(tuple(units), rows.astype(np.float32))


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
