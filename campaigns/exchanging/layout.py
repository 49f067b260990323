"""What lies where in an archive, and which file of a campaign's folder each is: nothing else is ever written into one."""

from __future__ import annotations

import re
from collections.abc import Collection

from campaigns.exchanging.names import fault_of, folded, unsafe
from campaigns.exchanging.rows import TABLES, file_of
from campaigns.folder import ADAPTERS, FORM_FILE, LEDGER_FILE, REPORT_FILE, SPEC_FILE
from campaigns.recoveries import REPORT

FILES = "files/"
"""Before the names of the files that a spec names: tables of the pool, and of cheaper values."""

LEDGER_FILES = {file_of(table): table for table in TABLES}

ADDRESS = re.compile(r"[0-9a-f]{16,128}")
"""What an adapter's folder is called: the hash of its content."""

TABLES_END = (".csv", ".tsv", ".tab", ".txt", ".dat", ".smi", ".parquet", ".pq", ".xlsx", ".gz")
"""Endings of tables. A spec may name its tables as it likes; but what an archive brings must not be a module that Python finds
when it is started in the folder, or a file that another program looks for there."""

# Numbers, and what they mean: neither format can hold a program.
_ADAPTER_FILE = re.compile(
    rf"{ADAPTERS}/{ADDRESS.pattern}/(?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_.-]+(?:\.safetensors|\.json)"
)
_FORM = re.compile(rf"rounds/[0-9]{{3,9}}/{re.escape(FORM_FILE)}")
_TAKEN = (
    SPEC_FILE,
    LEDGER_FILE,
    f"{LEDGER_FILE}-wal",
    f"{LEDGER_FILE}-shm",
    f"{LEDGER_FILE}-journal",
    REPORT_FILE,
)
_TAKEN_FOLDERS = (ADAPTERS, "rounds")


def place_of(name: str, named: Collection[str]) -> str | None:
    """Where in a campaign's folder a file of an archive belongs; ``None`` for a table of the ledger.

    Args:
        name: Of the file in the archive; it is known to stay within a folder.
        named: What the campaign's specs call their files.

    Raises:
        ArchiveError: An archive of ours holds no such file.
    """
    if name in LEDGER_FILES:
        return None
    if name == SPEC_FILE or is_adapter_file(name) or _FORM.fullmatch(name) or REPORT.fullmatch(name):
        return name
    if name.startswith(FILES) and (file := name.removeprefix(FILES)) in named and not fault_of_file(file):
        return file
    raise unsafe(f"it holds {name!r}, which is no part of a campaign")


def is_adapter_file(name: str) -> bool:
    """Whether a file of an archive belongs to an adapter, and holds numbers or their meaning."""
    return _ADAPTER_FILE.fullmatch(name) is not None


def fault_of_file(file: str) -> str:
    """Why a file that a spec names cannot be part of an archive, on any machine; empty where it can."""
    if fault := fault_of(file):
        return fault
    whole = folded(file)
    if whole in map(folded, _TAKEN) or whole.partition("/")[0] in map(folded, _TAKEN_FOLDERS):
        return "is one that a campaign needs itself"
    if any(part.startswith(".") for part in file.split("/")):
        return "is hidden"
    if not whole.endswith(TABLES_END):
        return f"does not end as tables do ({', '.join(TABLES_END)})"
    return ""
