"""The corpus that the bundled encoders learn from: repeat units made by polymerisation rules and by chain templates.

Left alone, rules make almost nothing but vinyl copolymers, so every class has a quota. Monomers are generated from the building
blocks of :mod:`discovery.pretraining.fragments` and go through :func:`discovery.polymers.polymerise`; chains that no rule makes
(sulfones, siloxanes, conjugated chains, ...) are put together from links directly.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from discovery.errors import PolymerError, PretrainingError
from discovery.polymers import Monomer, RepeatUnit, polymerise
from discovery.pretraining import fragments as fr
from discovery.progress import Progress, silent

MAX_HEAVY_ATOMS = 80
"""Larger units are left out: they would set the length of every batch, and few polymers that people make have them."""

MONOMERS_PER_ROUND = 12
"""Monomers of each kind that meet in one round of step growth; a round so makes some hundred polymers."""


@dataclass(frozen=True, slots=True)
class CorpusEntry:
    """A repeat unit of the corpus and the class it stands for."""

    unit: RepeatUnit
    polymer_class: str


def monomer_kinds() -> dict[str, list[str]]:
    """SMILES of the generated monomers, by kind."""
    arylenes = [*fr.ARYLENES, *fr.bridged_arylenes(), *fr.substituted_arylenes()]
    links = [*fr.ALIPHATIC, *arylenes]
    groups = [*fr.SUBSTITUENTS, *fr.ring_substituted("c1ccc({})cc1"), *fr.ring_substituted("c1cccc({})c1")]
    vinyl = [*groups, *fr.VINYL_SUBSTITUENTS]
    alkylene = [link for link in fr.ALIPHATIC if set(link) <= set("C{}")]
    return {
        "diol": [fr.join("O{}", link, "O") for link in links],
        "diacid": [fr.join("OC(=O){}", link, "C(=O)O") for link in links],
        "diamine": [fr.join("N{}", link, "N") for link in links],
        "diisocyanate": [fr.join("O=C=N{}", link, "N=C=O") for link in links],
        "dianhydride": list(fr.DIANHYDRIDES),
        "hydroxy acid": [fr.join("O{}", link, "C(=O)O") for link in links],
        "amino acid": [fr.join("N{}", link, "C(=O)O") for link in links],
        "lactone": [f"O=C1{link.format('')}O1" for link in alkylene],
        "lactam": [f"O=C1{link.format('')}N1" for link in alkylene],
        "diepoxide": [fr.join("C1OC1CO{}", link, "OCC2CO2") for link in links],
        "epoxide": [f"C1OC1{group}" for group in ("C", "CC", "C(C)C")]
        + [fr.join("C1OC1{}", g) for g in groups],
        "vinyl": [fr.join("C=C{}", g) for g in vinyl],
        "1,1-vinyl": [fr.join("C=C(C){}", g) for g in vinyl],
        "acrylate": [fr.join("C=CC(=O)O{}", g) for g in groups],
        "methacrylate": [fr.join("C=C(C)C(=O)O{}", g) for g in groups],
        "acrylamide": [fr.join("C=CC(=O)N{}", g) for g in groups],
        "vinyl ether": [fr.join("C=CO{}", g) for g in groups],
        "vinyl ester": [fr.join("C=COC(=O){}", g) for g in groups],
        "maleimide": [fr.join("O=C1C=CC(=O)N1{}", g) for g in groups],
    }


def _templates() -> dict[str, Callable[[random.Random], str]]:
    arylenes = [*fr.ARYLENES, *fr.bridged_arylenes(), *fr.substituted_arylenes()]
    links = [*fr.ALIPHATIC, *arylenes]
    conjugated = [link for link in fr.ARYLENES if "CCO" not in link] + ["C=C{}", "C#C{}"]

    def two_linkages(rng: random.Random) -> str:
        return fr.join(
            "*{}", rng.choice(links), rng.choice(fr.LINKAGES), rng.choice(links), rng.choice(fr.LINKAGES), "*"
        )

    def one_linkage(rng: random.Random) -> str:
        return fr.join("*{}", rng.choice(links), rng.choice(fr.LINKAGES), "*")

    def conjugated_chain(rng: random.Random) -> str:
        return fr.join("*{}", *(rng.choice(conjugated) for _ in range(rng.randint(1, 3))), "*")

    def aryl_ether(rng: random.Random) -> str:
        middle = rng.choice(("S(=O)(=O){}", "C(=O){}", "P(=O)(c1ccccc1){}"))
        return fr.join("*O{}", rng.choice(arylenes), "Oc1ccc({})cc1", middle, "c1ccc(*)cc1")

    def fluorinated(rng: random.Random) -> str:
        rich = rng.choice([link for link in links if link.count("F") >= 2])
        return fr.join("*{}", rich, rng.choice(fr.LINKAGES), rng.choice(links), rng.choice(fr.LINKAGES), "*")

    def inorganic(rng: random.Random) -> str:
        unit = rng.choice(fr.INORGANIC_UNITS)
        if rng.random() < 0.5:
            return unit
        return fr.join("*[Si](C)(C)O[Si](C)(C){}", rng.choice(links), "*")

    def alternating_vinyl(rng: random.Random) -> str:
        groups = [*fr.SUBSTITUENTS, *fr.VINYL_SUBSTITUENTS]
        return fr.join("*CC({})", rng.choice(groups)) + fr.join("CC({})*", rng.choice(groups))

    return {
        "two linkages": two_linkages,
        "one linkage": one_linkage,
        "conjugated": conjugated_chain,
        "aryl ether sulfone or ketone": aryl_ether,
        "fluorinated": fluorinated,
        "siloxane, silane, phosphazene": inorganic,
        "alternating vinyl copolymer": alternating_vinyl,
    }


TEMPLATE_SHARE = {
    "two linkages": 0.26,
    "one linkage": 0.03,
    "conjugated": 0.06,
    "aryl ether sulfone or ketone": 0.05,
    "fluorinated": 0.03,
    "siloxane, silane, phosphazene": 0.02,
    "alternating vinyl copolymer": 0.08,
}
"""Share of the corpus asked of each template; the rules make the rest, at equal quotas by polymer class."""

RULE_CLASSES = (
    "polyolefin",
    "polyester",
    "polyether",
    "polyamide",
    "polyimide",
    "polyurethane",
    "polyoxazolidone",
)
STEP_GROWTH = {
    "diol": ("polyester", "polyurethane"),
    "diacid": ("polyester", "polyamide"),
    "diamine": ("polyamide", "polyimide"),
    "diisocyanate": ("polyurethane", "polyoxazolidone"),
    "dianhydride": ("polyimide",),
    "diepoxide": ("polyoxazolidone",),
    "hydroxy acid": ("polyester",),
    "amino acid": ("polyamide",),
}
"""Kinds of monomers that are combined with others, and the classes for which they are."""

NEWS_PER_ROUND = 5
"""A round of step growth that brings fewer new polymers than this was the last."""

PATIENCE = 300
"""Templates filled in vain in a row, after which one counts as exhausted."""


def generate(size: int, *, seed: int, progress: Progress = silent) -> Iterator[CorpusEntry]:
    """Make ``size`` distinct repeat units, or as many as the sources hold.

    Args:
        size: Units asked for.
        seed: Of the sampling; the same seed gives the same corpus.
        progress: Told of every unit.

    Raises:
        PretrainingError: When ``size`` is not positive.
    """
    if size < 1:
        raise PretrainingError(f"A corpus of {size} polymers cannot be made.", "Ask for at least one.")
    rng = random.Random(seed)
    seen: set[str] = set()
    total = 0
    for source in (
        _from_rules(round(size * (1 - sum(TEMPLATE_SHARE.values()))), rng),
        _from_templates(size, rng),
    ):
        for entry in source:
            if entry.unit.key not in seen and total < size:
                seen.add(entry.unit.key)
                total += 1
                progress(total, size, "polymers of the corpus")
                yield entry


def _from_rules(size: int, rng: random.Random) -> Iterator[CorpusEntry]:
    """Chain growth of every monomer once; then step growth of random handfuls of monomers while that still gives news."""
    kinds = monomer_kinds()
    quota = {name: -(-size // len(RULE_CLASSES)) for name in RULE_CLASSES}
    seen: set[str] = set()

    def take(smiles: list[str]) -> Iterator[CorpusEntry]:
        for candidate in polymerise([Monomer(s) for s in smiles]):
            name = candidate.provenance.polymer_class if candidate.provenance else ""
            if quota.get(name, 0) > 0 and candidate.unit.key not in seen and _small(candidate.unit):
                seen.add(candidate.unit.key)
                quota[name] -= 1
                yield CorpusEntry(candidate.unit, name)

    yield from take([s for kind, names in kinds.items() if kind not in STEP_GROWTH for s in names])
    while True:
        wanted = [kind for kind, classes in STEP_GROWTH.items() if any(quota[name] > 0 for name in classes)]
        before = len(seen)
        if wanted:
            yield from take(
                [s for k in wanted for s in rng.sample(kinds[k], min(MONOMERS_PER_ROUND, len(kinds[k])))]
            )
        if len(seen) - before < NEWS_PER_ROUND:
            return


def _from_templates(size: int, rng: random.Random) -> Iterator[CorpusEntry]:
    for name, make in _templates().items():
        seen: set[str] = set()
        idle = 0
        while len(seen) < size * TEMPLATE_SHARE[name] and idle < PATIENCE:
            idle += 1
            try:
                unit = RepeatUnit.parse(make(rng))
            except PolymerError:
                continue  # a valence that two links do not have in common: the template is left out, and counted as idle
            if unit.key not in seen and _small(unit):
                seen.add(unit.key)
                idle = 0
                yield CorpusEntry(unit, name)


def balanced_sample(entries: Sequence[CorpusEntry], size: int, seed: int) -> list[int]:
    """Indices of at most ``size`` entries, ascending: equal shares of the classes, small classes whole."""
    rng = random.Random(seed)
    by_class: dict[str, list[int]] = {}
    for i, entry in enumerate(entries):
        by_class.setdefault(entry.polymer_class, []).append(i)
    chosen: list[int] = []
    classes = sorted(by_class, key=lambda name: (len(by_class[name]), name))
    for done, name in enumerate(classes):
        share = (size - len(chosen)) // (len(classes) - done)
        chosen += rng.sample(by_class[name], min(share, len(by_class[name])))
    return sorted(chosen)


def _small(unit: RepeatUnit) -> bool:
    return bool(unit.mol().GetNumHeavyAtoms() <= MAX_HEAVY_ATOMS)


def write_corpus(path: Path, entries: Sequence[CorpusEntry]) -> Counter[str]:
    """Write a corpus to Parquet (columns ``psmiles`` and ``class``) and count its classes."""
    columns = {"psmiles": [e.unit.psmiles for e in entries], "class": [e.polymer_class for e in entries]}
    pq.write_table(pa.table(columns), path)
    return Counter(columns["class"])


def read_corpus(path: Path, progress: Progress = silent) -> list[CorpusEntry]:
    """Read what :func:`write_corpus` wrote.

    Args:
        path: The Parquet file.
        progress: Told of every polymer.

    Raises:
        PretrainingError: When the file is missing, cannot be read, or lacks the columns.
    """
    if not path.is_file():
        raise PretrainingError(
            f"There is no corpus at {path}.", "Make one: polyloop pretrain corpus --out " + str(path)
        )
    again = "Make it again with polyloop pretrain corpus."
    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise PretrainingError(f"The corpus {path} cannot be read: {error}", again) from error
    if not {"psmiles", "class"} <= set(table.column_names):
        raise PretrainingError(f"{path} lacks the columns psmiles and class.", again)
    rows = zip(table["psmiles"].to_pylist(), table["class"].to_pylist(), strict=True)
    entries: list[CorpusEntry] = []
    try:
        for text, name in rows:
            entries.append(CorpusEntry(RepeatUnit.parse(text), name))
            progress(len(entries), len(table), "polymers of the corpus read")
    except PolymerError as error:
        raise PretrainingError(
            f"The corpus {path} holds what is no repeat unit: {error.message}", again
        ) from error
    return entries
