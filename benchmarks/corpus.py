"""What the pre-training corpus holds: classes, elements, sizes, families that are held out; pictures; coverage of tables.

    polyloop pretrain corpus --out corpus.parquet --workers 2
    python benchmarks/corpus.py corpus.parquet --pictures docs/images
    python benchmarks/corpus.py corpus.parquet --tables tg.csv density.csv

Coverage is the share of atom environments (Morgan, radius 2, on the endless chain) of a table's polymers that occur in the
corpus. A table names polymers in `psmiles` or `smiles`.
"""

from __future__ import annotations

import argparse
import io
import random
from collections import Counter
from pathlib import Path

import pandas as pd
from PIL import Image, ImageDraw
from rdkit.Chem import rdFingerprintGenerator

from discovery.errors import PolymerError
from discovery.polymers import RepeatUnit, draw_png
from discovery.polymers.reading import reopen
from discovery.pretraining.corpus.chain_classes import CLASSES
from discovery.pretraining.corpus.corpus import CorpusEntry, read_corpus

CELL, CAPTION, COLUMNS, ROWS = (250, 150), 16, 4, 2
MAIN = CLASSES[:10]
COLOURS = 12
GENERATOR = rdFingerprintGenerator.GetMorganGenerator(radius=2)


def counts(entries: list[CorpusEntry]) -> str:
    classes = Counter(entry.polymer_class for entry in entries)
    rules = Counter(entry.polymer_class for entry in entries if entry.source == "rule")
    held = Counter(entry.polymer_class for entry in entries if entry.held_out)
    families = {name: len({e.family for e in entries if e.polymer_class == name}) for name in classes}
    lines = [
        f"{len(entries):,} polymers, {len({e.unit.key for e in entries}):,} keys, {sum(families.values()):,} families, "
        f"{sum(held.values()):,} ({sum(held.values()) / len(entries):.1%}) held out",
        "",
        "| class | polymers | share | by rules | families | held out |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, count in classes.most_common():
        lines.append(
            f"| {name} | {count:,} | {count / len(entries):.1%} | {rules[name] / count:.0%} | {families[name]:,} "
            f"| {held[name] / count:.1%} |"
        )
    cores = sorted({entry.family.split(": ")[1] for entry in entries if entry.held_out})
    return "\n".join([*lines, "", f"Held out: {', '.join(cores)}."])


def elements_and_sizes(entries: list[CorpusEntry]) -> str:
    elements: Counter[str] = Counter()
    sizes = []
    for entry in entries:
        symbols = [
            atom.GetSymbol() for atom in reopen(entry.unit.psmiles).mol.GetAtoms() if atom.GetAtomicNum() > 1
        ]
        elements.update(set(symbols))
        sizes.append(len(symbols))
    sizes.sort()
    quantiles = {
        q: sizes[min(len(sizes) - 1, int(len(sizes) * q))] for q in (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
    }
    return "\n".join(
        [
            "",
            "| element | polymers with it |",
            "|---|---:|",
            *(f"| {name} | {count / len(entries):.1%} |" for name, count in elements.most_common()),
            "",
            "Heavy atoms: " + ", ".join(f"{size} ({q:.0%})" for q, size in quantiles.items()) + ".",
        ]
    )


def grid(entries: list[CorpusEntry], path: Path) -> None:
    """A PNG of few colours, with the family under each structure."""
    width, height = CELL
    rows = -(-len(entries) // COLUMNS)
    sheet = Image.new("RGB", (width * COLUMNS, (height + CAPTION) * rows), "white")
    canvas = ImageDraw.Draw(sheet)
    for place, entry in enumerate(entries):
        left, top = place % COLUMNS * width, place // COLUMNS * (height + CAPTION)
        sheet.paste(Image.open(io.BytesIO(draw_png(entry.unit, width, height))), (left, top))
        caption = entry.family + (" (held out)" if entry.held_out else "")
        canvas.text((left + width / 2, top + height), caption, fill="black", anchor="ma")
    sheet.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def pictures(entries: list[CorpusEntry], folder: Path, seed: int) -> None:
    rng = random.Random(seed)
    by_class = {name: [entry for entry in entries if entry.polymer_class == name] for name in CLASSES}
    for name in MAIN:
        grid(rng.sample(by_class[name], COLUMNS * ROWS), folder / f"corpus-{name}.png")
    grid([rng.choice(by_class[name]) for name in CLASSES if name not in MAIN], folder / "corpus-others.png")


def environments(unit: RepeatUnit) -> dict[int, float]:
    """Counts per repeat unit."""
    ring = unit.periodic()
    found = GENERATOR.GetSparseCountFingerprint(ring).GetNonzeroElements()
    return {name: count / ring.GetIntProp("repeat_units") for name, count in found.items()}


def coverage(entries: list[CorpusEntry], tables: list[Path]) -> None:
    known: set[int] = set()
    for entry in entries:
        known.update(environments(entry.unit))
    print(
        f"\n{len(known):,} environments\n\n| table | polymers | environments known | polymers with all known |"
    )
    print("|---|---:|---:|---:|")
    for table in tables:
        frame = pd.read_csv(table)
        total = hit = 0.0
        whole, units = 0, 0
        for text in frame["psmiles" if "psmiles" in frame else "smiles"]:
            try:
                found = environments(RepeatUnit.parse(str(text)))
            except PolymerError:
                continue
            units += 1
            total += sum(found.values())
            hit += sum(count for name, count in found.items() if name in known)
            whole += known.issuperset(found)
        print(f"| {table.name} | {units:,} | {hit / total:.1%} | {whole / units:.1%} |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--pictures", type=Path, help="folder for a grid of random polymers of each class")
    parser.add_argument(
        "--tables", type=Path, nargs="*", default=[], help="tables whose coverage is measured"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the choice of what is drawn")
    options = parser.parse_args()
    entries = read_corpus(options.corpus)
    print(counts(entries))
    print(elements_and_sizes(entries))
    if options.pictures:
        pictures(entries, options.pictures, options.seed)
    if options.tables:
        coverage(entries, options.tables)


if __name__ == "__main__":
    main()
