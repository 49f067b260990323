"""Heat of combustion from the oxygen that is consumed, and the limiting oxygen index.

Burning sets free 13.1 kJ per gram of oxygen for nearly all organic matter (Huggett, Fire Mater. 4 (1980) 61; for 48 polymers
within 5 %: Walters, Hackett and Lyon, Fire Mater. 24 (2000) 245). The oxygen follows from the composition, with products
CO2, H2O (vapour, so the heat is the net one), N2, SO2, SiO2, P4O10, B2O3 and HX; fluorine for which there is no hydrogen
goes into CF4, other halogen into X2.
"""

from __future__ import annotations

from discovery.physics.atoms import Atoms, atoms
from discovery.physics.groups import UncoveredError
from discovery.physics.model import Evaluation, Model, Property

_HEAT_PER_OXYGEN = 13.1  # kJ/g
_OXYGEN = 31.998  # g/mol
# Moles of O2 per mole of atoms, by atomic number, with hydrogen apart.
_CONSUMED = {5: 0.75, 6: 1.0, 7: 0.0, 8: -0.5, 14: 1.0, 15: 1.25, 16: 1.0}
# Polytetrafluoroethylene's, the end of the line; more fluorine, or no hydrogen, burns no better.
_HIGHEST_INDEX = 95.0
_FLUORINE, _OTHER_HALOGENS = 9, (17, 35, 53)


def oxygen_consumed(found: Atoms) -> float:
    """Moles of O2 that burn one mole of repeat units; negative where the chain holds more oxygen than it can use.

    Raises:
        UncoveredError: An element whose combustion product is not known here.
    """
    others = found.heavy.keys() - _CONSUMED.keys() - {_FLUORINE, *_OTHER_HALOGENS}
    if others:
        raise UncoveredError(f"Oxygen consumption knows no product of elements {sorted(others)}.")
    fluorine = found.heavy.get(_FLUORINE, 0.0)
    into_hf = min(fluorine, found.hydrogens)
    rest = found.hydrogens - into_hf
    halogen = sum(found.heavy.get(number, 0.0) for number in _OTHER_HALOGENS)
    into_water = rest - min(halogen, rest)
    atoms_burnt = sum(
        _CONSUMED[number] * count for number, count in found.heavy.items() if number in _CONSUMED
    )
    return atoms_burnt + 0.25 * into_water - 0.25 * (fluorine - into_hf)  # each C of a CF4 needs no O2


def _heat_of_combustion(of: Evaluation) -> float:
    found = of.once(atoms)
    return max(oxygen_consumed(found), 0.0) * _OXYGEN * _HEAT_PER_OXYGEN / found.mass


def _limiting_oxygen_index(of: Evaluation) -> float:
    """17.5 + 40 char yield without halogen; by the composition parameter with it."""
    heavy = of.once(atoms).heavy
    carbon = heavy.get(6, 0.0)
    fluorine, chlorine, bromine = (heavy.get(number, 0.0) for number in (9, 17, 35))
    by_char = 17.5 + 40.0 * of.value("char_yield")
    if not fluorine + chlorine + bromine or not carbon:
        return by_char
    hydrogen = of.once(atoms).hydrogens
    composition: float = (
        hydrogen / carbon
        - 0.65 * (fluorine / carbon) ** (1 / 3)
        - 1.1 * (chlorine / carbon) ** (1 / 3)
        - 1.6 * (bromine / carbon) ** (1 / 3)
    )
    # The line through 17.5 at a parameter of 1 and 60 at 0; an aromatic chain with little halogen may owe more to char.
    return max(by_char, min(60.0 - 42.5 * composition, _HIGHEST_INDEX))


MODELS = (
    Model(
        Property(
            name="heat_of_combustion",
            unit="kJ/g",
            title="net heat of complete combustion",
            method="oxygen consumption: 13.1 kJ per gram of O2 for the composition of the repeat unit",
            source="Huggett, Fire Mater. 4 (1980) 61; Walters, Hackett and Lyon, Fire Mater. 24 (2000) 245",
            valid=(0.0, 50.0),
        ),
        _heat_of_combustion,
    ),
    Model(
        Property(
            name="limiting_oxygen_index",
            unit="percent",
            title="limiting oxygen index",
            method="17.5 + 40 x char yield without halogen; with it 60 - 42.5 CP, CP = H/C - 0.65 (F/C)^(1/3) - "
            "1.1 (Cl/C)^(1/3) - 1.6 (Br/C)^(1/3), where that is more, at most 95",
            source="van Krevelen, Polymer 16 (1975) 615; Properties of Polymers, 4th ed. (2009), chapter 26",
            valid=(17.0, 95.0),
        ),
        _limiting_oxygen_index,
    ),
)
