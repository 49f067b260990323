"""Monomers as a model of their polymers sees them: numbers for what they are made of, and the places they stand in.

A monomer that was never tried is judged by those that look like it. So each gets the principal components of its circular
fragments (Morgan counts; Rogers & Hahn, J. Chem. Inf. Model. 2010, 50, 742), scaled so that counts of large and of small
monomers compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator
from scipy.linalg import eigh
from scipy.sparse import csr_matrix

from discovery.polymers import Monomer
from discovery.polymers.space import Block

RADIUS = 2
"""Bonds that a fragment reaches: a monomer is half of a repeat unit, so less than the three of the polymers' fingerprint."""

BITS = 1024
"""Length of the folded counts before they are reduced."""

COMPONENTS = 64
"""Principal components kept: nearly all the variance of some hundred monomers."""

LEADING = 16
"""Of them, those through which two monomers act on each other: their products are 256 numbers for a pair."""


@dataclass(frozen=True, eq=False)
class Seats:
    """Where each monomer of a space stands: a seat is one place in one list of one block.

    A monomer has a seat in every list that it is in. The numbers one past the last stand for "no second monomer": its features
    are zero.

    Args:
        features: ``(m + 1) x d``, of unit mean square length over the ``m`` different monomers.
        leading: ``(m + 1) x k``, the first components, likewise scaled.
        monomer: ``s + 1`` monomers of the seats.
        role: ``s + 1`` lists that the seats belong to, counted over all blocks.
        first: Seat of the first monomer of each block's first list.
        second: The same of its second list; of a symmetric block that of the first, of a block of single monomers that of none.
        symmetric: For each block, whether both its monomers come from the same list.
    """

    features: NDArray[np.float64]
    leading: NDArray[np.float64]
    monomer: NDArray[np.int64]
    role: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    symmetric: NDArray[np.bool_]

    @property
    def none(self) -> int:
        """The seat of no monomer."""
        return len(self.monomer) - 1

    @classmethod
    def of(cls, blocks: Sequence[Block]) -> Seats:
        """The seats of all blocks, in order."""
        known: dict[str, int] = {}
        monomer: list[int] = []
        role: list[int] = []
        first: list[int] = []
        second: list[int] = []
        roles = 0
        for block in blocks:
            places = []
            for monomers in (block.firsts, () if block.symmetric else block.seconds):
                places.append(len(monomer))
                monomer += [known.setdefault(each.smiles, len(known)) for each in monomers]
                role += [roles] * len(monomers)
                roles += 1
            first.append(places[0])
            second.append(places[0] if block.symmetric else places[1] if block.seconds else -1)
        features = _components([Monomer(smiles) for smiles in known])
        return cls(
            features=_with_none(features),
            leading=_with_none(_scaled(features[:, :LEADING])),
            monomer=np.array([*monomer, len(known)]),
            role=np.array([*role, roles]),
            first=np.array(first),
            second=np.where(np.array(second) < 0, len(monomer), second),
            symmetric=np.array([block.symmetric for block in blocks]),
        )


def _components(monomers: Sequence[Monomer]) -> NDArray[np.float64]:
    """Principal components, ``m x d``, of the square roots of the counts, each monomer scaled to length one."""
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=BITS)
    columns, counts, ends = [], [], [0]
    for monomer in monomers:
        found = generator.GetCountFingerprint(Chem.MolFromSmiles(monomer.smiles)).GetNonzeroElements()
        length = np.sqrt(sum(found.values()))
        columns += list(found)
        counts += [np.sqrt(count) / length for count in found.values()]
        ends.append(len(columns))
    rows = csr_matrix((counts, columns, ends), shape=(len(monomers), BITS))
    centre = np.asarray(rows.mean(axis=0)).ravel()
    scatter = (rows.T @ rows).toarray() - len(monomers) * np.outer(centre, centre)
    kept = min(COMPONENTS, max(1, len(monomers) - 1), BITS)
    _, axes = eigh(scatter, subset_by_index=(BITS - kept, BITS - 1))
    axes = axes[:, ::-1]
    return _scaled(np.asarray(rows @ axes) - centre @ axes)


def _scaled(features: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.sqrt((features**2).sum(axis=1).mean())
    return features / length if length > 0 else features


def _with_none(features: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.vstack([features, np.zeros((1, features.shape[1]))])
