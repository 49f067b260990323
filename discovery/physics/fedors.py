"""Fedors' groups for the cohesive energy at 298 K: Polym. Eng. Sci. 14 (1974) 147, table 5.

Any ring is built from its atoms, with rows for its closure and for the double bonds conjugated in it; six aromatic
carbons so come to Fedors' own 7630 cal/mol of phenyl and phenylene. The oxygen of a phosphine oxide or phosphonate is
taken as his -O- (PO4 would so come to 5450 instead of his 5000).

RDKit perceives imides, lactones and lactams that are fused to aromatic rings (pyromellitimide, coumarin) as aromatic; the
rows of C=O, N and O hold for them as for others, so that a group is the same in Kapton and in a polyetherimide.

Fedors has no sulfone, sulfoxide, sulfonamide, azide or nitroso group. Left out of his table, so a chain that has them is
refused: sulfites and sulfates, polysulfides beyond S2, oximes, nitrites, nitramines, N-F, acid halides, and the metals. Refused
as well are what his rows were not made from: OH and halogen on nitrogen, oxygen or sulfur. Oxime ethers, peroxides and halogen
on silicon, phosphorus or boron are summed from the rows of their atoms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from discovery.physics.atoms import Atoms
from discovery.physics.groups import EndlessChain, Group, Partition, partition

_CALORIE = 4.184
# cal/mol: of a ring of 3 or 4, of one of 5 or more, and of each double bond conjugated in it.
_CLOSURE_SMALL, _CLOSURE, _CONJUGATED = 750, 250, 400
_PI = "[$([c;!$(c=[O,N,S])]),$([n;X2])]"
_TWO_SULFURS = "!$([#16]([#16])[#16])"
_ON_CARBON = (
    "!$(*[#6]=O);!$(*[#7,#8,#16])"  # of a halogen: no acid halide, and on no nitrogen, oxygen or sulfur
)


@dataclass(frozen=True, slots=True)
class Row:
    """A group with its part of the energy of vaporisation."""

    group: Group
    energy: float
    """cal/mol, as published; on a double bond a halogen's is less by a fifth."""


def _row(name: str, smarts: str, energy: float) -> Row:
    return Row(Group(name, smarts), energy)


ROWS = (
    _row("PO4", "[PX4](=O)([OX2])([OX2])[OX2]", 5000),
    _row("SiO4", "[SiX4]([OX2])([OX2])([OX2])[OX2]", 5200),
    _row("BO3", "[#5X3]([OX2])([OX2])[OX2]", 0),
    _row("PO3", "[PX3]([OX2])([OX2])[OX2]", 3400),
    _row("COOH", "[#6X3](=O)[OX2H]", 6600),
    _row("CO3 (carbonate)", "[#6X3](=O)([#8X2])[#8X2]", 4200),
    _row("C2O3 (anhydride)", "[#6X3](=O)[#8X2][#6X3](=O)", 7300),
    _row("NH2COO", "[NX3H2][#6X3](=O)[#8X2]", 8850),
    _row("NHCOO", "[#7X3H][#6X3](=O)[#8X2]", 6300),
    _row("NHCONH", "[#7X3H][#6X3](=O)[#7X3H]", 12000),
    _row("NHCON", "[#7X3H][#6X3](=O)[#7X3H0]", 10000),
    _row("NCON", "[#7X3H0][#6X3](=O)[#7X3H0]", 5000),
    _row("HCONH", "[CX3H](=O)[#7X3H]", 10500),
    _row("HCON", "[CX3H](=O)[#7X3H0]", 6600),
    _row("CONH2", "[CX3](=O)[NX3H2]", 10000),
    _row("CONH", "[#6X3](=O)[#7X3H]", 8000),
    _row("CON", "[#6X3](=O)[#7X3H0]", 7050),
    _row("CO2CO2 (oxalate)", "[#8X2][#6X3](=O)[#6X3](=O)[#8X2]", 6400),
    _row("CO2", "[#6X3](=O)[#8X2]", 4300),
    _row("CHO", "[CX3H]=O", 5100),
    _row("CO", "[#6X3;!$([#6][F,Cl,Br,I])]=O", 4150),
    _row("CN", "[CX2]#[NX1]", 6100),
    _row("NCO", "[NX2]=[CX2]=[OX1]", 6800),
    _row("NO3", "[OX2][NX3+](=O)[O-]", 5000),
    _row("NO2 (aromatic)", "[$([NX3+]c)](=O)[O-]", 3670),
    _row("NO2 (aliphatic)", "[$([NX3+][#6])](=O)[O-]", 7000),
    _row("-N=N-", "[NX2]=[NX2]", 1000),
    _row("S2", f"[#16X2;{_TWO_SULFURS}][#16X2;{_TWO_SULFURS}]", 5700),
    _row("SH", "[SX2H]", 3450),
    _row("S", "[#16X2;!$([#16][#16])]", 3380),
    _row("CF3 (perfluoro)", "[$(C[$([#6]F),$([OX2])])](F)(F)F", 1020),
    _row("CF2 (perfluoro)", "[$(C([$([#6]F),$([OX2])])[$([#6]F),$([OX2])])](F)F", 1020),
    _row("F (disubstituted, on C=C)", "[$(FC(F)=C)]", 0.8 * 850),
    _row("F (trisubstituted)", "[$(FC(F)F)]", 550),
    _row("F (disubstituted)", "[$(FCF)]", 850),
    _row("F (on C=C)", "[$(FC=C)]", 0.8 * 1000),
    _row("F", f"[F;{_ON_CARBON}]", 1000),
    _row("Cl (disubstituted, on C=C)", "[$(ClC(Cl)=C)]", 0.8 * 2300),
    _row("Cl (trisubstituted)", "[$(ClC(Cl)Cl)]", 1800),
    _row("Cl (disubstituted)", "[$(ClCCl)]", 2300),
    _row("Cl (on C=C)", "[$(ClC=C)]", 0.8 * 2760),
    _row("Cl", f"[Cl;{_ON_CARBON}]", 2760),
    _row("Br (trisubstituted)", "[$(BrC(Br)Br)]", 2550),
    _row("Br (disubstituted)", "[$(BrCBr)]", 2950),
    _row("Br (on C=C)", "[$(BrC=C)]", 0.8 * 3700),
    _row("Br", f"[Br;{_ON_CARBON}]", 3700),
    _row("I", f"[I;{_ON_CARBON}]", 4550),
    _row("OH (disubstituted or on adjacent C)", "[$([OX2H][CX4][CX4][OX2H]),$([OX2H]C[OX2H])]", 5220),
    _row("OH", "[OX2H;!$(O[#7,#8,#16])]", 7120),
    _row("O", "[#8X2H0]", 800),
    _row("O (of P=O)", "[OX1;$(O=P)]", 800),
    _row("NH2", "[NX3H2]", 3000),
    _row("NH", "[#7X3H]", 2000),
    _row("N", "[#7X3H0+0]", 1000),
    _row("-N=", "[#7X2]", 2800),
    _row("P", "[#15]", 2250),
    _row("Si", "[Si]", 810),
    _row("B", "[#5]", 3300),
    _row("CH3", "[CX4H3]", 1125),
    _row("CH2", "[CX4H2]", 1180),
    _row("CH", "[CX4H1]", 820),
    _row("C", "[CX4H0]", 350),
    _row("=CH2", "[CX3H2]", 1030),
    _row("=CH-", "[#6X3H1]", 1030),
    _row("=C<", "[#6X3H0]", 1030),
    _row("HC#", "[CX2H1]", 920),
    _row("-C#", "[CX2H0]", 1690),
)
_GROUPS = tuple(row.group for row in ROWS)
_ENERGIES = np.array([row.energy for row in ROWS])


def groups_of(chain: EndlessChain) -> Partition:
    """The chain's atoms shared out among Fedors' groups."""
    return partition(chain, _GROUPS)


def fedors(chain: EndlessChain, found: Atoms) -> float:
    """The cohesive energy of one repeat unit, J/mol.

    Raises:
        UncoveredError: An atom is in none of the groups.
    """
    energy = float(groups_of(chain).covered("Fedors' table of cohesive energies") @ _ENERGIES)
    small = sum(len(ring) < 5 for ring in chain.mol.GetRingInfo().AtomRings()) / chain.copies
    energy += _CLOSURE_SMALL * small + _CLOSURE * (found.aromatic_rings + found.other_rings - small)
    return _CALORIE * (energy + _CONJUGATED * chain.count(_PI) / 2)
