"""The top blocks of a frozen language model, run on their own.

Only these blocks are adapted, so what enters them never changes: it is computed once, and each training
step runs a quarter of the blocks instead of the whole model. Every block is called with just what the model itself
would call it with (noted by a stand-in), so the masks and position embeddings are the model's own, whatever
member of the Llama family it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn

from discovery.encoders.encoder import Encoding
from discovery.encoders.memory import FIXED_SHAPE, PASS_BYTES, parameter_count
from discovery.errors import EncodingError, WeightsError
from discovery.latent.frozen import Blocks, sharing_copy, stop_at_top, top_quarter
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

ROWS_PER_PACK = 16
"""Texts of like length that go through the blocks of a small model together: few, so that a long text pads few others."""

ROWS_ON_GPU = 64
"""The same on a GPU, which some 4,000 tokens keep busy."""


class AdaptableText(Protocol):
    """What a text encoder must offer for its model to be adapted."""

    @property
    def model(self) -> nn.Module:
        """A decoder of the Llama family in evaluation mode, with or without its head."""
        ...

    @property
    def revision(self) -> str:
        """Hash of weights and settings."""
        ...

    @property
    def name(self) -> str:
        """Short name for people."""
        ...

    @property
    def dim(self) -> int:
        """Size of a pooled vector."""
        ...

    @property
    def max_tokens(self) -> int:
        """How many the model reads."""
        ...

    def texts(self, units: Sequence[RepeatUnit]) -> list[str]:
        """What the model reads of each unit."""
        ...

    def tokenize(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """``input_ids`` and ``attention_mask``, each ``n x t``, padded on the right."""
        ...

    def pool(self, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        """Last hidden states ``n x t x d`` to vectors ``n x d``."""
        ...

    def encode(self, units: Sequence[RepeatUnit]) -> Encoding:
        """The frozen vectors."""
        ...


@dataclass(frozen=True, eq=False)
class Pack:
    """A few texts on their way through the model, stopped below the adapted blocks."""

    rows: Tensor
    """``b`` positions of these texts among the units asked for."""

    hidden: Tensor
    """``b x t x d`` states that enter the first adapted block."""

    attention_mask: Tensor
    """``b x t``, one where a token is real."""

    arguments: tuple[Mapping[str, Any], ...]
    """For each adapted block, the keyword arguments that the model calls it with: mask, positions."""


class TopBlocks(Blocks):
    """The last blocks of a model and its final norm, sharing the weights but not the module tree.

    Adapters put into this copy never reach the encoder's own model. The blocks keep the names they have in
    the model (``layers.30.self_attn.q_proj``), so a PEFT adapter saved from here also loads onto the whole
    model.

    Args:
        model: As :attr:`AdaptableText.model`; with or without its head.
        depth: Number of blocks.

    Raises:
        WeightsError: When the model is not a decoder of the Llama family.
    """

    def __init__(self, model: nn.Module, depth: int) -> None:
        super().__init__()
        layers, norm = _backbone(model).layers, _backbone(model).norm
        if not 0 < depth <= len(layers):
            raise ValueError(f"a model of {len(layers)} blocks has no top {depth}")
        top = range(len(layers) - depth, len(layers))
        self.layers = nn.ModuleDict({str(index): sharing_copy(layers[index]) for index in top})
        self.norm = sharing_copy(norm)
        self.spares_memory = parameter_count(model) > FIXED_SHAPE
        self.eval()

    def linear_layers(self) -> list[str]:
        """All inside the blocks."""
        return [name for name, module in self.named_modules() if isinstance(module, nn.Linear)]

    def forward(self, pack: Pack) -> Tensor:
        """Last hidden states ``b x t x d``."""
        hidden = pack.hidden
        for block, arguments in zip(self.layers.values(), pack.arguments, strict=True):
            hidden = self.called(block, hidden, **arguments)
        last: Tensor = self.norm(hidden)
        return last


def block_count(model: nn.Module) -> int:
    """Number of blocks of a model, with or without its head.

    Raises:
        WeightsError: When the model is not a decoder of the Llama family.
    """
    return len(_backbone(model).layers)


@dataclass(frozen=True, eq=False)
class TextBlocks:
    """The top ``depth`` blocks of a text encoder: what enters them, and what comes out of a copy of them."""

    encoder: AdaptableText
    depth: int

    @classmethod
    def of(cls, encoder: AdaptableText, depth: int | None = None) -> TextBlocks:
        """By default the top quarter of the blocks, rounded up."""
        return cls(encoder, top_quarter(block_count(encoder.model)) if depth is None else depth)

    def copied(self) -> TopBlocks:
        """The blocks for adapters to be put in."""
        return TopBlocks(self.encoder.model, self.depth)

    def packs(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Iterator[Pack]:
        """Run the frozen model on ``n`` units up to its top blocks, a pack at a time, the longest texts first.

        Raises:
            EncodingError: When a text is longer than the model reads.
        """
        if not units:
            return
        text = self.encoder
        tokens = text.tokenize(text.texts(units))
        lengths = tokens["attention_mask"].sum(dim=1)
        _check_lengths(text, units, lengths)
        below = cast(Any, sharing_copy(_backbone(text.model)))
        stops = stop_at_top(below.layers, self.depth, lambda call: call[0][0])
        device = next(below.parameters()).device
        done = 0
        for rows in _packed(text.model, lengths):
            longest = int(lengths[rows].max())
            ids, mask = (tokens[name][rows, :longest].to(device) for name in ("input_ids", "attention_mask"))
            with torch.no_grad():
                below(input_ids=ids, attention_mask=mask, use_cache=False)
            calls = [stop.calls.pop() for stop in stops]
            yield Pack(rows, calls[0][0][0], mask, tuple(named for _, named in calls))
            done += len(rows)
            progress(done, len(units), f"polymers read by {text.name}")

    def vectors(self, blocks: nn.Module, pack: Pack) -> Tensor:
        """A pack through a copy of the blocks, adapted or not: ``b x d`` float32, where the model runs."""
        return self.encoder.pool(blocks(pack), pack.attention_mask).float()

    def graph_bytes(self, pack: Pack) -> int:
        """What a pack's way through the blocks keeps for the way back, from above."""
        if parameter_count(self.encoder.model) > FIXED_SHAPE:
            return self.depth * pack.hidden.nbytes  # only what enters each block
        return self.depth * len(pack.rows) * _block_bytes(self.encoder.model, pack.hidden.shape[1])


def _check_lengths(text: AdaptableText, units: Sequence[RepeatUnit], lengths: Tensor) -> None:
    long = (lengths > text.max_tokens).nonzero().flatten().tolist()
    if long:
        raise EncodingError(
            f"{text.name} cannot read {len(long)} of {len(units)} polymers: {units[long[0]].psmiles} has "
            f"{int(lengths[long[0]])} tokens, the model reads at most {text.max_tokens}.",
            "Refine with the polymers that the encoder can read, or use a model that reads longer texts.",
        )


def _packed(model: nn.Module, lengths: Tensor) -> Iterator[Tensor]:
    """Positions of texts of like length that go through the blocks together, the longest first."""
    order = torch.argsort(lengths, stable=True)
    while len(order):
        rows = _rows(model, int(lengths[order[-1]]))
        yield order[-rows:]
        order = order[:-rows]


def _rows(model: nn.Module, length: int) -> int:
    """Texts of a pack: one number for small models, else so many that a block's way there and back fits what a pass may take."""
    rows = ROWS_ON_GPU if next(model.parameters()).is_cuda else ROWS_PER_PACK
    if parameter_count(model) <= FIXED_SHAPE:
        return rows
    while rows > 1 and rows * _block_bytes(model, length) > PASS_BYTES:
        rows //= 2
    return rows


def _block_bytes(model: nn.Module, length: int) -> int:
    """What one text keeps for the way back through one block, from above.

    In float32 the inputs of seven adapted layers and of two norms; in the type of the weights states, queries, keys, values and
    the gated inner layer; the scores of attention, once more in float32.
    """
    config: Any = model.config
    width, inner, heads = (
        int(size) for size in (config.hidden_size, config.intermediate_size, config.num_attention_heads)
    )
    size = cast(torch.dtype, model.dtype).itemsize
    token = 4 * (10 * width + inner) + size * (8 * width + 4 * inner)
    return length * token + heads * length**2 * (2 * size + 4)


def _backbone(model: nn.Module) -> Any:
    """The decoder under a language-model head, where there is one."""
    backbone = getattr(model, "base_model", model)
    if not isinstance(getattr(backbone, "layers", None), nn.ModuleList) or not isinstance(
        getattr(backbone, "norm", None), nn.Module
    ):
        raise WeightsError(
            f"A {type(model).__name__} cannot be refined: it is not a decoder of the Llama family.",
            "Use a Llama, Mistral, Qwen or like model as the text encoder, or go on without refinement.",
        )
    return backbone
