from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.errors import UnitError
from campaigns.units import convert, convert_difference, dimension, impossible, parse_unit


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (-120.0, "degC", "K", 153.15),
        (212.0, "degF", "degC", 100.0),
        (1.05, "g/cm3", "kg/m**3", 1050.0),
        (1.05, "g cm-3", "g/mL", 1.05),
        (0.2, "W/(m K)", "mW/m/K", 200.0),
        (2.5, "GPa", "MPa", 2500.0),
        (5.0, "%", "", 0.05),
        (25.0, "°C", "degC", 25.0),
        (1.0, "barrer", "mol/(m s Pa)", 3.3464e-16),
    ],
)
def test_units_convert_as_chemists_write_them(
    value: float, source: str, target: str, expected: float
) -> None:
    assert convert(value, source, target) == pytest.approx(expected, rel=1e-4)


def test_a_standard_error_has_no_zero_point() -> None:
    assert convert_difference(2.0, "degC", "K") == 2.0
    assert convert_difference(9.0, "degF", "degC") == pytest.approx(5.0)


def test_a_conversion_between_kinds_of_quantity_says_what_would_do() -> None:
    with pytest.raises(UnitError, match=r"g/cm3 cannot be converted to K\. Give the value in K"):
        convert(1.0, "g/cm3", "K")
    with pytest.raises(UnitError, match="coulomb; for a temperature write degC"):
        convert(1.0, "C", "K")


@pytest.mark.parametrize(
    "text", ["tacos", "GPA", "dB", "5 K", "9**9**9**9", "K**9**9", "(((", "K/", "__import__('os')"]
)
def test_what_is_no_unit_is_refused(text: str) -> None:
    with pytest.raises(UnitError):
        parse_unit(text)


@settings(deadline=None, max_examples=500)
@given(st.text(alphabet="KkmgPaCJWs/*^()°%μ²- .0123456789_", max_size=20) | st.text(max_size=20))
def test_no_text_breaks_the_reading_of_a_unit(text: str) -> None:
    try:
        told = dimension(text)
    except UnitError as error:
        told = error.hint
    assert told


@pytest.mark.parametrize(
    ("value", "name", "unit"),
    [
        (-1.0, "tg", "K"),
        (-273.2, "tg", "degC"),
        (-460.0, "tm", "degF"),
        (0.0, "density", "g/cm3"),
        (-3.0, "youngs_modulus", "GPa"),
        (-0.1, "band gap", "eV"),
        (0.9, "refractive_index", ""),
        (0.6, "poisson_ratio", ""),
        (120.0, "crystallinity", "%"),
        (-1.0, "o2_permeability", "barrer"),
        (-1.0, "cp", "J/g/K"),
    ],
)
def test_the_physically_impossible_is_told(value: float, name: str, unit: str) -> None:
    assert impossible(value, name, unit).endswith(".")


@pytest.mark.parametrize(
    ("value", "name", "unit"),
    [
        (0.0, "tg", "K"),
        (-273.15, "tg", "degC"),
        (-5.0, "shift_of_tg", "delta_degC"),
        (-3.0, "residual_stress", "MPa"),
        (-1.0, "energy", "eV"),
        (-1.0, "log_p", ""),
        (100.0, "crystallinity", "%"),
        (-40.0, "tg", "degC"),
    ],
)
def test_the_possible_is_let_through(value: float, name: str, unit: str) -> None:
    assert impossible(value, name, unit) == ""


@pytest.mark.parametrize("gas", ["cm3(STP)", "cm^3 (STP)", "cm³(STP)", "cm3_STP", "cc(STP)", "cm3 STP"])
def test_a_permeability_is_read_as_handbooks_print_it(gas: str) -> None:
    assert convert(3e-10, f"{gas} cm/(cm2 s cmHg)", "barrer") == pytest.approx(3.0)


def test_a_plain_volume_of_gas_is_refused_with_the_way_to_write_it() -> None:
    with pytest.raises(UnitError, match=r"write it cm3\(STP\)"):
        convert(1.0, "cm3*cm/(cm2*s*cmHg)", "barrer")
