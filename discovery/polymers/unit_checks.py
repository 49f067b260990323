"""What makes a molecule the repeat unit of a linear homopolymer; each check names the fault and the atom.

The checks stand between the text and :mod:`discovery.polymers.reading`; all raise children of
:class:`discovery.polymers.errors.NotARepeatUnitError`.
"""

from __future__ import annotations

import re
from typing import Any

from rdkit import Chem, rdBase

from discovery.polymers import errors
from discovery.polymers.errors import place_of
from discovery.polymers.molecule import RAW, STAR, atoms_of, bonds_of

#: Beyond any published repeat unit (dendronised ones reach about 300), and short of what would stall a pool.
MAXIMUM_HEAVY_ATOMS = 500
MAXIMUM_CHARACTERS = 8 * MAXIMUM_HEAVY_ATOMS

#: A chain needs definite bonds: SMILES also writes any-bonds (~), dative bonds (->) and quadruple ones ($).
_ALLOWED_BONDS = (Chem.BondType.SINGLE, Chem.BondType.DOUBLE, Chem.BondType.TRIPLE)

_SANITIZE = Chem.SanitizeFlags
#: Conjugation and hybridisation decide about stereo marks, not about the text of a unit without any.
_UNMARKED = _SANITIZE.SANITIZE_ALL & ~(
    _SANITIZE.SANITIZE_SETCONJUGATION
    | _SANITIZE.SANITIZE_SETHYBRIDIZATION
    | _SANITIZE.SANITIZE_CLEANUPCHIRALITY
    | _SANITIZE.SANITIZE_CLEANUPATROPISOMERS
)


def attachment_points(text: str, mol: Chem.Mol) -> tuple[int, int]:
    """Indices of the two dummy atoms, in the order they are written; their labels are cleared.

    Args:
        text: What ``mol`` was read from, for messages.
        mol: Not yet perceived.

    Raises:
        NotARepeatUnitError: They are not two, or are placed or bonded as none can be, or the unit is too large or in
            pieces.
    """
    if ":" in text:
        for atom in atoms_of(mol):
            atom.SetAtomMapNum(0)  # labels of the writer, not chemistry
    stars = [match[0] for match in mol.GetSubstructMatches(STAR, maxMatches=MAXIMUM_CHARACTERS)]
    if not stars:
        raise errors.NoAttachmentPointError(text, "has no attachment point (*).")
    pieces = Chem.GetMolFrags(mol) if "." in text else ()
    if len(pieces) > 1:
        place = place_of(text, pieces[1][0])
        raise errors.DisconnectedUnitError(
            text, f"falls into {len(pieces)} separate pieces, the second from {place}."
        )
    if len(stars) == 1:
        place = place_of(text, stars[0])
        raise errors.OneAttachmentPointError(text, f"has one attachment point ({place}), not two.")
    atoms = [mol.GetAtomWithIdx(star) for star in stars]
    for atom in atoms:
        if any(not neighbour.GetAtomicNum() for neighbour in atom.GetNeighbors()):
            place = place_of(text, atom.GetIdx())
            raise errors.StarBondedToStarError(text, f"has a * bonded to another * ({place}).")
    if len(stars) == 4:
        raise errors.LadderPolymerError(text, "has four attachment points: a ladder polymer.")
    if len(stars) > 2:
        raise errors.TooManyAttachmentPointsError(
            text, f"has {len(stars)} attachment points, the third at {place_of(text, stars[2])}, not two."
        )
    orders = [_check_star(text, atom) for atom in atoms]
    if orders[0] != orders[1]:
        words = ", ".join(
            f"{str(order).lower()} at {place_of(text, star)}"
            for star, order in zip(stars, orders, strict=True)
        )
        raise errors.UnequalStarBondsError(text, f"has attachment points with unequal bonds ({words}).")
    heavy = mol.GetNumHeavyAtoms()
    if heavy > MAXIMUM_HEAVY_ATOMS:
        raise errors.TooLargeUnitError(
            text, f"has {heavy:,} heavy atoms; {MAXIMUM_HEAVY_ATOMS} is the limit."
        )
    return stars[0], stars[1]


def _check_star(text: str, star: Chem.Atom) -> Chem.BondType:
    """The type of the one bond of an attachment point."""
    if star.GetDegree() > 1:
        mol = star.GetOwningMol()
        Chem.FastFindRings(mol)
        place = place_of(text, star.GetIdx())
        if star.IsInRing():
            raise errors.StarInRingError(text, f"has a * that is part of a ring ({place}).")
        raise errors.MalformedAttachmentPointError(
            text, f"has a * with {star.GetDegree()} neighbours ({place})."
        )
    if star.GetFormalCharge() or star.GetNumExplicitHs() or star.GetNumRadicalElectrons():
        place = place_of(text, star.GetIdx())
        raise errors.MalformedAttachmentPointError(text, f"has a * with a charge or hydrogens ({place}).")
    (bond,) = star.GetBonds()
    kind: Chem.BondType = bond.GetBondType()
    if kind not in _ALLOWED_BONDS:
        place = place_of(text, star.GetIdx())
        raise errors.MalformedAttachmentPointError(
            text, f"has a * with a bond of type {str(kind).lower()} ({place})."
        )
    return kind


def sanitize(text: str, mol: Chem.Mol, in_full: bool) -> None:
    """Perceives rings, aromaticity and hydrogens in place; ``in_full`` conjugation and hybridisation too.

    Raises:
        UnparsableUnitError: The structure is impossible.
    """
    try:
        Chem.SanitizeMol(mol, _SANITIZE.SANITIZE_ALL if in_full else _UNMARKED)
    except Chem.MolSanitizeException as error:
        raised: Any = error  # RDKit's stubs leave the cause out
        problem = raised.cause
        if problem.GetType() == "KekulizeException":
            place = ", ".join(place_of(text, index) for index in problem.GetAtomIndices())
        else:
            place = place_of(text, problem.GetAtomIdx())
        raise errors.UnparsableUnitError(
            text, f"is not a possible structure at {place}: {_flat(problem.Message())}."
        ) from None


def check_bonds(text: str, mol: Chem.Mol, perceived: bool) -> None:
    """Refuses unusual bonds: as written, since perception takes any-bonds in a ring for aromatic ones, and
    once more when it is known which bonds written aromatic are in an aromatic ring.

    Raises:
        UnusualBondError: There is one.
    """
    for bond in bonds_of(mol):
        kind = bond.GetBondType()
        if kind in _ALLOWED_BONDS:
            continue
        if kind != Chem.BondType.AROMATIC or (perceived and not bond.GetIsAromatic()):
            ends = " and ".join(place_of(text, i) for i in (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()))
            raise errors.UnusualBondError(text, f"has a bond of type {str(kind).lower()} between {ends}.")


def syntax_complaint(text: str) -> str:
    """What RDKit has against a text that it cannot read, as a phrase that follows the quoted text."""
    with rdBase.CaptureErrorLog() as log:
        Chem.MolFromSmiles(text, RAW)
    said = str(log.messages)
    where = re.search(r"around position (\d+)", said)
    what = re.search(r"Parse Error: (?!check for)(.*?)(?: while parsing| for input|$)", said, re.MULTILINE)
    reason = _flat(what.group(1)) if what else "not valid SMILES"
    return f"cannot be read as SMILES: {reason}" + (f" near character {where.group(1)}." if where else ".")


def _flat(message: str) -> str:
    return " ".join(message.split()).rstrip(".")
