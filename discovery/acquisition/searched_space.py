"""Candidates of monomers that make too many polymers to enumerate, as a stream that the screen can read like any pool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from discovery.acquisition.monomer_search import Space, search
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.screening import OPTIMISM, screening_beliefs
from discovery.polymers import Candidate
from discovery.progress import Progress, silent

SPREAD = 2_000
"""Polymers that are built, evenly over the monomers, where there is no model to search by."""


def _all_kept(candidate: Candidate) -> str:
    return ""


@dataclass(frozen=True, eq=False)
class SearchedSpace:
    """Monomers to be searched.

    Args:
        space: Their pairs, none of them built.
        looks: Polymers to build and screen.
        fault: Why a polymer may not be proposed; empty where it may.
    """

    space: Space
    looks: int
    fault: Callable[[Candidate], str] = _all_kept

    def note(self, found: int) -> str:
        """What the user should know of a search that found so many polymers."""
        if found < min(self.looks, self.space.size):
            return f"Of {self.space.size:,} pairs of monomers, {found:,} gave a polymer that may be proposed."
        return (
            f"The monomers make up to {self.space.size:,} polymers, too many to build them all: the {found:,} that the "
            "search found most promising were built and screened."
        )

    def chunks(
        self,
        pursuit: Pursuit | None,
        *,
        taken: Container[str],
        left_out: Counter[str],
        seed: int,
        progress: Progress = silent,
    ) -> Iterator[Sequence[Candidate]]:
        """What the search looks at, step by step, less what may not be proposed.

        The optimistic merit by the screening surrogates is what is searched for, and what constraints are likely to forbid stands
        behind; without a surrogate the looks are spread evenly.

        Args:
            pursuit: The surrogates and what is gone after; ``None`` where nothing is learned.
            taken: Keys of polymers that are measured, pending or closed.
            left_out: Filled with what was left out, by reason.
            seed: Same inputs and seed, same polymers.
            progress: Told of every step.
        """
        faults: list[str] = []  # of the step that is scored: each takes a look at the structure

        def score(candidates: Sequence[Candidate]) -> NDArray[np.float64]:
            values = np.full(len(candidates), np.nan)
            faults[:] = map(self.fault, candidates)
            rows = [i for i, fault in enumerate(faults) if not fault]
            if pursuit is None:
                values[rows] = 0.0
                return values
            seen = screening_beliefs(pursuit.models, [candidates[i].unit for i in rows])
            if seen.positions:
                merit = pursuit.aim.merit(seen.beliefs)
                hoped = pursuit.aim.standing(
                    merit.mean + OPTIMISM * merit.sigma, pursuit.aim.log_allowed(seen.beliefs)
                )
                values[[rows[i] for i in seen.positions]] = hoped.numpy()
            return values

        budget = min(self.looks, SPREAD) if pursuit is None else self.looks
        for looked in search(
            self.space, score, budget=budget, seed=seed, skip=taken, dropped=left_out, progress=progress
        ):
            left_out.update(fault for fault in faults if fault)
            kept = [c for c, fault in zip(looked.candidates, faults, strict=True) if not fault]
            if kept:
                yield kept
