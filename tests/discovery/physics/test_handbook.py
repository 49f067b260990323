"""Estimates against well-known amorphous polymers at room temperature, as the handbooks have them.

Brandrup, Immergut and Grulke, Polymer Handbook, 4th ed. (1999); van Krevelen and te Nijenhuis, Properties of Polymers,
4th ed. (2009); Wunderlich's ATHAS tables for heat capacities of solids. Ranges are told by their middle.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from discovery.physics import estimate
from discovery.polymers import RepeatUnit

UNITS = {
    "polyethylene": "*CC*",
    "polypropylene": "*CC(*)C",
    "polyisobutylene": "*CC(*)(C)C",
    "polystyrene": "*CC(*)c1ccccc1",
    "poly(tetrafluoroethylene)": "*C(F)(F)C(*)(F)F",
    "poly(vinyl chloride)": "*CC(*)Cl",
    "poly(vinylidene chloride)": "*CC(*)(Cl)Cl",
    "poly(vinyl acetate)": "*CC(*)OC(C)=O",
    "poly(methyl methacrylate)": "*CC(*)(C)C(=O)OC",
    "polyacrylonitrile": "*CC(*)C#N",
    "polybutadiene": "*CC=CC*",
    "poly(ethylene oxide)": "*CCO*",
    "poly(ethylene terephthalate)": "*CCOC(=O)c1ccc(cc1)C(=O)O*",
    "nylon 6,6": "*CCCCCCNC(=O)CCCCC(=O)N*",
    "polydimethylsiloxane": "*[Si](C)(C)O*",
    "bisphenol A polycarbonate": "*Oc1ccc(cc1)C(C)(C)c1ccc(cc1)OC(=O)*",
    "bisphenol A polysulfone": "*Oc1ccc(cc1)C(C)(C)c1ccc(cc1)Oc1ccc(cc1)S(=O)(=O)c1ccc(*)cc1",
    "poly(2,6-dimethylphenylene oxide)": "*Oc1c(C)cc(*)cc1C",
    "poly(ether ether ketone)": "*Oc1ccc(cc1)Oc1ccc(cc1)C(=O)c1ccc(*)cc1",
    "Kapton": "*c1ccc(cc1)Oc1ccc(cc1)N1C(=O)c2cc3c(cc2C1=O)C(=O)N(*)C3=O",
    "poly(cyclohexyl methacrylate)": "*CC(*)(C)C(=O)OC1CCCCC1",
    "poly(dichlorophosphazene)": "*N=P(*)(Cl)Cl",
}

DENSITY = {
    "polyethylene": 0.855,
    "polypropylene": 0.85,
    "polystyrene": 1.05,
    "poly(tetrafluoroethylene)": 2.00,
    "poly(vinyl chloride)": 1.385,
    "poly(vinyl acetate)": 1.19,
    "poly(methyl methacrylate)": 1.17,
    "polyacrylonitrile": 1.184,
    "polybutadiene": 0.895,
    "poly(ethylene terephthalate)": 1.335,
    "nylon 6,6": 1.09,
    "polydimethylsiloxane": 0.97,
    "bisphenol A polycarbonate": 1.20,
    "bisphenol A polysulfone": 1.24,
    "poly(ether ether ketone)": 1.264,
    "Kapton": 1.42,
}

SOLUBILITY_PARAMETER = {
    "polyethylene": 16.4,
    "polypropylene": 17.5,
    "polystyrene": 18.5,
    "poly(tetrafluoroethylene)": 12.7,
    "poly(vinyl chloride)": 19.7,
    "poly(vinyl acetate)": 19.6,
    "poly(methyl methacrylate)": 19.0,
    "polyacrylonitrile": 26.5,
    "polybutadiene": 17.1,
    "poly(ethylene terephthalate)": 20.9,
    "polydimethylsiloxane": 15.3,
    "bisphenol A polycarbonate": 20.2,
    "bisphenol A polysulfone": 21.5,
}

HEAT_CAPACITY = {
    "polystyrene": 1.22,
    "poly(tetrafluoroethylene)": 1.00,
    "poly(methyl methacrylate)": 1.38,
    "polyacrylonitrile": 1.25,
    "poly(ethylene terephthalate)": 1.13,
    "nylon 6,6": 1.47,
    "bisphenol A polycarbonate": 1.19,
    "bisphenol A polysulfone": 1.12,
    "poly(2,6-dimethylphenylene oxide)": 1.23,
    "poly(ether ether ketone)": 1.10,
}

REFRACTIVE_INDEX = {
    "polypropylene": 1.49,
    "polystyrene": 1.59,
    "poly(tetrafluoroethylene)": 1.35,
    "poly(vinyl chloride)": 1.54,
    "poly(vinyl acetate)": 1.467,
    "poly(methyl methacrylate)": 1.49,
    "polyacrylonitrile": 1.514,
    "poly(ethylene terephthalate)": 1.575,
    "polydimethylsiloxane": 1.404,
    "bisphenol A polycarbonate": 1.586,
    "bisphenol A polysulfone": 1.633,
    "Kapton": 1.70,
    "poly(cyclohexyl methacrylate)": 1.507,
}

DIELECTRIC_CONSTANT = {
    "polyethylene": 2.3,
    "polypropylene": 2.2,
    "polystyrene": 2.55,
    "poly(tetrafluoroethylene)": 2.1,
    "poly(vinyl chloride)": 2.95,
    "poly(vinylidene chloride)": 2.85,
    "poly(methyl methacrylate)": 2.9,
    "polyacrylonitrile": 4.0,
    "poly(ethylene terephthalate)": 3.25,
    "nylon 6,6": 3.5,
    "polydimethylsiloxane": 2.75,
    "bisphenol A polycarbonate": 2.9,
    "bisphenol A polysulfone": 3.1,
    "Kapton": 3.5,
    "poly(cyclohexyl methacrylate)": 2.58,
}

THERMAL_CONDUCTIVITY = {
    "polypropylene": 0.172,
    "polyisobutylene": 0.13,
    "polystyrene": 0.142,
    "poly(vinyl chloride)": 0.168,
    "poly(vinyl acetate)": 0.159,
    "poly(methyl methacrylate)": 0.193,
    "poly(ethylene oxide)": 0.205,
    "poly(ethylene terephthalate)": 0.218,
    "nylon 6,6": 0.243,
    "polydimethylsiloxane": 0.163,
    "bisphenol A polycarbonate": 0.193,
}

# Per property: the handbook's values, the largest relative error that one polymer may have, and the mean of its size.
# A polymer beyond the first shows a wrong row in a table; the mean tells what the method can do.
BARS = {
    "density": (DENSITY, 0.06, 0.03),
    "solubility_parameter": (SOLUBILITY_PARAMETER, 0.12, 0.07),
    "heat_capacity": (HEAT_CAPACITY, 0.09, 0.04),
    "refractive_index": (REFRACTIVE_INDEX, 0.025, 0.015),
    "dielectric_constant": (DIELECTRIC_CONSTANT, 0.07, 0.04),
    "thermal_conductivity": (THERMAL_CONDUCTIVITY, 0.20, 0.12),
}


def _relative_errors(name: str) -> dict[str, float]:
    measured = BARS[name][0]
    found = estimate([RepeatUnit.parse(UNITS[polymer]) for polymer in measured], [name]).column(name)
    return {
        polymer: value / expected - 1
        for (polymer, expected), value in zip(measured.items(), found, strict=True)
    }


@pytest.mark.parametrize("name", BARS)
def test_no_well_known_polymer_is_far_off(name: str) -> None:
    bar = BARS[name][1]
    assert {polymer: error for polymer, error in _relative_errors(name).items() if abs(error) > bar} == {}


@pytest.mark.parametrize("name", BARS)
def test_the_mean_error_is_what_the_method_can_do(name: str) -> None:
    assert np.mean(np.abs(list(_relative_errors(name).values()))) < BARS[name][2]


@pytest.mark.parametrize("polymer", UNITS)
def test_solubility_parameter_is_the_root_of_the_cohesive_energy_density(polymer: str) -> None:
    names = ["cohesive_energy", "molar_volume", "solubility_parameter"]
    ((energy, volume, parameter),) = estimate([RepeatUnit.parse(UNITS[polymer])], names).values
    assert parameter == pytest.approx(sqrt(energy / volume))
