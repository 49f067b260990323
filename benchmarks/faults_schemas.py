"""Ledgers of earlier and later schemas; and clocks that go backwards, in other time zones and locales."""

from __future__ import annotations

import csv
import io
import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import count, pairwise
from pathlib import Path
from unittest.mock import patch

from faults_campaigns import Bench, Row, polymers, write_rows
from faults_processes import Done, ended, run, start

EARLIER = ("0001", "0002", "0003")
LATER = ("0005", "0042", "9999")

ZONES = ("Pacific/Kiritimati", "America/Adak", "Asia/Kathmandu", "Europe/Berlin")
LOCALES = ("C", "C.utf8", "de_DE.UTF-8")

CLOCKS = {
    "a day back each time": lambda number: -timedelta(days=number),
    "standing still": lambda number: timedelta(0),
    "to and fro": lambda number: timedelta(hours=number if number % 2 else -number),
}


def older_ledger(path: Path, schema: str, chance: random.Random) -> list[tuple[str, float]]:
    """A ledger as an earlier polyloop left it, with a round, and with measurements of which some are retracted; returns each
    polymer with its value, the retracted ones too.
    """
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    import campaigns.ledger
    from discovery.polymers import RepeatUnit

    config = Config()
    config.set_main_option("script_location", str(Path(campaigns.ledger.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    made = [
        (text, round(chance.uniform(150, 500), 2))
        for text in chance.sample(polymers(), chance.randint(3, 30))
    ]
    units = [RepeatUnit.parse(text) for text, _ in made]
    more = {"0001": "", "0002": ", 'P', 2.5, NULL", "0003": ", 'P', 2.5, NULL, NULL, NULL, NULL"}[schema]
    with create_engine(f"sqlite:///{path}", poolclass=NullPool).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, schema)

        def add(table: str, values: str) -> None:
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({values})")

        moment = "2026-01-0{} 00:00:00', 'me'"
        add("commands", f"1, 'ingest', '{moment.format(1)}, 'a.csv', '{'ab' * 32}', 'tg', 'K'")
        add("commands", f"2, 'propose', '{moment.format(2)}, NULL, NULL, NULL, NULL")
        for unit in units:
            add("repeat_units", f"'{unit.key}', '{unit.psmiles}', 1")
        columns = "(id, command_id, unit_key, objective, value, unit_of_measure, n, name, reference, note, line, content, copy)"
        for number, (unit, (_, value)) in enumerate(zip(units, made, strict=True), 1):
            values = f"{number}, 1, '{unit.key}', 'tg', {value!r}, 'K', 1, '', '', '', {number + 1}, '{number:032x}', 1"
            connection.exec_driver_sql(f"INSERT INTO measurements {columns} VALUES ({values})")
        rounds = "(number, command_id, seed, spec_version, observations_hash, encoder_revisions, adapter_hash, gate, "
        rounds += "versions, pool, note)"
        gate = '{"chosen": "fingerprint", "reason": "r"}'
        values = (
            f"""1, 2, '7', 'v', 'h', '{{}}', '', '{gate}', '{{"torch": "2"}}', '{{"candidates": 3}}', ''"""
        )
        connection.exec_driver_sql(f"INSERT INTO rounds {rounds} VALUES ({values})")
        add(
            "proposals",
            f"'R001-01', 2, 1, 1, '{units[0].key}', '[]', '', 250.5, 200.0, 301.0, 0.5, 'near'{more}",
        )
        add("proposal_events", "1, 2, 'R001-01', 'proposed', '', NULL")
        add("commands", f"3, 'retract', '{moment.format(3)}, NULL, NULL, NULL, NULL")
        add("retractions", f"1, 3, {chance.randint(1, len(made))}, 'wrong sample'")
    return made


def schemas(folder: Path, tries: int, seed: int) -> list[Row]:
    """Ledgers of each earlier schema with facts drawn at random; ledgers of later ones."""
    from campaigns.errors import LedgerError
    from campaigns.ledger import Ledger, Status
    from campaigns.ledger.sealing import chain

    chance = random.Random(f"{seed} schemas")
    old = Row(f"ledgers of schemas {', '.join(EARLIER)}")
    for number in range(tries):
        schema, path = EARLIER[number % len(EARLIER)], folder / f"old-{number}.sqlite"
        made = older_ledger(path, schema, chance)
        ledger = Ledger.open(path)
        found = [(m.unit.psmiles, m.value) for m in ledger.measurements(with_retracted=True)]
        wrong = [] if found == made else ["other measurements"]
        wrong += [] if len(ledger.measurements()) == len(made) - 1 else ["a retraction is lost"]
        wrong += [] if ledger.statuses() == {"R001-01": Status.PROPOSED} else ["other statuses"]
        wrong += [] if ledger.rounds()[0].seed == 7 and ledger.rounds()[0].gates else ["another round"]
        with ledger.reading() as session:
            links = list(chain(session.connection()))
        if [link.kind for link in links] != ["ingest", "propose", "retract"] or not all(
            link.whole and link.follows for link in links
        ):
            wrong.append("not sealed")
        old.add(f"{schema}: every fact", wrong)
    new = Row("ledgers of later schemas")
    for schema in LATER:
        path = folder / f"new-{schema}.sqlite"
        Ledger.create(path)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (schema,))
            connection.commit()
        before = path.read_bytes()
        try:
            Ledger.open(path)
            wrong = ["opened"]
        except LedgerError as error:
            wrong = [] if "newer polyloop" in error.message and "Upgrade" in error.hint else [str(error)]
        wrong += [] if path.read_bytes() == before else ["changed"]
        new.add("refused", wrong)
    return [old, new]


def story(campaign: Path, bench: Bench) -> list[list[str | Path]]:
    """Commands whose order matters."""
    [text, *_] = polymers()
    one = write_rows(bench.folder / "one.csv", [text], [301.5])
    return [
        ["ingest", campaign, one],
        ["propose", campaign, "-n", "2"],
        ["correct", campaign, "M13", "--value", "300", "--reason", "misread"],
        ["retract", campaign, "M14", "--reason", "wet"],
        ["retract", campaign, "M14", "--reason", "dry", "--undo"],
        ["withdraw", campaign, "R002-01", "--reason", "no monomer"],
    ]


def clocks(bench: Bench, locales: Sequence[str] = LOCALES, names: Sequence[str] = tuple(CLOCKS)) -> list[Row]:
    """The same story under each clock; under each pair of zone and locale, every command in a whole process of its own."""
    told = Row("clocks set back"), Row("other time zones and locales")
    with bench.copied("plain", 0) as (campaign, cache):
        wrong = [fault for words in story(campaign, bench) for fault in run(*words, cache=cache).complaint(0)]
        wanted = rows_of(campaign, cache)
    told[0].add("as it is", wrong)
    for place, name in enumerate(names):
        with bench.copied("plain", place) as (campaign, cache):
            shifts = map(CLOCKS[name], count(1))
            done = [under(next(shifts), words, cache) for words in story(campaign, bench)]
            told[0].add(name, against(done, campaign, cache, wanted))
    for place, locale in enumerate(locales):
        with bench.copied("plain", place) as (campaign, cache):
            done = []
            for number, words in enumerate(story(campaign, bench)):
                zone = ZONES[(place + number) % len(ZONES)]
                done.append(ended(start(*words, cache=cache, TZ=zone, LC_ALL=locale, LANG=locale)))
            begun = datetime.now(UTC)
            told[1].add(locale, against(done, campaign, cache, wanted, until=begun))
    return [row for row in told if row.tried]


def under(shift: timedelta, words: list[str | Path], cache: Path) -> Done:
    """A command by a clock that is wrong."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Clock:
            moment = datetime.now(tz) + shift
            return cls.fromisoformat(moment.isoformat())

    with patch("campaigns.ledger.appending.datetime", Clock):
        return run(*words, cache=cache)


def against(
    done: list[Done], campaign: Path, cache: Path, wanted: list[list[str]], until: datetime | None = None
) -> list[str]:
    """What is wrong with how commands ended and with what they recorded."""
    wrong = [fault for each in done for fault in each.complaint(0)]
    wrong += run("doctor", campaign, cache=cache).complaint(0)
    if rows_of(campaign, cache) != wanted:
        wrong.append("other facts, or another order")
    if until is not None:
        moments = list(moments_of(campaign))
        own = [*moments[-6:], until]
        if any(earlier > later for earlier, later in pairwise(own)) or until - own[0] > timedelta(hours=1):
            wrong.append("moments that are not UTC")
    return wrong


def rows_of(campaign: Path, cache: Path) -> list[list[str]]:
    """All facts in their order, without moments and what is made of them."""
    out = campaign.parent / f"out-{len(list(campaign.parent.iterdir()))}"
    done = run("export", campaign, out, cache=cache)
    if done.code:
        return [[done.out]]
    rows = []
    for path in sorted(out.rglob("*.csv")):
        table = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        passed_over = {"at", "previous", "digest", "source_sha256"}
        rows += [[path.name, *(v for k, v in row.items() if k not in passed_over)] for row in table]
    return rows


def moments_of(campaign: Path) -> Iterator[datetime]:
    from campaigns.ledger import Ledger
    from campaigns.ledger.sealing import chain

    with Ledger.open(campaign / "campaign.sqlite").reading() as session:
        yield from (link.at for link in chain(session.connection()))
