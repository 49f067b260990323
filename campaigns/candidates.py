"""Where a campaign's candidates come from: the spec's pool, and tables or frames of the user's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from campaigns.errors import RowProblem, TableError
from campaigns.spec import PoolSpec
from discovery.errors import PolymerError, PoolError
from discovery.polymers import Candidate, Monomer, MonomerSpace, NotARepeatUnitError, RepeatUnit
from discovery.pools import (
    Catalogue,
    MonomerPool,
    Pool,
    PoolRules,
    TablePool,
    UnionPool,
    UnitPool,
    buyable,
    keys_of,
    load_pool_plugin,
    read_monomers,
)
from discovery.pools.table import open_table
from discovery.progress import Progress, silent

if TYPE_CHECKING:
    from discovery.acquisition.searched_space import SearchedSpace

_POLYMERS = "Give a CSV file of polymers with a column psmiles (or smiles), such as *CC(*)c1ccccc1."
_FRAME = "data frame"


@dataclass(frozen=True, slots=True)
class WrittenPolymer:
    """One row of a user's table of polymers."""

    line: int
    """Line of the file; the header is line 1."""
    text: str
    """The polymer as the table writes it."""
    name: str
    """What the user calls it; may be empty."""
    unit: RepeatUnit | None
    """None where the text is no repeat unit."""
    fault: str = ""
    """Why not."""
    kind: str = ""
    """The fault's kind, to count by."""


def written_polymers(path: Path) -> Iterator[WrittenPolymer]:
    """Every row of a CSV file of polymers, in order, as a stream.

    Raises:
        PoolError: The file cannot be read or has no column of polymers.
    """
    with open_table(path, _POLYMERS, "psmiles", "smiles") as table:
        column, name = table.require("psmiles", "smiles"), table.find("name")
        for row in table.rows:
            text, called = row.cells[column], "" if name is None else row.cells[name]
            if row.fault:
                yield WrittenPolymer(row.line, text, called, None, row.fault, "more cells than titles")
                continue
            try:
                yield WrittenPolymer(row.line, text, called, RepeatUnit.parse(text))
            except NotARepeatUnitError as error:
                yield WrittenPolymer(row.line, text, called, None, error.message, error.kind)


@dataclass(frozen=True, eq=False)
class CampaignPool:
    """What a campaign may propose.

    Args:
        pool: Every candidate that can be enumerated; ``None`` where all come from ``space``.
        space: Monomers that make too many polymers to enumerate: they are searched.
        rules: What a candidate that the search makes has to keep; those of ``pool`` keep it already.
        monomers: All that may be bought.
        left_out: Monomers that may not, by reason.
    """

    pool: Pool | None
    space: MonomerSpace | None
    rules: PoolRules
    monomers: tuple[Monomer, ...]
    left_out: Counter[str]

    def searched(self, looks: int) -> SearchedSpace | None:
        """The part that is searched, if any, with at most so many polymers to build."""
        from discovery.acquisition.searched_space import SearchedSpace

        return None if self.space is None else SearchedSpace(self.space, looks, self.rules.reason)

    def notes(self) -> list[str]:
        """Which monomers were not considered, in sentences."""
        return [
            f"Monomers left out: {n} ({reason.removeprefix('monomer: ')})."
            for reason, n in self.left_out.items()
            if n
        ]

    def summary(self) -> PoolSummary:
        """How large the pool is and what it leaves out; every candidate is counted."""
        candidates = 0 if self.pool is None else sum(len(chunk) for chunk in self.pool.chunks())
        dropped = self.left_out + (self.pool.dropped if self.pool is not None else Counter())
        return PoolSummary(candidates, self.space.size if self.space is not None else 0, dict(dropped))


@dataclass(frozen=True)
class PoolSummary:
    """How large a pool is.

    Args:
        candidates: Different polymers that may be proposed.
        searched: Pairs of monomers that are too many to enumerate.
        left_out: What was given and may not be proposed, by reason.
    """

    candidates: int
    searched: int
    left_out: Mapping[str, int]


def campaign_pool(
    spec: PoolSpec, base: Path, *, workers: int = 1, progress: Progress = silent
) -> CampaignPool:
    """The pool that a spec names, made ready: what was prepared once is opened.

    Args:
        spec: Sources, exclusions and limits.
        base: Folder that its files are relative to.
        workers: Processes that make and read candidates the first time.
        progress: Told of every long step.

    Raises:
        SpecError: Files are missing.
        PoolError: A file cannot be read, or a plug-in is not there or broken.
    """
    left_out: Counter[str] = Counter()
    monomers = _monomers(spec, base, left_out)
    sources: list[Pool] = [TablePool(spec.files(base)[file]) for file in spec.polymers]
    sources += [load_pool_plugin(plugin.name, plugin.options) for plugin in spec.plugins]
    space = None
    # n monomers make at most n * n pairs in a reaction: the exact number takes a look at every one of them.
    if len(monomers) ** 2 > spec.search_above:
        space = MonomerSpace(monomers, copolymers=spec.copolymers)
        if space.size <= spec.search_above:
            space = None
    if monomers and space is None:
        sources.insert(0, MonomerPool(monomers, copolymers=spec.copolymers))
    rules = _rules(spec, base)
    pool: Pool | None = None
    if sources:
        union = sources[0] if len(sources) == 1 else UnionPool(sources)
        pool = Catalogue.prepare(union, workers=workers, progress=progress).select(
            rules, known=monomers, workers=workers, progress=progress
        )
    return CampaignPool(pool, space, rules, monomers, left_out)


def check_pool(spec: PoolSpec, base: Path) -> None:
    """Read enough of each source to know that it can be used.

    Raises:
        SpecError, PoolError: It cannot.
    """
    monomers = _monomers(spec, base, Counter())
    if monomers:
        next(MonomerPool(monomers, copolymers=spec.copolymers).chunks(1), None)
    for file in spec.polymers:
        next(TablePool(spec.files(base)[file]).chunks(1), None)
    for plugin in spec.plugins:
        load_pool_plugin(plugin.name, plugin.options)
    _rules(spec, base)


def polymer_pool(source: Path | pd.DataFrame) -> Pool:
    """Polymers of the user's own.

    Raises:
        PoolError: A file cannot be read.
        TableError: A frame has rows that are no polymers; every one is listed.
    """
    if isinstance(source, Path):
        return TablePool(source)
    rows = [row for row in _polymers_of(source) if row.unit is not None]
    return UnitPool([Candidate(row.unit, name=row.name) for row in rows if row.unit is not None])


def monomers_from(source: Path | pd.DataFrame) -> list[Monomer]:
    """Monomers of the user's own.

    Raises:
        PoolError: A file cannot be read or has faulty cells.
        TableError: A frame has rows that are no monomers; every one is listed.
    """
    return read_monomers(source) if isinstance(source, Path) else _monomers_of(source)


def _monomers(spec: PoolSpec, base: Path, left_out: Counter[str]) -> tuple[Monomer, ...]:
    files = spec.files(base)
    told = [monomer for file in spec.monomers for monomer in read_monomers(files[file])]
    limits = spec.limits
    kept = buyable(told, max_price=limits.price, available_only=limits.available, dropped=left_out)
    if told and not kept:
        reasons = ", ".join(f"{n} {reason}" for reason, n in left_out.items())
        raise PoolError(f"None of the {len(told)} monomers is left: {reasons}.", "Widen [pool.limits].")
    return tuple(kept)


def _rules(spec: PoolSpec, base: Path) -> PoolRules:
    files = spec.files(base)
    never = {
        key
        for file in spec.exclude.polymers
        for chunk in TablePool(files[file]).chunks()
        for key in keys_of(chunk)
    }
    return PoolRules(
        smarts=spec.exclude.smarts,
        elements=spec.exclude.elements,
        keys=frozenset(never),
        max_sa_score=spec.limits.sa_score,
        max_cost=spec.limits.cost,
        makeable=spec.limits.makeable,
    )


def _polymers_of(frame: pd.DataFrame) -> tuple[WrittenPolymer, ...]:
    column = next((c for c in ("psmiles", "smiles") if c in frame), None)
    if column is None:
        raise TableError("The frame names no polymers.", hint="Give it a column psmiles (or smiles).")
    rows, problems = [], []
    for line, text, name in _cells(frame, column):
        try:
            rows.append(WrittenPolymer(line, text, name, RepeatUnit.parse(text)))
        except PolymerError as error:
            problems.append(RowProblem(line, column, text, error.message, error.hint))
    _refuse(problems)
    return tuple(rows)


def _monomers_of(frame: pd.DataFrame) -> list[Monomer]:
    from rdkit import Chem, rdBase

    if "smiles" not in frame:
        raise TableError(
            "The frame names no monomers.", hint="Give it a column smiles, and name where known."
        )
    monomers, problems = [], []
    with rdBase.BlockLogs():  # each unreadable SMILES is listed with its row instead
        for line, text, name in _cells(frame, "smiles"):
            fault, way_out = "", ""
            mol = Chem.MolFromSmiles(text) if text else None
            if not text:
                fault, way_out = "the cell is empty.", "Write the monomer's SMILES."
            elif mol is None:
                fault, way_out = "cannot be read as SMILES.", "Correct it."
            elif any(not atom.GetAtomicNum() for atom in mol.GetAtoms()):
                fault, way_out = "has attachment points (*).", "Give the monomer, or rank it as a polymer."
            if fault:
                problems.append(RowProblem(line, "smiles", text, fault, way_out))
            monomers.append(Monomer(text, name))
    _refuse(problems)
    return monomers


def _cells(frame: pd.DataFrame, column: str) -> Iterator[tuple[int, str, str]]:
    """Line (the header is line 1, as if the frame were written to CSV), text and name of each row."""
    texts = frame[column].fillna("").astype(str).str.strip()
    names = (
        frame["name"].fillna("").astype(str).str.strip() if "name" in frame else pd.Series("", texts.index)
    )
    for line, (text, name) in enumerate(zip(texts, names, strict=True), 2):
        yield line, text, name


def _refuse(problems: list[RowProblem]) -> None:
    if problems:
        faults = "1 faulty row" if len(problems) == 1 else f"{len(problems)} faulty rows"
        raise TableError(f"The {_FRAME} has {faults}; line 1 is its header.", problems)
