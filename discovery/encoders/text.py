"""Text encoder: a causal Llama-family language model that reads a polymer's PSMILES.

The vector is the mean of the last hidden state over the tokens of the text, without padding and without the begin token, as in
PolyLLMem (arXiv 2503.22962). The model stays frozen here; :mod:`discovery.latent.refinement` adapts it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
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
from discovery.encoders.device import AUTO, chosen_device
from discovery.encoders.encoder import Encoding, EncodingFailure
from discovery.errors import WeightsError
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

PROMPT = "{psmiles}"
"""Default prompt template; a checkpoint's ``config.json`` may give its own under ``prompt``."""

ROWS_PER_BATCH = 8
"""Rows of every forward pass, however few texts there are: the processor sums a batch of another shape in another order, and a
vector's last bits would then tell what it was encoded beside. More rows are no faster and cost a single text more."""

TOKEN_STEP = 16
"""A text is padded to the next multiple of this, by its own length alone."""


class TextEncoder:
    """A frozen Llama-family model as an encoder of repeat units.

    Args:
        model: The model without its head, as ``AutoModel`` gives it.
        tokenizer: Its tokenizer; a pad token is set to the end token where it has none.
        name: Short name for people.
        weights_hash: What identifies the weights: a SHA-256 of the files, or a hub model and its commit.
        prompt: Template with ``{psmiles}``; part of the revision.
        device: Where the model runs, as torch names it; ``auto`` is a CUDA GPU where there is one.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        name: str,
        weights_hash: str,
        prompt: str = PROMPT,
        device: str = "cpu",
    ) -> None:
        if "{psmiles}" not in prompt:
            raise WeightsError(
                f"The prompt template {prompt!r} has no place for the polymer.", "Write {psmiles} in it."
            )
        self.name = name
        self.model = model
        self.model.eval()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        self.model.requires_grad_(False)
        self.device = chosen_device(device)
        if self.device.startswith("cuda"):
            # the fused attention kernels of a GPU sum gradients in an order of the moment, which refinement would show
            self.model.set_attn_implementation("eager")
        self.model.to(self.device)  # type: ignore[arg-type]  # transformers wraps torch's own signature
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
        cls,
        source: str = "bundled",
        *,
        prompt: str | None = None,
        revision: str | None = None,
        device: str = AUTO,
    ) -> TextEncoder:
        """Load a model and its tokenizer.

        Args:
            source: ``bundled``, a folder, or the id of a model on a hub (``org/name``).
            prompt: Template to use in place of the checkpoint's own.
            revision: Commit of a hub model; the newest where not given.
            device: Where the model runs, as torch names it; ``auto`` is a CUDA GPU where there is one.

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
                    use_safetensors=True,  # a pickle would run whatever code it holds
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
        weights_hash = _folder_hash(folder) if local else hub_identity(source, model)
        template = prompt or getattr(model.config, "prompt", None) or PROMPT
        name = "text:bundled" if source == "bundled" else f"text:{folder.name if local else source}"
        return cls(model, tokenizer, name=name, weights_hash=weights_hash, prompt=template, device=device)

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
        """Encode ``n`` units into an ``m x d`` float32 matrix; texts over the model's length are failures.

        A vector is the same to the last bit whatever it is encoded beside.
        """
        ids = self.tokenizer(self.texts(units))["input_ids"] if units else []
        kept = [i for i, row in enumerate(ids) if len(row) <= self.max_tokens]
        failures = tuple(
            EncodingFailure(units[i], f"{len(row)} tokens, the model reads at most {self.max_tokens}")
            for i, row in enumerate(ids)
            if len(row) > self.max_tokens
        )
        vectors: NDArray[np.float32] = np.empty((len(units), self.dim), dtype=np.float32)
        done = 0
        for batch, length in _batches({i: len(ids[i]) for i in kept}, self.max_tokens):
            tokens = self._padded([ids[i] for i in batch], length)
            hidden = self.model(**tokens, use_cache=False).last_hidden_state
            pooled = self.pool(hidden, tokens["attention_mask"]).float().cpu().numpy()
            vectors[batch] = pooled[: len(batch)]
            done += len(batch)
            progress(done, len(kept), f"polymers encoded by {self.name}")
        return Encoding(tuple(units[i] for i in kept), vectors[kept], failures)

    def _padded(self, rows: Sequence[Sequence[int]], length: int) -> dict[str, Tensor]:
        """``ROWS_PER_BATCH x length`` tokens and mask; rows that are lacking are the first one again."""
        ids = torch.full((ROWS_PER_BATCH, length), int(self.tokenizer.pad_token_id))
        mask = torch.zeros_like(ids)
        for place in range(ROWS_PER_BATCH):
            row = rows[place if place < len(rows) else 0]
            ids[place, : len(row)] = torch.tensor(row)
            mask[place, : len(row)] = 1
        return {"input_ids": ids.to(self.device), "attention_mask": mask.to(self.device)}


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


def _batches(lengths: Mapping[int, int], limit: int) -> Iterator[tuple[list[int], int]]:
    """Texts that are padded to one length, at most ROWS_PER_BATCH a time, and that length.

    Every row has a padded place, except texts as long as the model reads, which keep to themselves: without any padding
    transformers leaves out the attention mask and takes another way through the sums.
    """
    groups: dict[tuple[int, bool], list[int]] = {}
    for index, tokens in lengths.items():
        padded = min((tokens // TOKEN_STEP + 1) * TOKEN_STEP, limit)
        groups.setdefault((padded, tokens == padded), []).append(index)
    for (padded, _), members in sorted(groups.items()):
        for start in range(0, len(members), ROWS_PER_BATCH):
            yield members[start : start + ROWS_PER_BATCH], padded


def hub_identity(source: str, model: PreTrainedModel) -> str:
    """The hub model and its commit: a name alone may stand for other weights tomorrow."""
    commit = getattr(model.config, "_commit_hash", None)
    if not commit:
        raise WeightsError(
            f"The hub does not say which commit of {source!r} was loaded, so its vectors could not be told from another's.",
            "Update huggingface_hub, or download the model and give its folder.",
        )
    return f"{source}@{commit}"


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
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    decisive = {key: config[key] for key in sorted(config.keys() - {"training", "weights_sha256", "prompt"})}
    files = [*weights, *sorted(folder.glob("tokenizer*"))]
    parts = [json.dumps(decisive), *(file_hash(file) for file in files)]
    return hashlib.sha256("".join(parts).encode()).hexdigest()
