from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.linalg import solve_banded
from scipy.optimize import brentq
from scipy.special import erfcx

from discovery.physics.cone import (
    ABSORPTION,
    BURNT_UP_TO,
    CHAR_COMBUSTION,
    DECOMPOSITION,
    HEAT_FLUX,
    PEAK_OVER,
    FireCourse,
    Sheet,
    burn,
    gas_combustion,
    time_to_ignition,
)

STEFAN_BOLTZMANN, EMISSIVITY, CONVECTION, ROOM = 5.670e-8, 0.92, 10.0, 298.0
EFFICIENCY, FLAME = 0.9, 15e3


def sheet(
    density: float = 1190.0,
    heat_capacity: float = 2000.0,
    conductivity: float = 0.2,
    decomposition_temperature: float = 610.0,
    char_yield: float = 0.0,
    heat_of_combustion: float = 25e6,
) -> Sheet:
    one = (density, heat_capacity, conductivity, decomposition_temperature, char_yield, heat_of_combustion)
    return Sheet(*(np.array([value]) for value in one))


PMMA = sheet()
POLYETHYLENE = sheet(950.0, 3000.0, 0.3, 687.0, 0.0, 43.5e6)
POLYCARBONATE = sheet(1200.0, 2000.0, 0.2, 770.0, 0.22, 29.8e6)
PEEK = sheet(1300.0, 2000.0, 0.24, 850.0, 0.47, 30e6)

sheets = st.builds(
    sheet,
    density=st.floats(850, 2200),
    heat_capacity=st.floats(900, 3000),
    conductivity=st.floats(0.1, 0.4),
    decomposition_temperature=st.floats(520, 900),
    char_yield=st.floats(0, 0.8),
    heat_of_combustion=st.floats(3e7, 46e6),
)


def absorbed(temperature: NDArray[np.float64], flux: float) -> NDArray[np.float64]:
    rest = CONVECTION * (temperature - ROOM)
    return np.asarray(EMISSIVITY * (flux - STEFAN_BOLTZMANN * (temperature**4 - ROOM**4)) - rest)


def solved(of: Sheet, flux: float, thickness: float, absorption: float) -> tuple[float, float, float]:
    """Time to ignition, s, peak, W/m2, and time of burning, s, of the same sheet by finite differences: implicit in time, on
    a grid that is finest at the surface and shrinks with what is left."""
    step = 0.1
    density, capacity, conductivity, hot, char, combustion = (
        float(getattr(of, name)[0]) for name in Sheet.__slots__
    )
    gas = density * (1 - char)
    fuel = EFFICIENCY * density * (combustion - char * CHAR_COMBUSTION)
    resistance = char * density / (300.0 * 0.3)
    cells = 60
    places = np.linspace(0.0, 1.0, cells + 1) ** 2
    temperature = np.full(cells + 1, ROOM)
    front = clock = 0.0
    ignited: float | None = None
    arriving, rates = EMISSIVITY * flux, [0.0]
    while front < BURNT_UP_TO * thickness:
        x = places * (thickness - front)
        width = np.diff(x)
        volume = np.concatenate([[0.0], width]) / 2 + np.concatenate([width, [0.0]]) / 2
        between = conductivity / width
        banded = np.zeros((3, cells + 1))
        banded[0, 1:] = banded[2, :-1] = -between
        banded[1] = density * capacity * volume / step
        right = banded[1] * temperature
        banded[1, :-1] += between
        banded[1, 1:] += between
        if ignited is None:
            surface = temperature[:1]
            faces = min(absorption, 1e9) * np.concatenate([[0.0], np.cumsum(volume)])
            shares = np.exp(-faces[:-1]) - np.exp(-faces[1:])
            slope = 4 * EMISSIVITY * STEFAN_BOLTZMANN * surface[0] ** 3 + CONVECTION
            right += EMISSIVITY * flux * shares / shares.sum()
            right[0] += absorbed(surface, 0.0)[0] + slope * surface[0]
            banded[1, 0] += slope
            temperature = solve_banded((1, 1), banded, right)
            clock += step
            if temperature[0] >= hot:
                ignited, clock, temperature = clock, 0.0, np.minimum(temperature, hot)
            continue
        one, two = x[1], x[2]
        falls = two**2 * (temperature[0] - temperature[1]) - one**2 * (temperature[0] - temperature[2])
        inward = conductivity * falls / (one * two * (two - one))
        flame = 1.0 - np.exp(-clock / 5.0)
        for _ in range(20):
            top = hot + resistance * front * arriving
            cooling = (1 - flame) * CONVECTION
            excess = arriving - EMISSIVITY * (flux - STEFAN_BOLTZMANN * (top**4 - ROOM**4)) - flame * FLAME
            excess += cooling * (top - ROOM)
            slope = (4 * EMISSIVITY * STEFAN_BOLTZMANN * top**3 + cooling) * resistance * front
            arriving = max(arriving - excess / (1 + slope), 0.0)
        speed = max(arriving - inward, 0.0) / (DECOMPOSITION * gas)
        right += density * capacity * volume * (1 - places) * speed * np.gradient(temperature, x)
        banded[1, 0], banded[0, 1], right[0] = 1.0, 0.0, hot
        temperature = solve_banded((1, 1), banded, right)
        front += speed * step
        clock += step
        rates.append(fuel * speed)
    released = np.cumsum(rates) * step
    window = round(PEAK_OVER / step)
    before = np.concatenate([np.zeros(window), released])[: len(released)]
    assert ignited is not None
    return ignited, float((released - before).max() / PEAK_OVER), clock


@pytest.mark.parametrize(
    ("material", "flux", "thickness"),
    [
        (POLYETHYLENE, 50e3, 0.006),
        (POLYETHYLENE, 75e3, 0.003),
        (PMMA, 50e3, 0.003),
        (PMMA, 50e3, 0.025),
        (POLYCARBONATE, 50e3, 0.003),
        (POLYCARBONATE, 75e3, 0.006),
        (PEEK, 50e3, 0.004),
    ],
    ids=["PE", "PE thin", "PMMA thin", "PMMA thick", "PC thin", "PC", "PEEK"],
)
def test_the_integral_method_follows_the_numerical_solution(
    material: Sheet, flux: float, thickness: float
) -> None:
    for absorption, within in ((np.inf, 0.15), (ABSORPTION, 0.2)):
        ignition, peak, burning = solved(material, flux, thickness, absorption)
        course = burn(material, flux, thickness, absorption=absorption)
        assert course.time_to_ignition[0] == pytest.approx(ignition, rel=0.1)
        assert course.peak_heat_release_rate[0] == pytest.approx(peak, rel=within)
        assert course.burning_time[0] == pytest.approx(burning, rel=0.06)


def test_thick_slab_under_a_strong_flux_ignites_as_carslaw_and_jaeger_say() -> None:
    flux, rise = 2e6, 610.0 - ROOM
    expected = np.pi / 4 * 0.2 * 1190.0 * 2000.0 * (rise / (EMISSIVITY * flux)) ** 2
    ignition = burn(sheet(), flux, thickness=0.03, absorption=np.inf).time_to_ignition
    assert ignition == pytest.approx(expected, rel=0.03)


def test_radiation_that_goes_deep_delays_ignition_as_carslaw_and_jaeger_say() -> None:
    flux, rise, coefficient, diffusivity = 400e3, 610.0 - ROOM, 1500.0, 0.2 / (1190.0 * 2000.0)

    def beyond(time: float) -> float:
        depth = np.sqrt(diffusivity * time)
        reached = 2 * depth / np.sqrt(np.pi) - (1 - erfcx(coefficient * depth)) / coefficient
        return float(EMISSIVITY * flux * reached / 0.2 - rise)

    expected = brentq(beyond, 1e-4, 100.0)
    at_the_surface = burn(sheet(), flux, thickness=0.05, absorption=np.inf).time_to_ignition[0]
    in_depth = burn(sheet(), flux, thickness=0.05, absorption=coefficient).time_to_ignition[0]
    assert in_depth == pytest.approx(expected, rel=0.1)
    assert in_depth > 3 * at_the_surface


@pytest.mark.parametrize(
    "change", [{"conductivity": 0.35}, {"density": 1800.0}, {"heat_capacity": 1200.0}], ids=str
)
def test_ignition_of_a_thick_sheet_scales_with_thermal_inertia(change: dict[str, float]) -> None:
    before, after = (sheet(), sheet(**change))
    inertia = [one.conductivity * one.density * one.heat_capacity for one in (before, after)]
    times = [burn(one, 50e3, 0.1, absorption=np.inf).time_to_ignition for one in (before, after)]
    assert times[1] / times[0] == pytest.approx(inertia[1] / inertia[0], rel=1e-6)


def test_ignition_of_a_thick_sheet_scales_with_the_square_of_its_temperature_rise_over_the_flux() -> None:
    # Where losses are small beside the flux; at 50 kW/m2 they are not.
    times = {
        (hot, flux): burn(
            sheet(decomposition_temperature=hot), flux, 0.1, absorption=np.inf
        ).time_to_ignition[0]
        for hot in (550.0, 700.0)
        for flux in (5e5, 1e6)
    }
    assert times[550.0, 5e5] / times[550.0, 1e6] == pytest.approx(4.0, rel=0.05)
    assert times[700.0, 1e6] / times[550.0, 1e6] == pytest.approx(
        ((700 - ROOM) / (550 - ROOM)) ** 2, rel=0.05
    )


def test_thin_film_heats_through_uniformly() -> None:
    thickness = 2e-5
    temperature = np.linspace(ROOM, 610.0, 4001, dtype=np.float64)
    slowness = 1190.0 * 2000.0 * thickness / absorbed(temperature, 50e3)
    lumped = np.sum((slowness[1:] + slowness[:-1]) / 2 * np.diff(temperature))
    assert burn(sheet(), 50e3, thickness).time_to_ignition == pytest.approx(lumped, rel=0.02)


def test_time_to_ignition_alone_is_that_of_the_whole_course() -> None:
    assert time_to_ignition(POLYCARBONATE, 60e3, 0.004) == burn(POLYCARBONATE, 60e3, 0.004).time_to_ignition


def test_thick_sheet_burns_steadily_at_the_rate_of_its_heat_of_gasification() -> None:
    # Long after ignition all heat that enters is spent on heating to 610 K and on decomposing.
    entering = EMISSIVITY * (50e3 - STEFAN_BOLTZMANN * (610.0**4 - ROOM**4)) + FLAME
    steady = EFFICIENCY * 25e6 * entering / (DECOMPOSITION + 2000.0 * (610.0 - ROOM))
    # Two steady sheets differ only in how long they burn: their totals over their times, without both ends.
    thick, thicker = burn(sheet(), 50e3, 0.2), burn(sheet(), 50e3, 0.4)
    rate = (thicker.total_heat_release - thick.total_heat_release) / (
        thicker.burning_time - thick.burning_time
    )
    assert rate[0] == pytest.approx(steady, rel=0.02)


def test_a_sheet_heated_through_burns_at_absorbed_flux_over_heat_of_decomposition() -> None:
    entering = EMISSIVITY * (50e3 - STEFAN_BOLTZMANN * (610.0**4 - ROOM**4)) + FLAME
    limit = EFFICIENCY * 25e6 * entering / DECOMPOSITION
    thin = burn(sheet(), 50e3, 0.003).peak_heat_release_rate[0]
    assert 0.9 * limit < thin < limit


@pytest.mark.parametrize("material", [POLYETHYLENE, PMMA], ids=["PE", "PMMA"])
def test_the_peak_falls_with_thickness(material: Sheet) -> None:
    # 3 mm of either are heated through long before they have burnt, 25 mm are not.
    thin, middle, thick = (
        burn(material, 50e3, thickness).peak_heat_release_rate[0] for thickness in (0.003, 0.01, 0.025)
    )
    assert thick < 0.8 * thin
    assert thick < middle < thin


def test_the_peak_depends_on_thermal_inertia() -> None:
    heavy = replace(PMMA, heat_capacity=1.5 * PMMA.heat_capacity)
    peaks = [burn(material, 50e3, 0.025).peak_heat_release_rate[0] for material in (PMMA, heavy)]
    assert peaks[1] < 0.95 * peaks[0]


@settings(max_examples=25, deadline=None)
@given(sheets, st.floats(40e3, 90e3), st.floats(1.1, 2.0))
def test_more_flux_ignites_sooner(material: Sheet, flux: float, more: float) -> None:
    mild, strong = (burn(material, each).time_to_ignition[0] for each in (flux, more * flux))
    assert strong < mild or np.isinf(mild)


@pytest.mark.parametrize("material", [POLYETHYLENE, PMMA], ids=["PE", "PMMA"])
def test_the_peak_of_what_leaves_no_char_rises_with_flux(material: Sheet) -> None:
    peaks = [burn(material, flux).peak_heat_release_rate[0] for flux in (25e3, 35e3, 50e3, 75e3, 100e3)]
    assert np.all(np.diff(peaks) > 50e3)


def test_no_flux_that_the_surface_reradiates_in_full_ignites_anything() -> None:
    course = burn(sheet(), heat_flux=5e3)
    assert np.isinf(course.time_to_ignition[0])
    assert course.peak_heat_release_rate[0] == 0.0
    assert course.total_heat_release[0] == 0.0
    assert np.isnan(course.time_to_peak[0])


@settings(max_examples=25, deadline=None)
@given(sheets, st.floats(2e-3, 3e-2))
def test_the_heat_released_is_that_of_the_gases_of_what_has_burnt(material: Sheet, thickness: float) -> None:
    course = burn(material, 60e3, thickness)
    if np.isinf(course.time_to_ignition[0]):
        return
    burnt = BURNT_UP_TO * material.density * thickness
    gases = burnt * (material.heat_of_combustion - material.char_yield * CHAR_COMBUSTION)
    assert course.total_heat_release[0] == pytest.approx(EFFICIENCY * gases[0], rel=1e-6)
    gas = gas_combustion(material) * (1 - material.char_yield)
    assert course.total_heat_release[0] == pytest.approx(EFFICIENCY * (burnt * gas)[0], rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(sheets, st.floats(2e-3, 3e-2))
def test_the_peak_accounts_for_all_heat_and_lies_in_the_time_of_burning(
    material: Sheet, thickness: float
) -> None:
    course = burn(material, 60e3, thickness)
    if np.isinf(course.time_to_ignition[0]):
        return
    # so many windows cover the time of burning, and none of them releases more than the highest
    windows = np.ceil(course.burning_time / PEAK_OVER) * PEAK_OVER
    assert course.peak_heat_release_rate[0] * windows[0] >= course.total_heat_release[0] * (1 - 1e-6)
    assert 0.0 < course.time_to_peak[0] <= course.burning_time[0]


@pytest.mark.parametrize("material", [PEEK, POLYCARBONATE, sheet(char_yield=0.3)], ids=["PEEK", "PC", "30 %"])
def test_a_charring_sheet_peaks_neither_when_it_ignites_nor_at_its_end(material: Sheet) -> None:
    course = burn(material, 50e3, 0.01)
    assert 1.1 * PEAK_OVER < course.time_to_peak[0] < 0.1 * course.burning_time[0]


@settings(max_examples=25, deadline=None)
@given(sheets, st.sampled_from(["density", "heat_capacity", "conductivity"]), st.floats(1.1, 2.0))
def test_thermal_inertia_delays_the_ignition_of_a_thick_sheet(
    material: Sheet, field: str, more: float
) -> None:
    slower = replace(material, **{field: more * getattr(material, field)})
    times = [burn(one, 60e3, 0.05, absorption=np.inf).time_to_ignition[0] for one in (material, slower)]
    assert times[1] > times[0] or np.isinf(times[0])


@settings(max_examples=25, deadline=None)
@given(sheets, st.floats(2e-3, 2e-2))
def test_thicker_sheets_take_no_less_time_to_ignite(material: Sheet, thickness: float) -> None:
    thin, thick = (burn(material, HEAT_FLUX, size).time_to_ignition for size in (thickness, 1.5 * thickness))
    assert np.all(thick >= thin * (1 - 0.01))


def materials() -> Iterator[Sheet]:
    yield from (POLYETHYLENE, PMMA, POLYCARBONATE, PEEK)


@pytest.mark.parametrize("thickness", [0.003, 0.006, 0.025])
def test_half_the_step_changes_little(thickness: float) -> None:
    together = Sheet(*(np.concatenate(column) for column in zip(*map(columns, materials()), strict=True)))
    coarse, fine = (burn(together, 50e3, thickness, resolution=steps) for steps in (1.0, 2.0))
    for name in FireCourse.__slots__:
        within = 0.1 if name == "time_to_peak" else 0.02
        assert getattr(coarse, name) == pytest.approx(getattr(fine, name), rel=within), name


def columns(material: Sheet) -> list[NDArray[np.float64]]:
    return [getattr(material, name) for name in Sheet.__slots__]


def test_a_sheet_that_has_not_burnt_after_all_steps_has_no_answer_but_its_ignition() -> None:
    course, whole = (burn(POLYETHYLENE, most_steps=steps) for steps in (50, 2_000))
    assert course.time_to_ignition == whole.time_to_ignition
    for name in ("peak_heat_release_rate", "time_to_peak", "total_heat_release", "burning_time"):
        assert np.isnan(getattr(course, name)[0]), name
        assert np.isfinite(getattr(whole, name)[0]), name


def test_gases_of_negative_heat_have_no_answer() -> None:
    # 0.6 of the mass as char would burn with 19.7 kJ per gram of polymer, which has 15 in all.
    course = burn(sheet(char_yield=0.6, heat_of_combustion=15e6))
    assert np.isfinite(course.time_to_ignition[0])
    assert np.isnan(course.peak_heat_release_rate[0])
    assert np.isnan(course.total_heat_release[0])


def test_the_peak_of_a_thin_sheet_goes_as_one_over_the_heat_of_decomposition() -> None:
    peaks = [burn(PMMA, 50e3, 0.003, decomposition=heat).peak_heat_release_rate[0] for heat in (0.9e6, 1.8e6)]
    assert peaks[0] / peaks[1] == pytest.approx(2.0, rel=0.1)


def test_char_shields_what_is_below_it() -> None:
    bare, charring = burn(sheet()), burn(sheet(char_yield=0.3))
    # by more than the gas that is missing
    assert charring.peak_heat_release_rate[0] < 0.6 * bare.peak_heat_release_rate[0]


def test_polymers_do_not_influence_each_other() -> None:
    pairs = zip(columns(PEEK), columns(POLYETHYLENE), strict=True)
    both = burn(Sheet(*(np.concatenate(pair) for pair in pairs)))
    for place, material in enumerate((PEEK, POLYETHYLENE)):
        alone = burn(material)
        for name in FireCourse.__slots__:
            assert getattr(both, name)[place] == pytest.approx(getattr(alone, name)[0], rel=1e-6), name
