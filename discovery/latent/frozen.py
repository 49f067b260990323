"""Parts of a frozen network: copies over the same storage, and stand-ins that stop a pass below the adapted blocks.

The encoder's own network is never touched: adapters and stand-ins go into copies of its module tree, which share every number
with it.
"""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint


def top_quarter(blocks: int) -> int:
    """How many of a network's blocks are adapted: a quarter, rounded up."""
    return math.ceil(blocks / 4)


def sharing_copy(module: nn.Module) -> nn.Module:
    """A copy of the module tree over the same storage: blocks of an 8-billion model would cost a gigabyte.

    Nothing may write into its weights; adapters are therefore never merged into such a copy.
    """
    shared: dict[int, Any] = {
        # a parameter of another type, such as a 4-bit one, carries what it takes to read it and is shared as it is
        id(p): nn.Parameter(p.detach(), requires_grad=False) if type(p) is nn.Parameter else p
        for p in module.parameters()
    }
    shared |= {id(buffer): buffer for buffer in module.buffers()}
    return copy.deepcopy(module, shared)


class Blocks(nn.Module, ABC):
    """The top blocks of a network, a sharing copy that adapters are put in."""

    spares_memory: bool
    """Whether states inside a block are computed anew on the way back (gradient checkpointing), as for large networks."""

    @abstractmethod
    def linear_layers(self) -> list[str]:
        """Full names of the linear layers that are adapted."""

    def called(self, block: nn.Module, *positional: Any, **named: Any) -> Any:
        """Call a block; where memory is to be spared, only what enters it is kept for the gradient."""
        if self.spares_memory and torch.is_grad_enabled():
            return checkpoint(block, *positional, use_reentrant=False, preserve_rng_state=False, **named)
        return block(*positional, **named)


Call = tuple[tuple[Any, ...], dict[str, Any]]
"""The positional and the named arguments of a call."""


class Stop(nn.Module):
    """Stands in for a block: notes what it is called with and hands that on unchanged.

    Args:
        block: The block, whose other attributes stay visible: some models ask a block for its kind of attention.
        handed_on: From the arguments, what the block would return if it did nothing.
    """

    def __init__(self, block: nn.Module, handed_on: Callable[[Call], Any]) -> None:
        super().__init__()
        self.block = block
        self._handed_on = handed_on
        self.calls: list[Call] = []

    def forward(self, *positional: Any, **named: Any) -> Any:
        """Note the call."""
        self.calls.append((positional, named))
        return self._handed_on((positional, named))

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("block"), name)


def stop_at_top(layers: nn.ModuleList, depth: int, handed_on: Callable[[Call], Any]) -> list[Stop]:
    """Put stand-ins in place of the last ``depth`` blocks of a copy's ``layers``."""
    stops = [Stop(block, handed_on) for block in list(layers)[-depth:]]
    for place, stop in enumerate(stops, start=len(layers) - depth):
        layers[place] = stop
    return stops
