"""Training of the bundled fusion: projections and gate that put text and geometry vectors into one latent.

Both encoders stay frozen. The projections start semi-orthogonal, so that nothing is lost at first, and learn to predict the
structural labels of :mod:`discovery.pretraining.descriptors` linearly from the fused latent and, with a head of its own, from the
text branch alone, which screens pools without conformers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from discovery.encoders.encoder import Encoder
from discovery.encoders.store import EmbeddingStore
from discovery.errors import PretrainingError
from discovery.latent.fusion import FusedLatent
from discovery.polymers import RepeatUnit
from discovery.pretraining.descriptors import scaled_labels
from discovery.pretraining.model_card import write_card
from discovery.pretraining.training_state import one_cycle
from discovery.progress import Progress, silent

HELD_OUT_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class FusionTraining:
    """Size and schedule of a run. The defaults are those of the bundled checkpoint."""

    dim: int = 192
    steps: int = 600
    batch: int = 256
    learning_rate: float = 2e-3
    seed: int = 0
    workers: int = 1


def train(
    units: Sequence[RepeatUnit],
    text: Encoder,
    geometry: Encoder,
    out: Path,
    settings: FusionTraining | None = None,
    *,
    store: EmbeddingStore | None = None,
    command: str = "polyloop pretrain fusion",
    progress: Progress = silent,
) -> Path:
    """Train a fusion for a pair of encoders and write its checkpoint to ``out``.

    Args:
        units: A few thousand repeat units; those that an encoder cannot read are left out.
        text: The frozen text encoder.
        geometry: The frozen geometry encoder.
        out: Folder of the checkpoint.
        settings: Size and schedule.
        store: Where the frozen vectors are kept.
        command: What the model card names as the way to make the checkpoint again.
        progress: Told of encoding and of every step.

    Raises:
        PretrainingError: When fewer than 32 units have both vectors.
    """
    settings = settings or FusionTraining()
    store = store or EmbeddingStore()
    seen, t, g = _vectors(units, text, geometry, store, progress)
    if len(seen) < 32:
        raise PretrainingError(
            f"Only {len(seen)} of {len(units)} polymers have both vectors.",
            "Give some thousands, such as a corpus.",
        )
    labels = torch.from_numpy(scaled_labels(seen, workers=settings.workers, progress=progress))
    order = torch.from_numpy(np.random.default_rng(settings.seed).permutation(len(seen)))
    held_out, training = order.tensor_split([int(HELD_OUT_SHARE * len(order))])

    fusion = FusedLatent.initialise(
        text.dim,
        geometry.dim,
        settings.dim,
        settings.seed,
        text_revision=text.revision,
        geometry_revision=geometry.revision,
    )
    fusion.fit_statistics(t[training], g[training])
    generator = torch.Generator().manual_seed(settings.seed)
    heads = [nn.Linear(settings.dim, labels.shape[1]) for _ in range(2)]
    for head in heads:
        nn.init.normal_(head.weight, std=0.02, generator=generator)
        nn.init.zeros_(head.bias)

    def loss(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        fused = heads[0](fusion(t[rows], g[rows]))
        alone = heads[1](fusion(t[rows]))
        return nn.functional.huber_loss(fused, labels[rows]), nn.functional.huber_loss(alone, labels[rows])

    parameters = [*fusion.parameters(), *heads[0].parameters(), *heads[1].parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=settings.learning_rate, weight_decay=1e-3)
    fusion.requires_grad_(True).train()
    for step in range(settings.steps):
        rows = training[torch.randint(len(training), (settings.batch,), generator=generator)]
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * one_cycle((step + 1) / settings.steps)
        optimizer.zero_grad(set_to_none=True)
        fused_loss, text_loss = loss(rows)
        (fused_loss + text_loss).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        progress(step + 1, settings.steps, "training steps of the fusion")
    fusion.requires_grad_(False).eval()
    with torch.inference_mode():
        fused_score, text_score = (round(float(x), 4) for x in loss(held_out))
    fusion.fit_statistics(t, g)
    facts = {
        "polymers": len(seen),
        "held out": len(held_out),
        "text encoder": text.revision,
        "geometry encoder": geometry.revision,
        **asdict(settings),
        "labels": labels.shape[1],
        "held-out label loss, fused": fused_score,
        "held-out label loss, text branch alone": text_score,
    }
    fusion.save(out)
    write_card(
        out,
        "Fusion of polyloop",
        f"Projections of the vectors of {text.name} and {geometry.name} to one latent, with a sigmoid gate between them. "
        "Trained on polymers that polyloop generates; no measured data and no weights from elsewhere went in.\n\n"
        "Objective: RDKit descriptors, chain shape and fragment counts from the fused latent, and from the text branch alone. "
        "The held-out polymers are held out of the training of the fusion only: where both come from one corpus, the encoders "
        "have seen most of them.",
        command,
        facts,
    )
    return out


def _vectors(
    units: Sequence[RepeatUnit], text: Encoder, geometry: Encoder, store: EmbeddingStore, progress: Progress
) -> tuple[list[RepeatUnit], torch.Tensor, torch.Tensor]:
    """The units that have both vectors, and the vectors: ``n x d_t`` and ``n x d_g``."""
    solid = store.encode(geometry, units, progress)
    read = store.encode(text, solid.units, progress)
    rows = {unit.key: i for i, unit in enumerate(solid.units)}
    both = [rows[unit.key] for unit in read.units]
    return list(read.units), torch.from_numpy(read.vectors), torch.from_numpy(solid.vectors[both])
