"""The bundled checkpoints: found by name, or a named error."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from discovery.bundled import bundled_checkpoint, file_hash
from discovery.errors import WeightsError


def test_a_checkpoint_that_the_installation_lacks_is_named_with_the_way_out() -> None:
    with pytest.raises(WeightsError, match="bundled aroma weights are missing") as caught:
        bundled_checkpoint("aroma")
    assert "Install polyloop again" in caught.value.hint


def test_the_hash_of_a_file_is_its_sha256(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    (tmp_path / "weights").write_bytes(content)
    assert file_hash(tmp_path / "weights") == hashlib.sha256(content).hexdigest()
