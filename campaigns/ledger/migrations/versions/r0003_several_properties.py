"""Several properties and limits: whether a measurement is only a bound; of a proposal, what is predicted of each property,
whether it can be made and how likely it meets the constraints; of a round, its adapters by property, its front and its advice.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns. Older measurements are values, which an empty bound says; older proposals and rounds hold NULL."""
    op.add_column("measurements", sa.Column("bound", sa.String(5), nullable=False, server_default=""))
    op.add_column("proposals", sa.Column("predictions", sa.JSON))
    op.add_column("proposals", sa.Column("feasibility", sa.Float(53)))
    op.add_column("proposals", sa.Column("fulfils", sa.JSON))
    op.add_column("rounds", sa.Column("adapters", sa.JSON))
    op.add_column("rounds", sa.Column("front", sa.JSON))
    op.add_column("rounds", sa.Column("advice", sa.Text))


def downgrade() -> None:
    """There is no way back: a step back would delete facts."""
    raise NotImplementedError("a ledger is never taken back to an older schema")
