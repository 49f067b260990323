from __future__ import annotations

import pytest
import torch
from peers_models import ForestEI, TanimotoLogEI

from campaigns.backtesting.oracle import Oracle
from campaigns.backtesting.recall import Goodness
from campaigns.backtesting.replay import Terms, replay
from campaigns.backtesting.rivals import Strategy
from discovery.acquisition.objectives import Objective
from discovery.encoders.fingerprint import FingerprintEncoder
from discovery.polymers import RepeatUnit
from discovery.surrogate.observations import Observation
from discovery.surrogate.tanimoto import minmax_similarity

SIDES = (
    "C",
    "CC",
    "CCC",
    "CCCC",
    "F",
    "O",
    "OC",
    "OCC",
    "C(=O)OC",
    "C(=O)OCC",
    "OC(C)=O",
    "C=O",
    "CO",
    "CCO",
    "S",
    "CF",
)
UNITS = tuple(RepeatUnit.parse(f"*CC(*){side}") for side in SIDES) + tuple(
    RepeatUnit.parse(f"*CC(C)(*){side}") for side in SIDES if side != "C"
)
COUNTS = FingerprintEncoder().encode(UNITS).vectors
OXYGEN = [float(unit.psmiles.count("O")) for unit in UNITS]


def strategy(name: str, sign: float) -> Strategy:
    if name == "forest":
        return ForestEI(UNITS, COUNTS, sign)
    exact = torch.from_numpy(COUNTS)
    return TanimotoLogEI(UNITS, minmax_similarity(exact, exact), sign)


@pytest.mark.parametrize("name", ["forest", "gp"])
@pytest.mark.parametrize("direction", ["max", "min"])
def test_a_peer_goes_the_way_it_is_told_and_does_not_know_what_is_not_measured(
    name: str, direction: str
) -> None:
    objective = Objective("oxygen", direction)  # type: ignore[arg-type]
    table = [
        Observation(unit, value + 0.01 * i) for i, (unit, value) in enumerate(zip(UNITS, OXYGEN, strict=True))
    ]
    oracle = Oracle(table, Goodness(objective))
    made = replay(name, 0, oracle, lambda: strategy(name, objective.sign), Terms(8, 2, 3, audited=1))
    start, end = made.measured[0], made.measured[-1]
    assert len({o.unit for o in end}) == len(end) == 14
    mean = sum(o.value for o in end[len(start) :]) / 6
    assert objective.sign * mean > objective.sign * sum(o.value for o in start) / len(start)
