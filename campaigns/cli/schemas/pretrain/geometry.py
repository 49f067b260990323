"""The answer of ``polyloop pretrain geometry``."""

from __future__ import annotations

from campaigns.cli.schemas.pretrain import Trained


class Document(Trained):
    """A geometry encoder that is finished."""
