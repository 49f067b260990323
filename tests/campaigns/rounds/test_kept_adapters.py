from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from campaigns.errors import StateError
from campaigns.ledger import RoundRecord
from campaigns.rounds.kept_adapters import adapter_place, changed_files, file_hashes, kept_adapter

RECORD = RoundRecord(3, 0, "v", "h", {}, {"tg/projection": "1a2b"}, {}, {}, {})


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = adapter_place(tmp_path, "1a2b")
    (made / "geometry").mkdir(parents=True)
    (made / "adapter_config.json").write_text("{}", encoding="utf-8")
    (made / "geometry" / "adapter_model.safetensors").write_bytes(b"weights")
    return made


def test_the_files_of_a_folder_are_named_with_their_folders(place: Path) -> None:
    assert list(file_hashes(place)) == ["adapter_config.json", "geometry/adapter_model.safetensors"]


def test_what_is_not_as_it_was_recorded_is_told(place: Path) -> None:
    recorded = file_hashes(place)
    assert changed_files(place, recorded) == []
    (place / "adapter_config.json").write_text("{ }", encoding="utf-8")
    (place / "geometry" / "adapter_model.safetensors").unlink()
    (place / "more.bin").touch()
    assert changed_files(place, recorded) == [
        "geometry/adapter_model.safetensors is gone",
        "adapter_config.json was changed",
        "more.bin was not there",
    ]


def test_an_adapter_that_was_changed_is_not_used(place: Path) -> None:
    record = replace(RECORD, adapter_files={"1a2b": file_hashes(place)})
    folder = place.parent.parent
    assert kept_adapter(folder, record, "tg", "projection", "or start anew") == place
    (place / "adapter_config.json").write_text("{ }", encoding="utf-8")
    with pytest.raises(StateError, match=r"of round 3 .* is damaged: .*adapter_config\.json was changed"):
        kept_adapter(folder, record, "tg", "projection", "or start anew")


def test_an_adapter_of_before_checksums_were_recorded_is_used_as_it_is(place: Path) -> None:
    assert kept_adapter(place.parent.parent, RECORD, "tg", "projection", "or start anew") == place
