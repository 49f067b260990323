"""What `peers.py` looks for: columns of tables, the way each should go, and which of a table's polymers take part."""

from __future__ import annotations

import math
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd

from discovery.acquisition.objectives import Objective
from discovery.errors import PolymerError
from discovery.polymers import RepeatUnit
from discovery.surrogate.observations import Observation

SHARED = (
    "tg_polyinfo.csv:tg_K:max",
    "tm_polyinfo.csv:tm_K:max",
    "density_polyinfo.csv:density_g_cm3:max",
    "egc_dft.csv:egc_eV:max",
    "egc_dft.csv:egc_eV:min",
    "nc_dft.csv:refractive_index:max",
    "eps_dft.csv:eps_dielectric:max",
    "xc_crystallisation_tendency.csv:xc_percent:max",
    "gas_perm_point2.csv:p_O2_barrer:max:log10",
    "gas_perm_point2.csv:p_CO2_barrer:max:log10",
    "ffv_md_tao_homopolymer.csv:ffv:max",
    "ionic_conductivity_litfsi_60C.csv:log10_cond_S_cm:max",
)
"""Every table of some hundred polymers with one property, in the direction that people look for: heat resistance, dense and
free-volume-rich chains, wide and narrow band gaps, optics, dielectrics, crystallinity, membranes, electrolytes."""


@dataclass(frozen=True, eq=False)
class Target:
    """One property of one table.

    Args:
        name: Such as ``egc_dft:egc_eV:min``.
        objective: What is wanted of the values; where their logarithm is meant, values are logarithms for every rival.
        table: One observation per polymer, in the order of keys.
    """

    name: str
    objective: Objective
    table: tuple[Observation, ...]

    @property
    def slug(self) -> str:
        """The name as part of a file's name."""
        return "-".join(self.name.split(":"))

    @property
    def digest(self) -> str:
        """Hash of the polymers and values."""
        text = "\n".join(f"{o.unit.key} {o.value!r}" for o in self.table)
        return sha256(text.encode()).hexdigest()[:16]


def read_target(argument: str, folder: Path, most: int) -> Target:
    """A target written as ``TABLE:COLUMN[:min|max][:log10]``, the table relative to ``folder``.

    Polymers are named in ``psmiles`` or ``smiles``; rows without a value, or that are no linear homopolymer, are passed over, and
    values of one polymer merged by their median. Of a larger table the ``most`` polymers that come first in the order of their
    keys take part: keys are hashes, so that this is a draw, and the same in every run.

    Raises:
        ValueError: No column, or a direction that is neither.
    """
    parts = argument.split(":")
    logarithm = parts[-1] == "log10"
    parts = parts[:-1] if logarithm else parts
    direction = parts.pop() if parts[-1] in ("min", "max") else "max"
    if len(parts) != 2:
        raise ValueError(f"{argument!r} is not TABLE:COLUMN[:min|max][:log10]")
    place, column = parts
    frame = pd.read_csv(folder / place)
    if column not in frame:
        raise ValueError(f"{place} has no column {column}, only {', '.join(map(str, frame))}")
    texts = frame["psmiles" if "psmiles" in frame else "smiles"]
    found: dict[RepeatUnit, list[float]] = {}
    for text, value in zip(texts, frame[column].astype(float), strict=True):
        if not math.isfinite(value) or (logarithm and value <= 0):
            continue
        try:
            unit = RepeatUnit.parse(str(text))
        except PolymerError:
            continue
        found.setdefault(unit, []).append(math.log10(value) if logarithm else float(value))
    chosen = sorted(found, key=lambda unit: unit.key)[:most]
    name = f"{Path(place).name.split('.')[0]}:{column}:{direction}" + (":log10" if logarithm else "")
    return Target(
        name,
        Objective(column, "min" if direction == "min" else "max"),
        tuple(Observation(unit, float(np.median(found[unit]))) for unit in chosen),
    )
