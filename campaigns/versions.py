"""Versions of what decides a result: the interpreter, polyloop and the libraries it computes with."""

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


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return MISSING
