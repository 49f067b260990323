"""Checked rows laid aside on the disk, to be gone through as often as needed: a table of any size takes the memory of a few."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType

from campaigns.errors import NotWrittenError
from campaigns.ledger.proposals import Status
from campaigns.ledger.result_rows import ResultRow
from discovery.polymers.repeat_unit import RepeatUnit

_READ = 1 << 20


class KeptRows:
    """A temporary file of checked rows; a context manager, which deletes it.

    Raises:
        NotWrittenError: There is no room for it; also while rows are laid aside.
    """

    def __init__(self) -> None:
        with _room():
            # Without a name, so that no crash leaves it behind.
            self._file = tempfile.TemporaryFile(prefix="polyloop-rows-")  # noqa: SIM115 - closed in __exit__
        self._count = 0

    def __enter__(self) -> KeptRows:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # what it still holds back is not wanted any more
            self._file.close()

    def __len__(self) -> int:
        return self._count

    def add(self, row: ResultRow) -> None:
        """Lay a row aside.

        Raises:
            NotWrittenError: There is no room for it.
        """
        told = (
            *(
                row.line,
                row.unit.psmiles,
                row.unit.key,
                row.status.value,
                row.value,
                row.sem,
                row.n,
                row.name,
            ),
            *(row.reference, row.note, row.proposal_id, row.objective, row.bound, row.corrects, row.written),
        )
        with _room():
            self._file.write(json.dumps(told).encode("ascii") + b"\n")
        self._count += 1

    def __iter__(self) -> Iterator[ResultRow]:
        with _room():
            self._file.flush()
        at, rest = 0, b""
        while block := os.pread(self._file.fileno(), _READ, at):
            at += len(block)
            *lines, rest = (rest + block).split(b"\n")
            for text in lines:
                yield _row(text)


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotWrittenError(
            f"Checked rows cannot be laid aside in the folder for temporary files: {error.strerror}.",
            hint="Make room there, or name another folder in TMPDIR.",
        ) from error


def _row(text: bytes) -> ResultRow:
    line, psmiles, key, status, *rest = json.loads(text)
    value, sem, n, name, reference, note, proposal_id, objective, bound, corrects, written = rest
    unit = RepeatUnit(psmiles, key)
    return ResultRow(
        *(
            line,
            unit,
            Status(status),
            value,
            sem,
            n,
            name,
            reference,
            note,
            proposal_id,
            objective,
            bound,
            corrects,
            written,
        )
    )
