"""What a run learns from, under one name: the hash of its corpus, its labels kept on disk, the hash of the run itself."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from discovery.errors import PretrainingError
from discovery.polymers import RepeatUnit
from discovery.pretraining.descriptors import scaled_labels
from discovery.progress import Progress

WITHOUT_EFFECT = ("workers", "save_every")
"""Settings that change how a run is done and not what comes out."""


def corpus_hash(units: Sequence[RepeatUnit]) -> str:
    """Of which polymers a run sees and in which order."""
    return hashlib.sha256("".join(unit.key for unit in units).encode()).hexdigest()


def run_hash(units: Sequence[RepeatUnit], settings: Mapping[str, object]) -> str:
    """Of everything that decides the trained weights."""
    matters = {name: value for name, value in settings.items() if name not in WITHOUT_EFFECT}
    return hashlib.sha256(json.dumps([corpus_hash(units), matters]).encode()).hexdigest()


def kept_labels(
    units: Sequence[RepeatUnit], work: Path, workers: int, progress: Progress
) -> NDArray[np.float32]:
    """Scaled labels ``n x k`` of ``units``; computed once and kept in ``work`` under the hash of the corpus.

    Raises:
        PretrainingError: When what is kept there is damaged.
    """
    path = work / f"labels-{corpus_hash(units)[:16]}.safetensors"
    if path.is_file():
        try:
            labels: NDArray[np.float32] = load_file(path)["labels"].numpy()
        except (OSError, KeyError, SafetensorError) as error:
            raise PretrainingError(
                f"The labels in {path} cannot be read: {error}", "Remove the file; they are computed again."
            ) from error
        return labels
    labels = scaled_labels(units, workers=workers, progress=progress)
    part = path.with_suffix(".part")
    save_file({"labels": torch.from_numpy(labels).contiguous()}, part)
    os.replace(part, path)
    return labels
