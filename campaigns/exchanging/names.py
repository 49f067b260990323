"""Names of files in an archive: which of them every machine can hold, and which could lead out of the folder they belong in."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from campaigns.errors import ArchiveError
from campaigns.reports.wording import printable

LONGEST_PART = 200
LONGEST = 400
"""Characters of a name, and of what stands between two slashes: what file systems and Windows' paths have room for."""

_FORBIDDEN = frozenset('\\:<>"|?*')
"""A backslash separates folders on Windows, a colon names a drive or a stream; Windows has no files with the others."""

_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in "123456789¹²³")}
)
"""What Windows takes for a device, with whatever ending."""


def fault_of(name: str) -> str:
    """Why a name cannot stand for a file within a folder, on any machine; empty where it can."""
    parts = name.split("/")
    if not name:
        return "is empty"
    if len(name) > LONGEST or any(len(part) > LONGEST_PART for part in parts):
        return "is too long"
    if name.startswith("/") or ".." in parts:
        return "leads out of the folder"
    if any(part in ("", ".") for part in parts):
        return "is not written as a plain path"
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name):
        return "holds a control character"
    if forbidden := sorted(_FORBIDDEN.intersection(name)):
        return f"holds {' and '.join(forbidden)}, which not every machine allows"
    if any(part.endswith((".", " ")) for part in parts):
        return "ends in a dot or a blank, which not every machine keeps"
    if any(part.partition(".")[0].rstrip().casefold() in _DEVICES for part in parts):
        return "is that of a device on Windows"
    return ""


def check_names(names: Iterable[str]) -> None:
    """Make sure that files of these names can lie beside one another within one folder, on any machine.

    Raises:
        ArchiveError: A name leads out of the folder, two are the same or differ only by case or by how letters are composed, or
            one is a folder of another.
    """
    seen: dict[str, str] = {}
    for name in names:
        if fault := fault_of(name):
            raise unsafe(f"the name {name!r} {fault}")
        alike = folded(name)
        if alike in seen:
            same = (
                "twice"
                if seen[alike] == name
                else f"and {seen[alike]!r}, which some machines take for the same"
            )
            raise unsafe(f"it holds {name!r} {same}")
        seen[alike] = name
    for alike, name in seen.items():
        for above in PurePosixPath(alike).parents:
            if str(above) in seen:
                raise unsafe(f"{seen[str(above)]!r} is a file and, for {name!r}, a folder")


def folded(name: str) -> str:
    """What two names share that some machines take for the same."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def unsafe(fault: str) -> ArchiveError:
    """The error for an archive that polyloop did not write, and that nothing is taken from."""
    return refusal(
        f"The archive is not used: {fault}.",
        "Ask for an archive that polyloop export wrote, and for nothing added to it.",
    )


def refusal(message: str, hint: str) -> ArchiveError:
    """An error about an archive; nothing that stands in it can steer the terminal that shows the error."""
    return ArchiveError(printable(message), printable(hint))
