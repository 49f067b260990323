"""Low-rank updates of linear layers, through PEFT.

LoRA (arXiv 2106.09685) with the rank-stabilised scale ``alpha / sqrt(rank)`` (arXiv 2312.03732). The second
factor starts at zero, so a fresh adapter changes nothing. On disk an adapter is what PEFT reads:
``adapter_config.json`` and ``adapter_model.safetensors``.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from discovery.errors import WeightsError, WeightsStateError

CONFIG_FILE = "adapter_config.json"
WEIGHTS_FILE = "adapter_model.safetensors"


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed PyTorch's global CPU generator for library code that draws from it; afterwards it is as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


def adapt(module: nn.Module, targets: Sequence[str], *, rank: int, alpha: int, seed: int) -> PeftModel:
    """Put a fresh adapter onto the named linear layers of ``module``, in place; all else is frozen."""
    config = LoraConfig(
        r=rank, lora_alpha=alpha, use_rslora=True, lora_dropout=0.0, bias="none", target_modules=list(targets)
    )
    with seeded(seed):
        return get_peft_model(module, config).eval()


def factors(model: PeftModel) -> dict[str, Tensor]:
    """A copy of the adapter's low-rank factors, by PEFT's names."""
    state: Mapping[str, Tensor] = get_peft_model_state_dict(model)
    return {name: tensor.detach().cpu().clone().contiguous() for name, tensor in state.items()}


def set_factors(model: PeftModel, values: Mapping[str, Tensor]) -> None:
    """Write factors that :func:`factors` gave back into the adapter.

    Raises:
        WeightsError: When a factor is missing, unknown, or of another shape.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in get_peft_model_state_dict(model).items()}
    given = {name: tuple(tensor.shape) for name, tensor in values.items()}
    if shapes != given:
        odd = sorted(name for name in shapes | given if shapes.get(name) != given.get(name))
        raise WeightsError(
            f"The adapter does not fit the model: {len(odd)} tensors differ, first {odd[0]}.",
            "Use the encoders that the adapter was trained on.",
        )
    set_peft_model_state_dict(model, dict(values))


def scale(model: PeftModel) -> dict[str, int]:
    """Rank and alpha of the adapter."""
    config: Any = model.peft_config["default"]
    return {"rank": int(config.r), "alpha": int(config.lora_alpha)}


def merged(model: PeftModel) -> nn.Module:
    """A copy of the adapted module with the updates added into its weights; ``model`` stays as it was."""
    module: nn.Module = copy.deepcopy(model).merge_and_unload()
    return module


def save_adapter(model: PeftModel, folder: Path) -> None:
    """Write the adapter's two files; the same adapter gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(factors(model), folder / WEIGHTS_FILE, metadata={"format": "pt"})
    model.peft_config["default"].save_pretrained(str(folder))
    path = folder / CONFIG_FILE
    config = json.loads(path.read_text(encoding="utf-8"))
    # PEFT keeps the targets as a set, which Python orders anew in every process.
    config["target_modules"] = sorted(config["target_modules"])
    config["inference_mode"] = True
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def load_adapter(module: nn.Module, folder: Path) -> PeftModel:
    """Put a saved adapter onto ``module``, which is changed in place.

    Raises:
        WeightsError: When a file is missing or damaged, or the adapter does not fit the module.
    """
    try:
        values = load_file(folder / WEIGHTS_FILE)
        config = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
        targets, rank, alpha = list(config["target_modules"]), int(config["r"]), int(config["lora_alpha"])
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise WeightsStateError(
            f"The adapter in {folder} cannot be read: {str(error).splitlines()[0]}",
            "Copy the folder again, or let the next round make a new one.",
        ) from error
    if not set(targets) <= {name for name, _ in module.named_modules()}:
        raise WeightsError(
            f"The adapter in {folder} is for another model.", "Use the encoders that it was trained on."
        )
    model = adapt(module, targets, rank=rank, alpha=alpha, seed=0)
    set_factors(model, values)
    return model
