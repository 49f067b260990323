"""Van der Waals volume, molar volume and density at 298 K."""

from __future__ import annotations

from discovery.physics.atoms import BICERANO, Atoms, atoms
from discovery.physics.groups import EndlessChain
from discovery.physics.model import Evaluation, Model, Property
from discovery.physics.terms import Term, require, total

# Zhao, Abraham and Zissimos, J. Org. Chem. 68 (2003) 7368, table 2: cubic angstroms per atom.
ATOM_VOLUME = {
    1: 7.24, 5: 40.48, 6: 20.58, 7: 15.60, 8: 14.71, 9: 13.31, 14: 38.79, 15: 24.43, 16: 24.43, 17: 22.45,
    33: 26.52, 34: 28.73, 35: 26.52, 52: 36.62, 53: 32.52,
}  # fmt: skip
_BOND_OVERLAP, _AROMATIC_RING, _OTHER_RING = 5.92, 14.7, 3.8
_MOLAR = 0.602214  # cm3/mol for a cubic angstrom per molecule

# Bicerano, Prediction of Polymer Properties, 3rd ed. (2002), chapter 3: the correction N_MV to the molar volume.
_ETHER = "[OX2;!$(O[#6]=[O,S]);!$(O[P,S,B,N,Si,O])]([#6])[#6]"
N_MV = (
    Term("silicon", "[Si]", 24),
    Term("-S- in its lowest state of oxidation", "[#16X2]", -18),
    Term("sulfone", "[#16X4](=O)(=O)([#6])[#6]", -5),
    Term("chlorine", "[Cl]", -7),
    Term("bromine", "[Br]", -16),
    Term("ether", _ETHER, 3),
    Term("carbonate", "[#8X2][#6X3](=O)[#8X2]", 5),
    Term("carbon-carbon double bond", "C=C", 5),
)
_BACKBONE_ESTER, _SATURATED_RING, _FUSION = 2, -11, -7

# The same, equation 3.10: the correction N_vdW to the van der Waals volume.
N_VDW = (
    Term("methyl on a non-aromatic atom", "[CX4H3;!$(C[a])]", 1),
    Term("methyl on an aromatic atom", "[CX4H3;$(C[a])]", 0.5),
    Term(
        "bond between an amide and a non-aromatic atom", "[$([#6X3](=O)[#7X3H]),$([#7X3H][#6X3]=O)]-[CX4]", 1
    ),
    Term("hydroxyl", "[OX2H]", 1),
    Term("cyanide", "[CX2]#[NX1]", 1),
    Term("carbonate", "[#8X2][#6X3](=O)[#8X2]", -3),
    Term("silicon", "[Si]", 7),
    Term("-S- in its lowest state of oxidation", "[#16X2]", -8),
    Term("bromine", "[Br]", -4),
)
_VDW_SATURATED_RING, _VDW_FUSED_RING = -4, -2.5
_ESTER = "[#6X3;!$([#6]([#8X2])[#8X2]);!$([#6][#7])](=O)[#8X2;!$([#8]([#6]=O)[#6]=O)]"

# Askadskii, Computational Materials Science of Polymers (2003): the mean share of an amorphous polymer's volume that
# its atoms fill.
_PACKING = 0.681


def connectivity_volume(chain: EndlessChain, found: Atoms) -> float:
    """Bicerano's van der Waals volume of one repeat unit, cm3/mol; it reproduces Bondi's increments.

    Raises:
        UncoveredError: An element beyond those of the correlation.
    """
    require(found, BICERANO, "Bicerano's van der Waals volume")
    correction = total(chain, N_VDW) + _VDW_SATURATED_RING * found.saturated_rings
    correction += _VDW_FUSED_RING * found.fused_rings
    return 2.286940 * found.chi0 + 17.140570 * found.chi1v + 1.369231 * correction


def van_der_waals_volume(found: Atoms) -> float:
    """Zhao's van der Waals volume of one repeat unit in cm3/mol, from atoms and bonds: for any element of his table.

    Carbonyl groups come out larger than Bondi's, by 4 cm3/mol.

    Raises:
        UncoveredError: An ion, or an element that the table does not have.
    """
    require(found, ATOM_VOLUME.keys(), "Zhao's van der Waals volume")
    volume = sum(ATOM_VOLUME[number] * count for number, count in found.heavy.items())
    volume += ATOM_VOLUME[1] * found.hydrogens - _BOND_OVERLAP * (found.bonds + found.hydrogens)
    volume -= _AROMATIC_RING * found.aromatic_rings + _OTHER_RING * found.other_rings
    return _MOLAR * volume


def backbone_esters(chain: EndlessChain, found: Atoms) -> float:
    """Ester groups whose carbon and bridging oxygen both lie on the backbone, per repeat unit."""
    matches = chain.matches(_ESTER)
    return sum(match[0] in found.backbone and match[2] in found.backbone for match in matches) / chain.copies


def _molar_volume(of: Evaluation) -> float:
    found, chain = of.once(atoms), of.chain
    if not found.heavy.keys() <= BICERANO:
        return van_der_waals_volume(found) / _PACKING
    require(found, BICERANO, "Bicerano's molar volume")
    correction = total(chain, N_MV) + _BACKBONE_ESTER * backbone_esters(chain, found)
    correction += _SATURATED_RING * found.saturated_rings + _FUSION * found.fusions
    return (
        3.642770 * found.chi0
        + 9.798697 * found.chi0v
        - 8.542819 * found.chi1
        + 21.693912 * found.chi1v
        + 0.978655 * correction
    )


def _density(of: Evaluation) -> float:
    return of.once(atoms).mass / of.value("molar_volume")


_SOURCE = "Bicerano, Prediction of Polymer Properties, 3rd ed. (2002), chapter 3"

MODELS = (
    Model(
        Property(
            name="molar_volume",
            unit="cm3/mol",
            title="molar volume, of the smallest repeat, amorphous, 298 K",
            error="3 %",
            method="connectivity indices with structural terms; van der Waals volume over 0.681 where there are "
            "other elements than C, H, N, O, F, Si, S, Cl, Br",
            source=f"{_SOURCE}; Zhao, Abraham and Zissimos, J. Org. Chem. 68 (2003) 7368; "
            "Askadskii, Computational Materials Science of Polymers (2003)",
            plausible=(10.0, 5000.0),
        ),
        _molar_volume,
    ),
    Model(
        Property(
            name="density",
            unit="g/cm3",
            title="density, amorphous, 298 K",
            error="3 %",
            method="molar mass over molar volume",
            source=_SOURCE,
            plausible=(0.7, 2.6),
        ),
        _density,
    ),
)
