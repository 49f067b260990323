"""The glass transition temperature from chain stiffness: van Krevelen's form, Tg = sum Yg / M.

Where the contributions come from is told in :mod:`discovery.physics.calibration`. What the form leaves out: tacticity,
crystallinity, crowding of bulky side groups, molar mass.
"""

from __future__ import annotations

from discovery.physics.atoms import atoms
from discovery.physics.calibration import STIFFNESS
from discovery.physics.chain_parts import parts_of
from discovery.physics.model import Evaluation, Model, Property


def _tg(of: Evaluation) -> float:
    return STIFFNESS.value(of.once(parts_of), of.once(atoms).mass)


def _doubt(of: Evaluation) -> str:
    return STIFFNESS.doubt(of.chain, of.once(parts_of))


MODELS = (
    Model(
        Property(
            name="tg",
            unit="K",
            title="glass transition temperature",
            error="41 K",
            method="molar glass transition function of van Krevelen's form, with contributions of parts in and beside the "
            "backbone calibrated on 260 well-known polymers",
            source="van Krevelen and te Nijenhuis, Properties of Polymers, 4th ed. (2009), chapter 6; own calibration, "
            "reference_polymers.csv",
            plausible=(100.0, 850.0),
        ),
        _tg,
        _doubt,
    ),
)
