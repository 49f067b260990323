from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor

from discovery.encoders.encoder import Encoding
from discovery.errors import WeightsError
from discovery.latent.fusion import FusedLatent
from discovery.polymers import RepeatUnit


@dataclass(frozen=True)
class NamedEncoder:
    """An encoder that is only asked what it is."""

    revision: str
    dim: int
    name: str = "text:named"

    def encode(self, units: Sequence[RepeatUnit]) -> Encoding:
        raise AssertionError("checking weights needs no vectors")


@pytest.fixture
def vectors() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    scales = torch.linspace(0.1, 30, 24)
    return torch.randn(80, 24, generator=generator) * scales + 5, torch.randn(80, 20, generator=generator)


@pytest.fixture
def fitted(vectors: tuple[Tensor, Tensor]) -> FusedLatent:
    fusion = FusedLatent.initialise(24, 20, 16, seed=2)
    fusion.fit_statistics(*vectors)
    return fusion


@pytest.mark.parametrize("branch", ["fused", "text alone"])
def test_latent_of_the_corpus_is_standardised_in_every_dimension(
    fitted: FusedLatent, vectors: tuple[Tensor, Tensor], branch: str
) -> None:
    latent = fitted(*vectors) if branch == "fused" else fitted(vectors[0])
    assert latent.shape == (80, 16)
    torch.testing.assert_close(latent.mean(0), torch.zeros(16), atol=1e-5, rtol=0)
    torch.testing.assert_close(latent.std(0), torch.ones(16), atol=1e-5, rtol=0)


def test_initial_projections_are_semi_orthogonal_and_the_gate_is_one_half(fitted: FusedLatent) -> None:
    for weight in (fitted.text_projection.weight, fitted.geometry_projection.weight):
        torch.testing.assert_close(weight @ weight.T, torch.eye(16), atol=1e-5, rtol=0)
    left, right = torch.randn(3, 16), torch.randn(3, 16)
    torch.testing.assert_close(fitted.mix(left, right), (left + right) / 2)


def test_gate_decides_how_much_of_each_branch_enters(fitted: FusedLatent) -> None:
    left, right = torch.randn(3, 16), torch.randn(3, 16)
    with torch.no_grad():
        fitted.gate.bias.fill_(50.0)
    torch.testing.assert_close(fitted.mix(left, right), left)


def test_dimension_that_is_constant_in_the_corpus_becomes_zero_not_infinite(
    vectors: tuple[Tensor, Tensor],
) -> None:
    text = vectors[0].clone()
    text[:, 3] = 7.0
    fusion = FusedLatent.initialise(24, 20, 16)
    fusion.fit_statistics(text, vectors[1])
    assert torch.equal(fusion.text_norm(text)[:, 3], torch.zeros(80))
    assert torch.isfinite(fusion(text, vectors[1])).all()


def test_gradients_reach_every_parameter(fitted: FusedLatent, vectors: tuple[Tensor, Tensor]) -> None:
    fitted(*vectors).square().mul(torch.arange(16.0)).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in fitted.parameters())


def test_statistics_of_a_single_row_are_refused(fitted: FusedLatent) -> None:
    with pytest.raises(ValueError, match="two or more"):
        fitted.fit_statistics(torch.zeros(1, 24), torch.zeros(1, 20))


def test_seed_decides_the_initial_weights() -> None:
    one, same, other = (FusedLatent.initialise(24, 20, 16, seed=seed) for seed in (0, 0, 1))
    assert one.revision == same.revision != other.revision


def test_revision_changes_with_weights_statistics_and_encoder(vectors: tuple[Tensor, Tensor]) -> None:
    fusion = FusedLatent.initialise(24, 20, 16)
    seen = {fusion.revision, FusedLatent.initialise(24, 20, 16, text_revision="text-a").revision}
    fusion.fit_statistics(*vectors)
    seen.add(fusion.revision)
    with torch.no_grad():
        fusion.gate.weight[0, 0] += 1e-3
    seen.add(fusion.revision)
    assert len(seen) == 4


def test_saved_and_loaded_fusion_is_the_same(
    fitted: FusedLatent, vectors: tuple[Tensor, Tensor], tmp_path: Path
) -> None:
    fitted.save(tmp_path / "fusion")
    loaded = FusedLatent.load(tmp_path / "fusion")
    assert loaded.revision == fitted.revision
    assert torch.equal(loaded(*vectors), fitted(*vectors))


def test_fusion_of_another_encoder_is_refused(tmp_path: Path) -> None:
    FusedLatent.initialise(24, 20, 16, text_revision="text-a").save(tmp_path)
    assert FusedLatent.load(tmp_path, text=NamedEncoder("text-a", 24)).text_dim == 24
    with pytest.raises(WeightsError, match="text-b"):
        FusedLatent.load(tmp_path, text=NamedEncoder("text-b", 24))


def test_fusion_of_another_size_is_refused(tmp_path: Path) -> None:
    FusedLatent.initialise(24, 20, 16).save(tmp_path)
    with pytest.raises(WeightsError, match="24 dimensions"):
        FusedLatent.load(tmp_path, text=NamedEncoder("text-a", 32))


@pytest.mark.parametrize(
    "damage", ["no weights", "cut weights", "other size", "no config", "bad config", "lacking config"]
)
def test_damaged_folder_is_an_error_that_names_it(fitted: FusedLatent, tmp_path: Path, damage: str) -> None:
    fitted.save(tmp_path)
    weights, config = tmp_path / "model.safetensors", tmp_path / "config.json"
    if damage == "no weights":
        weights.unlink()
    elif damage == "cut weights":
        weights.write_bytes(weights.read_bytes()[:200])
    elif damage == "other size":
        config.write_text(json.dumps({**json.loads(config.read_text()), "dim": 8}))
    elif damage == "no config":
        config.unlink()
    elif damage == "bad config":
        config.write_text("{")
    else:
        config.write_text(json.dumps({"dim": 16}))
    with pytest.raises(WeightsError, match=str(tmp_path)):
        FusedLatent.load(tmp_path)


def test_a_folder_that_is_not_there_is_told_with_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="There is no folder") as error:
        FusedLatent.load(tmp_path / "nowhere")
    assert "polyloop pretrain align" in error.value.hint
