"""Archives that were changed: bytes, names, files with checksums that hold, and facts with digests that hold."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from fuzz_cells import cell, mutated
from fuzz_documents import changed_json, changed_spec
from fuzz_valid import zipped
from fuzz_words import NAMES
from sqlalchemy import Connection, Table, create_engine, select

from campaigns.errors import ArchiveError
from campaigns.exchanging.rows import TABLES, file_of, read, written
from campaigns.ledger.sealing import COMMANDS, seal

Files = dict[str, bytes]


def with_manifest(files: Mapping[str, bytes], **changes: object) -> Files:
    """An honest manifest of files that may not be."""
    told = json.loads(files["manifest.json"]) | changes
    told["files"] = {
        name: {"bytes": len(text), "sha256": sha256(text).hexdigest()}
        for name, text in files.items()
        if name != "manifest.json"
    }
    return {**files, "manifest.json": json.dumps(told).encode("utf-8", "replace")}


def changed_files(rng: Random, honest: Mapping[str, bytes]) -> Files:
    """An archive of which one file or several were changed, most of them with checksums that hold."""
    files = dict(honest)
    for _ in range(rng.choice((1, 1, 1, 1, 2, 4))):
        name = rng.choice(sorted(files))
        way = rng.random()
        if way < 0.25:
            files[name] = mutated(rng, files[name])
        elif way < 0.7:
            name = rng.choice(sorted(each for each in files if each.startswith("ledger/")))
            files[name] = (
                changed_json(rng, files[name]) if name.endswith(".json") else _one_cell(rng, files[name])
            )
        elif way < 0.8 and name != "manifest.json":
            del files[name]
        elif way < 0.9 and "campaign.toml" in files:
            files["campaign.toml"] = changed_spec(rng, [files["campaign.toml"]])
        elif "manifest.json" in files:
            files["manifest.json"] = changed_json(rng, files["manifest.json"])
    if rng.random() < 0.6:
        return _resealed(rng, files)
    try:
        return with_manifest(files) if rng.random() < 0.7 else files
    except (
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        RecursionError,
    ):  # its manifest is what was changed
        return files


def _resealed(rng: Random, files: Files) -> Files:
    """The same with digests that hold, as somebody can make them who means harm; as they were where that cannot be."""
    try:
        return with_manifest(resealed(files, rng))
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return files


def _one_cell(rng: Random, text: bytes) -> bytes:
    try:
        table = list(csv.reader(io.StringIO(text.decode(), newline="")))
    except (ValueError, csv.Error):
        return text
    if len(table) < 2:
        return mutated(rng, text)
    row = rng.choice(table[1:] if rng.random() < 0.95 else table)
    if row:
        row[rng.randrange(len(row))] = rng.choice(
            ("", "0", "-1", "9" * 18, "1e300", "{}", "[1]", "'", "\u2028", cell(rng))
        )
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(table)
    return out.getvalue().encode("utf-8", "replace")


def changed_zip(rng: Random, honest: Mapping[str, bytes]) -> bytes:
    way = rng.random()
    if way < 0.35:
        return mutated(rng, zipped(honest))
    if way < 0.55:
        return _named(rng, honest)
    if way < 0.58:
        files = with_manifest({**honest, "files/pool.csv": bytes(rng.choice((10**6, 10**8)))})
        return zipped(files)
    return zipped(changed_files(rng, honest))


def _named(rng: Random, honest: Mapping[str, bytes]) -> bytes:
    """A ZIP file with a name, or a kind of entry, that leads somewhere else."""
    name = rng.choice(NAMES)
    files = {**honest, name: b"harm"}
    if rng.random() < 0.5:
        files = with_manifest(files)
    if rng.random() < 0.6:
        return zipped(files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for each, content in files.items():
            entry = zipfile.ZipInfo(each)
            if each == name:
                entry.external_attr = rng.choice((0o120777, 0o010777, 0o060777, 0o040777)) << 16
                content = rng.choice((b"/etc/passwd", b"../../outside.txt", b""))
            archive.writestr(
                entry, content, rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
            )
    return out.getvalue()


def unpacked(place: Path, files: Mapping[str, bytes]) -> None:
    """The files in a folder; those whose names no folder takes are left out."""
    place.mkdir()
    for name, content in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def resealed(files: Mapping[str, bytes], rng: Random) -> dict[str, bytes]:
    """The files with digests that agree with their facts.

    Args:
        files: Of an archive; those of its ledger have to be readable, row by row.
        rng: Decides whether the manifest is amended as well.

    Raises:
        ValueError: They are not.
    """
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        # without the rules of a ledger, so that every fact that a column can hold gets its digest
        for table in TABLES:
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            connection.exec_driver_sql(f'CREATE TABLE "{table.name}" ({columns})')
        try:
            for table in TABLES:
                for row in read(table, io.BytesIO(files[file_of(table)])):
                    connection.execute(table.insert(), [row])
        except (ArchiveError, OverflowError) as error:
            raise ValueError(str(error)) from error
        connection.execute(COMMANDS.update().values(previous=None, digest=None))
        seal(connection)
        changed = dict(files)
        for table in TABLES:
            changed[file_of(table)] = b"".join(written(table, _rows(connection, table)))
        digests = connection.scalars(select(COMMANDS.c.digest).order_by(COMMANDS.c.id)).all()
    engine.dispose()
    manifest = json.loads(changed["manifest.json"])
    if rng.random() < 0.95:
        manifest |= {"commands": len(digests), "digest": digests[-1] if digests else ""}
    changed["manifest.json"] = json.dumps(manifest).encode()
    return changed


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    order = [] if table is COMMANDS else [table.c.command_id]
    asked = select(table).order_by(*order, *table.primary_key.columns)
    for row in connection.execute(asked).mappings():
        yield dict(row)
