"""The door to ``unimol_tools``: its Uni-Mol networks, fed with our own conformers.

Three networks (Zhou et al., Uni-Mol, ICLR 2023; Ji et al., Uni-Mol2, arXiv 2406.14969) with one face:

- ``reduced``: ``unimol_tools.pretrain.UniMolModel`` of any size, in a folder of ours (safetensors and JSON);
- ``v1``: the released 47 M parameter weights;
- ``v2``: the released weights of 84 M to 1.1 B parameters.

All are given atoms and coordinates, never SMILES: from SMILES ``unimol_tools`` falls back to flat drawings
and then to zeros without a word. All see batches of molecules of one size only, since the released Uni-Mol2
code scales its pair updates by the padded length, which would make a vector depend on its neighbours in the
batch.
"""

from __future__ import annotations

import importlib
import logging
import sys
import types
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import torch
from rdkit import rdBase
from torch import Tensor, nn

from discovery.encoders.conformers import Conformer, positioned

if TYPE_CHECKING:
    from discovery.polymers.repeat_unit import RepeatUnit

Pooling = Literal["cls", "cls+atoms"]
"""``cls``: the state of the begin token. ``cls+atoms``: that, then the mean state of the atoms."""

SPECIAL_SYMBOLS = ("[CLS]", "[UNK]", "[PAD]", "[SEP]", "[MASK]")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A molecule as a network reads it; only molecules of one ``size`` may share a batch."""

    size: int
    features: Any


class Network(Protocol):
    """A frozen network that turns conformers into vectors."""

    model: nn.Module
    """In evaluation mode."""

    pooling: Pooling
    """What the vector is made of."""

    @property
    def device(self) -> str:
        """Where it runs, as torch names it."""
        ...

    @property
    def parameters(self) -> int:
        """How many there are."""
        ...

    @property
    def pair_bytes(self) -> int:
        """Memory that one pair of atoms takes on its way through, roughly."""
        ...

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    @property
    def identity(self) -> Mapping[str, object]:
        """Hash of the weights and the settings that change a vector."""
        ...

    def prepare(self, unit: RepeatUnit, placed: Conformer) -> Prepared | str:
        """Input of one molecule, or the reason why the network cannot read it."""
        ...

    def vectors(self, batch: Sequence[Prepared]) -> Tensor:
        """Vectors ``n x d`` of molecules of one size, on the processor, in float32."""
        ...


def load_unimol_tools(module: str) -> Any:
    """Import a module of ``unimol_tools`` without the marks that its import leaves on the process.

    Left alone it makes a folder ``logs`` in the working directory, lowers the level of the root logger,
    switches every warning of the program off, and RDKit's messages too.
    """
    if "unimol_tools.utils.base_logger" not in sys.modules:
        logger = types.ModuleType("unimol_tools.utils.base_logger")
        logger.logger = logging.getLogger("unimol_tools")  # type: ignore[attr-defined]  # a module made by hand
        sys.modules[logger.__name__] = logger
    channels = [line.split(":")[0] for line in rdBase.LogStatus().splitlines() if line.endswith("enabled")]
    with warnings.catch_warnings():  # takes back the filters that the import sets
        # torch.jit.script and an outdated tree check, both inside third-party modules at import time
        warnings.filterwarnings("ignore", r"`torch\.jit\.script` is deprecated", DeprecationWarning)
        warnings.filterwarnings("ignore", r"`isinstance\(treespec, LeafSpec\)`", FutureWarning)
        loaded = importlib.import_module(f"unimol_tools.{module}")
    for channel in channels:
        rdBase.EnableLog(channel)
    return loaded


def symbol_dictionary(symbols: Sequence[str]) -> Any:
    """The ``unimol_tools`` dictionary whose indices are the positions in ``symbols``.

    Its own loader counts the special symbols first and in another order than the released weights were
    trained with (there ``[PAD]`` is 0), so that the begin token would be read with the embedding of the
    padding.
    """
    dictionary = load_unimol_tools("data.dictionary").Dictionary()
    dictionary.symbols.clear()
    dictionary.indices.clear()
    dictionary.count.clear()
    for symbol in symbols:
        dictionary.add_symbol(symbol, is_special=symbol in SPECIAL_SYMBOLS)
    return dictionary


def reduced_model(sizes: Mapping[str, Any], dictionary: Any) -> nn.Module:
    """``unimol_tools.pretrain.UniMolModel`` with sizes that differ from the released model's."""
    config = load_unimol_tools("pretrain.pretrain_config").ModelConfig(**sizes)
    model: nn.Module = load_unimol_tools("pretrain.unimol").UniMolModel(config, dictionary)
    return model


@contextmanager
def without_denormals() -> Iterator[None]:
    """Let the processor round numbers below 1e-38 to zero.

    Uni-Mol's Gaussian features are full of them, and each costs a processor a hundred cycles: without them a
    network trains three times as fast, and no vector changes in a digit it has. Keep it short: NumPy
    complains when it is first used in this mode.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def pool(hidden: Tensor, is_atom: Tensor, pooling: Pooling) -> Tensor:
    """Vectors ``n x d`` of hidden states ``n x t x e``; ``is_atom`` (``n x t``) leaves out every special."""
    if pooling == "cls":
        return hidden[:, 0]
    weight = is_atom.to(hidden.dtype).unsqueeze(-1)
    return torch.cat([hidden[:, 0], (hidden * weight).sum(1) / weight.sum(1)], dim=-1)


class UniMolNetwork:
    """Uni-Mol v1's architecture, released or reduced.

    Args:
        model: ``UniMolModel``, of the released or of the pre-training class.
        dictionary: Its symbols.
        hydrogens: Whether the weights were trained with hydrogens.
        pooling: What the vector is made of.
        weights_hash: SHA-256 of the weights.
        device: Where it runs.
    """

    def __init__(
        self,
        model: nn.Module,
        dictionary: Any,
        *,
        hydrogens: bool,
        pooling: Pooling,
        weights_hash: str,
        device: str = "cpu",
    ) -> None:
        self.model = model.eval().requires_grad_(False).to(device)
        self.dictionary = dictionary
        self.hydrogens = hydrogens
        self.pooling = pooling
        self.device = device
        self._weights_hash = weights_hash
        self._elements = {s: i for i, s in enumerate(dictionary.symbols) if s not in SPECIAL_SYMBOLS}
        self.parameters = sum(parameter.numel() for parameter in self.model.parameters())

    @property
    def dim(self) -> int:
        """Length of a vector: the width, or twice it with the mean over the atoms."""
        width = int(self.model.get_submodule("embed_tokens").embedding_dim)  # type: ignore[arg-type]
        return width if self.pooling == "cls" else 2 * width

    @property
    def pair_bytes(self) -> int:
        """Gaussian features of a pair, four times over, and its attention, three times over, in float32."""
        model: Any = self.model
        return 4 * (4 * int(model.gbf.K) + 3 * int(model.encoder.attention_heads))

    @property
    def identity(self) -> Mapping[str, object]:
        """Hash of the weights and the settings that change a vector."""
        return {"weights": self._weights_hash, "hydrogens": self.hydrogens, "pooling": self.pooling}

    def prepare(self, unit: RepeatUnit, placed: Conformer) -> Prepared | str:
        """Symbol indices and centred coordinates; a reason where the weights have never seen an element."""
        seen = placed if self.hydrogens else placed.without_hydrogens()
        foreign = sorted(set(seen.symbols) - self._elements.keys())
        if foreign:
            return f"the weights do not know the element {', '.join(foreign)}"
        tokens = [self._elements[symbol] for symbol in seen.symbols]
        centred = seen.coordinates - seen.coordinates.mean(axis=0)
        return Prepared(len(tokens), (tokens, centred.astype(np.float32)))

    @torch.inference_mode()
    @without_denormals()
    def vectors(self, batch: Sequence[Prepared]) -> Tensor:
        """Vectors ``n x d`` of molecules of one size."""
        n, size = len(batch), batch[0].size
        tokens = torch.empty(n, size + 2, dtype=torch.long)
        tokens[:, 0], tokens[:, -1] = self.dictionary.bos(), self.dictionary.eos()
        tokens[:, 1:-1] = torch.tensor([item.features[0] for item in batch])
        coordinates = torch.zeros(n, size + 2, 3)  # begin and end sit at the centre
        coordinates[:, 1:-1] = torch.from_numpy(np.stack([item.features[1] for item in batch]))
        hidden = self._hidden(tokens.to(self.device), coordinates.to(self.device))
        is_atom = torch.ones(n, size + 2, device=self.device)
        is_atom[:, [0, -1]] = 0
        return pool(hidden, is_atom, self.pooling).float().cpu()

    def _hidden(self, tokens: Tensor, coordinates: Tensor) -> Tensor:
        model: Any = self.model
        t = tokens.shape[1]
        distances = (coordinates.unsqueeze(1) - coordinates.unsqueeze(2)).norm(dim=-1)
        edges = tokens.unsqueeze(2) * len(self.dictionary) + tokens.unsqueeze(1)
        bias = model.gbf_proj(model.gbf(distances, edges)).permute(0, 3, 1, 2).reshape(-1, t, t)
        states: Tensor = model.encoder(model.embed_tokens(tokens), padding_mask=None, attn_mask=bias)[0]
        return states


class UniMol2Network:
    """Released Uni-Mol2; reads heavy atoms, their bonds and their coordinates.

    Args:
        model: ``UniMolV2Model``.
        pooling: What the vector is made of.
        weights_hash: SHA-256 of the weights.
        device: Where it runs.
    """

    def __init__(self, model: nn.Module, *, pooling: Pooling, weights_hash: str, device: str = "cpu") -> None:
        self.model = model.eval().requires_grad_(False).to(device)
        self.pooling = pooling
        self.device = device
        self._weights_hash = weights_hash
        self._featurise = load_unimol_tools("data.conformer").mol2unimolv2
        self.parameters = sum(parameter.numel() for parameter in self.model.parameters())

    @property
    def dim(self) -> int:
        """Length of a vector: the width, or twice it with the mean over the atoms."""
        width = int(self.model.get_submodule("embed_tokens").embedding_dim)  # type: ignore[arg-type]
        return width if self.pooling == "cls" else 2 * width

    @property
    def pair_bytes(self) -> int:
        """States of a pair, eight times over in its update, and its attention, three times over, in float32."""
        sizes: Any = self.model.args
        return 4 * (8 * int(sizes.pair_embed_dim) + 3 * int(sizes.num_attention_heads))

    @property
    def identity(self) -> Mapping[str, object]:
        """Hash of the weights and the settings that change a vector."""
        return {"weights": self._weights_hash, "pooling": self.pooling}

    def prepare(self, unit: RepeatUnit, placed: Conformer) -> Prepared | str:
        """Features of the heavy-atom graph with the conformer's coordinates."""
        size = sum(symbol != "H" for symbol in placed.symbols)
        # max_atoms as large as the molecule: beyond it unimol_tools leaves out atoms at random
        return Prepared(size, self._featurise(positioned(unit, placed), max_atoms=size))

    @torch.inference_mode()
    @without_denormals()
    def vectors(self, batch: Sequence[Prepared]) -> Tensor:
        """Vectors ``n x d`` of molecules of one size."""
        model: Any = self.model
        inputs, _ = model.batch_collate_fn([(item.features, 0.0) for item in batch])
        inputs = {name: tensor.to(self.device) for name, tensor in inputs.items()}
        if self.pooling == "cls":
            states: Tensor = model(**inputs, return_repr=True)
            return states.float().cpu()
        result = model(**inputs, return_repr=True, return_atomic_reprs=True)
        atoms = torch.stack([states.mean(0) for states in result["atomic_reprs"]])
        return torch.cat([result["cls_repr"], atoms], dim=-1).float().cpu()
