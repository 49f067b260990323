"""An adapter that was damaged on its way into another campaign: told before the campaign is made, and by its doctor."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from campaigns.adapter_card import AdapterCard
from campaigns.auditing.audit import audit
from campaigns.auditing.findings import Finding, State
from campaigns.campaign import Campaign
from campaigns.spec import CampaignSpec
from discovery.errors import WeightsError

WEIGHTS = "fold-0/projection/adapter_model.safetensors"


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """As ``polyloop adapter`` writes one."""
    place = tmp_path / "adapter"
    (place / WEIGHTS).parent.mkdir(parents=True)
    (place / WEIGHTS).write_bytes(b"weights")
    files = {WEIGHTS: sha256(b"weights").hexdigest()}
    AdapterCard(
        campaign="other", property="tg", unit="K", member="projection", round=1, polymers=20, log_score=-4.0,
        over_frozen=0.1, over_frozen_error=0.05, chosen=True, encoders={}, hash="ab", polyloop="0.1.0", files=files,
    ).write(place)  # fmt: skip
    return place


def made(tmp_path: Path, adapter: Path) -> Campaign:
    (tmp_path / "pool.csv").write_text("psmiles\n*CCO*\n", encoding="utf-8")
    spec = CampaignSpec.from_options("tg:max", unit="K", pool=tmp_path / "pool.csv", adapter=adapter)
    return Campaign.create(tmp_path / "tg", spec)


def findings(folder: Path) -> list[Finding]:
    return [found for found in audit(folder).findings if found.part == "adapters"]


@pytest.mark.parametrize("damage", [b"weig", b"Weights", None])
def test_a_damaged_adapter_is_told_and_no_campaign_is_made(
    tmp_path: Path, adapter: Path, damage: bytes | None
) -> None:
    (adapter / WEIGHTS).unlink()
    if damage is not None:
        (adapter / WEIGHTS).write_bytes(damage)
    with pytest.raises(WeightsError, match=r"is damaged: .*adapter_model\.safetensors"):
        made(tmp_path, adapter)
    assert not (tmp_path / "tg").exists()


def test_an_adapter_that_is_damaged_later_is_found_by_the_doctor(tmp_path: Path, adapter: Path) -> None:
    campaign = made(tmp_path, adapter)
    assert [found.state for found in findings(campaign.folder)] == [State.WHOLE]
    (campaign.folder / "adapters" / "ab" / WEIGHTS).write_bytes(b"weig")
    [found] = findings(campaign.folder)
    assert (found.state, f"{WEIGHTS} was changed or cut off" in found.words) == (State.DAMAGED, True)


def test_of_a_card_of_before_checksums_that_is_told(tmp_path: Path, adapter: Path) -> None:
    AdapterCard.read(adapter).model_copy(update={"files": None}).write(adapter)
    (adapter / WEIGHTS).write_bytes(b"other")
    [found] = findings(made(tmp_path, adapter).folder)
    assert (found.state, "no checksums were recorded" in found.words) == (State.WHOLE, True)
