"""How far are the estimates of `discovery.physics` from measured tables, and how much of a corpus do they cover?

    python benchmarks/physics.py density.csv:density_g_cm3=density "tg.csv:tg_K=tg" mcc.csv:char_fraction=char_yield
    python benchmarks/physics.py --corpus corpus.parquet --sample 5000
    python benchmarks/physics.py --cone cone.csv --mcc mcc.csv

A pair TABLE:COLUMN=PROPERTY compares a column with an estimate in the unit of `PROPERTIES`; COLUMN*FACTOR converts it.
`--between LOW HIGH` leaves out measurements beyond, in the property's unit, for all pairs of one call. Tables (CSV, CSV.gz,
Parquet) name polymers in `psmiles` or `smiles`; several values of one chain count as their median. Prints, for every pair: the
share of chains that are covered, n, MAE, RMSE, R2, bias (estimate - measured) and Spearman's rank correlation over those; the
MAE of the same after its bias is taken off; and the MAE and RMSE of guessing the table's mean. `--features` adds bias and MAE
over the chains that have a structural feature: a wrong row of a table of groups shows up there. `--without-references` leaves out
the polymers that Tg, decomposition and char were calibrated on. `--corpus` prints coverage and quantiles of every property, the
reasons for what is missing, and units per second of CPU time on one core; with `--by COLUMN` the coverage of each class, too.
`--cone` burns each row of a table of the cone calorimeter at its own flux and thickness, `--mcc` compares the heat of the gases
with that of the microscale calorimeter; see `physics_fire.py` for their columns and for what they leave out.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import physics_fire
from numpy.typing import NDArray
from rdkit import Chem
from scipy.stats import spearmanr

from discovery.physics import PROPERTIES, REVISION, estimate
from discovery.physics.calibration import CHAR, STABILITY, STIFFNESS
from discovery.physics.calibration import references as reference_polymers
from discovery.polymers import NotARepeatUnitError, RepeatUnit

FEATURES = {
    "imide": "O=C~1~*~*~C(=O)~N1",
    "amide": "[CX3](=O)[NX3H]",
    "urethane": "[NX3]C(=O)[OX2]",
    "ester": "[#6][CX3](=O)[OX2][#6]",
    "carbonate": "[OX2]C(=O)[OX2]",
    "ether": "[#6;!$(C=O)][OX2][#6;!$(C=O)]",
    "ketone": "[#6]C(=O)[#6]",
    "hydroxyl": "[OX2H;!$(OC=O)]",
    "acid": "C(=O)[OX2H]",
    "amine": "[NX3;!$(N[C,S]=O)]",
    "nitrile": "C#N",
    "aromatic nitrogen": "n",
    "thiophene": "s",
    "thioether": "[SX2]",
    "sulfone": "S(=O)(=O)",
    "silane or siloxane": "[Si]",
    "siloxane": "[Si]O[Si]",
    "phosphorus": "[#15]",
    "boron": "[#5]",
    "fluorine": "F",
    "chlorine": "[Cl]",
    "bromine": "[Br]",
    "C=C": "C=C",
    "aliphatic ring": "[CX4R]",
    "fused rings": "[R2]",
    "benzene": "c1ccccc1",
}


@dataclass(frozen=True)
class Pair:
    path: Path
    column: str
    factor: float
    name: str

    @classmethod
    def read(cls, text: str) -> Pair:
        measured, _, name = text.rpartition("=")
        path, _, column = measured.rpartition(":")
        if name not in PROPERTIES or not path:
            raise argparse.ArgumentTypeError(
                f"{text}: TABLE:COLUMN=PROPERTY, PROPERTY one of {', '.join(PROPERTIES)}"
            )
        column, _, factor = column.partition("*")
        return cls(Path(path), column, float(factor or 1), name)


def table(path: Path) -> pd.DataFrame:
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    return frame.rename(columns={"smiles": "psmiles"}) if "psmiles" not in frame else frame


def parsed(texts: list[str]) -> list[RepeatUnit | None]:
    units: list[RepeatUnit | None] = []
    for text in texts:
        try:
            units.append(RepeatUnit.parse(text))
        except NotARepeatUnitError:
            units.append(None)
    return units


def references() -> frozenset[RepeatUnit]:
    """All polymers that a property was calibrated on."""
    return frozenset(unit for f in (STIFFNESS, STABILITY, CHAR) for unit, _ in reference_polymers(f))


def measured(
    pair: Pair, between: tuple[float, float], without: frozenset[RepeatUnit]
) -> tuple[list[RepeatUnit], NDArray[np.float64]]:
    frame = table(pair.path)[["psmiles", pair.column]].dropna()
    values: dict[RepeatUnit, list[float]] = {}
    for unit, value in zip(
        parsed(list(frame["psmiles"])), frame[pair.column].astype(float) * pair.factor, strict=True
    ):
        if unit is not None and unit not in without and between[0] <= value <= between[1]:
            values.setdefault(unit, []).append(value)
    return list(values), np.array([np.median(several) for several in values.values()])


def compared(
    pair: Pair, between: tuple[float, float], without: frozenset[RepeatUnit], features: bool, worst: int
) -> dict[str, object]:
    units, wanted = measured(pair, between, without)
    found = estimate(units, [pair.name]).column(pair.name)
    covered = np.isfinite(found)
    y, errors = wanted[covered], (found - wanted)[covered]
    around = y - wanted.mean()
    if features:
        molecules = [unit.periodic() for unit, here in zip(units, covered, strict=True) if here]
        for feature, smarts in FEATURES.items():
            query = Chem.MolFromSmarts(smarts)
            has = np.array([molecule.HasSubstructMatch(query) for molecule in molecules])
            if has.sum() > 3:
                told = f"bias {errors[has].mean():+.3g}, MAE {np.abs(errors[has]).mean():.3g}"
                print(f"    {pair.name}, {feature}: n {has.sum()}, {told}")
    for row in np.argsort(-np.abs(np.where(covered, found - wanted, 0)))[:worst]:
        print(f"    {pair.name}: measured {wanted[row]:.4g}, estimated {found[row]:.4g}: {units[row]}")
    return {
        "table": pair.path.name,
        "column": pair.column + (f" x {pair.factor:g}" if pair.factor != 1 else ""),
        "property": pair.name,
        "unit": PROPERTIES[pair.name].unit,
        "covered %": 100 * covered.mean(),
        "n": int(covered.sum()),
        "MAE": np.abs(errors).mean(),
        "RMSE": np.sqrt((errors**2).mean()),
        "R2": 1 - (errors**2).sum() / (around**2).sum(),
        "bias": errors.mean(),
        "Spearman": spearmanr(found[covered], y).statistic,
        "MAE, bias off": np.abs(errors - errors.mean()).mean(),
        "MAE of mean": np.abs(around).mean(),
        "RMSE of mean": np.sqrt((around**2).mean()),
    }


def coverage(path: Path, sample: int, seed: int, by: str | None) -> None:
    frame = table(path)
    frame = frame.sample(min(sample, len(frame)), random_state=seed)
    read = parsed(list(frame["psmiles"]))
    units = [unit for unit in read if unit is not None]
    begun = time.process_time()
    found = estimate(units)
    taken = time.process_time() - begun
    print(
        f"\n{path.name}: {len(units)} of {len(frame)} units read; {len(units) / taken:.0f} units/s of CPU time"
    )
    rows = []
    for name in found.properties:
        column = found.column(name)
        finite = column[np.isfinite(column)]
        low, middle, high = np.quantile(finite, [0.01, 0.5, 0.99]) if len(finite) else [np.nan] * 3
        share = 100 * len(finite) / len(column)
        rows.append(
            {
                "property": name,
                "unit": PROPERTIES[name].unit,
                "covered %": share,
                "1 %": low,
                "median": middle,
            }
            | {"99 %": high}
        )
    print(pd.DataFrame(rows).to_string(index=False, float_format=lambda value: f"{value:.4g}"))
    if by:
        known = pd.DataFrame(np.isfinite(found.values), columns=list(found.properties))
        known["guessed"] = [bool(words) for words in found.guessed]
        classes = frame[by].to_numpy()[[unit is not None for unit in read]]
        shares = 100 * known.groupby(classes).mean()
        shares.insert(0, "share", 100 * pd.Series(classes).value_counts(normalize=True))
        print(
            shares.sort_values("share", ascending=False).to_string(float_format=lambda value: f"{value:.0f}")
        )
    reasons = Counter(reason for reasons in found.reasons for reason in reasons)
    for reason, times in reasons.most_common(12):
        print(f"  {times:6d}  {reason[:150]}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pairs", nargs="*", type=Pair.read, metavar="TABLE:COLUMN=PROPERTY")
    parser.add_argument("--between", nargs=2, type=float, default=(-np.inf, np.inf), metavar=("LOW", "HIGH"))
    parser.add_argument("--features", action="store_true", help="bias and MAE by structural feature")
    parser.add_argument(
        "--worst", type=int, default=0, help="print that many of the largest errors of a pair"
    )
    parser.add_argument(
        "--without-references", action="store_true", help="leave out the polymers of the calibration"
    )
    parser.add_argument("--corpus", type=Path, help="table of units to tell the coverage on")
    parser.add_argument("--sample", type=int, default=5000, help="units drawn from the corpus")
    parser.add_argument("--by", metavar="COLUMN", help="of the corpus: coverage of each of its classes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cone", type=Path, help="table of the cone calorimeter")
    parser.add_argument("--mcc", type=Path, help="table of the microscale combustion calorimeter")
    parser.add_argument(
        "--columns",
        nargs="+",
        default=(),
        metavar="QUANTITY=HEADER",
        help="of --cone or --mcc: flux, thickness, ...",
    )
    parser.add_argument(
        "--without", nargs="+", default=(), help="more words whose rows --cone and --mcc leave out"
    )
    parser.add_argument("--keep", nargs="+", default=(), help="words whose rows they keep all the same")
    options = parser.parse_args()
    words = physics_fire.left_out_words(options.without, options.keep)
    named = dict(pair.split("=", 1) for pair in options.columns)
    print(f"revision {REVISION}")
    between = (options.between[0], options.between[1])
    without = references() if options.without_references else frozenset()
    rows = [compared(pair, between, without, options.features, options.worst) for pair in options.pairs]
    if rows:
        print(pd.DataFrame(rows).to_string(index=False, float_format=lambda value: f"{value:.3g}"))
    if options.corpus:
        coverage(options.corpus, options.sample, options.seed, options.by)
    if options.cone:
        physics_fire.cone(table(options.cone), options.cone, named, words)
    if options.mcc:
        physics_fire.mcc(table(options.mcc), options.mcc, named, words)


if __name__ == "__main__":
    main()
