"""Training of the bundled fusion: text and geometry vectors of a polymer, and its description, brought into one latent.

Both encoders stay frozen. Symmetric InfoNCE between the two modalities of a polymer, and between its fused latent and its
described text (MolGraph-LarDo, arXiv 2408.10124); labels and reconstruction keep what a Gaussian process needs
(:mod:`.network`). What is written is a :class:`~discovery.latent.fusion.FusedLatent` for this one pair of
encoders.
"""

from __future__ import annotations

import copy
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from discovery.encoders.encoder import Encoder
from discovery.encoders.store import EmbeddingStore
from discovery.errors import PretrainingError
from discovery.latent import fusion
from discovery.latent.fusion import FusedLatent
from discovery.polymers import RepeatUnit
from discovery.pretraining.alignment import description_reader, network
from discovery.pretraining.alignment.description_reader import Excerpts, build_reader_tokenizer
from discovery.pretraining.alignment.network import Aligner, Alignment, found_first
from discovery.pretraining.alignment.story import TITLE, fusion_story
from discovery.pretraining.corpus.corpus import CorpusEntry
from discovery.pretraining.corpus.sampling import alignment_sample, set_apart
from discovery.pretraining.descriptions.description import (
    Description,
    makers,
    read_descriptions,
    texts_by_key,
    write_descriptions,
)
from discovery.pretraining.descriptions.template import template_descriptions
from discovery.pretraining.labels import Labels, run_hash
from discovery.pretraining.loop.batches import split
from discovery.pretraining.loop.checkpoint_folder import CheckpointFolder
from discovery.pretraining.loop.model_card import provenance, write_card
from discovery.pretraining.loop.one_at_a_time import held
from discovery.pretraining.loop.recipe import decisive
from discovery.pretraining.loop.run import Schedule, fit
from discovery.progress import Progress, silent

FEWEST_PAIRS = 32
"""Polymers with both vectors below which there is nothing to align."""

RIVALS = 256
"""Polymers among which a held-out one is to be found."""

DESCRIPTIONS = "descriptions.parquet"
"""Name of the file of descriptions by template, in the folder of the run's state."""


def train(
    entries: Sequence[CorpusEntry],
    labels: Labels,
    text: Encoder,
    geometry: Encoder,
    out: Path,
    work: Path,
    settings: Alignment | None = None,
    *,
    descriptions: Path | None = None,
    store: EmbeddingStore | None = None,
    command: str = "polyloop pretrain align",
    progress: Progress = silent,
) -> Path:
    """Align a pair of encoders, or go on with it, and write the fusion to ``out``, anew at every save of the state.

    Args:
        entries: The corpus; a balanced sample of those set apart for alignment is used, filled up with others where it has too
            few (:func:`discovery.pretraining.corpus.sampling.alignment_sample`).
        labels: Of the corpus, in its order.
        text: The frozen text encoder.
        geometry: The frozen geometry encoder.
        out: Folder of the checkpoint.
        work: Folder for the state of the run; a run that was interrupted goes on from there.
        settings: Size and schedule.
        descriptions: What ``polyloop pretrain describe`` wrote; by default descriptions by template, kept in ``work``.
        store: Where the frozen vectors are kept.
        command: What the model card names as the way to make the checkpoint again.
        progress: Told of encoding, of descriptions and of every step.

    Raises:
        PretrainingError: When too few polymers have both vectors, ``work`` holds a run on other polymers, encoders, descriptions
            or settings, or ``out`` holds anything that this run did not write.
    """
    settings = settings or Alignment()
    store = store or EmbeddingStore()
    CheckpointFolder(out, work).check()
    with held(work):
        rows, vectors = _vectors(entries, text, geometry, store, settings, progress)
        seen = [entries[i] for i in rows]
        described: list[Description] = []
        if settings.descriptions:
            described = read_descriptions(descriptions or _by_template(seen, work, settings, progress))
        chosen = replace(labels, values=labels.values[rows])
        lesson = AlignLesson(seen, chosen, text, geometry, vectors, described, settings, command)
        schedule = Schedule(
            settings.steps, settings.learning_rate, settings.save_every, settings.precision, weight_decay=1e-3
        )
        modules = network, description_reader, fusion, sys.modules[__name__]
        recipe = decisive(
            settings,
            labels,
            *modules,
            text=text.revision,
            geometry=geometry.revision,
            described=hashlib.sha256(
                json.dumps(sorted(texts_by_key(described).items())).encode()
            ).hexdigest(),
        )
        return fit(
            lesson.model,
            lesson,
            schedule,
            out,
            work,
            run=run_hash(seen, chosen, recipe),
            what="training steps of the fusion",
            progress=progress,
        )


class AlignLesson:
    """Batches, measurements and checkpoint of the fusion; see :class:`discovery.pretraining.loop.run.Lesson`."""

    def __init__(
        self,
        entries: Sequence[CorpusEntry],
        labels: Labels,
        text: Encoder,
        geometry: Encoder,
        vectors: tuple[Tensor, Tensor],
        described: Sequence[Description],
        settings: Alignment,
        command: str,
    ) -> None:
        self._labels, self._settings, self._command = labels, settings, command
        self._names, self._entries = (text.name, geometry.name), entries
        self._vectors = vectors
        self._set_apart = int(set_apart(entries).sum())
        self.training, held_out = split(entries, settings.seed)
        drawn = np.random.default_rng(settings.seed).permutation(held_out)
        self.held_out = drawn[: max(len(drawn) // RIVALS, 1) * RIVALS][: 4 * RIVALS]
        self.polymers = settings.batch
        texts = texts_by_key(described)
        by_position = {i: texts[e.unit.key] for i, e in enumerate(entries) if e.unit.key in texts}
        train_texts = [t for i in self.training.tolist() for t in by_position.get(i, ())]
        if settings.descriptions and not train_texts:
            raise PretrainingError(
                "None of the polymers to train on has a description.",
                "Describe the same corpus with the same --polymers and --seed, or leave --descriptions out.",
            )
        tokenizer = build_reader_tokenizer(train_texts)
        self._excerpts = Excerpts(by_position, tokenizer)
        self._described = len(by_position)
        keys = {entry.unit.key for entry in entries}
        self._makers = makers(each for each in described if each.unit.key in keys)
        fusion = FusedLatent.initialise(
            text.dim,
            geometry.dim,
            settings.dim,
            settings.seed,
            text_revision=text.revision,
            geometry_revision=geometry.revision,
        )
        fusion.fit_statistics(vectors[0][self.training], vectors[1][self.training])
        with torch.random.fork_rng(devices=[]):  # heads and reader take no generator
            torch.manual_seed(settings.seed)
            self.model = Aligner(settings, fusion, labels.blocks, len(tokenizer) if train_texts else 0)

    def batches(self, start: int) -> Iterator[tuple[Tensor, ...]]:
        """Vectors, labels and descriptions of each step, drawn by the number of the step."""
        for step in range(start, self._settings.steps):
            rng = np.random.default_rng([self._settings.seed, step])
            yield self._batch(
                rng.choice(self.training, min(self._settings.batch, len(self.training)), replace=False),
                self._settings.described,
                f"{self._settings.seed} {step}",
            )

    def _batch(self, rows: NDArray[np.int64], most: int, seed: str) -> tuple[Tensor, ...]:
        text, geometry = self._vectors
        described = [place for place, row in enumerate(rows.tolist()) if row in self._excerpts][:most]
        tokens, mask = self._excerpts.draw([int(rows[place]) for place in described], seed)
        index = torch.tensor(described, dtype=torch.long)
        return text[rows], geometry[rows], torch.from_numpy(self._labels.rows(rows)), index, tokens, mask

    @torch.inference_mode()
    def measure(self, device: torch.device) -> dict[str, float]:
        """Terms on held-out polymers, and how many of them are found first by another view of theirs."""
        self.model.eval()
        found: dict[str, list[float]] = {}
        for start in range(0, len(self.held_out), RIVALS):
            rows = self.held_out[start : start + RIVALS]
            batch = tuple(t.to(device) for t in self._batch(rows, len(rows), f"held out {start}"))
            text, geometry, _, described, tokens, mask = batch
            for name, term in self.model(*batch)[1].items():
                found.setdefault(name, []).append(term.item())
            nothing = tokens[:0], mask[:0]
            for name, pair in self.model.views(text, geometry, *nothing).items():
                found.setdefault(f"{name}, found first", []).append(found_first(*pair))
            if len(described):
                views = self.model.views(text[described], geometry[described], tokens, mask)
                for name in views.keys() & {"description to polymer"}:
                    found.setdefault(f"{name}, found first", []).append(found_first(*views[name]))
        self.model.train()
        return {name: round(float(np.mean(values)), 4) for name, values in found.items()}

    def export(self, out: Path, facts: Mapping[str, object]) -> None:
        """Write the fusion with the statistics of the training vectors, and its card."""
        fusion = copy.deepcopy(self.model.fusion).cpu().requires_grad_(False).eval()
        text, geometry = self._vectors
        fusion.fit_statistics(text[self.training], geometry[self.training])
        fusion.save(out)
        told = self._facts(fusion) | dict(facts)
        write_card(out, TITLE, fusion_story(told), self._command, told)

    def _facts(self, fusion: FusedLatent) -> dict[str, object]:
        return {
            "polymers with both vectors": len(self._vectors[0]),
            "of them set apart from the encoders' training": self._set_apart,
            "trained on": len(self.training),
            "held out, measured on": len(self.held_out),
            "found among": min(RIVALS, len(self.held_out)),
            "polymers with a description": self._described,
            **{f"descriptions by {maker}": count for maker, count in self._makers.items()},
            "name of the text encoder": self._names[0],
            "name of the geometry encoder": self._names[1],
            "text encoder": fusion.text_revision,
            "geometry encoder": fusion.geometry_revision,
            **asdict(self._settings),
            **provenance(self._entries, self._labels),
        }


def _by_template(entries: Sequence[CorpusEntry], work: Path, settings: Alignment, progress: Progress) -> Path:
    """Descriptions of the polymers, from ``work`` where they are there already."""
    from discovery.physics import REVISION

    of = hashlib.sha256(json.dumps([REVISION, settings.seed, settings.phrasings]).encode())
    of.update("".join(entry.unit.key for entry in entries).encode())
    path = work / f"{of.hexdigest()[:16]}-{DESCRIPTIONS}"
    if not path.is_file():
        made = template_descriptions(
            [entry.unit for entry in entries],
            [entry.polymer_class for entry in entries],
            phrasings=settings.phrasings,
            seed=settings.seed,
            workers=settings.workers,
            progress=progress,
        )
        write_descriptions(path, made)
    return path


def _vectors(
    entries: Sequence[CorpusEntry],
    text: Encoder,
    geometry: Encoder,
    store: EmbeddingStore,
    settings: Alignment,
    progress: Progress,
) -> tuple[list[int], tuple[Tensor, Tensor]]:
    """Entries of a balanced sample that have both vectors, and the vectors: ``n x d_t`` and ``n x d_g``."""
    sample = alignment_sample(entries, settings.polymers, settings.seed)
    units: list[RepeatUnit] = [entries[i].unit for i in sample]
    solid = store.rows(geometry, units, progress)
    read = store.rows(text, units, progress)
    both, in_solid, in_read = np.intersect1d(
        np.asarray(solid.positions), np.asarray(read.positions), return_indices=True
    )
    if len(both) < FEWEST_PAIRS:
        raise PretrainingError(
            f"Only {len(both)} of {len(units)} polymers have both vectors.",
            "Give some thousands, such as a corpus.",
        )
    vectors = torch.from_numpy(read.vectors[in_read]), torch.from_numpy(solid.vectors[in_solid])
    return [sample[i] for i in both.tolist()], vectors
