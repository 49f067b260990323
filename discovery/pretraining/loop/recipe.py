"""What decides the weights of a run beside its polymers and labels."""

from __future__ import annotations

import hashlib
import inspect
from dataclasses import asdict
from types import ModuleType
from typing import TYPE_CHECKING

from discovery.pretraining.labels import Labels
from discovery.pretraining.loop import batches, losses, run

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def recipe_revision(*modules: ModuleType) -> str:
    """Changes with the source of the training loop and of the given modules: networks, losses, batches."""
    digest = hashlib.sha256()
    for module in (run, batches, losses, *modules):
        digest.update(inspect.getsource(module).encode())
    return digest.hexdigest()[:16]


def decisive(
    settings: DataclassInstance, labels: Labels, *modules: ModuleType, **more: object
) -> dict[str, object]:
    """Settings of a run with all else that its hash is made of (:func:`discovery.pretraining.labels.run_hash`).

    Args:
        settings: Of the run.
        labels: The scale of every label hangs on the whole corpus, whichever polymers are drawn from it.
        modules: Whose source decides the weights.
        more: What else does, as JSON values.
    """
    scaled_over = {"labels of the corpus": labels.corpus}
    return asdict(settings) | scaled_over | {"recipe": recipe_revision(*modules)} | more
