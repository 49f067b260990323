"""Campaign: the one class with state. A folder with a spec, a pool and a ledger; every method is one step of the loop.

    campaign = Campaign.create(folder, CampaignSpec.load("campaign.toml"))
    campaign.ingest("results.csv")
    batch = campaign.propose(8)
    campaign.rank(polymers="mine.csv")
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from campaigns.errors import CampaignError
from campaigns.ledger import Ledger
from campaigns.ledger.observations import observations_hash
from campaigns.ledger.records import (
    CLOSED_WITHOUT_VALUE,
    Proposal,
    RoundRecord,
    Status,
    proposal_id,
)
from campaigns.ranking import Ranking, rank_monomers, rank_polymers
from campaigns.reports.cards import Goal
from campaigns.reports.round_report import RoundReport, write_round_report
from campaigns.rounds import gate_document, gate_frame, loo_frame
from campaigns.spec import CampaignSpec
from campaigns.tables import read_results, write_proposals
from campaigns.versions import versions
from discovery.acquisition.objectives import Objective
from discovery.acquisition.round import Plan, RoundSettings, plan_round
from discovery.latent.refinement import Refinement
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.pools import MonomerPool, Pool, TablePool, read_monomers
from discovery.progress import Progress, silent
from discovery.surrogate.learning import Learned, Observation

SPEC_FILE, LEDGER_FILE, REPORT_FILE = "campaign.toml", "campaign.sqlite", "report.html"
