"""``polyloop import``: the same campaign out of an archive, on another machine or in another database. All of it, or nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError, OperationalError

from campaigns.auditing.files import adapter_findings
from campaigns.auditing.findings import State
from campaigns.errors import LedgerError, StateError
from campaigns.exchanging.drafts import draft_beside
from campaigns.exchanging.export import elsewhere
from campaigns.exchanging.facts import check_facts, files_of_specs, recorded_in
from campaigns.exchanging.layout import LEDGER_FILES, fault_of_file, place_of
from campaigns.exchanging.manifest import Manifest
from campaigns.exchanging.names import unsafe
from campaigns.exchanging.rows import TABLES, file_of, read
from campaigns.exchanging.sources import Archive, open_archive
from campaigns.exchanging.spec_text import restored_spec
from campaigns.folder import LEDGER_FILE, SPEC_FILE, check_same_objectives, ledger_place
from campaigns.ledger import Ledger
from campaigns.ledger.places import Place
from campaigns.ledger.rounds import RoundRecord
from campaigns.ledger.schema import REVISION, SpecRow
from campaigns.ledger.sealing import COMMANDS, table_of
from campaigns.spec import CampaignSpec
from discovery.progress import Progress, silent

LARGEST_DOCUMENT = 512 * 2**20
"""Bytes of a file of an archive that is read as a whole: the spec, its versions, the rounds."""

_CHECKING, _MAKING = "files checked", "files imported"


@dataclass(frozen=True)
class RestoreSummary:
    """What was made.

    Args:
        folder: Of the campaign.
        campaign: Its name.
        ledger: Where its facts are; empty for the usual SQLite file.
        files: How many the archive named.
        commands: How many commands the ledger holds.
        digest: Of the last of them: the same as where the archive was written.
        notes: What is not as it was there, in sentences.
    """

    folder: Path
    campaign: str
    ledger: str
    files: int
    commands: int
    digest: str
    notes: tuple[str, ...]


def restore_campaign(
    archive: Path, folder: Path, *, ledger: str | None = None, schema: str = "", progress: Progress = silent
) -> RestoreSummary:
    """Make the campaign that ``polyloop export`` wrote, with the same ids, moments, authors and digests.

    Nothing of the archive is believed before its checksums hold, its names stay within the folder, and its facts agree with their
    chain of digests. Killed at any point, it leaves no campaign: at most a folder with a name that begins with a dot and, in a
    database that a URL names, facts that the same import takes up.

    Args:
        archive: A folder or a ZIP file.
        folder: New, or empty.
        ledger: URL of the database that the facts go into; an SQLite file in the folder by default.
        schema: Of a PostgreSQL database, so that several campaigns share one.
        progress: Told of every file.

    Raises:
        ArchiveError: The archive is damaged, unsafe, of a newer polyloop, or none.
        SpecError: Its spec, or the URL, has faults.
        StateError: ``folder`` holds something already, or cannot be written.
        LedgerError: The database cannot be used, or holds another ledger.
    """
    if os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir())):
        raise StateError(f"{folder} is there already, and nothing is overwritten.", "Choose a new folder.")
    try:
        with open_archive(archive) as source:
            manifest = source.manifest()
            total = len(manifest.files)
            source.check(manifest, lambda count: progress(count, total, _CHECKING))
            where = {name: said for name, said in (("url", ledger), ("schema", schema)) if said}
            with draft_beside(folder) as draft:
                return _restored(source, manifest, draft, folder, where, progress)
    except OSError as error:
        raise StateError(
            f"{os.fsdecode(error.filename or folder)} cannot be read or written: {error.strerror or error}.",
            "Make room, or see who may read and write there, and try again.",
        ) from error


def _restored(
    source: Archive, manifest: Manifest, draft: Path, folder: Path, where: dict[str, str], progress: Progress
) -> RestoreSummary:
    """Make the campaign in a draft beside its place, and move it there when all is well."""
    _check_room(manifest, draft)
    _check_complete(manifest)
    text = _document(source, manifest, SPEC_FILE)
    spec = CampaignSpec.loads(restored_spec(text, {}), source=f"{SPEC_FILE} of the archive")
    final = restored_spec(text, where)
    there = CampaignSpec.loads(final, source="What the options say")
    made, tables = draft / "campaign", draft / "archive"
    _unpack(source, manifest, spec, made, tables, progress)
    # always first as a file: whatever is wrong with the facts is found before another database hears of them
    kept = Ledger.create(made / LEDGER_FILE)
    _fill(kept, tables, manifest)
    check_same_objectives(spec, kept)
    check_facts(kept, spec)
    rounds = kept.rounds()
    if where:
        (made / SPEC_FILE).write_text(final, encoding="utf-8", newline="")
        _fill_other(ledger_place(folder, there), tables, manifest)
        (made / LEDGER_FILE).unlink()
    elsewhere(spec, made)  # a path that no file system takes is told while there is nothing to take back
    with contextlib.suppress(FileNotFoundError):
        folder.rmdir()  # it is known to be empty
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    os.rename(made, folder)
    beside = source.beside(manifest)
    not_taken = [f"Not in the manifest, and not taken: {', '.join(beside)}."] if beside else []
    return RestoreSummary(
        folder=folder,
        campaign=spec.name,
        ledger=where.get("url", ""),
        files=len(manifest.files),
        commands=manifest.commands,
        digest=manifest.digest,
        notes=(*not_taken, *_other_adapters(folder, rounds), *elsewhere(spec, folder)),
    )


def _other_adapters(folder: Path, rounds: Sequence[RoundRecord]) -> list[str]:
    """Adapters that are not those that the rounds recorded, in sentences: the manifest vouches for what was exported, which may
    have been damaged then.
    """
    return [found.words for found in adapter_findings(folder, rounds) if found.state is not State.WHOLE]


def _check_room(manifest: Manifest, draft: Path) -> None:
    """What is unpacked, and the ledger's database beside its tables."""
    needed = 2 * sum(entry.bytes for entry in manifest.files.values())
    if needed > (room := shutil.disk_usage(draft).free):
        raise StateError(
            f"{draft.parent} has no room: {needed:,} bytes are needed, {room:,} are free.", "Make room."
        )


def _unpack(
    source: Archive, manifest: Manifest, spec: CampaignSpec, made: Path, tables: Path, progress: Progress
) -> None:
    """Write the files of the campaign below ``made``, and the tables of its ledger below ``tables``."""
    made.mkdir()
    versions = tables / file_of(table_of(SpecRow))
    versions.parent.mkdir(parents=True)
    versions.write_bytes(_document(source, manifest, file_of(table_of(SpecRow))))
    named = _named(versions, spec)
    for count, name in enumerate(manifest.files, 1):
        place = place_of(name, named)
        path = tables / name if place is None else made / place
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for chunk in source.checked(name, manifest):
                file.write(chunk)
        progress(count, len(manifest.files), _MAKING)


def _check_complete(manifest: Manifest) -> None:
    """Whether all is there that makes a campaign. An older schema has fewer tables."""
    tables = (
        list(LEDGER_FILES)
        if manifest.schema_ == REVISION
        else [file_of(COMMANDS), file_of(table_of(SpecRow))]
    )
    missing = [name for name in (SPEC_FILE, *tables) if name not in manifest.files]
    if missing:
        raise unsafe(f"it holds no {', no '.join(missing)}")


def _document(source: Archive, manifest: Manifest, name: str) -> bytes:
    if manifest.files[name].bytes > LARGEST_DOCUMENT:
        raise unsafe(f"its {name} is larger than any that polyloop writes")
    return b"".join(source.checked(name, manifest))


def _named(versions: Path, spec: CampaignSpec) -> Collection[str]:
    """What the archive's specs call their files; those of the spec in force must lie in the campaign's folder."""
    with versions.open("rb") as file:
        earlier = files_of_specs(row["toml"] for row in read(table_of(SpecRow), file))
    own = {name for _, name in spec.named_files}
    for name in sorted(own):
        if fault := fault_of_file(name):
            raise unsafe(f"its {SPEC_FILE} names a file {name!r}, and that name {fault}")
    return own | earlier


def _fill(ledger: Ledger, tables: Path, manifest: Manifest) -> None:
    """Write all facts down at once; they have to agree with their digests, and with the manifest."""
    with contextlib.ExitStack() as opened:
        files = {
            table.name: opened.enter_context((tables / file_of(table)).open("rb"))
            for table in TABLES
            if file_of(table) in manifest.files
        }
        try:
            ledger.write_down(recorded_in(files))
        except LedgerError as error:
            cause = error.__cause__
            if isinstance(cause, OperationalError):  # of the disk or the database, not of the facts
                raise
            why = " ".join(str(cause.orig).split()) if isinstance(cause, DatabaseError) else error.message
            raise unsafe(f"its facts do not agree with one another ({why.rstrip('.')})") from error
    if _state_of(ledger) != (manifest.commands, manifest.digest):
        raise unsafe("its manifest tells of other facts than it holds")


def _fill_other(place: Place, tables: Path, manifest: Manifest) -> None:
    """Write facts that are known to be whole into another database. What an interrupted import left there is taken up."""
    if not Ledger.lies_in(place):
        _fill(Ledger.create(place), tables, manifest)
        return
    ledger = Ledger.open(place)
    found = _state_of(ledger)
    if found == (0, ""):
        _fill(ledger, tables, manifest)
    elif found != (manifest.commands, manifest.digest):
        raise LedgerError(
            f"{place.name} holds another campaign.",
            "Choose another database, or a schema of its own (--schema).",
        )


def _state_of(ledger: Ledger) -> tuple[int, str]:
    """How many commands a ledger holds, and the digest of the last."""
    with ledger.reading() as session:
        count = session.scalar(select(func.count()).select_from(COMMANDS)) or 0
        last = session.scalar(select(COMMANDS.c.digest).order_by(COMMANDS.c.id.desc()).limit(1))
        return count, last or ""
