"""Text encoder: a causal Llama-family language model that reads a polymer's PSMILES.

The vector is the mean of the last hidden state over the tokens of the text, without padding and without the begin token, as in
PolyLLMem (arXiv 2503.22962). The model stays frozen here; :mod:`discovery.latent.refinement` adapts it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from huggingface_hub import snapshot_download
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from discovery.encoders import text_weights
from discovery.encoders.checkpoint import Download
from discovery.encoders.device import AUTO, chosen_device
from discovery.encoders.encoder import Encoding, EncodingFailure
from discovery.encoders.loading import AS_IS, Loading
from discovery.encoders.memory import FIXED_SHAPE, ForwardPasses, parameter_count
from discovery.encoders.source import BUNDLED
from discovery.errors import WeightsError
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

PROMPT = "{psmiles}"
"""Default prompt template; a checkpoint's ``config.json`` may give its own under ``prompt``."""

ROWS_PER_PASS = 8
"""Rows of every forward pass, however few texts there are: the processor sums a batch of another shape in another order, and a
vector's last bits would then tell what it was encoded beside. More rows are no faster and cost a single text more."""

ROWS_ON_GPU = 64
"""Rows of a pass of short texts through a large model on a GPU: 4,000 tokens keep one busy."""

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
        device: Where the model runs, as torch names it; ``auto`` is a CUDA GPU where there is one. A model that accelerate
            has placed stays where it is.
        quantization: What its weights were reduced to, which changes vectors: part of the revision.
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
        quantization: str | None = None,
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
        if getattr(model, "hf_device_map", None) is None:
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
        settings = {"weights": weights_hash, "prompt": prompt, "pooling": "mean", "dtype": str(model.dtype)}
        if quantization is not None:
            settings["quantization"] = quantization
        self.revision = f"text-{hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:16]}"
        self._passes = _passes(model, self.device)

    @classmethod
    def load(
        cls,
        source: str = BUNDLED,
        *,
        prompt: str | None = None,
        revision: str | None = None,
        device: str = AUTO,
        loading: Loading = AS_IS,
        download: Download = snapshot_download,
    ) -> TextEncoder:
        """Load a model and its tokenizer.

        Everything that can be told without the weights is checked first: whether the files are there and whole, whether the
        model is of the right kind and fits into memory.

        Args:
            source: ``bundled``, a folder, or a model on the hub as ``org/name`` or ``org/name@revision``.
            prompt: Template to use in place of the checkpoint's own.
            revision: Commit, tag or branch of a hub model whose source names none; the newest where not given.
            device: Where the model runs, as torch names it; ``auto`` is a CUDA GPU where there is one.
            loading: Number format, device map and quantisation.
            download: How files of a hub model are fetched.

        Raises:
            WeightsError: When the model is not there, damaged, too large, or of another kind than a decoder of the Llama
                family; the hint names the command to run.
        """
        device = chosen_device(device)
        loading.check_possible(device)
        found = text_weights.checkpoint_of(source, revision, download)
        model, tokenizer = text_weights.load(found, device, loading)
        name = f"text:{source if found.commit or source == BUNDLED else found.folder.name}"
        return cls(
            model,
            tokenizer,
            name=name,
            weights_hash=text_weights.identity(found),
            prompt=prompt or getattr(model.config, "prompt", None) or PROMPT,
            device=device,
            quantization=loading.quantization,
        )

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
        """Mean of ``n x t x d`` hidden states over real tokens, the begin token left out: ``n x d`` float32."""
        hidden = hidden.float()  # a sum of many tokens is too much for the seven bits of a bfloat16
        weight = attention_mask.to(hidden).clone()
        if self._begins:
            weight[:, 0] = 0  # padding is on the right, so the begin token is the first of every row
        return (hidden * weight.unsqueeze(-1)).sum(1) / weight.sum(1, keepdim=True)

    @torch.inference_mode()
    def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
        """Encode ``n`` units into an ``m x d`` float32 matrix; texts over the model's length are failures.

        A text is padded by its own length, and how many rows go through together hangs on the model, the kind of device and that
        length alone: a vector is the same to the last bit whatever it is encoded beside, and however much memory is free. Only
        after a pass that ran out of memory have the following ones fewer rows; last digits may then differ.

        Raises:
            EncodingError: When the device has no memory for even one text.
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
        for members, length in _by_length({i: len(ids[i]) for i in kept}, self.max_tokens):

            def forward(batch: list[int], length: int = length) -> Tensor:
                tokens = self._padded([ids[i] for i in batch], length)
                hidden = self.model(**tokens, use_cache=False).last_hidden_state
                return self.pool(hidden, tokens["attention_mask"]).cpu()

            for batch, pooled in self._passes.run(members, length, forward):
                vectors[batch] = pooled.numpy()[: len(batch)]
                done += len(batch)
                progress(done, len(kept), f"polymers encoded by {self.name}")
        return Encoding(tuple(units[i] for i in kept), vectors[kept], failures)

    def _padded(self, rows: Sequence[Sequence[int]], length: int) -> dict[str, Tensor]:
        """``n x length`` tokens and mask."""
        ids = torch.full((len(rows), length), int(self.tokenizer.pad_token_id))
        mask = torch.zeros_like(ids)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = torch.tensor(row)
            mask[place, : len(row)] = 1
        return {"input_ids": ids.to(self.device), "attention_mask": mask.to(self.device)}


def _passes(model: PreTrainedModel, device: str) -> ForwardPasses:
    """Rows of a forward pass: one number for small models, fewer for longer texts of large ones."""
    if parameter_count(model) <= FIXED_SHAPE:
        return ForwardPasses(device, ROWS_PER_PASS)
    config = model.config
    width, inner = int(config.hidden_size), int(config.intermediate_size)
    heads, size = int(config.num_attention_heads), model.dtype.itemsize

    def row_bytes(length: int) -> float:
        # one block at a time: states, queries, keys and values; the gated inner layer; scores, once more in float32
        return length * size * (12 * width + 4 * inner) + heads * length**2 * (2 * size + 4)

    return ForwardPasses(device, ROWS_ON_GPU if device.startswith("cuda") else ROWS_PER_PASS, row_bytes)


def _by_length(lengths: Mapping[int, int], limit: int) -> list[tuple[list[int], int]]:
    """Texts that are padded to one length, and that length.

    Every row has a padded place, except texts as long as the model reads, which keep to themselves: without any padding
    transformers leaves out the attention mask and takes another way through the sums.
    """
    groups: dict[tuple[int, bool], list[int]] = {}
    for index, tokens in lengths.items():
        padded = min((tokens // TOKEN_STEP + 1) * TOKEN_STEP, limit)
        groups.setdefault((padded, tokens == padded), []).append(index)
    return [(members, padded) for (padded, _), members in sorted(groups.items())]
