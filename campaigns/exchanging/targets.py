"""Where an archive is written to: a folder, or a ZIP file. Either appears whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Protocol

from campaigns.errors import StateError
from campaigns.exchanging.manifest import FileEntry

ZIP = ".zip"

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest moment that a ZIP file can name: when a file was written has no part in what an archive is."""

_PLAIN_FILE = 0o100644 << 16
_UNIX = 3
"""Of the machine that wrote an entry; without it the permissions mean nothing."""

_CHUNK = 2**20


class Target(Protocol):
    """An archive that is being written."""

    def open(self, name: str) -> IO[bytes]:
        """A new file of it, to write to."""
        ...


def add(target: Target, name: str, chunks: Iterable[bytes]) -> FileEntry:
    """Write one file into an archive; what its manifest says of it."""
    size, digest = 0, sha256()
    with target.open(name) as file:
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return FileEntry(bytes=size, sha256=digest.hexdigest())


def content(path: Path) -> Iterator[bytes]:
    """The bytes of a file, bit by bit."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


@contextmanager
def new_archive(out: Path) -> Iterator[Target]:
    """An archive to fill: a ZIP file where ``out`` ends in ``.zip``, else a folder; it is there once it is whole.

    Raises:
        StateError: ``out`` holds something already, or cannot be written.
    """
    is_zip = out.suffix.casefold() == ZIP
    empty = out.is_dir() and not is_zip and not any(out.iterdir())
    if os.path.lexists(out) and not empty:
        raise StateError(f"{out} is there already, and nothing is overwritten.", "Choose another name.")
    try:
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=out.absolute().parent, prefix=f".{out.name}-"))
        try:
            whole = draft / "archive"
            if is_zip:
                with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packed:
                    yield _ZipTarget(packed)
            else:
                whole.mkdir()
                yield _FolderTarget(whole)
            if empty:
                out.rmdir()
            os.rename(whole, out)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        named = os.fsdecode(error.filename) if error.filename is not None else str(out)
        if f".{out.name}-" in named:  # the draft, which nobody has heard of
            named = str(out)
        raise StateError(
            f"{named} cannot be {'written' if named == str(out) else 'used'}: {error.strerror or error}.",
            "Choose another place, make room, or see who may read and write there.",
        ) from error


class _FolderTarget:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, name: str) -> IO[bytes]:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")


class _ZipTarget:
    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed

    def open(self, name: str) -> IO[bytes]:
        entry = zipfile.ZipInfo(name, _EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.create_system = _UNIX
        entry.external_attr = _PLAIN_FILE
        # the size is not known beforehand, so that there must be room for any
        return self._packed.open(entry, "w", force_zip64=True)
