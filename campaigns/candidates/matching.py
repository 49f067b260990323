"""How many candidates of a campaign's pool hold a substructure, where that is known without making the pool ready."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from campaigns.candidates.pool import prepared_candidates
from campaigns.errors import SpecError
from campaigns.spec import PoolSpec
from discovery.errors import PoolError

MOST = 20_000
"""Candidates that are looked at: it takes about as many tenths of a millisecond."""


@dataclass(frozen=True, slots=True)
class Matching:
    """What a substructure takes out of a pool.

    Args:
        candidates: That may be proposed without this exclusion.
        matching: Those of them that hold the substructure.
    """

    candidates: int
    matching: int


def matching(spec: PoolSpec, base: Path, smarts: str, excluded: Sequence[str]) -> Matching | None:
    """What a substructure takes out of the pool of a spec.

    Args:
        spec: Sources, exclusions and limits.
        base: Folder that its files are relative to.
        smarts: The substructure.
        excluded: SMARTS that are left out besides those of the spec; with this one or without it.

    Returns:
        ``None`` where it takes more than a moment to tell (the pool was not made ready yet, is large, is searched and not
        enumerated, or is limited to what can be made), and where files of the pool are missing or cannot be read, which is for
        those to tell who choose from it.
    """
    others = tuple(told for told in excluded if told != smarts)
    try:
        found = prepared_candidates(spec, base, MOST)
        if found is None:
            return None
        without, with_it = (found(each) for each in (others, (*others, smarts)))
    except (SpecError, PoolError):
        return None
    return Matching(without, without - with_it)
