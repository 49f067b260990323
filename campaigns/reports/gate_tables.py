"""The gate's record of a round as tables for a report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from scipy.stats import norm
from scipy.stats import t as student

from discovery.surrogate.scale import Scale
from discovery.surrogate.validation import interval_deviations


def gate_frame(gates: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame | None:
    """One row per property and member, the simplest first; ``None`` where nothing was compared.

    Args:
        gates: What the gate decided for each property, as the ledger keeps it.
    """
    rows = [{"property": name, **row} for name, gate in gates.items() for row in gate.get("members", ())]
    return pd.DataFrame(rows) if rows else None


def scores_frame(gate: Mapping[str, Any]) -> pd.DataFrame | None:
    """The scores of one property's members, simplest first, then of the controls; ``None`` where nothing was compared."""
    members = gate.get("members")
    if not members:
        return None
    controls = [{**row, "chosen": False, "control": True} for row in gate.get("controls", ())]
    return pd.DataFrame([{**row, "control": False} for row in members] + controls)


def loo_frame(gate: Mapping[str, Any]) -> pd.DataFrame | None:
    """Leave-one-out predictions of one property in its unit, with their 95 % bounds and ``z``, the error as a standard normal
    would make it: the quantile that the value takes in what was predicted; ``None`` where nothing was compared.

    On a logarithmic scale the prediction is the median, and the bounds are carried over as they are.
    """
    rows = gate.get("leave_one_out")
    if not rows:
        return None
    scale = Scale(gate.get("scale", Scale.LINEAR))
    frame = pd.DataFrame(rows)
    degrees = {row["member"]: row.get("degrees") for row in gate.get("members", ())}
    sigma = frame.pop("sigma")
    half = sigma * frame["member"].map(lambda member: interval_deviations(0.95, degrees.get(member)))
    z = (frame["measured"] - frame["mean"]) / sigma
    told = {
        "lower": frame["mean"] - half,
        "upper": frame["mean"] + half,
        "measured": frame["measured"],
        "mean": frame["mean"],
    }
    as_normal = [as_normal_error(e, degrees.get(m)) for e, m in zip(z, frame["member"], strict=True)]
    return frame.assign(z=as_normal, **{title: column.map(scale.off) for title, column in told.items()})


def outlier_frame(gate: Mapping[str, Any]) -> pd.DataFrame:
    """The measurements of one property that its model cannot believe: ``psmiles``, ``name``, ``value``, ``expected``, ``z``."""
    columns = ["psmiles", "name", "value", "expected", "z"]
    return pd.DataFrame(list(gate.get("outliers", ())), columns=columns)


def as_normal_error(z: float, degrees: float | None) -> float:
    """The error of a standard normal that is as unlikely as an error of ``z`` standard deviations of a Student-t."""
    if degrees is None:
        return z
    return float(norm.ppf(student.cdf(z * math.sqrt(degrees / (degrees - 2.0)), degrees)))
