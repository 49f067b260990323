from __future__ import annotations

import numpy as np
import pytest
import torch

from discovery.acquisition.aim import Aim
from discovery.acquisition.monomer_ranking import MonomerTally, chance_in_top, monomers_of
from discovery.acquisition.objectives import Goal, Objective
from discovery.polymers import Candidate, Provenance, RepeatUnit
from discovery.surrogate.surrogate import Joint

MAX, MIN = (Aim.of(Goal.of(Objective("tg", direction, "K")), {"tg": ()}) for direction in ("max", "min"))


def made(psmiles: str, *monomers: str, others: tuple[tuple[str, ...], ...] = ()) -> Candidate:
    routes = [Provenance(each, "step growth", "polyester") for each in (monomers, *others)]
    return Candidate(RepeatUnit.parse(psmiles), routes[0], other_routes=tuple(routes[1:]))


POOL = [
    made("*OCCOC(=O)CCC(=O)*", "glycol", "succinic acid"),
    made("*OCCOC(=O)c1ccc(C(=O)*)cc1", "glycol", "terephthalic acid"),
    made("*OCC(=O)*", "glycolic acid", others=(("glycolide",),)),
    Candidate(RepeatUnit.parse("*CC*")),
]
MEANS, SIGMAS = np.array([240.0, 350.0, 310.0, 200.0]), np.ones(4)


@pytest.mark.parametrize(("sign", "best"), [(1.0, 1), (-1.0, 0)])
def test_each_monomer_is_told_by_its_best_polymer_and_their_average(sign: float, best: int) -> None:
    tally = MonomerTally()
    tally(POOL, sign * MEANS, SIGMAS, range(4))
    promise = tally.promises["glycol"]
    assert (promise.polymers, promise.best, promise.average) == (2, POOL[best], sign * 295.0)


def test_every_route_counts_and_a_polymer_without_route_speaks_for_no_monomer() -> None:
    tally = MonomerTally()
    tally(POOL, MEANS, SIGMAS, range(4))
    assert set(tally.promises) == {
        "glycol",
        "succinic acid",
        "terephthalic acid",
        "glycolic acid",
        "glycolide",
    }
    assert monomers_of(POOL[2]) == {"glycolic acid", "glycolide"}
    assert tally.promises["glycolide"].best == POOL[2]


def test_a_polymer_that_is_measured_speaks_for_no_bottle() -> None:
    tally = MonomerTally({POOL[1].unit.key})
    tally(POOL, MEANS, SIGMAS, range(4))
    assert tally.promises["glycol"].best == POOL[0]
    assert "terephthalic acid" not in tally.promises


def test_a_tally_depends_neither_on_the_chunks_nor_on_their_order() -> None:
    whole, parts = MonomerTally(), MonomerTally()
    whole(POOL, MEANS, SIGMAS, range(4))
    for i in (2, 1, 3, 0):
        parts(POOL, MEANS[[i]], SIGMAS[[i]], [i])
    assert whole.promises == parts.promises
    assert whole.most_promising(2) == [POOL[1]]


def test_chances_of_sure_polymers_are_sure() -> None:
    joint = Joint(torch.tensor([1.0, 5.0, 3.0]), 1e-6 * torch.eye(3), 0.1)
    groups = {"a": [0], "b": [1], "c": [0, 2], "none": []}
    assert chance_in_top({"tg": joint}, groups, MAX, 1, seed=0) == {"a": 0.0, "b": 1.0, "c": 0.0, "none": 0.0}
    assert chance_in_top({"tg": joint}, groups, MIN, 2, seed=0) == {"a": 1.0, "b": 0.0, "c": 1.0, "none": 0.0}


def test_polymers_that_rise_and_fall_together_do_not_add_up() -> None:
    apart = Joint(torch.zeros(3), torch.eye(3), 0.1)
    covariance = torch.eye(3)
    covariance[0, 1] = covariance[1, 0] = 0.999999
    together = Joint(torch.zeros(3), covariance, 0.1)
    groups = {"two": [0, 1]}
    assert chance_in_top({"tg": apart}, groups, MAX, 1, seed=0)["two"] == pytest.approx(2 / 3, abs=0.03)
    assert chance_in_top({"tg": together}, groups, MAX, 1, seed=0)["two"] == pytest.approx(1 / 2, abs=0.03)


def test_all_are_in_the_top_of_a_small_pool() -> None:
    joint = Joint(torch.zeros(2), torch.ones(2, 2), 0.1)
    assert chance_in_top({"tg": joint}, {"a": [0], "none": []}, MAX, 5, seed=0) == {"a": 1.0, "none": 0.0}
