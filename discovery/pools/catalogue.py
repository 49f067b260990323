"""A pool on disk: read once, repeats merged, every candidate scored; then walked as often as one likes.

A catalogue is a folder with a Parquet file and a description, found again by the pool's signature. It is there whole or
not at all: it is made under another name and then moved into place.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from discovery.cache import default_cache
from discovery.errors import CandidateCacheError
from discovery.polymers import Monomer
from discovery.pools.catalogue_chunk import CatalogueChunk
from discovery.pools.catalogue_files import FORMAT, SEGMENTS, CatalogueFiles, build, forget, temporary_name
from discovery.pools.merging import Rows, regrouped
from discovery.pools.piece import CHUNK, PiecewisePool, checked_size
from discovery.pools.pool import Pool, UnionPool
from discovery.pools.routed import RoutedPool
from discovery.pools.rules import NOT_MAKEABLE, FilterPool, PoolRules, Selecting
from discovery.pools.segments import Walked, read_segments
from discovery.pools.selection import within_rules
from discovery.pools.signature import chemistry_revision, joint_signature, signature_by_kind
from discovery.progress import Progress, silent


class Catalogue(Selecting):
    """Candidates on disk as a pool; made by :meth:`prepare`, or as a view on another one by :meth:`select`.

    Nothing of it is held in memory but, in a view, the numbers of its rows.
    """

    dropped: Counter[str]
    """What the preparation left out or merged, and what the rules of a view exclude, by reason."""

    signature: str
    """See :attr:`discovery.pools.pool.Pool.signature`."""

    def __init__(
        self,
        files: CatalogueFiles,
        signature: str,
        dropped: Counter[str],
        rows: NDArray[np.int64] | None = None,
    ) -> None:
        self._files = files
        self._rows = rows
        self.signature = signature
        self.dropped = dropped

    @classmethod
    def prepare(
        cls,
        pool: Pool,
        folder: Path | None = None,
        *,
        workers: int = 1,
        progress: Progress = silent,
    ) -> Catalogue:
        """The pool as a catalogue: opened where it was prepared before, else read now.

        Each pool of a union is prepared on its own first, so that one more pool costs what that pool costs, and the merging of
        all. (All monomers are one pool: one monomer more, and every pair is made again.) Two processes may prepare the same
        pool at once. One that was killed goes on from the last ten thousands of candidates, where the pool has a signature;
        without one it is read anew by every call, and kept for as long as the object lives. What nobody has opened for
        sixty days is taken away when something else is prepared.

        Args:
            pool: Candidates, read once.
            folder: Where catalogues lie; by default ``pools`` in the cache folder.
            workers: Processes that read, make and score candidates.
            progress: Told the candidates read.

        Raises:
            PoolError: The pool cannot be read or holds nothing usable, or the folder cannot be written to.
        """
        folder = _cached(folder)
        if isinstance(pool, Catalogue):
            return pool
        if isinstance(pool, FilterPool):
            base = cls.prepare(pool.pool, folder, workers=workers, progress=progress)
            return base.select(pool.rules, workers=workers, progress=progress)
        signature = _signature(pool)
        path = folder / (signature or temporary_name())
        if not CatalogueFiles.lie_in(path):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                forget(folder)
                sources, dropped = _sources(pool, path, workers, progress)
                build(sources, path, signature, dropped)
            except OSError as error:
                # Another process may have finished first, and taken away what both had been working with.
                if not CatalogueFiles.lie_in(path):
                    raise CandidateCacheError(
                        f"The candidates cannot be kept in {folder}: {error}.",
                        "Make room there, or set POLYLOOP_CACHE to another folder.",
                    ) from error
            shutil.rmtree(_segments(path), ignore_errors=True)
        files = CatalogueFiles(path, temporary=not signature)
        return cls(files, signature, Counter(files.dropped))

    @classmethod
    def prepared(cls, pool: Pool, folder: Path | None = None) -> Catalogue | None:
        """The pool as a catalogue where it was prepared before; ``None`` where it was not, and nothing is read or made then.

        Args:
            pool: Candidates.
            folder: As for :meth:`prepare`.
        """
        signature = _signature(pool)
        if not signature or not CatalogueFiles.lie_in(path := _cached(folder) / signature):
            return None
        files = CatalogueFiles(path, temporary=False)
        return cls(files, signature, Counter(files.dropped))

    def __len__(self) -> int:
        return self._files.rows if self._rows is None else len(self._rows)

    def chunks(self, size: int = CHUNK) -> Iterator[CatalogueChunk]:
        """See :meth:`discovery.pools.pool.Pool.chunks`; one row group is in memory at a time."""
        checked_size(size)
        return map(CatalogueChunk, regrouped(self.tables(), size))

    def tables(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """The rows, some ten thousand at a time.

        Args:
            columns: Of :data:`discovery.pools.columns.SCHEMA`; by default all.

        Raises:
            PoolError: The file has gone or is damaged.
        """
        start = 0
        for group in self._files.groups(columns):
            stop = start + group.num_rows
            if self._rows is None:
                yield group
            else:
                low, high = np.searchsorted(self._rows, [start, stop])
                if high > low:
                    yield group.take(self._rows[low:high] - start)
            start = stop

    def select(
        self,
        rules: PoolRules,
        *,
        known: Sequence[Monomer] = (),
        workers: int = 1,
        progress: Progress = silent,
    ) -> Catalogue:
        """The candidates that keep ``rules``, as a view on the same file.

        Which candidates hold an excluded structure is found out once for each element and pattern, and kept beside the
        file. Where ``rules`` ask for what can be made, candidates without provenance that keep the other rules get the
        routes that the reactions allow, which is kept as a catalogue of its own. Another list of polymers does not make
        that anew; another limit, structure or monomer does.

        Args:
            rules: Exclusions and limits.
            known: Monomers whose names routes are told by, and whose routes come first.
            workers: Processes that look for structures and routes.
            progress: Told the candidates looked at.

        Raises:
            PoolError: The catalogue has gone or is damaged.
        """
        if rules == PoolRules():
            return self
        if not rules.makeable or not any(table["route"].null_count for table in self.tables(["route"])):
            rows, dropped = self._within(rules, workers, progress)
            signature = joint_signature("filter", self.signature, rules.signature)
            return Catalogue(self._files, signature, self.dropped + dropped, rows)
        others = replace(rules, makeable=False)
        _, dropped = self._within(others, workers, progress)
        # Retrosynthesis takes longest, so it comes last. Lists of polymers come and go: they are left out of what it hangs on.
        left = self.select(replace(others, keys=frozenset()), workers=workers, progress=progress)
        told = Catalogue.prepare(
            RoutedPool(left, known), self._files.path.parent, workers=workers, progress=progress
        )
        rows, last = told._within(PoolRules(keys=rules.keys, makeable=True), workers, progress)
        dropped[NOT_MAKEABLE] = last[NOT_MAKEABLE]
        signature = joint_signature("filter", told.signature, rules.signature)
        return Catalogue(told._files, signature, self.dropped + dropped, rows)

    def _within(
        self, rules: PoolRules, workers: int, progress: Progress
    ) -> tuple[NDArray[np.int64], Counter[str]]:
        """Rows of the file that keep ``rules``, and how many do not, by reason."""
        return within_rules(
            self._files.groups,
            np.arange(len(self)) if self._rows is None else self._rows,
            self._files.rows,
            rules,
            self._files.path / "looks",
            workers,
            progress,
        )


def _cached(folder: Path | None) -> Path:
    return default_cache() / "pools" if folder is None else folder


def _signature(pool: Pool) -> str:
    """What the catalogue of a pool is found again by; empty where the pool cannot be told from others."""
    return joint_signature("catalogue", str(FORMAT), chemistry_revision(), signature_by_kind(pool))


def _sources(pool: Pool, path: Path, workers: int, progress: Progress) -> tuple[Sequence[Rows], Counter[str]]:
    """What a pool gives, on disk but with repeats, and what it left out."""
    if isinstance(pool, UnionPool):
        parts = [
            Catalogue.prepare(each, path.parent, workers=workers, progress=progress) for each in pool.pools
        ]
        return parts, sum((part.dropped for part in parts), Counter())
    work = pool if isinstance(pool, PiecewisePool) else Walked(pool)
    segments = read_segments(work, _segments(path), workers, progress)
    return [segments], segments.dropped


def _segments(path: Path) -> Path:
    return path.with_name(f"{path.name}{SEGMENTS}")
