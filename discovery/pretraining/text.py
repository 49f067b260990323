"""Training of the bundled text encoder: a small Llama that learns to write PSMILES and to know what they draw.

Two losses on one pass: next token, and the regression of structural labels (:mod:`discovery.pretraining.descriptors`) from the
mean-pooled last hidden state, the vector that the encoder will give out. Half of the texts are canonical, half are random
writings of the same chain, so that the vector learns to see the chain rather than the string.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from discovery.bundled import file_hash
from discovery.encoders.tokenizer import build_tokenizer
from discovery.errors import PretrainingError
from discovery.polymers import RepeatUnit
from discovery.pretraining.batches import like_sized
from discovery.pretraining.corpus import CorpusEntry
from discovery.pretraining.labels import kept_labels, run_hash
from discovery.pretraining.model_card import write_card
from discovery.pretraining.training_state import load_state, one_cycle, save_state
from discovery.progress import Progress, silent

HELD_OUT = 512
"""Polymers of the corpus that the losses in the model card are measured on."""

CANONICAL_SHARE = 0.5
LABEL_WEIGHT = 3.0
"""Weight of the label loss: Huber on unit-scale targets settles near 0.05, next-token cross-entropy near 0.5."""

MAX_TOKENS = 512


@dataclass(frozen=True, slots=True)
class TextTraining:
    """Size and schedule of a run. The defaults are those of the bundled checkpoint."""

    steps: int = 2400
    batch: int = 96
    learning_rate: float = 1e-3
    hidden: int = 192
    layers: int = 5
    heads: int = 6
    seed: int = 0
    workers: int = 1
    save_every: int = 100


class PolymerWriter(nn.Module):
    """A causal Llama with a linear label head on its mean-pooled state."""

    def __init__(self, settings: TextTraining, tokenizer: PreTrainedTokenizerFast, labels: int) -> None:
        super().__init__()
        self.llama = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(tokenizer),
                hidden_size=settings.hidden,
                intermediate_size=8 * round(settings.hidden * 8 / 3 / 8),  # the Llama ratio, a multiple of 8
                num_hidden_layers=settings.layers,
                num_attention_heads=settings.heads,
                num_key_value_heads=settings.heads,
                max_position_embeddings=MAX_TOKENS,
                tie_word_embeddings=True,
                pad_token_id=tokenizer.pad_token_id,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
                use_cache=False,
            )
        )
        self.label_head = nn.Linear(settings.hidden, labels)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Next-token loss and label loss of ``n x t`` tokens that end with the end token, and ``n x k`` labels.

        The end token is predicted but not pooled over, since the encoder reads texts without one.
        """
        hidden = self.llama.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        logits = self.llama.lm_head(hidden[:, :-1]).float()
        targets = input_ids[:, 1:].masked_fill(attention_mask[:, 1:] == 0, -100)
        token_loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100)
        weight = attention_mask.clone()
        weight[:, 0] = 0
        weight[torch.arange(len(weight)), attention_mask.sum(1) - 1] = 0
        pooled = (hidden.float() * weight.unsqueeze(-1)).sum(1) / weight.sum(1, keepdim=True)
        return token_loss, nn.functional.huber_loss(self.label_head(pooled), labels, delta=1.0)


def train(
    entries: Sequence[CorpusEntry],
    out: Path,
    work: Path,
    settings: TextTraining | None = None,
    *,
    command: str = "polyloop pretrain text",
    progress: Progress = silent,
) -> Path:
    """Train, or go on training, and write the checkpoint to ``out``.

    Args:
        entries: The corpus.
        out: Folder of the finished checkpoint (safetensors, JSON, model card).
        work: Folder for the state of the run; a run that was interrupted goes on from there.
        settings: Size and schedule.
        command: What the model card names as the way to make the checkpoint again.
        progress: Told of every step.

    Raises:
        PretrainingError: When the corpus is too small, or ``work`` holds a run on another corpus or with other settings.
    """
    settings = settings or TextTraining()
    if len(entries) < 8:
        raise PretrainingError(
            f"{len(entries)} polymers are too few to train on.", "Make a corpus of some thousands."
        )
    work.mkdir(parents=True, exist_ok=True)
    units = [entry.unit for entry in entries]
    labels = kept_labels(units, work, settings.workers, progress)
    order = np.random.default_rng(settings.seed).permutation(len(units))
    held_out = order[: min(HELD_OUT, len(units) // 4)]
    training = order[len(held_out) :]

    tokenizer = build_tokenizer()
    with torch.random.fork_rng(devices=[]):  # Llama's own initialisation takes no generator
        torch.manual_seed(settings.seed)
        model = PolymerWriter(settings, tokenizer, labels.shape[1])
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=0.01
    )
    start, state = load_state(work / "state", model, optimizer)
    run = run_hash(units, asdict(settings))
    if state.get("run", run) != run:
        raise PretrainingError(
            f"{work} holds a run on another corpus or with other settings.", "Use another --work folder."
        )
    seconds = float(state.get("seconds", 0.0))
    lengths = np.array([len(unit.psmiles) for unit in units])
    schedule = like_sized(
        lengths, training, settings.batch, steps=settings.steps, seed=settings.seed, start=start
    )
    with (work / "losses.jsonl").open("a", encoding="utf-8") as log:
        for step, batch in enumerate(schedule, start):
            begun = time.monotonic()
            for group in optimizer.param_groups:
                group["lr"] = settings.learning_rate * one_cycle((step + 1) / settings.steps)
            rng = random.Random(f"{settings.seed}-{step}")
            tokens = _tokens(tokenizer, [_writing(units[i], rng) for i in batch], device)
            with torch.autocast(device.type, torch.bfloat16):
                token_loss, label_loss = model(**tokens, labels=torch.from_numpy(labels[batch]).to(device))
            optimizer.zero_grad(set_to_none=True)
            (token_loss + LABEL_WEIGHT * label_loss).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            seconds += time.monotonic() - begun
            log.write(
                json.dumps({"step": step + 1, "token": token_loss.item(), "label": label_loss.item()}) + "\n"
            )
            progress(step + 1, settings.steps, "training steps of the text encoder")
            if (step + 1) % settings.save_every == 0 or step + 1 == settings.steps:
                log.flush()
                save_state(work / "state", model, optimizer, step + 1, {"seconds": seconds, "run": run})
    losses = evaluate(model, tokenizer, [units[i] for i in held_out], labels[held_out], device)
    card: dict[str, object] = {
        "polymers": len(units),
        "held out": len(held_out),
        "parameters": sum(p.numel() for p in model.llama.parameters()),
        **asdict(settings),
        "labels": labels.shape[1],
        "minutes": round(seconds / 60, 1),
        **losses,
    }
    return _export(model, tokenizer, out, card, command)


@torch.inference_mode()
def evaluate(
    model: PolymerWriter,
    tokenizer: PreTrainedTokenizerFast,
    units: Sequence[RepeatUnit],
    labels: NDArray[np.float32],
    device: torch.device,
) -> dict[str, float]:
    """Token and label loss on canonical texts, mean over batches of 64."""
    model.eval()
    losses = []
    for i in range(0, len(units), 64):
        tokens = _tokens(tokenizer, [u.psmiles for u in units[i : i + 64]], device)
        token_loss, label_loss = model(**tokens, labels=torch.from_numpy(labels[i : i + 64]).to(device))
        losses.append((token_loss.item(), label_loss.item()))
    token, label = np.mean(losses, axis=0)
    return {"held-out token loss": round(float(token), 4), "held-out label loss": round(float(label), 4)}


def _writing(unit: RepeatUnit, rng: random.Random) -> str:
    return unit.psmiles if rng.random() < CANONICAL_SHARE else unit.writings(1, rng)[0]


def _tokens(
    tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], device: torch.device
) -> dict[str, Tensor]:
    batch = tokenizer(
        [text + tokenizer.eos_token for text in texts],
        return_tensors="pt",
        padding=True,
        truncation=True,
        max_length=MAX_TOKENS,
    )
    return {name: batch[name].to(device) for name in ("input_ids", "attention_mask")}


def _export(
    model: PolymerWriter,
    tokenizer: PreTrainedTokenizerFast,
    out: Path,
    facts: dict[str, object],
    command: str,
) -> Path:
    """Write the checkpoint: half-precision weights, configuration, tokenizer, model card."""
    out.mkdir(parents=True, exist_ok=True)
    # The tied output layer is not written twice; half precision halves the wheel and costs vectors about 1e-3 of their size.
    tensors = {
        name: t.detach().cpu().half().contiguous() for name, t in model.llama.model.state_dict().items()
    }
    save_file(
        {f"model.{name}": t for name, t in tensors.items()},
        out / "model.safetensors",
        metadata={"format": "pt"},
    )
    tokenizer.save_pretrained(out)
    config = model.llama.config
    config.architectures = ["LlamaForCausalLM"]
    document = config.to_dict() | {
        "prompt": "{psmiles}",
        "weights_sha256": file_hash(out / "model.safetensors"),
        "training": facts,
    }
    (out / "config.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    write_card(
        out,
        "Text encoder of polyloop",
        "A Llama-architecture causal language model that reads and writes PSMILES, trained from scratch on polymers that "
        "polyloop generates from monomers, polymerisation rules and chain templates. No measured data and no weights from "
        "elsewhere went in.\n\n"
        "Objective: next token, and regression of RDKit descriptors, chain shape and fragment counts from the mean-pooled last "
        "hidden state. Weights are stored in half precision. Held-out losses are on polymers that were not trained on.",
        command,
        facts,
    )
    return out
