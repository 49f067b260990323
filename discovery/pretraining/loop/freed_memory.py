"""What becomes of the memory that a training step frees."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # malloc.h of glibc
_USUAL_TRIM_THRESHOLD, _USUAL_MMAP_MAX = 128 * 1024, 65536  # mallopt(3)


@contextmanager
def kept_freed_memory() -> Iterator[None]:
    """Let the process keep the memory that it frees, where the C library is glibc; nothing happens elsewhere.

    Every step frees and asks again for the same large tensors. glibc gives each back to the system and takes fresh pages, which
    the kernel must clear: on a virtual machine that can take longer than the step itself. What is read and thrown away before
    the training must not be kept so: this is for the steps alone. At the end what is free goes back.
    """
    library = ctypes.CDLL(None) if sys.platform.startswith("linux") else None
    mallopt, trim = getattr(library, "mallopt", None), getattr(library, "malloc_trim", None)
    if mallopt is None or trim is None:  # musl has neither
        yield
        return
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
    try:
        yield
    finally:
        mallopt(_M_MMAP_MAX, _USUAL_MMAP_MAX)
        mallopt(_M_TRIM_THRESHOLD, _USUAL_TRIM_THRESHOLD)
        trim(0)
