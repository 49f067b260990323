"""Training of the bundled geometry encoder: a small Uni-Mol that learns to see a polymer from one conformer.

The class, the masking and the losses are Uni-Mol's own (:mod:`discovery.pretraining.geometry.network`); the
vector that the encoder will give out is taught labels beside them. Every second molecule of a
batch is masked and displaced; the others are whole, as the encoder will meet them.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

from discovery.bundled import file_hash
from discovery.encoders.conformers import Conformer, ConformerStore
from discovery.encoders.unimol import symbol_dictionary
from discovery.encoders.unimol_weights import CHECKPOINT_FORMAT
from discovery.errors import PretrainingError
from discovery.pretraining.corpus.corpus import CorpusEntry
from discovery.pretraining.corpus.sampling import encoder_sample
from discovery.pretraining.geometry import network, shapes
from discovery.pretraining.geometry.network import POOLING, GeometryTraining, ShapeReader
from discovery.pretraining.geometry.shapes import Batch, Shapes, distance_scale, symbols_of
from discovery.pretraining.geometry.story import TITLE, geometry_story
from discovery.pretraining.labels import Labels, run_hash
from discovery.pretraining.loop.batches import FEWEST, split
from discovery.pretraining.loop.checkpoint_folder import CheckpointFolder
from discovery.pretraining.loop.model_card import provenance, write_card
from discovery.pretraining.loop.recipe import decisive
from discovery.pretraining.loop.run import Schedule, fit
from discovery.progress import Progress, silent

MEASURED = 256
"""Held-out polymers that the losses in the model card are measured on; each costs a conformer too."""


def train(
    entries: Sequence[CorpusEntry],
    labels: Labels,
    out: Path,
    work: Path,
    settings: GeometryTraining | None = None,
    *,
    conformers: ConformerStore | None = None,
    command: str = "polyloop pretrain geometry",
    progress: Progress = silent,
) -> Path:
    """Train, or go on training, and write the checkpoint to ``out``, anew at every save of the state.

    Args:
        entries: The corpus.
        labels: Of the corpus, in its order.
        out: Folder of the checkpoint (safetensors, JSON, model card, curves), which ``GeometryEncoder.load`` reads.
        work: Folder for the state and the losses of the run; a run that was interrupted goes on from there.
        settings: Size and schedule.
        conformers: Where conformers are made and kept; by default the cache folder of the user.
        command: What the model card names as the way to make the checkpoint again.
        progress: Told of every conformer and step.

    Raises:
        PretrainingError: When too few polymers are left to train on, ``work`` holds another run, or ``out`` holds anything
            that this run did not write.
    """
    settings = settings or GeometryTraining()
    CheckpointFolder(out, work).check()
    store = conformers or ConformerStore(workers=settings.workers)
    lesson = GeometryLesson(entries, labels, store, settings, command, progress)
    # betas and eps as in Uni-Mol's own pre-training
    schedule = Schedule(
        settings.steps,
        settings.learning_rate,
        settings.save_every,
        settings.precision,
        betas=(0.9, 0.99),
        eps=1e-6,
    )
    recipe = decisive(
        settings, labels, network, shapes, sys.modules[__name__], conformers=asdict(store.settings)
    )
    return fit(
        lesson.model,
        lesson,
        schedule,
        out,
        work,
        run=run_hash(lesson.entries, labels, recipe),
        what="training steps of the geometry encoder",
        progress=progress,
    )


class GeometryLesson:
    """Batches, measurements and checkpoint of the geometry encoder; see :class:`discovery.pretraining.loop.run.Lesson`."""

    def __init__(
        self,
        entries: Sequence[CorpusEntry],
        labels: Labels,
        store: ConformerStore,
        settings: GeometryTraining,
        command: str,
        progress: Progress,
    ) -> None:
        drawn = np.array(encoder_sample(entries, settings.polymers, settings.seed), dtype=np.int64)
        inside, outside = (drawn[part] for part in split([entries[i] for i in drawn], settings.seed))
        judges = np.sort(np.random.default_rng(settings.seed).permutation(outside)[:MEASURED])
        kept, heavy, self._dropped = _heavy_atoms(
            entries, np.concatenate([inside, judges]), store, settings, progress
        )
        self.entries = [entries[i] for i in kept]
        is_held_out = np.isin(kept, judges)
        self.training, self.held_out = np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
        if len(self.training) < FEWEST // 2:
            raise PretrainingError(
                f"{len(self.training)} polymers that have a conformer are too few to train on.",
                "Make a corpus of some thousands, or draw more --polymers.",
            )
        self._labels, self._settings, self._command = labels, settings, command
        self._conformers = asdict(store.settings)
        self.polymers = settings.batch
        self.dictionary = symbol_dictionary(symbols_of([heavy[i] for i in self.training]))
        self.shapes = Shapes(
            heavy,
            labels.rows(kept),
            self.dictionary,
            masked=settings.masked,
            displacement=settings.displacement,
        )
        with torch.random.fork_rng(devices=[]):  # Uni-Mol's own initialisation takes no generator
            torch.manual_seed(settings.seed)
            scale = distance_scale([heavy[i] for i in self.training], settings.seed)
            self.model = ShapeReader(settings, self.dictionary, labels.blocks, scale)

    def batches(self, start: int) -> Iterator[tuple[Batch, Tensor]]:
        """Molecules and labels of each step."""
        s = self._settings
        schedule = self.shapes.schedule(self.training, s.batch, s.steps, s.seed, start)
        for step, indices in enumerate(schedule, start + 1):
            yield self.shapes.batch(indices, self.model.unimol, seed=s.seed, step=step)

    @torch.inference_mode()
    def measure(self, device: torch.device) -> dict[str, float]:
        """Label losses on whole molecules, Uni-Mol's losses on masked ones: means over polymers, always the same."""
        order = np.argsort(self.shapes.sizes[self.held_out], kind="stable")
        ordered = self.held_out[order].tolist()
        found: dict[str, list[float]] = {}
        weights: list[int] = []
        for i in range(0, len(ordered), 32):
            weights.append(len(ordered[i : i + 32]))
            for share, names in ((0.0, tuple(self._labels.blocks)), (1.0, ("token", "coord", "dist"))):
                batch, wanted = self.shapes.batch(
                    ordered[i : i + 32], self.model.unimol, seed=0, step=0, masked_share=share
                )
                terms = self.model(_to(batch, device), wanted.to(device))[1]
                for name in names:
                    found.setdefault(name, []).append(terms[name].item())
        return {name: round(float(np.average(of, weights=weights)), 4) for name, of in found.items()}

    def export(self, out: Path, facts: Mapping[str, object]) -> None:
        """Write the checkpoint: weights without the label head, configuration, dictionary, model card."""
        tensors = {name: t.detach().cpu().contiguous() for name, t in self.model.unimol.state_dict().items()}
        save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
        told = self._facts() | dict(facts)
        config = {
            "format": CHECKPOINT_FORMAT,
            "model": self._settings.model(),
            "hydrogens": False,
            "pooling": POOLING,
            "conformers": self._conformers,
            "weights_sha256": file_hash(out / "model.safetensors"),
            "training": told,
        }
        (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        symbols = json.dumps({"symbols": self.dictionary.symbols}, indent=2)
        (out / "dictionary.json").write_text(symbols + "\n", encoding="utf-8")
        write_card(out, TITLE, geometry_story(told), self._command, told)

    def _facts(self) -> dict[str, object]:
        return {
            "trained on": len(self.training),
            "held out": len(self.held_out),
            "left out": dict(self._dropped),
            "parameters": sum(p.numel() for p in self.model.unimol.parameters()),
            **asdict(self._settings),
            **provenance(self.entries, self._labels),
        }


def _heavy_atoms(
    entries: Sequence[CorpusEntry],
    sample: NDArray[np.int64],
    store: ConformerStore,
    settings: GeometryTraining,
    progress: Progress,
) -> tuple[NDArray[np.int64], list[Conformer], Counter[str]]:
    """Indices that can be trained on, their conformers without hydrogens, and why the others cannot."""
    found = store.conformers([entries[i].unit for i in sample], progress)
    kept: list[int] = []
    heavy: list[Conformer] = []
    dropped: Counter[str] = Counter()
    for i in sample.tolist():
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
    return np.array(kept), heavy, dropped


def _to(batch: Batch, device: torch.device) -> Batch:
    return {part: {name: t.to(device) for name, t in tensors.items()} for part, tensors in batch.items()}
