"""Append-only tables in shards: how vectors and conformers are kept between runs.

A table is one folder of shards, each written whole under a temporary name and then moved into place: a kill at any moment
leaves the table as it was, and several processes may append at once. Every row has a ``key``; where two processes wrote the
same key, the shard that sorts first counts. Only keys are held in memory (24 bytes each); rows are read when asked for.

Many small shards are merged into one that says whose place it takes. It is in its place before they are removed, and it holds
just those of their rows that count. A reader that finds a shard gone looks at the folder again, some forty times in a second;
where shards go away faster than that, it says so in an error. Of two processes that merge the same shards at once, the slower
one leaves it at that, or makes rows twice, which changes nothing. A merge that fails leaves the table as it was.

A shard that is not what was written is set aside under another name, with a warning that names it, and its rows are no longer in
the table: whoever asked for one is told by :class:`DamagedShardError`, and makes it again.
"""

from __future__ import annotations

import contextlib
import os
import random
import time
import uuid
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from discovery.encoders.keys import UNKNOWN, KeyIndex, packed
from discovery.errors import CacheError, EncodingError

ROW_BITS = 32
"""A place packs the number of a shard and, in so many bits, that of a row into one integer."""
_ROW = (1 << ROW_BITS) - 1

SMALL = 64 * 2**20
"""Bytes under which a shard is merged with its neighbours: so much is copied in a tenth of a second."""

MANY = 32
"""Small shards in a row that are merged: each costs every start the opening of a file."""

FORGOTTEN = 3600.0
"""Seconds after which a half-written shard belongs to a process that was killed."""

REPLACES = "replaces"
"""Under this name a merged shard lists those whose place it takes."""

DAMAGED = ".damaged"
"""Suffix of a shard that was set aside."""

_LOOKS = 40  # at the folder, for a row whose shard was merged while it was looked for
_PAUSE = 0.05  # seconds, at most, between two of them: by chance, so that processes do not keep step

T = TypeVar("T")


class DamagedShardWarning(UserWarning):
    """A shard was damaged: what it held is computed again."""


class DamagedShardError(CacheError):
    """A shard was found to be damaged while its rows were read. It is set aside, and the rows are to be made again."""


def _wait() -> None:
    time.sleep(random.uniform(0, _PAUSE))


class KeyedShards(ABC):
    """Rows under unique keys, in the shards of one folder; what a row is and how a shard looks is said by a child.

    Args:
        folder: Where the shards lie; made when the first row is appended.
        suffix: Of the shards' names.
    """

    def __init__(self, folder: Path, suffix: str) -> None:
        self.folder = folder
        self.suffix = suffix
        self._shards: list[Path] = []
        self._sizes: list[int] = []
        self._seen: set[str] = set()
        self._index = KeyIndex()
        self.refresh()

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, key: str) -> bool:
        return bool(self.known(packed([key]))[0])

    def known(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which of ``n x 2`` keys (:func:`discovery.encoders.keys.packed`) have a row."""
        known: NDArray[np.bool_] = self._index.find(keys) != UNKNOWN
        return known

    def refresh(self) -> None:
        """Take in what changed in the folder since the last look, by this process or another.

        Raises:
            EncodingError: When a shard is damaged.
        """
        looks = 0
        while looks < _LOOKS:
            names = self._listed()
            if self._seen - names:
                self._forget()
            try:
                self._take_in([self.folder / name for name in sorted(names - self._seen)])
            except FileNotFoundError:
                _wait()  # merged into another between the two looks
                looks += 1
            except DamagedShardError:
                pass  # one shard less to look at
            else:
                return
        raise self._busy()

    def _listed(self) -> set[str]:
        try:
            with os.scandir(self.folder) as entries:
                return {entry.name for entry in entries if entry.name.endswith(self.suffix)}
        except (
            FileNotFoundError,
            NotADirectoryError,
        ):  # nothing was written yet; whoever writes is told what is wrong
            return set()

    def _forget(self) -> None:
        self._shards, self._sizes, self._seen, self._index = [], [], set(), KeyIndex()

    def _take_in(self, paths: Sequence[Path]) -> None:
        opened = []
        for path in paths:
            try:
                opened.append((path, path.stat().st_size, self._opened(path)))
            except FileNotFoundError:
                raise
            except (
                OSError,
                ValueError,
                LookupError,
                TypeError,
            ) as error:  # pyarrow's errors are children of these
                raise self._fault(path, error) from error
        keys, places = [], []
        for path, size, shard_keys in opened:
            self._seen.add(path.name)
            keys.append(shard_keys)
            places.append(np.arange(len(shard_keys), dtype=np.int64) | len(self._shards) << ROW_BITS)
            self._shards.append(path)
            self._sizes.append(size)
        if keys:
            self._index.add(np.concatenate(keys), np.concatenate(places))

    def _fault(self, path: Path, why: Exception) -> CacheError:
        """What to raise for a shard that cannot be read; one whose content is not what it should be is set aside before."""
        # errors of the operating system have a number, and say nothing of the content; pyarrow's have none
        if isinstance(why, OSError) and why.errno is not None:
            return self._damaged(path, why)
        aside = path.with_suffix(DAMAGED)
        try:
            path.replace(aside)
        except FileNotFoundError:
            pass  # another process has set it aside
        except OSError:
            return self._damaged(path, why)  # the folder may only be read
        self._forget()
        told = f"The cached shard {path} is damaged: {str(why).rstrip('.')}."
        done = f"It is set aside as {aside.name}, and what it held is computed again when it is needed."
        warnings.warn(f"{told} {done}", DamagedShardWarning, stacklevel=2)
        return DamagedShardError(told, done)

    def _damaged(self, path: Path, why: object) -> CacheError:
        return CacheError(
            f"The cached shard {path} has gone or is damaged: {why}.",
            f"Delete the folder {self.folder}; what it held is computed again.",
        )

    def _busy(self) -> CacheError:
        return CacheError(
            f"The shards in {self.folder} were moved by other processes whenever they were looked for.",
            "Try again when fewer processes write there at once.",
        )

    def _append(self, write: Callable[[BinaryIO], None]) -> None:
        # Sorted by name means sorted by time, which makes the first writer of a key the one that counts.
        try:
            path = self._placed(f"{time.time_ns():020d}", write)
        except OSError as error:
            raise CacheError(
                f"The cache folder {self.folder} cannot be written to: {error}.",
                "Make room there, or set POLYLOOP_CACHE to another folder.",
            ) from error
        try:
            self._take_in([path])
        except FileNotFoundError:
            self.refresh()  # another process has merged it already
        if len(self._small_tail()) >= MANY:
            # Every process must agree on which of two rows counts, so the order is that of the names, not of what was seen first.
            self._forget()
            self.refresh()
        tail = self._small_tail()
        if len(tail) >= MANY:  # still: those that others have merged already are gone from it now
            # The rows are written, so whatever hinders a merge is no fault of this call: another process was faster and took
            # the shards away, there is no room for a copy, or a shard is damaged, which is told to whoever asks for its rows.
            with contextlib.suppress(OSError, EncodingError):
                self._merge_all(tail)
            self.refresh()

    def _placed(self, moment: str, write: Callable[[BinaryIO], None]) -> Path:
        """Write a shard, all or nothing.

        Raises:
            OSError: When the folder cannot be written to, or ``write`` cannot read what it copies.
        """
        path = self.folder / f"{moment}-{uuid.uuid4().hex[:12]}{self.suffix}"
        temporary = path.with_suffix(".partial")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):  # where nothing can be written, nothing can be left behind
                temporary.unlink(missing_ok=True)
            raise
        return path

    def _small_tail(self) -> list[int]:
        """The small shards after the last large one, in the order of their names."""
        order = sorted(range(len(self._shards)), key=lambda shard: self._shards[shard].name)
        tail: list[int] = []
        for shard in reversed(order):
            if self._sizes[shard] >= SMALL:
                break
            tail.insert(0, shard)
        return tail

    def _merge_all(self, shards: Sequence[int]) -> None:
        """Put shards that are neighbours by name into one, and remove them and what was left over of earlier merges.

        Raises:
            OSError: When there is no room, or another process has taken a shard away.
            EncodingError: When a shard is damaged.
        """
        counting = self._index.places()
        owner = counting >> ROW_BITS
        sources = [(shard, np.sort(counting[owner == shard] & _ROW)) for shard in shards]
        replaced = [self._shards[shard].name for shard in shards]
        moment = replaced[0].split("-")[0]
        path = self._placed(moment, lambda file: self._merge(sources, replaced, file))
        for name in {*replaced, *self._leftovers(path)}:
            # open in another program, as Windows has it: left for the next merge
            with contextlib.suppress(OSError):
                (self.folder / name).unlink(missing_ok=True)

    def _leftovers(self, merged: Path) -> set[str]:
        """What merges that were killed left behind: shards replaced by another, and half-written ones."""
        gone = {name for path in self._shards for name in self._replaced_by(path)}
        old = time.time() - FORGOTTEN
        halves = set()
        for half in self.folder.glob("*.partial"):
            with contextlib.suppress(FileNotFoundError):  # it has just become a shard
                if half.stat().st_mtime < old:
                    halves.add(half.name)
        return (gone | halves) - {merged.name}

    def _found(self, keys: NDArray[np.uint64], read: Callable[[NDArray[np.int64]], T]) -> T:
        """What ``read`` makes of the places of ``n`` keys; looked up anew where a shard was merged meanwhile.

        Raises:
            KeyError: When a key has no row.
            DamagedShardError: When a shard was damaged; its rows are no longer in the table.
            CacheError: When a shard cannot be read.
        """
        for _ in range(_LOOKS):
            places = self._index.find(keys)
            if (places == UNKNOWN).any():
                raise KeyError("a key has no row")
            try:
                return read(places)
            except DamagedShardError:
                self.refresh()
                raise
            except FileNotFoundError as error:
                self.refresh()
                if not self.known(keys).all():
                    raise self._damaged(self.folder, error) from error
                _wait()
        raise self._busy()

    def _by_shard(self, places: NDArray[np.int64]) -> list[tuple[int, NDArray[np.int64]]]:
        """Ascending places as shards with the rows that are wanted of each."""
        owner = places >> ROW_BITS
        starts = np.flatnonzero(np.diff(owner, prepend=-1))
        parts = np.split(places & _ROW, starts[1:])
        return list(zip(owner[starts].tolist(), parts, strict=True)) if len(places) else []

    @abstractmethod
    def _opened(self, path: Path) -> NDArray[np.uint64]:
        """The ``n x 2`` keys of a shard, in the order of its rows; what is needed to read it is remembered."""

    @abstractmethod
    def _replaced_by(self, path: Path) -> Sequence[str]:
        """Names of the shards that a shard takes the place of."""

    @abstractmethod
    def _merge(
        self, sources: Sequence[tuple[int, NDArray[np.int64]]], replaced: Sequence[str], file: BinaryIO
    ) -> None:
        """Write the given rows of shards (number, ascending rows) as one shard that names those it replaces."""
