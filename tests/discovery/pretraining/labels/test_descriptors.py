"""Descriptors of chains: without ends, per repeat unit, and not those of one way to write or cut it."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem import Descriptors, rdPartialCharges
from rdkit.Chem.EState import EState

from discovery.encoders.contract import POLYMERS
from discovery.polymers import RepeatUnit
from discovery.pretraining.labels.descriptors import descriptor_matrix, label_names

TEXTS = (
    *POLYMERS,
    "*[Si](C)(C)O*",
    "*N=P(Cl)(Cl)*",
    "*CC(*)B1OC(C)(C)C(C)(C)O1",
    "*c1ccc(*)s1",
    "*c1ccc(*)nc1",
    "*C#C*",
    "*C*",
    "*CC=CC*",
    "*N1C(=O)c2cc3c(cc2C1=O)C(=O)N(C3=O)c1ccc(*)cc1",
    "*CC(*)C(=O)OCC(F)(F)F",
)
UNITS = [RepeatUnit.parse(text) for text in TEXTS]
STATES: Any = EState.EStateIndices
PLACE = {name: i for i, name in enumerate(label_names())}
ENDS = {
    "poly(ethylene oxide)": "*CCO*",
    "PET": "*OCCOC(=O)c1ccc(cc1)C(=O)*",
    "bisphenol A polycarbonate": "*OC(=O)Oc1ccc(cc1)C(C)(C)c1ccc(*)cc1",
    "polylactide": "*OC(C)C(=O)*",
    "PDMS": "*[Si](C)(C)O*",
    "PPS": "*c1ccc(S*)cc1",
    "polyacetal": "*CO*",
}


def value(text: str, column: str) -> float:
    return float(descriptor_matrix([RepeatUnit.parse(text)])[0, PLACE[column]])


def as_written(unit: RepeatUnit, seed: int) -> RepeatUnit:
    """The same chain by another cut, direction and order of atoms, not brought back to its canonical text."""
    return RepeatUnit(unit.writings(1, random.Random(seed))[0], unit.key)


def test_a_row_for_each_unit_and_a_name_for_each_column() -> None:
    matrix = descriptor_matrix(UNITS)
    assert matrix.shape == (len(UNITS), len(label_names()))
    assert matrix.dtype == np.float32
    assert len(set(label_names())) == len(label_names())
    assert descriptor_matrix([]).shape == (0, len(label_names()))


@pytest.mark.parametrize("text", ENDS.values(), ids=ENDS)
def test_a_chain_without_hydroxyl_thiol_or_acid_groups_has_none_at_its_ends(text: str) -> None:
    for column in (
        "NumHDonors",
        "NHOHCount",
        "fr_COO",
        "fr_COO2",
        "fr_Al_OH",
        "fr_Ar_OH",
        "fr_SH",
        "fr_aldehyde",
    ):
        assert value(text, column) == 0, column


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("*CC(*)C(=O)O", "fr_COO", 1),  # an acid that is one
        ("*CCCCCC(=O)N*", "NumHDonors", 1),
        ("*CCCCCC(=O)N*", "fr_amide", 1),
        ("*OCCOC(=O)c1ccc(cc1)C(=O)*", "fr_ester", 2),
        ("*OCCOC(=O)c1ccc(cc1)C(=O)*", "MolWt", 192.17),
        ("*OCCOC(=O)c1ccc(cc1)C(=O)*", "TPSA", 2 * 26.30),
        ("*CC(*)c1ccccc1", "RingCount", 1),
        ("*CC(*)c1ccccc1", "FractionCSP3", 0.25),
        ("*CC(*)c1ccccc1", "NumRotatableBonds", 3),
        ("*C*", "LabuteASA", 6.3710),  # a methylene group
        ("*C*", "Kappa1", 1.0),
        ("*CCO*", "Chi0", 3 / 2**0.5),
    ],
)
def test_what_adds_up_is_that_of_one_repeat_unit(text: str, column: str, expected: float) -> None:
    assert value(text, column) == pytest.approx(expected, abs=0.01)


@settings(max_examples=25, deadline=None)
@given(unit=st.sampled_from(UNITS), seed=st.integers(0, 10**6))
def test_labels_do_not_depend_on_how_the_chain_is_written_or_cut(unit: RepeatUnit, seed: int) -> None:
    theirs = descriptor_matrix([as_written(unit, seed)])
    np.testing.assert_allclose(theirs, descriptor_matrix([unit]), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("text", ["*CCOCCO*", "*OC(C)C(=O)OC(C)C(=O)*"])
def test_of_a_unit_that_is_given_twice_in_a_row_each_atom_has_as_much(text: str) -> None:
    twice, once = descriptor_matrix([RepeatUnit(text, "as given"), RepeatUnit.parse(text)])
    for name, i in PLACE.items():
        if name.endswith(" per heavy atom") and "EState" not in name:
            assert twice[i] == pytest.approx(once[i], abs=1e-5), name
        elif name in ("MolWt", "Chi1", "Kappa1", "Kappa3", "LabuteASA", "MolLogP"):
            assert twice[i] == pytest.approx(2 * once[i], rel=1e-5), name
        elif name.endswith("PartialCharge"):
            assert twice[i] == pytest.approx(once[i], abs=1e-5), name


@pytest.mark.parametrize("unit", UNITS, ids=TEXTS)
def test_one_unit_has_what_an_oligomer_of_one_unit_more_has_more(unit: RepeatUnit) -> None:
    functions = {
        name: function
        for name, function in Descriptors.descList
        if name.startswith(("Num", "fr_", "Chi", "SlogP_", "SMR_"))
        or name in ("MolWt", "MolLogP", "MolMR", "TPSA", "LabuteASA", "RingCount", "HallKierAlpha")
    }
    shorter, longer = unit.oligomer(7), unit.oligomer(8)
    row = descriptor_matrix([unit])[0]
    compared = functions.keys() & PLACE.keys()
    assert len(compared) > 140
    for name in compared:
        more = functions[name](longer) - functions[name](shorter)
        assert row[PLACE[name]] == pytest.approx(more, abs=1e-3), name


@pytest.mark.parametrize("text", ["*CCO*", "*CC(*)C#N", "*OC(C)C(=O)*"])
def test_charges_and_states_are_those_inside_a_chain_without_end(text: str) -> None:
    """By RDKit, of the middle of an oligomer. What its E-state indices lack of the chain halves as the oligomer doubles."""
    unit = RepeatUnit.parse(text)
    found = {}
    for n in (21, 42):
        mol = unit.oligomer(n)
        rdPartialCharges.ComputeGasteigerCharges(mol)
        charges = np.array([atom.GetDoubleProp("_GasteigerCharge") for atom in mol.GetAtoms()])
        reach = np.asarray(Chem.GetDistanceMatrix(mol)).max(axis=1)
        middle = reach < reach.min() + 6
        for name, values in (("EStateIndex", np.asarray(STATES(mol))), ("PartialCharge", charges)):
            found[f"Max{name}", n], found[f"Min{name}", n] = values[middle].max(), values[middle].min()
    for name in ("MaxEStateIndex", "MinEStateIndex", "MaxPartialCharge", "MinPartialCharge"):
        assert value(text, name) == pytest.approx(2 * found[name, 42] - found[name, 21], abs=0.05), name


def test_what_rdkit_has_no_parameters_for_is_not_a_number_and_the_rest_stays() -> None:
    row = descriptor_matrix([RepeatUnit.parse("*C[Se]*")])[0]
    unknown = {name for name, i in PLACE.items() if np.isnan(row[i])}
    assert unknown == {name for name in PLACE if "PEOE" in name or "PartialCharge" in name}


def test_most_polymers_have_every_descriptor() -> None:
    assert np.isfinite(descriptor_matrix(UNITS)).all()


def test_labels_do_not_depend_on_the_other_units() -> None:
    np.testing.assert_array_equal(descriptor_matrix(UNITS[2:3])[0], descriptor_matrix(UNITS)[2])
