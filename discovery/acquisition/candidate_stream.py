"""All candidates of a round as one stream, less those that may not be proposed, and counted on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from discovery.acquisition.fixed_columns import FixedColumns
from discovery.acquisition.objectives import Goal
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.searched_space import SearchedSpace
from discovery.polymers import Candidate
from discovery.pools import Pool
from discovery.pools.chunk import keys_of, take
from discovery.progress import Progress


class CandidateStream:
    """A pool and what is found in a searched space, without what is taken and what a fixed column forbids.

    Args:
        pool: Streamed first; ``None`` where all candidates are searched for.
        searched: Monomers that make too many polymers to enumerate; ``None`` where there are none.
        goal: Its constraints on fixed columns are kept.
        taken: Keys of polymers that are measured, pending or closed.
        progress: Told of every chunk.
    """

    def __init__(
        self,
        pool: Pool | None,
        searched: SearchedSpace | None,
        goal: Goal,
        taken: frozenset[str],
        progress: Progress,
    ) -> None:
        self.left_out: Counter[str] = Counter()
        self.seen = 0
        self._fixed = FixedColumns(goal, self.left_out)
        self._pool, self._searched, self._taken, self._progress = pool, searched, taken, progress
        self._skipped = self._found = 0

    @property
    def fulfilled(self) -> tuple[str, ...]:
        """The constraints that every candidate of the stream fulfils."""
        return tuple(constraint.label for constraint in self._fixed.constraints)

    @property
    def unscored(self) -> int:
        """Candidates that were seen and may not be proposed."""
        return self._skipped + self._fixed.dropped

    def chunks(self, pursuit: Pursuit | None, seed: int) -> Iterator[Sequence[Candidate]]:
        """What may be proposed; what is searched for is looked for by the surrogates of ``pursuit``, where there are any."""
        yield from self._fixed.kept(self._of_the_pool())
        if self._searched is None:
            return
        searched = self._searched
        allowed = replace(searched, fault=lambda c: searched.fault(c) or self._fixed.fault(c))
        for chunk in allowed.chunks(
            pursuit, taken=self._taken, left_out=self.left_out, seed=seed, progress=self._progress
        ):
            self.seen += len(chunk)
            self._found += len(chunk)
            yield chunk

    def notes(self) -> list[str]:
        """What the user should know of a search."""
        return [] if self._searched is None else [self._searched.note(self._found)]

    def reasons(self) -> dict[str, int]:
        """How many were left out, by reason; what the pool could not make among them."""
        dropped = Counter(self._pool.dropped if self._pool is not None else ())
        return {reason: n for reason, n in (self.left_out + dropped).items() if n}

    def _of_the_pool(self) -> Iterator[Sequence[Candidate]]:
        for chunk in self._pool.chunks() if self._pool is not None else ():
            rows = [i for i, key in enumerate(keys_of(chunk)) if key not in self._taken]
            fresh = chunk if len(rows) == len(chunk) else take(chunk, rows)
            self.seen += len(chunk)
            self._skipped += len(chunk) - len(fresh)
            self.left_out["measured, pending, abandoned or withdrawn"] += len(chunk) - len(fresh)
            self._progress(self.seen, None, "candidates of the pool")
            if fresh:
                yield fresh
