"""RepeatUnit: the only currency for "a polymer" in this project.

A repeat unit stands for the endless linear chain that it makes, head to tail. Two texts that draw the same
chain give the same ``key``; how is told in :mod:`discovery.polymers.canonical`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from hashlib import blake2b
from math import ceil

from rdkit import Chem, rdBase
from rdkit.Chem.rdMolDescriptors import CalcNumSpiroAtoms

from discovery.polymers.canonical import CanonicalCut, canonical_cut
from discovery.polymers.chain import Link, backbone
from discovery.polymers.errors import UncappableUnitError, UnparsableUnitError
from discovery.polymers.reading import OpenUnit, read_unit, reopen
from discovery.polymers.shapes import (
    capped_row,
    closed_ring,
    free_cuts,
    random_writing,
    uncappable_end,
    without_labels,
)

#: Backbone atoms in the ring of :meth:`RepeatUnit.periodic`: an environment of radius 3 spans seven atoms, so
#: in a ring of eight or more it meets itself nowhere; two more keep its two ends from being neighbours.
MINIMUM_RING = 10

_WRITING_ATTEMPTS = 20


def key_of(psmiles: str) -> str:
    """The key of the repeat unit whose canonical PSMILES this is."""
    return blake2b(psmiles.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class RepeatUnit:
    """The repeat unit of a linear homopolymer; equal and hashed by ``key``."""

    psmiles: str = field(compare=False)
    """Canonical PSMILES with two plain ``*``."""
    key: str
    """32 hexadecimal digits: the BLAKE2b-128 hash of ``psmiles``."""

    @classmethod
    def parse(cls, text: str) -> RepeatUnit:
        """Reads any writing of the chain.

        Args:
            text: PSMILES; attachment points ``*``, ``[*]``, ``[1*]``/``[2*]`` or ``[*:1]``/``[*:2]``.

        Raises:
            NotARepeatUnitError: One of its children, by what is wrong; the message says where.
        """
        unit = read_unit(text)
        try:
            with rdBase.BlockLogs():  # RDKit's remarks on intermediate cuts say nothing about the input
                cut = _settled(unit)
        except Chem.MolSanitizeException as error:
            # A ring that is aromatic only next to the written attachment point is none inside the chain.
            what = " ".join(str(error).split()).rstrip(".")
            raise UnparsableUnitError(text, f"makes no possible chain: {what}.") from None
        psmiles = cut.psmiles
        element = uncappable_end(cut.unit, cut.link)
        if element:
            raise UncappableUnitError(text, f"makes a chain ({psmiles}) whose ends {element} cannot close.")
        return cls(psmiles, key_of(psmiles))

    def mol(self) -> Chem.Mol:
        """The unit as a molecule with two dummy atoms, the head first (atom 0)."""
        return without_labels(read_unit(self.psmiles, in_full=True).mol)

    def capped(self) -> Chem.Mol:
        """The unit with each attachment point replaced by the atom that the chain would put there.

        Poly(ethylene oxide), ``*CCO*``, becomes ``COCCO``; hydrogens are implicit.
        """
        return capped_row(reopen(self.psmiles), 1)

    def oligomer(self, n: int) -> Chem.Mol:
        """``n`` units, head to tail, capped like :meth:`capped`.

        Raises:
            ValueError: ``n`` is below 1.
        """
        if n < 1:
            raise ValueError(f"an oligomer has at least one unit, not {n}")
        return capped_row(reopen(self.psmiles), n)

    def periodic(self, minimum_atoms: int = MINIMUM_RING) -> Chem.Mol:
        """The chain closed to a ring: every atom sees what it would see inside an endless chain.

        The ring information of the result holds the rings of the polymer only, not the big ring that closes
        the chain, so that a fingerprint sees chain atoms as chain atoms (do not sanitise it again). The
        number of copies is in the integer property ``repeat_units``: divide counts by it to get counts per
        repeat unit.

        Args:
            minimum_atoms: Least number of atoms in the shortest way around; 2 r + 2 or more for radius r.
        """
        unit = reopen(self.psmiles)
        path = backbone(unit)
        copies = max(1, ceil(max(3, minimum_atoms) / len(path)))
        ring = closed_ring(unit, path, copies)
        ring.SetIntProp("repeat_units", copies)
        return ring

    def writings(self, n: int, rng: random.Random) -> list[str]:
        """``n`` PSMILES of the same chain with random cut, direction and atom order; they may repeat."""
        unit = read_unit(self.psmiles)
        cuts = free_cuts(unit)
        return [self._writing(unit, cuts, rng) for _ in range(n)]

    def _writing(self, unit: OpenUnit, cuts: tuple[Link, ...], rng: random.Random) -> str:
        for _ in range(_WRITING_ATTEMPTS if unit.stereo else 1):
            text = random_writing(unit, cuts, rng)
            # SMILES cannot leave a double bond open between two marked ones in every order of writing: draw again.
            if not unit.stereo or RepeatUnit.parse(text) == self:
                return text
        return self.psmiles

    def __str__(self) -> str:
        return self.psmiles


def _settled(unit: OpenUnit) -> CanonicalCut:
    """The canonical cut whose text, read again, gives itself."""
    cut = canonical_cut(unit)
    # RDKit normalises hypervalent phosphorus before it opens an aromatic ring, so that a second reading finds what
    # the first could not yet see; and it writes some marked spiro rings now one way, now the other.
    if "P" not in cut.psmiles and not (unit.stereo and CalcNumSpiroAtoms(unit.mol)):
        return cut
    seen: dict[str, CanonicalCut] = {}
    while cut.psmiles not in seen:
        seen[cut.psmiles] = cut
        cut = canonical_cut(read_unit(cut.psmiles))
    texts = list(seen)
    return seen[min(texts[texts.index(cut.psmiles) :])]
