"""From a PSMILES text to a checked, labelled molecule and back: the front door of the room.

The two attachment points are dummy atoms with isotope 1 (head) and 2 (tail) from here on. Without labels
RDKit would take the two ends of a symmetric unit for the same thing and drop stereo marks that the endless
chain does have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from rdkit import Chem, rdBase
from rdkit.Chem import rdqueries

from discovery.polymers import errors

#: Beyond any published repeat unit (dendronised ones reach about 300), and short of what would stall a pool.
MAXIMUM_HEAVY_ATOMS = 500
MAXIMUM_CHARACTERS = 8 * MAXIMUM_HEAVY_ATOMS

HEAD, TAIL = 1, 2

_ATOM_TOKEN = re.compile(r"\[[^\]]*\]|Br|Cl|[BCNOPSFIbcnops*]")
#: A chain needs definite bonds: SMILES also writes any-bonds (~), dative bonds (->) and quadruple ones ($).
_ALLOWED_BONDS = (Chem.BondType.SINGLE, Chem.BondType.DOUBLE, Chem.BondType.TRIPLE)

#: Without one of these in the text every bond is of a usual kind: bonds are written so, or made dative by
#: RDKit next to a metal, which stands in brackets.
_UNUSUAL_BOND = re.compile(r"[:~$<>\[]")
_HYDROGEN_ATOM = re.compile(r"\[\d*H[^a-z]")
_STAR = rdqueries.AtomNumEqualsQueryAtom(0)


def _raw_parameters() -> Chem.SmilesParserParams:
    parameters = Chem.SmilesParserParams()
    for switch in ("sanitize", "removeHs", "parseName", "allowCXSMILES"):
        setattr(parameters, switch, False)
    return parameters


#: No perception while parsing: the attachment points are labelled first.
_RAW = _raw_parameters()


@dataclass(frozen=True, slots=True)
class OpenUnit:
    """A repeat unit with its two attachment points.

    ``mol`` holds dummy atoms ``head`` (isotope 1) and ``tail`` (isotope 2); double-bond stereo is CIS/TRANS
    with explicit reference atoms, bond directions are cleared. ``stereo``: any stereo mark is present.
    """

    mol: Chem.Mol
    head: int
    tail: int
    stereo: bool

    @property
    def first(self) -> int:
        """Index of the atom that the head is bonded to."""
        return int(self.mol.GetAtomWithIdx(self.head).GetNeighbors()[0].GetIdx())

    @property
    def last(self) -> int:
        """Index of the atom that the tail is bonded to."""
        return int(self.mol.GetAtomWithIdx(self.tail).GetNeighbors()[0].GetIdx())


def read_unit(text: str) -> OpenUnit:
    """Reads and checks a PSMILES.

    Args:
        text: One repeat unit; attachment points ``*``, ``[*]``, ``[1*]``/``[2*]`` or ``[*:1]``/``[*:2]``.

    Raises:
        NotARepeatUnitError: One of its children, by what is wrong (see :mod:`discovery.polymers.errors`).
    """
    if not isinstance(text, str):
        raise errors.UnparsableUnitError(text, "is not a text.")
    text = text.strip()
    if not text:
        raise errors.UnparsableUnitError(text, "is empty.")
    if len(text) > MAXIMUM_CHARACTERS:
        raise errors.TooLargeUnitError(
            text, f"has {len(text):,} characters; {MAXIMUM_CHARACTERS:,} is the limit."
        )
    # What RDKit says goes into our error, once, instead of onto the user's terminal.
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(text, _RAW)
        if mol is None:
            raise errors.UnparsableUnitError(text, _syntax_complaint(text))
        _check_bonds(text, mol, perceived=False)
        head, tail = _attachment_points(text, mol)
        mol.GetAtomWithIdx(head).SetIsotope(HEAD)
        mol.GetAtomWithIdx(tail).SetIsotope(TAIL)
        _sanitize(text, mol)
        _check_bonds(text, mol, perceived=True)
        if _HYDROGEN_ATOM.search(text):
            mol = Chem.RemoveHs(mol)
            head, tail = labelled_ends(mol)
        return settle(mol, head, tail, marked=_carries_marks(text))


def reread(labelled: str) -> OpenUnit:
    """Reads back a text that this package wrote with ``[1*]`` and ``[2*]``; stereo is perceived anew."""
    mol = Chem.MolFromSmiles(labelled, _RAW)
    Chem.SanitizeMol(mol)
    head, tail = labelled_ends(mol)
    return settle(mol, head, tail, marked=_carries_marks(labelled))


def write_smiles(mol: Chem.Mol, root: int = -1, canonical: bool = True) -> str:
    """SMILES of an edited molecule, with its stereo marks.

    After an edit RDKit perceives double-bond stereo anew, from bond directions only, and forgets cis and
    trans without them.
    """
    if any(bond.GetStereo() != Chem.BondStereo.STEREONONE for bond in mol.GetBonds()):
        mol = Chem.Mol(mol)
        Chem.SetDoubleBondNeighborDirections(mol)
    return str(Chem.MolToSmiles(mol, rootedAtAtom=root, canonical=canonical))


def settle(mol: Chem.Mol, head: int, tail: int, marked: bool) -> OpenUnit:
    """Perceives stereo on a labelled, sanitised molecule, in the form that :class:`OpenUnit` promises."""
    if not marked:
        return OpenUnit(mol, head, tail, stereo=False)
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    stereo = any(atom.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED for atom in mol.GetAtoms())
    for bond in mol.GetBonds():
        bond.SetBondDir(Chem.BondDir.NONE)
        # E and Z depend on priorities, which change with the cut; cis and trans to named atoms do not.
        if bond.GetStereo() == Chem.BondStereo.STEREOE:
            bond.SetStereo(Chem.BondStereo.STEREOTRANS)
        elif bond.GetStereo() == Chem.BondStereo.STEREOZ:
            bond.SetStereo(Chem.BondStereo.STEREOCIS)
        stereo = stereo or bond.GetStereo() != Chem.BondStereo.STEREONONE
    return OpenUnit(mol, head, tail, stereo)


def _carries_marks(text: str) -> bool:
    return "@" in text or "/" in text or "\\" in text


def labelled_ends(mol: Chem.Mol) -> tuple[int, int]:
    """Indices of head and tail of a labelled molecule."""
    ends = {star.GetIsotope(): star.GetIdx() for star in mol.GetAtomsMatchingQuery(_STAR)}
    return ends[HEAD], ends[TAIL]


def _attachment_points(text: str, mol: Chem.Mol) -> tuple[int, int]:
    if ":" in text:
        for atom in mol.GetAtoms():
            atom.SetAtomMapNum(0)  # labels of the writer, not chemistry
    stars = [star.GetIdx() for star in mol.GetAtomsMatchingQuery(_STAR)]
    if not stars:
        raise errors.NoAttachmentPointError(text, "has no attachment point (*).")
    pieces = len(Chem.GetMolFrags(mol))
    if pieces > 1:
        raise errors.DisconnectedUnitError(text, f"falls into {pieces} separate pieces.")
    if len(stars) == 1:
        place = _place(text, stars[0])
        raise errors.OneAttachmentPointError(text, f"has one attachment point ({place}), not two.")
    for star in stars:
        for neighbour in mol.GetAtomWithIdx(star).GetNeighbors():
            if neighbour.GetAtomicNum() == 0:
                raise errors.StarBondedToStarError(
                    text, f"has a * bonded to another * ({_place(text, star)})."
                )
    if len(stars) == 4:
        raise errors.LadderPolymerError(text, "has four attachment points: a ladder polymer.")
    if len(stars) > 2:
        raise errors.TooManyAttachmentPointsError(
            text, f"has {len(stars)} attachment points, the third at {_place(text, stars[2])}, not two."
        )
    for star in stars:
        _check_star(text, mol.GetAtomWithIdx(star))
    orders = [mol.GetAtomWithIdx(star).GetBonds()[0].GetBondType() for star in stars]
    if orders[0] != orders[1]:
        words = " and ".join(str(order).lower() for order in orders)
        raise errors.UnequalStarBondsError(text, f"has attachment points with unequal bonds ({words}).")
    heavy = mol.GetNumHeavyAtoms()
    if heavy > MAXIMUM_HEAVY_ATOMS:
        raise errors.TooLargeUnitError(
            text, f"has {heavy:,} heavy atoms; {MAXIMUM_HEAVY_ATOMS} is the limit."
        )
    return stars[0], stars[1]


def _check_star(text: str, star: Chem.Atom) -> None:
    place = _place(text, star.GetIdx())
    if star.GetDegree() > 1:
        mol = star.GetOwningMol()
        Chem.FastFindRings(mol)
        if star.IsInRing():
            raise errors.StarInRingError(text, f"has a * that is part of a ring ({place}).")
        raise errors.MalformedAttachmentPointError(
            text, f"has a * with {star.GetDegree()} neighbours ({place})."
        )
    if star.GetFormalCharge() or star.GetNumExplicitHs() or star.GetNumRadicalElectrons():
        raise errors.MalformedAttachmentPointError(text, f"has a * with a charge or hydrogens ({place}).")
    if star.GetBonds()[0].GetBondType() not in _ALLOWED_BONDS:
        kind = str(star.GetBonds()[0].GetBondType()).lower()
        raise errors.MalformedAttachmentPointError(text, f"has a * with a bond of type {kind} ({place}).")


def _sanitize(text: str, mol: Chem.Mol) -> None:
    try:
        Chem.SanitizeMol(mol)
    except Chem.MolSanitizeException as error:
        raised: Any = error  # RDKit's stubs leave the cause out
        problem = raised.cause
        if problem.GetType() == "KekulizeException":
            place = ", ".join(_place(text, index) for index in problem.GetAtomIndices())
        else:
            place = _place(text, problem.GetAtomIdx())
        raise errors.UnparsableUnitError(
            text, f"is not a possible structure at {place}: {_flat(problem.Message())}."
        ) from None


def _check_bonds(text: str, mol: Chem.Mol, perceived: bool) -> None:
    """Refuses unusual bonds: as written, since perception takes any-bonds in a ring for aromatic ones, and
    once more when it is known which bonds written aromatic are in an aromatic ring.
    """
    for bond in mol.GetBonds() if _UNUSUAL_BOND.search(text) else ():
        kind = bond.GetBondType()
        if kind in _ALLOWED_BONDS:
            continue
        if kind != Chem.BondType.AROMATIC or (perceived and not bond.GetIsAromatic()):
            ends = " and ".join(_place(text, i) for i in (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()))
            raise errors.UnusualBondError(text, f"has a bond of type {str(kind).lower()} between {ends}.")


def _syntax_complaint(text: str) -> str:
    with rdBase.CaptureErrorLog() as log:
        Chem.MolFromSmiles(text, _RAW)
    said = str(log.messages)
    where = re.search(r"around position (\d+)", said)
    what = re.search(r"Parse Error: (?!check for)(.*?)(?: while parsing| for input|$)", said, re.MULTILINE)
    reason = _flat(what.group(1)) if what else "not valid SMILES"
    return f"cannot be read as SMILES: {reason}" + (f" near character {where.group(1)}." if where else ".")


def _place(text: str, index: int) -> str:
    """Where atom ``index`` stands in the text: RDKit numbers atoms in the order they are written."""
    for number, token in enumerate(_ATOM_TOKEN.finditer(text)):
        if number == index:
            return f"atom {index} {token.group()}, character {token.start() + 1}"
    return f"atom {index}"


def _flat(message: str) -> str:
    return " ".join(message.split()).rstrip(".")
