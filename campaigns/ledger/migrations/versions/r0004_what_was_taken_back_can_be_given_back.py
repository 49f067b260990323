"""Retractions that say what replaces a value and can be undone, excluded substructures, the files of adapters, what a round
knew of the ledger, how values were written, digests that chain all commands, and which polyloop upgraded the ledger.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NEW = ("adapters", "reinstatements", "exclusions", "readmissions", "upgrades")
KEPT = ("id", "kind", "at", "author", "source_name", "source_sha256", "objective", "unit_of_measure")


def upgrade() -> None:
    """Adds tables and columns. How older values were written is not known, which an empty text says. Of older rounds it is not
    known what they knew, nor what their adapters' files were: they hold NULL, and no row. The digests of older commands
    are written after this step, since they hang on the whole schema.
    """
    dialect = op.get_context().dialect.name
    if dialect not in ("sqlite", "postgresql"):
        raise NotImplementedError(f"no append-only triggers for {dialect}")
    op.add_column("commands", sa.Column("previous", sa.String(64)))
    op.add_column("commands", sa.Column("digest", sa.String(64)))
    op.add_column("rounds", sa.Column("as_of", sa.Integer))
    op.add_column("measurements", sa.Column("written", sa.Text, nullable=False, server_default=""))
    for table in ("repeat_units", "proposals", "proposal_events", "measurements"):
        op.create_index(f"ix_{table}_command_id", table, ["command_id"])
    _widen_retractions(dialect)
    op.create_table(
        "adapters",
        sa.Column("id", sa.Integer, primary_key=True),
        _command(),
        sa.Column("round", sa.Integer, sa.ForeignKey("rounds.number"), nullable=False),
        sa.Column("property", sa.Text, nullable=False),
        sa.Column("member", sa.String(20), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("files", sa.JSON, nullable=False),
        sa.UniqueConstraint("round", "property", "member"),
    )
    op.create_table(
        "reinstatements",
        sa.Column("id", sa.Integer, primary_key=True),
        _command(),
        sa.Column("retraction_id", sa.Integer, sa.ForeignKey("retractions.id"), nullable=False, unique=True),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "exclusions",
        sa.Column("id", sa.Integer, primary_key=True),
        _command(),
        sa.Column("smarts", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "readmissions",
        sa.Column("id", sa.Integer, primary_key=True),
        _command(),
        sa.Column("exclusion_id", sa.Integer, sa.ForeignKey("exclusions.id"), nullable=False, unique=True),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "upgrades",
        sa.Column("to", sa.String(32), primary_key=True),
        sa.Column("polyloop", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    for table in NEW:
        _forbid_changes(table, dialect)
    _let_commands_be_sealed_once(dialect)


def downgrade() -> None:
    """There is no way back: a step back would delete facts."""
    raise NotImplementedError("a ledger is never taken back to an older schema")


def _command() -> sa.Column[int]:
    return sa.Column("command_id", sa.Integer, sa.ForeignKey("commands.id"), nullable=False)


def _widen_retractions(dialect: str) -> None:
    """One measurement may have several retractions, and each may say what replaces it."""
    if dialect == "postgresql":
        op.drop_constraint("retractions_measurement_id_key", "retractions", type_="unique")
        op.add_column("retractions", sa.Column("replaced_by", sa.Integer, sa.ForeignKey("measurements.id")))
    else:
        # SQLite cannot drop a constraint. Dropping the table takes its triggers along, and fires none of them.
        op.rename_table("retractions", "retractions_of_before")
        op.create_table(
            "retractions",
            sa.Column("id", sa.Integer, primary_key=True),
            _command(),
            sa.Column("measurement_id", sa.Integer, sa.ForeignKey("measurements.id"), nullable=False),
            sa.Column("reason", sa.Text, nullable=False),
            sa.Column("replaced_by", sa.Integer, sa.ForeignKey("measurements.id")),
        )
        op.execute(
            "INSERT INTO retractions (id, command_id, measurement_id, reason) "
            "SELECT id, command_id, measurement_id, reason FROM retractions_of_before"
        )
        op.drop_table("retractions_of_before")
        _forbid_changes("retractions", dialect)
    op.create_index("ix_retractions_measurement_id", "retractions", ["measurement_id"])


def _forbid_changes(table: str, dialect: str) -> None:
    if dialect == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _let_commands_be_sealed_once(dialect: str) -> None:
    """The digest comes after the facts that it covers: of a command without one, it and nothing else may be written."""
    if dialect == "postgresql":
        kept = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in KEPT)
        op.execute("DROP TRIGGER commands_append_only ON commands")
        op.execute(
            "CREATE FUNCTION refuse_all_but_sealing() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF OLD.digest IS NULL AND NEW.digest IS NOT NULL AND {kept} THEN RETURN NEW; END IF; "
            "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
        op.execute(
            "CREATE TRIGGER commands_sealed_once BEFORE UPDATE ON commands "
            "FOR EACH ROW EXECUTE FUNCTION refuse_all_but_sealing()"
        )
        op.execute(
            "CREATE TRIGGER commands_append_only BEFORE DELETE OR TRUNCATE ON commands "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    kept = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in KEPT)
    op.execute("DROP TRIGGER commands_no_update")
    op.execute(
        "CREATE TRIGGER commands_no_update BEFORE UPDATE ON commands "
        f"WHEN NOT (OLD.digest IS NULL AND NEW.digest IS NOT NULL AND {kept}) "
        "BEGIN SELECT RAISE(ABORT, 'commands is append-only'); END"
    )
