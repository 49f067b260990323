"""A thermally thick, reduced-order model of a polymer sheet in the cone calorimeter.

Before ignition the sheet is heated through its surface, which reradiates and loses heat by convection; it ignites when
the surface reaches the decomposition temperature. From then on the flame adds to the heat flux, and a pyrolysis front at
that temperature moves into the sheet; behind it lies char, through which the heat has to pass. Heat conduction ahead of
the front is treated by the integral method (Quintiere and Iqbal, Fire Mater. 18 (1994) 89; with char: Moghtaderi et al.,
Fire Mater. 21 (1997) 7): the heat stored in what is left of the sheet tells the gradient at the front. So a sheet burns
as a thick one first, and faster at its end, when it has been heated through to its insulated back.

What the state of the sheet decides is kept (losses, thickness, char, sensible heat); melting, dripping, swelling, oxygen
at the surface, smoke radiation and flame retardants are not in the model. All arrays hold one value per polymer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from discovery.physics.model import DerivedModel, Property

Array = NDArray[np.float64]

#: Heat flux of the cone heater at which the two properties are given, W/m2.
HEAT_FLUX = 50_000.0
#: Thickness of the sheet, m; between the 3 and 8 mm that cone data are mostly measured at.
THICKNESS = 0.006

_ROOM = 298.0  # K
_STEFAN_BOLTZMANN = 5.670e-8  # W/(m2 K4)
_EMISSIVITY = 0.92  # of most polymers and chars in the infrared 0.85-0.95
_CONVECTION = 10.0  # W/(m2 K), a horizontal sample under the cone heater before ignition
# Heat that the flame adds, W/m2, net of convection; Stoliarov, Crowley and Lyon, Combust. Flame 156 (2009) 1068.
_FLAME = 15_000.0
# Heat of decomposition, J per kg of gas: 0.8-1.1 MJ/kg for PMMA, PS, PE, PP, PC; Stoliarov and Walters,
# Polym. Degrad. Stab. 93 (2008) 422.
_DECOMPOSITION = 0.9e6
# Share of the heat of combustion that a well-ventilated flame sets free; total heat in cone tests of PE, PET, PC is 0.8-0.95.
_EFFICIENCY = 0.9
_CHAR_COMBUSTION = 33e6  # J/kg, carbon
_CHAR_DENSITY = 300.0  # kg/m3, porous
_CHAR_CONDUCTIVITY = 0.3  # W/(m K), porous and hot: radiation in its pores included
# Heat stored in a thick slab at a constant flux is pi/4 times (volumetric heat capacity x conductivity x surface
# rise^2 / flux): Carslaw and Jaeger's solution. In a slab heated through, with an insulated back, the profile is a
# parabola. The two meet over the range of the dimensionless gradient (flux x thickness / conductivity / surface rise)
# between 1.5, where a parabola's back face is at a quarter of the rise, and 2.
_THICK = np.pi / 4.0
_PARABOLA_UP_TO, _THICK_FROM = 1.5, 2.0
_PARABOLA_END = _PARABOLA_UP_TO - _PARABOLA_UP_TO**2 / 3.0
_SLOPE = (_THICK - _PARABOLA_END) / (_THICK_FROM - _PARABOLA_UP_TO)

_HEATING_STEPS = 60
_BURNING_STEPS = 1500
_BURNT_SHARE = 0.98  # of the thickness; the last film burns like the one before, in ever shorter steps


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What the model needs to know of the material, one value per polymer, in SI units."""

    density: Array
    """kg/m3."""
    heat_capacity: Array
    """J/(kg K), mean from room temperature to decomposition."""
    conductivity: Array
    """W/(m K)."""
    decomposition_temperature: Array
    """K."""
    char_yield: Array
    """Mass fraction."""
    heat_of_combustion: Array
    """Net, J/kg."""


@dataclass(frozen=True, slots=True, eq=False)
class FireCourse:
    """How sheets burn, one value per polymer."""

    time_to_ignition: Array
    """s; infinite where the surface never gets hot enough."""
    peak_heat_release_rate: Array
    """W/m2; 0 where nothing ignites."""
    total_heat_release: Array
    """J/m2, until all but a last film is burnt."""


def burn(
    sheet: Sheet, heat_flux: float = HEAT_FLUX, thickness: float = THICKNESS, resolution: float = 1.0
) -> FireCourse:
    """Lets sheets burn under the cone heater.

    Args:
        sheet: The materials.
        heat_flux: Of the heater, W/m2.
        thickness: Of the sheets, m; their back is insulated.
        resolution: Number of steps, relative to what is needed.
    """
    ignition, heat = _heating(sheet, heat_flux, thickness, resolution)
    peak, total = _burning(sheet, heat, np.isfinite(ignition), heat_flux, thickness, resolution)
    return FireCourse(ignition, peak, total)


def _heating(sheet: Sheet, heat_flux: float, thickness: float, resolution: float) -> tuple[Array, Array]:
    """Time to ignition and the heat stored by then, J/m2.

    The profile gives the stored heat as a function of the surface temperature alone, so the time is a sum over it.
    """
    volumetric = sheet.density * sheet.heat_capacity
    rise = sheet.decomposition_temperature - _ROOM
    share = np.linspace(0.0, 1.0, round(_HEATING_STEPS * resolution) + 1)[:, None]
    surface = share * rise
    absorbed = _EMISSIVITY * heat_flux - _losses(_ROOM + surface) - _CONVECTION * surface
    cold = absorbed[-1] <= 0.0  # in balance with its losses below the decomposition temperature
    net = np.where(cold, 1.0, absorbed)
    lengths = surface * sheet.conductivity / net  # surface rise over gradient
    stored = volumetric * surface * lengths * _content(thickness / np.maximum(lengths, 1e-12))
    time = (np.diff(stored, axis=0) * 0.5 * (1.0 / net[1:] + 1.0 / net[:-1])).sum(axis=0)
    return np.where(cold, np.inf, time), stored[-1]


def _burning(
    sheet: Sheet, stored: Array, lit: NDArray[np.bool_], heat_flux: float, thickness: float, resolution: float
) -> tuple[Array, Array]:
    """Highest heat release rate, W/m2, and total heat, J/m2; each sheet keeps its own time."""
    rise = sheet.decomposition_temperature - _ROOM
    sensible = sheet.density * sheet.heat_capacity * rise  # J/m3
    gas = sheet.density * (1.0 - sheet.char_yield)  # kg/m3
    diffusivity = sheet.conductivity / (sheet.density * sheet.heat_capacity)
    # Char of the mass left behind, at its own density, per metre of sheet burnt through.
    resistance = sheet.char_yield * sheet.density / (_CHAR_DENSITY * _CHAR_CONDUCTIVITY)
    fuel = _EFFICIENCY * gas * _gas_combustion(sheet)  # J/m3
    front = np.zeros_like(rise)
    heat = np.clip(stored, 1e-9, None)
    arriving = np.full_like(rise, _EMISSIVITY * heat_flux)
    peak, total = np.zeros_like(rise), np.zeros_like(rise)
    burning = lit & (gas > 0.0)
    for _ in range(round(_BURNING_STEPS * resolution)):
        if not burning.any():
            break
        left = thickness - front
        filled = np.minimum(heat / (sensible * left), 1.0)
        inward = sheet.conductivity * rise * _gradient(filled) / left
        arriving = _through_char(arriving, sheet.decomposition_temperature, resistance * front, heat_flux)
        speed = np.clip(arriving - inward, 0.0, None) / (_DECOMPOSITION * gas)
        change = np.minimum(inward, arriving) - sensible * speed
        depth = left * np.minimum(3.0 * filled, 1.0)
        step = np.minimum(0.04 * heat / np.maximum(np.abs(change), 1e-9), 0.1 * depth**2 / diffusivity)
        step = np.minimum(step, 0.01 * thickness / np.maximum(speed, 1e-12)) / resolution
        step = np.where(burning, step, 0.0)
        rate = fuel * speed
        peak = np.where(burning, np.maximum(peak, rate), peak)
        total += rate * step
        front += speed * step
        heat = np.clip(heat + change * step, 1e-9, sensible * (thickness - front))
        burning &= (front < _BURNT_SHARE * thickness) & (arriving > 0.0)
    return peak, total


def _content(gradient: Array) -> Array:
    """Heat stored, in units of volumetric heat capacity x conductivity x surface rise^2 / flux, by dimensionless gradient."""
    between = _PARABOLA_END + _SLOPE * (gradient - _PARABOLA_UP_TO)
    parabola = gradient - gradient**2 / 3.0
    return np.where(gradient <= _PARABOLA_UP_TO, parabola, np.minimum(between, _THICK))


def _gradient(filled: Array) -> Array:
    """Dimensionless gradient by the share of the heat that a slab all at its surface's temperature would hold: the
    inverse of :func:`_content` over its argument.
    """
    between = (_PARABOLA_END - _SLOPE * _PARABOLA_UP_TO) / np.maximum(filled - _SLOPE, 1e-12)
    thick = _THICK / np.maximum(filled, 1e-12)
    return np.where(
        filled >= 1.0 - _PARABOLA_UP_TO / 3.0,
        3.0 * (1.0 - filled),
        np.where(filled >= _THICK / _THICK_FROM, between, thick),
    )


def _through_char(arriving: Array, front: Array, resistance: Array, heat_flux: float) -> Array:
    """Flux that reaches the front through char of the given thermal resistance, m2 K/W: two steps of Newton's method
    from the last one, for the surface above the front is hotter the more heat passes.
    """
    absorbed = _EMISSIVITY * heat_flux + _FLAME
    for _ in range(2):
        surface = front + resistance * arriving
        excess = arriving - absorbed + _losses(surface)
        slope = 1.0 + 4.0 * _EMISSIVITY * _STEFAN_BOLTZMANN * surface**3 * resistance
        arriving = np.clip(arriving - excess / slope, 0.0, None)
    return arriving


def _losses(surface: Array) -> Array:
    """Reradiation in excess of what the surroundings send, W/m2."""
    return _EMISSIVITY * _STEFAN_BOLTZMANN * (surface**4 - _ROOM**4)


def _gas_combustion(sheet: Sheet) -> Array:
    """Heat of combustion of the gases, J/kg: the polymer's less that of its char, at most the polymer's own."""
    gases = (sheet.heat_of_combustion - sheet.char_yield * _CHAR_COMBUSTION) / (1.0 - sheet.char_yield)
    return np.clip(np.minimum(gases, sheet.heat_of_combustion), 0.0, None)


def _sheet(
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
    halfway = 0.5 * (_ROOM + decomposition)
    warmed = heat_capacity * (0.106 + 0.003 * halfway)
    return Sheet(1e3 * density, 1e3 * warmed, conductivity, decomposition, char, 1e6 * combustion)


def _time_to_ignition(*properties: Array) -> Array:
    time, _ = _heating(_sheet(*properties), HEAT_FLUX, THICKNESS, 1.0)
    return np.where(np.isfinite(time), time, np.nan)


def _peak_heat_release_rate(*properties: Array) -> Array:
    return 1e-3 * burn(_sheet(*properties)).peak_heat_release_rate


_NEEDS = (
    "density",
    "heat_capacity",
    "thermal_conductivity",
    "decomposition_temperature",
    "char_yield",
    "heat_of_combustion",
)
_SOURCES = (
    "Quintiere and Iqbal, Fire Mater. 18 (1994) 89; Moghtaderi et al., Fire Mater. 21 (1997) 7; Lyon and Janssens, "
    "DOT/FAA/AR-05/14 (2005)"
)

DERIVED = (
    DerivedModel(
        Property(
            name="time_to_ignition",
            unit="s",
            title="time to ignition of 6 mm at 50 kW/m2",
            method="heating of an insulated slab with surface losses by the integral method, up to the decomposition "
            "temperature",
            source=_SOURCES,
            valid=(0.5, 3600.0),
        ),
        _NEEDS,
        _time_to_ignition,
    ),
    DerivedModel(
        Property(
            name="peak_heat_release_rate",
            unit="kW/m2",
            title="peak heat release rate of 6 mm at 50 kW/m2",
            method="pyrolysis front moving into an insulated slab under heater and flame, through its char, by the "
            "integral method",
            source=_SOURCES,
            valid=(0.0, 5000.0),
        ),
        _NEEDS,
        _peak_heat_release_rate,
    ),
)
