"""What a campaign is for, as ``campaign.toml`` says it: objectives, pool, encoders, batch and budget."""

from campaigns.spec.campaign import (
    BatchSpec,
    BudgetSpec,
    CampaignSpec,
    EncodersSpec,
    ObjectiveSpec,
    ReportSpec,
)
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
