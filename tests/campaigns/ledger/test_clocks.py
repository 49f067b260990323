"""The order of facts is that of their numbers: clocks go backwards, and machines stand in different time zones."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from campaigns.correcting.history import history_of
from campaigns.ledger import Ledger, ResultRow, Source, Status
from campaigns.ledger.copying import Recorded, recorded
from campaigns.spec import ObjectiveSpec
from discovery.polymers.repeat_unit import RepeatUnit

From = Callable[[str], Source]
Row = Callable[..., ResultRow]
Propose = Callable[[list[RepeatUnit]], list[str]]


@pytest.fixture(params=[1, 0, -1], ids=["forwards", "standing still", "backwards"])
def backwards(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    ledger: Ledger,
    tg: ObjectiveSpec,
    units: list[RepeatUnit],
    measured: Row,
    source: From,
    propose: Propose,
) -> Ledger:
    """A value, a round, a second value, its correction and retraction, each a day before or after the last by the clock."""
    ledger.append_results([measured(units[0], 1.0)], properties=[tg], source=source("a.csv"))
    propose([units[1]])
    ledger.append_results([measured(units[1], 2.0)], properties=[tg], source=source("b.csv"))
    ledger.correct(2, replace(measured(units[1], 3.0), line=0), tg, "misread")
    ledger.retract([3], "wet")
    ledger.reinstate([3], "dry")

    def at(number: int) -> datetime:
        return datetime(2026, 3, 29, 2, 30, tzinfo=UTC) + request.param * timedelta(days=number)

    made = Ledger.create(tmp_path / "other.sqlite")
    with ledger.reading() as session:
        made.write_down(
            Recorded(
                {**told.command, "at": at(told.command["id"]), "previous": None, "digest": None}, told.facts
            )
            for told in recorded(session.connection())
        )
    return made


def test_what_stands_does_not_hang_on_the_clock(backwards: Ledger, tg: ObjectiveSpec) -> None:
    assert [(m.id, m.value) for m in backwards.measurements()] == [(1, 1.0), (3, 3.0)]
    assert backwards.statuses() == {"R001-01": Status.MEASURED}
    assert [step.status for step in backwards.history("R001-01")] == [
        Status.PROPOSED,
        Status.MEASURED,
        Status.RUNNING,
        Status.MEASURED,
    ]


def test_what_a_round_knew_does_not_hang_on_the_clock(backwards: Ledger, tg: ObjectiveSpec) -> None:
    then, now = backwards.snapshot([tg], before_round=1), backwards.snapshot([tg])
    assert [o.value for o in then.observations["tg"]] == [1.0]
    [found] = backwards.rounds()
    assert found.older_than(now)
    assert not found.older_than(then)


def test_a_history_is_told_in_the_order_in_which_it_happened(backwards: Ledger) -> None:
    told = history_of(backwards, "R001-01").facts
    assert [fact.command for fact in told] == sorted(fact.command for fact in told)
    assert [fact.kind for fact in told if fact.kind not in ("status", "polymer")] == [
        "proposal",
        "measurement",
        "measurement",
        "retraction",
        "retraction",
        "reinstatement",
    ]


@pytest.fixture
def in_zone() -> Iterator[Callable[[str], None]]:
    before = os.environ.get("TZ")

    def move(zone: str) -> None:
        os.environ["TZ"] = zone
        time.tzset()

    yield move
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_moments_are_told_in_utc_wherever_they_were_recorded(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    in_zone: Callable[[str], None],
    tg: ObjectiveSpec,
    units: list[RepeatUnit],
    measured: Row,
    source: From,
    database: str,
) -> None:
    where = tmp_path / "z.sqlite" if database == "sqlite" else request.getfixturevalue("postgresql")()
    in_zone("Pacific/Kiritimati")
    ledger = Ledger.create(where)
    begun = datetime.now(UTC)
    ledger.append_results([measured(units[0], 1.0)], properties=[tg], source=source("a.csv"))
    in_zone("America/Adak")
    Ledger.open(where).append_results([measured(units[1], 2.0)], properties=[tg], source=source("b.csv"))
    in_zone("UTC")
    moments = [m.at for m in Ledger.open(where).measurements()]
    assert all(begun <= moment <= datetime.now(UTC) for moment in moments)
