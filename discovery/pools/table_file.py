"""What kind of table a file is: by its name, checked by its first bytes, so that nothing is guessed."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import IO, cast

from discovery.errors import PoolError

_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_WORKBOOK = b"PK\x03\x04"
_SUFFIXES = "Known are .csv, .tsv, .smi (each also with .gz), .xlsx and .parquet."


class TableKind(Enum):
    """How the rows of a file are written."""

    CSV = "CSV"
    """Text with a header; commas, semicolons or tabs."""
    SMILES = "SMILES"
    """One polymer or molecule a line: SMILES, a blank, a name."""
    PARQUET = "Parquet"
    WORKBOOK = "XLSX"
    """A workbook, of which one sheet is read."""


_KINDS = {
    ".smi": TableKind.SMILES,
    ".smiles": TableKind.SMILES,
    ".ism": TableKind.SMILES,
    ".parquet": TableKind.PARQUET,
    ".pq": TableKind.PARQUET,
    ".xlsx": TableKind.WORKBOOK,
    ".xlsm": TableKind.WORKBOOK,
}


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file that is there and is what its name says."""

    path: Path
    kind: TableKind
    gzipped: bool

    def open(self) -> IO[bytes]:
        """Its bytes, unpacked, from the beginning.

        Raises:
            OSError, EOFError: It cannot be read (also while it is read).
        """
        return cast("IO[bytes]", gzip.open(self.path)) if self.gzipped else self.path.open("rb")


def table_file(path: Path, hint: str) -> TableFile:
    """Looks at name and first bytes of a file.

    Names without a known ending count as CSV.

    Raises:
        PoolError: It is missing or cannot be read, or its content is of another kind than its name says.
    """
    start = _start(path, hint)
    gzipped = path.suffix.casefold() == ".gz"
    name = path.with_suffix("") if gzipped else path
    kind = _KINDS.get(name.suffix.casefold(), TableKind.CSV)
    if start.startswith(_GZIP) != gzipped:
        if gzipped:
            raise PoolError(
                f"{path} is not compressed, although its name ends in .gz.", "Take .gz off its name."
            )
        raise PoolError(f"{path} is compressed with gzip.", f"Let its name say so: {path.name}.gz.")
    if kind is TableKind.PARQUET and (gzipped or not start.startswith(_PARQUET)):
        raise PoolError(f"{path} is no Parquet file, although its name says so.", f"Rename it. {_SUFFIXES}")
    if kind is not TableKind.PARQUET and start.startswith(_PARQUET):
        raise PoolError(f"{path} is a Parquet file.", "Let its name end in .parquet.")
    if kind is TableKind.WORKBOOK and (gzipped or not start.startswith(_WORKBOOK)):
        raise PoolError(
            f"{path} is no workbook (XLSX), although its name says so.", f"Rename it. {_SUFFIXES}"
        )
    if kind is not TableKind.WORKBOOK and start.startswith(_WORKBOOK):
        raise PoolError(
            f"{path} is a workbook or an archive, not a CSV file.",
            "If it is a workbook, let its name end in .xlsx; or save it as CSV UTF-8.",
        )
    return TableFile(path, kind, gzipped)


def file_digest(path: Path, hint: str) -> str:
    """SHA-256 of the file's bytes, hexadecimal.

    Raises:
        PoolError: The file cannot be read.
    """
    digest = sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise unreadable(path, error, hint) from None
    return digest.hexdigest()


def unreadable(path: Path, error: Exception, hint: str) -> PoolError:
    """The error for a file that the system does not give, or that ends within its compression."""
    if isinstance(error, FileNotFoundError):
        return PoolError(f"{path} does not exist.", hint)
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error).rstrip(".")
    return PoolError(f"{path} cannot be read: {said}.", hint)


def _start(path: Path, hint: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(8)
    except OSError as error:
        raise unreadable(path, error, hint) from None
