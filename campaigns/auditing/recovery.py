"""A new campaign of what is whole of a damaged one: every command whose digest holds. What is lost is named, and not guessed."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Text, cast, insert, select

from campaigns.auditing.salvage import Salvaged, salvage, scratch
from campaigns.errors import LedgerError, SpecError, StateError
from campaigns.folder import (
    ADAPTERS,
    LEDGER_FILE,
    OWN_FILES,
    REPORT_FILE,
    SPEC_FILE,
    ledger_place,
    write_spec,
)
from campaigns.forms import forms_in
from campaigns.ledger import Ledger, Source
from campaigns.ledger.copying import Recorded, recorded
from campaigns.ledger.measurements import measurement_id
from campaigns.ledger.places import Place
from campaigns.ledger.schema import FACTS, UnitRow
from campaigns.ledger.sealing import COMMANDS, facts_of, is_whole, table_of
from campaigns.recoveries import MOST_ROUNDS, RecoveryReport, recoveries, report_path
from campaigns.rounds.kept_adapters import changed_files
from campaigns.spec import CampaignSpec
from campaigns.spec.ledger import LedgerSpec
from discovery.bundled import file_hash
from discovery.polymers.repeat_unit import key_of

UNITS = table_of(UnitRow)


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was saved.

    Args:
        folder: The new campaign.
        commands: How many commands are in it, each with what it recorded.
        facts: How many facts.
        lost: Every fact and file that is not, each in words.
        rounds: Numbers of the rounds that are not, as far as they are known.
        report: File in the new folder that keeps all this.
    """

    folder: Path
    commands: int
    facts: int
    lost: tuple[str, ...]
    rounds: tuple[int, ...]
    report: str


def recover(folder: Path, new: Path) -> Recovery:
    """Write what is whole of a campaign into a new folder; the damaged one stays as it is.

    Commands keep their numbers, moments and authors, and are sealed anew; one more says that this was done.

    Args:
        folder: Of the damaged campaign.
        new: A folder that is not there, or empty.

    Raises:
        StateError: ``new`` holds something, or cannot be written.
        LedgerError: Nothing of the ledger can be read, or no command of it is whole: nothing is written then.
        SpecError: There is no spec that can be read, neither in the folder nor in the ledger.
    """
    if new.exists() and (not new.is_dir() or any(new.iterdir())):
        raise StateError(
            f"{new} is there already, and nothing is overwritten.", "Name a folder that is not there."
        )
    try:
        new.absolute().parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=new.absolute().parent, prefix=f".{new.name}-") as work:
            draft = Path(work) / "campaign"
            done = _recovered(folder, draft, Path(work))
            os.chmod(draft, 0o755)
            os.rename(draft, new)
    except OSError as error:
        raise StateError(
            f"{new} cannot be written: {error.strerror}.", "Choose another folder, or make room."
        ) from error
    report, name = done
    return Recovery(new, report.commands, report.facts, report.lost, report.rounds, name)


def _recovered(folder: Path, draft: Path, work: Path) -> tuple[RecoveryReport, str]:
    """Makes the new campaign, and gives its report with the name of its file."""
    place, source = _damaged(folder)
    found = _read(place, work)
    kept = _Kept()
    with found.engine.connect() as connection:
        if next(_whole_commands(connection), None) is None:
            raise LedgerError(
                f"{place.name} holds no command that can be saved: nothing was written.",
                "Restore it from a copy, or make a new campaign and ingest the tables of measurements again.",
            )
        lost = [*_orphans(connection), *kept.of_lost_commands(connection)]
        # where every command is there and whole, no page that cannot be read held a fact
        if lost or COMMANDS.name in found.unreadable:
            lost = [*_unreadable(found), *lost]
        spec = _spec(folder, connection)
        shutil.copytree(folder, draft, ignore=shutil.ignore_patterns(*OWN_FILES, REPORT_FILE, ".*"))
        ledger = Ledger.create(draft / LEDGER_FILE)
        ledger.write_down(kept.commands(connection))
        rounds = {record.number for record in ledger.rounds()}
        named = _named_rounds(connection) | forms_in(draft).keys()
    try:
        before = {number for told in recoveries(draft, ledger) for number in told.rounds}
    except StateError as error:
        before = set()
        lost.append(error.message)
    gone = sorted(named - rounds - before)
    with ledger.reading() as session:  # what a lost command said of its adapters is not to be believed
        lost += _drop_damaged_adapters(session.connection(), draft)
    lost += _forms_of(gone, draft)
    ledger.note_recovery(source)
    ledger.append_spec(spec.version, spec.dumps())
    write_spec(draft, spec)
    path = report_path(draft, len(ledger.recoveries()))
    report = RecoveryReport(
        ledger=source.name,
        sha256=source.sha256,
        commands=kept.count,
        facts=kept.facts,
        rounds=tuple(gone),
        lost=(*lost, *kept.lost),
    )
    path.write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return report, path.name


def _damaged(folder: Path) -> tuple[Place, Source]:
    """Where the damaged ledger lies, and how it is called in the new one."""
    place = Place.of(folder / LEDGER_FILE)
    with suppress(SpecError):  # a spec that cannot be read names no database
        place = ledger_place(folder, CampaignSpec.load(folder / SPEC_FILE))
    if place.file is None:
        return place, Source(place.url.render_as_string(), "")
    if not place.file.is_file():
        raise StateError(f"There is no ledger {place.file}.", "Restore it from a copy.")
    return place, Source(str(place.file), file_hash(place.file))


def _read(place: Place, work: Path) -> Salvaged:
    if place.file is not None:
        return salvage(place.file, work)
    # a server reads its own pages: what it gives is looked at in the same way
    engine = scratch(work)
    with Ledger.open(place).reading() as session, engine.begin() as target:
        for each in recorded(session.connection()):
            target.execute(insert(COMMANDS), [dict(each.command)])
            for name, row in each.facts:
                target.execute(insert(UNITS.metadata.tables[name]), [dict(row)])
    return Salvaged(engine, {})


def _unreadable(found: Salvaged) -> Iterator[str]:
    for table, gaps in found.unreadable.items():
        for first, last in gaps:
            rows = f"row {first}" if first == last else f"rows {first} to {last}"
            yield f"{rows} of {table}, as far as there were that many: cannot be read"


def _orphans(connection: Connection) -> Iterator[str]:
    """Facts that can be read and whose command cannot: nobody can say whether they are what was recorded."""
    for facts in FACTS:
        table = table_of(facts)
        if table is not UNITS:  # what a polymer is, its key says
            alone = select(table).where(table.c.command_id.not_in(select(COMMANDS.c.id)))
            with suppress(ValueError, TypeError, OverflowError):
                for row in connection.execute(alone).mappings():
                    yield f"{_named(table.name, dict(row))}: the command that recorded it is lost"


def _spec(folder: Path, connection: Connection) -> CampaignSpec:
    """The spec of the folder, or the last one of the ledger that can be believed and read."""
    try:
        spec = CampaignSpec.load(folder / SPEC_FILE)
    except SpecError:
        whole = {command["id"] for command in _whole_commands(connection)}
        versions = UNITS.metadata.tables["spec_versions"]
        asked = select(versions.c.toml, versions.c.command_id).order_by(versions.c.id.desc())
        for text, command in connection.execute(asked).all():
            if command not in whole:
                continue
            with suppress(SpecError):
                return CampaignSpec.loads(text).model_copy(update={"ledger": LedgerSpec()})
        raise
    return spec.model_copy(update={"ledger": LedgerSpec()})


def _named_rounds(connection: Connection) -> set[int]:
    """Numbers of all rounds that anything readable names, whole or not."""
    tables = UNITS.metadata.tables
    found: set[int] = set()
    for column in (tables["rounds"].c.number, tables["proposals"].c.round):
        told = connection.scalars(select(cast(column, Text)).distinct()).all()
        found |= {int(number) for number in told if re.fullmatch("[0-9]{1,6}", number or "")}
    return {number for number in found if 0 < number < MOST_ROUNDS}


def _forms_of(rounds: Collection[int], draft: Path) -> Iterator[str]:
    """What is left of lost rounds. No round to come takes their numbers."""
    for number, form in sorted(forms_in(draft).items()):
        if number in rounds:
            yield (
                f"round {number}: its form is kept as {form.relative_to(draft).as_posix()}; what is filled in can be ingested "
                "once its columns proposal_id and status are empty"
            )


def _drop_damaged_adapters(connection: Connection, draft: Path) -> Iterator[str]:
    adapters = UNITS.metadata.tables["adapters"]
    for row in connection.execute(select(adapters.c.hash, adapters.c.round, adapters.c.files).distinct()):
        place = draft / ADAPTERS / row.hash
        if place.is_dir() and (changed := changed_files(place, row.files)):
            shutil.rmtree(place)
            yield f"adapter {row.hash} of round {row.round}: {'; '.join(changed)}"


@dataclass
class _Kept:
    """What goes into the new ledger, command by command."""

    count: int = 0
    facts: int = 0
    lost: list[str] = field(default_factory=list)
    """Facts of whole commands that say nothing without a fact that is lost, and links to such ones."""
    units: set[str] = field(default_factory=set)
    rows: dict[str, set[object]] = field(default_factory=dict)
    """Primary keys of the facts that were kept, by table."""

    def commands(self, connection: Connection) -> Iterator[Recorded]:
        for command in _whole_commands(connection):
            self.count += 1
            facts = list(self._facts(connection, command))
            self.facts += len(facts)
            yield Recorded({**command, "previous": None, "digest": None}, facts)

    def of_lost_commands(self, connection: Connection) -> list[str]:
        """What is known of commands that are not whole: their facts are readable in part, and not to be believed."""
        told = []
        for command in _all_commands(connection):
            if not is_whole(connection, command):
                where = f" of {command['source_name']}" if command["source_name"] else ""
                what = f"command {command['id']} ({command['kind']}{where}, {command['author']})"
                held = [_named(name, row) for name, row in _readable_facts(connection, command["id"])]
                of_it = f" It may have recorded {', '.join(held)}." if held else ""
                told.append(f"{what}: its digest does not hold.{_way_back(command)}{of_it}")
        return told

    def _facts(
        self, connection: Connection, command: Mapping[str, Any]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        for table, row in facts_of(connection, command["id"]):
            name = table.name
            if name == UNITS.name:
                if row["key"] in self.units:
                    continue  # a fact of an earlier command has needed it already
                self.units.add(row["key"])
            elif "unit_key" in row and row["unit_key"] not in self.units:
                unit = _unit(connection, row["unit_key"])
                if unit is None:
                    self.lost.append(f"{_named(name, row)}: its polymer is lost")
                    continue
                self.units.add(row["unit_key"])
                yield UNITS.name, {**unit, "command_id": command["id"]}
            broken = [
                (column, table_)
                for column, table_ in _REFERS.get(name, ())
                if row[column] is not None and row[column] not in self.rows.get(table_, ())
            ]
            if any((name, column) not in _LINKS for column, _ in broken):
                self.lost.append(f"{_named(name, row)}: what it is about is lost")
                continue
            for column, _ in broken:
                other = row[column] if column == "proposal_id" else measurement_id(row[column])
                self.lost.append(f"{_named(name, row)}: kept, without its link to {other}, which is lost")
                row[column] = None
            self.rows.setdefault(name, set()).add(row.get("id", row.get("number")))
            yield name, row


def _way_back(command: Mapping[str, Any]) -> str:
    """How what a lost command recorded is got again, where a file holds it."""
    if command["kind"] != "ingest" or not command["source_name"]:
        return ""
    return f" Ingest {command['source_name']} again (SHA-256 {command['source_sha256']})."


_REFERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "adapters": (("round", "rounds"),),
    "proposals": (("round", "rounds"),),
    "proposal_events": (("proposal_id", "proposals"),),
    "measurements": (("proposal_id", "proposals"),),
    "retractions": (("measurement_id", "measurements"), ("replaced_by", "measurements")),
    "reinstatements": (("retraction_id", "retractions"),),
    "readmissions": (("exclusion_id", "exclusions"),),
}
"""Which columns of a table name a fact of another, and which table that is."""

_LINKS = frozenset({("measurements", "proposal_id"), ("retractions", "replaced_by")})
"""Tables and columns without which a fact still says what it says."""


def _all_commands(connection: Connection) -> Iterator[dict[str, Any]]:
    for id_ in connection.scalars(select(COMMANDS.c.id).order_by(COMMANDS.c.id)).all():
        with suppress(ValueError, TypeError):  # its moment is no moment: told as rows that cannot be read
            yield dict(connection.execute(select(COMMANDS).where(COMMANDS.c.id == id_)).mappings().one())


def _whole_commands(connection: Connection) -> Iterator[dict[str, Any]]:
    return (command for command in _all_commands(connection) if is_whole(connection, command))


def _readable_facts(connection: Connection, command: int) -> Iterator[tuple[str, dict[str, Any]]]:
    with suppress(ValueError, TypeError, OverflowError):
        for table, row in facts_of(connection, command):
            yield table.name, row


def _unit(connection: Connection, key: str) -> dict[str, Any] | None:
    """A polymer that a lost command recorded: its key is a hash of its text, so that it can be believed."""
    row = connection.execute(select(UNITS).where(UNITS.c.key == key)).mappings().first()
    return dict(row) if row is not None and key_of(row["psmiles"]) == key else None


def _named(table: str, row: Mapping[str, Any]) -> str:
    """A fact as people call it."""
    match table:
        case "measurements":
            return f"measurement {measurement_id(row['id'])} ({row['objective']} {row['value']} {row['unit_of_measure']})"
        case "proposals":
            return f"proposal {row['id']}"
        case "rounds":
            return f"round {row['number']}"
        case "proposal_events":
            return f"{row['proposal_id']} {row['status']}"
        case "retractions":
            return f"the retraction of {measurement_id(row['measurement_id'])}"
        case "repeat_units":
            return f"the polymer {row['psmiles']}"
        case "exclusions":
            return f"the exclusion of {row['smarts']}"
        case "spec_versions":
            return "a version of the spec"
        case "adapters":
            return f"the files of adapter {row['hash']}"
        case _:
            return f"row {row['id']} of {table}"
