"""Where everything lies that can be computed again: vectors, conformers, prepared pools."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path


def default_cache() -> Path:
    """Folder of everything that can be computed again: ``$POLYLOOP_CACHE``, else the user's cache folder."""
    folder = os.environ.get("POLYLOOP_CACHE")
    return Path(folder).expanduser() if folder else user_cache_path("polyloop", appauthor=False)
