"""What an audit finds, in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a part of a campaign is."""

    WHOLE = "whole"
    """As it should be."""
    REMARK = "remark"
    """Worth knowing, and nothing to mend."""
    UNREACHED = "not reached"
    """On another machine that does not answer: nothing is known of it, and nothing need be lost."""
    DAMAGED = "damaged"
    """Not what was recorded: something was lost or changed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How one part of a campaign is.

    Args:
        part: Such as ``database``, ``facts``, ``adapters``.
        state: How it is.
        words: What was found.
        way_out: What to do, as a sentence; empty where there is nothing to do.
    """

    part: str
    state: State
    words: str
    way_out: str = ""


@dataclass(frozen=True, slots=True)
class Audit:
    """How a campaign is.

    Args:
        findings: Of every part, in the order in which they were looked at.
    """

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing is damaged, and everything could be looked at."""
        return all(finding.state in (State.WHOLE, State.REMARK) for finding in self.findings)
