from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from calibration import Cell, Task, report
from latents_cells import Protocol
from latents_targets import Target

from discovery.polymers import RepeatUnit
from discovery.surrogate.features import Features

SIZE = 110


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    """Of a target whose latent knows the value and whose fingerprint does not, at two seeds."""
    random = np.random.default_rng(0)
    latent = torch.from_numpy(random.normal(size=(SIZE, 2)))
    fingerprint = torch.from_numpy(random.integers(0, 3, size=(SIZE, 16)))
    values = latent[:, 0].numpy() + 0.1 * random.normal(size=SIZE)
    units = (RepeatUnit.parse("*CCO*"),) * SIZE
    physics = torch.from_numpy(random.normal(size=(SIZE, 3)))
    protocol = Protocol((30,), seeds=2, shuffles=0)
    task = Task(
        Target("t.csv", "t:v", units, values), Features(fingerprint, latent, physics=physics), protocol, 50
    )
    return pd.DataFrame(task.cells())


def test_a_correction_changes_intervals_and_no_prediction(cells: pd.DataFrame) -> None:
    r2 = cells.pivot(index="seed", columns="member", values="r2")
    for member in ("fingerprint", "latent"):
        assert r2[member].tolist() == r2[f"{member} corrected"].tolist()
    assert cells["degrees"].notna().tolist() == cells["member"].str.endswith("corrected").tolist()


def test_a_member_that_knows_the_value_scores_below_the_one_that_does_not(cells: pd.DataFrame) -> None:
    score = cells.groupby("member")["score"].mean()
    assert score["latent corrected"] < score["latent"] + 0.1 < -0.5 < score["fingerprint"]


def test_the_report_names_the_target_where_the_difference_to_the_peer_is_worst() -> None:
    def cell(target: str, member: str, score: float) -> Cell:
        return Cell(target, target, 20, 0, member, score, 0.5, 0.3, 0.5, 0.8, 0.95, 0.02, 5.0, False)

    rows = [
        cell(target, member, score)
        for target, ours in (("good", -1.0), ("bad", 0.25))
        for member, score in (("fingerprint", 0.0), ("latent corrected", ours))
    ]
    told = report(pd.DataFrame(rows))
    assert "bad (+0.250)" in told
    assert "1 of 2" in told
