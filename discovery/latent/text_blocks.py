"""The top blocks of a frozen language model, run on their own.

Only these blocks are adapted, so what enters them never changes: it is computed once, and each training
step runs two blocks instead of the whole model. Every block is called with just what the model itself
called it with (recorded by a hook), so the masks and position embeddings are the model's own, whatever
member of the Llama family it is.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from discovery.encoders.encoder import Encoding
from discovery.errors import WeightsError
from discovery.polymers import RepeatUnit

ROWS_PER_PACK = 16
"""Texts of like length that go through the blocks together: small, so that a long text pads few others."""


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
    def dim(self) -> int:
        """Size of a pooled vector."""
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


class TopBlocks(nn.Module):
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
        self.layers = nn.ModuleDict({str(index): _sharing_copy(layers[index]) for index in top})
        self.norm = _sharing_copy(norm)
        self.eval()

    def linear_layers(self) -> list[str]:
        """Full names of all linear layers inside the blocks."""
        return [name for name, module in self.named_modules() if isinstance(module, nn.Linear)]

    def forward(self, pack: Pack) -> Tensor:
        """Last hidden states ``b x t x d``."""
        hidden = pack.hidden
        for block, arguments in zip(self.layers.values(), pack.arguments, strict=True):
            hidden = block(hidden, **arguments)
        last: Tensor = self.norm(hidden)
        return last


def block_count(model: nn.Module) -> int:
    """Number of blocks of a model, with or without its head.

    Raises:
        WeightsError: When the model is not a decoder of the Llama family.
    """
    return len(_backbone(model).layers)


@torch.no_grad()
def read_below(text: AdaptableText, units: Sequence[RepeatUnit], depth: int) -> Iterator[Pack]:
    """Run the frozen model on ``n`` units and keep what enters its top ``depth`` blocks, a pack at a time.

    The units must be such that ``text.encode`` has no failures among them.

    Raises:
        WeightsError: When the model is not a decoder of the Llama family.
    """
    if not units:
        return
    backbone = _backbone(text.model)
    tokens = text.tokenize(text.texts(units))
    lengths = tokens["attention_mask"].sum(dim=1)
    device = next(backbone.parameters()).device
    for rows in torch.split(torch.argsort(lengths, stable=True), ROWS_PER_PACK):
        longest = int(lengths[rows].max())
        ids, mask = (tokens[name][rows, :longest].to(device) for name in ("input_ids", "attention_mask"))
        calls: list[tuple[Tensor, dict[str, Any]]] = []

        def record(
            _block: nn.Module, positional: tuple[Any, ...], named: dict[str, Any], calls: list[Any] = calls
        ) -> None:
            calls.append((positional[0], named))

        hooks = [
            block.register_forward_pre_hook(record, with_kwargs=True) for block in backbone.layers[-depth:]
        ]
        try:
            backbone(input_ids=ids, attention_mask=mask, use_cache=False)
        finally:
            for hook in hooks:
                hook.remove()
        yield Pack(rows, calls[0][0], mask, tuple(named for _, named in calls))


def pooled(text: AdaptableText, blocks: nn.Module, packs: Sequence[Pack]) -> Tensor:
    """Packs through the blocks and the pooling: ``n x d_t`` float32, in the order of the units."""
    vectors = torch.cat([text.pool(blocks(pack), pack.attention_mask) for pack in packs])
    order = torch.argsort(torch.cat([pack.rows for pack in packs]))
    return vectors[order.to(vectors.device)].float()


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


def _sharing_copy(module: nn.Module) -> nn.Module:
    """A copy of the module tree over the same storage: blocks of an 8-billion model would cost a gigabyte.

    Nothing may write into its weights; adapters are therefore never merged into text blocks.
    """
    shared: dict[int, Any] = {
        # a parameter of another type, such as a 4-bit one, carries what it takes to read it and is shared as it is
        id(p): nn.Parameter(p.detach(), requires_grad=False) if type(p) is nn.Parameter else p
        for p in module.parameters()
    }
    shared |= {id(buffer): buffer for buffer in module.buffers()}
    return copy.deepcopy(module, shared)
