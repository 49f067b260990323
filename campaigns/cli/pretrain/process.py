"""What a training run changes in its process: how many threads compute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def training_threads(threads: int | None) -> Iterator[None]:
    """Let this process train with so many threads, by default with all."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
