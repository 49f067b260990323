"""From a PSMILES text to a checked, labelled molecule and back: the front door of the room.

The two attachment points are dummy atoms with isotope 1 (head) and 2 (tail) from here on. Without labels
RDKit would take the two ends of a symmetric unit for the same thing and drop stereo marks that the endless
chain does have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rdkit import Chem, rdBase

from discovery.polymers import errors
from discovery.polymers.errors import place_of

#: Beyond any published repeat unit (dendronised ones reach about 300), and short of what would stall a pool.
MAXIMUM_HEAVY_ATOMS = 500
MAXIMUM_CHARACTERS = 8 * MAXIMUM_HEAVY_ATOMS

HEAD, TAIL = 1, 2

#: A chain needs definite bonds: SMILES also writes any-bonds (~), dative bonds (->) and quadruple ones ($).
_ALLOWED_BONDS = (Chem.BondType.SINGLE, Chem.BondType.DOUBLE, Chem.BondType.TRIPLE)

#: Without one of these in the text every bond is of a usual kind: bonds are written so, or made dative by
#: RDKit next to a metal, which stands in brackets (a colon before a label in brackets is no bond).
_UNUSUAL_BOND = re.compile(
    r"[~$<>]|:(?!\d+\])|\[(?!\d*(?:\*|H|B|C|N|O|F|Si|P|S|Cl|Se|Br|I|[bcnops]|se)[]@H+:-])"
)
_HYDROGEN_ATOM = re.compile(r"\[\d*H[^a-z]")
STAR = Chem.MolFromSmarts("[#0]")

_SANITIZE = Chem.SanitizeFlags
#: Conjugation and hybridisation decide about stereo marks, not about the text of a unit without any.
_UNMARKED = _SANITIZE.SANITIZE_ALL & ~(
    _SANITIZE.SANITIZE_SETCONJUGATION
    | _SANITIZE.SANITIZE_SETHYBRIDIZATION
    | _SANITIZE.SANITIZE_CLEANUPCHIRALITY
    | _SANITIZE.SANITIZE_CLEANUPATROPISOMERS
)
_HYDROGENS = _SANITIZE.SANITIZE_PROPERTIES | _SANITIZE.SANITIZE_FINDRADICALS
_UNTAGGED = Chem.ChiralType.CHI_UNSPECIFIED
_NO_STEREO = Chem.BondStereo.STEREONONE


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
    ``marked``: the double bonds with a mark, as pairs of atoms.
    """

    mol: Chem.Mol
    head: int
    tail: int
    stereo: bool
    marked: tuple[tuple[int, int], ...] = ()

    @property
    def first(self) -> int:
        """Index of the atom that the head is bonded to."""
        return int(self.mol.GetAtomWithIdx(self.head).GetNeighbors()[0].GetIdx())

    @property
    def last(self) -> int:
        """Index of the atom that the tail is bonded to."""
        return int(self.mol.GetAtomWithIdx(self.tail).GetNeighbors()[0].GetIdx())


def read_unit(text: str, in_full: bool = False) -> OpenUnit:
    """Reads and checks a PSMILES.

    Args:
        text: One repeat unit; attachment points ``*``, ``[*]``, ``[1*]``/``[2*]`` or ``[*:1]``/``[*:2]``.
        in_full: Perceive conjugation and hybridisation of a unit without stereo marks too.

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
        unusual = _UNUSUAL_BOND.search(text) is not None
        if unusual:
            _check_bonds(text, mol, perceived=False)
        head, tail = _attachment_points(text, mol)
        mol.GetAtomWithIdx(head).SetIsotope(HEAD)
        mol.GetAtomWithIdx(tail).SetIsotope(TAIL)
        _sanitize(text, mol, in_full or carries_marks(text))
        if unusual:
            _check_bonds(text, mol, perceived=True)
        if _HYDROGEN_ATOM.search(text):
            mol = Chem.RemoveHs(mol)
            head, tail = labelled_ends(mol)
        return settle(mol, head, tail, text)


def reopen(psmiles: str) -> OpenUnit:
    """Reads a canonical PSMILES again, for its atoms and bonds; errors are as RDKit raises them.

    Such a text was checked when it was made, and shows in small letters which atoms are aromatic. So a unit
    without stereo marks is not perceived again: its rings, conjugation and hybridisation are left open.
    """
    if carries_marks(psmiles) or _HYDROGEN_ATOM.search(psmiles):
        return read_unit(psmiles)
    mol = Chem.MolFromSmiles(psmiles, _RAW)
    (head,), (tail,) = mol.GetSubstructMatches(STAR)
    mol.GetAtomWithIdx(head).SetIsotope(HEAD)
    mol.GetAtomWithIdx(tail).SetIsotope(TAIL)
    Chem.SanitizeMol(mol, _HYDROGENS)
    return OpenUnit(mol, head, tail, stereo=False)


def reread(labelled: str) -> OpenUnit:
    """Reads back a text that this package wrote with ``[1*]`` and ``[2*]``; stereo is perceived anew."""
    mol = Chem.MolFromSmiles(labelled, _RAW)
    Chem.SanitizeMol(mol)
    head, tail = labelled_ends(mol)
    return settle(mol, head, tail, labelled)


def write_smiles(unit: OpenUnit, root: int = -1, canonical: bool = True) -> str:
    """SMILES of a molecule after edits, with its stereo marks.

    Args:
        unit: What to write; its attachment points may be gone.
        root: Index of the atom to start from; by default any.
        canonical: Write in RDKit's canonical order.
    """
    mol = unit.mol
    if unit.marked:
        # After an edit RDKit perceives double-bond stereo anew, from bond directions only, and forgets cis and
        # trans without them.
        mol = Chem.Mol(mol)
        Chem.SetDoubleBondNeighborDirections(mol)
    for atom in atoms_of(mol) if unit.stereo else ():
        # Which centres of a ring go together (cis- and trans-1,4-cyclohexylene) was noted for the bonds before the
        # edit, and would turn one of them around in the text.
        atom.ClearProp("_ringStereoAtoms")
    return str(Chem.MolToSmiles(mol, rootedAtAtom=root, canonical=canonical))


def settle(mol: Chem.Mol, head: int, tail: int, text: str) -> OpenUnit:
    """Perceives stereo on a labelled, sanitised molecule, in the form that :class:`OpenUnit` promises.

    Args:
        mol: Changed in place.
        head: Its dummy atom with isotope 1.
        tail: Its dummy atom with isotope 2.
        text: What ``mol`` was read from: only what it can mark is looked for.
    """
    if not carries_marks(text):
        return OpenUnit(mol, head, tail, stereo=False)
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    centres = "@" in text and any(atom.GetChiralTag() != _UNTAGGED for atom in atoms_of(mol))
    marked: list[tuple[int, int]] = []
    for bond in bonds_of(mol) if "/" in text or "\\" in text else ():
        bond.SetBondDir(Chem.BondDir.NONE)
        # E and Z depend on priorities, which change with the cut; cis and trans to named atoms do not.
        kind = bond.GetStereo()
        if kind == Chem.BondStereo.STEREOE:
            bond.SetStereo(Chem.BondStereo.STEREOTRANS)
        elif kind == Chem.BondStereo.STEREOZ:
            bond.SetStereo(Chem.BondStereo.STEREOCIS)
        if kind != _NO_STEREO:
            marked.append((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()))
    return OpenUnit(mol, head, tail, centres or bool(marked), tuple(marked))


def carries_marks(text: str) -> bool:
    """Whether a SMILES marks the stereo of an atom or of a double bond."""
    return "@" in text or "/" in text or "\\" in text


def atoms_of(mol: Chem.Mol) -> Iterator[Chem.Atom]:
    """The atoms by index: several times as fast as ``mol.GetAtoms()``, which asks for the length each time."""
    return map(mol.GetAtomWithIdx, range(mol.GetNumAtoms()))


def bonds_of(mol: Chem.Mol) -> Iterator[Chem.Bond]:
    """The bonds by index, like :func:`atoms_of`."""
    return map(mol.GetBondWithIdx, range(mol.GetNumBonds()))


def labelled_ends(mol: Chem.Mol) -> tuple[int, int]:
    """Indices of head and tail of a labelled molecule."""
    (one,), (other,) = mol.GetSubstructMatches(STAR)
    return (one, other) if mol.GetAtomWithIdx(one).GetIsotope() == HEAD else (other, one)


def _attachment_points(text: str, mol: Chem.Mol) -> tuple[int, int]:
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


def _sanitize(text: str, mol: Chem.Mol, in_full: bool) -> None:
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


def _check_bonds(text: str, mol: Chem.Mol, perceived: bool) -> None:
    """Refuses unusual bonds: as written, since perception takes any-bonds in a ring for aromatic ones, and
    once more when it is known which bonds written aromatic are in an aromatic ring.
    """
    for bond in bonds_of(mol):
        kind = bond.GetBondType()
        if kind in _ALLOWED_BONDS:
            continue
        if kind != Chem.BondType.AROMATIC or (perceived and not bond.GetIsAromatic()):
            ends = " and ".join(place_of(text, i) for i in (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()))
            raise errors.UnusualBondError(text, f"has a bond of type {str(kind).lower()} between {ends}.")


def _syntax_complaint(text: str) -> str:
    with rdBase.CaptureErrorLog() as log:
        Chem.MolFromSmiles(text, _RAW)
    said = str(log.messages)
    where = re.search(r"around position (\d+)", said)
    what = re.search(r"Parse Error: (?!check for)(.*?)(?: while parsing| for input|$)", said, re.MULTILINE)
    reason = _flat(what.group(1)) if what else "not valid SMILES"
    return f"cannot be read as SMILES: {reason}" + (f" near character {where.group(1)}." if where else ".")


def _flat(message: str) -> str:
    return " ".join(message.split()).rstrip(".")
