"""Training of the bundled geometry encoder: a small Uni-Mol that learns to see a polymer from one conformer.

The class, the masking and the losses are Uni-Mol's own (:mod:`discovery.pretraining.shape_reader`); the
vector that the encoder will give out is taught structural labels beside them. Every second molecule of a
batch is masked and displaced; the others are whole, as the encoder will meet them.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

from discovery.bundled import file_hash
from discovery.encoders.conformers import Conformer, ConformerSettings, ConformerStore
from discovery.encoders.unimol import symbol_dictionary, without_denormals
from discovery.encoders.unimol_weights import CHECKPOINT_FORMAT
from discovery.errors import PretrainingError
from discovery.pretraining.corpus import CorpusEntry, balanced_sample
from discovery.pretraining.labels import kept_labels, run_hash
from discovery.pretraining.model_card import write_card
from discovery.pretraining.shape_reader import POOLING, GeometryTraining, ShapeReader
from discovery.pretraining.shapes import Batch, Shapes, distance_scale, symbols_of
from discovery.pretraining.training_state import load_state, one_cycle, save_state
from discovery.progress import Progress, silent

HELD_OUT = 256
"""Polymers of the corpus that the losses in the model card are measured on."""


def train(
    entries: Sequence[CorpusEntry],
    out: Path,
    work: Path,
    settings: GeometryTraining | None = None,
    *,
    conformers: ConformerStore | None = None,
    labels: NDArray[np.float32] | None = None,
    command: str = "polyloop pretrain geometry",
    progress: Progress = silent,
) -> Path:
    """Train, or go on training, and write the checkpoint to ``out``, anew at every save of the state.

    Args:
        entries: The corpus.
        out: Folder of the checkpoint (safetensors, JSON, model card), which ``GeometryEncoder.load`` reads.
        work: Folder for the state and the losses of the run; a run that was interrupted goes on from there.
        settings: Size and schedule.
        conformers: Where conformers are made and kept; by default the cache folder of the user.
        labels: Scaled labels ``n x k`` of ``entries``; by default those of ``scaled_labels``.
        command: What the model card names as the way to make the checkpoint again.
        progress: Told of every conformer, label and step.

    Raises:
        PretrainingError: When too few polymers are left to train on, or ``work`` holds another run.
    """
    settings = settings or GeometryTraining()
    store = conformers or ConformerStore(workers=settings.workers)
    work.mkdir(parents=True, exist_ok=True)
    sample = balanced_sample(entries, settings.polymers, settings.seed)
    kept, heavy, dropped = _heavy_atoms(entries, sample, store, settings, progress)
    units = [entries[i].unit for i in kept]
    targets = labels[kept] if labels is not None else kept_labels(units, work, settings.workers, progress)
    dictionary = symbol_dictionary(symbols_of(heavy))
    shapes = Shapes(heavy, targets, dictionary)
    scale = distance_scale(heavy, settings.seed)
    order = np.random.default_rng(settings.seed).permutation(len(units))
    held_out, training = np.split(order, [min(HELD_OUT, len(units) // 4)])

    with torch.random.fork_rng(devices=[]):  # Uni-Mol's own initialisation takes no generator
        torch.manual_seed(settings.seed)
        model = ShapeReader(settings, dictionary, targets.shape[1], scale)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    # betas and eps as in Uni-Mol's own pre-training
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, betas=(0.9, 0.99), eps=1e-6, weight_decay=0.01
    )
    start, state = load_state(work / "state", model, optimizer)
    run = run_hash(units, asdict(settings))
    if state.get("run", run) != run:
        raise PretrainingError(
            f"{work} holds a run on other polymers or settings.", "Use another --work folder."
        )
    seconds = float(state.get("seconds", 0.0))
    facts = {
        "trained on": len(training),
        "held out": len(held_out),
        "left out": dict(dropped),
        "parameters": sum(p.numel() for p in model.unimol.parameters()),
        **asdict(settings),
        "labels": targets.shape[1],
    }
    schedule = shapes.schedule(training, settings.batch, settings.steps, settings.seed, start)
    with (work / "losses.jsonl").open("a", encoding="utf-8") as log:
        for step, indices in enumerate(schedule, start + 1):
            begun = time.monotonic()
            for group in optimizer.param_groups:
                group["lr"] = settings.learning_rate * one_cycle(step / settings.steps)
            batch, wanted = shapes.batch(indices, model.unimol, seed=settings.seed, step=step)
            with without_denormals():
                loss, parts = model(_to(batch, device), wanted.to(device))
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
            seconds += time.monotonic() - begun
            record = {"step": step, "seconds": round(seconds, 1), "loss": loss.item()}
            log.write(json.dumps(record | {name: part.item() for name, part in parts.items()}) + "\n")
            if step % settings.save_every == 0 or step == settings.steps:
                losses = evaluate(model, shapes, held_out, device)
                log.write(json.dumps({"step": step} | losses) + "\n")
                log.flush()
                save_state(work / "state", model, optimizer, step, {"seconds": seconds, "run": run})
                done = {"steps done": step, "minutes": round(seconds / 60, 1), **losses}
                _export(model, dictionary, settings, store.settings, out, facts | done, command)
            progress(step, settings.steps, "training steps of the geometry encoder")
    return out


@torch.inference_mode()
def evaluate(
    model: ShapeReader, shapes: Shapes, indices: NDArray[np.int64], device: torch.device
) -> dict[str, float]:
    """Label loss on whole molecules, Uni-Mol's losses on masked ones; mean over batches, always the same."""
    ordered = indices[np.argsort(shapes.sizes[indices], kind="stable")].tolist()
    found: dict[str, list[float]] = {}
    for i in range(0, len(ordered), 32):
        for share, names in ((0.0, ("label",)), (1.0, ("token", "coord", "dist"))):
            batch, wanted = shapes.batch(
                ordered[i : i + 32], model.unimol, seed=0, step=0, masked_share=share
            )
            parts = model(_to(batch, device), wanted.to(device))[1]
            for name in names:
                found.setdefault(name, []).append(parts[name].item())
    return {f"held-out {name} loss": round(float(np.mean(values)), 4) for name, values in found.items()}


def _heavy_atoms(
    entries: Sequence[CorpusEntry],
    sample: Sequence[int],
    store: ConformerStore,
    settings: GeometryTraining,
    progress: Progress,
) -> tuple[list[int], list[Conformer], Counter[str]]:
    """Indices that can be trained on, their conformers without hydrogens, and why the others cannot."""
    found = store.conformers([entries[i].unit for i in sample], progress)
    kept: list[int] = []
    heavy: list[Conformer] = []
    dropped: Counter[str] = Counter()
    for i in sample:
        placed = found[entries[i].unit.key]
        if not isinstance(placed, Conformer):
            dropped["no conformer"] += 1
            continue
        atoms = placed.without_hydrogens()
        if len(atoms.symbols) > settings.max_atoms:
            dropped["too large"] += 1
            continue
        kept.append(i)
        heavy.append(atoms)
    if len(kept) < 8:  # fewer leave nothing to hold out
        raise PretrainingError(
            f"{len(kept)} polymers are too few to train on.", "Make a corpus of some thousands."
        )
    return kept, heavy, dropped


def _to(batch: Batch, device: torch.device) -> Batch:
    return {part: {name: t.to(device) for name, t in tensors.items()} for part, tensors in batch.items()}


def _export(
    model: ShapeReader,
    dictionary: Any,
    settings: GeometryTraining,
    conformers: ConformerSettings,
    out: Path,
    facts: Mapping[str, object],
    command: str,
) -> None:
    """Write the checkpoint: weights without the label head, configuration, dictionary, model card."""
    out.mkdir(parents=True, exist_ok=True)
    tensors = {name: t.detach().cpu().contiguous() for name, t in model.unimol.state_dict().items()}
    save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
    config = {
        "format": CHECKPOINT_FORMAT,
        "model": settings.model(),
        "hydrogens": False,
        "pooling": POOLING,
        "conformers": asdict(conformers),
        "weights_sha256": file_hash(out / "model.safetensors"),
        "training": dict(facts),
    }
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    symbols = json.dumps({"symbols": dictionary.symbols}, indent=2)
    (out / "dictionary.json").write_text(symbols + "\n", encoding="utf-8")
    write_card(
        out,
        "Geometry encoder of polyloop",
        "A Uni-Mol of reduced size (`unimol_tools.pretrain.UniMolModel`) that reads the heavy atoms of one "
        "ETKDG conformer of a capped repeat unit, trained from scratch on polymers that polyloop generates "
        "from monomers, polymerisation rules and chain templates. No measured data and no weights from "
        "elsewhere went in.\n\nObjective: Uni-Mol's masked atoms, coordinates and distances, and regression "
        "of RDKit descriptors, chain shape and fragment counts from the vector: the state of the begin token "
        "followed by the mean state of the atoms. Held-out losses are on polymers that were not "
        "trained on.",
        command,
        facts,
    )
