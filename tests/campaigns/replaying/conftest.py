from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from campaigns import Campaign
from campaigns.spec import CampaignSpec
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit

MEASURED = 12


def tg(psmiles: str) -> float:
    """A property that the tiny encoders can learn something of."""
    return 230.0 + 25.0 * psmiles.count("O") + 12.0 * psmiles.count("F") + 7.0 * psmiles.count("S")


def bring_back(campaign: Campaign, path: Path) -> None:
    """Measure what a form asks for."""
    form = pd.read_csv(path, dtype=str, keep_default_na=False)
    form["status"] = "measured"
    form["tg [K]"] = [str(tg(psmiles)) for psmiles in form["psmiles"]]
    campaign.ingest(form)


@pytest.fixture(scope="session")
def with_tiny_encoders(tiny_representation: Representation) -> Callable[[Campaign], Campaign]:
    return lambda made: Campaign(made.folder, made.spec, made.ledger, tiny_representation)


@pytest.fixture(scope="session")
def made_once(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_polymers: tuple[RepeatUnit, ...],
    with_tiny_encoders: Callable[[Campaign], Campaign],
) -> tuple[Path, Path]:
    """A campaign with measurements and a pool, and the same after two rounds; to be copied."""
    folder = tmp_path_factory.mktemp("made-once")
    pool = ["psmiles", *(unit.psmiles for unit in tiny_polymers[MEASURED:])]
    (folder / "pool.csv").write_text("\n".join(pool) + "\n", encoding="utf-8")
    spec = CampaignSpec.from_options("tg:max", unit="K", pool=folder / "pool.csv")
    made = Campaign.create(folder / "begun", spec)
    known = [unit.psmiles for unit in tiny_polymers[:MEASURED]]
    made.ingest(pd.DataFrame({"psmiles": known, "tg": [tg(psmiles) for psmiles in known]}))
    shutil.copytree(made.folder, folder / "after")
    after = with_tiny_encoders(Campaign.open(folder / "after"))
    for seed in (3, 4):
        bring_back(after, after.propose(2, seed=seed).path)
    return made.folder, after.folder


@pytest.fixture
def begun(
    made_once: tuple[Path, Path], tmp_path: Path, with_tiny_encoders: Callable[[Campaign], Campaign]
) -> Campaign:
    """A campaign with measurements and a pool, and no round yet."""
    return with_tiny_encoders(Campaign.open(shutil.copytree(made_once[0], tmp_path / "begun")))


@pytest.fixture
def after_two_rounds(
    made_once: tuple[Path, Path], tmp_path: Path, with_tiny_encoders: Callable[[Campaign], Campaign]
) -> Campaign:
    """The same after two rounds, all of whose proposals are measured."""
    return with_tiny_encoders(Campaign.open(shutil.copytree(made_once[1], tmp_path / "after")))
