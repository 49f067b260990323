"""Versions of what decides a result: the interpreter, polyloop and the libraries it computes with."""

from __future__ import annotations

import platform
from importlib.metadata import version

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


def versions() -> dict[str, str]:
    """Installed versions, by name."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
