"""The endless chain behind a repeat unit, as descriptors are computed on it: without ends, and counted per repeat unit.

A capped unit has ends that the polymer lacks: poly(ethylene oxide) would have a hydroxyl group, polylactide a free acid. The
chain closed to a ring has none. Every atom of it sees what it sees in the chain as far as half the ring, RDKit finds only the
rings of the polymer in it, and all copies of the unit in it are alike, so that what is counted on the ring and divided by their
number belongs to one unit, wherever that was cut. It is what an oligomer of one unit more has more, at a fraction of the cost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from scipy.special import polygamma

from discovery.polymers import RepeatUnit


@dataclass(frozen=True, eq=False)
class ClosedChain:
    """A chain closed to a ring of ten backbone atoms or more, so that environments of radius 3 meet themselves nowhere."""

    ring: Chem.Mol
    """Conjugation and hybridisation are perceived, across the cut too. Do not sanitise it: the big ring must stay unseen."""
    copies: int
    """Repeat units in the ring; the atoms of the first come first."""
    unit: Chem.Mol
    """The repeat unit with its two attachment points; the other atoms are in the order of those of ``ring``."""

    @classmethod
    def of(cls, unit: RepeatUnit) -> ClosedChain:
        """The chain that a unit makes."""
        ring = unit.periodic()
        Chem.SetConjugation(ring)
        Chem.SetHybridization(ring)  # Gasteiger's charges and Hall and Kier's alpha depend on it
        return cls(ring, ring.GetIntProp("repeat_units"), unit.mol())

    @property
    def atoms(self) -> int:
        """Heavy atoms of one repeat unit; in ``ring`` they are the first."""
        return int(self.ring.GetNumAtoms()) // self.copies

    def inverse_squares(self) -> NDArray[np.float64]:
        """``1 / (d + 1)^2`` for the ``d`` bonds from atom ``i`` of a unit to atom ``j``, summed over all ``j`` of the chain.

        Gives ``atoms x atoms``. The way to the ``k``-th next unit is ``k - 1`` backbones longer than that to the next, so the
        sum over all of them is a trigamma function, where a ring or an oligomer would leave out a tail that falls with 1 / d.
        """
        between = np.asarray(Chem.GetDistanceMatrix(self.unit), dtype=np.float64)
        inner = np.array([bool(atom.GetAtomicNum()) for atom in self.unit.GetAtoms()])
        head, tail = np.flatnonzero(~inner)
        backbone = between[head, tail] - 1
        onward = between[inner, tail][:, None] + between[head, inner][None, :]
        far = polygamma(1, onward / backbone) / backbone**2
        found: NDArray[np.float64] = (between[np.ix_(inner, inner)] + 1) ** -2 + far + far.T
        return found

    def per_unit(self, total: float) -> float:
        """What one repeat unit has of something that adds up along the chain, from what the ring has."""
        return total / self.copies


@dataclass(frozen=True, slots=True, eq=False)
class Backbone:
    """The shortest way through a repeat unit, or all of them: around a ring two ways may be equally short."""

    mol: Chem.Mol
    """The unit with its two attachment points."""
    atoms: tuple[Chem.Atom, ...]
    """All atoms on a shortest way."""
    weights: NDArray[np.float64]
    """Of each of ``atoms``: one over the number of those that lie equally far along the way; they sum to ``length``."""
    length: int
    """Atoms from one end to the other."""

    @classmethod
    def of(cls, unit: RepeatUnit) -> Backbone:
        """The backbone of a unit; no choice between equally short ways is made, as that would hang on the order of the atoms."""
        mol = unit.mol()
        head, tail = (atom.GetIdx() for atom in mol.GetAtoms() if not atom.GetAtomicNum())
        distances = np.asarray(Chem.GetDistanceMatrix(mol), dtype=np.int64)
        span = int(distances[head, tail])
        on_the_way = np.flatnonzero(distances[head] + distances[tail] == span)
        inner = on_the_way[(on_the_way != head) & (on_the_way != tail)]
        depth = distances[head][inner]
        weights = 1.0 / np.bincount(depth, minlength=span)[depth]
        return cls(mol, tuple(mol.GetAtomWithIdx(int(i)) for i in inner), weights, span - 1)

    def share(self, has: Callable[[Chem.Atom], bool]) -> float:
        """Share of the backbone that has something."""
        having = np.array([has(atom) for atom in self.atoms])
        return float(self.weights[having].sum()) / self.length
