"""Which adapter is exported where none is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from campaigns.adapter_card import AdapterCard
from campaigns.errors import CampaignError
from campaigns.ledger import RoundRecord
from campaigns.rounds.exporting import export_adapter
from campaigns.rounds.kept_adapters import adapter_place
from campaigns.spec import CampaignSpec
from discovery.errors import WeightsError

SPEC = CampaignSpec.loads("""
name = "two"
[[objectives]]
name = "tg"
direction = "max"
unit = "K"
[[objectives]]
name = "density"
direction = "min"
unit = "g/cm3"
[pool]
polymers = "pool.csv"
""")
REVISIONS = {"text": "t1", "geometry": "g1", "fusion": "f1", "fingerprint": "p1"}


def record(number: int, chosen: str, scores: dict[str, float], **adapters: str) -> RoundRecord:
    """A round with two properties, of which all adapters are shared."""
    refinements: dict[str, Any] = {m: {"log_score": s, "polymers": 20} for m, s in scores.items()}
    return RoundRecord(
        number=number,
        seed=0,
        spec_version="v",
        observations_hash="h",
        encoder_revisions=REVISIONS,
        adapters={f"{name}/{m}": a for name in ("tg", "density") for m, a in adapters.items()},
        gates={name: {"chosen": chosen, "refinements": refinements} for name in ("tg", "density")},
        versions={"polyloop": "0.1.0"},
        pool={},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for address in ("aa", "bb", "cc"):
        (adapter_place(tmp_path, address) / "fold-0").mkdir(parents=True)
    return tmp_path


def exported(folder: Path, *rounds: RoundRecord, **asked: Any) -> AdapterCard:
    named = {"number": None, "property_name": None, "member": None, **asked}
    return export_adapter(folder, SPEC, rounds, folder / "out", *named.values())


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [("projection + physics", "projection"), ("latent", "both"), ("both", "both")],
)
def test_the_one_that_the_gate_used_goes_before_the_best_scoring(
    folder: Path, chosen: str, expected: str
) -> None:
    last = record(1, chosen, {"projection": -4.0, "both": -3.0}, projection="aa", both="bb")
    card = exported(folder, last)
    assert (card.member, card.property, card.chosen) == (expected, "tg", chosen.startswith(expected))
    assert card.encoders == {"text": "t1", "geometry": "g1", "fusion": "f1"}


def test_the_last_round_that_has_one_is_taken(folder: Path) -> None:
    first = record(1, "latent", {"projection": -4.0}, projection="aa")
    card = exported(folder, first, record(2, "latent", {}))
    assert (card.round, card.hash) == (1, "aa")


def test_an_adopted_adapter_belongs_to_the_campaign_that_it_came_from(folder: Path) -> None:
    with pytest.raises(CampaignError, match="No round has an adapter for tg or density"):
        exported(folder, record(1, "adopted", {"adopted": -3.0}, adopted="cc"))
    assert not (folder / "out").exists()


def test_a_property_can_be_named(folder: Path) -> None:
    last = record(1, "latent", {"projection": -4.0}, projection="aa")
    assert exported(folder, last, property_name="density").unit == "g/cm3"


def test_a_folder_that_is_gone_is_told_with_a_way_out(folder: Path) -> None:
    with pytest.raises(CampaignError, match="is missing") as caught:
        exported(folder, record(1, "latent", {"both": -3.0}, both="dd"))
    assert "Restore that folder" in caught.value.hint


def test_a_card_that_is_damaged_is_told(folder: Path) -> None:
    exported(folder, record(1, "latent", {"projection": -4.0}, projection="aa"))
    (folder / "out" / "adapter.json").write_text('{"property": 3', encoding="utf-8")
    with pytest.raises(WeightsError, match="cannot be read"):
        AdapterCard.read(folder / "out")


def test_a_depth_that_was_never_asked_for_can_be(folder: Path) -> None:
    with pytest.raises(CampaignError, match="No round has an adapter of both") as caught:
        exported(folder, record(1, "latent", {"projection": -4.0}, projection="aa"), member="both")
    assert 'depths = ["both"]' in caught.value.hint


def test_an_untrained_fusion_leaves_no_adapter_that_fits_elsewhere(folder: Path) -> None:
    encoders = SPEC.encoders.model_copy(update={"text": "mine/text"})
    own = SPEC.model_copy(update={"encoders": encoders})
    rounds = [record(1, "latent", {"projection": -4.0}, projection="aa")]
    with pytest.raises(CampaignError, match="untrained") as caught:
        export_adapter(folder, own, rounds, folder / "out", None, None, None)
    assert "pretrain align" in caught.value.hint


def test_the_card_holds_the_checksums_of_the_files_beside_it(folder: Path) -> None:
    weights = adapter_place(folder, "aa") / "fold-0" / "adapter_model.safetensors"
    weights.write_bytes(b"weights")
    card = exported(folder, record(1, "projection", {"projection": -4.0}, projection="aa"))
    assert card == AdapterCard.read(folder / "out")
    assert list(card.files or {}) == ["fold-0/adapter_model.safetensors"]
    card.check_files(folder / "out")
    (folder / "out" / "fold-0" / "adapter_model.safetensors").write_bytes(b"weig")
    with pytest.raises(WeightsError, match="was changed or cut off"):
        card.check_files(folder / "out")
