"""The Pareto front of a campaign, and how it grew."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from campaigns.ingesting.ingest import ingest
from campaigns.ledger import Ledger, Proposal, RoundRecord
from campaigns.reports.fronts import front_report
from campaigns.spec import CampaignSpec
from discovery.polymers import RepeatUnit

SPEC = """
name = "membranes"
[[objectives]]
name = "tg"
direction = "max"
unit = "K"
[[objectives]]
name = "permeability"
direction = "max"
unit = "barrer"
scale = "log"
[pool]
polymers = "pool.csv"
"""


def a_round(ledger: Ledger) -> None:
    unit = RepeatUnit.parse("*CC(*)C#N")
    record = RoundRecord(1, 0, "v", "o", {}, {}, {}, {}, {})
    ledger.append_round(record, [Proposal("R001-01", 1, 1, unit, (), "", {}, None, "why")])


def test_a_round_saw_the_front_of_its_time_and_repeats_over_decades_are_pooled_alike(tmp_path: Path) -> None:
    spec, ledger = CampaignSpec.loads(SPEC), Ledger.create(tmp_path / "campaign.sqlite")
    measured = pd.DataFrame(
        {
            "psmiles": ["*CC(*)C", "*CC(*)C", "*CC(*)Cl", "*CCO*"],
            "tg": [263.0, None, 354.0, 206.0],
            "permeability": [10.0, 1000.0, 3.0, 1.0],
        }
    )
    ingest(measured, spec.properties, ledger)
    a_round(ledger)
    told = front_report(spec, ledger, ledger.snapshot(spec.properties), pd.DataFrame({"status": []}))
    assert told is not None
    before, now = told.history["hypervolume"]
    assert before == pytest.approx(now)
    assert now > 0
