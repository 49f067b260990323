"""Text encoder: a causal Llama-family language model that reads a polymer's PSMILES.

The vector is the mean of the last hidden state over the tokens of the text, without padding and without the begin token, as in
PolyLLMem (arXiv 2503.22962). The model stays frozen here; :mod:`discovery.latent.refinement` adapts it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from discovery.bundled import bundled_checkpoint, file_hash
from discovery.encoders.encoder import Encoding, EncodingFailure
from discovery.errors import WeightsError
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

PROMPT = "{psmiles}"
"""Default prompt template; a checkpoint's ``config.json`` may give its own under ``prompt``."""

TOKENS_PER_BATCH = 8192
"""Padded tokens of one forward pass: keeps memory flat for long texts and the processor busy for short ones."""


class TextEncoder:
    """A frozen Llama-family model as an encoder of repeat units.

    Args:
        model: The model without its head, as ``AutoModel`` gives it.
        tokenizer: Its tokenizer; a pad token is set to the end token where it has none.
        name: Short name for people.
        weights_hash: What identifies the weights: a SHA-256 of the files, or a hub commit.
        prompt: Template with ``{psmiles}``; part of the revision.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        name: str,
        weights_hash: str,
        prompt: str = PROMPT,
    ) -> None:
        if "{psmiles}" not in prompt:
            raise WeightsError(
                f"The prompt template {prompt!r} has no place for the polymer.", "Write {psmiles} in it."
            )
        self.name = name
        self.model = model
        self.model.eval()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        self.model.requires_grad_(False)
        self.tokenizer = tokenizer
        self.tokenizer.padding_side = "right"
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        # A tokenizer may name a begin token and yet put none in front of a text, as Qwen's and GPT-NeoX's do.
        self._begins = tokenizer.bos_token_id is not None and tokenizer("C")["input_ids"][:1] == [
            tokenizer.bos_token_id
        ]
        self.prompt = prompt
        self.max_tokens = int(model.config.max_position_embeddings)
        settings = json.dumps(
            {"weights": weights_hash, "prompt": prompt, "pooling": "mean", "dtype": str(model.dtype)}
        )
        self.revision = f"text-{hashlib.sha256(settings.encode()).hexdigest()[:16]}"

    @classmethod
    def load(
        cls, source: str = "bundled", *, prompt: str | None = None, revision: str | None = None
    ) -> TextEncoder:
        """Load a model and its tokenizer.

        Args:
            source: ``bundled``, a folder, or the id of a model on a hub (``org/name``).
            prompt: Template to use in place of the checkpoint's own.
            revision: Commit of a hub model; the newest where not given.

        Raises:
            WeightsError: When the model is not there, damaged, or of another kind than a decoder of the Llama family.
        """
        hint = (
            "Give 'bundled', a folder with config.json, model.safetensors and tokenizer files, or a hub id such as "
            "meta-llama/Meta-Llama-3-8B (which asks for its licence to be accepted, and `hf auth login`)."
        )
        folder = bundled_checkpoint("text") if source == "bundled" else Path(source)
        local = folder.is_dir()
        try:
            with _no_bars():
                model, report = AutoModel.from_pretrained(
                    str(folder) if local else source,
                    revision=revision or "main",
                    output_loading_info=True,
                    dtype=torch.float32,
                )
            tokenizer = AutoTokenizer.from_pretrained(
                str(folder) if local else source, revision=revision or "main"
            )
        # transformers reports tensors of a wrong shape as a RuntimeError
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise WeightsError(f"The text encoder {source!r} could not be loaded: {reason}", hint) from error
        if not isinstance(getattr(model, "layers", None), nn.ModuleList):
            raise WeightsError(
                f"{source!r} is a {type(model).__name__}, no decoder of the Llama family.", hint
            )
        if report["missing_keys"]:
            raise WeightsError(
                f"{source!r} lacks {len(report['missing_keys'])} of the model's tensors, such as "
                f"{sorted(report['missing_keys'])[0]}.",
                "The checkpoint is incomplete or of another architecture; fetch it again.",
            )
        weights_hash = (
            _folder_hash(folder) if local else str(getattr(model.config, "_commit_hash", None) or revision)
        )
        template = prompt or getattr(model.config, "prompt", None) or PROMPT
        name = "text:bundled" if source == "bundled" else f"text:{folder.name if local else source}"
        return cls(model, tokenizer, name=name, weights_hash=weights_hash, prompt=template)

    @property
    def dim(self) -> int:
        """Length of a vector: the hidden size of the model."""
        return int(self.model.config.hidden_size)

    def texts(self, units: Sequence[RepeatUnit]) -> list[str]:
        """The prompt of each unit."""
        return [self.prompt.replace("{psmiles}", unit.psmiles) for unit in units]

    def tokenize(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """``input_ids`` and ``attention_mask``, each ``n x t``, padded on the right."""
        batch = self.tokenizer(list(texts), return_tensors="pt", padding=True)
        return {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"]}

    def pool(self, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        """Mean of ``n x t x d`` hidden states over real tokens, the begin token left out: ``n x d``."""
        weight = attention_mask.to(hidden.dtype).clone()
        if self._begins:
            weight[:, 0] = 0  # padding is on the right, so the begin token is the first of every row
        return (hidden * weight.unsqueeze(-1)).sum(1) / weight.sum(1, keepdim=True)

    @torch.inference_mode()
    def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
        """Encode ``n`` units into an ``m x d`` float32 matrix; texts over the model's length are failures."""
        ids = self.tokenizer(self.texts(units))["input_ids"] if units else []
        kept = [i for i, row in enumerate(ids) if len(row) <= self.max_tokens]
        failures = tuple(
            EncodingFailure(units[i], f"{len(row)} tokens, the model reads at most {self.max_tokens}")
            for i, row in enumerate(ids)
            if len(row) > self.max_tokens
        )
        vectors: NDArray[np.float32] = np.empty((len(units), self.dim), dtype=np.float32)
        done = 0
        for batch in _batches(kept, [len(ids[i]) for i in kept]):
            tokens = self.tokenize(self.texts([units[i] for i in batch]))
            hidden = self.model(**tokens, use_cache=False).last_hidden_state
            vectors[batch] = self.pool(hidden, tokens["attention_mask"]).float().numpy()
            done += len(batch)
            progress(done, len(kept), "polymers read by the text encoder")
        return Encoding(tuple(units[i] for i in kept), vectors[kept], failures)


@contextmanager
def _no_bars() -> Iterator[None]:
    """Transformers draws a bar for every file of weights, on a terminal or not; whoever calls us draws its own."""
    drawn = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if drawn:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _batches(indices: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """Split into batches of at most TOKENS_PER_BATCH padded tokens, texts of like length together."""
    batches: list[list[int]] = []
    for index, length in sorted(zip(indices, lengths, strict=True), key=lambda pair: (pair[1], pair[0])):
        if not batches or (len(batches[-1]) + 1) * length > TOKENS_PER_BATCH:
            batches.append([])
        batches[-1].append(index)
    return batches


def _folder_hash(folder: Path) -> str:
    """SHA-256 over what decides a vector: configuration, weights, tokenizer."""
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise WeightsError(
            f"{folder} holds no .safetensors file.",
            "Only safetensors weights are read; convert the checkpoint.",
        )
    # the same tensors under another configuration or tokenizer give other vectors; what config.json tells of the training
    # does not change any, and the prompt is in the revision by itself
    config = json.loads((folder / "config.json").read_text())
    decisive = {key: config[key] for key in sorted(config.keys() - {"training", "weights_sha256", "prompt"})}
    files = [*weights, *sorted(folder.glob("tokenizer*"))]
    parts = [json.dumps(decisive), *(file_hash(file) for file in files)]
    return hashlib.sha256("".join(parts).encode()).hexdigest()
