"""The shape of a chain: what decides the stiffness of a polymer and molecular descriptors do not see."""

from __future__ import annotations

import numpy as np
from rdkit import Chem

from discovery.polymers import RepeatUnit
from discovery.pretraining.labels.closed_chain import Backbone

NAMES = (
    "log backbone atoms",
    "side chain share",
    "backbone ring atom share",
    "rotations per backbone atom",
    "backbone hetero share",
    "backbone quaternary share",
    "backbone branch share",
    "mass per backbone atom",
    "aromatic share",
)

_TURNS = Chem.MolFromSmarts("[!$(*#*)]-&!@[!$(*#*)]")
"""Single bonds outside rings that turn; next to a triple bond nothing changes when they do. On a path none is a chain's end."""

_HYDROGEN = Chem.GetPeriodicTable().GetAtomicWeight(1)

_METHYLENE = Chem.GetPeriodicTable().GetAtomicWeight(6) + 2 * _HYDROGEN


def chain_shape(unit: RepeatUnit) -> list[float]:
    """The numbers of ``NAMES``, per repeat unit; the mass is in methylene groups."""
    backbone = Backbone.of(unit)
    mol, n = backbone.mol, backbone.length
    heavy = mol.GetNumAtoms() - 2
    path = {atom.GetIdx() for atom in backbone.atoms}
    on_path = path | {i for ring in mol.GetRingInfo().AtomRings() if set(ring) & path for i in ring}
    ends = {atom.GetIdx() for atom in mol.GetAtoms() if not atom.GetAtomicNum()}
    bonds = [set(pair) for pair in mol.GetSubstructMatches(_TURNS, maxMatches=mol.GetNumBonds())]
    turns = sum(pair <= on_path for pair in bonds)
    turns += sum(bool(pair & ends) for pair in bonds) == 2  # the one bond across the cut
    mass = sum(atom.GetMass() + atom.GetTotalNumHs() * _HYDROGEN for atom in mol.GetAtoms())
    return [
        float(np.log(n)),
        1 - len(on_path) / heavy,
        backbone.share(lambda atom: atom.IsInRing()),
        turns / n,
        backbone.share(lambda atom: atom.GetAtomicNum() != 6),
        backbone.share(lambda atom: atom.GetDegree() == 4),
        backbone.share(lambda atom: atom.GetDegree() == 3 and not atom.IsInRing()),
        mass / n / _METHYLENE,
        sum(atom.GetIsAromatic() for atom in mol.GetAtoms()) / heavy,
    ]
