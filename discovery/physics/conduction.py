"""Thermal conductivity of an amorphous polymer at 298 K."""

from __future__ import annotations

from discovery.physics.atoms import BICERANO, atoms
from discovery.physics.model import Evaluation, Model, Property
from discovery.physics.terms import require

_ELEMENTS = BICERANO | {5, 15, 53}
"""Boron, phosphorus and iodine are taken as any other atom; of metals and semimetals in a chain the method says nothing."""


def _thermal_conductivity(of: Evaluation) -> float:
    found = of.once(atoms)
    require(found, _ELEMENTS, "Bicerano's thermal conductivity")
    polar = found.heavy.get(7, 0.0) + found.heavy.get(8, 0.0) - 0.125 * found.hydrogens
    return 0.135614 + 0.126611 * found.chi0_backbone / found.size + 0.108563 * polar / found.size


MODELS = (
    Model(
        Property(
            name="thermal_conductivity",
            unit="W/(m K)",
            title="thermal conductivity, amorphous and isotropic, 298 K",
            error="13 %",
            figures=2,
            method="share of the backbone in the connectivity index, nitrogen, oxygen and hydrogen per heavy atom",
            source="Bicerano, Prediction of Polymer Properties, 3rd ed. (2002), chapter 14",
            plausible=(0.08, 0.35),
        ),
        _thermal_conductivity,
    ),
)
