"""The polymerisation rules backwards: from a repeat unit to the monomers and the reaction that give it.

Proposed, then verified. The chain is broken where a rule could have joined it
(:mod:`discovery.polymers.disconnections`), the pieces are given back the ends that they had as monomers
(:mod:`discovery.polymers.precursors`), and a proposal counts only if the rules, run forwards on it, make the same
chain. So nothing is claimed that the rules do not make.

Left out, although a rule would make the chain: acid dihalides and dihalides with two different halogens; monomers
that already hold a whole repeat of the chain (bis(2-hydroxyethyl) terephthalate for PET), of which there is no end,
but for the six-membered cyclic diesters (lactide); anhydrides of rings larger than seven atoms; lactones and
anhydrides that bridge an aromatic ring.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

from rdkit import rdBase

from discovery.polymers.disconnections import Strand
from discovery.polymers.monomers import Candidate, Monomer, Provenance
from discovery.polymers.precursors import canonical_smiles
from discovery.polymers.proposals import proposals
from discovery.polymers.repeat_unit import RepeatUnit
from discovery.polymers.space import CARBONYL_SOURCE, Block, MonomerSpace

#: A heavy atom in a SMILES without hydrogen atoms.
_ATOM = re.compile(r"\[[^\]]*\]|Br|Cl|[BCNOPSFIbcnops]")


@dataclass(frozen=True, slots=True)
class Route:
    """Monomers and the reaction by which a rule makes a chain from them."""

    monomers: tuple[Monomer, ...]
    """In the order of ``reaction``; SMILES canonical by RDKit, name, price and the rest where the monomer is known."""
    reaction: str
    """The forward rule in words, such as "step growth: dicarboxylic acid + diol -> polyester"."""
    polymer_class: str

    @property
    def provenance(self) -> Provenance:
        """As a candidate that was made by this route bears it."""
        labels = tuple(monomer.label for monomer in self.monomers)
        return Provenance(labels, self.reaction, self.polymer_class)


def routes(unit: RepeatUnit, known: Sequence[Monomer] = (), *, copolymers: bool = False) -> tuple[Route, ...]:
    """All routes by which the rules make exactly this chain; empty where no rule covers it.

    Args:
        unit: The chain.
        known: Monomers at hand: routes whose monomers are all among them come first, and use their names.
        copolymers: Also alternating chains of two different vinyl monomers, hydroxy acids or amino acids.

    Returns:
        In a fixed order: monomers at hand before others, small ones before large ones, chain growth and ring
        opening before step growth, acids before their halides.
    """
    with rdBase.BlockLogs():  # a proposal that is no possible molecule is no news
        proposed = tuple(proposals(Strand.read(unit.psmiles), copolymers))
        found = _verified(unit, proposed, copolymers)
    if not found:
        return ()
    shelf = {_canonical(monomer.smiles): monomer for monomer in reversed(known)}
    shelf.setdefault(CARBONYL_SOURCE.smiles, CARBONYL_SOURCE)
    return tuple(
        Route(tuple(_named(smiles, shelf) for smiles in rule.monomers), rule.reaction, rule.polymer_class)
        for rule in sorted(found, key=lambda rule: _effort(rule.monomers, shelf))
    )


def can_be_made(unit: RepeatUnit, *, copolymers: bool = False) -> bool:
    """Whether any rule makes this chain: whether it has :func:`routes`, found out sooner."""
    with rdBase.BlockLogs():
        return any(
            _verified(unit, (proposal,), copolymers)
            for proposal in proposals(Strand.read(unit.psmiles), copolymers)
        )


def _verified(unit: RepeatUnit, proposed: Sequence[tuple[str, ...]], copolymers: bool) -> list[Provenance]:
    """The rules that make the chain from one of the sets of monomers."""
    if not proposed:
        return []
    space = MonomerSpace(
        [Monomer(smiles) for smiles in dict.fromkeys(chain.from_iterable(proposed))], copolymers=copolymers
    )
    return [
        made.provenance
        for monomers in proposed
        for block in space.blocks
        for made in _made(space, block, monomers)
        if made.unit == unit and made.provenance is not None
    ]


def _made(space: MonomerSpace, block: Block, monomers: tuple[str, ...]) -> tuple[Candidate, ...]:
    """What one reaction makes of exactly these monomers."""
    firsts = [i for i, monomer in enumerate(block.firsts) if monomer.smiles in monomers]
    seconds = [j for j, monomer in enumerate(block.seconds) if monomer.smiles in monomers]
    if not block.seconds:
        return space.make(block, firsts[0], None) if firsts and len(monomers) == 1 else ()
    if len(monomers) == 1:
        return ()
    pairs = ((i, j) for i in firsts for j in seconds if i < j or not block.symmetric)
    return tuple(chain.from_iterable(space.make(block, i, j) for i, j in pairs))


def _effort(monomers: Sequence[str], shelf: Mapping[str, Monomer]) -> tuple[bool, int]:
    """What a route costs at a glance: monomers that are not at hand, and the size of the largest."""
    largest = max(len(_ATOM.findall(smiles)) for smiles in monomers)
    return any(smiles not in shelf for smiles in monomers), largest


def _named(smiles: str, shelf: Mapping[str, Monomer]) -> Monomer:
    return replace(shelf[smiles], smiles=smiles) if smiles in shelf else Monomer(smiles)


@lru_cache(maxsize=65536)
def _canonical(smiles: str) -> str:
    with rdBase.BlockLogs():  # what cannot be read is no monomer of any route
        return canonical_smiles(smiles)
