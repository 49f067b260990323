"""One or two monomers and one rule: which repeat units come of them, and why the rest is none.

Counts bound the work: how often a rule may hit, how many leftover groups may go on reacting, how many atoms a monomer may
have. They alone decide in practice, so a busy machine makes the same polymers as an idle one. The clock is the last
resort, for what the counts did not foresee; it is looked at between two steps.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

from rdkit import Chem, rdBase

from discovery.errors import PolymerError
from discovery.polymers.errors import (
    NotARepeatUnitError,
    TooManyAttachmentPointsError,
    UnparsableUnitError,
)
from discovery.polymers.monomers import Monomer
from discovery.polymers.reactions import FurtherReaction, Reaction, RuleBook, Sites
from discovery.polymers.repeat_unit import RepeatUnit
from discovery.polymers.symmetry import mark_symmetries, symmetries

#: A product with more leftover groups than this is a network however it is written.
MAXIMUM_FURTHER_REACTIONS = 12
#: Ways in which one rule can hit one pair; two groups at each side give at most eight, more is symmetry or a
#: network.
MAXIMUM_PRODUCTS = 64

_NO_ONE_FOUR = "product: the diene has no 1,4-adduct"
_NETWORK = "product: branched or a network"
_IMPOSSIBLE = "product: impossible structure"
_MORE_WAYS = "product: more ways than are tried"


@dataclass(frozen=True, slots=True)
class Group:
    """A group of a monomer that goes on reacting when a rule leaves it over."""

    number: int
    """SMiPoly's number of the kind of group."""
    atoms: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Reactant:
    """A monomer as the rules need it."""

    monomer: Monomer
    smiles: str
    """Canonical."""
    groups: tuple[Group, ...]
    binary: bytes
    """The molecule, with its symmetries, as RDKit packs it: a thirtieth of the memory."""

    @classmethod
    def of(cls, monomer: Monomer, mol: Chem.Mol, smiles: str, book: RuleBook) -> Reactant:
        """Works out what is the same in every reaction of the monomer."""
        groups = tuple(
            Group(step.number, frozenset(match))
            for step in book.groups
            for match in mol.GetSubstructMatches(step.group)
        )
        mark_symmetries(mol)
        return cls(monomer, smiles, groups, mol.ToBinary(Chem.PropertyPickleOptions.MolProps))

    @property
    def mol(self) -> Chem.Mol:
        """The molecule; not to be changed."""
        return _unpacked(self.binary)


@lru_cache(maxsize=2048)
def _unpacked(binary: bytes) -> Chem.Mol:
    mol: Chem.Mol = Chem.Mol(binary)  # type: ignore[call-overload]  # RDKit's stub asks for text
    return mol


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """A moment after which no further step begins."""

    seconds: float
    """What was allowed."""
    end: float = field(compare=False)
    """On the monotonic clock."""

    @classmethod
    def of(cls, seconds: float) -> TimeLimit:
        """So many seconds from now."""
        return cls(seconds, time.monotonic() + seconds)

    def check(self) -> None:
        """Raises :class:`OverTimeError` once the time is over."""
        if time.monotonic() > self.end:
            raise OverTimeError(took_longer(self.seconds))


class UnfinishedError(PolymerError):
    """A product that goes on reacting; caught and counted where products are made, never seen by a user."""


class OverTimeError(PolymerError):
    """A pair over its time limit; caught and counted where products are made, never seen by a user."""


def took_longer(seconds: float) -> str:
    """The reason by which a product over the time limit is counted."""
    return f"product: took longer than {seconds:g} s"


def units_made(
    reaction: Reaction,
    reactants: tuple[Reactant, ...],
    book: RuleBook,
    limit: TimeLimit,
    dropped: Counter[str],
) -> list[RepeatUnit]:
    """The different repeat units that ``reaction`` makes; in ``dropped`` each reason counts once for the reactants."""
    texts: set[str] = set()
    joined: set[tuple[tuple[int, ...], ...]] = set()
    reasons: set[str] = set()
    try:
        with rdBase.BlockLogs():  # products that do not sanitise are counted; RDKit's remark names no monomer
            ways = reaction.reaction.RunReactants([each.mol for each in reactants], MAXIMUM_PRODUCTS)
            if len(ways) == MAXIMUM_PRODUCTS:
                reasons.add(_MORE_WAYS)
            for products in ways:
                limit.check()
                product = products[0]
                if reaction.sites.orders:
                    chain = _chain(product, reaction.sites, reactants)
                    if chain in joined:
                        continue
                    joined.add(chain)
                try:
                    texts.add(_finished(product, reaction, reactants, book, limit))
                except UnfinishedError as reason:
                    reasons.add(reason.message)
                except Chem.MolSanitizeException:
                    reasons.add(_IMPOSSIBLE)
        units = _parsed(texts, limit, reasons)
    except OverTimeError as reason:
        dropped[reason.message] += (
            1  # how many products are ready depends on the machine: none of them is given
        )
        return []
    if not texts and not reasons:
        reasons.add("product: the rule gives nothing")
    dropped.update(reasons)
    return units


def _parsed(texts: set[str], limit: TimeLimit, reasons: set[str]) -> list[RepeatUnit]:
    units: dict[str, RepeatUnit] = {}
    for text in sorted(texts):
        limit.check()
        if text.count("*") > 2:
            reasons.add(_NETWORK)
            continue
        try:
            unit = RepeatUnit.parse(text)
        except TooManyAttachmentPointsError:
            reasons.add(_NETWORK)
        except UnparsableUnitError:
            reasons.add(_IMPOSSIBLE)
        except NotARepeatUnitError as error:
            reasons.add(f"product: {error.kind}")
        else:
            units[unit.key] = unit
    return sorted(units.values(), key=lambda unit: unit.psmiles)


def _chain(product: Chem.Mol, sites: Sites, reactants: tuple[Reactant, ...]) -> tuple[tuple[int, ...], ...]:
    """The atoms at which the monomers are joined, the same for all products that are one chain.

    The least writing of all orders that mean the same, and of all symmetries of each monomer.
    """
    at = {number: _origin(product, number) for numbers in sites.orders[0] for number in numbers}
    return min(
        tuple(
            _least(reactant, tuple(at[number] for number in numbers))
            for numbers, reactant in zip(order, reactants, strict=True)
        )
        for order in sites.orders
    )


@lru_cache(maxsize=1 << 15)
def _least(reactant: Reactant, atoms: tuple[int, ...]) -> tuple[int, ...]:
    return min((tuple(to[atom] for atom in atoms) for to in symmetries(reactant.mol)), default=atoms)


def _origin(product: Chem.Mol, number: int) -> int:
    """The number that an atom of the product had in its monomer."""
    return int(product.GetAtomWithIdx(number).GetIntProp("react_atom_idx"))


def _finished(
    product: Chem.Mol, reaction: Reaction, reactants: tuple[Reactant, ...], book: RuleBook, limit: TimeLimit
) -> str:
    """SMILES of the product after all further reactions of its leftover groups."""
    if reaction.second is not None and not _leaves_groups(product, reaction, reactants):
        # Neither sanitised nor canonical: both come with reading it as a repeat unit.
        return str(Chem.MolToSmiles(product, canonical=not reaction.sites.orders))
    Chem.SanitizeMol(product)
    if reaction.first == "conjdiene":
        try:
            return book.to_one_four(Chem.MolToSmiles(product))
        except IndexError as error:  # how SMiPoly says that its rule finds no 1,2-adduct to turn
            raise UnfinishedError(_NO_ONE_FOUR) from error
    if reaction.second is None and book.classes[reaction.first].groups(product, book.count):
        raise UnfinishedError(_NETWORK)
    left = MAXIMUM_FURTHER_REACTIONS
    for step in reaction.further:
        product, left = _exhausted(product, step, left, limit)
    return str(Chem.MolToSmiles(product))


def _leaves_groups(product: Chem.Mol, reaction: Reaction, reactants: tuple[Reactant, ...]) -> bool:
    """Whether a monomer has a group left over; the bonds that the rules make never are one."""
    numbers = {step.number for step in reaction.further}
    for reactant, mapped in zip(reactants, reaction.sites.mapped, strict=True):
        used = {_origin(product, number) for number in mapped}
        if any(group.number in numbers and used.isdisjoint(group.atoms) for group in reactant.groups):
            return True
    return False


def _exhausted(product: Chem.Mol, step: FurtherReaction, left: int, limit: TimeLimit) -> tuple[Chem.Mol, int]:
    while product.HasSubstructMatch(step.group):
        limit.check()
        if not left:
            raise UnfinishedError("product: leftover groups do not end")
        products = step.reaction.RunReactants([product], 1)
        if not products:
            raise UnfinishedError("product: leftover groups do not react")
        product, left = products[0][0], left - 1
        Chem.SanitizeMol(product)
    return product, left
