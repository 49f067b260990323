"""A table of results on its way into a ledger: what is taken, and what is told of it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from campaigns.ingesting.ingest import TOLD, ingest
from campaigns.ledger import Ledger
from campaigns.spec import ObjectiveSpec

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
DENSITY = ObjectiveSpec(name="density", direction="min", unit="g/cm3")
POLYMERS = [f"*{'C' * length}O*" for length in range(1, 40)]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.create(tmp_path / "campaign.sqlite")


def frame(**columns: list[object]) -> pd.DataFrame:
    count = max(map(len, columns.values()))
    return pd.DataFrame({"psmiles": POLYMERS[:count], **columns})


def test_rows_are_counted_once_whatever_they_say(ledger: Ledger) -> None:
    table = frame(tg=[200, 210, None], density=[1.0, None, ">1.2"])
    summary = ingest(table, [TG, DENSITY], ledger)
    assert (summary.accepted, summary.polymers, summary.already_known) == (3, 3, 0)
    assert "New values: tg 2, density 2." in summary.notes
    assert any("one value is a limit" in note for note in summary.notes)
    again = ingest(table.assign(density=[1.0, 1.1, ">1.2"]), [TG, DENSITY], ledger)
    assert (again.accepted, again.already_known) == (1, 2)
    assert "New values: tg 0, density 1." in again.notes


def test_a_dry_run_tells_the_same_and_takes_nothing(ledger: Ledger) -> None:
    table = frame(tg=[*(200 + step for step in range(12)), 3700])
    planned = ingest(table, [TG, DENSITY], ledger, dry_run=True)
    assert ledger.measurements() == ()
    assert any("3700 K, far from all others" in note for note in planned.notes)
    assert ingest(table, [TG, DENSITY], ledger) == planned


def test_what_is_known_already_is_not_told_again(ledger: Ledger) -> None:
    table = frame(tg=[*(200 + step for step in range(12)), 3700])
    ingest(table, [TG], ledger)
    grown = ingest(frame(tg=[*table["tg"], 205]), [TG], ledger)
    assert not any("far from all others" in note for note in grown.notes)


def test_a_line_that_gains_another_property_is_not_told_of_the_first_again(ledger: Ledger) -> None:
    values = [*(200 + step for step in range(12)), 3700, ">150"]
    ingest(frame(tg=values), [TG, DENSITY], ledger)
    grown = ingest(frame(tg=values, density=[1.0] * len(values)), [TG, DENSITY], ledger)
    assert "New values: tg 0, density 14." in grown.notes
    assert not any("far from all others" in note or "limit" in note for note in grown.notes)


def test_a_limit_that_contradicts_an_earlier_value_is_told(ledger: Ledger) -> None:
    ingest(frame(tg=[200]), [TG], ledger)
    summary = ingest(frame(tg=[">250"]), [TG], ledger)
    assert any("the limit >250 K contradicts the measured 200 K" in note for note in summary.notes)
    [observation] = ledger.observations(TG)
    assert (observation.value, observation.bound) == (200.0, "")


def test_of_many_odd_rows_some_are_told_and_the_others_counted(ledger: Ledger) -> None:
    values = [200 + step for step in range(len(POLYMERS))]
    values[-15:] = [5000 + step for step in range(15)]
    notes = ingest(frame(tg=values), [TG], ledger).notes
    assert sum("far from all others" in note for note in notes) == TOLD
    assert any("5 more rows" in note for note in notes)


def test_rows_are_told_apart_as_new_replicate_and_known(ledger: Ledger) -> None:
    table = frame(tg=[200, 210]).iloc[[0, 1, 1]].assign(tg=[200, 210, 211])
    first = ingest(table, [TG], ledger)
    assert (first.new, first.replicates, first.corrections, first.conflicts) == (2, 1, 0, ())
    second = ingest(frame(tg=[201, 210]), [TG], ledger)
    assert (second.new, second.replicates, second.already_known) == (0, 1, 1)


def test_warnings_come_in_the_order_of_lines_whatever_the_property(ledger: Ledger) -> None:
    tg: list[object] = [200 + step for step in range(12)]
    density: list[object] = [1.0 + step / 100 for step in range(12)]
    tg[7], density[2] = 3700, 40.0
    notes = ingest(frame(tg=tg, density=density), [TG, DENSITY], ledger).notes
    lines = [note.split(":")[0] for note in notes if note.startswith("Line ")]
    assert lines == ["Line 4", "Line 9"]
