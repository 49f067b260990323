from __future__ import annotations

import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery import physics
from discovery.physics import MODELS, PROPERTIES, REVISION, UnknownPropertyError, estimate
from discovery.physics.estimates import revision_of
from discovery.polymers import NotARepeatUnitError, RepeatUnit

THERMOPHYSICAL = (
    "molar_volume",
    "density",
    "cohesive_energy",
    "solubility_parameter",
    "heat_capacity",
    "refractive_index",
    "dielectric_constant",
    "thermal_conductivity",
)
TEXTS = (
    "*CC(*)C(=O)OCC",
    "*CCOC(=O)c1ccc(cc1)C(=O)O*",
    "*[Si](C)(C)O*",
    "*N=P(*)(OC)OC",
    "*c1ccc(*)s1",
    "*CC(*)(Cl)Cl",
    "*CCCNC(=O)OCCCOC(=O)N*",
    "*Oc1ccc(cc1)S(=O)(=O)c1ccc(*)cc1",
    "*C*",
    "*CCN1C(=O)c2ccc(*)cc2C1=O",
)


def units(*texts: str) -> list[RepeatUnit]:
    return [RepeatUnit.parse(text) for text in texts]


def test_every_class_of_polymer_has_all_thermophysical_properties() -> None:
    found = estimate(units(*TEXTS), THERMOPHYSICAL)
    assert np.isfinite(found.values).all()
    assert set(found.missing) == {""}


@given(text=st.sampled_from(TEXTS), seed=st.integers(0, 1000))
@settings(deadline=None)
def test_estimates_do_not_depend_on_the_writing(text: str, seed: int) -> None:
    (unit,) = units(text)
    other = units(*unit.writings(1, random.Random(seed)))
    np.testing.assert_array_equal(
        estimate(other, THERMOPHYSICAL).values, estimate([unit], THERMOPHYSICAL).values
    )


def test_a_unit_twice_as_long_is_twice_as_large_and_of_the_same_stuff() -> None:
    # Two butanediols against a propanediol and a pentanediol: the same groups, and no repeat of the shorter unit.
    short, long = estimate(
        units("*OCCCCOC(=O)CCCCC(*)=O", "*OCCCOC(=O)CCCCC(=O)OCCCCCOC(=O)CCCCC(*)=O"), THERMOPHYSICAL
    ).values
    for name, one, other in zip(THERMOPHYSICAL, short, long, strict=True):
        times = 2 if name in ("molar_volume", "cohesive_energy") else 1
        assert other == pytest.approx(times * one, rel=1e-9), name


def test_an_alternating_copolymer_is_as_large_as_both_its_homopolymers() -> None:
    names = ("molar_volume", "cohesive_energy")
    styrene, acrylate = "CC(c1ccccc1)", "CC(C(=O)OC)"
    both, one, other = estimate(
        units(f"*{styrene}{acrylate}*", f"*{styrene}*", f"*{acrylate}*"), names
    ).values
    assert both == pytest.approx(one + other, rel=0.01)


def test_a_property_without_groups_is_left_out_alone_and_the_reason_told() -> None:
    found = estimate(units("*CC(*)N=O", "*CCO*"), ["heat_capacity", "thermal_conductivity"])
    assert np.isnan(found.values[0, 0])
    assert np.isfinite(found.values[0, 1])
    assert "no group for O bonded to =N" in found.missing[0]
    assert found.missing[1] == ""


def test_ions_are_left_out_and_charges_that_cancel_on_neighbours_are_not() -> None:
    salt, nitro = estimate(units("*CC(*)C[N+](C)(C)C", "*CC(*)[N+](=O)[O-]")).values
    assert np.isnan(salt).all()
    assert np.isfinite(nitro).all()


def test_a_peroxide_has_no_decomposition_temperature_and_nothing_that_is_made_from_it() -> None:
    names = ["decomposition_temperature", "time_to_ignition", "peak_heat_release_rate", "density"]
    found = estimate(units("*CC(c1ccccc1)OO*", "*CC(*)OO"), names)
    assert np.isnan(found.values[:, :3]).all()
    assert np.isfinite(found.values[:, 3]).all()
    assert all("O-O bonds" in words for words in found.missing)


def test_char_that_would_burn_hotter_than_the_polymer_leaves_no_peak_and_says_so() -> None:
    found = estimate(units("*c1nnc(*)o1"), ["char_yield", "heat_of_combustion", "peak_heat_release_rate"])
    char, combustion, peak = found.values[0]
    assert combustion < 32.8 * char
    assert np.isnan(peak)
    assert "less than that of the char" in found.missing[0]


@pytest.mark.parametrize(
    ("text", "symbol"), [("*CC(*)O[Na]", "Na"), ("*CC(*)[Sn](C)(C)C", "Sn"), ("*CC(*)[Ge](C)(C)C", "Ge")]
)
def test_an_element_that_no_method_knows_is_refused_in_one_sentence(text: str, symbol: str) -> None:
    found = estimate(units(text))
    assert np.isnan(found.values).all()
    assert found.missing == (f"No method here knows chains with {symbol}.",)


def test_what_is_missing_names_the_properties_that_lack_an_estimate() -> None:
    found = estimate(
        units("*[Si](C)(C)O*"), ["density", "char_yield", "limiting_oxygen_index", "peak_heat_release_rate"]
    )
    assert found.missing[0].startswith(
        "char_yield, limiting_oxygen_index, peak_heat_release_rate: There is no char"
    )
    assert found.reasons == ((found.missing[0],),)
    alone = estimate(units("*[Si](C)(C)O*"), ["char_yield"])
    assert alone.missing[0].startswith("There is no char")


def test_elements_are_told_by_their_symbols() -> None:
    assert "no product of Se" in estimate(units("*CC(*)[Se]C"), ["heat_of_combustion"]).missing[0]


def test_a_name_in_capitals_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(UnknownPropertyError) as caught:
        estimate([], ["Density"])
    assert caught.value.hint.startswith("Did you mean density?")


@pytest.mark.parametrize(
    "text", ["*C=C*", "*c1ccc(*)s1", "*C=Cc1ccc(*)cc1", "*c1ccc(*)cc1", "*C#Cc1ccc(*)cc1"]
)
def test_optical_estimates_of_conjugated_backbones_are_guesses(text: str) -> None:
    found = estimate(units(text), ["density", "refractive_index", "dielectric_constant"])
    assert found.guessed[0].startswith("refractive_index, dielectric_constant: the backbone is conjugated")


@pytest.mark.parametrize(
    "text",
    ["*CC(*)c1ccccc1", "*Oc1ccc(*)cc1", "*CC=CC*", "*c1ccc(C(*)=O)cc1", "*N=P(*)(C)C", "*Nc1ccc(*)cc1"],
)
def test_a_backbone_that_is_interrupted_is_not_conjugated(text: str) -> None:
    assert estimate(units(text), ["refractive_index"]).guessed == ("",)


def test_fire_estimates_of_chains_rich_in_halogen_are_guesses() -> None:
    names = ["density", "time_to_ignition", "peak_heat_release_rate"]
    rich, poor = estimate(units("*CC(*)Cl", "*CC(*)c1ccc(F)cc1"), names).guessed
    assert rich == (
        "time_to_ignition, peak_heat_release_rate: 57% of the mass is halogen, which acts in the flame."
    )
    assert poor == ""


def test_a_value_that_is_missing_is_no_guess() -> None:
    assert estimate(units("*[Si](Cl)(Cl)*"), ["peak_heat_release_rate"]).guessed == ("",)


def test_a_little_halogen_takes_nothing_of_what_char_gives() -> None:
    charring = "*Oc1ccc(cc1)C(=O)c1ccc(*)cc1"
    fluorinated = "*Oc1ccc(cc1)C(=O)c1ccc(OCCCCCCCCF)c(*)c1"
    found = estimate(units(charring, fluorinated), ["char_yield", "limiting_oxygen_index"]).values
    assert (found[:, 1] >= 17.5 + 40 * found[:, 0] - 1e-9).all()


def test_values_that_are_not_plausible_are_left_out_and_told() -> None:
    found = estimate(units("*C(Br)(Br)C(*)(Br)I"), ["density"])
    assert np.isnan(found.values).all()
    assert "outside 0.7 to 2.6" in found.missing[0]


def test_columns_come_in_the_order_that_was_asked_for() -> None:
    found = estimate(units("*CCO*"), ["solubility_parameter", "density"])
    assert found.properties == ("solubility_parameter", "density")
    assert found.column("density") == found.values[:, 1]
    assert 15 < found.values[0, 0] < 25


def test_an_unknown_property_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownPropertyError, match="Choose from: molar_volume, density"):
        estimate(units("*CCO*"), ["colour"])


def test_no_units_give_no_rows() -> None:
    found = estimate([], THERMOPHYSICAL)
    assert found.values.shape == (0, len(THERMOPHYSICAL))
    assert found.missing == ()


def test_progress_counts_units() -> None:
    heard: list[tuple[int, int | None]] = []
    estimate(
        units("*CCO*") * 600, ["density"], progress=lambda done, total, what: heard.append((done, total))
    )
    assert heard[-1] == (600, 600)
    assert len(heard) > 1


def test_several_processes_give_the_same_in_the_same_order() -> None:
    many = units(*TEXTS) * 30
    np.testing.assert_array_equal(
        estimate(many, ["density"], workers=2).values, estimate(many, ["density"]).values
    )


def test_properties_tell_their_method_source_and_range() -> None:
    for name, which in PROPERTIES.items():
        assert which.name == name
        assert which.title
        assert which.method
        assert which.source
        assert which.plausible[0] < which.plausible[1]


def test_properties_keep_their_order() -> None:
    assert [name for name in PROPERTIES if name in THERMOPHYSICAL] == list(THERMOPHYSICAL)
    assert set(THERMOPHYSICAL) <= set(MODELS)


def test_the_revision_changes_with_a_number_of_a_table_and_with_nothing_else(tmp_path: Path) -> None:
    copy = tmp_path / "physics"
    shutil.copytree(Path(physics.__file__).parent, copy)
    (copy / "notes.txt").write_text("no part of it", encoding="utf-8")
    assert revision_of(copy) == REVISION
    table = copy / "reference_polymers.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("*CC*,195", "*CC*,196"), encoding="utf-8")
    assert revision_of(copy) != REVISION


def test_a_chain_mostly_of_parts_that_no_reference_polymer_holds_is_told_and_keeps_its_values() -> None:
    found = estimate(units("*CS(=O)*", "*CC(*)c1ccccc1"), ["tg"])
    assert np.isfinite(found.values).all()
    assert found.guessed == (
        "tg: 77% of the mass is in parts that no reference polymer holds (sulfoxide in the backbone).",
        "",
    )


def test_what_is_made_from_a_guess_is_told_by_what_it_is_made_from() -> None:
    of_char, of_density = (
        estimate(units("*CS(=O)*"), [name]) for name in ("limiting_oxygen_index", "density")
    )
    assert of_char.guessed[0].startswith("char_yield: 77%")
    assert of_density.guessed == ("",)


def test_a_little_of_an_unknown_part_makes_no_guess() -> None:
    assert estimate(units("*CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCS(=O)*"), ["tg"]).guessed == ("",)


def test_a_sulfone_has_a_solubility_parameter_and_a_sulfoxide_has_none() -> None:
    found = estimate(units("*Oc1ccc(cc1)S(=O)(=O)c1ccc(*)cc1", "*CCS(=O)*"), ["solubility_parameter"])
    assert np.isfinite(found.values[:, 0]).tolist() == [True, False]
    assert "no group for O bonded to =S" in found.missing[1]


@pytest.mark.parametrize(
    "text",
    [
        "*CC(*)C(=O)[O-].[Na+]",
        "*CC[N+](C)(C)*",
        "*CC(*)[13CH3]",
        "*[2H]C*",
        "*C([2H])([2H])C(*)([2H])[2H]",
        "*CC(*)C1=CC=C[CH-]1",
        "*CC(*)[Sn](C)(C)C",
        "*[Ge](C)(C)*",
        "*CC(*)[Se]C",
        "*CC(*)[Pt]",
        "*c1ccc([Hg]*)cc1",
        "*CC(*)[Al](C)C",
        "*CC(*)N=[N+]=[N-]",
        "*CC(*)[N]",
        "*C#C*",
        "*[Si]*",
        "*S*",
        "*N=N*",
        "*OO*",
        "*F*",
        "*B(*)O",
        "*[Fe]*",
    ],
)
def test_whatever_can_be_read_can_be_estimated_or_told_why_not(text: str) -> None:
    try:
        unit = RepeatUnit.parse(text)
    except NotARepeatUnitError:
        return
    found = estimate([unit])
    assert np.isfinite(found.values).all() or found.missing[0]


def test_deuterium_is_refused_in_words() -> None:
    found = estimate(units("*CC(*)[2H]"))
    assert np.isnan(found.values).all()
    assert "isotopes of hydrogen" in found.missing[0]
