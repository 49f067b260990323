"""The checkpoints that come with polyloop, trained by ``polyloop pretrain``; each folder holds a model card.

``text`` and ``geometry`` are the encoders, ``fusion`` the projections and the gate that fuse their vectors.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from discovery.errors import WeightsStateError

CHECKPOINTS = ("text", "geometry", "fusion")


def bundled_checkpoint(name: str) -> Path:
    """Folder of a bundled checkpoint.

    Raises:
        WeightsError: When the installation lacks it.
    """
    folder = Path(__file__).parent / name
    if not (folder / "model.safetensors").is_file():
        raise WeightsStateError(
            f"The bundled {name} weights are missing from {folder}.", "Install polyloop again."
        )
    return folder


def file_hash(path: Path) -> str:
    """SHA-256 of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
