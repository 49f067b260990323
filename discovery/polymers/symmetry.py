"""Symmetry of monomers: of all ways in which a rule hits a molecule that differ by symmetry only, one is enough.

A symmetric diacid and a symmetric diol react in four ways to one product; three of them need not be built.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rdkit import Chem
from rdkit.Chem import rdChemReactions

#: Enough for the usual symmetries; those left out cost time only, since equal products are merged in the end.
MAXIMUM_SYMMETRIES = 32

_PROPERTY = "symmetries"


def mark_symmetries(mol: Chem.Mol) -> None:
    """Writes the symmetries of a molecule on it, for :func:`skip_symmetric_products`.

    An atom is compared with those of its own canonical rank only. Laid onto itself without that, a saturated flake of 130
    carbon atoms takes a minute, in one step that nothing can interrupt.
    """
    classes = Chem.Mol(mol)
    for number, rank in enumerate(Chem.CanonicalRankAtoms(mol, breakTies=False, includeChirality=False)):
        classes.GetAtomWithIdx(number).SetIsotope(
            rank + 1
        )  # no atom of a rank has another isotope of its own
    found = classes.GetSubstructMatches(
        classes, uniquify=False, useChirality=True, maxMatches=MAXIMUM_SYMMETRIES
    )
    hydrogens = [atom.GetTotalNumHs() for atom in mol.GetAtoms()]  # which a substructure search overlooks
    kept = [match for match in found if [hydrogens[i] for i in match] == hydrogens]
    mol.SetProp(_PROPERTY, ";".join(" ".join(map(str, match)) for match in kept))


def skip_symmetric_products(reaction: rdChemReactions.ChemicalReaction) -> None:
    """Makes ``reaction`` leave out, from marked molecules, matches that repeat another by symmetry."""
    reaction.GetSubstructParams().setExtraFinalCheck(_comes_first)


def symmetries(mol: Chem.Mol) -> tuple[tuple[int, ...], ...]:
    """Of a marked molecule, for each symmetry the atoms that its atoms turn into; of another, nothing."""
    return _read(mol.GetProp(_PROPERTY)) if mol.HasProp(_PROPERTY) else ()


def _comes_first(mol: Chem.Mol, match: Sequence[int]) -> bool:
    """Whether no symmetry turns ``match`` into one that sorts before it: true for one match of each orbit."""
    return not mol.HasProp(_PROPERTY) or _sorts_first(mol.GetProp(_PROPERTY), tuple(match))


@lru_cache(maxsize=1 << 15)
def _sorts_first(symmetries_text: str, atoms: tuple[int, ...]) -> bool:
    return all(tuple(to[i] for i in atoms) >= atoms for to in _read(symmetries_text))


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(map(int, match.split())) for match in text.split(";") if match)
