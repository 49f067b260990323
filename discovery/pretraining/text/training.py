"""Training of the bundled text encoder: a small Llama that learns to write PSMILES and to know what they draw.

Three losses on one pass over two writings of every chain: next token; the regression of labels
(:mod:`discovery.pretraining.labels`) from the mean-pooled last hidden state, the vector that the encoder will give out; and
InfoNCE between the two vectors of a chain, so that different writings land together.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from discovery.bundled import file_hash
from discovery.encoders.tokenizer import build_tokenizer, train_tokenizer
from discovery.pretraining.corpus.corpus import CorpusEntry
from discovery.pretraining.corpus.sampling import set_apart
from discovery.pretraining.labels import Labels, run_hash
from discovery.pretraining.loop.batches import split
from discovery.pretraining.loop.checkpoint_folder import CheckpointFolder
from discovery.pretraining.loop.losses import cosines
from discovery.pretraining.loop.model_card import provenance, write_card
from discovery.pretraining.loop.recipe import decisive
from discovery.pretraining.loop.run import Schedule, fit
from discovery.pretraining.text import network, writings
from discovery.pretraining.text.network import MAX_TOKENS, PolymerWriter, TextTraining
from discovery.pretraining.text.story import TITLE, text_story
from discovery.pretraining.text.writings import pairs, write
from discovery.progress import Progress, silent

MEASURED = 512
"""Held-out polymers that the losses in the model card are measured on."""

COMPARED = 256
"""Of them, those whose writings are compared."""

COMPARED_WRITINGS = 3
"""Random writings of each that are compared."""

VOCABULARY_SAMPLE = 20_000
"""Polymers whose writings a byte-pair vocabulary is trained on."""


def train(
    entries: Sequence[CorpusEntry],
    labels: Labels,
    out: Path,
    work: Path,
    settings: TextTraining | None = None,
    *,
    command: str = "polyloop pretrain text",
    progress: Progress = silent,
) -> Path:
    """Train, or go on training, and write the checkpoint to ``out``, anew at every save of the state.

    Args:
        entries: The corpus.
        labels: Of the corpus, in its order.
        out: Folder of the checkpoint (safetensors, JSON, model card, curves).
        work: Folder for the state of the run; a run that was interrupted goes on from there.
        settings: Size and schedule.
        command: What the model card names as the way to make the checkpoint again.
        progress: Told of every step.

    Raises:
        PretrainingError: When the corpus is too small, ``work`` holds a run on another corpus or with other settings, or
            ``out`` holds anything that this run did not write.
    """
    settings = settings or TextTraining()
    CheckpointFolder(out, work).check()
    lesson = TextLesson(entries, labels, settings, command)
    schedule = Schedule(settings.steps, settings.learning_rate, settings.save_every, settings.precision)
    return fit(
        lesson.model,
        lesson,
        schedule,
        out,
        work,
        run=run_hash(entries, labels, decisive(settings, labels, network, sys.modules[__name__], writings)),
        what="training steps of the text encoder",
        progress=progress,
    )


class TextLesson:
    """Batches, measurements and checkpoint of the text encoder; see :class:`discovery.pretraining.loop.run.Lesson`."""

    def __init__(
        self, entries: Sequence[CorpusEntry], labels: Labels, settings: TextTraining, command: str
    ) -> None:
        self._units = [entry.unit for entry in entries]
        self._labels, self._settings, self._command = labels, settings, command
        mine = np.flatnonzero(~set_apart(entries))
        self._read = [entries[i] for i in mine]
        self.training, self.held_out = (mine[part] for part in split(self._read, settings.seed))
        drawn = np.random.default_rng(settings.seed).permutation(self.held_out)[:MEASURED]
        self._measured = np.sort(drawn)
        self.polymers = settings.batch
        self.tokenizer = self._tokenizer()
        self._cut = self._too_long(self.training)
        with torch.random.fork_rng(devices=[]):  # Llama's own initialisation takes no generator
            torch.manual_seed(settings.seed)
            self.model = PolymerWriter(settings, self.tokenizer, labels.blocks)

    def _tokenizer(self) -> PreTrainedTokenizerFast:
        if not self._settings.vocabulary:
            return build_tokenizer()
        rng = np.random.default_rng(self._settings.seed)
        sample = np.sort(rng.permutation(self.training)[:VOCABULARY_SAMPLE])
        chains = [(self._units[i].psmiles, self._units[i].key) for i in sample]
        one, other = write((f"{self._settings.seed}-vocabulary", self._settings.canonical, chains))
        return train_tokenizer([*one, *other], self._settings.vocabulary)

    def _too_long(self, indices: NDArray[np.int64]) -> int:
        """Polymers whose canonical text, with begin and end, has more tokens than are read."""
        texts = [self._units[i].psmiles for i in indices]
        long = [text for text in texts if len(text) + 2 > MAX_TOKENS]  # no token is shorter than a letter
        return sum(len(self.tokenizer(text)["input_ids"]) + 1 > MAX_TOKENS for text in long)

    def batches(self, start: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Tokens, mask and labels of each step."""
        s = self._settings
        for chosen, (one, other) in pairs(
            self._units,
            self.training,
            s.batch,
            steps=s.steps,
            seed=s.seed,
            canonical=s.canonical,
            start=start,
            workers=s.workers,
        ):
            tokens = _tokens(self.tokenizer, [*one, *other])
            yield tokens["input_ids"], tokens["attention_mask"], torch.from_numpy(self._labels.rows(chosen))

    @torch.inference_mode()
    def measure(self, device: torch.device) -> dict[str, float]:
        """Terms of the loss on canonical texts beside one random writing, and the cosines between writings and chains."""
        self.model.eval()
        found: dict[str, list[float]] = {}
        weights: list[int] = []
        for i in range(0, len(self._measured), 64):
            chosen = self._measured[i : i + 64]
            units = [self._units[k] for k in chosen]
            rng = random.Random(f"measured-{i}")
            texts = [*(u.psmiles for u in units), *(u.writings(1, rng)[0] for u in units)]
            tokens = {name: t.to(device) for name, t in _tokens(self.tokenizer, texts).items()}
            wanted = torch.from_numpy(self._labels.rows(chosen)).to(device)
            weights.append(len(units))
            for name, term in self.model(**tokens, labels=wanted)[1].items():
                found.setdefault(name, []).append(term.item())
        terms = {name: float(np.average(values, weights=weights)) for name, values in found.items()}
        terms |= self._cosines(device)
        self.model.train()
        return {name: round(value, 4) for name, value in terms.items()}

    def _cosines(self, device: torch.device) -> dict[str, float]:
        """Mean cosine between writings of a chain and between chains, each chain in one random writing."""
        units = [
            self._units[i] for i in self._measured[:: max(1, len(self._measured) // COMPARED)][:COMPARED]
        ]
        rng = random.Random("compared")
        texts = [text for unit in units for text in unit.writings(COMPARED_WRITINGS, rng)]
        vectors = []
        for i in range(0, len(texts), 128):
            tokens = {name: t.to(device) for name, t in _tokens(self.tokenizer, texts[i : i + 128]).items()}
            pooled = self.model.pool(self.model.states(tokens["input_ids"]), tokens["attention_mask"])
            vectors.append(pooled.cpu())
        views = torch.cat(vectors).view(len(units), COMPARED_WRITINGS, -1)
        within = _mean_off_diagonal(cosines(views, views))
        between = _mean_off_diagonal(cosines(views[:, 0], views[:, 0]))
        ratio = {"cosine ratio": within / between} if between > 0 else {}
        return {"cosine between writings": within, "cosine between chains": between, **ratio}

    def export(self, out: Path, facts: Mapping[str, object]) -> None:
        """Write the checkpoint: half-precision weights, configuration, tokenizer, model card."""
        # The tied output layer is not written twice; half precision halves the wheel and costs vectors about 1e-3 of their size.
        tensors = {
            f"model.{name}": t.detach().cpu().half().contiguous()
            for name, t in self.model.llama.model.state_dict().items()
        }
        save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
        self.tokenizer.save_pretrained(out)
        told = self._facts() | dict(facts)
        config = self.model.llama.config
        config.architectures = ["LlamaForCausalLM"]
        document = config.to_dict() | {
            "prompt": "{psmiles}",
            "weights_sha256": file_hash(out / "model.safetensors"),
            "training": told,
        }
        (out / "config.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        write_card(out, TITLE, text_story(told), self._command, told)

    def _facts(self) -> dict[str, object]:
        return {
            "polymers": len(self._units),
            "of them set apart for align": len(self._units) - len(self._read),
            "trained on": len(self.training),
            "held out": len(self.held_out),
            "measured on": len(self._measured),
            f"trained on, canonical text cut at {MAX_TOKENS} tokens": self._cut,
            "parameters": sum(p.numel() for p in self.model.llama.parameters()),
            "tokens": len(self.tokenizer),
            **asdict(self._settings),
            **provenance(self._read, self._labels),
        }


def _mean_off_diagonal(square: Tensor) -> float:
    """Mean of ``... x n x n`` but for the diagonals, which are a thing compared with itself; 1 where there is nothing else."""
    n = square.shape[-1]
    if n < 2:
        return 1.0
    off: NDArray[np.bool_] = ~np.eye(n, dtype=bool)
    return float(square[..., torch.from_numpy(off)].mean())


def _tokens(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> dict[str, Tensor]:
    batch = tokenizer(
        [text + tokenizer.eos_token for text in texts],
        return_tensors="pt",
        padding=True,
        truncation=True,
        max_length=MAX_TOKENS,
    )
    return {name: batch[name] for name in ("input_ids", "attention_mask")}
