"""Which rows of a catalogue keep rules: limits by columns, structures by a look that is taken once and remembered."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from discovery.pools.columns import packed_keys
from discovery.pools.piece import PIECE_SECONDS
from discovery.pools.rules import COST_UNKNOWN, LISTED, NOT_MAKEABLE, PoolRules, excluded
from discovery.pools.structures import HELD, UNKNOWN, Feature, answers
from discovery.progress import Progress
from discovery.workers import ordered_map

LOOKS = 512
"""Polymers in one piece of work: some tenths of a second."""

_KEPT_EVERY = 128  # pieces: a kill costs the looks since then

Groups = Callable[[Sequence[str]], Iterator[pa.Table]]
_Broken = Callable[[pa.Table], Iterator[tuple[str, NDArray[np.bool_]]]]


def within_rules(
    groups: Groups,
    rows: NDArray[np.int64],
    total: int,
    rules: PoolRules,
    folder: Path,
    workers: int,
    progress: Progress,
) -> tuple[NDArray[np.int64], Counter[str]]:
    """The rows that keep rules, and how many do not, by the first rule that each breaks.

    Args:
        groups: Gives columns of all rows of the file, some at a time.
        rows: Which of them are asked about, ascending.
        total: Rows of the file.
        rules: As :meth:`PoolRules.reason` applies them.
        folder: Where looks at structures are remembered.
        workers: Processes that look.
        progress: Told the looks taken.
    """
    dropped: Counter[str] = Counter()
    kept = np.zeros(total, dtype=bool)
    kept[rows] = True
    _exclude(groups, kept, _columns(rules), lambda group: _over_limits(group, rules), dropped)
    if rules.features:
        _exclude_structures(groups, kept, rules.features, folder, dropped, workers, progress)
    if rules.makeable:
        _exclude(groups, kept, ["route"], _without_route, dropped)
    return np.flatnonzero(kept), +dropped


def _exclude(
    groups: Groups, kept: NDArray[np.bool_], columns: Sequence[str], broken: _Broken, dropped: Counter[str]
) -> None:
    """Clears ``kept`` where rows break rules on columns, and counts those rows by reason."""
    start = 0
    for group in groups(columns) if columns else ():
        here = kept[start : start + len(group)]
        for reason, breaks in broken(group):
            dropped[reason] += int((here & breaks).sum())
            here &= ~breaks
        start += len(group)


def _columns(rules: PoolRules) -> list[str]:
    """Those that the limits are on."""
    asked = {
        "key": bool(rules.keys),
        "sa_score": rules.max_sa_score is not None,
        "cost": rules.max_cost is not None,
    }
    return [column for column, wanted in asked.items() if wanted]


def _over_limits(group: pa.Table, rules: PoolRules) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Reason and rows, in the order in which rules are applied."""
    if rules.keys:
        yield LISTED, _mask(pc.is_in(group["key"], value_set=packed_keys(sorted(rules.keys))))
    if rules.max_sa_score is not None:
        yield rules.over_sa_score, _mask(pc.greater(group["sa_score"], rules.max_sa_score))
    if rules.max_cost is not None:
        yield COST_UNKNOWN, _mask(pc.is_null(group["cost"]))
        yield rules.over_cost, _mask(pc.greater(group["cost"], rules.max_cost))


def _without_route(group: pa.Table) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    yield NOT_MAKEABLE, _mask(pc.is_null(group["route"]))


def _mask(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(column, False).to_numpy(), dtype=bool)


@dataclass(frozen=True, slots=True)
class _Looks:
    """Polymers to look at, and what for."""

    rows: NDArray[np.int64]
    texts: tuple[str, ...]
    features: tuple[Feature, ...]


def _look(looks: _Looks) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """The rows, and ``n x features`` answers."""
    found = [answers(text, looks.features) for text in looks.texts]
    return looks.rows, np.array(found, np.int8).reshape(len(found), len(looks.features))


def _exclude_structures(
    groups: Groups,
    kept: NDArray[np.bool_],
    features: tuple[Feature, ...],
    folder: Path,
    dropped: Counter[str],
    workers: int,
    progress: Progress,
) -> None:
    """Clears ``kept`` where a row holds one of ``features``, and counts those rows by the first that they hold."""
    memory = [_Memory.of(feature, folder, len(kept)) for feature in features]
    # A row is settled when nothing stands before the first feature that it holds but those that it does not.
    open_ = kept.copy()
    unsettled = np.zeros(len(kept), dtype=bool)
    for each in memory:
        unsettled |= open_ & (each.answers == UNKNOWN)
        open_ &= each.answers != HELD
    total, seen = int(unsettled.sum()), 0
    pieces = ordered_map(
        _look, _looks(groups, unsettled, features), workers if total > LOOKS else 1, seconds=PIECE_SECONDS
    )
    for number, (rows, found) in enumerate(pieces, 1):
        for each, column in zip(memory, found.T, strict=True):
            each.take_in(rows, column)
        seen += len(rows)
        progress(seen, total, "structures looked at")
        if not number % _KEPT_EVERY:
            for each in memory:
                each.keep()
    for each in memory:
        if total:
            each.keep()
        holds = kept & (each.answers == HELD)
        dropped[excluded(each.feature)] += int(holds.sum())
        kept &= ~holds


def _looks(groups: Groups, wanted: NDArray[np.bool_], features: tuple[Feature, ...]) -> Iterator[_Looks]:
    start = 0
    for group in groups(["psmiles"]) if wanted.any() else ():
        places = np.flatnonzero(wanted[start : start + len(group)])
        for first in range(0, len(places), LOOKS):
            part = places[first : first + LOOKS]
            yield _Looks(part + start, tuple(group["psmiles"].take(part).to_pylist()), features)
        start += len(group)


@dataclass(frozen=True, slots=True)
class _Memory:
    """What is known of one feature for every row of a catalogue, in a file of one byte a row."""

    feature: Feature
    path: Path
    answers: NDArray[np.int8]

    @classmethod
    def of(cls, feature: Feature, folder: Path, rows: int) -> _Memory:
        """What is remembered, or that nothing is."""
        path = folder / f"{feature.digest}.npy"
        known = np.load(path, allow_pickle=False) if path.exists() else np.full(rows, UNKNOWN, np.int8)
        return cls(feature, path, known)

    def take_in(self, rows: NDArray[np.int64], found: NDArray[np.int8]) -> None:
        """Adds answers; what was known stays where nothing was found out."""
        told = found != UNKNOWN
        self.answers[rows[told]] = found[told]

    def keep(self) -> None:
        """Writes the file, whole or not at all; of two processes the last one counts."""
        self.path.parent.mkdir(exist_ok=True)
        temporary = self.path.with_name(f"{self.path.stem}-{uuid.uuid4().hex}.partial")
        with temporary.open("wb") as file:
            np.save(file, self.answers, allow_pickle=False)
        temporary.replace(self.path)
