"""From monomers to polymers: a stream of candidates by polymerisation rules.

Each monomer is classified once; pairs are formed class by class and one at a time, so nothing grows with the
product of two lists but the set of keys already given. Whatever does not end in a linear homopolymer is
counted by reason, never passed over. All limits are counts, never seconds: a busy machine makes the same
polymers as an idle one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rdkit import Chem, rdBase

from discovery.errors import PolymerError
from discovery.polymers.errors import NotARepeatUnitError, TooManyAttachmentPointsError
from discovery.polymers.monomers import Candidate, Monomer, Provenance
from discovery.polymers.reactions import FurtherReaction, Reaction, RuleBook, rule_book
from discovery.polymers.repeat_unit import RepeatUnit
from discovery.polymers.symmetry import mark_symmetries

#: A product with more leftover groups than this is a network however it is written.
MAXIMUM_FURTHER_REACTIONS = 12
#: Ways in which one rule can hit one pair; two groups at each side give at most eight, more is symmetry or a
#: network.
MAXIMUM_PRODUCTS = 64
#: Keeps a single substructure search, which cannot be interrupted, short.
MAXIMUM_MONOMER_ATOMS = 150

#: SMiPoly writes the carbonyl of a polycarbonate as carbon monoxide; in the laboratory it is one of these.
CARBONYL_SOURCE = Monomer("[C-]#[O+]", "phosgene or a carbonate ester")


@dataclass(frozen=True, slots=True)
class _Reactant:
    monomer: Monomer
    mol: Chem.Mol
    smiles: str


class _UnfinishedError(PolymerError):
    """A product that goes on reacting; caught and counted here, never seen by a user."""


def polymerise(
    monomers: Sequence[Monomer],
    *,
    copolymers: bool = False,
    dropped: Counter[str] | None = None,
) -> Iterator[Candidate]:
    """All linear polymers that the rules make from ``monomers``, each chain once, in a fixed order.

    Args:
        monomers: Molecules; those of no class are counted, not an error.
        copolymers: Also alternating chains of two different vinyl monomers, hydroxy acids or amino acids.
        dropped: Filled with what was left out, by reason, while the stream is read.

    Yields:
        Candidates with provenance. A chain that several routes make is given once, with the first route.
    """
    dropped = Counter() if dropped is None else dropped
    book = rule_book()
    classes = _classified(monomers, book, dropped)
    seen: set[str] = set()
    for reaction in book.reactions:
        if reaction.copolymer and not copolymers:
            continue
        for pair in _pairs(reaction, classes):
            for unit in _made(reaction, pair, book, dropped):
                if unit.key in seen:
                    dropped["made already by another route"] += 1
                    continue
                seen.add(unit.key)
                labels = tuple(reactant.monomer.label for reactant in pair)
                yield Candidate(unit, Provenance(labels, reaction.name, reaction.polymer_class))


def monomer_classes(monomer: Monomer) -> tuple[str, ...]:
    """SMiPoly's names of the classes that ``monomer`` is in; empty when no rule uses it."""
    found = _classified([monomer], rule_book(), Counter())
    return tuple(name for name, members in found.items() if any(m.monomer == monomer for m in members))


def _classified(
    monomers: Sequence[Monomer], book: RuleBook, dropped: Counter[str]
) -> Mapping[str, list[_Reactant]]:
    classes: dict[str, list[_Reactant]] = defaultdict(list)
    known: set[str] = set()
    with (
        rdBase.BlockLogs()
    ):  # an unreadable monomer is counted; RDKit's remark on it would scroll by unexplained
        for monomer in monomers:
            mol = Chem.MolFromSmiles(monomer.smiles)
            if mol is None or not mol.GetNumAtoms():
                dropped["monomer: unreadable SMILES"] += 1
                continue
            smiles = Chem.MolToSmiles(mol)
            if smiles in known:
                dropped["monomer: given twice"] += 1
                continue
            known.add(smiles)
            mark_symmetries(mol)
            reason = _sort_in(_Reactant(monomer, mol, smiles), book, classes)
            if reason:
                dropped[reason] += 1
    if CARBONYL_SOURCE.smiles not in known:
        mol = Chem.MolFromSmiles(CARBONYL_SOURCE.smiles)
        classes["CO"].append(_Reactant(CARBONYL_SOURCE, mol, CARBONYL_SOURCE.smiles))
    return classes


def _sort_in(reactant: _Reactant, book: RuleBook, classes: dict[str, list[_Reactant]]) -> str:
    """Adds the reactant to its classes; says why when there are none."""
    mol = reactant.mol
    if "." in reactant.smiles:
        return "monomer: separate pieces (a salt or a mixture)"
    if any(not atom.GetAtomicNum() for atom in mol.GetAtoms()):
        return "monomer: has attachment points, so it is a polymer"
    if mol.GetNumHeavyAtoms() > MAXIMUM_MONOMER_ATOMS:
        return f"monomer: more than {MAXIMUM_MONOMER_ATOMS} heavy atoms"
    network = fits = False
    for name, monomer_class in book.classes.items():
        groups = monomer_class.groups(mol, book.count)
        if groups == (2 if monomer_class.bifunctional else 1):
            classes[name].append(reactant)
            fits = True
        network = network or groups > 2
    if fits:
        return ""
    return "monomer: three or more functional groups (network)" if network else "monomer: no rule for it"


def _pairs(reaction: Reaction, classes: Mapping[str, list[_Reactant]]) -> Iterator[tuple[_Reactant, ...]]:
    firsts = classes.get(reaction.first, [])
    if reaction.second is None:
        yield from ((first,) for first in firsts)
        return
    seconds = classes.get(reaction.second, [])
    for number, first in enumerate(firsts):
        # Two of the same class: each unordered pair once; the rule itself tries both orders of the groups.
        for second in seconds[number + 1 :] if reaction.first == reaction.second else seconds:
            if first.smiles != second.smiles:
                yield first, second


def _made(
    reaction: Reaction,
    pair: tuple[_Reactant, ...],
    book: RuleBook,
    dropped: Counter[str],
) -> list[RepeatUnit]:
    """The different repeat units that one rule makes from one or two monomers."""
    units: dict[str, RepeatUnit] = {}
    texts: set[str] = set()
    reasons: set[str] = set()  # each counts once for a pair
    with rdBase.BlockLogs():  # products that do not sanitise are counted; RDKit's remark names no monomer
        for products in reaction.reaction.RunReactants([each.mol for each in pair], MAXIMUM_PRODUCTS):
            try:
                texts.add(_finished(products[0], reaction, book))
            except _UnfinishedError as reason:
                reasons.add(reason.message)
            except Chem.MolSanitizeException:
                reasons.add("product: impossible structure")
    for text in sorted(texts):
        try:
            unit = RepeatUnit.parse(text)
        except TooManyAttachmentPointsError:
            reasons.add("product: branched or a network")
        except NotARepeatUnitError as error:
            reasons.add(f"product: {error.kind}")
        else:
            units[unit.key] = unit
    if not texts and not reasons:
        reasons.add("product: the rule gives nothing")
    dropped.update(reasons)
    return list(units.values())


def _finished(product: Chem.Mol, reaction: Reaction, book: RuleBook) -> str:
    """SMILES of the product after all further reactions of its leftover groups."""
    Chem.SanitizeMol(product)
    if reaction.first == "conjdiene":
        return book.to_one_four(Chem.MolToSmiles(product))
    if reaction.second is None and book.classes[reaction.first].groups(product, book.count):
        raise _UnfinishedError("product: branched or a network")
    left = MAXIMUM_FURTHER_REACTIONS
    for step in reaction.further:
        product, left = _exhausted(product, step, left)
    return str(Chem.MolToSmiles(product))


def _exhausted(product: Chem.Mol, step: FurtherReaction, left: int) -> tuple[Chem.Mol, int]:
    while product.HasSubstructMatch(step.group):
        if not left:
            raise _UnfinishedError("product: leftover groups do not end")
        products = step.reaction.RunReactants([product], 1)
        if not products:
            raise _UnfinishedError("product: leftover groups do not react")
        product, left = products[0][0], left - 1
        Chem.SanitizeMol(product)
    return product, left
