"""How hard a polymer's repeat unit is to make: RDKit's contributed synthetic accessibility score.

The score (Ertl & Schuffenhauer, J. Cheminform. 2009, 1, 8) goes from 1, easy, to 10, hard: how common the unit's fragments
are among known molecules, less for size, stereo centres, spiro, bridged and large rings. It was made for molecules of a
drug's size; here it reads the capped unit, so that it says nothing about whether the chain would form.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import cast

from rdkit import Chem, RDConfig, rdBase

from discovery.errors import StateError
from discovery.polymers.reading import reopen
from discovery.polymers.repeat_unit import RepeatUnit
from discovery.polymers.shapes import capped_row

_SCORER = Path("SA_Score") / "sascorer.py"
_FRAGMENTS = Path("SA_Score") / "fpscores.pkl.gz"


def sa_score(unit: RepeatUnit) -> float:
    """Synthetic accessibility of the capped unit, 1 (easy) to 10 (hard); the same however the chain is written.

    Raises:
        StateError: RDKit is installed without its contributed scorer.
    """
    score = _scorer(Path(RDConfig.RDContribDir))
    with rdBase.BlockLogs():
        return score(capped_row(reopen(unit.psmiles), 1, in_order=False))


@cache
def _scorer(contributed: Path) -> Callable[[Chem.Mol], float]:
    """RDKit's own code: it is in no package, but in the folder of contributed scripts beside RDKit."""
    for needed in (_SCORER, _FRAGMENTS):
        if not (contributed / needed).is_file():
            raise StateError(
                f"This RDKit has no synthetic accessibility score: {contributed / needed} is missing.",
                "Install RDKit from PyPI (pip install rdkit) or conda-forge: both bring the contributed scripts.",
            )
    spec = spec_from_file_location("rdkit_sascorer", contributed / _SCORER)
    if spec is None or spec.loader is None:
        raise StateError(f"RDKit's synthetic accessibility score ({contributed / _SCORER}) cannot be loaded.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("Callable[[Chem.Mol], float]", module.calculateScore)
