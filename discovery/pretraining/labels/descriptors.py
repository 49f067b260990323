"""RDKit's descriptors of an endless chain, without measurements.

RDKit knows molecules, and a polymer is not one. So each family is taken as it makes sense for a chain (:mod:`.closed_chain`):

- What adds up over atoms, bonds, paths or groups is given per repeat unit and per heavy atom: masses, counts, fragments
  (``fr_``), logP, molar refraction, surface areas and their bins, Chi indices, Hall and Kier's alpha.
- Means, extremes and densities are those of the atoms inside the chain: E-state indices, Gasteiger's charges, ``FractionCSP3``,
  densities of fingerprints.
- Kier's shape indices grow with the length of a chain in the end; given is by how much per unit, the limit of their formulas.

Left out is what has no value for a chain: ``BalabanJ`` falls to zero with its length, ``BertzCT``, ``Ipc`` and ``AvgIpc`` grow
faster than it, stereocentres hang on what is meant by tacticity, ``qed`` and ``SPS`` grade drug molecules. Three more bring
nothing: the eight ``BCUT2D`` cost as much as all others and fail on some elements, ``ExactMolWt`` is ``MolWt`` again, and radical
electrons are found where there are none, on aromatic selenium.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from math import isfinite, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import Descriptors, rdMolDescriptors
from rdkit.Chem.EState.EState_VSA import estateBins, vsaBins

from discovery.polymers import RepeatUnit
from discovery.pretraining.labels import chain_shape
from discovery.pretraining.labels.closed_chain import ClosedChain

_SIZE = "HeavyAtomCount"

_ADDITIVE_NAMES = {
    "MolWt",
    "HeavyAtomMolWt",
    _SIZE,
    "HallKierAlpha",
    "TPSA",
    "NHOHCount",
    "NOCount",
    "RingCount",
    "MolLogP",
    "MolMR",
}
_MEANINGLESS = {"NumAtomStereoCenters", "NumUnspecifiedAtomStereoCenters", "NumRadicalElectrons"}

_ADDITIVE: tuple[tuple[str, Callable[[Chem.Mol], float]], ...] = tuple(
    (name, function)
    for name, function in Descriptors.descList
    if (name in _ADDITIVE_NAMES or name.startswith(("Num", "fr_", "Chi"))) and name not in _MEANINGLESS
)

_BINNED: tuple[tuple[str, int, Any], ...] = (
    ("SMR_VSA", 10, rdMolDescriptors.SMR_VSA_),
    ("SlogP_VSA", 12, rdMolDescriptors.SlogP_VSA_),
    ("PEOE_VSA", 14, rdMolDescriptors.PEOE_VSA_),
)
"""Surface in bins of an atom's property: name, bins, and the function that gives them all."""

_BIN_NAMES = (
    *(f"{name}{i + 1}" for name, bins, _ in _BINNED for i in range(bins)),
    *(f"EState_VSA{i + 1}" for i in range(len(estateBins) + 1)),
    *(f"VSA_EState{i + 1}" for i in range(len(vsaBins) + 1)),
)
_SHAPES = ("Kappa1", "Kappa2", "Kappa3", "Phi")

_PER_UNIT = (*(name for name, _ in _ADDITIVE), "LabuteASA", *_BIN_NAMES)

_DENSITIES: tuple[tuple[str, Callable[[Chem.Mol], float]], ...] = tuple(
    (name, function) for name, function in Descriptors.descList if name.startswith("FpDensity")
)
_EXTREMES = ("Max", "Min", "MaxAbs", "MinAbs")
_INTENSIVE = (
    "FractionCSP3",
    *(name for name, _ in _DENSITIES),
    *(f"{extreme}EStateIndex" for extreme in _EXTREMES),
    *(f"{extreme}PartialCharge" for extreme in _EXTREMES),
)

_NAMES = (
    *_PER_UNIT,
    *(f"{name} per heavy atom" for name in _PER_UNIT if name != _SIZE),
    *_SHAPES,
    *_INTENSIVE,
    *chain_shape.NAMES,
)

_ONE_HYDROGEN = 4 * pi * Chem.GetPeriodicTable().GetRb0(1) ** 2
"""RDKit adds the surface of one bare hydrogen to that of every molecule, of which no unit of a chain without end has a share."""

LARGEST = 1e6
"""What is beyond this is a division by next to nothing, and so not known."""


def label_names() -> tuple[str, ...]:
    """Names of the columns of :func:`descriptor_matrix`."""
    return _NAMES


def descriptor_matrix(units: Sequence[RepeatUnit]) -> NDArray[np.float32]:
    """Descriptors and chain shape of each unit, ``n x k`` with ``k = len(label_names())``; NaN where RDKit has no value."""
    with rdBase.BlockLogs():  # descriptors of odd valences chat on stderr
        rows = [_row(unit) for unit in units]
    matrix = np.asarray(rows, dtype=np.float64).reshape(len(rows), len(_NAMES))
    matrix[~(np.abs(matrix) <= LARGEST)] = np.nan
    return matrix.astype(np.float32)


def _row(unit: RepeatUnit) -> list[float]:
    chain = ClosedChain.of(unit)
    charges = _charges(chain)
    states = _states(chain)
    additive = [chain.per_unit(function(chain.ring)) for _, function in _ADDITIVE]
    per_unit = [*additive, *_binned(chain, states, charges)]
    per_atom = [each / chain.atoms for name, each in zip(_PER_UNIT, per_unit, strict=True) if name != _SIZE]
    return [
        *per_unit,
        *per_atom,
        *_shape_indices(chain),
        rdMolDescriptors.CalcFractionCSP3(chain.ring),
        *_densities(chain),
        *_extremes(states),
        *_extremes(charges),
        *chain_shape.chain_shape(unit),
    ]


def _densities(chain: ClosedChain) -> list[float]:
    """Kinds of fragments by the atoms of one unit: all copies have the same fragments."""
    return [function(chain.ring) * chain.copies for _, function in _DENSITIES]


def _charges(chain: ClosedChain) -> NDArray[np.float64]:
    """Gasteiger's charges of the atoms of one unit; NaN where an element of the chain has no parameters."""
    rdMolDescriptors.PEOE_VSA_(chain.ring)  # which charges the atoms
    atoms = [chain.ring.GetAtomWithIdx(i) for i in range(chain.atoms)]
    return np.array([atom.GetDoubleProp("_GasteigerCharge") for atom in atoms])


def _states(chain: ClosedChain) -> NDArray[np.float64]:
    """E-state indices of the atoms of one unit (Hall, Mohney and Kier, J. Chem. Inf. Comput. Sci. 31, 76, 1991).

    As ``rdkit.Chem.EState`` has them for a molecule, here with all atoms of the chain taken together.
    """
    table = Chem.GetPeriodicTable()
    intrinsic = np.empty(chain.atoms)
    for i in range(chain.atoms):
        atom = chain.ring.GetAtomWithIdx(i)
        electrons = table.GetNOuterElecs(atom.GetAtomicNum()) - atom.GetTotalNumHs()
        level = table.GetRow(atom.GetAtomicNum())
        intrinsic[i] = (4 / level**2 * electrons + 1) / atom.GetDegree()
    states: NDArray[np.float64] = intrinsic + (
        (intrinsic[:, None] - intrinsic) * chain.inverse_squares()
    ).sum(axis=1)
    return states


def _binned(chain: ClosedChain, states: NDArray[np.float64], charges: NDArray[np.float64]) -> list[float]:
    """The surface of a unit, and of its atoms by what they are like."""
    values: list[float] = []
    for name, bins, function in _BINNED:
        if name == "PEOE_VSA" and not np.isfinite(charges).all():
            # RDKit would put atoms of unknown charge into one of the bins
            values += [np.nan] * bins
        else:
            values += [chain.per_unit(value) for value in function(chain.ring)]
    surfaces = list(rdMolDescriptors._CalcLabuteASAContribs(chain.ring)[0])[: chain.atoms]
    by_state, by_surface = np.zeros(len(estateBins) + 1), np.zeros(len(vsaBins) + 1)
    for state, surface in zip(states.tolist(), surfaces, strict=True):
        by_state[bisect_right(estateBins, state)] += surface
        by_surface[bisect_right(vsaBins, surface)] += state
    whole = rdMolDescriptors.CalcLabuteASA(chain.ring) - _ONE_HYDROGEN
    return [chain.per_unit(whole), *values, *by_state.tolist(), *by_surface.tolist()]


def _shape_indices(chain: ClosedChain) -> list[float]:
    """Kier's Kappa 1 to 3 and their flexibility Phi, per unit of a chain without end.

    Of ``n`` units, all counts in Kappa are ``n`` times those of one, and the constants beside them vanish: what is left of
    each is ``n (A + alpha)^3 / (P + alpha)^2``, with ``A`` atoms and ``P`` paths of one, two or three bonds per unit.
    """
    alpha = chain.per_unit(rdMolDescriptors.CalcHallKierAlpha(chain.ring))
    paths = [chain.per_unit(len(Chem.FindAllPathsOfLengthN(chain.ring, n, useBonds=True))) for n in (1, 2, 3)]
    kappas = [_quotient((chain.atoms + alpha) ** 3, (path + alpha) ** 2) for path in paths]
    return [*kappas, kappas[0] * kappas[1] / chain.atoms]


def _quotient(above: float, below: float) -> float:
    return above / below if below and isfinite(below) else np.nan


def _extremes(values: NDArray[np.float64]) -> list[float]:
    """Largest and smallest, as they are and by their size."""
    sizes = np.abs(values)
    return [float(found) for found in (values.max(), values.min(), sizes.max(), sizes.min())]
