"""Refractive index and dielectric constant at room temperature."""

from __future__ import annotations

from math import sqrt

from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from discovery.physics.atoms import BICERANO, Atoms, atoms
from discovery.physics.cohesion import bicerano
from discovery.physics.groups import EndlessChain, UncoveredError
from discovery.physics.model import Evaluation, Model, Property
from discovery.physics.terms import Term, total
from discovery.physics.volume import connectivity_volume


def molar_refraction(chain: EndlessChain) -> float:
    """Wildman and Crippen's molar refraction of one repeat unit, cm3/mol, hydrogens included."""
    _, refraction = rdMolDescriptors.CalcCrippenDescriptors(chain.mol)
    return float(refraction) / chain.copies


def _refractive_index(of: Evaluation) -> float:
    refraction, volume = of.once(molar_refraction), of.value("molar_volume")
    if refraction >= volume:
        raise UncoveredError("The molar refraction exceeds the molar volume.")
    return sqrt((volume + 2 * refraction) / (volume - refraction))


# Bicerano, Prediction of Polymer Properties, 3rd ed. (2002), chapter 9: the correction N_dc to the dielectric constant.
_DIELECTRIC = (
    Term("nitrogen", "[#7]", 19),
    Term("sulfone", "[#16X4](=O)=O", 52),
    Term("fluorine", "F", -2),
    Term("chlorine or bromine placed asymmetrically", "[Cl,Br;!$(*C[Cl,Br])]", 8),
    Term("silicon", "[Si]", 20),
)
# Van Krevelen and te Nijenhuis, Properties of Polymers, 4th ed. (2009), chapter 11: MPa^0.5.
_SOLUBILITY_PER_DIELECTRIC = 7.0
_BACKBONE_CHALCOGEN, _SIDE_CHALCOGEN, _SATURATED_RING = 7, 12, -14
_CHALCOGEN = "[#8,#16;!$([#16X4](=O)=O);!$(O=[#16X4]=O)]"
_MULTIPLE = frozenset({Chem.BondType.AROMATIC, Chem.BondType.DOUBLE, Chem.BondType.TRIPLE})
_PHOSPHORUS = 15  # the double bonds of polyphosphazenes are polar and do not conjugate along the chain
# Fluorine on a saturated carbon that bears hydrogen or has a neighbour that does: its dipole is not balanced by others.
_UNBALANCED = ("F[CX4;!H0]", "F[CX4][CX4;!H0]")


def _turning_dipoles(chain: EndlessChain, found: Atoms) -> bool:
    """Whether the backbone has CHF or CH2-CF2: poly(vinylidene fluoride) has 8 to 12 where the correlation gives 2.2."""
    return any(
        found.backbone.issuperset(match[1:]) for smarts in _UNBALANCED for match in chain.matches(smarts)
    )


def _dielectric_terms(chain: EndlessChain, found: Atoms) -> float:
    chalcogens = [atom for (atom,) in chain.matches(_CHALCOGEN)]
    inside = sum(atom in found.backbone for atom in chalcogens)
    weighted = _BACKBONE_CHALCOGEN * inside + _SIDE_CHALCOGEN * (len(chalcogens) - inside)
    return total(chain, _DIELECTRIC) + weighted / chain.copies + _SATURATED_RING * found.saturated_rings


def _dielectric_constant(of: Evaluation) -> float:
    found, chain = of.once(atoms), of.chain
    if _turning_dipoles(chain, found):
        raise UncoveredError(
            "The dielectric constant of a chain with CHF or CH2-CF2 in its backbone is that of dipoles which turn together; "
            "no method here knows them."
        )
    if not found.heavy.keys() <= BICERANO:
        return of.value("solubility_parameter") / _SOLUBILITY_PER_DIELECTRIC
    cohesion = bicerano(chain, found)
    volume = connectivity_volume(chain, found)
    return 1.412014 + (0.001887 * cohesion + _dielectric_terms(chain, found)) / volume


def _conjugation_doubt(of: Evaluation) -> str:
    """Additive methods know no conjugation from ring to ring: polythiophene's refractive index comes out far too low."""
    chain, backbone = of.chain, of.once(atoms).backbone
    for place in chain.path:
        atom = chain.mol.GetAtomWithIdx(place)
        along = (bond for bond in atom.GetBonds() if bond.GetBondType() in _MULTIPLE)
        if atom.GetAtomicNum() == _PHOSPHORUS or not any(
            bond.GetOtherAtomIdx(place) in backbone for bond in along
        ):
            return ""
    return "the backbone is conjugated, which no method here knows"


MODELS = (
    Model(
        Property(
            name="refractive_index",
            unit="",
            title="refractive index, sodium D line, 298 K",
            method="Lorentz-Lorenz equation with Wildman and Crippen's molar refraction and the molar volume",
            source="Wildman and Crippen, J. Chem. Inf. Comput. Sci. 39 (1999) 868 (table as in RDKit)",
            plausible=(1.25, 2.1),
            error="1.5 %",
        ),
        _refractive_index,
        _conjugation_doubt,
    ),
    Model(
        Property(
            name="dielectric_constant",
            unit="",
            title="dielectric constant, 298 K, of a dry polymer between 100 Hz and 1 MHz",
            method="cohesive energy E_coh1 and structural terms over the van der Waals volume; a seventh of the solubility "
            "parameter where there are other elements than C, H, N, O, F, Si, S, Cl, Br",
            source="Bicerano, Prediction of Polymer Properties, 3rd ed. (2002), chapters 3, 5 and 9; van Krevelen and "
            "te Nijenhuis, Properties of Polymers, 4th ed. (2009), chapter 11",
            plausible=(1.8, 8.0),
            error="3 %",
        ),
        _dielectric_constant,
        _conjugation_doubt,
    ),
)
