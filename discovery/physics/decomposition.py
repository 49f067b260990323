"""Thermal stability and char: van Krevelen's molar functions of thermal decomposition and of char formation.

The decomposition temperature is that of half the mass loss, in an inert atmosphere; the char yield is what is left in
nitrogen at about 850 C. Contributions: :mod:`discovery.physics.calibration`. A chain is as stable as its weakest bond and
an additive sum is not: weak links (peroxides, head-to-head units, catalyst residues) are not seen.
"""

from __future__ import annotations

from discovery.physics.atoms import atoms
from discovery.physics.calibration import CHAR, STABILITY
from discovery.physics.chain_parts import parts_of
from discovery.physics.model import Evaluation, Model, Property

# Ring systems without hydrogen keep at most this much of their mass at 850 C; polybenzimidazoles keep 0.7, polyphenylenes
# 0.75.
_HIGHEST_CHAR = 0.8


def _decomposition_temperature(of: Evaluation) -> float:
    return STABILITY.value(of.once(parts_of), of.once(atoms).mass)


def _char_yield(of: Evaluation) -> float:
    # Negative sums are chains whose aliphatic groups carry off ring carbon as toluene and the like: no char.
    return min(max(CHAR.value(of.once(parts_of), of.once(atoms).mass), 0.0), _HIGHEST_CHAR)


_SOURCE = (
    "van Krevelen and te Nijenhuis, Properties of Polymers, 4th ed. (2009), chapter 21; own calibration, "
    "reference_polymers.csv"
)

MODELS = (
    Model(
        Property(
            name="decomposition_temperature",
            unit="K",
            title="temperature of half decomposition",
            method="van Krevelen's molar thermal decomposition function, with contributions of parts in and beside the "
            "backbone calibrated on 128 well-known polymers",
            source=_SOURCE,
            valid=(450.0, 1000.0),
        ),
        _decomposition_temperature,
    ),
    Model(
        Property(
            name="char_yield",
            unit="",
            title="char yield in nitrogen at 850 C",
            method="sum of char-forming tendencies over molar mass, held between 0 and 0.8, with contributions calibrated "
            "on 123 well-known polymers",
            source=_SOURCE,
            valid=(0.0, 0.8),
        ),
        _char_yield,
    ),
)
