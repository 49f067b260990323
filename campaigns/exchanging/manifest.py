"""The manifest of an archive: what format it is, and the size and SHA-256 of every file in it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from campaigns.exchanging.names import refusal, unsafe
from campaigns.ledger.schema import REVISION

MANIFEST_FILE = "manifest.json"

FORMAT = "polyloop campaign"
VERSION = 1
"""Of the format: raised when an older polyloop could no longer read what a newer one writes."""

LARGEST_MANIFEST = 32 * 2**20
"""Bytes: room for some 200,000 files."""

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class FileEntry(BaseModel):
    """One file of an archive."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    bytes: int = Field(ge=0)
    sha256: Sha256


class Manifest(BaseModel):
    """What an archive holds. It says nothing of when or where it was written: the same campaign has the same manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal["polyloop campaign"] = "polyloop campaign"
    version: Literal[1] = 1
    polyloop: str
    """Version that wrote it."""
    schema_: str = Field(alias="schema", pattern="^[0-9]{4}$")
    """Of the ledger that it was written from."""
    campaign: str
    """Its name."""
    commands: int = Field(ge=0)
    """How many the ledger holds."""
    digest: str = Field(pattern="^([0-9a-f]{64})?$")
    """Of the last command, which hangs on all facts; empty of an empty ledger."""
    files: Mapping[str, FileEntry]
    """By name, all but the manifest itself."""

    def dumps(self) -> bytes:
        """As the archive holds it; the same content gives the same bytes."""
        content = self.model_dump(mode="json", by_alias=True)
        content["files"] = dict(sorted(content["files"].items()))
        return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()

    @classmethod
    def loads(cls, text: bytes) -> Manifest:
        """Read what :meth:`dumps` wrote.

        Raises:
            ArchiveError: It is no manifest, or one of a newer polyloop.
        """
        content = strict_json(text, MANIFEST_FILE)
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise refusal(
                f"This is no archive of a campaign: its {MANIFEST_FILE} does not say so.",
                "Name what polyloop export wrote.",
            )
        version, schema, wrote = (content.get(key) for key in ("version", "schema", "polyloop"))
        if type(version) is int and version > VERSION:
            raise refusal(
                f"The archive has format {version}, and this polyloop reads formats up to {VERSION}.",
                f"Upgrade polyloop to {wrote} or later.",
            )
        if isinstance(schema, str) and schema.isdecimal() and len(schema) == 4 and schema > REVISION:
            raise refusal(
                f"The archive holds a ledger of schema {schema}, and this polyloop knows {REVISION} at most.",
                f"Upgrade polyloop to {wrote} or later.",
            )
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise unsafe(f"in its {MANIFEST_FILE}, {place} is wrong ({first['msg']})") from error


def strict_json(text: bytes, name: str) -> Any:
    """JSON text without what only some readers take: no name twice in one object, no number that is not finite.

    Raises:
        ArchiveError: It is anything else.
    """
    try:
        content = json.loads(
            text.decode("utf-8"), object_pairs_hook=_distinct, parse_constant=_refused, parse_float=_finite
        )
        if b"\\u" in text:  # an escape can write half a character, which no file or database takes
            json.dumps(content, ensure_ascii=False).encode()
        return content
    except (ValueError, RecursionError) as error:
        raise unsafe(f"its {name} is not JSON as polyloop writes it ({error})") from error


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _finite(number: str) -> float:
    value = float(number)
    return value if math.isfinite(value) else _refused(number)  # 1e999 is infinite


def _refused(constant: str) -> float:
    raise ValueError(f"{constant:.60} is no number")
