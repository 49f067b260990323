"""The space of polymers that monomers and rules span, known without building any of it.

Each monomer is classified once. Every reaction that finds monomers is a :class:`Block`: one list of monomers, or two
whose pairs react. Only a pair that is asked for is made, so spaces of a hundred million pairs can be sampled; to walk
through all of one, :func:`segments` cuts it into pieces of work, small descriptions that can be sent to other processes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isqrt

from rdkit import Chem, rdBase

from discovery.polymers.monomers import Candidate, Monomer, Provenance
from discovery.polymers.products import Reactant, TimeLimit, units_made
from discovery.polymers.reactions import Reaction, RuleBook, rule_book

#: Keeps a single step inside RDKit, which cannot be interrupted, short. No proof, but what was tried of up to this size
#: (fullerene, graphene and graphane flakes, grids and tori of four-membered rings, cages that are random graphs, dendrimers
#: of equal branches, oligophenyls, polyenes) is classified within 0.02 s, and made with any partner within 0.1 s.
MAXIMUM_MONOMER_ATOMS = 150

#: SMiPoly writes the carbonyl of a polycarbonate as carbon monoxide; in the laboratory it is one of these.
CARBONYL_SOURCE = Monomer("[C-]#[O+]", "phosgene or a carbonate ester")

#: Seconds for one pair, which takes about a thousandth of one.
TIME_LIMIT = 20.0

#: Pairs in a segment: some tenths of a second of work, against which sending it is nothing.
SEGMENT_SIZE = 512


@dataclass(frozen=True, slots=True)
class Block:
    """All products of one reaction."""

    number: int
    """Its place in :attr:`MonomerSpace.blocks`."""
    reaction: str
    """In words."""
    polymer_class: str
    firsts: tuple[Monomer, ...]
    seconds: tuple[Monomer, ...]
    """Empty for reactions of one monomer."""
    symmetric: bool
    """Both monomers are of the same class: pairs with ``i < j`` only."""
    size: int
    """Number of pairs, or of monomers."""

    def pair(self, number: int) -> tuple[int, int | None]:
        """Places in ``firsts`` and ``seconds`` of the pair of this ``number``, row by row.

        Raises:
            IndexError: ``number`` is not within ``size``.
        """
        if not 0 <= number < self.size:
            raise IndexError(f"this block has {self.size} pairs, no number {number}")
        if not self.seconds:
            return number, None
        if not self.symmetric:
            return divmod(number, len(self.seconds))
        # Counted from the end, the rows of a triangle have 1, 2, 3, ... pairs.
        behind = self.size - 1 - number
        row = (isqrt(8 * behind + 1) - 1) // 2
        return len(self.firsts) - 2 - row, len(self.firsts) - 1 - (behind - row * (row + 1) // 2)


@dataclass(frozen=True, slots=True)
class Segment:
    """Pairs ``start`` to ``stop`` (without it) of one block."""

    block: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a segment, in the order of its pairs; chains may repeat."""

    candidates: tuple[Candidate, ...]
    dropped: tuple[tuple[str, int], ...]
    """Reasons and counts."""


class MonomerSpace:
    """All products of a list of monomers by the rules, none of them built.

    Args:
        monomers: Molecules; those of no class are counted, not an error.
        copolymers: Also alternating chains of two different vinyl monomers, hydroxy acids or amino acids.
        dropped: Filled with the monomers that were left out, by reason.
        rules: Gives the reactions; importable by name where the space is made in several processes.
    """

    blocks: tuple[Block, ...]
    """One for each reaction with at least one pair."""
    size: int
    """Pairs, and single monomers, of all blocks."""

    def __init__(
        self,
        monomers: Sequence[Monomer],
        *,
        copolymers: bool = False,
        dropped: Counter[str] | None = None,
        rules: Callable[[], RuleBook] = rule_book,
    ) -> None:
        self.monomers = tuple(monomers)
        self.copolymers = copolymers
        self.rules = rules
        self._book = rules()
        shelf = _Shelf(self._book)
        for monomer in self.monomers:
            reason = shelf.add(monomer)
            if reason and dropped is not None:
                dropped[reason] += 1
        shelf.close()
        self._molar_masses: dict[str, float] = {}
        self._contents = tuple(
            content
            for content in (shelf.content(reaction) for reaction in self._book.reactions)
            if content.size and (copolymers or not content.reaction.copolymer)
        )
        self.blocks = tuple(
            Block(
                number,
                content.reaction.name,
                content.reaction.polymer_class,
                tuple(reactant.monomer for reactant in content.firsts),
                tuple(reactant.monomer for reactant in content.seconds),
                content.symmetric,
                content.size,
            )
            for number, content in enumerate(self._contents)
        )
        self.size = sum(block.size for block in self.blocks)

    def make(
        self,
        block: Block,
        i: int,
        j: int | None,
        dropped: Counter[str] | None = None,
        *,
        time_limit: float = TIME_LIMIT,
    ) -> tuple[Candidate, ...]:
        """The polymers of monomer ``i`` of the block's first list and ``j`` of its second (``None``: it has none).

        More than one where an unsymmetric monomer can be built in both ways round; none where the pair gives no linear
        chain, which ``dropped`` counts by reason.
        """
        content = self._contents[block.number]
        first = content.firsts[i]
        reactants: tuple[Reactant, ...] = (first,)
        if j is not None:
            second = content.seconds[j]
            if first.smiles == second.smiles:
                return ()  # a monomer of both classes: what it makes alone is another reaction
            reactants = (first, second)
        units = units_made(
            content.reaction,
            reactants,
            self._book,
            TimeLimit.of(time_limit),
            Counter() if dropped is None else dropped,
        )
        if not units:
            return ()
        labels = tuple(reactant.monomer.label for reactant in reactants)
        provenance = Provenance(labels, content.reaction.name, content.reaction.polymer_class)
        cost = self._cost(content.reaction, reactants)
        return tuple(Candidate(unit, provenance, cost=cost) for unit in units)

    def _cost(self, reaction: Reaction, reactants: tuple[Reactant, ...]) -> float | None:
        """Price of a gram of the monomers, equal in number; a carbonyl source stands for others, so it is left out."""
        if reaction.second == "CO":
            reactants = reactants[:1]
        total = mass = 0.0
        for reactant in reactants:
            if reactant.monomer.price is None:
                return None
            molar_mass = self._molar_mass(reactant)
            total += reactant.monomer.price * molar_mass
            mass += molar_mass
        return total / mass

    def _molar_mass(self, reactant: Reactant) -> float:
        if reactant.smiles not in self._molar_masses:
            hydrogen = Chem.GetPeriodicTable().GetAtomicWeight(1)
            self._molar_masses[reactant.smiles] = sum(
                atom.GetMass() + hydrogen * atom.GetTotalNumHs() for atom in reactant.mol.GetAtoms()
            )
        return self._molar_masses[reactant.smiles]


def segments(space: MonomerSpace, size: int = SEGMENT_SIZE) -> Iterator[Segment]:
    """The whole space in pieces of at most ``size`` pairs, in a fixed order.

    Raises:
        ValueError: ``size`` is below 1.
    """
    if size < 1:
        raise ValueError(f"a segment has at least one pair, not {size}")
    for block in space.blocks:
        for start in range(0, block.size, size):
            yield Segment(block.number, start, min(start + size, block.size))


def make_segment(space: MonomerSpace, segment: Segment, *, time_limit: float = TIME_LIMIT) -> Made:
    """All polymers of a segment; the same whichever process makes it."""
    block = space.blocks[segment.block]
    dropped: Counter[str] = Counter()
    made: list[Candidate] = []
    for number in range(segment.start, segment.stop):
        i, j = block.pair(number)
        made.extend(space.make(block, i, j, dropped, time_limit=time_limit))
    return Made(tuple(made), tuple(dropped.items()))


@dataclass(frozen=True, slots=True)
class _Content:
    """The reactants of a block."""

    reaction: Reaction
    firsts: tuple[Reactant, ...]
    seconds: tuple[Reactant, ...]
    symmetric: bool

    @property
    def size(self) -> int:
        if self.reaction.second is None:
            return len(self.firsts)
        if self.symmetric:
            return len(self.firsts) * (len(self.firsts) - 1) // 2
        return len(self.firsts) * len(self.seconds)


class _Shelf:
    """Monomers sorted by class; each molecule once."""

    def __init__(self, book: RuleBook) -> None:
        self._book = book
        self._members: dict[str, list[Reactant]] = {name: [] for name in book.classes}
        self._known: set[str] = set()

    def add(self, monomer: Monomer) -> str:
        """Sorts a monomer in; says why when it does not."""
        with (
            rdBase.BlockLogs()
        ):  # an unreadable monomer is counted; RDKit's remark would scroll by unexplained
            mol = Chem.MolFromSmiles(monomer.smiles)
        if mol is None or not mol.GetNumAtoms():
            return "monomer: unreadable SMILES"
        smiles = Chem.MolToSmiles(mol)
        if smiles in self._known:
            return "monomer: given twice"
        self._known.add(smiles)
        if "." in smiles:
            return "monomer: separate pieces (a salt or a mixture)"
        if any(not atom.GetAtomicNum() for atom in mol.GetAtoms()):
            return "monomer: has attachment points, so it is a polymer"
        if mol.GetNumHeavyAtoms() > MAXIMUM_MONOMER_ATOMS:
            return f"monomer: more than {MAXIMUM_MONOMER_ATOMS} heavy atoms"
        found = {name: each.groups(mol, self._book.count) for name, each in self._book.classes.items()}
        names = [name for name, groups in found.items() if self._book.classes[name].fits(groups)]
        if names:
            reactant = Reactant.of(monomer, mol, smiles, self._book)
            for name in names:
                self._members[name].append(reactant)
            return ""
        if any(groups > self._book.classes[name].most for name, groups in found.items()):
            return "monomer: three or more functional groups (network)"
        return "monomer: no rule for it"

    def close(self) -> None:
        """Adds what every laboratory has."""
        if CARBONYL_SOURCE.smiles not in self._known and "CO" in self._members:
            self.add(CARBONYL_SOURCE)

    def content(self, reaction: Reaction) -> _Content:
        """The reactants of one reaction."""
        firsts = tuple(self._members[reaction.first])
        seconds = () if reaction.second is None else tuple(self._members[reaction.second])
        return _Content(reaction, firsts, seconds, reaction.first == reaction.second)
