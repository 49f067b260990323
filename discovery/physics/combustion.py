"""Heat of combustion from the oxygen that is consumed, and the limiting oxygen index.

Burning sets free 13.1 kJ per gram of oxygen for nearly all organic matter (Huggett, Fire Mater. 4 (1980) 61). That is a mean:
48 polymers had 13.1 with a standard deviation of 0.78, 6 % (Walters, Hackett and Lyon, Fire Mater. 24 (2000) 245), and some lie
far off, such as polyoxymethylene (15.5 measured, 14.0 here, kJ per gram of polymer), polytetrafluoroethylene (5.0 and 4.2) and
siloxanes, whose silica this does not know. The oxygen follows from the composition, with products
CO2, H2O (vapour, so the heat is the net one), N2, SO2, SiO2, P4O10, B2O3 and HX; fluorine for which there is no hydrogen
goes into CF4, other halogen into X2.
"""

from __future__ import annotations

from discovery.physics.atoms import Atoms, atoms, symbols
from discovery.physics.groups import UncoveredError
from discovery.physics.model import Evaluation, Model, Property

_HEAT_PER_OXYGEN = 13.1  # kJ/g
_OXYGEN = 31.998  # g/mol
# Moles of O2 per mole of atoms, by atomic number, with hydrogen apart.
_CONSUMED = {5: 0.75, 6: 1.0, 7: 0.0, 8: -0.5, 14: 1.0, 15: 1.25, 16: 1.0}
_FLUORINE, _OTHER_HALOGENS = 9, (17, 35, 53)
_HYDROCARBON_INDEX = 17.5  # of chains without halogen or char
_HIGHEST_INDEX = 95.0  # polytetrafluoroethylene's; nothing burns worse
# Of chlorine, bromine and iodine, by the cube root of their number for each carbon.
_CATCHING = (1.1, 1.6, 1.6)
_LOWEST_RATIO = 0.5  # halogen for each carbon in poly(vinyl chloride)


def oxygen_consumed(found: Atoms) -> float:
    """Moles of O2 that burn one mole of repeat units; negative where the chain holds more oxygen than it can use.

    Raises:
        UncoveredError: An element whose combustion product is not known here.
    """
    others = found.heavy.keys() - _CONSUMED.keys() - {_FLUORINE, *_OTHER_HALOGENS}
    if others:
        raise UncoveredError(f"Oxygen consumption knows no product of {symbols(sorted(others))}.")
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
    """The higher of what the char and what the halogen make of it: they act in different places, and are not added."""
    by_char = _HYDROCARBON_INDEX + 40.0 * of.value("char_yield")
    return min(max(by_char, halogen_index(of.once(atoms))), _HIGHEST_INDEX)


def halogen_index(found: Atoms) -> float:
    """Oxygen index by the halogen in the composition: 17.5 without any, and without steps however little there is.

    Chlorine, bromine and iodine, which catch the flame's radicals: van Krevelen's line, 60 - 42.5 CP with CP = H/C - 1.1
    (Cl/C)^(1/3) - 1.6 (Br/C)^(1/3), less what the same chain with hydrogen in their place would get for its H/C (that part
    belongs to char). His cube roots were drawn through chains with one halogen for two carbons or more and rise infinitely
    steeply at none; below that ratio their chord to the origin is taken, since the index is known to rise in proportion to small
    amounts (Fenimore and Martin, Combust. Flame 10 (1966) 135). Iodine counts as bromine: CF3I and CF3Br put out flames
    at nearly the same mole fraction.

    Fluorine catches no radicals but binds the hydrogen that carries the flame: 77.5 F^2 / (F + H)^2 more, our own
    interpolation between hydrocarbons and polytetrafluoroethylene. It gives 22, 37 and 37 where 23, 44 and 30-32 are
    measured, for poly(vinyl fluoride), poly(vinylidene fluoride) and poly(ethylene-alt-tetrafluoroethylene); van
    Krevelen's term for fluorine gives 18, 45 and 45, and 37 for poly(4-fluorostyrene).

    Raises:
        UncoveredError: A chain of halogen and no carbon, for which none of this was made.
    """
    carbon, hydrogen = found.heavy.get(6, 0.0), found.hydrogens
    fluorine = found.heavy.get(_FLUORINE, 0.0)
    others = [found.heavy.get(number, 0.0) for number in _OTHER_HALOGENS]
    if not fluorine + sum(others):
        return _HYDROCARBON_INDEX
    if not carbon:
        raise UncoveredError(
            "The oxygen index of halogen compounds is known by their carbon, and there is none."
        )
    caught = sum(
        weight * _gradual_root(count / carbon) for weight, count in zip(_CATCHING, others, strict=True)
    )
    parent = _line((hydrogen + sum(others)) / carbon)
    index = _line(hydrogen / carbon - caught) - parent
    bound = fluorine / (fluorine + hydrogen) if fluorine else 0.0
    return _HYDROCARBON_INDEX + index + (_HIGHEST_INDEX - _HYDROCARBON_INDEX) * bound**2


def _line(composition: float) -> float:
    return max(60.0 - 42.5 * composition, _HYDROCARBON_INDEX)


def _gradual_root(ratio: float) -> float:
    """The cube root, and below the ratio of poly(vinyl chloride) its chord to the origin."""
    return float(ratio ** (1 / 3) if ratio >= _LOWEST_RATIO else ratio * _LOWEST_RATIO ** (-2 / 3))


MODELS = (
    Model(
        Property(
            name="heat_of_combustion",
            unit="kJ/g",
            title="net heat of complete combustion",
            method="oxygen consumption: 13.1 kJ per gram of O2 for the composition of the repeat unit",
            source="Huggett, Fire Mater. 4 (1980) 61; Walters, Hackett and Lyon, Fire Mater. 24 (2000) 245",
            plausible=(0.0, 50.0),
            error="6 %",
        ),
        _heat_of_combustion,
    ),
    Model(
        Property(
            name="limiting_oxygen_index",
            unit="percent",
            title="limiting oxygen index; 17.5 means 17.5 or less",
            method="17.5 + 40 x char yield, or by the halogen where that is more: 60 - 42.5 CP, CP = H/C - 1.1 (Cl/C)^(1/3) - "
            "1.6 (Br or I/C)^(1/3) with chords below 1/2, less the chain's own without halogen, and 77.5 (F/(F+H))^2; "
            "at most 95",
            source="van Krevelen, Polymer 16 (1975) 615; Properties of Polymers, 4th ed. (2009), chapter 26; own "
            "interpolation for fluorine",
            plausible=(17.0, 95.0),
            error="6 points",
            floor=_HYDROCARBON_INDEX,
        ),
        _limiting_oxygen_index,
    ),
)
