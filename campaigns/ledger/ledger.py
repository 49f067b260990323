"""Ledger: the memory of a campaign. Facts go in and are never changed; every method is one transaction.

A method that adds facts returns after they are on the disk; killed before that, it leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from campaigns.ledger import appending, reading, results
from campaigns.ledger.observations import pool_replicates
from campaigns.ledger.records import (
    AWAITED,
    AppendSummary,
    LedgerView,
    Measurement,
    Property,
    Proposal,
    ResultRow,
    RoundRecord,
    Snapshot,
    Source,
    Status,
    StatusChange,
)
from campaigns.ledger.storage import Storage
from campaigns.units import convert, convert_difference
from discovery.surrogate.observations import Observation

WAIT_SECONDS = 30.0
"""How long a command waits for another one that is writing to the same SQLite file."""


class Ledger:
    """An append-only record of specs, measurements, rounds and proposals in an SQL database.

    Made by :meth:`create` or :meth:`open`. It holds no connection between calls, so there is nothing to
    close. Besides what each method names, every one raises :class:`campaigns.errors.LedgerError` if the
    database is in use, damaged, read-only or on a full disk.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @classmethod
    def create(cls, where: Path | str, *, wait: float = WAIT_SECONDS) -> Ledger:
        """Makes an empty ledger: an SQLite file, or the tables in an empty database given by URL
        (``postgresql://host/name``).

        Raises:
            LedgerError: There is one already, or it cannot be made.
        """
        return cls(Storage.create(where, wait))

    @classmethod
    def open(cls, where: Path | str, *, wait: float = WAIT_SECONDS) -> Ledger:
        """Opens a ledger; one of an older schema is brought up to date first.

        Raises:
            LedgerError: There is none, it is no ledger, it is damaged, or a newer polyloop wrote it.
        """
        return cls(Storage.open(where, wait))

    def append_spec(self, version: str, toml: str) -> bool:
        """Records a version of the campaign's spec; False if it is the one in force already."""
        with self._storage.writing() as session:
            return appending.append_spec(session, version, toml)

    def append_results(
        self,
        rows: Iterable[ResultRow],
        *,
        properties: Sequence[Property],
        source: Source,
        dry_run: bool = False,
    ) -> AppendSummary:
        """Records what is new in a checked table: measurements, and the statuses that proposals reach.

        What is not new (a value that the ledger holds, a file that was ingested before) is counted as known. A measurement
        without proposal id answers the latest open proposal of its polymer.

        Args:
            rows: Of :func:`campaigns.tables.read_results`; may be a stream.
            properties: Those that the table holds, in whose units the values are.
            source: The file.
            dry_run: Only say what would be added.

        Raises:
            LedgerError: A row's proposal is unknown, or cannot take the row's status. Nothing is recorded
                then.
        """
        with self._storage.writing(keep=not dry_run) as session:
            return results.append_results(session, rows, properties, source)

    def append_round(self, record: RoundRecord, proposals: Sequence[Proposal]) -> None:
        """Records a round together with its proposals, all of which become ``proposed``.

        Raises:
            LedgerError: Another command took the round's number, or proposed one of the polymers, in the
                meantime.
            ValueError: The proposals are not ranked from 1, or belong to another round.
        """
        with self._storage.writing() as session:
            appending.append_round(session, record, proposals)

    def append_status(self, proposal_id: str, status: Status, note: str = "") -> None:
        """Records one step of a proposal without a value, such as ``withdrawn``.

        Raises:
            LedgerError: There is no such proposal, or it cannot take that step.
            ValueError: ``status`` is ``measured``, which takes a value.
        """
        if status is Status.MEASURED:
            raise ValueError("a proposal becomes measured with its value, through append_results")
        with self._storage.writing() as session:
            appending.append_status(session, proposal_id, status, note)

    def retract(self, measurement_id: int, reason: str) -> None:
        """Takes a measurement back. It stays on record, is not learned from, and its content stays known.

        Raises:
            LedgerError: There is no such measurement, or it is retracted already.
        """
        with self._storage.writing() as session:
            appending.append_retraction(session, measurement_id, reason)

    def view(self) -> LedgerView:
        """What the check of a table has to know."""
        with self._storage.reading() as session:
            return reading.view(session)

    def latest_spec(self) -> tuple[str, str] | None:
        """Version and TOML text of the spec in force; None before the first."""
        with self._storage.reading() as session:
            return reading.latest_spec(session)

    def measurements(
        self, objective: str | None = None, *, with_retracted: bool = False
    ) -> tuple[Measurement, ...]:
        """Measurements of one property or of all, in the order in which they were recorded."""
        with self._storage.reading() as session:
            return tuple(reading.measurements(session, objective, with_retracted=with_retracted))

    def measurements_in_unit(self, of: Property) -> tuple[Measurement, ...]:
        """Measurements of one property that stand, in its unit and in the order in which they were recorded.

        Raises:
            UnitError: A value was recorded in a unit that does not convert to the property's.
        """
        return tuple(_in_unit_of(self.measurements(of.name), of))

    def observations(self, of: Property) -> tuple[Observation, ...]:
        """One observation per measured polymer in the property's unit, replicates and limits pooled, ordered by the polymer's
        key (see :func:`campaigns.ledger.pool_replicates`).

        Raises:
            UnitError: A value was recorded in a unit that does not convert to the property's.
        """
        return _observations(self.measurements(of.name), of)

    def snapshot(self, properties: Sequence[Property]) -> Snapshot:
        """Observations and proposals of one and the same moment, for a round to start from.

        Args:
            properties: Each name once; those of which nothing is measured have no observations.

        Raises:
            UnitError: As :meth:`observations`.
        """
        with self._storage.reading() as session:
            measurements = reading.measurements(session)
            statuses = reading.statuses(session)
            proposals = reading.proposals(session)
        made = {m.unit for m in measurements}

        def having(*wanted: Status) -> tuple[Proposal, ...]:
            return tuple(p for p in proposals if statuses[p.id] in wanted)

        return Snapshot(
            {
                p.name: _observations((m for m in measurements if m.objective == p.name), p)
                for p in properties
            },
            pending=having(*AWAITED),
            withdrawn=having(Status.WITHDRAWN),
            abandoned=tuple(p for p in having(Status.ABANDONED) if p.unit not in made),
        )

    def rounds(self) -> tuple[RoundRecord, ...]:
        """Every round, the first first."""
        with self._storage.reading() as session:
            return tuple(reading.rounds(session))

    def next_round(self) -> int:
        """Number that the next round takes; 1 for the first."""
        with self._storage.reading() as session:
            return reading.last_round(session) + 1

    def proposals(self, round_number: int | None = None) -> tuple[Proposal, ...]:
        """Proposals of one round or of all, in order of round and rank."""
        with self._storage.reading() as session:
            return tuple(reading.proposals(session, round_number))

    def statuses(self) -> dict[str, Status]:
        """Current status of every proposal, by id."""
        with self._storage.reading() as session:
            return reading.statuses(session)

    def pending(self) -> tuple[Proposal, ...]:
        """Proposals whose result may still come in (``proposed`` or ``running``)."""
        with self._storage.reading() as session:
            statuses = reading.statuses(session)
            return tuple(p for p in reading.proposals(session) if statuses[p.id] in AWAITED)

    def history(self, proposal_id: str) -> tuple[StatusChange, ...]:
        """Every step of a proposal, the first first.

        Raises:
            LedgerError: There is no such proposal.
        """
        with self._storage.reading() as session:
            return tuple(reading.history(session, proposal_id))


def _observations(measurements: Iterable[Measurement], of: Property) -> tuple[Observation, ...]:
    return tuple(pool_replicates(_in_unit_of(measurements, of), of.scale))


def _in_unit_of(measurements: Iterable[Measurement], of: Property) -> Iterator[Measurement]:
    for m in measurements:
        value = convert(m.value, m.unit_of_measure, of.unit)
        sem = None if m.sem is None else convert_difference(m.sem, m.unit_of_measure, of.unit)
        yield replace(m, value=value, sem=sem, unit_of_measure=of.unit)
