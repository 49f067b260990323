from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from peers_baybe import BayBE, PeerError
from peers_report import Report
from peers_rivals import PEERS, PeersRing
from peers_runs import FolderError, RunError, Runs, Settings, Task, area_of, make_missing, play
from peers_targets import Target

from discovery.acquisition.objectives import Objective
from discovery.errors import DiscoveryError
from discovery.polymers import RepeatUnit
from discovery.surrogate.observations import Observation

UNITS = tuple(sorted((RepeatUnit.parse(f"*{'C' * n}O*") for n in range(1, 41)), key=lambda unit: unit.key))
TARGET = Target(
    "made:up:max", Objective("up", "max"), tuple(Observation(unit, float(i)) for i, unit in enumerate(UNITS))
)
SETTINGS = Settings(start=5, batch=5, evaluations=20, most=100)
RING = partial(PeersRing, Path(sys.executable))
PLAY = partial(play, settings=SETTINGS, audited=0)


def test_a_run_is_resumed_where_it_stopped(tmp_path: Path) -> None:
    runs = Runs(tmp_path, SETTINGS)
    tasks = runs.missing([TARGET], ["random"], 3)
    make_missing(runs, tasks[:2], 1, RING, PLAY, area_of)
    again = Runs(tmp_path, SETTINGS)
    assert again.missing([TARGET], ["random"], 3) == [(TARGET, "random", 2)]
    frame = again.read([TARGET], ["random"], 3)
    assert frame.groupby("seed")["experiments"].agg(list).tolist() == [[5, 10, 15, 20]] * 2
    keys = " ".join(frame[frame["seed"] == 0]["measured"]).split()
    assert len(set(keys)) == 20


def refused(ring: PeersRing, task: Task) -> pd.DataFrame:
    if task[2] == 0:
        raise DiscoveryError("no.", "yes.")
    return PLAY(ring, task)


def test_a_run_that_fails_is_told_and_does_not_stop_the_others(tmp_path: Path) -> None:
    runs = Runs(tmp_path, SETTINGS)
    with pytest.raises(RunError, match="1 of 2 runs failed, first made:up:max random 0: no"):
        make_missing(runs, runs.missing([TARGET], ["random"], 2), 1, RING, refused, area_of)
    assert runs.missing([TARGET], ["random"], 2) == [(TARGET, "random", 0)]


def test_replays_of_other_settings_are_not_mixed(tmp_path: Path) -> None:
    Runs(tmp_path, SETTINGS)
    with pytest.raises(FolderError):
        Runs(tmp_path, Settings(start=5, batch=5, evaluations=30, most=100))


def test_what_changed_is_made_again_and_nothing_else(tmp_path: Path) -> None:
    runs = Runs(tmp_path, SETTINGS)
    make_missing(runs, runs.missing([TARGET], ["random"], 1), 1, RING, PLAY, area_of)
    runs.forget(["gate"])
    assert not runs.missing([TARGET], ["random"], 1)
    runs.forget(["random"])
    assert runs.missing([TARGET], ["random"], 1)


def replays(curves: dict[tuple[str, str, int], tuple[float, float, float]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "target": target,
            "strategy": rival,
            "seed": seed,
            "experiments": count,
            "recall": recall,
            "regret": 0.0,
            "best": 1.0,
            "seconds": 1.0,
        }
        for (target, rival, seed), curve in curves.items()
        for count, recall in zip((10, 20, 30), curve, strict=True)
    )


def test_ratios_are_to_the_peer_that_is_best_on_all_targets() -> None:
    flat = {
        ("a", "gate"): 0.6, ("a", "baybe"): 0.5, ("a", "random"): 0.1,
        ("b", "gate"): 0.2, ("b", "baybe"): 0.4, ("b", "random"): 0.5,
    }  # fmt: skip
    frame = replays({(*pair, seed): (area,) * 3 for pair, area in flat.items() for seed in range(2)})
    report = Report(frame, ["a", "b"], ["gate", "baybe", "random"], PEERS)
    assert report.best_peer == "baybe"
    standing = report.standing("gate")
    assert standing.area == pytest.approx(0.4)
    assert standing.ratio == pytest.approx(0.4 / 0.45)
    assert (standing.least, standing.least_target) == (pytest.approx(0.5), "b")
    assert "| b | 0.50 (0.40) | random |" in report.markdown()


def test_only_seeds_that_all_rivals_have_take_part() -> None:
    curves = {("a", rival, seed): (0.0, 0.5, 1.0) for rival in ("gate", "random") for seed in range(2)}
    curves["a", "gate", 2] = (1.0, 1.0, 1.0)
    assert Report(replays(curves), ["a"], ["gate", "random"], PEERS).seeds == [0, 1]


def test_an_interpreter_without_baybe_is_told_with_the_way_out(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PeerError, match="ended") as told:
        BayBE(Path(sys.executable), UNITS[:3], "MORDRED", False)
    assert "--baybe-python" in told.value.hint
    assert "baybe" in capfd.readouterr().err
