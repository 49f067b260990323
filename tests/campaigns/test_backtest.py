"""A replay on a measured table: the same whatever the number of processes, and honest about what it could not do."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from campaigns.backtest import BacktestResult, backtest
from campaigns.errors import CampaignError
from campaigns.replay import FINGERPRINT, LOOP, ROUNDS, STRATEGIES, Terms, replay
from discovery.acquisition.objectives import Objective
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.surrogate.observations import Observation

TG = Objective("tg", "max", "K")
SIDES = ("C", "CC", "CCC", "F", "O", "OC", "C(=O)OC", "C(=O)OCC", "OC(C)=O", "C=O", "CO", "CCO", "SC", "CF")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "measured.csv"
    values = [200.0 + 37 * (7 * i % 11) for i in range(len(SIDES))]
    pd.DataFrame({"psmiles": [f"*CC(*){side}" for side in SIDES], "tg": values}).to_csv(path, index=False)
    return path


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def run(table: Path, workers: int, heard: list[tuple[int, int | None, str]] | None = None) -> BacktestResult:
    told = [] if heard is None else heard
    return backtest(
        table,
        "tg:max",
        unit="K",
        rounds=1,
        batch=2,
        start=6,
        seeds=1,
        workers=workers,
        out=table.parent / f"out-{workers}",
        progress=lambda done, total, what: told.append((done, total, what)),
    )


@pytest.mark.usefixtures("cache")
def test_the_number_of_processes_changes_nothing(table: Path) -> None:
    heard: list[tuple[int, int | None, str]] = []
    alone, together = run(table, 1), run(table, 2, heard)
    pd.testing.assert_frame_equal(alone.frame, together.frame)
    assert alone.notes == together.notes
    rounds = [(done, total) for done, total, what in heard if what == ROUNDS]
    assert rounds == sorted(rounds)
    assert rounds[-1] == (len(STRATEGIES), len(STRATEGIES))


def test_a_folder_that_cannot_be_made_is_told_before_the_replay(table: Path) -> None:
    with pytest.raises(CampaignError, match="cannot be made"):
        backtest(table, "tg:max", unit="K", start=6, out=table / "below-a-file")


def terms(units: tuple[RepeatUnit, ...], start: int) -> Terms:
    table = tuple(Observation(unit, 200.0 + 17 * (i * 5 % 13)) for i, unit in enumerate(units))
    return Terms(table, TG, table[:start], start, rounds=3, batch=3)


def test_a_replay_ends_where_the_table_does(
    tiny_representation: Representation, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    made = replay(FINGERPRINT, 0, terms(tiny_polymers[:10], 6), tiny_representation)
    assert [len(measured) for measured in made.measured] == [6, 9, 10]


def test_a_replay_keeps_what_its_rounds_told(
    tiny_representation: Representation, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    made = replay(LOOP, 0, terms(tiny_polymers[:8], 4), tiny_representation)
    assert any("No model yet" in note for note in made.notes)
