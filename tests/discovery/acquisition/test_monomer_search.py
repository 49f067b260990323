"""The search over monomers, on spaces made up so that the truth is known: real blocks and candidates, scores by formula."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from discovery.acquisition.monomer_beliefs import TYPICAL, Beliefs, Looks, covariances
from discovery.acquisition.monomer_features import Seats
from discovery.acquisition.monomer_search import ROUTE, TAKEN, Looked, search
from discovery.acquisition.objectives import AcquisitionError
from discovery.polymers import Candidate, Monomer, RepeatUnit
from discovery.polymers.space import Block, MonomerSpace

GROUPS = ("C", "CC", "C(C)", "O", "S", "C(F)", "C(=O)", "C(Cl)", "N(C)", "c1ccc(cc1)")


@cache
def chain(block: int, i: int, j: int, n: int) -> Candidate:
    """A polymer whose isotopes spell its place, so that all differ."""
    return Candidate(RepeatUnit.parse(f"*[{10 + block}CH2]C[{100 + i}CH2]O[{100 + j}CH2]N[{10 + n}CH2]S*"))


class MadeUp:
    """Pairs of monomers with one polymer each; ``products`` may say otherwise."""

    def __init__(
        self,
        *sides: tuple[int, int],
        symmetric: bool = False,
        products: Callable[[int, int, int], int] = lambda block, i, j: 1,
    ) -> None:
        rng = np.random.default_rng(5)
        self.products = products
        blocks = []
        for number, (n, m) in enumerate(sides):
            firsts = tuple(monomers(n, rng))
            seconds = firsts if symmetric else tuple(monomers(m, rng))
            size = n * (n - 1) // 2 if symmetric else n * max(1, m)
            blocks.append(Block(number, f"reaction {number}", "made up", firsts, seconds, symmetric, size))
        self.blocks = tuple(blocks)
        self.size = sum(block.size for block in blocks)
        self.asked: Counter[tuple[int, int, int]] = Counter()

    def make(
        self, block: Block, i: int, j: int | None, dropped: Counter[str] | None = None
    ) -> tuple[Candidate, ...]:
        assert (j is None) == (not block.seconds)
        assert not block.symmetric or (j is not None and i < j)
        self.asked[block.number, i, j or 0] += 1
        count = self.products(block.number, i, j or 0)
        if not count and dropped is not None:
            dropped["product: branched or a network"] += 1
        return tuple(self.candidate(block.number, i, j or 0, n) for n in range(count))

    def candidate(self, block: int, i: int, j: int, n: int = 0) -> Candidate:
        return chain(block, i, j, n)

    def everything(self) -> list[Candidate]:
        return [
            self.candidate(block.number, i, j or 0, n)
            for block in self.blocks
            for i, j in (block.pair(number) for number in range(block.size))
            for n in range(self.products(block.number, i, j or 0))
        ]


def monomers(number: int, rng: np.random.Generator) -> list[Monomer]:
    found: dict[str, None] = {}
    while len(found) < number:
        found["C" + "".join(rng.choice(GROUPS, size=3)) + "C"] = None
    return [Monomer(smiles) for smiles in found]


class Truth:
    """Scores of a space: what each monomer adds, by its groups and by itself, and how pairs act on each other."""

    def __init__(self, space: MadeUp, *, interaction: float = 0.0) -> None:
        rng = np.random.default_rng(11)
        worth = dict(zip(GROUPS, rng.normal(size=len(GROUPS)), strict=True))

        def of(monomer: Monomer) -> float:
            return sum(w * monomer.smiles.count(group) for group, w in worth.items()) + rng.normal(scale=0.3)

        self.by_key: dict[str, float] = {}
        for block in space.blocks:
            a, c = ([of(m) for m in side] for side in (block.firsts, block.seconds or block.firsts[:1]))
            for i, u in enumerate(a):
                for j, v in enumerate(c):
                    aromatic = ("c1" in block.firsts[i].smiles) == (
                        "c1" in (block.seconds or block.firsts)[j].smiles
                    )
                    for n in range(space.products(block.number, i, j)):
                        key = space.candidate(block.number, i, j, n).unit.key
                        self.by_key[key] = u + v + interaction * aromatic + 0.01 * n

    def __call__(self, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        return np.array([self.by_key[c.unit.key] for c in candidates])

    def top(self, share: float) -> set[str]:
        ranked = sorted(self.by_key, key=self.by_key.__getitem__, reverse=True)
        return set(ranked[: round(share * len(ranked))])


def keys(steps: Sequence[Looked]) -> list[str]:
    return [c.unit.key for looked in steps for c in looked.candidates]


@pytest.mark.parametrize("interaction", [0.0, 2.0])
def test_finds_most_of_the_top_percent_within_five_percent(interaction: float) -> None:
    space = MadeUp((50, 50), (12, 0))
    truth = Truth(space, interaction=interaction)
    found = keys(list(search(space, truth, budget=space.size // 20, seed=0)))
    top = truth.top(0.01)
    assert len(top.intersection(found)) >= 0.8 * len(top)


def test_looks_at_no_more_than_the_budget_and_at_no_chain_twice() -> None:
    space = MadeUp((20, 20), products=lambda block, i, j: 1 + (i + j) % 3)
    found = keys(list(search(space, Truth(space), budget=101, seed=1)))
    assert len(found) == len(set(found)) == 101


def test_builds_no_pair_twice() -> None:
    space = MadeUp((20, 20), (15, 0))
    list(search(space, Truth(space), budget=200, seed=1))
    assert max(space.asked.values()) == 1


def test_an_unordered_pair_is_asked_for_in_one_order() -> None:
    space = MadeUp((30, 30), symmetric=True)
    list(search(space, Truth(space), budget=200, seed=1))
    assert all(i < j for _, i, j in space.asked)


def test_a_chain_that_two_pairs_make_is_looked_at_once_and_counted() -> None:
    space = MadeUp((12, 12))
    space.candidate = lambda block, i, j, n=0: Candidate(  # type: ignore[method-assign, misc]
        RepeatUnit.parse(f"*C[{100 + i}CH2]O[{100 + j // 2}CH2]S*")
    )
    dropped: Counter[str] = Counter()
    found = keys(
        list(search(space, lambda cs: np.arange(len(cs)) * 1.0, budget=1000, seed=0, dropped=dropped))
    )
    assert (len(found), dropped[ROUTE]) == (72, 72)


def test_what_is_to_be_skipped_is_never_scored() -> None:
    space = MadeUp((20, 20))
    truth = Truth(space)
    taken = truth.top(0.2)
    dropped: Counter[str] = Counter()
    found = keys(list(search(space, truth, budget=100, seed=0, skip=taken, dropped=dropped)))
    assert len(found) == 100
    assert not taken.intersection(found)
    assert dropped[TAKEN] > 0


def test_same_seed_same_polymers_and_another_seed_others() -> None:
    space = MadeUp((20, 20))
    truth = Truth(space)
    once, again, other = (keys(list(search(space, truth, budget=60, seed=s))) for s in (3, 3, 4))
    assert once == again
    assert once != other


@pytest.mark.parametrize("budget", [399, 400, 10_000])
def test_a_budget_as_large_as_the_space_ends_with_the_whole_space(budget: int) -> None:
    space = MadeUp((18, 20), (40, 0))
    found = keys(list(search(space, Truth(space), budget=budget, seed=0, batch=64)))
    assert len(set(found)) == min(budget, 400)


def test_a_reaction_whose_products_are_all_dropped_does_not_stop_the_search() -> None:
    space = MadeUp((20, 20), (20, 20), products=lambda block, i, j: block)
    dropped: Counter[str] = Counter()
    found = keys(list(search(space, Truth(space), budget=100, seed=0, dropped=dropped)))
    assert len(found) == 100
    assert dropped["product: branched or a network"] == sum(
        n for (b, _, _), n in space.asked.items() if not b
    )


def test_monomers_that_never_give_anything_are_left_alone() -> None:
    space = MadeUp((40, 40), products=lambda block, i, j: int(i >= 20))
    list(search(space, Truth(space), budget=200, seed=0))
    assert sum(n for (_, i, _), n in space.asked.items() if i < 20) < 150


def test_a_space_that_gives_nothing_ends_without_a_step() -> None:
    space = MadeUp((10, 10), products=lambda block, i, j: 0)
    assert list(search(space, Truth(space), budget=50, seed=0)) == []


def test_polymers_without_a_score_are_given_back_as_they_came() -> None:
    space = MadeUp((20, 20))
    truth = Truth(space)
    top = truth.top(0.5)

    def half(candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        return np.where([c.unit.key in top for c in candidates], truth(candidates), np.nan)

    steps = list(search(space, half, budget=100, seed=0))
    scores = np.concatenate([looked.scores for looked in steps])
    assert len(scores) == 100
    assert 0 < np.isnan(scores).sum() < 50


@pytest.mark.parametrize("constant", [1.0, np.nan])
def test_scores_that_tell_nothing_still_spend_the_budget(constant: float) -> None:
    space = MadeUp((20, 20))
    found = keys(list(search(space, lambda cs: np.full(len(cs), constant), budget=150, seed=0)))
    assert len(found) == 150


def test_a_few_very_bad_scores_do_not_blind_the_search() -> None:
    space = MadeUp((50, 50))
    truth = Truth(space)

    def with_outliers(candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        return np.where([c.unit.key < "04" for c in candidates], -1e9, truth(candidates))

    top = {key for key in truth.top(0.01) if key >= "04"}
    found = keys(list(search(space, with_outliers, budget=space.size // 20, seed=0)))
    assert len(top.intersection(found)) >= 0.7 * len(top)


def test_a_score_of_the_wrong_length_is_an_error_that_says_so() -> None:
    with pytest.raises(AcquisitionError, match="came back"):
        list(search(MadeUp((9, 9)), lambda cs: np.zeros(1), budget=20, seed=0))


@pytest.mark.parametrize(("budget", "batch"), [(0, 10), (10, 0)])
def test_a_search_for_nothing_is_an_error(budget: int, batch: int) -> None:
    with pytest.raises(AcquisitionError):
        list(search(MadeUp((5, 5)), lambda cs: np.zeros(len(cs)), budget=budget, seed=0, batch=batch))


def test_progress_is_told_of_every_step() -> None:
    told: list[tuple[int, int | None]] = []
    space = MadeUp((20, 20))
    steps = list(
        search(space, Truth(space), budget=64, seed=0, progress=lambda n, of, _: told.append((n, of)))
    )
    assert len(told) == len(steps)
    assert told[-1] == (64, 64)


def test_searches_the_space_of_real_monomers() -> None:
    acids = [Monomer("OC(=O)" + "C" * n + "C(=O)O") for n in range(1, 13)]
    diols = [Monomer("O" + "C" * n + "O") for n in range(2, 14)]
    space = MonomerSpace([*acids, *diols])

    def lightest(candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        return np.array([-float(len(c.unit.psmiles)) for c in candidates])

    found = [c for looked in search(space, lightest, budget=40, seed=0) for c in looked.candidates]
    shortest = RepeatUnit.parse("*OCCOC(=O)CC(=O)*")
    assert shortest.key in {c.unit.key for c in found}
    assert all(c.provenance is not None for c in found)


def random_looks(seats: Seats, space: MadeUp, n: int) -> Looks:
    rng = np.random.default_rng(2)
    block = rng.integers(len(space.blocks), size=n)
    i = np.array([rng.integers(len(space.blocks[b].firsts)) for b in block])
    j = np.array([rng.integers(max(1, len(space.blocks[b].seconds))) for b in block])
    second = np.where(seats.second[block] == seats.none, seats.none, seats.second[block] + j)
    return Looks(block, seats.first[block] + i, second, rng.normal(size=n))


@pytest.mark.parametrize("symmetric", [False, True])
def test_draws_have_the_mean_and_the_variance_of_the_gaussian_posterior(symmetric: bool) -> None:
    space = MadeUp((9, 9), (9, 9), symmetric=symmetric) if symmetric else MadeUp((8, 9), (7, 0))
    seats = Seats.of(space.blocks)
    looks, new = random_looks(seats, space, 40)[:25], random_looks(seats, space, 40)[25:]
    beliefs = Beliefs.on(seats, TYPICAL, looks)
    draws = beliefs.draw(4000, np.random.default_rng(0))
    values = Beliefs(seats, TYPICAL, new, np.empty(0))._at_looks(draws)

    def covariance(x: Looks, y: Looks) -> NDArray[np.float64]:
        return sum(
            (v * kind for v, kind in zip(TYPICAL[:-1], covariances(seats, x, y), strict=True)), np.zeros(())
        )

    gain = np.linalg.solve(covariance(looks, looks) + TYPICAL[-1] * np.eye(25), covariance(looks, new))
    mean = gain.T @ looks.standardised()
    variance = np.diag(covariance(new, new) - covariance(new, looks) @ gain)
    assert np.abs((values.mean(axis=1) - mean) / np.sqrt(variance / 4000)).max() < 4.5
    assert values.var(axis=1) == pytest.approx(variance, rel=0.12)


def test_conditioning_in_steps_is_conditioning_at_once() -> None:
    space = MadeUp((8, 9), (7, 0))
    seats = Seats.of(space.blocks)
    looks = random_looks(seats, space, 30)
    stepwise = Beliefs.on(seats, TYPICAL, looks[:18])
    for n in (18, 25, 30):
        stepwise = Beliefs.on(seats, TYPICAL, looks[:n], stepwise)
    assert stepwise.factor == pytest.approx(Beliefs.on(seats, TYPICAL, looks).factor, abs=1e-10)
