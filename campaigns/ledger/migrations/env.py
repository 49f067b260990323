"""Alembic's entry: runs the steps on the connection, and in the transaction, that the ledger hands over."""

from __future__ import annotations

from alembic import context

from campaigns.ledger.schema import Base

connection = context.config.attributes.get("connection")
if connection is not None:
    context.configure(connection=connection, target_metadata=Base.metadata)
else:
    # Writes the SQL instead of running it, for a database administrator to look at.
    dialect = context.config.attributes["dialect_name"]
    context.configure(dialect_name=dialect, target_metadata=Base.metadata, as_sql=True)
with context.begin_transaction():
    context.run_migrations()
