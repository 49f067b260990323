"""What is trained for the fused latent: its projections and gate, and heads beside them that are thrown away.

The contrastive terms act through heads of low rank and not on the latent itself. InfoNCE keeps what two views share and throws
the rest away, and what geometry alone knows is what a Gaussian process wants it for. The latent as a whole is held by two other
terms: labels, and the reconstruction of both frozen vectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from discovery.latent.fusion import FusedLatent
from discovery.pretraining.alignment.description_reader import DescriptionReader
from discovery.pretraining.loop.losses import info_nce, label_terms
from discovery.pretraining.loop.run import Precision


@dataclass(frozen=True, slots=True)
class Alignment:
    """Size and schedule of a run. The defaults are those of the bundled checkpoint."""

    polymers: int = 12_000
    """Drawn from the corpus, balanced over its classes; each needs a conformer."""
    dim: int = 256
    """Of the latent. Where it is as long as a frozen vector, the projection starts as a rotation that loses nothing."""
    steps: int = 600
    batch: int = 256
    described: int = 128
    """Polymers of a batch whose descriptions are read; reading is most of the work of a step."""
    learning_rate: float = 2e-3
    labels: float = 1.0
    """Weight of the labels, of each block of them from the fused latent and from the text branch alone."""
    reconstruction: float = 1.0
    """Weight of both frozen vectors, told linearly from the fused latent."""
    alignment: float = 0.1
    """Weight of InfoNCE between text and geometry; 0 leaves it out."""
    descriptions: float = 0.1
    """Weight of InfoNCE between the fused latent and the description; 0 leaves it out."""
    temperature: float = 0.1
    """Of both; cosines between polymers that are told apart spread over a few tenths."""
    head: int = 64
    """Dimensions that the views of a polymer are compared in."""
    reader_width: int = 96
    reader_layers: int = 2
    phrasings: int = 3
    """Descriptions by template of each polymer, in other words each."""
    precision: Precision = "fp32"
    """Of the products; next to the reading of descriptions they cost little."""
    seed: int = 0
    workers: int = 1
    save_every: int = 100


class Aligner(nn.Module):
    """The fused latent with its heads.

    Args:
        settings: Sizes and weights of the terms.
        fusion: With statistics of the training vectors; is trained in place.
        blocks: Columns of each block of labels; together they are the ``k`` labels.
        words: Tokens of the description reader; 0 where none is wanted.
    """

    def __init__(
        self, settings: Alignment, fusion: FusedLatent, blocks: Mapping[str, slice], words: int
    ) -> None:
        super().__init__()
        dim, columns = fusion.dim, max(block.stop for block in blocks.values())
        self.fusion = fusion.requires_grad_(True)
        self.fused_labels = nn.Linear(dim, columns)
        self.text_labels = nn.Linear(dim, columns)
        for head in (self.fused_labels, self.text_labels):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)
        self.decoder = nn.Linear(dim, fusion.text_dim + fusion.geometry_dim)
        self.text_view = nn.Linear(dim, settings.head, bias=False)
        self.geometry_view = nn.Linear(dim, settings.head, bias=False)
        self.polymer_view = nn.Linear(dim, settings.head, bias=False)
        self.reader = (
            DescriptionReader(words, settings.reader_width, settings.reader_layers) if words else None
        )
        self.description_view = nn.Linear(settings.reader_width, settings.head, bias=False) if words else None
        self._settings, self._blocks = settings, dict(blocks)

    def forward(
        self, text: Tensor, geometry: Tensor, labels: Tensor, described: Tensor, tokens: Tensor, mask: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss, and its terms by name.

        Args:
            text: ``n x d_t`` frozen vectors.
            geometry: ``n x d_g`` frozen vectors.
            labels: ``n x k``, NaN where not known.
            described: ``m`` rows whose descriptions follow.
            tokens: ``m x t`` tokens of the descriptions.
            mask: ``m x t``, 1 where there is a token.
        """
        s, fusion = self._settings, self.fusion
        text_branch, geometry_branch = fusion.project(text, geometry)
        latent = fusion.fused_norm(fusion.mix(text_branch, geometry_branch))
        fused = label_terms(self.fused_labels(latent), labels, self._blocks)
        alone = label_terms(self.text_labels(fusion.text_only_norm(text_branch)), labels, self._blocks)
        frozen = torch.cat([fusion.text_norm(text), fusion.geometry_norm(geometry)], dim=-1)
        terms = {f"{name} labels, fused": term for name, term in fused.items()}
        terms |= {f"{name} labels, text alone": term for name, term in alone.items()}
        terms["reconstruction"] = nn.functional.mse_loss(self.decoder(latent), frozen)
        loss = s.labels * sum(fused.values()) + s.labels * sum(alone.values())
        loss = loss + s.reconstruction * terms["reconstruction"]
        if s.alignment:
            terms["text to geometry"] = info_nce(
                self.text_view(text_branch), self.geometry_view(geometry_branch), s.temperature
            )
            loss = loss + s.alignment * terms["text to geometry"]
        if self.reader is not None and self.description_view is not None and len(described) > 1:
            read = self.description_view(self.reader(tokens, mask))
            terms["description to polymer"] = info_nce(
                self.polymer_view(latent[described]), read, s.temperature
            )
            loss = loss + s.descriptions * terms["description to polymer"]
        return loss, terms

    def views(
        self, text: Tensor, geometry: Tensor, tokens: Tensor, mask: Tensor
    ) -> dict[str, tuple[Tensor, Tensor]]:
        """Pairs of views of ``n`` polymers, ``n x head`` each, by the name of the way from the first to the second."""
        fusion = self.fusion
        text_branch, geometry_branch = fusion.project(text, geometry)
        found = {}
        if self._settings.alignment:
            found["text to geometry"] = self.text_view(text_branch), self.geometry_view(geometry_branch)
        if self.reader is not None and self.description_view is not None and len(tokens):
            latent = fusion.fused_norm(fusion.mix(text_branch, geometry_branch))
            read = self.description_view(self.reader(tokens, mask))
            found["description to polymer"] = read, self.polymer_view(latent)
        return found


def found_first(one: Tensor, other: Tensor) -> float:
    """Share of ``n`` rows of ``one`` whose nearest row of ``other``, by the cosine, is their own."""
    scores = nn.functional.normalize(one, dim=-1) @ nn.functional.normalize(other, dim=-1).T
    same = torch.arange(len(one), device=one.device)
    return float((scores.argmax(dim=1) == same).float().mean())
