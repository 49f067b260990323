"""Thermal stability and char, by molar functions of the form of van Krevelen's.

The decomposition temperature is that of half the mass loss, in an inert atmosphere; the char yield is what is left in
nitrogen at about 850 C. Char is carbon, with what hydrogen, nitrogen and oxygen stay in it: what silicon, phosphorus and
boron leave is oxide, nitride or glass, of which the sum says nothing, so chains with more than a little of them have no
char yield. Contributions: :mod:`discovery.physics.calibration`. A chain is as stable as its weakest bond and an additive
sum is not: head-to-head units, catalyst residues, unzipping from chain ends (poly(alpha-methylstyrene)) and the elimination of
side groups (poly(vinyl acetate)) are not seen. Peroxides are refused.
"""

from __future__ import annotations

from discovery.physics.atoms import atoms
from discovery.physics.calibration import CHAR, STABILITY
from discovery.physics.chain_parts import parts_of
from discovery.physics.groups import UncoveredError
from discovery.physics.model import Evaluation, Model, Property

# Ring systems without hydrogen keep at most this much of their mass at 850 C; polybenzimidazoles keep 0.7, polyphenylenes
# 0.75.
_HIGHEST_CHAR = 0.8
# The most that an atom leaves, as B2O3, SiO2 and P2O5, g/mol.
_OXIDES = {5: (34.81, "boron"), 14: (60.08, "silicon"), 15: (70.97, "phosphorus")}
# Share of the mass in such oxides that is no more than the char yield is uncertain by anyway, polymer left out.
_MOST_OXIDE = 0.09
_PEROXIDE = "[#8X2][#8X2]"


def _decomposition_temperature(of: Evaluation) -> float:
    if of.chain.matches(_PEROXIDE):
        raise UncoveredError(
            "There is no decomposition temperature of a chain with O-O bonds, which break long before others."
        )
    return STABILITY.value(of.once(parts_of), of.once(atoms).mass)


def _char_yield(of: Evaluation) -> float:
    found = of.once(atoms)
    held = [number for number in _OXIDES if number in found.heavy]
    if sum(_OXIDES[number][0] * found.heavy[number] for number in held) > _MOST_OXIDE * found.mass:
        named = " and ".join(_OXIDES[number][1] for number in held)
        raise UncoveredError(f"There is no char yield of a chain with {named}, whose residue is mineral.")
    # Negative sums are chains whose aliphatic groups carry off ring carbon as toluene and the like: no char.
    return min(max(CHAR.value(of.once(parts_of), found.mass), 0.0), _HIGHEST_CHAR)


def _decomposition_doubt(of: Evaluation) -> str:
    return STABILITY.doubt(of.chain, of.once(parts_of))


def _char_doubt(of: Evaluation) -> str:
    return CHAR.doubt(of.chain, of.once(parts_of))


_SOURCE = (
    "van Krevelen and te Nijenhuis, Properties of Polymers, 4th ed. (2009), chapter 21; own calibration, "
    "reference_polymers.csv"
)

MODELS = (
    Model(
        Property(
            name="decomposition_temperature",
            unit="K",
            title="temperature of half decomposition, in nitrogen",
            error="33 K",
            method="molar thermal decomposition function of van Krevelen's form, with contributions of parts in and beside the "
            "backbone calibrated on 139 well-known polymers",
            source=_SOURCE,
            plausible=(450.0, 1000.0),
        ),
        _decomposition_temperature,
        _decomposition_doubt,
    ),
    Model(
        Property(
            name="char_yield",
            unit="",
            title="char yield, mass fraction, in nitrogen at 850 °C",
            error="0.06",
            figures=2,
            method="sum of char-forming tendencies, of van Krevelen's form, over molar mass, held between 0 and 0.8, with "
            "contributions calibrated on 134 well-known polymers; none where Si, P or B can leave more than 9 % of oxide",
            source=_SOURCE,
            plausible=(0.0, 0.8),
        ),
        _char_yield,
        _char_doubt,
    ),
)
