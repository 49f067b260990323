"""The answer of ``polyloop pretrain describe``."""

from __future__ import annotations

from campaigns.cli.schemas import JsonObject


class Account(JsonObject):
    """What came of the texts of a model; all 0 where descriptions are by template."""

    taken: int
    """Texts that were taken as they are."""
    flagged: int
    """Of those, texts with numbers that are on no list."""
    contradicting: int
    """Rejected: a number is not the calibrated one."""
    silent: int
    """Rejected: too few of the calibrated numbers are stated."""
    unfinished: int
    """Rejected: without an end."""
    remarks: list[str]
    """What is to be said of single texts."""


class Document(Account):
    """Descriptions that were written."""

    out: str
    """The Parquet file."""
    descriptions: int
    """In it."""
