from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from campaigns.reports.contents import FeasibilityReport, FrontReport, PropertyReport, RoundReport
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
def tg(goal: ObjectiveSpec, observations: pd.DataFrame) -> PropertyReport:
    loo = pd.concat(
        pd.DataFrame(
            {
                "member": member,
                "measured": observations["value"],
                "mean": observations["value"] + shift,
                "lower": observations["value"] + shift - 30,
                "upper": observations["value"] + shift + 30,
                "z": -shift / 15.3,
            }
        )
        for member, shift in zip(MEMBERS, (10.0, -20.0, 45.0), strict=True)
    )
    gate = pd.DataFrame(
        {
            "member": (*MEMBERS, "mean"),
            "log_score": [-5.31, -5.12, -5.10, -5.82],
            "difference": [0.0, 0.19, 0.21, -0.51],
            "standard_error": [0.0, 0.061, 0.3, 0.12],
            "over_mean": [0.51, 0.70, 0.72, 0.0],
            "over_mean_error": [0.12, 0.14, 0.31, 0.0],
            "rmse": [41.0, 36.0, 37.0, 78.0],
            "r2": [0.72, 0.79, 0.78, None],
            "spearman_error_sigma": [0.21, 0.43, 0.40, None],
            "coverage_50": [0.5, 0.5, 0.25, 0.5],
            "coverage_80": [0.75, 0.75, 0.5, 0.75],
            "coverage_95": [1.0, 1.0, 0.75, 1.0],
            "miscalibration_area": [0.03, 0.041, 0.12, 0.02],
            "chosen": [False, True, False, False],
            "control": [False, False, False, True],
        }
    )
    return PropertyReport(
        goal=goal,
        observations=observations,
        history=pd.DataFrame({"round": [0, 0, 0, 1], "value": [206.0, 263.0, 354.0, 373.0]}),
        gate=gate,
        reason="Refinement gains less than its standard error.",
        skilful=True,
        loo=loo,
    )


@pytest.fixture
def report(tg: PropertyReport, proposals: pd.DataFrame) -> RoundReport:
    return RoundReport(
        name="glass transition",
        wanted="highest tg (K)",
        properties=(tg,),
        round=1,
        proposals=proposals,
        advice="The next batch may add 12 K, three times the noise: go on.",
        screened=8213,
        shortlisted=128,
        left_out={"measured already": 4, "no repeat unit": 0},
        meta={"seed": "7", "text encoder": "text-19ab"},
    )


@pytest.fixture
def density() -> PropertyReport:
    """Measured of three of the four, one of them a limit; not enough to learn from."""
    return PropertyReport(
        goal=ObjectiveSpec(name="density", direction="min", unit="g/cm3"),
        observations=pd.DataFrame(
            {
                "psmiles": ["*CC(*)c1ccccc1", "*CC(*)Cl", "*CC(*)C"],
                "value": [1.05, 1.39, 0.9],
                "bound": ["", "", "below"],
            }
        ),
        history=pd.DataFrame({"round": [0, 0, 1], "value": [1.05, 1.39, 0.9], "bound": ["", "", "below"]}),
        not_learned="3 polymers are measured, a model needs at least 5",
    )


@pytest.fixture
def both(report: RoundReport, density: PropertyReport, proposals: pd.DataFrame) -> RoundReport:
    """Two driven properties, with a front, abandoned polymers and chances."""
    wide = proposals.rename(columns={name: f"tg_{name}" for name in ("mean", "lower", "upper")}).assign(
        density_mean=[1.17, float("nan")],
        density_lower=[1.10, float("nan")],
        density_upper=[1.24, float("nan")],
        feasible=[0.91, 0.25],
        status=["proposed", "abandoned"],
        **{"chance that tg > 380 K": [0.62, 0.41]},
    )
    points = pd.DataFrame(
        {
            "psmiles": ["*CC(*)c1ccccc1", "*CC(*)Cl", "*CC(*)C"],
            "name": ["polystyrene", "poly(vinyl chloride)", ""],
            "tg": [373.0, 354.0, 263.0],
            "tg_bound": ["", "", ""],
            "density": [1.05, 1.39, 0.9],
            "density_bound": ["", "", "below"],
            "on_front": [True, False, True],
        }
    )
    front = FrontReport(
        goals=(report.properties[0].goal, density.goal),
        points=points,
        proposed=wide.iloc[:1],
        reference={"tg": 240.0, "density": 1.5},
        hypervolume=61.2,
        history=pd.DataFrame({"round": [1, 2], "hypervolume": [40.5, 61.2]}),
    )
    feasibility = FeasibilityReport(
        abandoned=pd.DataFrame(
            {"psmiles": ["*CC(*)C#N"], "proposal_id": ["R001-02"], "note": ["a brown tar"]}
        ),
        failed=2,
        learned="Of 5 polymers that were tried, 1 could not be made.",
    )
    return replace(
        report,
        wanted="highest tg (K) and lowest density (g/cm3), with tg > 380 K",
        properties=(report.properties[0], density),
        proposals=wide,
        front=front,
        feasibility=feasibility,
    )
