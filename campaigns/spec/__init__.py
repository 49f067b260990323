"""What a campaign is for, as ``campaign.toml`` says it: objectives, pool, encoders, batch and budget."""

from campaigns.spec.campaign import BatchSpec, BudgetSpec, CampaignSpec, ReportSpec
from campaigns.spec.encoders import EncodersSpec
from campaigns.spec.objective import ObjectiveSpec
from campaigns.spec.pool import ExcludeSpec, LimitsSpec, PluginSpec, PoolSpec

__all__ = [
    "BatchSpec",
    "BudgetSpec",
    "CampaignSpec",
    "EncodersSpec",
    "ExcludeSpec",
    "LimitsSpec",
    "ObjectiveSpec",
    "PluginSpec",
    "PoolSpec",
    "ReportSpec",
]
