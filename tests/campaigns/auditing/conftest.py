from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from campaigns.campaign import Campaign
from campaigns.correcting.values import Right
from campaigns.ledger import Predicted, Proposal, RoundRecord
from campaigns.rounds.kept_adapters import adapter_place, file_hashes
from campaigns.rounds.record import file_sha256
from campaigns.spec import CampaignSpec
from discovery.polymers import RepeatUnit

PEO, PP, PVF = "*CCO*", "*CC(*)C", "*CC(*)F"


@pytest.fixture(autouse=True)
def _nothing_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An audit looks at what is cached, too: nothing of what other tests have left."""
    monkeypatch.setenv("POLYLOOP_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    """With 40 measurements of two files, a correction, a retraction, and a round with an adapter whose form came back."""
    pool = tmp_path / "pool.csv"
    pool.write_text(f"psmiles\n{PEO}\n{PP}\n{PVF}\n*CC(*)Cl\n*CC(*)C#N\n", encoding="utf-8")
    made = Campaign.create(tmp_path / "tg", CampaignSpec.from_options("tg:max", unit="K", pool=pool))
    for file, first in (("a.csv", 1), ("b.csv", 21)):
        rows = [f"*{'C' * n}O*,chain {n},{200 + n}" for n in range(first, first + 20)]
        (tmp_path / file).write_text("\n".join(["psmiles,name,tg", *rows]), encoding="utf-8")
        made.ingest(tmp_path / file)
    made.correct("M3", Right("333"), reason="misread")
    made.retract("M30", reason="wet")
    place = adapter_place(made.folder, "1a2b")
    place.mkdir(parents=True)
    (place / "adapter_config.json").write_text("{}", encoding="utf-8")
    (place / "adapter_model.safetensors").write_bytes(b"weights")
    record = RoundRecord(
        1,
        0,
        made.spec.version,
        "h",
        {},
        {"tg/projection": "1a2b"},
        {},
        {},
        {"sha256": {"pool.csv": file_sha256(made.folder / "pool.csv")}},
        adapter_files={"1a2b": file_hashes(place)},
    )
    proposals = [
        Proposal(
            f"R001-0{rank}",
            1,
            rank,
            RepeatUnit.parse(text),
            (),
            "",
            {"tg": Predicted(260.0, 200.0, 320.0)},
            0.1,
            "near",
        )
        for rank, text in enumerate((PP, PVF), 1)
    ]
    made.ledger.append_round(record, proposals)
    made._forms.restore()
    form = tmp_path / "filled.csv"
    form.write_text(f"psmiles,proposal_id,tg\n{PP},R001-01,261\n", encoding="utf-8")
    made.ingest(form)
    return Campaign.open(made.folder)


@pytest.fixture
def ledger_file(campaign: Campaign) -> Path:
    return campaign.folder / "campaign.sqlite"


@pytest.fixture
def page_of(ledger_file: Path) -> Callable[[bytes], int]:
    """Where the page begins that holds a text for the first time."""

    def find(text: bytes) -> int:
        content = ledger_file.read_bytes()
        size = int.from_bytes(content[16:18], "big")
        return content.index(text) // size * size

    return find
