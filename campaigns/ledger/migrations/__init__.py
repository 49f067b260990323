"""The schema's history: one step per file in ``versions``, run with Alembic when a ledger is made or an older
one is opened.
"""
