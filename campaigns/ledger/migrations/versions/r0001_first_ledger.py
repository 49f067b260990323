"""The first ledger: commands, specs, polymers, measurements, retractions, rounds, proposals and their events,
all append-only.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FACTS = (
    "commands",
    "spec_versions",
    "repeat_units",
    "rounds",
    "proposals",
    "proposal_events",
    "measurements",
    "retractions",
)


def upgrade() -> None:
    """Makes the tables and the triggers that forbid changing or deleting a fact."""
    op.create_table(
        "commands",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("source_name", sa.Text),
        sa.Column("source_sha256", sa.String(64)),
        sa.Column("objective", sa.Text),
        sa.Column("unit_of_measure", sa.Text),
    )
    op.create_index("ix_commands_source_sha256", "commands", ["source_sha256"])
    op.create_table(
        "spec_versions",
        sa.Column("id", sa.Integer, primary_key=True),
        _command(),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("toml", sa.Text, nullable=False),
    )
    op.create_table(
        "repeat_units",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("psmiles", sa.Text, nullable=False),
        _command(),
    )
    op.create_table(
        "rounds",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        _command(),
        sa.Column("seed", sa.String(40), nullable=False),
        sa.Column("spec_version", sa.String(32), nullable=False),
        sa.Column("observations_hash", sa.String(64), nullable=False),
        sa.Column("encoder_revisions", sa.JSON, nullable=False),
        sa.Column("adapter_hash", sa.String(64), nullable=False),
        sa.Column("gate", sa.JSON, nullable=False),
        sa.Column("versions", sa.JSON, nullable=False),
        sa.Column("pool", sa.JSON, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_table(
        "proposals",
        sa.Column("id", sa.String(20), primary_key=True),
        _command(),
        sa.Column("round", sa.Integer, sa.ForeignKey("rounds.number"), nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("unit_key", sa.String(32), sa.ForeignKey("repeat_units.key"), nullable=False),
        sa.Column("monomers", sa.JSON, nullable=False),
        sa.Column("reaction", sa.Text, nullable=False),
        sa.Column("mean", sa.Float(53)),
        sa.Column("lower", sa.Float(53)),
        sa.Column("upper", sa.Float(53)),
        sa.Column("acquisition", sa.Float(53)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.UniqueConstraint("round", "rank"),
        sa.UniqueConstraint("round", "unit_key"),
    )
    op.create_index("ix_proposals_unit_key", "proposals", ["unit_key"])
    op.create_table(
        "proposal_events",
        sa.Column("id", sa.Integer, primary_key=True),
        _command(),
        sa.Column("proposal_id", sa.String(20), sa.ForeignKey("proposals.id"), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("line", sa.Integer),
    )
    op.create_index("ix_proposal_events_proposal_id", "proposal_events", ["proposal_id"])
    op.create_table(
        "measurements",
        sa.Column("id", sa.Integer, primary_key=True),
        _command(),
        sa.Column("unit_key", sa.String(32), sa.ForeignKey("repeat_units.key"), nullable=False),
        sa.Column("objective", sa.Text, nullable=False),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.Column("unit_of_measure", sa.Text, nullable=False),
        sa.Column("sem", sa.Float(53)),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("proposal_id", sa.String(20), sa.ForeignKey("proposals.id")),
        sa.Column("content", sa.String(32), nullable=False),
        sa.Column("copy", sa.Integer, nullable=False),
        sa.UniqueConstraint("content", "copy"),
        sa.CheckConstraint("n >= 1", name="n_is_positive"),
        sa.CheckConstraint("sem IS NULL OR sem > 0", name="sem_is_positive"),
    )
    op.create_index("ix_measurements_unit_key", "measurements", ["unit_key"])
    op.create_table(
        "retractions",
        sa.Column("id", sa.Integer, primary_key=True),
        _command(),
        sa.Column(
            "measurement_id", sa.Integer, sa.ForeignKey("measurements.id"), nullable=False, unique=True
        ),
        sa.Column("reason", sa.Text, nullable=False),
    )
    _forbid_changes(op.get_context().dialect.name)


def downgrade() -> None:
    """There is no way back: a step back would delete facts."""
    raise NotImplementedError("a ledger is never taken back to an older schema")


def _command() -> sa.Column[int]:
    return sa.Column("command_id", sa.Integer, sa.ForeignKey("commands.id"), nullable=False)


def _forbid_changes(dialect: str) -> None:
    if dialect == "sqlite":
        for table in FACTS:
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
    elif dialect == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
        for table in FACTS:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
    else:
        raise NotImplementedError(f"no append-only triggers for {dialect}")
