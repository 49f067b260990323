"""Time to ignition and peak heat release rate in the cone calorimeter, from the other estimates.

The sheet is :mod:`discovery.physics.cone`'s. Density and conductivity go in as they are at 298 K. By decomposition a polymer has
expanded by 10-20 %, which thickens the sheet as much as it thins the material; and its conductivity has risen up to the
glass transition and fallen beyond (van Krevelen, Properties of Polymers, 4th ed., chapter 17). The constants that the
"FAA Polymers" of NIST's Fire Dynamics Simulator burn with, 0.22 W/(m K) for PS and PC and 0.24 for PMMA, are as near to
the values at 298 K as measurements agree; for polyethylene theirs is 0.29. Only the heat capacity, which nearly doubles, is
taken at halfway (theirs: 2.0, 1.9, 2.2 and 3.5 J/(g K) for PS, PC, PMMA and PE).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from discovery.physics.atoms import atoms
from discovery.physics.cone import HEAT_FLUX, ROOM, THICKNESS, Sheet, burn, time_to_ignition
from discovery.physics.model import DerivedModel, Evaluation, Property

Array = NDArray[np.float64]


def sheet_of(
    density: Array,
    heat_capacity: Array,
    conductivity: Array,
    decomposition: Array,
    char: Array,
    combustion: Array,
) -> Sheet:
    """From the units of the estimates; the heat capacity at 298 K is taken to halfway between there and decomposition.

    It rises as van Krevelen says for solids, by 0.003 of its value a kelvin (Properties of Polymers, 4th ed., chapter 5).
    """
    halfway = 0.5 * (ROOM + decomposition)
    warmed = heat_capacity * (0.106 + 0.003 * halfway)
    return Sheet(1e3 * density, 1e3 * warmed, conductivity, decomposition, char, 1e6 * combustion)


def _time_to_ignition(*properties: Array) -> Array:
    time = time_to_ignition(sheet_of(*properties), HEAT_FLUX, THICKNESS)
    return np.where(np.isfinite(time), time, np.nan)


def _peak_heat_release_rate(*properties: Array) -> Array:
    return 1e-3 * burn(sheet_of(*properties)).peak_heat_release_rate


# As of parts that no reference polymer holds: a quarter of the mass.
_MOST_HALOGEN = 0.25


def _halogen_doubt(of: Evaluation) -> str:
    """What halogen does in the flame is not in the model: poly(vinyl chloride) peaks at 0.3 of its estimate."""
    share = of.once(atoms).halogen_share
    return f"{share:.0%} of the mass is halogen, which acts in the flame" if share > _MOST_HALOGEN else ""


NEEDS = (
    "density",
    "heat_capacity",
    "thermal_conductivity",
    "decomposition_temperature",
    "char_yield",
    "heat_of_combustion",
)
_SOURCES = (
    "Quintiere and Iqbal, Fire Mater. 18 (1994) 89; Moghtaderi et al., Fire Mater. 21 (1997) 7; Jiang, de Ris and Khan, "
    "Fire Safety J. 44 (2009) 106; Lyon and Janssens, DOT/FAA/AR-05/14 (2005)"
)

DERIVED = (
    DerivedModel(
        Property(
            name="time_to_ignition",
            unit="s",
            title="time to ignition, sheet of 6 mm at 50 kW/m2",
            error="factor 1.3",
            figures=2,
            method="heating of an insulated slab by radiation that goes deep, with losses at its surface, by the integral "
            "method, up to the decomposition temperature",
            source=_SOURCES,
            plausible=(0.5, 3600.0),
        ),
        NEEDS,
        _time_to_ignition,
        "A sheet does not get hot enough at 50 kW/m2 to ignite.",
        _halogen_doubt,
    ),
    DerivedModel(
        Property(
            name="peak_heat_release_rate",
            unit="kW/m2",
            title="peak heat release rate, sheet of 6 mm at 50 kW/m2",
            error="factor 1.4",
            figures=2,
            method="pyrolysis front moving into an insulated slab under heater and flame, through its char, by the "
            "integral method; highest mean over 10 s up to 90 % burnt",
            source=_SOURCES,
            plausible=(0.0, 5000.0),
        ),
        NEEDS,
        _peak_heat_release_rate,
        "The heat of combustion is less than that of the char, or the sheet glows on and on: no peak heat release rate.",
        _halogen_doubt,
    ),
)
