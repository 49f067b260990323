"""Results on their way into the ledger, and what is told of those that can hardly be right."""
