"""Where an archive is read from: a folder, or a ZIP file; neither is trusted.

Names are checked before anything is read, links and other special files are refused, and no file is read beyond the size that the
manifest gives it: what is packed to look small cannot fill memory or disk.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from campaigns.errors import ArchiveError
from campaigns.exchanging.manifest import LARGEST_MANIFEST, MANIFEST_FILE, Manifest
from campaigns.exchanging.names import check_names, refusal, unsafe

MOST_FILES = 200_000
"""Files in one archive: some thousand rounds with all their adapters."""

MOST_BYTES = 256 * 2**30
"""Of one archive unpacked; the disk must have room for it besides."""

FREELY_PACKED = 64 * 2**20
"""Bytes that a ZIP file may unpack to however small it is."""

HIGHEST_RATIO = 200
"""Bytes unpacked for each byte of a ZIP file beyond that: tables are packed some ten times, and what is made to fill a disk a
thousand times."""

_CHUNK = 2**20
_ENCRYPTED = 0x1
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    struct.error,
)
"""What the standard library raises for a ZIP file that is none."""


@dataclass(frozen=True, eq=False)
class Archive:
    """An archive whose names are known to be harmless.

    Args:
        name: What messages call it.
        sizes: Of each file, as the folder or the ZIP file says it.
        packed: Bytes of the ZIP file; ``None`` of a folder.
        opened: Opens a file by its name.
    """

    name: str
    sizes: Mapping[str, int]
    packed: int | None
    opened: Callable[[str], IO[bytes]]

    def manifest(self) -> Manifest:
        """What the archive says that it holds, with the sizes held against what is there.

        Raises:
            ArchiveError: There is none, it is wrong, a file is missing or of another size, or there is too much of everything.
        """
        if MANIFEST_FILE not in self.sizes:
            raise refusal(
                f"{self.name} is no archive of a campaign: it holds no {MANIFEST_FILE}.",
                "Name what polyloop export wrote.",
            )
        if self.sizes[MANIFEST_FILE] > LARGEST_MANIFEST:
            raise unsafe(f"its {MANIFEST_FILE} is larger than any that polyloop writes")
        manifest = Manifest.loads(self._whole(MANIFEST_FILE, LARGEST_MANIFEST))
        check_names([MANIFEST_FILE, *manifest.files])
        for name, entry in manifest.files.items():
            if name not in self.sizes:
                raise _damaged(self.name, f"{name} is missing")
            if entry.bytes != self.sizes[name]:
                raise _damaged(
                    self.name, f"{name} has {self.sizes[name]:,} bytes and should have {entry.bytes:,}"
                )
        total = sum(entry.bytes for entry in manifest.files.values())
        if total > MOST_BYTES:
            raise unsafe(f"it holds {total:,} bytes, and {MOST_BYTES:,} are the most that are read")
        if self.packed is not None and total > FREELY_PACKED + HIGHEST_RATIO * self.packed:
            raise unsafe(f"its {self.packed:,} bytes would unpack to {total:,}")
        return manifest

    def beside(self, manifest: Manifest) -> tuple[str, ...]:
        """Names of what the archive holds and its manifest does not name; it is never read."""
        return tuple(sorted(self.sizes.keys() - manifest.files.keys() - {MANIFEST_FILE}))

    def checked(self, name: str, manifest: Manifest) -> Iterator[bytes]:
        """The bytes of a file, held against the manifest as they are read.

        Raises:
            ArchiveError: They are not what the manifest says; raised at the latest after the last of them.
        """
        entry, read, digest = manifest.files[name], 0, sha256()
        with self._reading(name) as file:
            while chunk := file.read(_CHUNK):
                read += len(chunk)
                if read > entry.bytes:
                    break
                digest.update(chunk)
                yield chunk
        if read != entry.bytes or digest.hexdigest() != entry.sha256:
            raise _damaged(self.name, f"{name} is not what it was when the archive was written (SHA-256)")

    def check(self, manifest: Manifest, told: Callable[[int], None]) -> None:
        """Hold every file against the manifest; nothing is kept of them.

        Args:
            manifest: Of the archive.
            told: Called with the number of files that are checked so far.

        Raises:
            ArchiveError: A file is damaged.
        """
        for count, name in enumerate(manifest.files, 1):
            for _ in self.checked(name, manifest):
                pass
            told(count)

    def _whole(self, name: str, limit: int) -> bytes:
        with self._reading(name) as file:
            text = file.read(limit + 1)
        if len(text) > limit:
            raise unsafe(f"its {name} is larger than it says")
        return text

    @contextmanager
    def _reading(self, name: str) -> Iterator[IO[bytes]]:
        try:
            with self.opened(name) as file:
                yield file
        except _DAMAGED as error:
            raise _damaged(self.name, f"{name} cannot be read ({error})") from error


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open a folder or a ZIP file that ``polyloop export`` wrote.

    Raises:
        ArchiveError: It is neither, or holds names or files that no archive of ours has.
        OSError: It cannot be read.
    """
    if path.is_dir():
        yield _folder(path)
        return
    if not path.is_file():
        raise refusal(f"There is no archive {path}.", "Name a folder or ZIP file that polyloop export wrote.")
    try:
        packed = zipfile.ZipFile(path)
    except _DAMAGED as error:
        raise refusal(
            f"{path} is no ZIP file, or not a whole one ({error}).",
            "Name what polyloop export wrote, and copy it again if it was cut short.",
        ) from error
    with packed:
        yield _zip(path, packed)


def _zip(path: Path, packed: zipfile.ZipFile) -> Archive:
    entries = packed.infolist()
    _check_number(len(entries))
    for entry in entries:
        if not entry.filename:  # of which the standard library cannot say whether it is a folder
            raise unsafe("an entry has no name")
        # Python cuts a name at a zero byte, and makes it of this machine; what was written is checked.
        if entry.orig_filename != entry.filename:
            raise unsafe(f"the name {entry.orig_filename!r} is not a plain path")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise unsafe(f"{entry.filename!r} is a link or a special file")
        if entry.flag_bits & _ENCRYPTED:
            raise unsafe(f"{entry.filename!r} is encrypted")
        if entry.compress_type not in _PACKINGS:
            raise unsafe(f"{entry.filename!r} is packed in a way that polyloop does not use")
    files = {entry.filename: entry for entry in entries if not entry.is_dir()}
    # Folders that a packing program adds are nothing, but their names must be harmless as well.
    check_names([e.filename for e in entries if not e.is_dir()])
    check_names({e.filename.rstrip("/") for e in entries if e.is_dir()} - files.keys())
    sizes = {name: entry.file_size for name, entry in files.items()}
    return Archive(str(path), sizes, path.stat().st_size, lambda name: packed.open(files[name]))


def _folder(path: Path) -> Archive:
    sizes = dict(_found(path, ""))
    check_names(sizes)
    return Archive(str(path), sizes, None, lambda name: _opened(path / name))


def _found(folder: Path, within: str) -> Iterator[tuple[str, int]]:
    folders = [(folder, within)]
    count = 0
    while folders:
        here, name = folders.pop()
        with os.scandir(here) as entries:
            for entry in sorted(entries, key=lambda each: each.name):
                count += 1
                _check_number(count)
                told = f"{name}{entry.name}"
                if entry.is_symlink() or not (entry.is_file() or entry.is_dir(follow_symlinks=False)):
                    raise unsafe(f"{told!r} is a link or a special file")
                if entry.is_dir(follow_symlinks=False):
                    folders.append((here / entry.name, f"{told}/"))
                else:
                    yield told, entry.stat(follow_symlinks=False).st_size


def _opened(path: Path) -> IO[bytes]:
    """A file that is opened only where no link has taken its place in the meantime."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return open(os.open(path, flags), "rb")


def _check_number(count: int) -> None:
    if count > MOST_FILES:
        raise unsafe(f"it holds more than {MOST_FILES:,} files")


def _damaged(name: str, fault: str) -> ArchiveError:
    return refusal(
        f"{name} is damaged: {fault}.", "Copy it again, or export the campaign again. Nothing was made."
    )
