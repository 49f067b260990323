"""Ledger: the memory of a campaign. Facts go in and are never changed; every method is one transaction.

A method that adds facts returns after they are on the disk; killed before that, it leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from campaigns.errors import LedgerError
from campaigns.ledger import appending, reading, results, taking_back
from campaigns.ledger.copying import Recorded, write_down
from campaigns.ledger.measurements import Measurement, Property
from campaigns.ledger.observations import pool_replicates
from campaigns.ledger.places import Place
from campaigns.ledger.proposals import AWAITED, Proposal, Status, StatusChange
from campaigns.ledger.result_rows import AppendSummary, LedgerView, ResultRow, Source
from campaigns.ledger.rounds import Exclusion, RoundRecord, Snapshot
from campaigns.ledger.sealing import chain, seal, stray_facts
from campaigns.ledger.storage import Storage
from campaigns.units import convert, convert_difference
from discovery.surrogate.observations import Observation

WAIT_SECONDS = 30.0
"""How long a command waits for another one that is writing to the same ledger."""


class Ledger:
    """An append-only record of specs, measurements, rounds and proposals in an SQL database.

    Made by :meth:`create` or :meth:`open`. It holds no connection between calls, so there is nothing to
    close. Besides what each method names, every one raises :class:`campaigns.errors.LedgerError` if the
    database is in use, damaged, read-only or on a full disk.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @classmethod
    def create(cls, where: Path | str | Place, *, wait: float = WAIT_SECONDS) -> Ledger:
        """Makes an empty ledger: an SQLite file, or the tables in an empty database, or schema of one, given by URL
        (``postgresql+psycopg://host/name``) or as a :class:`~campaigns.ledger.places.Place`.

        Raises:
            LedgerError: There is one already, or it cannot be made.
        """
        return cls(Storage.create(where, wait))

    @classmethod
    def lies_in(cls, where: Path | str | Place, *, wait: float = WAIT_SECONDS) -> bool:
        """Whether there is anything in a place: a file with content, or a database that holds tables.

        Raises:
            LedgerError: A database cannot be reached.
        """
        return Storage.lies_in(Place.of(where), wait)

    @classmethod
    def open(cls, where: Path | str | Place, *, wait: float = WAIT_SECONDS) -> Ledger:
        """Opens a ledger; one of an older schema is brought up to date first.

        Raises:
            LedgerError: There is none, it is no ledger, it is damaged, or a newer polyloop wrote it.
        """
        return cls(Storage.open(where, wait))

    @property
    def place(self) -> Place:
        """Where it lies."""
        return self._storage.place

    def check(self) -> None:
        """Holds every command and its facts against its digest, in a third of the time that reading them takes.

        Raises:
            LedgerError: One is not what was recorded: the ledger is damaged, and nothing that it says is to be relied upon.
        """
        way_out = "Look at it with polyloop doctor DIR; polyloop doctor DIR --recover NEW writes what is whole into a new folder."
        try:
            with self._storage.reading() as session:
                for link in chain(session.connection()):
                    if not (link.whole and link.follows):
                        fault = f"command {link.command} ({link.kind}) is not what was recorded"
                        raise LedgerError(f"{self.place.name} is damaged: {fault}.", way_out)
                for table, _ in stray_facts(session.connection()):
                    fault = f"{table} holds facts that no command recorded"
                    raise LedgerError(f"{self.place.name} is damaged: {fault}.", way_out)
        except (ValueError, TypeError) as error:  # a command's moment that is none, say
            raise LedgerError(f"{self.place.name} is damaged: {error}.", way_out) from error

    def reading(self) -> AbstractContextManager[Session]:
        """A session on one state of the ledger, for those who look at its rows themselves: audit, export."""
        return self._storage.reading()

    def write_down(self, commands: Iterable[Recorded]) -> None:
        """Takes over the facts of another ledger as they are, with their numbers, moments, authors and digests.

        Args:
            commands: As :func:`campaigns.ledger.copying.recorded` gives them, or from wherever they were kept.

        Raises:
            LedgerError: This ledger is not empty, or the digest of a command does not hold: nothing is recorded then.
        """
        with self._storage.writing() as session:
            connection = session.connection()
            write_down(connection, commands)
            seal(connection)
            broken = next((link for link in chain(connection) if not (link.whole and link.follows)), None)
            if broken is not None:
                raise LedgerError(
                    f"Command {broken.command} ({broken.kind}) does not agree with its digest: it, or what came before it, was "
                    "changed on the way.",
                    "Take another copy.",
                )

    def note_recovery(self, source: Source) -> None:
        """Records that this ledger was made of what was whole of another one.

        Args:
            source: The damaged one.
        """
        with self._storage.writing() as session:
            appending.new_command(session, "recover", source)

    def recoveries(self) -> tuple[tuple[datetime, str], ...]:
        """When this ledger was made of what was whole of another one, and of which, the first time first."""
        with self._storage.reading() as session:
            return tuple(reading.recoveries(session))

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
        corrections: bool = False,
        replicates: bool = False,
        counted: str = "line",
    ) -> AppendSummary:
        """Records what is new in a checked table: measurements, and the statuses that proposals reach.

        What is not new (a value that the ledger holds, a file that was ingested before) is counted as known. A measurement
        without proposal id answers the latest open proposal of its polymer.

        Args:
            rows: Of :func:`campaigns.tables.checked_results`; gone through twice, so that an iterator is held in memory.
            properties: Those that the table holds, in whose units the values are.
            source: The file.
            dry_run: Only say what would be added, and what would be refused as a conflict.
            corrections: Values for proposals that have others from before stand in for these, which are retracted.
            replicates: They stand beside these, and so do values without proposal that equal those of files of other names.
            counted: What the rows' lines count: ``line`` or ``row``.

        Raises:
            LedgerError: A row's proposal is unknown, or cannot take the row's status. Nothing is recorded
                then, nor after any other error.
            TableError: Rows contradict what is recorded for their proposals and nobody said what they are, or correct what is not
                there.
        """
        with self._storage.writing(keep=not dry_run) as session:
            return results.append_results(
                session,
                rows,
                properties,
                source,
                corrections=corrections,
                replicates=replicates,
                allow_conflicts=dry_run,
                counted=counted,
            )

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
            UnknownNameError: There is no such proposal.
            LedgerError: It cannot take that step.
            ValueError: ``status`` is ``measured``, which takes a value.
        """
        if status is Status.MEASURED:
            raise ValueError("a proposal becomes measured with its value, through append_results")
        with self._storage.writing() as session:
            appending.append_status(session, proposal_id, status, note)

    def correct(self, number: int, row: ResultRow, of: Property, reason: str) -> int:
        """Records what a measurement should have said, and takes it back; returns the number of the new one, which answers the
        same proposal.

        Args:
            number: Of the measurement that was wrong.
            row: What is right, of the same polymer, in the property's unit.
            of: The property.
            reason: Why.

        Raises:
            UnknownNameError: There is no such measurement.
            LedgerError: It is retracted already.
            ValueError: The row is of another polymer or property.
        """
        with self._storage.writing() as session:
            return taking_back.append_corrected(session, number, row, of, reason)

    def retract(self, numbers: Sequence[int], reason: str) -> tuple[str, ...]:
        """Takes measurements back, all or none. They stay on record, are not learned from, and their content stays known.

        Returns:
            Ids of the proposals that are left without any value: they are ``running`` again.

        Raises:
            UnknownNameError: There is no such measurement.
            LedgerError: One is retracted already.
        """
        with self._storage.writing() as session:
            return taking_back.append_retractions(session, numbers, reason)

    def reinstate(self, numbers: Sequence[int], reason: str) -> tuple[str, ...]:
        """Undoes that measurements were taken back, all or none.

        Returns:
            Ids of the proposals that are ``measured`` again.

        Raises:
            UnknownNameError: There is no such measurement.
            LedgerError: One is not retracted, or what was said in its place stands.
        """
        with self._storage.writing() as session:
            return taking_back.append_reinstatements(session, numbers, reason)

    def withdraw(self, proposal_ids: Sequence[str], reason: str) -> None:
        """Takes proposals back, all or none: they are not awaited, and not proposed again.

        Raises:
            UnknownNameError: There is no such proposal.
            LedgerError: One cannot be withdrawn.
        """
        with self._storage.writing() as session:
            taking_back.append_withdrawals(session, proposal_ids, reason)

    def renew(self, proposal_ids: Sequence[str], reason: str) -> None:
        """Undoes that proposals were withdrawn, or called failed or abandoned, all or none: they are ``proposed``.

        Raises:
            UnknownNameError: There is no such proposal.
            LedgerError: One is none of these, or its polymer is awaited as another proposal.
        """
        with self._storage.writing() as session:
            taking_back.append_renewals(session, proposal_ids, reason)

    def exclude(self, smarts: str, reason: str) -> None:
        """Excludes a substructure from what is proposed from now on; that it is a SMARTS is for the caller to know.

        Raises:
            LedgerError: It is excluded already.
        """
        with self._storage.writing() as session:
            taking_back.append_exclusion(session, smarts, reason)

    def readmit(self, smarts: str, reason: str) -> None:
        """Undoes the exclusion of a substructure.

        Raises:
            UnknownNameError: It is not excluded.
        """
        with self._storage.writing() as session:
            taking_back.append_readmission(session, smarts, reason)

    def exclusions(self) -> tuple[Exclusion, ...]:
        """Substructures that nothing proposed may hold, in the order in which they were recorded."""
        with self._storage.reading() as session:
            return tuple(reading.exclusions(session))

    def view(self) -> LedgerView:
        """What the check of a table has to know."""
        with self._storage.reading() as session:
            return reading.view(session)

    def latest_spec(self) -> tuple[str, str] | None:
        """Version and TOML text of the spec in force; None before the first."""
        with self._storage.reading() as session:
            return reading.latest_spec(session)

    def specs(self) -> tuple[tuple[str, str], ...]:
        """Version and TOML text of every spec that was in force, the first first."""
        with self._storage.reading() as session:
            return tuple(reading.specs(session))

    def measurements(
        self, objective: str | None = None, *, with_retracted: bool = False
    ) -> tuple[Measurement, ...]:
        """Measurements of one property or of all, in the order in which they were recorded."""
        with self._storage.reading() as session:
            return tuple(reading.measurements(session, objective, with_retracted=with_retracted))

    def measurement(self, number: int) -> Measurement:
        """One measurement, retracted or not.

        Raises:
            UnknownNameError: There is no such measurement.
        """
        with self._storage.reading() as session:
            appending.recorded_measurement(session, number)
            [found] = reading.measurements(session, with_retracted=True, number=number)
            return found

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

    def snapshot(self, properties: Sequence[Property], *, before_round: int | None = None) -> Snapshot:
        """Observations, proposals and exclusions of one and the same moment, for a round to start from.

        Args:
            properties: Each name once; those of which nothing is measured have no observations.
            before_round: Number of a round: what it started from, whatever was recorded since. Now, where not given.

        Raises:
            UnknownNameError: There is no such round.
            UnitError: As :meth:`observations`.
        """
        with self._storage.reading() as session:
            as_of = (
                reading.last_command(session)
                if before_round is None
                else reading.as_of_round(session, before_round)
            )
            measurements = reading.measurements(session, as_of=as_of)
            statuses = reading.statuses(session, as_of)
            proposals = reading.proposals(session, as_of=as_of)
            excluded = reading.exclusions(session, as_of)
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
            statuses=statuses,
            excluded=tuple(told.smarts for told in excluded),
            as_of=as_of,
            last_measured=max((m.command for m in measurements), default=0),
        )

    def rounds(self) -> tuple[RoundRecord, ...]:
        """Every round, the first first."""
        with self._storage.reading() as session:
            return tuple(reading.rounds(session))

    def next_round(self) -> int:
        """Number that the next round takes at least, by what the ledger holds; 1 for the first."""
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
        if m.unit_of_measure == of.unit:
            yield m
            continue
        value = convert(m.value, m.unit_of_measure, of.unit)
        sem = None if m.sem is None else convert_difference(m.sem, m.unit_of_measure, of.unit)
        yield replace(m, value=value, sem=sem, unit_of_measure=of.unit)
