"""What a campaign is for, as ``campaign.toml`` says it: objectives, constraints, pool, encoders, refinement, batch and budget."""

from campaigns.spec.campaign import CampaignSpec
from campaigns.spec.encoders import EncodersSpec
from campaigns.spec.ledger import LedgerSpec
from campaigns.spec.objective import ObjectiveSpec
from campaigns.spec.pool import ExcludeSpec, LimitsSpec, PluginSpec, PoolSpec
from campaigns.spec.refinement import RefinementSpec
from campaigns.spec.round import BatchSpec, BudgetSpec, ReportSpec
from campaigns.spec.source import SourceSpec

__all__ = [
    "BatchSpec",
    "BudgetSpec",
    "CampaignSpec",
    "EncodersSpec",
    "ExcludeSpec",
    "LedgerSpec",
    "LimitsSpec",
    "ObjectiveSpec",
    "PluginSpec",
    "PoolSpec",
    "RefinementSpec",
    "ReportSpec",
    "SourceSpec",
]
