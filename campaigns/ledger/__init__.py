"""What happened in a campaign: append-only facts in an SQL database, and what they amount to."""

from campaigns.ledger.ledger import Ledger
from campaigns.ledger.measurements import Measurement
from campaigns.ledger.observations import observations_hash, pool_replicates
from campaigns.ledger.proposals import Predicted, Proposal, Status, StatusChange, proposal_id
from campaigns.ledger.result_rows import AppendSummary, Conflict, LedgerView, ResultRow, RowKind, Source
from campaigns.ledger.rounds import Exclusion, RoundRecord
from discovery.surrogate.observations import Observation

__all__ = [
    "AppendSummary",
    "Conflict",
    "Exclusion",
    "Ledger",
    "LedgerView",
    "Measurement",
    "Observation",
    "Predicted",
    "Proposal",
    "ResultRow",
    "RoundRecord",
    "RowKind",
    "Source",
    "Status",
    "StatusChange",
    "observations_hash",
    "pool_replicates",
    "proposal_id",
]
