"""Versions of what decides a result: the interpreter, polyloop and the libraries it computes with; and the machine."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

LIBRARIES = (
    "polyloop",
    "torch",
    "transformers",
    "peft",
    "unimol_tools",
    "rdkit",
    "smipoly",
    "botorch",
    "gpytorch",
    "numpy",
)


MISSING = "not installed"


def versions(libraries: Sequence[str] = LIBRARIES) -> dict[str, str]:
    """Installed versions, by name; :data:`MISSING` of what is not installed."""
    return {"python": platform.python_version(), **{name: _version(name) for name in libraries}}


MACHINE, THREADS = "machine", "threads"
"""Under which a round records the two halves of :func:`machine`, beside the versions."""


def machine() -> dict[str, str]:
    """What of this machine has a part in the last digits of a number: system, processor with its instructions, and GPU; and the
    threads among which sums are divided.
    """
    import torch

    told = [f"{platform.system()} {platform.machine()}", torch.backends.cpu.get_cpu_capability()]
    if torch.cuda.is_available():
        told.append(torch.cuda.get_device_name(0))
    return {MACHINE: ", ".join(told), THREADS: str(torch.get_num_threads())}


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return MISSING
