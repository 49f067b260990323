"""``campaign.toml`` between folder and archive: as it was written, with its comments, and without where the ledger lies.

An archive says what a campaign is, and not where: the same campaign in an SQLite file and in PostgreSQL has the same archive, and
nobody who imports one is led to a database that somebody else names.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import tomli_w

from campaigns.exchanging.names import unsafe
from campaigns.folder import SPEC_FILE

LEDGER = "ledger"
"""The table of a spec that says where the ledger lies."""

_HEADING = re.compile(rf"\s*\[\s*{LEDGER}\s*\]\s*(?:#.*)?")
_ANY_HEADING = re.compile(r"\s*\[")


def exported_spec(folder: Path) -> bytes:
    """The text of a campaign's spec for an archive; it is known to be read without faults."""
    text = (folder / SPEC_FILE).read_bytes().decode("utf-8-sig")
    content = tomllib.loads(text)
    if LEDGER in content:
        del content[LEDGER]
        text = _without_ledger(text)
        if _content(text) != content:  # the ledger is named in some other way than by a table of its own
            text = tomli_w.dumps(content)
    return (text if text.endswith("\n") else f"{text}\n").encode()


def restored_spec(text: bytes, where: Mapping[str, str]) -> str:
    """The text of the spec that a campaign out of an archive gets.

    Args:
        text: Out of the archive.
        where: What to write of the place of the ledger; nothing where it is the usual one.

    Raises:
        ArchiveError: It is no TOML, or names a ledger itself.
    """
    try:
        told = text.decode("utf-8")
        content = tomllib.loads(told)
    except (ValueError, RecursionError) as error:
        raise unsafe(f"its {SPEC_FILE} is not TOML ({error})") from error
    if LEDGER in content:
        raise unsafe(f"its {SPEC_FILE} says where the ledger lies, which no export does")
    return told + tomli_w.dumps({LEDGER: dict(where)}) if where else told


def _without_ledger(text: str) -> str:
    kept: list[str] = []
    within = False
    for line in text.splitlines(keepends=True):
        if _ANY_HEADING.match(line):
            within = _HEADING.fullmatch(line.rstrip()) is not None
        if not within:
            kept.append(line)
    return "".join(kept)


def _content(text: str) -> Mapping[str, object] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
