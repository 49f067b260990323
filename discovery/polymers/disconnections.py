"""Where an endless chain comes apart: its bonds by what stands on either side, and the pieces between two bonds.

Every polymerisation rule forms bonds of the backbone that are in no ring, so a retrosynthesis breaks one such bond
per repeat (one monomer) or two (two monomers). Which bonds are worth breaking is told by their two faces. The
chain has no beginning: the bond at the written cut is a bond like the others, and a piece may run on over it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, auto

from rdkit import Chem

from discovery.polymers.chain import Link, backbone, links, splice
from discovery.polymers.reading import HEAD, TAIL, OpenUnit, read_unit

_CARBON, _NITROGEN, _OXYGEN, _SULFUR = 6, 7, 8, 16
_AROMATIC_RING = 6


class Face(Enum):
    """What an atom is to the bond that is broken next to it; the bond itself is not part of it."""

    ACYL = auto()
    """Carbonyl carbon on a carbon: half of an ester or amide."""
    CARBAMOYL = auto()
    """Carbonyl or thiocarbonyl carbon on a nitrogen: half of a urethane."""
    CARBONATE = auto()
    """Carbonyl carbon on an oxygen or sulfur."""
    OXY = auto()
    """Oxygen or sulfur with two neighbours."""
    AMINO = auto()
    """Nitrogen next to a carbonyl across the bond."""
    IMIDE = auto()
    """Nitrogen between two carbonyls."""
    OXAZOLIDONE = auto()
    """Nitrogen of an oxazolidone ring."""
    ACTIVATED = auto()
    """Aromatic carbon on an oxygen, para to a sulfone or ketone."""
    ARYL = auto()
    """Any other aromatic carbon on an oxygen."""
    VINYLENE = auto()
    """Carbon of a double bond to carbon, on a carbon."""
    CARBON = auto()
    """Any other carbon."""
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Break:
    """A single bond of the backbone that is in no ring, in the chain's written direction."""

    before: int
    after: int
    place: int
    """Backbone atoms of the unit that come before it."""
    faces: tuple[Face, Face]
    """Of ``before`` and ``after``."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What lies between two breaks, written with single and double bonds only (no aromatic ones); not sanitised.

    ``head`` and ``tail`` are dummy atoms on ``first`` and ``last``, where the chain was broken; ``span`` counts
    the backbone atoms.
    """

    mol: Chem.Mol
    head: int
    tail: int
    first: int
    last: int
    span: int


@dataclass(frozen=True, slots=True)
class Strand:
    """An endless chain with all its breaks, in order along the chain."""

    unit: OpenUnit
    path: tuple[int, ...]
    """Backbone atoms of one period."""
    breaks: tuple[Break, ...]
    _rows: dict[int, Chem.Mol] = field(default_factory=dict)

    @classmethod
    def read(cls, psmiles: str) -> Strand:
        """The strand of a PSMILES that holds one shortest period, in any cut."""
        unit = read_unit(psmiles)
        path = backbone(unit)
        places = {atom: place for place, atom in enumerate(path)}
        found = []
        for link in links(unit, path):
            if link.order == Chem.BondType.SINGLE:
                found.append(Break(link.before, link.after, places[link.after], _faces(unit, link)))
        return cls(unit, path, tuple(found))

    @property
    def is_carbon(self) -> bool:
        """Whether the backbone is of carbon atoms only, none of them aromatic."""
        atoms = (self.unit.mol.GetAtomWithIdx(index) for index in self.path)
        return all(atom.GetAtomicNum() == _CARBON and not atom.GetIsAromatic() for atom in atoms)

    def span(self, start: Break, stop: Break, periods: int) -> int:
        """Backbone atoms from ``start`` to ``stop``, where ``stop`` is counted ``periods`` periods further on."""
        return stop.place - start.place + periods * len(self.path)

    def piece(self, start: Break, stop: Break, periods: int) -> Piece:
        """The piece from ``start`` to ``stop``, where ``stop`` is counted ``periods`` periods further on."""
        row = self._row(periods if not stop.place else periods + 1)
        size = self.unit.mol.GetNumAtoms()
        bonds, labels = [], []
        # The bond at the written cut is the first of its period. A piece that starts or stops there needs no cut: the
        # row begins and ends with it.
        for cut, copy in ((start, 0), (stop, periods)):
            if cut.place:
                before, after = cut.before + copy * size, cut.after + copy * size
                bond = row.GetBondBetweenAtoms(before, after)
                bonds.append(bond.GetIdx())
                # RDKit gives the first label to the dummy on the bond's end atom.
                labels.append((HEAD, TAIL) if bond.GetBeginAtomIdx() == before else (TAIL, HEAD))
        parts = Chem.FragmentOnBonds(row, bonds, dummyLabels=labels) if bonds else row
        atoms: list[tuple[int, ...]] = []
        mols = Chem.GetMolFrags(parts, asMols=True, sanitizeFrags=False, fragsMolAtomMapping=atoms)
        (mol,) = (mol for mol, kept in zip(mols, atoms, strict=True) if start.after in kept)
        ends = {atom.GetIsotope(): atom for atom in mol.GetAtoms() if not atom.GetAtomicNum()}
        head, tail = ends[HEAD], ends[TAIL]
        first, last = (end.GetNeighbors()[0].GetIdx() for end in (head, tail))
        return Piece(mol, head.GetIdx(), tail.GetIdx(), first, last, self.span(start, stop, periods))

    def _row(self, copies: int) -> Chem.Mol:
        if copies not in self._rows:
            mol = Chem.Mol(self.unit.mol)
            Chem.Kekulize(mol, clearAromaticFlags=True)
            self._rows[copies] = splice(replace(self.unit, mol=mol), copies, closed=False).GetMol()
        return self._rows[copies]


def _faces(unit: OpenUnit, link: Link) -> tuple[Face, Face]:
    before, after = unit.mol.GetAtomWithIdx(link.before), unit.mol.GetAtomWithIdx(link.after)
    if before.GetAtomicNum() == after.GetAtomicNum() == _CARBON:
        return _carbon_face(unit, before), _carbon_face(unit, after)
    return _face(unit, link.before, link.after), _face(unit, link.after, link.before)


def _carbon_face(unit: OpenUnit, atom: Chem.Atom) -> Face:
    for bond in atom.GetBonds():
        if bond.GetBondType() == Chem.BondType.DOUBLE:
            other = _across(unit, bond.GetOtherAtomIdx(atom.GetIdx()))
            if unit.mol.GetAtomWithIdx(other).GetAtomicNum() == _CARBON:
                return Face.VINYLENE
    return Face.CARBON


def _face(unit: OpenUnit, index: int, partner: int) -> Face:
    """The face that atom ``index`` shows across its bond to ``partner``."""
    mol = unit.mol
    atom = mol.GetAtomWithIdx(index)
    others = _others(unit, atom, partner)
    element = atom.GetAtomicNum()
    if element in (_OXYGEN, _SULFUR):
        return Face.OXY if len(others) == 1 else Face.OTHER
    if element == _NITROGEN:
        if _is_carbonyl(mol.GetAtomWithIdx(partner)):
            return Face.AMINO
        carbonyls = [other for other in others if _is_carbonyl(other)]
        if atom.IsInRing() and len(others) == 2 and carbonyls:
            return Face.IMIDE if len(carbonyls) == 2 else Face.OXAZOLIDONE
        return Face.OTHER
    if element != _CARBON:
        return Face.OTHER
    if mol.GetAtomWithIdx(partner).GetAtomicNum() == _OXYGEN and atom.GetIsAromatic():
        return Face.ACTIVATED if _is_activated(unit, atom) else Face.ARYL
    if len(others) == 2 and _is_carbonyl(atom):
        third = next((other for other in others if other.GetDegree() > 1), None)
        return _CARBONYL_FACES.get(third.GetAtomicNum(), Face.OTHER) if third is not None else Face.OTHER
    return Face.CARBON


_CARBONYL_FACES = {
    _CARBON: Face.ACYL,
    _NITROGEN: Face.CARBAMOYL,
    _OXYGEN: Face.CARBONATE,
    _SULFUR: Face.CARBONATE,
}


def _others(unit: OpenUnit, atom: Chem.Atom, partner: int | None = None) -> list[Chem.Atom]:
    """Neighbours but for ``partner``, those across the written cut included."""
    neighbours = [_across(unit, other.GetIdx()) for other in atom.GetNeighbors()]
    if partner in neighbours:  # once: in a unit of two atoms the partner stands on both sides
        neighbours.remove(partner)
    return [unit.mol.GetAtomWithIdx(index) for index in neighbours]


def _across(unit: OpenUnit, index: int) -> int:
    """The atom itself; for an attachment point, the atom that the chain has there."""
    if index == unit.head:
        return unit.last
    return unit.first if index == unit.tail else index


def _is_carbonyl(atom: Chem.Atom) -> bool:
    return atom.GetAtomicNum() == _CARBON and any(
        bond.GetBondType() == Chem.BondType.DOUBLE
        and bond.GetOtherAtom(atom).GetAtomicNum() in (_OXYGEN, _SULFUR)
        for bond in atom.GetBonds()
    )


def _is_activated(unit: OpenUnit, atom: Chem.Atom) -> bool:
    for ring in unit.mol.GetRingInfo().AtomRings():
        if len(ring) == _AROMATIC_RING and atom.GetIdx() in ring:
            para = unit.mol.GetAtomWithIdx(ring[(ring.index(atom.GetIdx()) + 3) % _AROMATIC_RING])
            if any(_withdraws(other) for other in _others(unit, para)):
                return True
    return False


def _withdraws(atom: Chem.Atom) -> bool:
    """A ketone's carbon or a sulfone's sulfur."""
    if atom.GetAtomicNum() == _SULFUR:
        return int(atom.GetDegree()) == 4
    return not atom.GetIsAromatic() and _is_carbonyl(atom)
