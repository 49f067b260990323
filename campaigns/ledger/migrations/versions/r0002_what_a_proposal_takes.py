"""What a proposal takes to make: its name in the user's table, its synthetic accessibility, what its monomers cost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; older proposals hold NULL there, since nothing is guessed."""
    op.add_column("proposals", sa.Column("name", sa.Text))
    op.add_column("proposals", sa.Column("sa_score", sa.Float(53)))
    op.add_column("proposals", sa.Column("cost", sa.Float(53)))


def downgrade() -> None:
    """There is no way back: a step back would delete facts."""
    raise NotImplementedError("a ledger is never taken back to an older schema")
