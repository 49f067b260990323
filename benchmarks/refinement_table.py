"""The polymers of a table as the models of `refinement.py` see them; what does not hang on measurements is computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from discovery.latent.encoded import Encoded
from discovery.latent.representation import Representation
from discovery.latent.text_blocks import Pack, TextBlocks
from discovery.polymers import RepeatUnit
from discovery.surrogate.features import Features


@dataclass(frozen=True, eq=False)
class Table:
    """Those ``n`` polymers of a table that both encoders can read.

    Args:
        encoded: The polymers with their frozen vectors.
        features: Fingerprints and fused latent.
        top: The upper blocks of the text encoder, which GOLLuM's recipe adapts.
    """

    encoded: Encoded
    features: Features
    top: TextBlocks

    @classmethod
    def of(cls, units: Sequence[RepeatUnit], representation: Representation) -> Table:
        fused = representation.fuse(units)
        return cls(
            fused.encoded,
            Features(representation.fingerprints(fused.encoded.units), fused.latent),
            TextBlocks.of(representation.text),
        )

    def __len__(self) -> int:
        return len(self.encoded)

    @property
    def units(self) -> Sequence[RepeatUnit]:
        """The polymers."""
        return self.encoded.units

    @cached_property
    def rows(self) -> dict[str, int]:
        """Of each polymer, by key."""
        return {unit.key: row for row, unit in enumerate(self.units)}

    @cached_property
    def packs(self) -> list[Pack]:
        """What enters the upper blocks, of all polymers: the same whatever is learned."""
        return list(self.top.packs(self.units))

    def packs_of(self, rows: Tensor) -> list[Pack]:
        """The same of some, read anew: they are few."""
        return list(self.top.packs([self.units[i] for i in rows.tolist()]))

    def through(self, blocks: nn.Module, packs: Sequence[Pack]) -> Tensor:
        """Packs through a copy of the blocks: a row of text vectors for each polymer, in the order asked for."""
        vectors = torch.cat([self.top.vectors(blocks, pack) for pack in packs])
        return vectors[torch.argsort(torch.cat([pack.rows for pack in packs]))]
