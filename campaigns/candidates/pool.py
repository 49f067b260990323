"""Where a campaign's candidates come from: the spec's pool, and tables or frames of the user's own."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from rdkit import Chem

from campaigns.candidates.frames import monomers_in_frame, polymers_in_frame
from campaigns.spec import PoolSpec
from discovery.errors import PoolError
from discovery.polymers import Monomer, MonomerSpace, NotARepeatUnitError, RepeatUnit
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
from discovery.pools.piece import MERGED
from discovery.pools.table import open_table
from discovery.progress import Progress, silent

if TYPE_CHECKING:
    from discovery.acquisition.searched_space import SearchedSpace

_POLYMERS = "Give a CSV file of polymers with a column psmiles (or smiles), such as *CC(*)c1ccccc1."


@dataclass(frozen=True, slots=True)
class WrittenPolymer:
    """One row of a user's table of polymers."""

    line: int
    """Line of the file, the header being line 1; in Parquet the number of the row."""
    text: str
    """The polymer as the table writes it."""
    unit: RepeatUnit | None
    """None where the text is no repeat unit."""
    fault: str = ""
    """Why not."""
    kind: str = ""
    """The fault's kind, to count by."""


def written_polymers(path: Path) -> Iterator[WrittenPolymer]:
    """Every row of a table of polymers, in order, as a stream.

    Raises:
        PoolError: The file cannot be read or has no column of polymers.
    """
    with open_table(path, _POLYMERS, "psmiles", "smiles") as table:
        column = table.require("psmiles", "smiles")
        for row in table.rows:
            text = row.cells[column]
            if row.fault:
                yield WrittenPolymer(row.line, text, None, row.fault, "more cells than titles")
                continue
            try:
                yield WrittenPolymer(row.line, text, RepeatUnit.parse(text))
            except NotARepeatUnitError as error:
                yield WrittenPolymer(row.line, text, None, error.message, error.kind)


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

    pool: Catalogue | None
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
        candidates = 0 if self.pool is None else len(self.pool)
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
    spec: PoolSpec,
    base: Path,
    *,
    excluded: Sequence[str] = (),
    workers: int = 1,
    progress: Progress = silent,
) -> CampaignPool:
    """The pool that a spec names, made ready: what was prepared once is opened.

    Args:
        spec: Sources, exclusions and limits.
        base: Folder that its files are relative to.
        excluded: SMARTS of substructures that are left out besides those of the spec.
        workers: Processes that make and read candidates the first time.
        progress: Told of every long step.

    Raises:
        SpecError: Files are missing.
        PoolError: A file cannot be read, or a plug-in is not there or broken.
    """
    sources: list[Pool] = [TablePool(spec.files(base)[file]) for file in spec.polymers]
    sources += [load_pool_plugin(plugin.name, plugin.options) for plugin in spec.plugins]
    told = _told(spec, base)
    return candidates_of(spec, base, sources, told, excluded=excluded, workers=workers, progress=progress)


def candidates_of(
    spec: PoolSpec,
    base: Path,
    sources: Sequence[Pool],
    monomers: Sequence[Monomer],
    *,
    excluded: Sequence[str] = (),
    workers: int = 1,
    progress: Progress = silent,
) -> CampaignPool:
    """Candidates of any source by the exclusions and limits of a spec; see :func:`campaign_pool`.

    Args:
        spec: Exclusions and limits.
        base: Folder that its files are relative to.
        sources: Pools, beside what ``monomers`` make.
        monomers: What can be bought; the limits of price and availability hold for them.
        excluded: As for :func:`campaign_pool`.
        workers: As for :func:`campaign_pool`.
        progress: As for :func:`campaign_pool`.
    """
    left_out: Counter[str] = Counter()
    bottles = _within_limits(spec, monomers, left_out)
    space = None
    # Hardly a pair of monomers reacts in two ways, so that n of them make no more than n * n polymers; the exact number
    # takes a look at every one of them.
    if len(bottles) ** 2 > spec.search_above:
        of_no_use: Counter[str] = Counter()
        space = MonomerSpace(bottles, copolymers=spec.copolymers, dropped=of_no_use)
        if space.size <= spec.search_above:
            space = None  # enumerated, and counted, below
        else:
            left_out += of_no_use
    made: list[Pool] = [MonomerPool(bottles, copolymers=spec.copolymers)] if bottles and space is None else []
    rules = _rules(spec, base, excluded)
    pool: Catalogue | None = None
    if made or sources:
        union = UnionPool([*made, *sources]) if len(made) + len(sources) > 1 else [*made, *sources][0]
        catalogue = Catalogue.prepare(union, workers=workers, progress=progress)
        pool = catalogue.select(rules, known=bottles, workers=workers, progress=progress)
    return CampaignPool(pool, space, rules, bottles, left_out)


def prepared_candidates(spec: PoolSpec, base: Path, most: int) -> Callable[[Sequence[str]], int] | None:
    """Counts the candidates of a pool that was made ready before, by the SMARTS that are left out besides those of the spec.

    Args:
        spec: Sources, exclusions and limits.
        base: Folder that its files are relative to.
        most: Candidates that may be looked at.

    Returns:
        ``None`` where counting takes long, or the pool was not made ready yet.

    Raises:
        SpecError, PoolError: Files of the pool are missing or cannot be read.
    """
    bottles = _within_limits(spec, _told(spec, base), Counter())
    if spec.plugins or spec.limits.makeable or len(bottles) ** 2 > spec.search_above:
        return None
    made: list[Pool] = [MonomerPool(bottles, copolymers=spec.copolymers)] if bottles else []
    sources = [*made, *(TablePool(spec.files(base)[file]) for file in spec.polymers)]
    catalogue = Catalogue.prepared(UnionPool(sources) if len(sources) > 1 else sources[0])
    if catalogue is None or len(catalogue) > most:
        return None
    return lambda excluded: len(catalogue.select(_rules(spec, base, excluded)))


def check_pool(spec: PoolSpec, base: Path) -> None:
    """Read enough of each source to know that it can be used.

    Raises:
        SpecError, PoolError: It cannot.
    """
    monomers = _within_limits(spec, _told(spec, base), Counter())
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
    return UnitPool(polymers_in_frame(source))


def monomers_from(source: Path | pd.DataFrame) -> list[Monomer]:
    """Monomers of the user's own.

    Raises:
        PoolError: A file cannot be read or has faulty cells.
        TableError: A frame has rows that are no monomers; every one is listed.
    """
    return read_monomers(source) if isinstance(source, Path) else monomers_in_frame(source)


def _told(spec: PoolSpec, base: Path) -> list[Monomer]:
    """Every monomer of the spec's tables."""
    files = spec.files(base)
    return [monomer for file in spec.monomers for monomer in read_monomers(files[file])]


def _within_limits(spec: PoolSpec, told: Sequence[Monomer], left_out: Counter[str]) -> tuple[Monomer, ...]:
    limits = spec.limits
    kept = buyable(
        different(told, left_out),
        max_price=limits.price,
        available_only=limits.available,
        dropped=left_out,
    )
    if told and not kept:
        reasons = ", ".join(f"{n} {reason}" for reason, n in left_out.items())
        raise PoolError(f"None of the {len(told)} monomers is left: {reasons}.", "Widen [pool.limits].")
    return tuple(kept)


def different(monomers: Sequence[Monomer], left_out: Counter[str]) -> list[Monomer]:
    """Each molecule once: of one that is offered twice the available one, then the cheaper one.

    Monomers are told by their names from here on, so that one name cannot mean two molecules.

    Args:
        monomers: All that was told.
        left_out: Gets the number of further offers.

    Raises:
        PoolError: Two molecules have one name.
    """
    offers: dict[str, Monomer] = {}
    names: dict[str, str] = {}
    for monomer in monomers:
        smiles = Chem.MolToSmiles(Chem.MolFromSmiles(monomer.smiles))
        if names.setdefault(monomer.label, smiles) != smiles:
            raise PoolError(
                f"Two different monomers are called {monomer.label!r}: {names[monomer.label]} and {smiles}.",
                "Give them different names.",
            )
        known = offers.get(smiles)
        if known is not None:
            left_out["monomer: offered twice"] += 1
        if known is None or _preference(monomer) < _preference(known):
            offers[smiles] = monomer
    return list(offers.values())


def _preference(monomer: Monomer) -> tuple[bool, float]:
    return monomer.available is False, math.inf if monomer.price is None else monomer.price


def _never(path: Path) -> Iterator[str]:
    """Keys of the polymers in a table that excludes them.

    Raises:
        PoolError: A row is no polymer: what it means would be proposed all the same.
    """
    catalogue = Catalogue.prepare(TablePool(path))
    if any(n for reason, n in catalogue.dropped.items() if reason != MERGED):
        faults = [row for row in written_polymers(path) if row.unit is None]
        first = "; ".join(f"line {row.line}: {row.fault}" for row in faults[:3])
        raise PoolError(
            f"{path.name} lists polymers to exclude, and {len(faults)} of its rows cannot be read: {first}",
            "Correct these rows, or what they mean would be proposed all the same.",
        )
    for chunk in catalogue.chunks():
        yield from keys_of(chunk)


def _rules(spec: PoolSpec, base: Path, excluded: Sequence[str] = ()) -> PoolRules:
    files = spec.files(base)
    never = {key for file in spec.exclude.polymers for key in _never(files[file])}
    return PoolRules(
        smarts=tuple(dict.fromkeys((*spec.exclude.smarts, *excluded))),
        elements=spec.exclude.elements,
        keys=frozenset(never),
        max_sa_score=spec.limits.sa_score,
        max_cost=spec.limits.cost,
        makeable=spec.limits.makeable,
    )
