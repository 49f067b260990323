"""How far a pre-training run is: its learning rate, and its state on disk.

Weights and optimiser state are written as safetensors, the rest as JSON; no pickle.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from discovery.errors import PretrainingStateError


def save_state(
    folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, step: int, facts: dict[str, Any]
) -> None:
    """Write a resumable state to ``folder``; an interruption in between leaves the state before.

    Args:
        folder: Where to; made if needed.
        model: Its parameters and buffers are kept.
        optimizer: One parameter group or more, of a method whose state is tensors (Adam, SGD, ...).
        step: Steps done.
        facts: What else the run must know again, as JSON values.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"model.{name}": t.contiguous().clone() for name, t in model.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": torch.as_tensor(t).contiguous() for name, t in state.items()}
    name = f"state-{step}.safetensors"
    save_file(tensors, folder / name)
    temporary = folder / "state.json.part"
    temporary.write_text(json.dumps({"step": step, "tensors": name, "facts": facts}), encoding="utf-8")
    os.replace(temporary, folder / "state.json")
    for old in folder.glob("state-*.safetensors"):
        if old.name != name:
            old.unlink()


def load_state(
    folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[int, dict[str, Any]]:
    """Put a run back to where :func:`save_state` left it; gives the steps done and the facts, or ``(0, {})`` where none is.

    Raises:
        PretrainingError: When the state cannot be read, or belongs to a model of another shape.
    """
    if not (folder / "state.json").is_file():
        return 0, {}
    try:
        record = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        tensors = load_file(folder / record["tensors"])
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise PretrainingStateError(
            f"The state of the run in {folder} cannot be read: {error}", "Remove the folder to start anew."
        ) from error
    try:
        model.load_state_dict(
            {k.removeprefix("model."): t for k, t in tensors.items() if k.startswith("model.")}
        )
    except RuntimeError as error:
        raise PretrainingStateError(
            f"The run in {folder} was started with another model size.",
            "Use another --work folder, or remove this one.",
        ) from error
    state = optimizer.state_dict()
    for key, tensor in tensors.items():
        if key.startswith("optimizer."):
            _, index, name = key.split(".", 2)
            state["state"].setdefault(int(index), {})[name] = tensor
    optimizer.load_state_dict(state)
    return int(record["step"]), dict(record["facts"])


def one_cycle(done: float) -> float:
    """Factor of the learning rate after a share ``done`` of the run: linear warm-up over a tenth, then a cosine to zero.

    Source: L. N. Smith, N. Topin, Super-convergence, arXiv 1708.07120.
    """
    return done / 0.1 if done < 0.1 else 0.5 * (1 + math.cos(math.pi * (done - 0.1) / 0.9))
