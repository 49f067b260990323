"""The shortlist: the best-ranked candidates that the chosen surrogates can see.

A polymer may have no conformer, or an element that the weights never met. The next in rank takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from discovery.acquisition.screening import in_words
from discovery.encoders.encoder import EncodingFailure
from discovery.polymers import Candidate
from discovery.progress import Progress
from discovery.surrogate.features import Features, Views
from discovery.surrogate.learned import Learned


@dataclass(frozen=True, eq=False)
class Shortlist:
    """Ranked candidates that the chosen surrogates can see.

    Args:
        candidates: Best first.
        views: Their features, in parts, for the surrogate of each property.
        failures: Those that came up before the list was full and could not be encoded.
        full: Whether there are as many as were wanted.
    """

    candidates: tuple[Candidate, ...]
    views: Mapping[str, tuple[Views, ...]]
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


def shortlist(
    ranked: Sequence[Candidate], models: Mapping[str, Learned], wanted: int, progress: Progress
) -> Shortlist:
    """The first ``wanted`` of the ranked candidates that the surrogates of all properties can see.

    Candidates are encoded in order, and no more than needed: a conformer is dear, and a candidate without one is a fact about
    itself, not about the pool.
    """
    candidates: list[Candidate] = []
    parts: dict[str, list[Views]] = {name: [] for name in models}
    failures: list[EncodingFailure] = []
    while len(candidates) < wanted and (start := len(candidates) + len(failures)) < len(ranked):
        part = ranked[start : start + wanted - len(candidates)]
        seen = {name: learned.view([c.unit for c in part], progress) for name, learned in models.items()}
        first_reason: dict[str, EncodingFailure] = {}
        for view in seen.values():
            for failure in view.failures:
                first_reason.setdefault(failure.unit.key, failure)
        shared = [i for i, c in enumerate(part) if c.unit.key not in first_reason]
        candidates += [part[i] for i in shared]
        failures += first_reason.values()
        if not shared:
            continue
        for name, view in seen.items():
            row = {place: i for i, place in enumerate(view.positions)}
            parts[name].append(rows_of(view.views, [row[place] for place in shared]))
    views = {name: tuple(each) for name, each in parts.items()}
    return Shortlist(tuple(candidates), views, tuple(failures), len(candidates) == wanted)


def rows_of(views: Views, rows: Sequence[int]) -> Views:
    """The chosen rows of features in whichever form a surrogate wants them."""
    if isinstance(views, Features):
        return views if list(rows) == list(range(len(views))) else views[rows]
    return [one if list(rows) == list(range(len(one))) else one[rows] for one in views]
