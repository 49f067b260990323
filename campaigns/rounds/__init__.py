"""How a round is made and kept: what the models learn from, what the gate decided, in words and on record, and the proposals."""
