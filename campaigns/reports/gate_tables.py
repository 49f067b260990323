"""The gate's record of a round as tables for a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from discovery.acquisition.prediction import Z95


def gate_frame(document: Mapping[str, Any]) -> pd.DataFrame | None:
    """One row per member, simplest first; ``None`` where nothing was compared."""
    rows = document.get("members")
    return pd.DataFrame(rows) if rows else None


def loo_frame(document: Mapping[str, Any]) -> pd.DataFrame | None:
    """Leave-one-out predictions with their 95 % bounds; ``None`` where nothing was compared."""
    rows = document.get("leave_one_out")
    if not rows:
        return None
    frame = pd.DataFrame(rows)
    half = Z95 * frame.pop("sigma")
    return frame.assign(lower=frame["mean"] - half, upper=frame["mean"] + half)
