"""The shortlist: the best-ranked candidates that the chosen surrogate can see.

A polymer may have no conformer, or an element that the weights never met. The next in rank takes its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from discovery.acquisition.screening import in_words
from discovery.encoders.encoder import EncodingFailure
from discovery.polymers import Candidate
from discovery.progress import Progress
from discovery.surrogate.features import Views
from discovery.surrogate.learning import Learned


@dataclass(frozen=True, eq=False)
class Shortlist:
    """Ranked candidates that the chosen surrogate can see.

    Args:
        candidates: Best first.
        views: Their features, in parts.
        failures: Those that came up before the list was full and could not be encoded.
        full: Whether there are as many as were wanted.
    """

    candidates: tuple[Candidate, ...]
    views: tuple[Views, ...]
    failures: tuple[EncodingFailure, ...]
    full: bool

    @property
    def tried(self) -> int:
        """How many candidates were looked at."""
        return len(self.candidates) + len(self.failures)

    def notes(self) -> list[str]:
        """What the user should know of those that could not be encoded."""
        if not self.failures:
            return []
        replaced = "; the next best took their place" if self.full else ""
        return [
            f"{len(self.failures)} of the {self.tried} best-ranked candidates could not be encoded "
            f"({in_words(self.failures)}){replaced}."
        ]


def shortlist(ranked: Sequence[Candidate], learned: Learned, wanted: int, progress: Progress) -> Shortlist:
    """The first ``wanted`` of the ranked candidates that can be encoded.

    Candidates are encoded in order, and no more than needed: a conformer is dear, and a candidate without one is a fact about
    itself, not about the pool.
    """
    candidates: list[Candidate] = []
    views: list[Views] = []
    failures: list[EncodingFailure] = []
    while len(candidates) < wanted and (start := len(candidates) + len(failures)) < len(ranked):
        part = ranked[start : start + wanted - len(candidates)]
        view = learned.view([c.unit for c in part], progress)
        candidates += [part[i] for i in view.positions]
        failures += view.failures
        if view.positions:
            views.append(view.views)
    return Shortlist(tuple(candidates), tuple(views), tuple(failures), len(candidates) == wanted)
