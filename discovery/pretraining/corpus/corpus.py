"""The corpus that the bundled encoders learn from: repeat units made by polymerisation rules and by chain templates.

Left alone, rules make almost nothing but vinyl copolymers, so each source of :mod:`.recipes` has a share. Monomers and
pieces of chains are drawn from :mod:`.pendants` and :mod:`.linkers`; the class of a unit is decided by its finished structure
(:mod:`.chain_classes`), and whole families are held out (:mod:`.families`).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from math import ceil
from pathlib import Path
from sys import intern

import pyarrow as pa
import pyarrow.parquet as pq

from discovery.errors import PolymerError, PretrainingError
from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.families import choose_held_out, family
from discovery.pretraining.corpus.recipes import RECIPES, Drawn, Job, work
from discovery.progress import Progress, silent
from discovery.workers import ordered_map

TRIES_PER_JOB = 256
"""Units that one job of a process tries to make: about a third of a second."""

ROUNDS = 12
"""Rounds in which sources that gave fewer new units than hoped for are asked again."""

CHECKED = 200
"""Units of a file that are read in full, to see that they are written as this version writes them."""

_COLUMNS = ("psmiles", "key", "class", "family", "source", "held_out")
_TOLD = 5000

EXHAUSTED = 0.02
"""A source of whose tries fewer than this share gave a new unit is not asked again."""


@dataclass(frozen=True, slots=True)
class CorpusEntry:
    """A repeat unit of the corpus and what it stands for."""

    unit: RepeatUnit
    polymer_class: str
    """By structure, see :func:`discovery.pretraining.corpus.chain_classes.polymer_class`."""
    family: str = ""
    """Class and core, such as ``imide: 6FDA``."""
    source: str = ""
    """``rule`` or ``template``."""
    held_out: bool = False
    """Not to be trained on: its whole family serves to test."""


@dataclass(slots=True)
class _Tally:
    """What a source gave so far."""

    wanted: int
    taken: int = 0
    tried: int = 0
    jobs: int = 0
    exhausted: bool = False


def generate(size: int, *, seed: int, workers: int = 1, progress: Progress = silent) -> Iterator[CorpusEntry]:
    """Make ``size`` distinct repeat units, in random order, or as many as the sources hold.

    What is made depends on ``size`` and ``seed`` only: every job has random numbers of its own, and its results are taken in
    the order of the jobs.

    Args:
        size: Units asked for.
        seed: Of the drawing, and of the choice of the families that are held out.
        workers: Processes.
        progress: Told of every unit.

    Raises:
        PretrainingError: When ``size`` is not positive.
        WorkersError: The processes cannot start.
    """
    if size < 1:
        raise PretrainingError(f"A corpus of {size} polymers cannot be made.", "Ask for at least one.")
    drawn = _drawn(size, seed, workers, progress)
    classes = [each.polymer_class for each, _ in drawn]
    held_out = choose_held_out(classes, [each.cores for each, _ in drawn], seed)
    random.Random(f"{seed} order").shuffle(drawn)
    for each, source in drawn:
        name, held = family(each.polymer_class, each.cores, held_out)
        unit = RepeatUnit(each.psmiles, each.key)
        yield CorpusEntry(unit, intern(each.polymer_class), intern(name), source, held)


def _drawn(size: int, seed: int, workers: int, progress: Progress) -> list[tuple[Drawn, str]]:
    """Distinct units with their source, from all recipes to their shares."""
    whole = sum(recipe.share for recipe in RECIPES)
    tallies = [_Tally(max(1, round(size * recipe.share / whole))) for recipe in RECIPES]
    seen: set[bytes] = set()
    found: list[tuple[Drawn, str]] = []
    for round_number in range(ROUNDS):
        if round_number:
            _share_out_what_is_missing(size - len(found), tallies)
        jobs = [job for number, tally in enumerate(tallies) for job in _jobs(number, tally, seed)]
        if not jobs:
            break
        before = [tally.taken for tally in tallies]
        with closing(ordered_map(work, jobs, workers)) as results:
            for job, made in zip(jobs, results, strict=True):
                tally = tallies[job.recipe]
                tally.tried += job.tries
                for each in made:
                    key = bytes.fromhex(each.key)
                    if key not in seen and tally.taken < tally.wanted and len(found) < size:
                        seen.add(key)
                        tally.taken += 1
                        found.append((each, RECIPES[job.recipe].source))
                        progress(len(found), size, "polymers of the corpus")
                if len(found) == size:
                    return found
        _mark_exhausted(tallies, before, jobs)
    return found


def _jobs(number: int, tally: _Tally, seed: int) -> Iterator[Job]:
    """As many tries as should give what a source still lacks, judged by what its tries gave so far."""
    missing = tally.wanted - tally.taken
    if missing <= 0 or tally.exhausted:
        return
    rate = max(tally.taken / tally.tried, 0.05) if tally.tried else 0.8
    tries = round(missing / rate * 1.05) + 2
    while tries > 0:
        yield Job(number, tally.jobs, min(tries, TRIES_PER_JOB), seed)
        tally.jobs += 1
        tries -= TRIES_PER_JOB


def _mark_exhausted(tallies: Sequence[_Tally], before: Sequence[int], jobs: Sequence[Job]) -> None:
    for number, tally in enumerate(tallies):
        tries = sum(job.tries for job in jobs if job.recipe == number)
        if tries and tally.taken < tally.wanted and tally.taken - before[number] < EXHAUSTED * tries:
            tally.exhausted = True


def _share_out_what_is_missing(missing: int, tallies: Sequence[_Tally]) -> None:
    """Asks the sources that are not exhausted for what the others could not give."""
    lacking = sum(tally.wanted - tally.taken for tally in tallies if not tally.exhausted)
    extra = missing - lacking
    open_ones = [number for number, tally in enumerate(tallies) if not tally.exhausted]
    whole = sum(RECIPES[number].share for number in open_ones)
    if extra > 0 and whole:
        for number in open_ones:
            tallies[number].wanted += ceil(extra * RECIPES[number].share / whole)


def write_corpus(path: Path, entries: Sequence[CorpusEntry]) -> Counter[str]:
    """Write a corpus to Parquet and count its classes.

    Columns: psmiles, key, class, family, source, held_out. The file is there whole or not at all.
    """
    columns = {
        "psmiles": [entry.unit.psmiles for entry in entries],
        "key": [entry.unit.key for entry in entries],
        "class": [entry.polymer_class for entry in entries],
        "family": [entry.family for entry in entries],
        "source": [entry.source for entry in entries],
        "held_out": [entry.held_out for entry in entries],
    }
    part = path.with_name(path.name + ".part")
    pq.write_table(pa.table(columns), part, compression="zstd")
    part.replace(path)
    return Counter(entry.polymer_class for entry in entries)


def read_corpus(path: Path, progress: Progress = silent) -> list[CorpusEntry]:
    """Read what :func:`write_corpus` wrote.

    The units were canonical when they were written, so they are not read atom by atom again: that every key belongs to its
    PSMILES is checked for all, that this version writes them so for a sample.

    Args:
        path: The Parquet file.
        progress: Told of the polymers, some thousands at a time.

    Raises:
        PretrainingError: When the file is missing, cannot be read, lacks a column, or holds what is no canonical repeat unit.
    """
    if not path.is_file():
        raise PretrainingError(
            f"There is no corpus at {path}.", "Make one: polyloop pretrain corpus --out " + str(path)
        )
    again = "Make it again with polyloop pretrain corpus."
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise PretrainingError(f"The corpus {path} cannot be read: {error}", again) from error
    missing = [name for name in _COLUMNS if name not in table.column_names]
    if missing:
        raise PretrainingError(f"{path} lacks the columns {', '.join(missing)}.", again)
    strange = [name for name in _COLUMNS if not _is_as_written(table[name], name)]
    if strange:
        raise PretrainingError(
            f"{path} has empty or strange values in the columns {', '.join(strange)}.", again
        )
    entries: list[CorpusEntry] = []
    for text, key, name, kin, source, held in zip(
        *(table[column].to_pylist() for column in _COLUMNS), strict=True
    ):
        if blake2b(text.encode(), digest_size=16).hexdigest() != key:
            raise PretrainingError(f"The corpus {path} was changed: {key} is not the key of {text}.", again)
        entries.append(CorpusEntry(RepeatUnit(text, key), intern(name), intern(kin), intern(source), held))
        if len(entries) % _TOLD == 0 or len(entries) == len(table):
            progress(len(entries), len(table), "polymers of the corpus read")
    _check_sample(path, entries, again)
    return entries


def _is_as_written(column: pa.ChunkedArray, name: str) -> bool:
    kind = column.type
    told = pa.types.is_boolean(kind) if name == "held_out" else pa.types.is_string(kind)
    return told and not column.null_count


def _check_sample(path: Path, entries: Sequence[CorpusEntry], again: str) -> None:
    chosen = random.Random(0).sample(range(len(entries)), min(CHECKED, len(entries)))
    for unit in (entries[i].unit for i in chosen):
        try:
            parsed = RepeatUnit.parse(unit.psmiles)
        except PolymerError as error:
            raise PretrainingError(
                f"The corpus {path} holds what is no repeat unit: {error.message}", again
            ) from error
        if parsed != unit:
            raise PretrainingError(
                f"The corpus {path} was written by another version: {unit.psmiles} is now {parsed.psmiles}.",
                again,
            )
