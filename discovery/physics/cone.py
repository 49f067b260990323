"""A reduced-order model of a polymer sheet in the cone calorimeter.

Before ignition the sheet is heated by radiation that it absorbs over some tenths of a millimetre, while its surface
reradiates and loses heat by convection; it ignites when the surface reaches the decomposition temperature. From then on
the flame grows and adds to the heat flux, and a pyrolysis front at that temperature moves into the sheet; behind it lies
char, through which the heat has to pass. Heat conduction ahead of the front is treated by the integral method (Quintiere
and Iqbal, Fire Mater. 18 (1994) 89; with char: Moghtaderi et al., Fire Mater. 21 (1997) 7): the heat stored in what is
left of the sheet tells the gradient at the front. So a sheet burns as a thick one first, and faster once the thermal wave
has reached its insulated back, since what is left needs no more heating: a second peak, which for a thin sheet is the only
one. It is finite: a sheet heated through burns at absorbed flux over heat of decomposition.

The peak is the highest mean over 10 s, as cone users read it; it is looked for up to 90 % burnt. Beyond that a real sheet
is a film with holes, and its shrinking edge is no part of a model in one dimension.

What the state of the sheet decides is kept (losses, thickness, char, sensible heat); melting, dripping, swelling, oxygen
at the surface, smoke, halogen in the flame and flame retardants are not in the model. Compared with a numerical solution of
the same equations the peak is within 20 %, the times within 10 %, mostly much nearer (``tests``). All arrays hold one
value per polymer.

Absorption and heat of decomposition are one constant each for all polymers, while those that the validation set "FAA
Polymers" of NIST's Fire Dynamics Simulator burns with differ by factors of four and of three and a half:

| | PP | HDPE | PC | PBT | HIPS | PMMA | PET | POM | PA66 |
|---|---|---|---|---|---|---|---|---|---|
| absorption, 1/m | 966 | 1,300 | 1,770 | 2,560 | 2,700 | 2,700 | 2,937 | 3,550 | 3,920 |
| heat of decomposition, MJ/kg | 1.31 | 0.92 | 0.83 | 0.51 | 1.00 | 0.87 | 1.80 | 1.57 | 1.39 |
| heat of melting, MJ/kg | 0.08 | | | | | | 0.04 | 0.14 | 0.06 |

What that misses is told in ``docs/physics.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx

Array = NDArray[np.float64]

#: Heat flux of the cone heater at which the two properties are given, W/m2.
HEAT_FLUX = 50_000.0
#: Thickness of the sheet, m; between the 3 and 8 mm that cone data are mostly measured at.
THICKNESS = 0.006
#: Share of the sheet up to which it is let burn.
BURNT_UP_TO = 0.9
#: Time over which the peak is a mean, s.
PEAK_OVER = 10.0
#: Coefficient of absorption of the heater's radiation before ignition, 1/m: for all polymers one in the middle of those in the
#: table above, 966 to 3,920. How it delays ignition: Jiang, de Ris and Khan, Fire Safety J. 44 (2009) 106. Pigments and char
#: raise it.
ABSORPTION = 2_000.0

ROOM = 298.0
"""K."""
_STEFAN_BOLTZMANN = 5.670e-8  # W/(m2 K4)
_EMISSIVITY = 0.92  # of most polymers and chars in the infrared 0.85-0.95
_CONVECTION = 10.0  # W/(m2 K), a horizontal sample under the cone heater before ignition
# Heat that the grown flame adds, W/m2, net of convection; Stoliarov, Crowley, Lyon and Linteris, Combust. Flame 156 (2009)
# 1068.
_FLAME = 15_000.0
# Time in which the flame takes over from the convective loss, s: flaming counts as sustained after 10 s (ISO 5660-1), and
# by then it has grown to 86 %.
_FLAME_GROWTH = 5.0
#: Heat of decomposition, J per kg of gas: for all polymers that of PC, PMMA and PE; those in the table above go from 0.51 to 1.80
#: MJ/kg. Compare Stoliarov and Walters, Polym. Degrad. Stab. 93 (2008) 422.
DECOMPOSITION = 0.9e6
# Share of the heat of combustion that a well-ventilated flame sets free; total heat in cone tests of PE, PET, PC is 0.8-0.95.
_EFFICIENCY = 0.9
CHAR_COMBUSTION = 32.8e6
"""J/kg, carbon."""
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

#: Steps after which a sheet is given up; sheets up to 25 mm thick take 230 to 320.
MOST_STEPS = 2_000
_HEATING_STEPS = 60
_LAG_ROUNDS = 4
_MOST = 0.07  # share by which a step may change the stored heat


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
    """How sheets burn, one value per polymer.

    All but the time to ignition is NaN where the gases would have a negative heat of combustion, since char and heat of
    combustion then contradict each other, and where a sheet burns on and on.
    """

    time_to_ignition: Array
    """s; infinite where the surface never gets hot enough."""
    peak_heat_release_rate: Array
    """W/m2, highest mean over 10 s up to 90 % burnt; 0 where nothing ignites."""
    time_to_peak: Array
    """s from ignition to the end of those 10 s; NaN where nothing ignites."""
    total_heat_release: Array
    """J/m2, up to 90 % burnt."""
    burning_time: Array
    """s from ignition to 90 % burnt; NaN where nothing ignites."""


def burn(
    sheet: Sheet,
    heat_flux: float = HEAT_FLUX,
    thickness: float = THICKNESS,
    resolution: float = 1.0,
    absorption: float = ABSORPTION,
    decomposition: float = DECOMPOSITION,
    most_steps: int = MOST_STEPS,
) -> FireCourse:
    """Lets sheets burn under the cone heater.

    Args:
        sheet: The materials.
        heat_flux: Of the heater, W/m2.
        thickness: Of the sheets, m; their back is insulated.
        resolution: Number of steps, relative to what is needed.
        absorption: Coefficient of absorption of the heater's radiation, 1/m; infinite where it stops at the surface.
        decomposition: Heat of decomposition, J per kg of gas.
        most_steps: A sheet that has not burnt after so many steps has no answer but its time to ignition.
    """
    ignition, heat = _heating(sheet, heat_flux, thickness, resolution, absorption)
    contradicting = gas_combustion(sheet) < 0.0
    lit = np.isfinite(ignition) & (sheet.char_yield < 1.0) & ~contradicting
    times, released, burning = _burning(
        sheet, heat, lit, heat_flux, thickness, resolution, decomposition, most_steps
    )
    peak, when = _highest_mean(times, released)
    unknown = burning | contradicting
    burnt = lit & ~unknown
    return FireCourse(
        time_to_ignition=ignition,
        peak_heat_release_rate=np.where(unknown, np.nan, peak),
        time_to_peak=np.where(burnt, when, np.nan),
        total_heat_release=np.where(unknown, np.nan, released[-1]),
        burning_time=np.where(burnt, times[-1], np.nan),
    )


def time_to_ignition(sheet: Sheet, heat_flux: float = HEAT_FLUX, thickness: float = THICKNESS) -> Array:
    """That of :func:`burn` alone, s."""
    return _heating(sheet, heat_flux, thickness, 1.0, ABSORPTION)[0]


def _heating(
    sheet: Sheet, heat_flux: float, thickness: float, resolution: float, absorption: float
) -> tuple[Array, Array]:
    """Time to ignition and the heat stored by then, J/m2.

    The profile gives the stored heat as a function of the surface temperature alone, so the time is a sum over it. Below
    the depth of absorption the profile is that of a surface which is hotter by :func:`_lag`.
    """
    volumetric = sheet.density * sheet.heat_capacity
    rise = sheet.decomposition_temperature - ROOM
    share = np.linspace(0.0, 1.0, round(_HEATING_STEPS * resolution) + 1)[:, None]
    surface = share * rise
    absorbed = _EMISSIVITY * heat_flux - _losses(ROOM + surface) - _CONVECTION * surface
    cold = absorbed[-1] <= 0.0  # in balance with its losses below the decomposition temperature
    net = np.where(cold, 1.0, absorbed)
    profile = surface + _lag(surface, net, sheet.conductivity, heat_flux, thickness, absorption)
    lengths = profile * sheet.conductivity / net  # rise over gradient
    stored = volumetric * profile * lengths * _content(thickness / np.maximum(lengths, 1e-12))
    time = (np.diff(stored, axis=0) * 0.5 * (1.0 / net[1:] + 1.0 / net[:-1])).sum(axis=0)
    return np.where(cold, np.inf, time), stored[-1]


def _lag(
    surface: Array, net: Array, conductivity: Array, heat_flux: float, thickness: float, absorption: float
) -> Array:
    """How much cooler the surface is than if all radiation stopped there, K.

    In a thick slab flux / (conductivity x absorption) x (1 - exp(z^2) erfc z), z the depth of heating times the absorption
    coefficient (Carslaw and Jaeger, Conduction of Heat in Solids, 2nd ed. (1959), chapter 2, for a source that decays
    exponentially with depth); in a sheet heated through at most what the steady profile over its thickness allows.
    """
    whole = _EMISSIVITY * heat_flux / (conductivity * absorption)
    optical = min(thickness * absorption, 1e4)
    within = -np.expm1(-optical)
    most = optical * (0.5 - (0.5 - 1.0 / optical) / within - 1.0 / optical**2)
    lag = np.zeros_like(surface)
    for _ in range(_LAG_ROUNDS):
        depth = 0.5 * np.sqrt(np.pi) * (surface + lag) * conductivity / net
        lag = whole * np.minimum(1.0 - erfcx(absorption * np.maximum(depth, 1e-9)), most)
    return lag


def _burning(
    sheet: Sheet,
    stored: Array,
    lit: NDArray[np.bool_],
    heat_flux: float,
    thickness: float,
    resolution: float,
    decomposition: float,
    most_steps: int,
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Times since ignition, s, the heat released by then, J/m2, both ``steps x polymers``, and which still burn after all steps.

    Each sheet keeps its own time, in steps that burn at most 0.4 % of it and 2 % of what is left. The share of the heat
    stored relaxes ever faster as the sheet gets thin, so it is stepped implicitly in its own derivative.
    """
    rise = sheet.decomposition_temperature - ROOM
    sensible = sheet.density * sheet.heat_capacity * rise  # J/m3
    diffusivity = sheet.conductivity / (sheet.density * sheet.heat_capacity)
    gas = np.where(lit, sheet.density * (1.0 - sheet.char_yield), 1.0)  # kg/m3
    to_gas = decomposition * gas
    # Char of the mass left behind, at its own density, per metre of sheet burnt through.
    resistance = sheet.char_yield * sheet.density / (_CHAR_DENSITY * _CHAR_CONDUCTIVITY)
    fuel = np.where(lit, _EFFICIENCY * gas * gas_combustion(sheet), 0.0)  # J/m3
    front, clock, released = np.zeros_like(rise), np.zeros_like(rise), np.zeros_like(rise)
    filled = np.clip(stored / (sensible * thickness), 1e-9, 1.0)  # by heat, of what is left of the sheet
    arriving = np.full_like(rise, _EMISSIVITY * heat_flux)
    times, courses = [clock], [released]
    burning = lit
    for _ in range(round(most_steps * resolution)):
        if not burning.any():
            break
        left = thickness - front
        gradient = _gradient(filled)
        inward = sheet.conductivity * rise * gradient / left
        flame = 1.0 - np.exp(-clock / _FLAME_GROWTH)
        arriving = _through_char(
            arriving, sheet.decomposition_temperature, resistance * front, heat_flux, flame
        )
        speed = np.clip(arriving - inward, 0.0, None) / to_gas
        change = (np.minimum(inward, arriving) / sensible - speed * (1.0 - filled)) / left
        # How much slower it fills the fuller it is, 1/s.
        relaxation = diffusivity / left**2 * _steepness(filled, gradient)
        relaxation *= 1.0 + (1.0 - filled) * sensible / to_gas
        relaxation = np.maximum(relaxation - speed / left, 0.0)
        step = np.minimum(0.004 * thickness, 0.02 * left) / np.maximum(speed, 1e-12) / resolution
        slack = (
            np.abs(change) - _MOST * filled * relaxation
        )  # where positive, a long step would change it by more
        step = np.minimum(
            step, np.where(slack > 0.0, _MOST * filled / np.maximum(slack, 1e-15) / resolution, np.inf)
        )
        step = np.minimum(step, (0.5 + 0.1 * clock) / resolution)
        step = np.minimum(step, (BURNT_UP_TO * thickness - front) / np.maximum(speed, 1e-12))
        step = np.where(burning, step, 0.0)
        front = front + speed * step
        released = released + fuel * speed * step
        clock = clock + step
        filled = np.clip(filled + change * step / (1.0 + relaxation * step), 1e-9, 1.0)
        burning = burning & (front < BURNT_UP_TO * thickness * (1.0 - 1e-9))
        times.append(clock)
        courses.append(released)
    return np.stack(times), np.stack(courses), burning


def _highest_mean(times: Array, released: Array) -> tuple[Array, Array]:
    """The highest mean rate over :data:`PEAK_OVER`, and the end of that time; before ignition nothing is released."""
    polymers = np.arange(times.shape[1])
    span = (
        times.max() + 2.0 * PEAK_OVER
    )  # sets the polymers' times one behind the other, for one interpolation
    axis = (times + PEAK_OVER + span * polymers).T.ravel()
    began = np.interp(axis - PEAK_OVER, axis, released.T.ravel()).reshape(times.shape[::-1]).T
    began = np.where(times > PEAK_OVER, began, 0.0)
    means = (released - began) / PEAK_OVER
    highest = means.argmax(axis=0)
    return means[highest, polymers], times[highest, polymers]


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


def _steepness(filled: Array, gradient: Array) -> Array:
    """Minus the derivative of :func:`_gradient`, at most that of the parabola where it is flat."""
    return np.where(filled >= 1.0 - _PARABOLA_UP_TO / 3.0, 3.0, gradient / np.maximum(filled, 1e-12))


def _through_char(arriving: Array, front: Array, resistance: Array, heat_flux: float, flame: Array) -> Array:
    """Flux that reaches the front through char of the given thermal resistance, m2 K/W: two steps of Newton's method
    from the last one, for the surface above the front is hotter the more heat passes.

    Args:
        arriving: The last flux, W/m2.
        front: Temperature of the front, K.
        resistance: Of the char above it.
        heat_flux: Of the heater, W/m2.
        flame: How far the flame has taken over from the convective loss, 0 to 1.
    """
    absorbed = _EMISSIVITY * heat_flux + flame * _FLAME
    convection = (1.0 - flame) * _CONVECTION
    for _ in range(2):
        surface = front + resistance * arriving
        excess = arriving - absorbed + _losses(surface) + convection * (surface - ROOM)
        slope = 1.0 + (4.0 * _EMISSIVITY * _STEFAN_BOLTZMANN * surface**3 + convection) * resistance
        arriving = np.clip(arriving - excess / slope, 0.0, None)
    return arriving


def _losses(surface: Array) -> Array:
    """Reradiation in excess of what the surroundings send, W/m2."""
    return _EMISSIVITY * _STEFAN_BOLTZMANN * (surface**4 - ROOM**4)


def gas_combustion(sheet: Sheet) -> Array:
    """Heat of combustion of the gases, J/kg: the polymer's less that of its char; negative where the two contradict."""
    gases: Array = sheet.heat_of_combustion - sheet.char_yield * CHAR_COMBUSTION
    share: Array = np.maximum(1.0 - sheet.char_yield, 1e-12)
    return gases / share
