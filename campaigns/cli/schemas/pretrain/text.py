"""The answer of ``polyloop pretrain text``."""

from __future__ import annotations

from campaigns.cli.schemas.pretrain import Trained


class Document(Trained):
    """A text encoder that is finished."""
