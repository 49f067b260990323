"""What the Tab key offers for values that a campaign's own files tell, without opening its ledger or importing anything heavy.

Whatever cannot be read has nothing to offer: a shell that completes is no place for an error.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable
from pathlib import Path

import click


def properties(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Names of the properties that the campaign in DIR has as objectives."""
    try:
        spec = tomllib.loads((_folder(context) / "campaign.toml").read_text(encoding="utf-8"))
        named = [objective["name"] for objective in spec["objectives"]]
    except (OSError, ValueError, LookupError, TypeError):
        return []
    return _beginning(map(str, named), incomplete)


def rounds(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Numbers of the rounds of the campaign in DIR."""
    return _beginning((str(int(place.name)) for place in _rounds(context)), incomplete)


def proposals(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Ids of all proposals of the campaign in DIR, the newest round first."""
    found: list[str] = []
    for place in reversed(_rounds(context)):
        try:
            with (place / "proposals.csv").open(encoding="utf-8-sig", newline="") as file:
                found += [row.get("proposal_id") or "" for row in csv.DictReader(file)]
        except (OSError, ValueError, csv.Error):
            continue
    return _beginning(filter(None, found), incomplete)


def several(known: Iterable[str], incomplete: str) -> list[str]:
    """Of names that are given with commas between them the last one, after those that stand already."""
    before, comma, last = incomplete.rpartition(",")
    given = before.split(",")
    return [f"{before}{comma}{name}" for name in _beginning(known, last) if name not in given]


def _folder(context: click.Context) -> Path:
    """The campaign on the line; click leaves it among the words that it has not read where an option still lacks its value."""
    words = [context.params.get("folder"), *context.args]
    return next((Path(word) for word in words if word and Path(word).is_dir()), Path())


def _rounds(context: click.Context) -> list[Path]:
    try:
        return sorted(place for place in (_folder(context) / "rounds").iterdir() if place.name.isdecimal())
    except OSError:
        return []


def _beginning(known: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in known if name.casefold().startswith(incomplete.casefold())]
