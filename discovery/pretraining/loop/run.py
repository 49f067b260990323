"""The training loop of every encoder: one schedule, one state on disk, one record of the losses.

The same command trains on a processor and on a GPU. A step depends on its number, the seed and the weights alone, so a run that
was interrupted goes on as an unbroken one would have: on a processor with as many threads to the same weights, bit by bit but
for geometry, whose last digits differ. Whenever the state is saved, the held-out polymers are measured, the curves are drawn and
the checkpoint is written whole, so that an interrupted run leaves an encoder that can be used.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
from accelerate import Accelerator
from accelerate.utils import send_to_device
from torch import nn

from discovery.encoders.device import chosen_device
from discovery.encoders.unimol import without_denormals
from discovery.errors import PretrainingError, PretrainingStateError
from discovery.pretraining.loop.checkpoint_folder import CheckpointFolder
from discovery.pretraining.loop.curves import Record, draw_curves, forget_after, read_records
from discovery.pretraining.loop.freed_memory import kept_freed_memory
from discovery.pretraining.loop.model_card import CURVES, library_versions
from discovery.pretraining.loop.one_at_a_time import held
from discovery.pretraining.loop.training_state import load_state, one_cycle, save_state
from discovery.progress import Progress, silent

Precision = Literal["bf16", "fp32"]
"""Of the products of a forward pass; weights, gradients and optimiser are in single precision always."""

GRADIENT_NORM = 1.0
"""Gradients are clipped to this norm at every step, as is usual for transformers."""


def usual_precision() -> Precision:
    """bf16 where it is multiplied in: on a GPU since Ampere, and on a processor that has it; else fp32.

    Other devices emulate bf16, slower than they multiply in single precision.
    """
    if chosen_device() == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    features = torch.cpu.get_capabilities()
    return "bf16" if any(features.get(name) for name in _MULTIPLIES_BF16) else "fp32"


_MULTIPLIES_BF16 = ("avx512_bf16", "amx_bf16", "bf16")
"""Features of a processor, x86 and Arm, as PyTorch names them."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How the weights are trained: AdamW (Loshchilov and Hutter, ICLR 2019) under one cycle of the learning rate."""

    steps: int
    learning_rate: float
    save_every: int
    precision: Precision
    betas: tuple[float, float] = (0.9, 0.98)
    eps: float = 1e-8
    weight_decay: float = 0.01


class Lesson(Protocol):
    """What a model is taught; the model is a module whose ``forward(*batch)`` gives the loss and its terms by name."""

    @property
    def polymers(self) -> int:
        """Polymers in a batch, for the throughput in the card."""
        ...

    def batches(self, start: int) -> Iterator[tuple[Any, ...]]:
        """The arguments of the forward pass of every step after the first ``start``, on the processor."""
        ...

    def measure(self, device: torch.device) -> dict[str, float]:
        """Losses on held-out polymers by the names of the terms, and other figures that are worth a curve."""
        ...

    def export(self, out: Path, facts: Mapping[str, object]) -> None:
        """Write the checkpoint of the model as it is into the new folder ``out``; ``facts`` tell of the run so far."""
        ...


def fit(
    model: nn.Module,
    lesson: Lesson,
    schedule: Schedule,
    out: Path,
    work: Path,
    *,
    run: str,
    what: str,
    progress: Progress = silent,
) -> Path:
    """Train a model, or go on training it, and write its checkpoint to ``out`` at every save.

    Args:
        model: Given on the processor, with the weights of step 0.
        lesson: Data, measurement and checkpoint of the model.
        schedule: Steps and rates.
        out: Folder of the checkpoint, replaced as a whole; new, empty, or one that this run wrote.
        work: Folder of the state (``state``) and the losses (``losses.jsonl``); not inside ``out``.
        run: Hash of everything that decides the weights; a state of another run is refused.
        what: What the progress is told is under way.
        progress: Told of every step.

    Raises:
        PretrainingError: When ``work`` holds another run or another process is at work there, ``out`` holds anything that this
            run did not write, the loss is not finite any more, or several processes were launched.
    """
    folder = CheckpointFolder(out, work)
    with held(work), kept_freed_memory():
        folder.settle()
        _fit(model, lesson, schedule, folder, work, run, what, progress)
    return folder.out


def _fit(
    model: nn.Module,
    lesson: Lesson,
    schedule: Schedule,
    folder: CheckpointFolder,
    work: Path,
    run: str,
    what: str,
    progress: Progress,
) -> None:
    # bf16 needs no loss scaling, so autocast is all there is to it. Apple's GPUs, which accelerate would take, are not tried.
    accelerator = Accelerator(mixed_precision="no", cpu=chosen_device() == "cpu")
    if accelerator.num_processes > 1:
        raise PretrainingError(
            f"{accelerator.num_processes} processes were launched for one training run.",
            "Run polyloop pretrain itself, on one device.",
        )
    optimizer: Any = torch.optim.AdamW(
        model.parameters(),
        lr=schedule.learning_rate,
        betas=schedule.betas,
        eps=schedule.eps,
        weight_decay=schedule.weight_decay,
        fused=True,
    )
    model, optimizer = accelerator.prepare(model, optimizer)
    device = accelerator.device
    start, state = load_state(work / "state", model, optimizer)
    if state.get("run", run) != run:
        raise PretrainingStateError(
            f"{work} holds another run: on another corpus, with other labels, with other settings, or by another version.",
            "Use another --work folder, or remove this one. On another machine the usual --precision may be another one: name "
            "the one that the run was begun with.",
        )
    losses = work / "losses.jsonl"
    forget_after(losses, start)
    clock = _Clock(float(state.get("seconds", 0.0)), float(state.get("waiting", 0.0)))
    makers: list[dict[str, str]] = state.get("made with", [])

    def save(step: int) -> None:
        with _precision(device, schedule.precision):
            measured = lesson.measure(device)
        if not any(record.held_out and record.step == step for record in read_records(losses)):
            with losses.open("a", encoding="utf-8") as log:
                log.write(Record(step, True, measured).line())
        save_state(work / "state", model, optimizer, step, {"run": run, **clock.facts(), "made with": makers})
        told = {"steps done": step, **_made_with(makers), **_throughput(lesson, clock, step)}
        with folder.replacing() as new:
            draw_curves(read_records(losses), new / CURVES)
            lesson.export(new, told | {f"held-out {k}": x for k, x in measured.items()})

    if start >= schedule.steps:
        save(start)
        return
    here = {"device": _called(device), **library_versions()}
    if here not in makers:
        makers.append(here)
    batches = lesson.batches(start)
    for step in range(start + 1, schedule.steps + 1):
        clock.begin()
        batch = send_to_device(next(batches), device)
        clock.prepared()
        for group in optimizer.param_groups:
            group["lr"] = schedule.learning_rate * one_cycle(step / schedule.steps)
        with without_denormals():
            with _precision(device, schedule.precision):
                loss, terms = model(*batch)
            optimizer.zero_grad(set_to_none=True)
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(model.parameters(), GRADIENT_NORM)
            optimizer.step()
        record = Record(step, False, {"loss": loss.item(), **{name: t.item() for name, t in terms.items()}})
        clock.end()
        if not math.isfinite(record.terms["loss"]):
            raise PretrainingError(
                f"The loss is {record.terms['loss']} after step {step}.",
                "Train with a lower --learning-rate, or with --precision fp32.",
            )
        with losses.open("a", encoding="utf-8") as log:
            log.write(record.line())
        if step % schedule.save_every == 0 or step == schedule.steps:
            save(step)
        progress(step, schedule.steps, what)


def _precision(device: torch.device, precision: Precision) -> AbstractContextManager[Any]:
    return torch.autocast(device.type, torch.bfloat16) if precision == "bf16" else nullcontext()


class _Clock:
    """Seconds that went into steps, and those of them spent waiting for a batch, over all parts of a run."""

    def __init__(self, seconds: float, waiting: float) -> None:
        self.seconds, self.waiting = seconds, waiting
        self._begun = 0.0

    def begin(self) -> None:
        self._begun = time.monotonic()

    def prepared(self) -> None:
        self.waiting += time.monotonic() - self._begun

    def end(self) -> None:
        self.seconds += time.monotonic() - self._begun

    def facts(self) -> dict[str, float]:
        return {"seconds": self.seconds, "waiting": self.waiting}


def _called(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{torch.get_num_threads()} CPU threads"


def _made_with(makers: Sequence[Mapping[str, str]]) -> dict[str, object]:
    """Device and versions that the steps were done with; where a run went on with others, all of them in turn."""
    names = dict.fromkeys(name for each in makers for name in each)
    found = {name: dict.fromkeys(each[name] for each in makers if name in each) for name in names}
    return {name: ", then ".join(values) for name, values in found.items()}


def _throughput(lesson: Lesson, clock: _Clock, step: int) -> dict[str, object]:
    seconds = max(clock.seconds, 1e-9)
    return {
        "minutes": round(clock.seconds / 60, 1),
        "seconds a step": round(clock.seconds / max(step, 1), 3),
        "polymers a second": round(lesson.polymers * step / seconds),
        "share of the time spent waiting for batches": round(clock.waiting / seconds, 3),
    }
