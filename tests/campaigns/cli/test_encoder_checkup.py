"""What the doctor says of encoders: usable ones with what they take, others with the way out, each beside the others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from huggingface_hub import constants

from campaigns.cli.encoder_checkup import EncoderCheck, EncoderCheckup, examine
from campaigns.spec import EncodersSpec
from discovery.bundled import bundled_checkpoint
from discovery.encoders.text import TextEncoder


def by_part(checkup: EncoderCheckup) -> dict[str, EncoderCheck]:
    return {check.part: check for check in checkup.checks}


@pytest.fixture
def text(llama3_folder: Path, tmp_path: Path) -> Path:
    """A copy of the checkpoint that a test may spoil."""
    return Path(shutil.copytree(llama3_folder, tmp_path / "text"))


def test_encoders_that_can_be_used_are_told_with_what_they_take(
    llama3_folder: Path, tiny_geometry_folder: Path
) -> None:
    named = EncodersSpec(text=str(llama3_folder), geometry=str(tiny_geometry_folder), dtype="bfloat16")
    found = examine(named)
    checks = by_part(found)
    encoder = TextEncoder.load(named.text, loading=named.loading)
    assert found.healthy
    assert (checks["text"].dtype, checks["text"].revision) == ("bfloat16", encoder.revision)
    parameters = checks["text"].parameters
    assert parameters == sum(parameter.numel() for parameter in encoder.model.parameters())
    assert checks["text"].needed_gb == pytest.approx(1.05 * 2 * parameters / 1e9)
    assert checks["fusion"].state == "untrained"
    assert found.test.text_dim == encoder.dim


def test_every_encoder_that_is_missing_is_told_with_its_command(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNIMOL_WEIGHT_DIR", str(tmp_path))
    next(text.glob("*.safetensors")).unlink()
    found = examine(EncodersSpec(text=str(text), geometry="unimolv2-84m"))
    checks = by_part(found)
    assert not found.healthy
    assert "files of weights are missing" in checks["text"].error
    assert "hf download" in checks["text"].hint
    assert checks["text"].needed_gb is not None
    assert "hf download dptech/Uni-Mol2" in checks["geometry"].hint
    assert checks["fusion"].state == "not looked at"
    assert found.test.error == "not tried, for want of text and geometry"


def test_a_hub_model_that_cannot_be_had_is_told_with_the_command(
    tiny_geometry_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    found = examine(EncodersSpec(text="meta-llama/Meta-Llama-3-8B", geometry=str(tiny_geometry_folder)))
    checks = by_part(found)
    assert "is not on this machine" in checks["text"].error
    assert "hf download meta-llama/Meta-Llama-3-8B" in checks["text"].hint
    assert checks["geometry"].healthy


def test_a_model_too_large_is_told_with_both_figures_and_not_loaded(
    text: Path, tiny_geometry_folder: Path
) -> None:
    config = json.loads((text / "config.json").read_text())
    huge = {"hidden_size": 32768, "intermediate_size": 131072, "num_hidden_layers": 200}
    (text / "config.json").write_text(json.dumps(config | huge))
    check = by_part(examine(EncodersSpec(text=str(text), geometry=str(tiny_geometry_folder))))["text"]
    assert check.needed_gb is not None
    assert check.free_gb is not None
    assert check.needed_gb > check.free_gb
    assert f"needs about {check.needed_gb:.1f} GB" in check.error


def test_a_fusion_of_other_encoders_is_found_out(llama3_folder: Path, tiny_geometry_folder: Path) -> None:
    named = EncodersSpec(
        text=str(llama3_folder),
        geometry=str(tiny_geometry_folder),
        fusion=str(bundled_checkpoint("fusion")),
    )
    found = examine(named)
    assert by_part(found)["fusion"].state == "not usable"
    assert not found.healthy
