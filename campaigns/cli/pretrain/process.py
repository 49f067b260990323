"""What a training run changes in its process: how many threads compute, and what becomes of freed memory."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # malloc.h of glibc


@contextmanager
def training_process(threads: int | None) -> Iterator[None]:
    """Let this process train with so many threads, by default with all, and keep the memory that it frees."""
    import torch

    _keep_freed_memory()
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _keep_freed_memory() -> None:
    """Let the process keep the memory that it frees, where the C library is glibc; nothing happens elsewhere.

    Every step frees and asks again for the same large tensors. glibc gives each back to the system and takes fresh pages, which
    the kernel must clear: on a virtual machine that can take longer than the step itself. It cannot be taken back, so a program
    that trains through the library is left to itself.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # musl has none
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
