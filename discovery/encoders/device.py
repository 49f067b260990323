"""Where a model runs: on a CUDA GPU where PyTorch sees one, else on the processor."""

from __future__ import annotations

import torch

from discovery.errors import WeightsStateError

AUTO = "auto"
"""The device of every encoder unless the caller names another."""


def chosen_device(device: str = AUTO) -> str:
    """The name of a device as torch knows it; ``auto`` is ``cuda`` where there is one, else ``cpu``.

    Raises:
        WeightsError: When a GPU is named and PyTorch sees none.
    """
    if device == AUTO:
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise WeightsStateError(
            f"PyTorch sees no GPU, so {device} cannot be used.",
            "See what nvidia-smi says, and that the PyTorch installed is one for CUDA; or use the device cpu.",
        )
    return device
