"""From a PSMILES text to a checked, labelled molecule and back: the front door of the room.

The two attachment points are dummy atoms with isotope 1 (head) and 2 (tail) from here on. Without labels
RDKit would take the two ends of a symmetric unit for the same thing and drop stereo marks that the endless
chain does have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rdkit import Chem, rdBase

from discovery.polymers import errors
from discovery.polymers.molecule import RAW, STAR, atoms_of, bonds_of
from discovery.polymers.unit_checks import (
    MAXIMUM_CHARACTERS,
    attachment_points,
    check_bonds,
    sanitize,
    syntax_complaint,
)

HEAD, TAIL = 1, 2

#: Without one of these in the text every bond is of a usual kind: bonds are written so, or made dative by
#: RDKit next to a metal, which stands in brackets (a colon before a label in brackets is no bond).
_UNUSUAL_BOND = re.compile(
    r"[~$<>]|:(?!\d+\])|\[(?!\d*(?:\*|H|B|C|N|O|F|Si|P|S|Cl|Se|Br|I|[bcnops]|se)[]@H+:-])"
)
_HYDROGEN_ATOM = re.compile(r"\[\d*H[^a-z]")
_SANITIZE = Chem.SanitizeFlags
_HYDROGENS = _SANITIZE.SANITIZE_PROPERTIES | _SANITIZE.SANITIZE_FINDRADICALS
_UNTAGGED = Chem.ChiralType.CHI_UNSPECIFIED
_NO_STEREO = Chem.BondStereo.STEREONONE


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
    odd = re.search(r"[^\x21-\x7e]", text)
    if odd is not None:
        # RDKit drops such letters at either end, takes what follows a blank for a name, and may cut its message inside of one
        letter = (
            f"the letter {odd[0]!r}"
            if odd[0].isprintable() and not odd[0].isspace()
            else "a blank or unprintable letter"
        )
        raise errors.UnparsableUnitError(
            text, f"cannot be read as SMILES: {letter} at character {odd.start() + 1}."
        )
    # What RDKit says goes into our error, once, instead of onto the user's terminal.
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(text, RAW)
        if mol is None:
            raise errors.UnparsableUnitError(text, syntax_complaint(text))
        unusual = _UNUSUAL_BOND.search(text) is not None
        if unusual:
            check_bonds(text, mol, perceived=False)
        head, tail = attachment_points(text, mol)
        mol.GetAtomWithIdx(head).SetIsotope(HEAD)
        mol.GetAtomWithIdx(tail).SetIsotope(TAIL)
        sanitize(text, mol, in_full or carries_marks(text))
        if unusual:
            check_bonds(text, mol, perceived=True)
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
    mol = Chem.MolFromSmiles(psmiles, RAW)
    (head,), (tail,) = mol.GetSubstructMatches(STAR)
    mol.GetAtomWithIdx(head).SetIsotope(HEAD)
    mol.GetAtomWithIdx(tail).SetIsotope(TAIL)
    Chem.SanitizeMol(mol, _HYDROGENS)
    return OpenUnit(mol, head, tail, stereo=False)


def reread(labelled: str) -> OpenUnit:
    """Reads back a text that this package wrote with ``[1*]`` and ``[2*]``; stereo is perceived anew."""
    mol = Chem.MolFromSmiles(labelled, RAW)
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


def labelled_ends(mol: Chem.Mol) -> tuple[int, int]:
    """Indices of head and tail of a labelled molecule."""
    (one,), (other,) = mol.GetSubstructMatches(STAR)
    return (one, other) if mol.GetAtomWithIdx(one).GetIsotope() == HEAD else (other, one)
