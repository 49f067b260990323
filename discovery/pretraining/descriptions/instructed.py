"""Descriptions written by an instruction-tuned language model that the user names, held to the calibrated numbers.

The two-stage prompt of MolGraph-LarDo (arXiv 2408.10124): the first gives the model the structure and the numbers that RDKit and
:mod:`discovery.physics` supply and asks for a description with them; the second gives it its draft back with the same numbers and
asks it to correct the draft. Then the numbers of the text are read (:mod:`.number_check`): a description
that contradicts, or that states too few, is replaced by the one made by template. What a model has written is kept on disk under
the hash of its prompt, so nothing is generated twice.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from jinja2 import TemplateError
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from discovery.cache import default_cache
from discovery.encoders.checkpoint import TextCheckpoint
from discovery.encoders.device import AUTO, chosen_device
from discovery.encoders.loading import AS_IS
from discovery.encoders.parquet_shards import Shards
from discovery.encoders.source import is_path
from discovery.encoders.text_weights import identity
from discovery.errors import PretrainingError, WeightsError
from discovery.polymers import RepeatUnit
from discovery.pretraining.descriptions.descriptions import TEMPLATE, Description, described
from discovery.pretraining.descriptions.facts import Facts, facts_of
from discovery.pretraining.descriptions.number_check import check_numbers
from discovery.progress import Progress, silent

_HINT = (
    "Name an instruction-tuned model: a folder with config.json, safetensors weights and a tokenizer, or a hub id as "
    "org/name."
)

_SCHEMA = pa.schema([("key", pa.string()), ("text", pa.string())])

DRAFT_PROMPT = """You describe polymers for chemists. The repeat unit, as a PSMILES in which * marks where it is joined to the \
next one, is:
{psmiles}
{class_line}Its backbone is {backbone}. These numbers of it have been computed:
{numbers}

Describe the polymer in one paragraph: its structure and functional groups, and what they mean for its stiffness, polarity, \
thermal stability and behaviour in fire. State each of the numbers above as it stands there, with its name and unit, and give no \
other numbers."""

CORRECTION_PROMPT = """Below are a polymer, numbers that have been computed of it, and a draft of its description. Correct the \
draft: every number in it has to be the one in the list, numbers that it lacks have to be added with name and unit, and numbers \
that are not in the list have to be removed. Answer with the corrected paragraph alone.

Repeat unit: {psmiles}
Numbers:
{numbers}

Draft:
{draft}"""


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
        weights: What tells its weights from any other's.
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
        decisive = json.dumps([weights, str(model.dtype), self.generation.new_tokens])
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
        folder: Path | None = None,
    ) -> InstructedModel:
        """Load a model from a folder or a hub.

        Args:
            source: A folder, or a hub model as ``org/name``.
            generation: How it writes.
            device: Where it runs, as torch names it; ``auto`` is a CUDA GPU where there is one.
            folder: Where its answers are kept.

        Raises:
            WeightsError: When the model is not there, damaged, or not tuned to follow instructions.
        """
        local = Path(source).expanduser()
        if local.is_dir():
            found = TextCheckpoint(source, local)
        elif is_path(source):
            raise WeightsError(f"There is no folder {source}.", _HINT)
        else:
            found = TextCheckpoint.of_hub(source)
        found.with_weights()
        try:
            tokenizer = AutoTokenizer.from_pretrained(str(found.folder))
            size = _parameters(found.folder)
            loaded: Any = AutoModelForCausalLM.from_pretrained(
                str(found.folder),
                dtype=getattr(torch, AS_IS.dtype_of(size)),
                use_safetensors=True,  # a pickle would run whatever code it holds
                output_loading_info=True,
            )
        except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise WeightsError(f"The model {source!r} could not be loaded: {reason}", _HINT) from error
        model, report = loaded
        if report["missing_keys"]:
            raise WeightsError(
                f"{source!r} lacks {len(report['missing_keys'])} of the model's tensors, such as "
                f"{sorted(report['missing_keys'])[0]}.",
                "The checkpoint is incomplete or has no language model's head; fetch it again.",
            )
        model.to(torch.device(chosen_device(device)))
        name = source if found.commit else local.name
        return cls(model, tokenizer, name=name, weights=identity(found), generation=generation, folder=folder)

    def answers(self, prompts: Sequence[str], what: str, progress: Progress = silent) -> list[str]:
        """The answer to each of ``n`` prompts; what was answered before comes from disk.

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
        texts: list[str] = self.tokenizer.batch_decode(written[:, length:], skip_special_tokens=True)
        # what a model thinks aloud before it answers is not the answer
        return [text.rpartition("</think>")[2].strip() for text in texts]


def _parameters(folder: Path) -> int:
    """How many a model has, from its shapes alone."""
    config = AutoConfig.from_pretrained(str(folder))
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]  # transformers' own
    return int(model.num_parameters())


def instructed_descriptions(
    units: Sequence[RepeatUnit],
    classes: Sequence[str],
    model: InstructedModel,
    *,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = silent,
) -> list[Description]:
    """One description of each of ``n`` units: the model's where its numbers hold, else the one by template.

    Args:
        units: The ``n`` repeat units.
        classes: Their classes, or empty texts.
        model: Who writes.
        seed: Of the templates.
        workers: Processes that look up the facts.
        progress: Told of facts, drafts and corrections.

    Returns:
        Descriptions in the order of the units. ``maker`` is ``template`` where the model's text was rejected, and ``remarks``
        says why; of a text that was taken it says which numbers are on no list.
    """
    facts = facts_of(units, classes, workers=workers, progress=progress)
    drafts = model.answers([draft_prompt(f) for f in facts], "drafts written", progress)
    prompts = [correction_prompt(f, draft) for f, draft in zip(facts, drafts, strict=True)]
    texts = model.answers(prompts, "drafts corrected", progress)
    return [judged(f, text, model.name, seed) for f, text in zip(facts, texts, strict=True)]


def judged(facts: Facts, text: str, maker: str, seed: int) -> Description:
    """A model's text as a description, or the one by template where the text cannot be taken."""
    check = check_numbers(text, facts)
    if check.reason:
        return Description(facts.unit, described(facts, seed), remarks=f"text of {maker} {check.reason}")
    remarks = f"on no list: {'; '.join(check.unlisted)}" if check.unlisted else ""
    return Description(facts.unit, text, maker, remarks)


def draft_prompt(facts: Facts) -> str:
    """The first stage: structure and calibrated numbers, to be made a description."""
    return DRAFT_PROMPT.format(
        psmiles=facts.unit.psmiles,
        class_line=f"Its class is {facts.polymer_class}. " if facts.polymer_class else "",
        backbone=facts.backbone,
        numbers=_listed(facts),
    )


def correction_prompt(facts: Facts, draft: str) -> str:
    """The second stage: the draft with the same numbers, to be corrected."""
    return CORRECTION_PROMPT.format(psmiles=facts.unit.psmiles, numbers=_listed(facts), draft=draft)


def _listed(facts: Facts) -> str:
    return "\n".join(f"- {number.quantity.words}: {number}" for number in facts.numbers)


@dataclass(frozen=True, slots=True)
class Account:
    """What came of a model's texts."""

    taken: int
    """Texts that were taken as they are."""
    flagged: int
    """Of those, texts with numbers that are on no list."""
    contradicting: int
    """Rejected: a number is not the calibrated one."""
    silent: int
    """Rejected: too few of the calibrated numbers are stated."""

    def told(self) -> dict[str, int]:
        """Counts by name."""
        return asdict(self)


def account(descriptions: Sequence[Description]) -> Account:
    """Count what came of each text."""
    kinds = Counter(
        ("taken" if not d.remarks else "flagged")
        if d.maker != TEMPLATE
        else ("contradicting" if "contradicts" in d.remarks else "silent" if d.remarks else "template")
        for d in descriptions
    )
    return Account(
        kinds["taken"] + kinds["flagged"], kinds["flagged"], kinds["contradicting"], kinds["silent"]
    )
