"""All candidates of a round as one stream, less those that may not be proposed again, and counted on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from discovery.polymers import Candidate
from discovery.pools import Pool
from discovery.pools.chunk import keys_of, take
from discovery.progress import Progress


class CandidateStream:
    """The pool without what is measured, pending or excluded; counts what it gave and what it left out."""

    def __init__(
        self, pool: Pool | None, taken: set[str], left_out: Counter[str], progress: Progress
    ) -> None:
        self._pool, self._taken, self._left_out, self._progress = pool, taken, left_out, progress
        self.seen = self.taken = self.found = 0

    def counted(self, chunks: Iterator[Sequence[Candidate]]) -> Iterator[Sequence[Candidate]]:
        """What a search found, which has none of those left out already."""
        for chunk in chunks:
            self.seen += len(chunk)
            self.found += len(chunk)
            yield chunk

    def chunks(self) -> Iterator[Sequence[Candidate]]:
        """What of the pool may be proposed."""
        for chunk in self._pool.chunks() if self._pool is not None else ():
            rows = [i for i, key in enumerate(keys_of(chunk)) if key not in self._taken]
            fresh = chunk if len(rows) == len(chunk) else take(chunk, rows)
            self.seen += len(chunk)
            self.taken += len(chunk) - len(fresh)
            self._left_out["measured, pending, abandoned or withdrawn"] += len(chunk) - len(fresh)
            self._progress(self.seen, None, "candidates of the pool")
            if fresh:
                yield fresh
