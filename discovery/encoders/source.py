"""The name of an encoder or of a fusion: a word that polyloop knows, a model on a hub, or a folder."""

from __future__ import annotations

import os
from pathlib import Path

BUNDLED = "bundled"
UNTRAINED = "untrained"


def no_folder(source: str) -> str:
    """That a source is no folder, and where it was looked for, as the beginning of a sentence."""
    where = (
        "" if Path(source).is_absolute() else " (beside campaign.toml; without one, where the command runs)"
    )
    return f"There is no folder {source!r}{where}"


def expanded(source: str) -> Path:
    """A path with the folder of a user for ``~``; where nobody is called so it stays as it is, as in a shell."""
    return Path(os.path.expanduser(source))  # Path's own expanduser raises there


def is_path(source: str) -> bool:
    """Whether a source can only be a folder, there or not: no model on a hub is written ``./model``, ``~/model`` or ``a/b/c``."""
    return source.startswith((".", "~")) or Path(source).is_absolute() or source.count("/") > 1


def located(source: str, base: Path) -> str:
    """The whole path of a source that is a folder under ``base``, or can only be one; any other source as it is."""
    path = base / expanded(source)
    if _is_word(source) or not (path.is_dir() or is_path(source)):
        return source
    return str(path.resolve())


def located_folder(source: str, base: Path) -> str:
    """As :func:`located`, for what no hub has: whatever is no word is a folder, there or not."""
    return source if _is_word(source) else str((base / expanded(source)).resolve())


def _is_word(source: str) -> bool:
    return source in (BUNDLED, UNTRAINED) or source.startswith("unimolv")  # the released Uni-Mol by version
