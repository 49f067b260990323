"""A replay on a measured table: the same whatever the number of processes, and honest about what it could not do."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from campaigns.backtesting.backtest import BacktestResult, backtest, measured_of
from campaigns.backtesting.oracle import Oracle
from campaigns.backtesting.recall import Goodness
from campaigns.backtesting.replay import ROUNDS, Replay, Terms, processes, replay
from campaigns.backtesting.rival_names import GATE, RANDOM, RIVALS, TANIMOTO
from campaigns.backtesting.rivals import strategy_of
from campaigns.errors import CampaignError
from campaigns.spec import EncodersSpec, ObjectiveSpec
from discovery.acquisition.objectives import Objective
from discovery.errors import DiscoveryError
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent
from discovery.surrogate.observations import Observation

TG = Objective("tg", "max", "K")
COMPARED = (RANDOM, GATE, TANIMOTO)
SIDES = ("C", "CC", "CCC", "F", "O", "OC", "C(=O)OC", "C(=O)OCC", "OC(C)=O", "C=O", "CO", "CCO", "SC", "CF")


def measured(folder: Path) -> Path:
    path = folder / "measured.csv"
    values = [200.0 + 37 * (7 * i % 11) for i in range(len(SIDES))]
    pd.DataFrame({"psmiles": [f"*CC(*){side}" for side in SIDES], "tg": values}).to_csv(path, index=False)
    return path


@dataclass(frozen=True)
class Replays:
    """The same backtest in one process and in two, with encoders that are not the bundled ones."""

    alone: BacktestResult
    together: BacktestResult
    heard: list[tuple[int, int | None, str]]
    """What the second told of its progress."""
    encoders: EncodersSpec
    cache: Path


@pytest.fixture(scope="module")
def replays(
    tmp_path_factory: pytest.TempPathFactory, llama3_folder: Path, tiny_geometry_folder: Path
) -> Replays:
    folder = tmp_path_factory.mktemp("replays")
    table = measured(folder)
    encoders = EncodersSpec(text=str(llama3_folder), geometry=str(tiny_geometry_folder))
    heard: list[tuple[int, int | None, str]] = []

    def run(workers: int, progress: Progress = silent) -> BacktestResult:
        return backtest(
            table,
            "tg:max",
            unit="K",
            encoders=encoders,
            rivals=COMPARED,
            rounds=1,
            batch=2,
            start=6,
            seeds=1,
            audited=1,
            workers=workers,
            out=folder / f"out-{workers}",
            progress=progress,
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLYLOOP_CACHE", str(folder / "cache"))
        together = run(2, lambda done, total, what: heard.append((done, total, what)))
        return Replays(run(1), together, heard, encoders, folder / "cache")


def test_the_number_of_processes_changes_nothing(replays: Replays) -> None:
    pd.testing.assert_frame_equal(replays.alone.frame, replays.together.frame)
    assert replays.alone.notes == replays.together.notes


def test_progress_counts_the_rounds_of_all_processes(replays: Replays) -> None:
    rounds = [(done, total) for done, total, what in replays.heard if what == ROUNDS]
    assert rounds == sorted(rounds)
    assert rounds[-1] == (len(COMPARED), len(COMPARED))


def test_every_process_uses_the_encoders_that_are_named(replays: Replays) -> None:
    used = Representation.load(replays.encoders.text, replays.encoders.geometry).revisions
    stored = {folder.name.partition(".")[0] for folder in (replays.cache / "embeddings").iterdir()}
    assert {name for name in stored if name.startswith(("text-", "geometry-"))} == {
        used["text"],
        used["geometry"],
    }
    assert used["text"] in replays.together.html.read_text(encoding="utf-8")


def test_small_encoders_are_held_by_a_process_for_each_core(tiny_representation: Representation) -> None:
    assert processes(tiny_representation) == os.cpu_count()


def test_a_folder_that_cannot_be_made_is_told_before_the_replay(tmp_path: Path) -> None:
    table = measured(tmp_path)
    with pytest.raises(CampaignError, match="cannot be made"):
        backtest(table, "tg:max", unit="K", start=6, out=table / "below-a-file")


def test_scores_name_every_rival_the_most_elaborate_first(replays: Replays) -> None:
    scores = replays.alone.scores
    assert list(scores) == [name for name in RIVALS if name in COMPARED]
    assert scores[GATE].evaluations == (6, 8)
    assert scores[GATE].area_top_ci is None
    assert len(scores[GATE].recall_top) == len(scores[GATE].simple_regret) == 2


def test_an_audit_is_told(replays: Replays) -> None:
    assert any(note.startswith("Audited") for note in replays.alone.notes)


@pytest.mark.parametrize(
    ("objective", "options", "told"),
    [
        ("tg:max", {"rivals": ("nobody",)}, "no rival 'nobody'"),
        ("tg:max", {"rivals": ()}, "No rival"),
        ("tg:observe", {}, "cannot be replayed"),
        ("tg:max", {"unit": "degC", "scale": "log"}, "cannot be read"),
        ("tg:max", {"start": 12}, "fewer than the 12"),
    ],
)
def test_what_cannot_be_replayed_is_told_before_the_encoders_load(
    tmp_path: Path, objective: str, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(CampaignError, match=told):
        backtest(measured(tmp_path), objective, out=tmp_path, **options)


def test_a_value_without_logarithm_is_told_before_the_replay(tmp_path: Path) -> None:
    path = tmp_path / "zero.csv"
    pd.DataFrame({"psmiles": [f"*CC(*){side}" for side in SIDES], "p": range(len(SIDES))}).to_csv(
        path, index=False
    )
    with pytest.raises(DiscoveryError, match="logarithm"):
        backtest(path, "p:max", scale="log", start=5, out=tmp_path)


def played(rival: str, units: tuple[RepeatUnit, ...], start: int, representation: Representation) -> Replay:
    table = [Observation(unit, 200.0 + 17 * (i * 5 % 13)) for i, unit in enumerate(units)]
    return replay(
        rival,
        0,
        Oracle(table, Goodness(TG)),
        lambda: strategy_of(rival, TG, representation, None, silent),
        Terms(start, rounds=3, batch=3),
    )


def test_a_replay_ends_where_the_table_does(
    tiny_representation: Representation, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    made = played(TANIMOTO, tiny_polymers[:10], 6, tiny_representation)
    assert [len(measured) for measured in made.measured] == [6, 9, 10]


def test_a_replay_keeps_what_its_rounds_told(
    tiny_representation: Representation, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    made = played(GATE, tiny_polymers[:8], 4, tiny_representation)
    assert any("No model yet" in note for note in made.notes)
    assert len(made.seconds) == len(made.measured) - 1


def test_rows_without_a_value_are_passed_over_and_told(tmp_path: Path) -> None:
    path = tmp_path / "gaps.csv"
    path.write_text("psmiles;tg;note\n*CCO*;200;\n*CO*;;lost\n*CC*;150;\n", encoding="utf-8")
    table, notes = measured_of(path, ObjectiveSpec.parse("tg:max", "K"))
    assert len(table) == 2
    assert "Passed over: 1 row without a value of tg." in notes
    assert any("separated by semicolons" in note for note in notes)
