"""What a chain holds: elements and substructures, looked for on the endless chain.

A pattern is matched on the chain closed to a ring (:meth:`RepeatUnit.periodic`) that is longer than the pattern, so that
a match across the cut is found and none that bites its own tail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from rdkit import Chem, rdBase

from discovery.errors import PoolError
from discovery.polymers import RepeatUnit
from discovery.pools.signature import matching_revision, signature_of

HELD, NOT_HELD, UNKNOWN = 1, -1, 0
"""Answers to whether a chain holds a feature."""

_RING = 10  # as RepeatUnit.periodic has it by default
_SYMBOL = re.compile(r"\[\d*([A-Za-z][a-z]?)[^\]]*\]|(Br|Cl|[BCNOPSFIbcnops])")
_ELEMENTS = Chem.GetPeriodicTable()
_LAST = 118
"""Number of the last element there is."""
_NAMED = frozenset(_ELEMENTS.GetElementSymbol(number) for number in range(1, _LAST + 1))


@dataclass(frozen=True, slots=True)
class Element:
    """Any atom of an element; hydrogen also where it is not written.

    Raises:
        PoolError: There is no such element.
    """

    symbol: str

    def __post_init__(self) -> None:
        if self.symbol not in _NAMED:
            raise PoolError(f"{self.symbol!r} is not an element.", "Write a symbol such as Br or Si.")

    @property
    def words(self) -> str:
        """What a chain does that has it."""
        return f"holds {self.symbol}"

    @property
    def digest(self) -> str:
        """A name for files; another one when the way to look has changed."""
        return signature_of(matching_revision(), "element", self.symbol)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A substructure as SMARTS; stereo counts where it is written, hydrogens only where they are written as such.

    Raises:
        PoolError: The text is no SMARTS.
    """

    smarts: str

    def __post_init__(self) -> None:
        query(self.smarts)

    @property
    def words(self) -> str:
        """What a chain does that has it."""
        return f"matches {self.smarts}"

    @property
    def digest(self) -> str:
        """A name for files; another one when the way to look has changed."""
        return signature_of(matching_revision(), "pattern", self.smarts)


Feature: TypeAlias = "Element | Pattern"


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled pattern."""

    mol: Chem.Mol
    span: int
    """Atoms in the shortest ring that is surely longer than any match."""
    elements: frozenset[str]
    """Without one of these in the chain there is no match."""


@lru_cache(maxsize=1024)
def query(smarts: str) -> Query:
    """Compiles a pattern.

    Raises:
        PoolError: The text is no SMARTS, or names an element by a number that none has.
    """
    with rdBase.BlockLogs():  # told by the error
        mol = Chem.MolFromSmarts(smarts) if smarts.strip() else None
    if mol is None or not mol.GetNumAtoms():
        raise PoolError(f"{smarts!r} is not SMARTS.", "Correct it, such as [Si] or C(=O)O[CH3].")
    # A recursive part, $(...), reaches as far as its own atoms; counted by the letters it is written with, at most.
    reach = sum(
        len(re.findall(r"[A-Za-z*#]", atom.GetSmarts())) for atom in mol.GetAtoms() if "$" in atom.GetSmarts()
    )
    return Query(
        mol, max(_RING, mol.GetNumAtoms() + reach + 2), frozenset(filter(None, map(_needed, mol.GetAtoms())))
    )


def answers(psmiles: str, features: Sequence[Feature]) -> list[int]:
    """For each feature whether the chain holds it, up to the first that it holds; ``UNKNOWN`` from there on."""
    found = [UNKNOWN] * len(features)
    for number, held in enumerate(_held(psmiles, features)):
        found[number] = HELD if held else NOT_HELD
        if held:
            break
    return found


def first_held(psmiles: str, features: Sequence[Feature]) -> Feature | None:
    """The first of ``features`` that the chain holds."""
    found = answers(psmiles, features)
    return features[found.index(HELD)] if HELD in found else None


def elements_of(psmiles: str) -> frozenset[str]:
    """Symbols of the elements that are written."""
    return frozenset((bracketed or plain).capitalize() for bracketed, plain in _SYMBOL.findall(psmiles))


def _held(psmiles: str, features: Sequence[Feature]) -> Iterator[bool]:
    elements = elements_of(psmiles)
    ring: Chem.Mol | None = None
    atoms = max((query(each.smarts).span for each in features if isinstance(each, Pattern)), default=_RING)
    for feature in features:
        if isinstance(feature, Element) and feature.symbol != "H":
            yield feature.symbol in elements
            continue
        if isinstance(feature, Pattern) and not query(feature.smarts).elements <= elements:
            yield False  # most patterns are ruled out here, without a look at the structure
            continue
        ring = ring or _ring(psmiles, atoms)
        if isinstance(feature, Pattern):
            yield bool(ring.HasSubstructMatch(query(feature.smarts).mol, useChirality=True))
        else:
            yield any(atom.GetTotalNumHs() or atom.GetAtomicNum() == 1 for atom in ring.GetAtoms())


def _ring(psmiles: str, atoms: int) -> Any:
    return RepeatUnit(psmiles, "").periodic(atoms)


def _needed(atom: Chem.Atom) -> str:
    """The element that an atom of a pattern surely is; empty where it may be one of several."""
    text = atom.GetSmarts()
    if any(mark in text for mark in ",!$"):
        return ""
    for part in re.split("[&;]", text.strip("[]")):
        if match := re.fullmatch(r"\d*([A-Z][a-z]?|[a-z][a-z]?)(@{0,2})", part):
            symbol = match[1].capitalize()
            # Letters that are also properties of an atom: any aliphatic (A) or aromatic (a) one, degree, and so on.
            if symbol in _NAMED and match[1] not in {"H", "D", "h", "v", "r", "x", "a", "R", "X"}:
                return symbol
        if match := re.fullmatch(r"#(\d+)", part):
            number = int(match[1])
            if number > _LAST:
                raise PoolError(
                    f"SMARTS {text!r}: there is no element {number}.", f"Give a number up to {_LAST}."
                )
            return str(_ELEMENTS.GetElementSymbol(number)) if number > 1 else ""
    return ""
