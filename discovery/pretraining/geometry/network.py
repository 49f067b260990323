"""What is trained for the bundled geometry encoder: Uni-Mol of a small size, and a label head on its vector.

The losses are Uni-Mol's own (Zhou et al., ICLR 2023; ``unimol_tools.pretrain``): guess the masked atoms, put
the displaced ones back, tell their distances; beside them the labels of
:mod:`discovery.pretraining.labels`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from discovery.encoders.unimol import Pooling, load_unimol_tools, pool, reduced_model
from discovery.pretraining.geometry.shapes import Batch
from discovery.pretraining.loop.losses import label_terms
from discovery.pretraining.loop.run import Precision, usual_precision

POOLING: Pooling = "cls+atoms"


@dataclass(frozen=True, slots=True)
class GeometryTraining:
    """Size and schedule of a run. The defaults are those of the bundled checkpoint."""

    steps: int = 6000
    polymers: int = 16_000
    """Drawn from the corpus, balanced over its classes; each costs a conformer."""
    batch: int = 32
    learning_rate: float = 6e-4
    width: int = 128
    layers: int = 6
    heads: int = 8
    max_atoms: int = 96
    """Heavy atoms above which a polymer is left out: it would set the cost of its whole batch."""
    labels: float = 10.0
    """Weight of each block of labels: Huber on unit-scale targets settles near 0.05, Uni-Mol's weighted sum near 1."""
    masked: float = 0.15
    """Share of the atoms of a masked molecule that are hidden, as in Uni-Mol."""
    displacement: float = 1.0
    """How far hidden atoms are moved at most along each axis, in ångström, as in Uni-Mol."""
    precision: Precision = field(default_factory=usual_precision)
    seed: int = 0
    workers: int = 1
    save_every: int = 200

    def model(self) -> dict[str, Any]:
        """Sizes and loss weights as ``unimol_tools`` names them, the weights those of Uni-Mol.

        No dropout: masking and displacement regularise, and so a step follows from its number and the seed.
        """
        return {
            "encoder_layers": self.layers,
            "encoder_embed_dim": self.width,
            "encoder_ffn_embed_dim": 4 * self.width,
            "encoder_attention_heads": self.heads,
            "dropout": 0.0,
            "emb_dropout": 0.0,
            "attention_dropout": 0.0,
            "masked_token_loss": 1.0,
            "masked_coord_loss": 5.0,
            "masked_dist_loss": 10.0,
            "x_norm_loss": 0.01,
            "delta_pair_repr_norm_loss": 0.01,
        }


class ShapeReader(nn.Module):
    """``unimol_tools.pretrain.UniMolModel`` with a linear label head on the encoder's vector.

    Args:
        settings: Sizes.
        dictionary: Symbols of the model.
        blocks: Columns of each block of labels; together they are the ``k`` labels.
        scale: Mean and standard deviation, in ångström, that Uni-Mol's distance loss standardises with.
    """

    def __init__(
        self,
        settings: GeometryTraining,
        dictionary: Any,
        blocks: Mapping[str, slice],
        scale: tuple[float, float],
    ) -> None:
        super().__init__()
        self.unimol = reduced_model(settings.model(), dictionary)
        self.label_head = nn.Linear(2 * settings.width, max(columns.stop for columns in blocks.values()))
        self._blocks, self._label_weight = dict(blocks), settings.labels
        self._specials = (dictionary.pad(), dictionary.bos(), dictionary.eos())
        criterion = load_unimol_tools("pretrain.loss").UniMolLoss
        self._loss = criterion(dictionary, dist_mean=scale[0], dist_std=scale[1])
        self._hidden = torch.empty(0)
        # UniMolModel gives out what its heads say; the vector needs the states of the encoder below them.
        self.unimol.get_submodule("encoder").register_forward_hook(self._keep_hidden)

    def _keep_hidden(self, module: nn.Module, inputs: object, outputs: tuple[Tensor, ...]) -> None:
        self._hidden = outputs[0]

    def forward(self, batch: Batch, labels: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of ``n`` molecules with ``n x k`` labels (NaN where not known), and its terms by name."""
        pad, begin, end = self._specials
        tokens, masked = batch["net_input"]["src_tokens"], batch["net_target"]["tgt_tokens"].ne(pad)
        loss, parts = labels.new_zeros(()), {}
        if masked.any():
            loss, _, log = self._loss(self.unimol, **batch)
            parts = {name: log[f"masked_{name}_loss"].detach() for name in ("token", "coord", "dist")}
        else:  # Uni-Mol's mean over no atom is not a number
            self.unimol(**batch["net_input"], encoder_masked_tokens=masked)
        is_atom = tokens.ne(pad) & tokens.ne(begin) & tokens.ne(end)
        predicted = self.label_head(pool(self._hidden.float(), is_atom, POOLING)).float()
        terms = label_terms(predicted, labels, self._blocks)
        for term in terms.values():
            loss = loss + self._label_weight * term
        return loss, {**{name: term.detach() for name, term in terms.items()}, **parts}
