"""Who competes in `peers.py`, by name, made for one target at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from peers_baybe import ENCODINGS, BayBE
from peers_targets import Target

from campaigns.backtesting.rival_names import FROZEN, GATE, RANDOM, REFINED, TANIMOTO
from campaigns.backtesting.rivals import PolyloopRound, RandomChoice, Strategy
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.surrogate.learning import MEMBERS
from discovery.surrogate.tanimoto import minmax_similarity

OURS = {
    GATE: MEMBERS,
    "gate-unrefined": ("fingerprint", "latent"),
    **{depth: (depth,) for depth in REFINED},
    FROZEN: ("latent",),
    TANIMOTO: ("fingerprint",),
}
"""polyloop's members for each of its names; ``gate-unrefined`` is the gate without refinement, ten times as quick."""

BOTORCH, FOREST = "botorch-tanimoto", "forest-ei"

PEERS = (*ENCODINGS, BOTORCH, FOREST, RANDOM)
"""What is not polyloop."""

NAMES = (*OURS, *PEERS)

USUAL = (GATE, FROZEN, TANIMOTO, *PEERS)
"""The rivals of a run that names none."""


@dataclass
class PeersRing:
    """Makes strategies for one target after the other; what a table needs is computed once and kept until the next table.

    Args:
        baybe_python: An interpreter with `baybe[chem]`.
    """

    baybe_python: Path
    target: Target | None = None
    _kept: dict[str, object] = field(default_factory=dict)

    @cached_property
    def representation(self) -> Representation:
        return Representation.load()

    def take(self, target: Target) -> None:
        """Turn to a target."""
        if self.target is not target:
            self.close()
            self.target = target

    def close(self) -> None:
        """Let go of what was kept, processes among it."""
        for kept in self._kept.values():
            if isinstance(kept, BayBE):
                kept.close()
        self._kept.clear()

    def begin(self, rival: str) -> Callable[[], Strategy]:
        """Makes the strategy of that name for the target; the same process serves all replays with BayBE."""
        assert self.target is not None
        objective, sign = self.target.objective, self.target.objective.sign
        if rival == RANDOM:
            return RandomChoice
        if rival in OURS:
            return lambda: PolyloopRound(objective, self.representation, OURS[rival])
        if rival in ENCODINGS:
            baybe = self._once(
                rival, lambda: BayBE(self.baybe_python, self._units, ENCODINGS[rival], sign < 0)
            )
            return lambda: baybe
        from peers_models import ForestEI, TanimotoLogEI

        counts = self._once("counts", self._counts)
        if rival == FOREST:
            return lambda: ForestEI(self._units, counts, sign)
        exact = torch.from_numpy(counts)
        gram = self._once("gram", lambda: minmax_similarity(exact, exact))
        return lambda: TanimotoLogEI(self._units, gram, sign)

    @property
    def _units(self) -> list[RepeatUnit]:
        assert self.target is not None
        return [o.unit for o in self.target.table]

    def _counts(self) -> NDArray[np.float32]:
        return self.representation.fingerprints(self._units).numpy().astype(np.float32)

    def _once(self, name: str, make: Callable[[], object]) -> object:
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]
