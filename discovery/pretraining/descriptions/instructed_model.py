"""An instruction-tuned language model that the user names: loaded like a text encoder, asked, and never asked twice.

What it has answered is kept on disk under the hash of the question.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from jinja2 import TemplateError
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from discovery.cache import default_cache
from discovery.encoders.checkpoint import TextCheckpoint
from discovery.encoders.device import AUTO, chosen_device
from discovery.encoders.loading import AS_IS, Loading
from discovery.encoders.memory import Machine, parameter_count
from discovery.encoders.parquet_shards import Shards
from discovery.encoders.source import expanded, is_path
from discovery.encoders.text_weights import identity, in_words, skeleton_of, with_weights_of
from discovery.errors import PretrainingError, WeightsError, WeightsStateError
from discovery.progress import Progress, silent

_HINT = (
    "Name an instruction-tuned model: a folder with config.json, safetensors weights and a tokenizer, or a hub id as "
    "org/name."
)

_KIND = "describing model"

_SMALLER = "Name a smaller instruction-tuned model, or run where there is more memory."

UNFINISHED = ""
"""What is kept of an answer that did not come to its end: cut at the most tokens, or still in the model's thoughts."""

_SCHEMA = pa.schema([("key", pa.string()), ("text", pa.string())])


@dataclass(frozen=True, slots=True)
class Generation:
    """How a model writes. Always greedy: the same model gives the same text."""

    new_tokens: int = 512
    """Most tokens of an answer; a paragraph with some thirty numbers takes about 400."""
    batch: int = 8
    """Prompts that are answered together."""


class InstructedModel:
    """A causal language model with a chat template, and what it has written so far.

    Args:
        model: The model with its head.
        tokenizer: Its tokenizer, with a chat template.
        name: What the descriptions name as their maker.
        weights: What tells its weights, as they were loaded, from any other's.
        generation: How it writes.
        folder: Where its answers are kept; ``descriptions`` in the cache folder by default.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        name: str,
        weights: str,
        generation: Generation | None = None,
        folder: Path | None = None,
    ) -> None:
        if not tokenizer.chat_template:
            raise WeightsError(
                f"{name} has no chat template, so it is not tuned to follow instructions.", _HINT
            )
        self.name = name
        self.model, self.tokenizer = model.eval(), tokenizer  # type: ignore[no-untyped-call]  # transformers' own
        self.generation = generation or Generation()
        self.tokenizer.padding_side = "left"  # so that every prompt ends where its answer begins
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        # the batch changes the last bits of a sum and not the method: it stays out of the name
        decisive = json.dumps([weights, str(model.dtype), self.generation.new_tokens, "whole answers"])
        home = (folder or default_cache() / "descriptions") / hashlib.sha256(decisive.encode()).hexdigest()[
            :16
        ]
        self._kept = Shards(home, _SCHEMA)

    @classmethod
    def load(
        cls,
        source: str,
        *,
        generation: Generation | None = None,
        device: str = AUTO,
        loading: Loading = AS_IS,
        folder: Path | None = None,
        machine: Machine | None = None,
    ) -> InstructedModel:
        """Load a model from a folder or a hub, in the way of a text encoder (:mod:`discovery.encoders.text_weights`).

        Args:
            source: A folder, or a hub model as ``org/name``.
            generation: How it writes.
            device: Where it runs, as torch names it; ``auto`` is a CUDA GPU where there is one.
            loading: Its number format, which goes by its size by default, device map and quantisation.
            folder: Where its answers are kept.
            machine: The memory there is; looked up by default.

        Raises:
            WeightsError: When the model is not there, damaged, too large, or not tuned to follow instructions.
        """
        local = expanded(source)
        if local.is_dir():
            found = TextCheckpoint(source, local, kind=_KIND)
        elif is_path(source):
            raise WeightsError(f"There is no folder {source}.", _HINT)
        else:
            found = TextCheckpoint.of_hub(source, kind=_KIND)
        wanted = chosen_device(device)
        loading.check_possible(wanted)
        with in_words(found.called, _HINT):
            tokenizer = AutoTokenizer.from_pretrained(str(found.folder), local_files_only=True)
            skeleton = skeleton_of(found.folder, AutoModelForCausalLM)
        try:
            place = (machine or Machine.seen_from(wanted)).place(source, skeleton, loading)
        except WeightsError as error:  # its ways out are those of a campaign's text encoder
            raise WeightsError(error.message, _SMALLER) from error
        found.with_weights()
        dtype = getattr(torch, loading.dtype_of(parameter_count(skeleton)))
        with in_words(found.called, _HINT):
            model, missing = with_weights_of(
                found.folder, AutoModelForCausalLM, wanted, dtype, loading, place
            )
        if missing:
            raise WeightsStateError(
                f"{source!r} lacks {len(missing)} of the model's tensors, such as {missing[0]}.",
                "The checkpoint is incomplete or has no language model's head; fetch it again.",
            )
        name = source if found.commit else local.name
        return cls(
            model,
            tokenizer,
            name=name,
            weights=f"{identity(found)} {loading.quantization}" if loading.quantization else identity(found),
            generation=generation,
            folder=folder,
        )

    def answers(self, prompts: Sequence[str], what: str, progress: Progress = silent) -> list[str]:
        """The answer to each of ``n`` prompts, :data:`UNFINISHED` where it has no end; earlier ones come from disk.

        Args:
            prompts: What the user says to the model.
            what: What the progress is told is under way.
            progress: Told of every batch that had to be generated.

        Raises:
            PretrainingError: When a prompt and its answer are longer than the model reads.
        """
        keys = [hashlib.sha256(prompt.encode()).hexdigest()[:32] for prompt in prompts]
        missing = {key: text for key, text in zip(keys, prompts, strict=True) if key not in self._kept}
        # prompts of like length together: hardly any padding
        ordered = sorted(missing.items(), key=lambda item: (len(item[1]), item[0]))
        for start in range(0, len(ordered), self.generation.batch):
            batch = ordered[start : start + self.generation.batch]
            texts = self._generated([text for _, text in batch])
            self._kept.append(pa.table({"key": [key for key, _ in batch], "text": texts}, schema=_SCHEMA))
            progress(start + len(batch), len(ordered), what)
        told: list[str] = self._kept.read(keys)["text"].to_pylist()
        return told

    @torch.inference_mode()
    def _generated(self, prompts: Sequence[str]) -> list[str]:
        try:
            chats = [
                self.tokenizer.apply_chat_template(
                    [{"role": "user", "content": prompt}], tokenize=False, add_generation_prompt=True
                )
                for prompt in prompts
            ]
        except TemplateError as error:
            raise WeightsError(f"The chat template of {self.name} cannot be used: {error}", _HINT) from error
        # the template has written the special tokens already
        tokens = self.tokenizer(chats, return_tensors="pt", padding=True, add_special_tokens=False)
        length = tokens["input_ids"].shape[1]
        limit = int(getattr(self.model.config, "max_position_embeddings", 0))
        if limit and length + self.generation.new_tokens > limit:
            raise PretrainingError(
                f"{self.name} reads {limit} tokens, and a prompt of {length} with an answer of "
                f"{self.generation.new_tokens} is longer.",
                "Name a model with a longer context.",
            )
        written = self.model.generate(
            input_ids=tokens["input_ids"].to(self.model.device),
            attention_mask=tokens["attention_mask"].to(self.model.device),
            max_new_tokens=self.generation.new_tokens,
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            pad_token_id=self.tokenizer.pad_token_id,
        )
        answers = written[:, length:]
        ends = torch.tensor(sorted(_ends(self.model, self.tokenizer)), device=answers.device)
        ended = torch.isin(answers, ends).any(dim=1).tolist()
        texts: list[str] = self.tokenizer.batch_decode(answers, skip_special_tokens=True)
        return [whole_answer(text) if done else UNFINISHED for text, done in zip(texts, ended, strict=True)]


def whole_answer(text: str) -> str:
    """What a model answers after it has thought aloud; :data:`UNFINISHED` where the thoughts have no end."""
    answer = text.rpartition("</think>")[2]
    return UNFINISHED if "<think>" in answer else answer.strip()


def _ends(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Tokens that end an answer; a chat model often has several."""
    config: Any = model.generation_config
    named = config.eos_token_id if config is not None else None
    ends = named if isinstance(named, list) else [named, tokenizer.eos_token_id]
    return {end for end in ends if end is not None}
