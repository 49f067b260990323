"""The name of an encoder or of a fusion: a word that polyloop knows, a model on a hub, or a folder."""

from __future__ import annotations

from pathlib import Path

BUNDLED = "bundled"
UNTRAINED = "untrained"


def is_path(source: str) -> bool:
    """Whether a source can only be a folder, there or not: no model on a hub is written ``./model``, ``~/model`` or ``a/b/c``."""
    return source.startswith((".", "~")) or Path(source).is_absolute() or source.count("/") > 1


def located(source: str, base: Path) -> str:
    """The whole path of a source that is a folder under ``base``; any other source as it is."""
    word = source in (BUNDLED, UNTRAINED) or source.startswith("unimolv")  # the released Uni-Mol by version
    path = base / Path(source).expanduser()
    if word or not path.is_dir():
        return source
    return str(path.resolve())
