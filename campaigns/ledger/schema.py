"""The ledger's tables. Every row is a fact: it is inserted once and never changed or deleted (triggers see to
it).

Every fact belongs to a command (who, when, from which file). What is true now is derived: the status of a
proposal is its latest event, a retracted measurement is one that a retraction points at which was not undone.
Commands are numbered in the order in which they were recorded, and that order counts: clocks may go backwards.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Integer,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

REVISION = "0004"
"""The schema that this version of polyloop writes: the latest of ``ledger/migrations/versions``."""


_JSON = JSON(none_as_null=True)
"""JSON, or nothing at all."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: stored without zone, which SQLite cannot hold, and given back with it."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Into the database."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Out of the database."""
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Of all tables of the ledger."""


class CommandRow(Base):
    """One command that added facts.

    ``digest`` is the hash of the command with all its facts and of ``previous``, the digest of the command before it: so every
    fact hangs on all that were recorded before (see :mod:`campaigns.ledger.sealing`). Both are NULL only within the
    transaction that records the command; the trigger lets them be written once.
    """

    __tablename__ = "commands"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    author: Mapped[str] = mapped_column(Text)
    source_name: Mapped[str | None] = mapped_column(Text)
    source_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    objective: Mapped[str | None] = mapped_column(Text)
    unit_of_measure: Mapped[str | None] = mapped_column(Text)
    previous: Mapped[str | None] = mapped_column(String(64))
    digest: Mapped[str | None] = mapped_column(String(64))


class SpecRow(Base):
    """One version of the campaign's spec."""

    __tablename__ = "spec_versions"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    command_id: Mapped[int] = mapped_column(ForeignKey("commands.id"))
    version: Mapped[str] = mapped_column(String(32))
    toml: Mapped[str] = mapped_column(Text)


class UnitRow(Base):
    """One polymer."""

    __tablename__ = "repeat_units"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    psmiles: Mapped[str] = mapped_column(Text)
    command_id: Mapped[int] = mapped_column(ForeignKey("commands.id"), index=True)


class RoundRow(Base):
    """One round."""

    __tablename__ = "rounds"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    command_id: Mapped[int] = mapped_column(ForeignKey("commands.id"))
    # As text: a seed may be larger than the integers of a database.
    seed: Mapped[str] = mapped_column(String(40))
    spec_version: Mapped[str] = mapped_column(String(32))
    observations_hash: Mapped[str] = mapped_column(String(64))
    encoder_revisions: Mapped[dict[str, Any]] = mapped_column(JSON)
    adapter_hash: Mapped[str] = mapped_column(String(64))
    gate: Mapped[dict[str, Any]] = mapped_column(JSON)
    versions: Mapped[dict[str, Any]] = mapped_column(JSON)
    pool: Mapped[dict[str, Any]] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(Text)
    # NULL in rounds of before a campaign could have several properties: there ``gate`` is that of the only one, and
    # ``adapter_hash``, which is empty since, is its adapter's.
    adapters: Mapped[dict[str, str] | None] = mapped_column(_JSON)
    front: Mapped[dict[str, Any] | None] = mapped_column(_JSON)
    advice: Mapped[str | None] = mapped_column(Text)
    # The last command whose facts the round knew; NULL in rounds of before it was recorded.
    as_of: Mapped[int | None] = mapped_column(Integer)


class AdapterRow(Base):
    """One adapter that a round left behind: its folder is called like its hash, and these are the SHA-256 of its files."""

    __tablename__ = "adapters"
    __table_args__ = (UniqueConstraint("round", "property", "member"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    command_id: Mapped[int] = mapped_column(ForeignKey("commands.id"))
    round: Mapped[int] = mapped_column(ForeignKey("rounds.number"))
    property: Mapped[str] = mapped_column(Text)
    member: Mapped[str] = mapped_column(String(20))
    hash: Mapped[str] = mapped_column(String(64))
    files: Mapped[dict[str, str]] = mapped_column(JSON)


class ProposalRow(Base):
    """One polymer that a round suggested."""

    __tablename__ = "proposals"
    __table_args__ = (UniqueConstraint("round", "rank"), UniqueConstraint("round", "unit_key"))

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    command_id: Mapped[int] = mapped_column(ForeignKey("commands.id"), index=True)
    round: Mapped[int] = mapped_column(ForeignKey("rounds.number"))
    rank: Mapped[int] = mapped_column(Integer)
    unit_key: Mapped[str] = mapped_column(ForeignKey("repeat_units.key"), index=True)
    monomers: Mapped[list[str]] = mapped_column(JSON)
    reaction: Mapped[str] = mapped_column(Text)
    # Of the only property, in proposals of before a campaign could have several; NULL since.
    mean: Mapped[float | None] = mapped_column(Float(53))
    lower: Mapped[float | None] = mapped_column(Float(53))
    upper: Mapped[float | None] = mapped_column(Float(53))
    acquisition: Mapped[float | None] = mapped_column(Float(53))
    reason: Mapped[str] = mapped_column(Text)
    # NULL in proposals of before these were recorded.
    name: Mapped[str | None] = mapped_column(Text)
    sa_score: Mapped[float | None] = mapped_column(Float(53))
    cost: Mapped[float | None] = mapped_column(Float(53))
    predictions: Mapped[dict[str, dict[str, float]] | None] = mapped_column(_JSON)
    feasibility: Mapped[float | None] = mapped_column(Float(53))
    fulfils: Mapped[dict[str, float] | None] = mapped_column(_JSON)


class EventRow(Base):
    """One change of a proposal's status."""

    __tablename__ = "proposal_events"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    command_id: Mapped[int] = mapped_column(ForeignKey("commands.id"), index=True)
    proposal_id: Mapped[str] = mapped_column(ForeignKey("proposals.id"), index=True)
    status: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text)
    line: Mapped[int | None] = mapped_column(Integer)


class MeasurementRow(Base):
    """One measured value, or a limit of one.

    ``content`` is the hash of what makes two measurements the same fact, ``copy`` counts equal ones within
    one file.
    """

    __tablename__ = "measurements"
    __table_args__ = (
        UniqueConstraint("content", "copy"),
        CheckConstraint("n >= 1", name="n_is_positive"),
        CheckConstraint("sem IS NULL OR sem > 0", name="sem_is_positive"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    command_id: Mapped[int] = mapped_column(ForeignKey("commands.id"), index=True)
    unit_key: Mapped[str] = mapped_column(ForeignKey("repeat_units.key"), index=True)
    objective: Mapped[str] = mapped_column(Text)
    value: Mapped[float] = mapped_column(Float(53))
    unit_of_measure: Mapped[str] = mapped_column(Text)
    sem: Mapped[float | None] = mapped_column(Float(53))
    n: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    line: Mapped[int] = mapped_column(Integer)
    proposal_id: Mapped[str | None] = mapped_column(ForeignKey("proposals.id"))
    content: Mapped[str] = mapped_column(String(32))
    copy: Mapped[int] = mapped_column(Integer)
    # Empty, "above" or "below".
    bound: Mapped[str] = mapped_column(String(5), server_default="")
    # The value as it was given, with its unit, where that is not the property's; empty too where it is not known any more.
    written: Mapped[str] = mapped_column(Text, server_default="")


class RetractionRow(Base):
    """One measurement taken back. A measurement may be taken back again after that was undone."""

    __tablename__ = "retractions"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    command_id: Mapped[int] = mapped_column(ForeignKey("commands.id"))
    measurement_id: Mapped[int] = mapped_column(ForeignKey("measurements.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    # The measurement that says what this one should have said; NULL where there is none.
    replaced_by: Mapped[int | None] = mapped_column(ForeignKey("measurements.id"))


class ReinstatementRow(Base):
    """One retraction undone: the measurement stands again."""

    __tablename__ = "reinstatements"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    command_id: Mapped[int] = mapped_column(ForeignKey("commands.id"))
    retraction_id: Mapped[int] = mapped_column(ForeignKey("retractions.id"), unique=True)
    reason: Mapped[str] = mapped_column(Text)


class ExclusionRow(Base):
    """One substructure that nothing proposed may hold."""

    __tablename__ = "exclusions"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    command_id: Mapped[int] = mapped_column(ForeignKey("commands.id"))
    smarts: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)


class ReadmissionRow(Base):
    """One exclusion undone."""

    __tablename__ = "readmissions"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    command_id: Mapped[int] = mapped_column(ForeignKey("commands.id"))
    exclusion_id: Mapped[int] = mapped_column(ForeignKey("exclusions.id"), unique=True)
    reason: Mapped[str] = mapped_column(Text)


class UpgradeRow(Base):
    """By which polyloop the ledger came to a schema: what an older one says is needed. No fact, and no part of the digests."""

    __tablename__ = "upgrades"

    to: Mapped[str] = mapped_column(String(32), primary_key=True)
    polyloop: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


FACTS: tuple[type[Base], ...] = (
    SpecRow,
    UnitRow,
    RoundRow,
    AdapterRow,
    ProposalRow,
    EventRow,
    MeasurementRow,
    RetractionRow,
    ReinstatementRow,
    ExclusionRow,
    ReadmissionRow,
)
"""Every table of facts; each names only rows of tables before it, or of its own command's."""
