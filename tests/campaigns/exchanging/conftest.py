from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from campaigns import Campaign
from campaigns.ledger import Predicted, Proposal, RoundRecord
from campaigns.rounds.kept_adapters import file_hashes
from campaigns.spec import CampaignSpec
from discovery.polymers import RepeatUnit

ADAPTER = "0123456789abcdef" * 2
NAMES = ("=cmd|' /C calc'!A0", "'PEO", "-1", "+x", "@sum", "\tP", 'a "quoted", name', "Prüfung ½", "")
POLYMERS = ("*CC(*)C", "*CCO*", "*CC(*)F", "*CC(*)CC", "*CC(*)OC", "*CC(*)(F)F", "*CC(*)Cl", "*CCCO*", "*CO*")


def lived(folder: Path, spec: CampaignSpec) -> Campaign:
    """A campaign with facts of every kind, made without any model."""
    campaign = Campaign.create(folder, spec)
    rows = {"psmiles": POLYMERS, "tg": [200.0 + 0.1 * i for i in range(len(NAMES))], "name": NAMES}
    campaign.ingest(pd.DataFrame(rows))
    place = campaign.folder / "adapters" / ADAPTER / "fold-0" / "projection"
    place.mkdir(parents=True)
    (place / "adapter_model.safetensors").write_bytes(bytes(range(256)))
    (place / "adapter_config.json").write_text("{}\n")
    (place.parent / "fold.json").write_text('{"format": 4}\n')
    units = [RepeatUnit.parse(text) for text in ("*CC(*)CCC", "*CC(*)OCC", "*CCCCO*")]
    record = RoundRecord(
        number=1,
        seed=2**40,
        spec_version=campaign.spec.version,
        observations_hash="0" * 32,
        encoder_revisions={"text": "a"},
        adapters={"tg/projection": ADAPTER},
        gates={"tg": {"chosen": "latent", "members": [{"log_score": -1.5e-300}], "reason": "=1+1\n\u00e9"}},
        versions={"torch": "2"},
        pool={"candidates": 3, "left_out": {"b": 1, "a": 2}, "asked_for": 3},
        note="one\ntwo",
        adapter_files={ADAPTER: file_hashes(place.parents[1])},
    )
    proposals = [
        Proposal(
            f"R001-0{rank}",
            1,
            rank,
            unit,
            ("C=C",),
            "vinyl",
            {"tg": Predicted(0.1 + 0.2, -1e-17, 1e300)},
            0.1,
            "=near\r\n",
        )
        for rank, unit in enumerate(units, 1)
    ]
    campaign.ledger.append_round(record, proposals)
    campaign.status()  # writes the form
    campaign.ingest(pd.DataFrame({"psmiles": [units[0].psmiles], "tg": [251.5]}))
    campaign.retract("M2", reason="-wrong")
    campaign.retract("M2", reason="+right after all", undo=True)
    campaign.withdraw("R001-03", reason="'no glassware")
    campaign.exclude("[Cl]", reason="=smells")
    return campaign


@pytest.fixture(scope="session")
def spec(tmp_path_factory: pytest.TempPathFactory) -> CampaignSpec:
    folder = tmp_path_factory.mktemp("spec")
    (folder / "pool.csv").write_text(
        "psmiles,name\n*CC(*)CCC,=PP\n*CC(*)OCC,x\n*CCCCO*,y\n", encoding="utf-8"
    )
    return CampaignSpec.from_options(
        "tg:max", unit="K", pool=folder / "pool.csv", constraints=["sa_score < 8"]
    )


@pytest.fixture(scope="session")
def campaign(spec: CampaignSpec, tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """Facts of every kind; not to be changed."""
    return lived(tmp_path_factory.mktemp("lived") / "tg", spec)


@pytest.fixture(scope="session")
def as_folder(campaign: Campaign, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The campaign as an export in a folder; not to be changed."""
    out = tmp_path_factory.mktemp("export") / "tg"
    campaign.export(out)
    return out


@pytest.fixture(scope="session")
def as_zip(campaign: Campaign, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The campaign as an export in a ZIP file; not to be changed."""
    out = tmp_path_factory.mktemp("export") / "tg.zip"
    campaign.export(out)
    return out


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }
