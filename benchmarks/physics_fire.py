"""Estimated fire properties against tables of the cone calorimeter and of the microscale combustion calorimeter.

The modes `--cone` and `--mcc` of `physics.py`. A cone table has one row per test (or mean of tests): its sheet is burnt at
the row's own flux and thickness. Columns are recognised by their headers, quantity and unit (`heat_flux_kW_m2`,
`thickness_mm`, `t_ign_s`, `phrr_kW_m2`, `thr_MJ_m2`, in any order and among others), or named with `--columns
flux=HEADER ...`. A row is left out if a word of its text columns, other than the structure and the source, says that it is no
plain sheet of the polymer (:data:`NOT_THE_POLYMER`), or if flux or thickness is missing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr

from discovery.physics import estimate
from discovery.physics.cone import BURNT_UP_TO, CHAR_COMBUSTION, burn
from discovery.physics.fire import NEEDS, sheet_of
from discovery.polymers import RepeatUnit

Array = NDArray[np.float64]

#: Words, or how they begin, that tell foams, textiles, products of unknown make-up, and filled, flame-retarded or otherwise
#: formulated grades, which the estimates are not made for. Pigmented and rubber-modified grades stay.
NOT_THE_POLYMER = (
    "foam",
    "textile",
    "fabric",
    "fibre",
    "fiber",
    "batting",
    "felt",
    "cotton",
    "natural",
    "product",
    "composite",
    "formulated",
    "filled",
    "glass",
    "retard",
    "compound",
    "plastici",
    "laminate",
    "vulcani",
    "xps",
    "eps",
    "fr",
)
_WHOLE = {"xps", "eps", "fr"}  # begin other words too

#: Quantity to what its header begins with or holds, its unit as a header ends, and the factor to the model's unit.
CONE = {
    "flux": (r"flux", r"kw_m2$", 1e3),
    "thickness": (r"thick", r"mm$", 1e-3),
    "t_ign": (r"ign", r"_s$", 1.0),
    "phrr": (r"phrr|peak", r"kw_m2$", 1e3),
    "thr": (r"thr|total", r"mj_m2$", 1e6),
}
MCC = {"thr": (r"thr|total", r"kj_g$", 1.0), "char": (r"char", r"fraction$", 1.0)}
TOLD = {"t_ign": "time to ignition, s", "phrr": "peak, kW/m2", "thr": "total heat, MJ/m2"}


def left_out_words(without: Sequence[str] = (), keep: Sequence[str] = ()) -> re.Pattern[str]:
    """What a row is left out for: :data:`NOT_THE_POLYMER` and more words, less those to keep."""
    words = [word for word in (*NOT_THE_POLYMER, *without) if not any(kept.startswith(word) for kept in keep)]
    told = (re.escape(word) + ("(?![a-z])" if word in _WHOLE else "") for word in words)
    return re.compile(rf"(?:^|[\W_\d])({'|'.join(told)})", re.IGNORECASE)


class UnreadableTableError(SystemExit):
    """A table lacks a column that a comparison needs."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a table that can be compared, in SI units."""

    units: list[RepeatUnit]
    columns: dict[str, Array]
    left_out: Counter[str]


def columns_of(
    frame: pd.DataFrame, kinds: dict[str, tuple[str, str, float]], named: dict[str, str]
) -> dict[str, str]:
    """The header of each quantity: as named, or the only one that fits.

    Raises:
        UnreadableTableError: More than one column fits, or a named one is not there.
    """
    found: dict[str, str] = {}
    headers = [str(name) for name in frame.columns]
    for quantity, (word, unit, _) in kinds.items():
        fitting = [
            name for name in headers if re.search(word, name.lower()) and re.search(unit, name.lower())
        ]
        if quantity in named:
            fitting = [name for name in headers if name == named[quantity]]
            if not fitting:
                raise UnreadableTableError(f"The table has no column {named[quantity]!r}.")
        if len(fitting) > 1:
            raise UnreadableTableError(
                f"{quantity}: {', '.join(fitting)} fit; choose with --columns {quantity}=..."
            )
        if fitting:
            found[quantity] = fitting[0]
    return found


def rows_of(
    frame: pd.DataFrame,
    kinds: dict[str, tuple[str, str, float]],
    named: dict[str, str],
    needed: tuple[str, ...],
    word: re.Pattern[str],
) -> Rows:
    """Reads the rows that can be compared.

    Args:
        frame: With ``psmiles`` and the columns of ``kinds``.
        kinds: Quantities, as in :data:`CONE`.
        named: Headers by quantity, where the user gave them.
        needed: Quantities without which a row is left out.
        word: What a row is left out for, of :func:`left_out_words`.
    """
    found = columns_of(frame, kinds, named)
    missing = [quantity for quantity in needed if quantity not in found]
    if missing:
        raise UnreadableTableError(
            f"No column for {', '.join(missing)}: name it with --columns {missing[0]}=HEADER."
        )
    texts = [
        name
        for name in frame.columns
        if not pd.api.types.is_numeric_dtype(frame[name]) and name not in {"psmiles", "source", "poly_key"}
    ]
    left_out: Counter[str] = Counter()
    units, rows = [], []
    for row in range(len(frame)):
        said = next((hit for name in texts if (hit := word.search(str(frame[name].iloc[row])))), None)
        if said:
            left_out[said.group(1).lower()] += 1
        elif frame[[found[quantity] for quantity in needed]].iloc[row].isna().any():
            left_out[f"no {' or '.join(needed)}"] += 1
        else:
            units.append(RepeatUnit.parse(frame["psmiles"].iloc[row]))
            rows.append(row)
    chosen = frame.iloc[rows]
    return Rows(
        units,
        {
            quantity: chosen[header].to_numpy(dtype=np.float64) * kinds[quantity][2]
            for quantity, header in found.items()
        },
        left_out,
    )


def burnt(kept: Rows) -> dict[str, Array]:
    """Estimates for each row at its own flux and thickness, in SI units; NaN where the polymer is not covered."""
    properties = estimate(kept.units, NEEDS)
    estimates: dict[str, Array] = {name: np.full(len(kept.units), np.nan) for name in TOLD}
    conditions = np.stack([kept.columns["flux"], kept.columns["thickness"]], axis=1)
    covered = np.isfinite(properties.values).all(axis=1)
    for flux, thickness in np.unique(conditions, axis=0):
        rows = np.flatnonzero(covered & (conditions == (flux, thickness)).all(axis=1))
        if not len(rows):
            continue
        course = burn(sheet_of(*properties.values[rows].T), flux, thickness)
        lit = np.isfinite(course.time_to_ignition)
        estimates["t_ign"][rows] = np.where(lit, course.time_to_ignition, np.nan)
        estimates["phrr"][rows] = np.where(lit, course.peak_heat_release_rate, np.nan)
        # the rest of the sheet burns as well, only without a peak of its own
        estimates["thr"][rows] = np.where(lit, course.total_heat_release / BURNT_UP_TO, np.nan)
    return estimates


def agreement(estimated: Array, measured: Array, units: list[RepeatUnit]) -> dict[str, object]:
    """Of positive quantities: how far apart by their ratio, in which direction, and whether the order is right.

    The bias is the geometric mean of estimate over measurement; the mean factor the geometric mean of the larger of the
    two over the smaller.
    """
    here = np.isfinite(estimated) & np.isfinite(measured) & (measured > 0.0) & (estimated > 0.0)
    ratios = np.log(estimated[here] / measured[here])
    chains = {unit for unit, known in zip(units, here, strict=True) if known}
    ranked = here.sum() > 2 and np.ptp(measured[here]) > 0.0 and np.ptp(estimated[here]) > 0.0
    return {
        "n": int(here.sum()),
        "polymers": len(chains),
        "bias (factor)": np.exp(ratios.mean()) if len(ratios) else np.nan,
        "mean factor": np.exp(np.abs(ratios).mean()) if len(ratios) else np.nan,
        "within factor 2 %": 100 * (np.abs(ratios) < np.log(2)).mean() if len(ratios) else np.nan,
        "Spearman": spearmanr(estimated[here], measured[here]).statistic if ranked else np.nan,
    }


def markdown(rows: list[dict[str, object]]) -> str:
    """A table of rows with the same keys."""
    told = [
        [f"{value:.3g}" if isinstance(value, float) else str(value) for value in row.values()] for row in rows
    ]
    lines = [list(rows[0]), ["---"] * len(rows[0]), *told]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cone(frame: pd.DataFrame, path: Path, named: dict[str, str], word: re.Pattern[str]) -> None:
    """Prints how the estimates compare with a table of the cone calorimeter."""
    kept = rows_of(frame, CONE, named, ("flux", "thickness"), word)
    _left_out(path, frame, kept)
    estimates = burnt(kept)
    flux = kept.columns["flux"]
    ranges = {
        "all": (0.0, np.inf),
        "below 35": (0.0, 35e3),
        "35-60": (35e3, 60e3),
        "above 60": (60e3, np.inf),
    }
    rows = []
    for name in (name for name in TOLD if name in kept.columns):
        for told, (low, high) in ranges.items():
            measured = np.where((flux >= low) & (flux < high), kept.columns[name], np.nan)
            rows.append(
                {"quantity": TOLD[name], "flux, kW/m2": told}
                | agreement(estimates[name], measured, kept.units)
            )
        never = int((~np.isfinite(estimates[name]) & np.isfinite(kept.columns[name])).sum())
        if never:
            print(f"{TOLD[name]}: {never} measured rows have no estimate or do not ignite in the model.\n")
    print(markdown([row for row in rows if row["n"]]))
    print("\nEstimate over measurement, geometric means:\n")
    rows = []
    for unit in dict.fromkeys(kept.units):
        own = np.array([other == unit for other in kept.units])
        row: dict[str, object] = {"polymer": f"`{unit}`", "rows": int(own.sum())}
        for name in (name for name in TOLD if name in kept.columns):
            found = agreement(estimates[name][own], kept.columns[name][own], [unit] * int(own.sum()))
            row[TOLD[name].partition(",")[0]] = found["bias (factor)"]
        rows.append(row)
    print(markdown(rows))


def mcc(frame: pd.DataFrame, path: Path, named: dict[str, str], word: re.Pattern[str]) -> None:
    """Prints how the heat of the gases compares with the microscale calorimeter's, which burns all of them but no char."""
    kept = rows_of(frame, MCC, named, ("thr",), word)
    _left_out(path, frame, kept)
    estimates = estimate(kept.units, ("heat_of_combustion", "char_yield"))
    combustion, char = estimates.values.T
    gases = combustion - 1e-6 * CHAR_COMBUSTION * char
    rows = [{"quantity": "heat of the gases, kJ/g"} | agreement(gases, kept.columns["thr"], kept.units)]
    if "char" in kept.columns:
        known = combustion - 1e-6 * CHAR_COMBUSTION * kept.columns["char"]
        rows.append(
            {"quantity": "the same with the measured char"}
            | agreement(known, kept.columns["thr"], kept.units)
        )
    print(markdown(rows))
    print("\nEstimate over measurement, geometric means:\n")
    each = []
    for unit in dict.fromkeys(kept.units):
        own = np.array([other == unit for other in kept.units])
        found = agreement(gases[own], kept.columns["thr"][own], [unit] * int(own.sum()))
        each.append(
            {"polymer": f"`{unit}`", "rows": int(own.sum()), "heat of the gases": found["bias (factor)"]}
        )
    print(markdown(each))


def _left_out(path: Path, frame: pd.DataFrame, kept: Rows) -> None:
    told = ", ".join(f"{times} ({word})" for word, times in kept.left_out.most_common())
    print(
        f"\n## {path.name}\n\n{len(kept.units)} of {len(frame)} rows; left out by a word of theirs: {told or 'none'}.\n"
    )
