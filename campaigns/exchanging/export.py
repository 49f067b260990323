"""``polyloop export``: all that a campaign is, as CSV, JSON, adapters and the files of its pool, with a manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from campaigns.errors import LedgerError, StateError
from campaigns.exchanging.facts import files_of_specs
from campaigns.exchanging.layout import FILES, fault_of_file, is_adapter_file
from campaigns.exchanging.manifest import MANIFEST_FILE, FileEntry, Manifest
from campaigns.exchanging.names import folded
from campaigns.exchanging.rows import TABLES, file_of, written
from campaigns.exchanging.spec_text import exported_spec
from campaigns.exchanging.targets import Target, add, content, new_archive
from campaigns.folder import ADAPTERS, SPEC_FILE
from campaigns.forms import forms_in
from campaigns.ledger import Ledger, reading
from campaigns.ledger.rounds import RoundRecord
from campaigns.ledger.schema import REVISION
from campaigns.ledger.sealing import COMMANDS, chain
from campaigns.recoveries import REPORT
from campaigns.rounds.kept_adapters import adapter_place, changed_files
from campaigns.spec import CampaignSpec
from campaigns.versions import versions
from discovery.progress import Progress, silent

_AT_ONCE = 1000


@dataclass(frozen=True)
class ExportSummary:
    """What was written.

    Args:
        out: The folder or ZIP file.
        files: How many it holds, without the manifest.
        bytes: Of all of them, unpacked.
        facts: Rows of each table of the ledger that holds any, by its name.
        commands: How many commands recorded them.
        adapters: How many adapters there are.
        digest: Of the last command: two ledgers that share it hold the same facts.
        notes: What is not in it, in sentences.
    """

    out: Path
    files: int
    bytes: int
    facts: Mapping[str, int]
    commands: int
    adapters: int
    digest: str
    notes: tuple[str, ...]


@dataclass
class _Written:
    """What an archive holds so far."""

    target: Target
    progress: Progress
    files: dict[str, FileEntry] = field(default_factory=dict)
    facts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, chunks: Iterator[bytes]) -> None:
        self.files[name] = add(self.target, name, chunks)
        self.progress(len(self.files), None, "files exported")

    def add_file(self, name: str, path: Path) -> None:
        self.add(name, content(path))


def export_campaign(
    folder: Path, spec: CampaignSpec, ledger: Ledger, out: Path, *, progress: Progress = silent
) -> ExportSummary:
    """Write a campaign as plain files.

    Encoders are not part of it, nor an adapter that was adopted from a folder elsewhere (its weights are, as those of any
    adapter); the notes tell. The same campaign gives the same files.

    Args:
        folder: Of the campaign.
        spec: Of the campaign.
        ledger: Of the campaign.
        out: A folder that is new or empty, or a new ZIP file where it ends in ``.zip``.
        progress: Told of every file.

    Raises:
        StateError: ``out`` is there already or cannot be written, or files of the spec are missing or lie outside the folder.
        LedgerError: The ledger is damaged.
    """
    files = _files_of(folder, spec)
    with new_archive(out) as target:
        done = _Written(target, progress)
        with ledger.reading() as session:
            commands, digest = _whole_chain(session)
            for table in TABLES:
                done.add(file_of(table), written(table, _counted(session, table, done.facts)))
            rounds = reading.rounds(session)
            earlier = files_of_specs(toml for _, toml in reading.specs(session))
        done.add(SPEC_FILE, iter([exported_spec(folder)]))
        for name, path in sorted(files.items()):
            done.add_file(FILES + name, path)
        _add_earlier_files(done, folder, sorted(earlier - files.keys()))
        adapters = _add_adapters(done, folder, rounds)
        _add_forms(done, folder)
        manifest = Manifest(
            polyloop=versions(["polyloop"])["polyloop"],
            schema=REVISION,
            campaign=spec.name,
            commands=commands,
            digest=digest,
            files=done.files,
        )
        add(target, MANIFEST_FILE, iter([manifest.dumps()]))
    return ExportSummary(
        out=out,
        files=len(done.files),
        bytes=sum(entry.bytes for entry in done.files.values()),
        facts={name: count for name, count in done.facts.items() if count and name != COMMANDS.name},
        commands=commands,
        adapters=adapters,
        digest=digest,
        notes=(*done.notes, *elsewhere(spec, folder)),
    )


def elsewhere(spec: CampaignSpec, folder: Path) -> list[str]:
    """What a spec names that is no part of its campaign's folder, in sentences.

    Args:
        spec: Of the campaign.
        folder: Of the campaign.
    """
    located = spec.with_whole_paths(folder)
    named = {
        "text encoder": located.encoders.text,
        "geometry encoder": located.encoders.geometry,
        "fusion": located.encoders.fusion,
        "adopted adapter": located.refinement.adapter,
    }
    return [
        f"{SPEC_FILE} names the {what} in {place}: it has to be there, or named anew, where the campaign goes on."
        for what, place in named.items()
        if place is not None and Path(place).is_absolute()
    ]


def _files_of(folder: Path, spec: CampaignSpec) -> dict[str, Path]:
    """The files of the spec in force; without all of them an archive would be none of the campaign."""
    files = spec.files(folder)
    for name in files:
        if fault := fault_of_file(name):
            raise StateError(
                f"{SPEC_FILE} names {name}, which cannot be part of an archive: the name {fault}.",
                f"Copy the file into {folder} under a plain name, and name it so in {SPEC_FILE}.",
            )
    twice = sorted(name for name in files if sum(folded(name) == folded(other) for other in files) > 1)
    if twice:
        raise StateError(
            f"{SPEC_FILE} names {' and '.join(twice)}, which some machines take for one file.",
            "Rename one of them.",
        )
    return files


def _whole_chain(session: Session) -> tuple[int, str]:
    """Number of commands and the digest of the last one, after all were held against their digests."""
    count = 0
    for link in chain(session.connection()):
        count += 1
        if not (link.whole and link.follows):
            raise LedgerError(
                f"The ledger is damaged: command {link.command} ({link.kind}) is not what was recorded.",
                "Look at it with polyloop doctor DIR; --recover NEW writes what is whole into a folder that can be exported.",
            )
    last = select(COMMANDS.c.digest).order_by(COMMANDS.c.id.desc()).limit(1)
    return count, session.scalar(last) or ""


def _counted(session: Session, table: Table, facts: dict[str, int]) -> Iterator[Mapping[str, Any]]:
    """Every row of a table, command by command."""
    facts[table.name] = 0
    order = [table.c.command_id] if table is not COMMANDS else []
    asked = select(table).order_by(*order, *table.primary_key.columns)
    for row in session.connection().execute(asked.execution_options(yield_per=_AT_ONCE)).mappings():
        facts[table.name] += 1
        yield dict(row)


def _add_earlier_files(done: _Written, folder: Path, named: Sequence[str]) -> None:
    """Files that only earlier versions of the spec name, so that their rounds can be replayed."""
    taken = set(map(folded, done.files))
    for file in named:
        name = FILES + file
        if fault_of_file(file) or folded(name) in taken or not (folder / file).is_file():
            done.notes.append(
                f"{file}, which an earlier spec names, is not in the campaign's folder, or cannot lie beside its other files: "
                "it is not in the archive."
            )
            continue
        taken.add(folded(name))
        done.add_file(name, folder / file)


def _add_adapters(done: _Written, folder: Path, rounds: Sequence[RoundRecord]) -> int:
    """The adapters that rounds recorded; what an interrupted command left besides is no part of the campaign."""
    recorded = {address: record for record in reversed(rounds) for address in record.adapters.values()}
    files = {address: told for record in rounds for address, told in record.adapter_files.items()}
    found = 0
    for address, record in sorted(recorded.items()):
        place = adapter_place(folder, address)
        if not place.is_dir():
            done.notes.append(
                f"The adapter {address} of round {record.number} is gone and not in the archive."
            )
            continue
        found += 1
        changed = changed_files(place, files[address]) if address in files else []
        if changed:
            done.notes.append(
                f"The adapter {address} is not what it was when round {record.number} was recorded: {', '.join(changed)}."
            )
        for path in sorted(path for path in place.rglob("*") if path.is_file()):
            name = f"{ADAPTERS}/{address}/{path.relative_to(place).as_posix()}"
            if is_adapter_file(name):
                done.add_file(name, path)
            else:
                done.notes.append(f"{name} is no part of an adapter and not in the archive.")
    return found


def _add_forms(done: _Written, folder: Path) -> None:
    """The forms as they lie there: what is filled in and not ingested yet is somebody's work. Those of rounds that were lost with
    a damaged ledger too, and the reports of that, so that no later round takes their numbers.
    """
    for _, path in sorted(forms_in(folder).items()):
        done.add_file(path.relative_to(folder).as_posix(), path)
    for path in sorted(folder.iterdir()):
        if REPORT.fullmatch(path.name) and path.is_file():
            done.add_file(path.name, path)
