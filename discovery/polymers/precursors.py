"""Monomers that would leave a given piece in a chain: the ends of the piece, as they were before it reacted.

Each function takes a :class:`~discovery.polymers.disconnections.Piece` and returns the canonical SMILES of a
molecule, or "" where the piece has no such precursor. They propose; whether a rule takes the molecule for a
monomer, and makes the chain from it, is for the rules to say.
"""

from __future__ import annotations

from rdkit import Chem

from discovery.polymers.chain import drop_lone_stars, marked_bonds, rewire
from discovery.polymers.disconnections import Piece
from discovery.polymers.reading import OpenUnit, write_smiles

HYDROGEN, NITROGEN, OXYGEN, FLUORINE, CHLORINE, BROMINE, IODINE = 1, 7, 8, 9, 17, 35, 53
_CARBON = 6
_SINGLE, _DOUBLE = Chem.BondType.SINGLE, Chem.BondType.DOUBLE

#: A ring that shares more atoms than this with an aromatic one bridges it: no such lactone or anhydride is a monomer.
_FUSED = 2
#: Atoms in the ring of a cyclic anhydride: succinic to adipic and diphenic anhydride.
ANHYDRIDE_RINGS = range(5, 8)


def capped(piece: Piece, head: int, tail: int) -> str:
    """The piece with an atom of element ``head`` and ``tail`` on its ends: acids, halides, alcohols, amines."""
    mol = Chem.RWMol(piece.mol)
    _become(mol, piece.head, head)
    _become(mol, piece.tail, tail)
    return _smiles(mol)


def olefins(piece: Piece) -> list[str]:
    """Two bonded backbone atoms as they were in a double bond: unmarked, then E and Z where there are such."""
    mol = Chem.RWMol(piece.mol)
    bond = mol.GetBondBetweenAtoms(piece.first, piece.last)
    if bond is None or bond.GetBondType() != _SINGLE:
        return []
    bond.SetBondType(_DOUBLE)
    _note(bond)
    return _cis_and_trans(_opened(mol, piece))


def cycloolefins(piece: Piece) -> list[str]:
    """The piece closed on itself, with a double bond at one end: unmarked, then E and Z where there are such."""
    mol = _closed(piece)
    for bond in mol.GetBonds():
        if bond.GetBondType() == _DOUBLE and {bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()} & {
            piece.first,
            piece.last,
        }:
            _note(bond)
    return _cis_and_trans(mol)


def diene(piece: Piece) -> str:
    """A backbone C-C=C-C as it was before 1,4-addition."""
    mol = Chem.RWMol(piece.mol)
    _, a, b, c, d, _ = Chem.GetShortestPath(mol, piece.head, piece.tail)
    bonds = [mol.GetBondBetweenAtoms(*pair) for pair in ((a, b), (b, c), (c, d))]
    if [bond.GetBondType() for bond in bonds] != [_SINGLE, _DOUBLE, _SINGLE]:
        return ""
    bonds[1].SetStereo(Chem.BondStereo.STEREONONE)
    for bond, order in zip(bonds, (_DOUBLE, _SINGLE, _DOUBLE), strict=True):
        bond.SetBondType(order)
    return _smiles(_opened(mol, piece))


def ring(piece: Piece) -> str:
    """The piece closed on itself: epoxides, lactones, lactams."""
    return _smiles(_closed(piece), bridged=False)


def anhydride(piece: Piece) -> str:
    """Two acyl ends joined by an oxygen."""
    if piece.span + 1 not in ANHYDRIDE_RINGS:
        return ""
    mol = Chem.RWMol(piece.mol)
    _become(mol, piece.tail, OXYGEN)
    mol.RemoveBond(piece.head, piece.first)
    mol.AddBond(piece.tail, piece.first, _SINGLE)
    drop_lone_stars(mol)
    return _smiles(mol, bridged=False)


def epoxide(piece: Piece) -> str:
    """A 1,2-diol's residue, O-C-C-O, as it was in an epoxide."""
    mol = Chem.RWMol(piece.mol)
    _, kept, _, carbon, lost, _ = Chem.GetShortestPath(mol, piece.head, piece.tail)
    if any(mol.GetAtomWithIdx(index).GetAtomicNum() != OXYGEN for index in (kept, lost)):
        return ""
    _exchange(mol, [(piece.head, kept), (carbon, lost)], (kept, carbon), {(carbon, lost): kept})
    return _smiles(_without(mol, {piece.head, piece.tail, lost}))


def diisocyanate_of_urethane(piece: Piece) -> str:
    """Two carbamoyl ends, -NH-C(=O)-, as isocyanates (or thiocarbamoyl ends as isothiocyanates)."""
    mol = Chem.RWMol(piece.mol)
    for end in (piece.first, piece.last):
        bonds = [
            bond
            for bond in mol.GetAtomWithIdx(end).GetBonds()
            if bond.GetOtherAtom(mol.GetAtomWithIdx(end)).GetAtomicNum() == NITROGEN
        ]
        bonds[0].SetBondType(_DOUBLE)
    return _smiles(_opened(mol, piece))


def diisocyanate_of_residue(piece: Piece, head: int, tail: int) -> str:
    """An isocyanate group on each end, or an isothiocyanate where its last element is sulfur."""
    mol = Chem.RWMol(piece.mol)
    for end, element in ((piece.head, head), (piece.tail, tail)):
        _become(mol, end, NITROGEN)
        carbon, last = mol.AddAtom(Chem.Atom(_CARBON)), mol.AddAtom(Chem.Atom(element))
        mol.AddBond(end, carbon, _DOUBLE)
        mol.AddBond(carbon, last, _DOUBLE)
    return _smiles(mol)


def dianhydride(piece: Piece) -> str:
    """Two imide ends as anhydrides."""
    mol = Chem.RWMol(piece.mol)
    for end in (piece.first, piece.last):
        _become(mol, end, OXYGEN)
    return _smiles(_opened(mol, piece))


def diepoxide(piece: Piece) -> str:
    """Two oxazolidone ends as epoxides."""
    mol = Chem.RWMol(piece.mol)
    lost = {piece.head, piece.tail, piece.first, piece.last}
    for nitrogen in (piece.first, piece.last):
        ring = _oxazolidone(mol, nitrogen)
        if not ring:
            return ""
        _, carbonyl, double, oxygen, _, carbon = ring
        _exchange(
            mol, [(carbon, nitrogen), (oxygen, carbonyl)], (oxygen, carbon), {(carbon, nitrogen): oxygen}
        )
        lost |= {carbonyl, double}
    return _smiles(_without(mol, lost))


def carbonyl_element(piece: Piece, nitrogen: int) -> int:
    """Oxygen, or sulfur in the thiocarbonyl, of the oxazolidone ring that an end is in."""
    ring = _oxazolidone(piece.mol, nitrogen)
    return int(piece.mol.GetAtomWithIdx(ring[2]).GetAtomicNum()) if ring else OXYGEN


def _oxazolidone(mol: Chem.Mol, nitrogen: int) -> tuple[int, ...]:
    """Atoms N, C, =O, O, C, C of the ring with that nitrogen; empty if there is none."""
    return next((match for match in mol.GetSubstructMatches(_OXAZOLIDONE) if match[0] == nitrogen), ())


_REACTED = "reacted"
_OXAZOLIDONE = Chem.MolFromSmarts("N1C(=[O,S])OCC1")


def canonical_smiles(text: str) -> str:
    """RDKit's canonical SMILES, or "" if ``text`` is no possible molecule."""
    mol = Chem.MolFromSmiles(text)
    return "" if mol is None else str(Chem.MolToSmiles(mol))


def _become(mol: Chem.RWMol, index: int, element: int) -> None:
    atom = mol.GetAtomWithIdx(index)
    atom.SetAtomicNum(element)
    atom.SetIsotope(0)
    atom.SetNoImplicit(False)


def _closed(piece: Piece) -> Chem.RWMol:
    mol = Chem.RWMol(piece.mol)
    _exchange(
        mol,
        [(piece.head, piece.first), (piece.tail, piece.last)],
        (piece.last, piece.first),
        {(piece.first, piece.head): piece.last, (piece.last, piece.tail): piece.first},
    )
    drop_lone_stars(mol)
    return mol


def _opened(mol: Chem.RWMol, piece: Piece) -> Chem.RWMol:
    """Without the two dummies."""
    return _without(mol, {piece.head, piece.tail})


def _without(mol: Chem.RWMol, lost: set[int]) -> Chem.RWMol:
    for index in sorted(lost, reverse=True):
        mol.RemoveAtom(index)
    return mol


def _note(bond: Chem.Bond) -> None:
    for atom in (bond.GetBeginAtom(), bond.GetEndAtom()):
        atom.SetBoolProp(_REACTED, True)


def _cis_and_trans(mol: Chem.RWMol) -> list[str]:
    """With the noted double bond unmarked, E and Z: the chain forgets which it was, a bottle's label does not."""
    unmarked = _smiles(mol)
    if not unmarked:
        return []
    written = [unmarked]
    Chem.SanitizeMol(mol)
    for found in Chem.FindPotentialStereo(mol):
        bond = mol.GetBondWithIdx(found.centeredOn) if found.type == Chem.StereoType.Bond_Double else None
        if bond is not None and bond.GetBeginAtom().HasProp(_REACTED) and bond.GetEndAtom().HasProp(_REACTED):
            near, _, far, _ = found.controllingAtoms
            bond.SetStereoAtoms(near, far)
            for stereo in (Chem.BondStereo.STEREOTRANS, Chem.BondStereo.STEREOCIS):
                bond.SetStereo(stereo)
                written.append(canonical_smiles(_text(mol)))
    return written


def _exchange(
    mol: Chem.RWMol, old: list[tuple[int, int]], new: tuple[int, int], swaps: dict[tuple[int, int], int]
) -> None:
    """:func:`~discovery.polymers.chain.rewire` for one new single bond."""
    rewire(mol, old, [(*new, _SINGLE)], swaps, marked_bonds(mol))


def _text(mol: Chem.Mol) -> str:
    return write_smiles(OpenUnit(mol, -1, -1, stereo=True, marked=marked_bonds(mol)), canonical=False)


def _smiles(mol: Chem.RWMol, bridged: bool = True) -> str:
    mol.UpdatePropertyCache(strict=False)
    read = Chem.MolFromSmiles(_text(mol))
    if read is None or (not bridged and _bridges_an_aromatic_ring(read)):
        return ""
    return str(Chem.MolToSmiles(read))


def _bridges_an_aromatic_ring(mol: Chem.Mol) -> bool:
    rings = [set(atoms) for atoms in mol.GetRingInfo().AtomRings()]
    aromatic = [atoms for atoms in rings if all(mol.GetAtomWithIdx(i).GetIsAromatic() for i in atoms)]
    return any(len(one & other) > _FUSED for one in aromatic for other in rings if one is not other)
