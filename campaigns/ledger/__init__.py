"""What happened in a campaign: append-only facts in an SQL database, and what they amount to."""

from campaigns.ledger.ledger import Ledger
from campaigns.ledger.observations import observations_hash, pool_replicates
from campaigns.ledger.records import (
    AppendSummary,
    LedgerView,
    Measurement,
    Predicted,
    Proposal,
    ResultRow,
    RoundRecord,
    Source,
    Status,
    StatusChange,
    proposal_id,
)
from discovery.surrogate.observations import Observation

__all__ = [
    "AppendSummary",
    "Ledger",
    "LedgerView",
    "Measurement",
    "Observation",
    "Predicted",
    "Proposal",
    "ResultRow",
    "RoundRecord",
    "Source",
    "Status",
    "StatusChange",
    "observations_hash",
    "pool_replicates",
    "proposal_id",
]
