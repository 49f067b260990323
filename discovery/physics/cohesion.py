"""Cohesive energy and solubility parameter at 298 K."""

from __future__ import annotations

from math import sqrt

from discovery.physics.atoms import BICERANO, Atoms, atoms
from discovery.physics.fedors import fedors, groups_of
from discovery.physics.groups import EndlessChain, UncoveredError
from discovery.physics.model import Evaluation, Model, Property
from discovery.physics.terms import Term, require, total

_SULFONE = "[#16X4](=O)(=O)([#6])[#6]"
# Bicerano, Prediction of Polymer Properties, 3rd ed. (2002), chapter 5: N_atomic ...
_ATOMIC = (
    Term("-S- in its lowest state of oxidation", "[#16X2]", 4),
    Term("sulfone", "[#16X4](=O)(=O)", 12),
    Term("fluorine", "F", -1),
    Term("chlorine", "[Cl]", 3),
    Term("bromine", "[Br]", 5),
    Term("cyanide", "[CX2]#[NX1]", 7),
)
# ... and N_group. An amide here has a hydrogen on its nitrogen and nothing but carbon or one nitrogen across its
# carbonyl; a urea is one amide and one NH, a urethane a carbonyl next to nitrogen and an NH.
_GROUP = (
    Term("hydroxyl of an alcohol or phenol", "[OX2H;!$(O[#6]=O)]", 12),
    Term("other NH", "[#7;H1,H2;!$([#7][#6]=O)]", 2),
    Term("NH of urethane and imide", "[#7X3;H1,H2;$([#7][#6](=O)[#8X2]),$([#7]([#6]=O)[#6]=O)]", 2),
    Term("alkyl ether", "[OX2;!$(O[#6]=[O,S])]([CX4])[CX4]", -1),
    Term("carbon-carbon double bond", "C=C", -1),
    Term(
        "C=O of tertiary amide, imide and urethane",
        "[$([#6](=O)[#7;H0]),$([#6](=O)([#8X2])[#7X3;H1,H2])]=O",
        4,
    ),
    Term("C=O of acid, ketone or aldehyde", "[$([#6]([#6,#1])([#6,#1])=O),$([CX3;H1]=O),$(C[OX2H])]=O", 7),
    Term("C=O of ester and others", "[$([#6][#8X2;!$([OX2H])]);!$([#6][#7])]=O", 2),
    Term("nitrogen of a six-membered aromatic ring", "[nX2;r6]", 4),
)
_AMIDE_NITROGEN = "[#7X3;H1,H2;!$([#7]([#6]=O)[#6]=O)]"


def bicerano(chain: EndlessChain, found: Atoms) -> float:
    """Bicerano's cohesive energy of one repeat unit, J/mol: connectivity, fitted by him to Fedors' group contributions.

    Raises:
        UncoveredError: An element beyond those of the correlation, or sulfur other than -S- and a sulfone between
            carbons: it has no term for a sulfoxide, and none that was checked for sulfonamides and sulfonates.
    """
    require(found, BICERANO, "Bicerano's cohesive energy")
    if chain.count("[#16]") != chain.count("[#16X2]") + chain.count(_SULFONE):
        raise UncoveredError(
            "Bicerano's cohesive energy knows no sulfur but -S- and sulfones between carbons."
        )
    group = total(chain, _GROUP) + 12 * _amides(chain)
    return 9882.5 * found.chi1 + 358.7 * (6 * total(chain, _ATOMIC) + 5 * group)


def _amides(chain: EndlessChain) -> float:
    """Carbonyls of amides and ureas that have a hydrogen on a nitrogen; an imide's is none."""
    urea = f"{_AMIDE_NITROGEN}[#6X3](=O){_AMIDE_NITROGEN}"
    return chain.count(f"[#6X3;!$([#6][#8X2])](=O){_AMIDE_NITROGEN}") - chain.count(urea)


def _cohesive_energy(of: Evaluation) -> float:
    found = of.once(atoms)
    try:
        return fedors(of.chain, found)
    except UncoveredError:
        if not _sulfones_alone_are_left(of.chain):
            raise
        return bicerano(of.chain, found)


def _sulfones_alone_are_left(chain: EndlessChain) -> bool:
    """Whether all that Fedors lacks is sulfur and oxygen of sulfones between carbons, where the two are known to agree."""
    left = {atom for atom, owner in enumerate(groups_of(chain).owners) if owner < 0}
    return left <= {atom for match in chain.matches(_SULFONE) for atom in match[:3]}


def _solubility_parameter(of: Evaluation) -> float:
    return sqrt(max(0.0, of.value("cohesive_energy")) / of.value("molar_volume"))


MODELS = (
    Model(
        Property(
            name="cohesive_energy",
            unit="J/mol",
            title="cohesive energy, of the smallest repeat, 298 K",
            method="Fedors' groups; for chains with sulfones, which they lack, Bicerano's E_coh1 from connectivity indices",
            source="Fedors, Polym. Eng. Sci. 14 (1974) 147; Bicerano, Prediction of Polymer Properties, 3rd ed. (2002), "
            "chapter 5",
            plausible=(1e3, 2e6),
        ),
        _cohesive_energy,
    ),
    Model(
        Property(
            name="solubility_parameter",
            unit="MPa^0.5",
            title="solubility parameter, 298 K",
            error="8 %",
            method="square root of cohesive energy over molar volume",
            source="Fedors, Polym. Eng. Sci. 14 (1974) 147; molar volume as for density",
            plausible=(9.0, 40.0),
        ),
        _solubility_parameter,
    ),
)
