"""The answer of ``polyloop pretrain align``."""

from __future__ import annotations

from campaigns.cli.schemas.pretrain import Trained


class Document(Trained):
    """A fusion that is finished; the counts of texts are there with --describe-with."""

    polymers: int
    """That were drawn."""
    not_set_apart: int
    """Of those, how many the encoders may have seen in their own training."""
    described: int | None = None
    """Of those, how many the file of --descriptions describes; only with that option."""
    taken: int | None = None
    """Texts of a model that were taken as they are."""
    flagged: int | None = None
    """Of those, texts with numbers that are on no list."""
    contradicting: int | None = None
    """Rejected: a number is not the calibrated one."""
    silent: int | None = None
    """Rejected: too few of the calibrated numbers are stated."""
    unfinished: int | None = None
    """Rejected: without an end."""
    remarks: list[str] | None = None
    """What is to be said of single texts."""
