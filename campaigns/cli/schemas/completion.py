"""The answer of ``polyloop completion``."""

from __future__ import annotations

from typing import Literal

from campaigns.cli.schemas import JsonObject


class Document(JsonObject):
    """A script for a shell."""

    shell: Literal["bash", "zsh", "fish"]
    """That reads it."""
    script: str
    """What it reads."""
