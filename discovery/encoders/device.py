"""Where a model runs: on a CUDA GPU where PyTorch sees one, else on the processor."""

from __future__ import annotations

import torch

AUTO = "auto"
"""The device of every encoder unless the caller names another."""


def chosen_device(device: str = AUTO) -> str:
    """The name of a device as torch knows it; ``auto`` is ``cuda`` where there is one, else ``cpu``."""
    if device != AUTO:
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"
