"""The faults that benchmarks/faults.py tries in bulk, a few times each: nothing is lost and nothing wrong after any of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

# the benchmarks are scripts that import one another by name, as Python finds the files beside a script
sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from faults_campaigns import Bench, Row
from faults_damage import damages
from faults_disks import WRITINGS, Disk, short_of_room
from faults_kills import kills
from faults_races import races
from faults_schemas import clocks, schemas

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are split off by fork")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench.make(tmp_path_factory.mktemp("bench"))


def survived(row: Row, at_least: int = 1) -> None:
    assert row.tried >= at_least
    assert row.wrong == []


def test_a_kill_loses_nothing_that_was_told_and_leaves_nothing_half_done(bench: Bench) -> None:
    for row in kills(bench, 3, seed=0, workers=1, whole=False, runs=1):
        survived(row, at_least=1)


@pytest.mark.parametrize("room", [0, 16_384])
def test_a_command_without_room_is_refused_and_changes_nothing(bench: Bench, room: int) -> None:
    with Disk.small(bench.folder / "disk") as disk:
        seen, wrong = short_of_room(bench, WRITINGS[0], disk, room, 0)
    assert (seen, wrong) == ("refused", [])


def test_of_two_commands_at_once_both_count_or_one_is_told_to_try_again(bench: Bench) -> None:
    for row in races(bench, 1, seed=0):
        survived(row)


@pytest.mark.filterwarnings("ignore::discovery.encoders.shards.DamagedShardWarning")
def test_damage_is_found_and_nothing_wrong_is_said_or_saved(bench: Bench) -> None:
    for row in damages(bench, 5, seed=0, questions=["status", "history"]):
        survived(row)


def test_ledgers_of_every_earlier_schema_open_and_later_ones_do_not(tmp_path: Path) -> None:
    for row in schemas(tmp_path, 6, seed=0):
        survived(row, at_least=3)


def test_facts_keep_their_order_whatever_the_clock_says(bench: Bench) -> None:
    for row in clocks(bench, locales=(), names=["to and fro"]):
        survived(row)
