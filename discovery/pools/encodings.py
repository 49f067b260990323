"""In which encoding a text file is: told by its mark, or by being UTF-8 throughout; looked for in one pass over the bytes.

A file that is neither may be from an older Windows program. Whoever lets that count (``older``) gets Windows-1252, or Latin-1
where a byte has no meaning in it, and is told so. A file that mixes UTF-8 with other bytes is refused: whichever encoding one
took, some of its characters would be wrong.
"""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import IO

from discovery.errors import PoolError

_CHUNK = 1 << 20
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_NO_WINDOWS = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
"""Bytes that Windows-1252 has no character for."""
_UTF8_PAIR = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}")
"""Characters beyond ASCII as UTF-8 writes them."""


class CsvFaultError(PoolError):
    """A file that is no table: where it stops being one and what to do.

    Args:
        name: Of the file.
        line: Where the fault is, counted from 1.
        fault: What is wrong, as a sentence without capital.
        what_to_do: How to mend it, as a sentence.
        value: The bytes in question, as a text.
    """

    def __init__(self, name: str, line: int, fault: str, what_to_do: str, value: str = "") -> None:
        super().__init__(f"{name}, line {line}: {fault}", what_to_do)
        self.line = line
        self.fault = fault
        self.what_to_do = what_to_do
        self.value = value


@dataclass(frozen=True, slots=True)
class CheckedText:
    """A file all of which is text."""

    sha256: str
    """Of its bytes, hexadecimal."""
    encoding: str
    """To open it with; its mark, if there is one, is passed over."""
    guessed: str = ""
    """The name of the encoding, where nothing in the file proves it; empty where it is certain."""


def known_encoding(name: str) -> str:
    """The name by which Python knows an encoding of texts.

    Raises:
        PoolError: There is none of this name.
    """
    try:
        found = codecs.lookup(name).name
        with suppress(UnicodeError):  # what matters is whether it makes texts at all
            b"text".decode(name)
    except (LookupError, ValueError):
        raise PoolError(
            f"There is no encoding {name!r}.", "Name one such as utf-8, utf-16, cp1252 or latin-1."
        ) from None
    return "utf-8-sig" if found == "utf-8" else found


def checked_text(
    file: IO[bytes], name: str, encoding: str | None = None, *, older: bool = False
) -> CheckedText:
    """Reads an open file from where it stands to its end, to make sure that all of it is text.

    Args:
        file: Of bytes.
        name: Of the file, for messages.
        encoding: That it is in; found out if None.
        older: Whether it may be in Windows-1252 or Latin-1, for which nothing speaks but that it is not UTF-8.

    Raises:
        CsvFaultError: It is no text, or in another encoding.
    """
    digest, line = sha256(), 1
    chunk = file.read(_CHUNK)
    if chunk.startswith(b"PK\x03\x04"):
        raise not_a_table(name, 1, "is a workbook or an archive, not a CSV file")
    told = known_encoding(encoding) if encoding is not None else _marked(chunk)
    decoder = codecs.getincrementaldecoder(told or "utf-8")()
    strange: CsvFaultError | None = None
    """Where it was first seen not to be UTF-8."""
    windows, pairs = True, False
    while chunk:
        digest.update(chunk)
        if strange is None:
            held = len(decoder.getstate()[0])
            try:
                text = decoder.decode(chunk)
            except UnicodeError as error:
                strange = _strange(error, chunk, held, name, line, told)
                if told is not None or not older:
                    raise strange from None
                text = ""
            if told is not None and "\0" in text:
                line += text.count("\n", 0, text.index("\0"))
                raise not_a_table(name, line, "holds a zero character, so it is not a text file")
            line += text.count("\n")
        if told is None:
            if b"\0" in chunk:
                at = _zero_line(chunk, line, strange is None)
                raise not_a_table(name, at, "holds a zero byte, so it is not a text file")
            if not chunk.isascii():
                pairs = pairs or _UTF8_PAIR.search(chunk) is not None
                windows = windows and _NO_WINDOWS.search(chunk) is None
        chunk = file.read(_CHUNK)
    if strange is None:
        try:
            decoder.decode(b"", final=True)
        except UnicodeError as error:
            strange = _strange(error, b"", 0, name, line, told)
    if strange is None:
        return CheckedText(digest.hexdigest(), told or "utf-8-sig")
    if told is not None or not older or pairs:
        raise strange
    if windows:
        return CheckedText(digest.hexdigest(), "cp1252", "Windows-1252 (Latin-1)")
    return CheckedText(digest.hexdigest(), "latin-1", "Latin-1")


def _zero_line(chunk: bytes, line: int, counted: bool) -> int:
    """Line of the first zero byte of a chunk; ``line`` counts the lines up to its end where ``counted``."""
    before = chunk.count(b"\n", 0, chunk.index(b"\0"))
    return line - chunk.count(b"\n") + before if counted else line + before


def not_a_table(name: str, line: int, fault: str) -> CsvFaultError:
    """The error for a file that holds no text."""
    return CsvFaultError(name, line, f"the file {fault}.", "In the spreadsheet choose Save as, CSV UTF-8.")


def _marked(start: bytes) -> str | None:
    """The encoding that a mark at the beginning tells."""
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith(_UTF32):
        return "utf-32"
    return "utf-16" if start.startswith(_UTF16) else None


def _strange(
    error: UnicodeError, chunk: bytes, held: int, name: str, line: int, told: str | None
) -> CsvFaultError:
    if not isinstance(error, UnicodeDecodeError):
        return CsvFaultError(name, line, f"the file is not {told} text.", "Name another with --encoding.")
    byte = error.object[error.start : error.start + 1]
    if told is not None and told != "utf-8-sig":
        fault = f"the byte 0x{byte.hex()} is not {told} text."
        return CsvFaultError(name, line, fault, "Name another encoding with --encoding.", f"\\x{byte.hex()}")
    line += chunk.count(b"\n", 0, max(0, error.start - held))
    meaning = byte.decode("cp1252", errors="replace")
    fault = f"the byte 0x{byte.hex()} is not UTF-8 text; in a Windows (cp1252) file it would be {meaning!r}."
    way_out = "Save the file as CSV UTF-8, or name its encoding with --encoding where a command has that."
    return CsvFaultError(name, line, fault, way_out, f"\\x{byte.hex()}")
