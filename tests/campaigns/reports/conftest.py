from __future__ import annotations

import pandas as pd
import pytest

from campaigns.reports import BacktestReport, RoundReport
from campaigns.spec import ObjectiveSpec

MEMBERS = ("fingerprint GP", "frozen latent GP", "refined latent GP")


@pytest.fixture
def goal() -> ObjectiveSpec:
    return ObjectiveSpec(name="tg", direction="max", unit="K")


@pytest.fixture
def observations() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "psmiles": ["*CC(*)c1ccccc1", "*CC(*)Cl", "*CC(*)C", "*CCO*"],
            "value": [373.0, 354.0, 263.0, 206.0],
            "name": ["polystyrene", "poly(vinyl chloride)", "<b>polypropylene</b>", None],
            "sem": [2.0, None, None, None],
        }
    )


@pytest.fixture
def proposals() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rank": [1, 2],
            "psmiles": ["*CC(*)(C)C(=O)OC", "*CC(*)C#N"],
            "monomers": ["methyl methacrylate", "acrylonitrile"],
            "reaction": ["chain growth", "chain growth"],
            "mean": [391.0, 372.4],
            "lower": [331.0, 300.4],
            "upper": [451.0, 444.4],
            "reason": ["near polystyrene", "far from all that is measured"],
        }
    )


@pytest.fixture
def report(goal: ObjectiveSpec, observations: pd.DataFrame, proposals: pd.DataFrame) -> RoundReport:
    loo = pd.concat(
        pd.DataFrame(
            {
                "member": member,
                "measured": observations["value"],
                "mean": observations["value"] + shift,
                "lower": observations["value"] + shift - 30,
                "upper": observations["value"] + shift + 30,
            }
        )
        for member, shift in zip(MEMBERS, (10.0, -20.0, 45.0), strict=True)
    )
    gate = pd.DataFrame(
        {
            "member": MEMBERS,
            "log_score": [-5.31, -5.12, -5.10],
            "difference": [0.0, 0.19, 0.21],
            "standard_error": [0.0, 0.061, 0.3],
            "chosen": [False, True, False],
        }
    )
    return RoundReport(
        name="glass transition",
        goal=goal,
        round=1,
        observations=observations,
        proposals=proposals,
        history=pd.DataFrame({"round": [0, 0, 0, 1], "value": [206.0, 263.0, 354.0, 373.0]}),
        gate=gate,
        gate_reason="Refinement gains less than its standard error.",
        loo=loo,
        screened=8213,
        shortlisted=128,
        left_out={"measured already": 4, "no repeat unit": 0},
        meta={"seed": "7", "text encoder": "text-19ab"},
    )


@pytest.fixture
def backtest(goal: ObjectiveSpec) -> BacktestReport:
    rows = [
        (
            seed,
            strategy,
            experiments,
            400.0 + experiments * (2 if strategy == "polyloop" else 1) + seed,
            found,
        )
        for seed in range(3)
        for strategy, step in (("random", 0.05), ("polyloop", 0.2))
        for experiments, found in ((10, 0.0), (15, step + 0.01 * seed), (20, 2 * step + 0.02 * seed))
    ]
    frame = pd.DataFrame(rows, columns=["seed", "strategy", "experiments", "best", "recall"])
    return BacktestReport("measured.csv", goal, frame, top_n=10, polymers=120, start=10, batch=5)
