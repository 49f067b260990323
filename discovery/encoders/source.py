"""The name of an encoder or of a fusion: a word that polyloop knows, a model on a hub, or a folder."""

from __future__ import annotations

from pathlib import Path

BUNDLED = "bundled"
UNTRAINED = "untrained"


def located(source: str, base: Path) -> str:
    """The whole path of a source that is a folder under ``base``; any other source as it is."""
    word = source in (BUNDLED, UNTRAINED) or source.startswith("unimolv")  # the released Uni-Mol by version
    if word or not (base / source).is_dir():
        return source
    return str((base / source).resolve())
