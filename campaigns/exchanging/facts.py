"""Facts out of an archive, held against what a ledger of ours can hold: nothing that a later command would stumble over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Any

from campaigns.errors import SpecError
from campaigns.exchanging.layout import ADDRESS
from campaigns.exchanging.names import fault_of, unsafe
from campaigns.exchanging.rows import TABLES, Row, read
from campaigns.ledger import Ledger
from campaigns.ledger.copying import Recorded
from campaigns.ledger.proposals import Status
from campaigns.ledger.sealing import COMMANDS
from campaigns.limits import is_bearable
from campaigns.spec import CampaignSpec
from discovery.errors import PolymerError
from discovery.polymers import RepeatUnit
from discovery.polymers.repeat_unit import key_of

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PROPOSAL = re.compile(r"R[0-9]{3,9}-[0-9]{2,9}")


def recorded_in(files: Mapping[str, IO[bytes]]) -> Iterator[Recorded]:
    """Every command with its facts, out of the files of an archive; as a stream.

    Args:
        files: One for each table, by the table's name.

    Raises:
        ArchiveError: A file is not what polyloop writes, or a fact belongs to no command.
    """
    facts = {
        table.name: _Rows(table.name, read(table, files[table.name]))
        for table in TABLES
        if table.name in files
    }
    commands = facts.pop(COMMANDS.name)
    before = 0
    while (command := commands.take()) is not None:
        number = command["id"]
        if number <= before or command.get("digest") is None:
            raise unsafe(f"command {number} has no digest, or is not in its place")
        before = number
        yield Recorded(command, ((name, row) for name, rows in facts.items() for row in rows.of(number)))
    for name, rows in facts.items():
        if (left := rows.take()) is not None:
            raise unsafe(
                f"a row of {name} belongs to no command, or is not in its place (command {left['command_id']})"
            )


class _Rows:
    """Rows of one table, to be taken one after another."""

    def __init__(self, name: str, rows: Iterator[Row]) -> None:
        self._name = name
        self._rows = rows
        self._next = next(rows, None)

    def take(self) -> Row | None:
        """The next row; ``None`` after the last."""
        taken = self._next
        if taken is not None:
            self._next = next(self._rows, None)
        return taken

    def of(self, command: int) -> Iterator[Row]:
        """The rows of a command, if they come next."""
        while self._next is not None and self._next["command_id"] == command:
            row = self._next
            check_row(self._name, row)
            self._next = next(self._rows, None)
            yield row


def check_row(table: str, row: Mapping[str, Any]) -> None:
    """What the database itself does not ask of a fact.

    Raises:
        ArchiveError: The fact cannot be one of ours.
    """
    found = _FAULTS.get(table)
    if found is not None and (fault := found(row)):
        raise unsafe(f"a row of {table} {fault}")


def _unit_fault(row: Mapping[str, Any]) -> str:
    try:
        RepeatUnit.parse(row["psmiles"])
    except PolymerError as error:
        return f"is no polymer: {error.message}"
    # the text as it is: another version of RDKit may write the same polymer in another way
    return (
        ""
        if row["key"] == key_of(row["psmiles"])
        else f"has the key {row['key']!r:.60}, not that of its polymer"
    )


def _round_fault(row: Mapping[str, Any]) -> str:
    if not 1 <= row["number"] < 10**9:
        return f"has the number {row['number']}"
    addresses = [row["adapter_hash"]] if row["adapter_hash"] else []
    adapters = row["adapters"]
    if adapters is not None:
        if not _of_texts(adapters):
            return "names adapters in another way than polyloop does"
        addresses += adapters.values()
    return next((f"names an adapter {a!r:.60}" for a in addresses if not ADDRESS.fullmatch(a)), "")


def _adapter_fault(row: Mapping[str, Any]) -> str:
    if not ADDRESS.fullmatch(row["hash"]):
        return f"names an adapter {row['hash']!r:.60}"
    if not _of_texts(row["files"]):
        return "names files in another way than polyloop does"
    for name, sha256 in row["files"].items():
        if fault := fault_of(name):
            return f"names a file {name!r:.60}, which {fault}"
        if not _SHA256.fullmatch(sha256):
            return f"gives {name!r:.60} no SHA-256"
    return ""


def _proposal_fault(row: Mapping[str, Any]) -> str:
    return "" if _PROPOSAL.fullmatch(row["id"]) else f"has the id {row['id']!r:.60}"


def _event_fault(row: Mapping[str, Any]) -> str:
    return "" if row["status"] in set(Status) else f"has the status {row['status']!r:.60}"


def _measurement_fault(row: Mapping[str, Any]) -> str:
    if row.get("bound", "") not in ("", "above", "below"):
        return f"has the bound {row['bound']!r:.60}"
    numbers = [row[name] for name in ("value", "sem") if row.get(name) is not None]
    return next((f"has the number {number!r}" for number in numbers if not is_bearable(number)), "")


_FAULTS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "repeat_units": _unit_fault,
    "rounds": _round_fault,
    "adapters": _adapter_fault,
    "proposals": _proposal_fault,
    "proposal_events": _event_fault,
    "measurements": _measurement_fault,
}


def _of_texts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for pair in value.items() for each in pair)


def check_facts(ledger: Ledger, spec: CampaignSpec) -> None:
    """Read a ledger as every command does.

    Raises:
        ArchiveError: Its documents are not what polyloop writes.
        CampaignError: It holds what this campaign cannot, such as values in units of another kind.
    """
    try:
        ledger.view()
        ledger.rounds()
        ledger.measurements(with_retracted=True)
        ledger.snapshot(spec.properties)
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        # frozen records are made of JSON here, and each refuses in its own way what it cannot be made of
        raise unsafe(
            f"its ledger holds what polyloop does not record ({type(error).__name__}: {error})"
        ) from error


def files_of_specs(texts: Iterable[str]) -> set[str]:
    """What versions of a spec call their files; one that this polyloop can no longer read names none."""
    named: set[str] = set()
    for text in texts:
        try:
            named.update(file for _, file in CampaignSpec.loads(text).named_files)
        except SpecError:
            continue
    return named
