from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.physics import estimate
from discovery.physics.fire import HEAT_FLUX, THICKNESS, FireCourse, Sheet, burn
from discovery.polymers import RepeatUnit

STEFAN_BOLTZMANN, EMISSIVITY, CONVECTION, ROOM = 5.670e-8, 0.92, 10.0, 298.0


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


sheets = st.builds(
    sheet,
    density=st.floats(850, 2200),
    heat_capacity=st.floats(900, 3000),
    conductivity=st.floats(0.1, 0.4),
    decomposition_temperature=st.floats(520, 900),
    char_yield=st.floats(0, 0.8),
    heat_of_combustion=st.floats(1e6, 46e6),
)


def absorbed(temperature: np.ndarray, flux: float) -> np.ndarray:
    rest = CONVECTION * (temperature - ROOM)
    return EMISSIVITY * (flux - STEFAN_BOLTZMANN * (temperature**4 - ROOM**4)) - rest


def test_thick_slab_under_a_strong_flux_ignites_as_carslaw_and_jaeger_say() -> None:
    flux, rise = 2e6, 610.0 - ROOM
    expected = np.pi / 4 * 0.2 * 1190.0 * 2000.0 * (rise / (EMISSIVITY * flux)) ** 2
    assert burn(sheet(), flux, thickness=0.03).time_to_ignition == pytest.approx(expected, rel=0.03)


def test_thin_film_heats_through_uniformly() -> None:
    thickness = 2e-5
    temperature = np.linspace(ROOM, 610.0, 4001)
    lumped = np.trapezoid(1190.0 * 2000.0 * thickness / absorbed(temperature, 50e3), temperature)
    assert burn(sheet(), 50e3, thickness).time_to_ignition == pytest.approx(lumped, rel=0.02)


def test_thick_sheet_burns_steadily_at_the_rate_of_its_heat_of_gasification() -> None:
    # Long after ignition all heat that enters is spent on heating to 610 K and on decomposing.
    entering = EMISSIVITY * (50e3 - STEFAN_BOLTZMANN * (610.0**4 - ROOM**4)) + 15e3
    steady = 0.9 * 25e6 * entering / (0.9e6 + 2000.0 * (610.0 - ROOM))
    course = burn(sheet(), 50e3, thickness=0.5)
    assert course.peak_heat_release_rate[0] > steady
    assert course.peak_heat_release_rate[0] < steady * (1 + 2000.0 * (610.0 - ROOM) / 0.9e6)


def test_no_flux_that_the_surface_reradiates_in_full_ignites_anything() -> None:
    course = burn(sheet(), heat_flux=5e3)
    assert np.isinf(course.time_to_ignition[0])
    assert course.peak_heat_release_rate[0] == 0.0
    assert course.total_heat_release[0] == 0.0


@settings(max_examples=25, deadline=None)
@given(sheets, st.floats(2e-3, 3e-2))
def test_no_more_heat_is_released_than_the_gases_hold(material: Sheet, thickness: float) -> None:
    course = burn(material, HEAT_FLUX, thickness)
    held = material.density * thickness * (1 - material.char_yield) * material.heat_of_combustion
    assert np.all(course.total_heat_release >= 0.0)
    assert np.all(course.total_heat_release <= held)
    assert np.all(course.peak_heat_release_rate >= 0.0)
    assert np.all(course.time_to_ignition > 0.0)


@settings(max_examples=25, deadline=None)
@given(sheets, st.floats(40e3, 90e3), st.floats(1.1, 2.0))
def test_more_flux_ignites_sooner_and_burns_harder(material: Sheet, flux: float, more: float) -> None:
    mild, strong = burn(material, flux), burn(material, more * flux)
    assert np.all(strong.time_to_ignition <= mild.time_to_ignition)
    assert np.all(strong.peak_heat_release_rate >= 0.999 * mild.peak_heat_release_rate)


@settings(max_examples=25, deadline=None)
@given(sheets, st.sampled_from(["density", "heat_capacity", "conductivity"]), st.floats(1.1, 2.0))
def test_thermal_inertia_delays_the_ignition_of_a_thick_sheet(
    material: Sheet, field: str, more: float
) -> None:
    slower = replace(material, **{field: more * getattr(material, field)})
    thick = 0.05
    assert burn(slower, 60e3, thick).time_to_ignition >= burn(material, 60e3, thick).time_to_ignition


@settings(max_examples=25, deadline=None)
@given(sheets, st.floats(2e-3, 2e-2))
def test_thicker_sheets_take_no_less_time_to_ignite(material: Sheet, thickness: float) -> None:
    thin, thick = (burn(material, HEAT_FLUX, size).time_to_ignition for size in (thickness, 1.5 * thickness))
    assert np.all(thick >= thin * (1 - 1e-9))


def test_finer_steps_change_nothing() -> None:
    materials = Sheet(
        density=np.array([950.0, 1190.0, 1200.0, 1300.0]),
        heat_capacity=np.array([3000.0, 2000.0, 2000.0, 2000.0]),
        conductivity=np.array([0.35, 0.19, 0.2, 0.24]),
        decomposition_temperature=np.array([687.0, 610.0, 770.0, 850.0]),
        char_yield=np.array([0.0, 0.0, 0.22, 0.47]),
        heat_of_combustion=np.array([43.5e6, 24.9e6, 29.8e6, 30e6]),
    )
    coarse, fine = burn(materials), burn(materials, resolution=4.0)
    for name in FireCourse.__slots__:
        assert getattr(coarse, name) == pytest.approx(getattr(fine, name), rel=0.02), name


def test_all_but_the_last_film_burns() -> None:
    burnt = burn(sheet()).total_heat_release[0]
    assert burnt == pytest.approx(0.98 * 0.9 * 1190.0 * THICKNESS * 25e6, rel=0.02)


def test_char_shields_what_is_below_it() -> None:
    bare, charring = burn(sheet()), burn(sheet(char_yield=0.3))
    assert charring.peak_heat_release_rate[0] < 0.7 * bare.peak_heat_release_rate[0]


def test_polymers_do_not_influence_each_other() -> None:
    one, other = sheet(), sheet(density=950.0, heat_of_combustion=43e6, char_yield=0.1)
    columns = ((getattr(one, name), getattr(other, name)) for name in Sheet.__slots__)
    both = burn(Sheet(*(np.concatenate(pair) for pair in columns)))
    alone = burn(other)
    assert both.peak_heat_release_rate[1] == pytest.approx(alone.peak_heat_release_rate[0], rel=1e-9)


@pytest.mark.parametrize(
    ("psmiles", "ignition", "peak"),
    [  # cone calorimeter, 50 kW/m2, sheets of 3 to 8 mm: typical measured values
        ("*CC(*)(C)C(=O)OC", 30, 1000),
        ("*Oc1ccc(C(C)(C)c2ccc(OC(*)=O)cc2)cc1", 100, 490),
        ("*NCCCCCC(*)=O", 70, 1230),
        ("*CC(*)C", 34, 2100),
    ],
)
def test_known_polymers_ignite_and_burn_within_a_factor_of_two(
    psmiles: str, ignition: float, peak: float
) -> None:
    found = estimate([RepeatUnit.parse(psmiles)], ["time_to_ignition", "peak_heat_release_rate"])
    time, rate = found.values[0]
    assert ignition / 2 < time < ignition * 2
    assert peak / 2 < rate < peak * 2
