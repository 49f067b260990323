from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from peers_report import Report
from refinement_report import drawn, interval_of, ratio_by_seed, replays_report
from refinement_scores import scores_report, shuffled_report
from refinement_warm import warm_report

TARGETS = ["a:x:max", "a:x:min", "b:y:max"]


def replays(areas: dict[tuple[str, str], float], seeds: int = 3) -> pd.DataFrame:
    """Curves of one height, a little higher with each seed."""
    return pd.DataFrame(
        {
            "target": target,
            "strategy": rival,
            "seed": seed,
            "experiments": count,
            "recall": area + 0.01 * (seed - 1),
            "regret": 0.0,
            "best": 1.0,
            "seconds": 2.0,
        }
        for (target, rival), area in areas.items()
        for seed in range(seeds)
        for count in (10, 20)
    )


@pytest.fixture
def report() -> Report:
    areas = {"gate": (0.44, 0.22, 0.66), "frozen": (0.4, 0.2, 0.6), "tanimoto": (0.2, 0.3, 0.1)}
    frame = replays(
        {(t, rival): each for rival, many in areas.items() for t, each in zip(TARGETS, many, strict=True)}
    )
    return Report(frame, TARGETS, list(areas), ["frozen"])


def test_the_gate_is_held_against_the_best_member_of_each_target(report: Report) -> None:
    told = replays_report(report, ["frozen", "tanimoto"], "gate", ["frozen"])
    assert "| gate | 0.440" in told
    assert "1.100" in told
    assert "REACHED gate to frozen: 1.100" in told
    assert "| a:x:min | tanimoto | 0.73" in told
    assert "MISSED  gate to the best single member of every target: least 0.733 (a:x:min)" in told


def test_a_run_without_a_gate_has_no_table_of_it(report: Report) -> None:
    report.rivals.remove("gate")
    assert "single member" not in replays_report(report, ["frozen", "tanimoto"], "gate", ["frozen"])


def test_targets_of_one_table_are_drawn_together() -> None:
    areas = np.array([[0.0], [1.0], [0.5]])
    [together] = drawn([areas], ["a", "a", "b"])
    [apart] = drawn([areas], ["a", "b", "c"])
    assert set(np.round(together, 6)) == {0.5}
    assert interval_of(apart) == pytest.approx((0.0, 1.0), abs=0.2)


def test_seeds_are_drawn_in_pairs() -> None:
    theirs = np.array([0.1, 0.5, 0.9])
    ratio, between = ratio_by_seed(1.1 * theirs, theirs)
    assert ratio == pytest.approx(1.1)
    assert between == pytest.approx((1.1, 1.1))
    assert ratio_by_seed(theirs[:1], theirs[:1]) == (1.0, None)


def test_who_finds_nothing_is_like_who_finds_nothing() -> None:
    nothing, something = np.zeros(3), np.array([0.0, 0.1, 0.2])
    assert ratio_by_seed(nothing, nothing) == (1.0, (1.0, 1.0))
    assert ratio_by_seed(something, nothing)[0] == np.inf


def splits(scores: dict[str, float], sizes: tuple[int, ...] = (20, 50)) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "target": target,
            "strategy": model,
            "seed": seed,
            "n": n,
            "score": score - 0.001 * n + (0.1 if target == TARGETS[0] else 0.0) * (model == "frozen"),
            "plain": score,
            "r2": 0.5,
            "coverage_80": 0.8,
            "seconds": 1.0,
            "chosen": "latent" if seed else "projection",
            "predicted": 100,
        }
        for target in (TARGETS[0], TARGETS[2])
        for model, score in scores.items()
        for seed in range(2)
        for n in sizes
    )


def test_differences_are_to_the_frozen_member_and_split_by_split() -> None:
    frame = splits({"gate": -0.6, "frozen": -0.5})
    # a split that one model lacks is left out for both
    frame = frame[~((frame["strategy"] == "gate") & (frame["seed"] == 1) & (frame["n"] == 50))]
    told = scores_report(frame, ["gate", "frozen"])
    assert "n = 50: 2 targets, at least 1 seeds of each" in told
    assert "-0.150 [-0.200, -0.100]" in told
    assert "2 of 2" in told
    assert "| gate | 20 | 0.50" in " ".join(told.split())


def test_nothing_complete_is_told() -> None:
    frame = splits({"gate": -0.6})
    assert "No split" in scores_report(frame, ["gate", "frozen"])


def test_warm_starts_are_held_against_fresh_ones_round_by_round() -> None:
    areas = {
        (t, name): area for t in TARGETS for name, area in (("projection", 0.4), ("projection-warm", 0.44))
    }
    report = Report(replays(areas), TARGETS, ["projection", "projection-warm"], ["projection"])
    scores = splits({"projection": -0.5, "projection-warm": -0.47})
    told = warm_report(report, scores, ["projection"])
    assert "1.100 (" in told
    assert "+0.030 [+0.030, +0.030]" in told
    assert "+0.030 +0.030" in told


def test_refined_members_on_shuffled_values_are_counted_with_an_interval() -> None:
    chosen = ["latent"] * 38 + ["projection", "encoder"]
    frame = pd.DataFrame({"strategy": "gate-all", "n": 50, "chosen": chosen})
    told = shuffled_report(frame)
    assert "| gate-all | 50       | 40   | 2             | 5.0% (0.6% to 16.9%)" in told
