from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from torch import nn

from discovery.errors import WeightsError
from discovery.latent.fusion import FusedLatent
from discovery.latent.lora import adapt, factors, load_adapter, merged, save_adapter, seeded, set_factors

TARGETS = ("text_projection", "geometry_projection")


@pytest.fixture
def base() -> FusedLatent:
    return FusedLatent.initialise(10, 8, 6)


def _trained(base: nn.Module, seed: int = 0) -> PeftModel:
    model = adapt(copy.deepcopy(base), TARGETS, rank=3, alpha=6, seed=seed)
    generator = torch.Generator().manual_seed(9)
    set_factors(
        model, {name: torch.randn(t.shape, generator=generator) for name, t in factors(model).items()}
    )
    return model


def test_fresh_adapter_changes_nothing(base: FusedLatent) -> None:
    text, geometry = torch.randn(5, 10), torch.randn(5, 8)
    model = adapt(copy.deepcopy(base), TARGETS, rank=3, alpha=6, seed=0)
    assert torch.equal(model(text, geometry), base(text, geometry))


def test_only_the_factors_are_trainable(base: FusedLatent) -> None:
    model = adapt(copy.deepcopy(base), TARGETS, rank=3, alpha=6, seed=0)
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == 3 * (10 + 6) + 3 * (8 + 6)


def test_merged_projections_equal_the_adapted_ones(base: FusedLatent) -> None:
    text, geometry = torch.randn(5, 10), torch.randn(5, 8)
    model = _trained(base)
    plain = merged(model)
    assert isinstance(plain, FusedLatent)
    assert {type(module) for module in plain.children()} == {type(module) for module in base.children()}
    torch.testing.assert_close(plain(text, geometry), model(text, geometry), atol=1e-5, rtol=1e-5)
    assert not torch.allclose(plain(text, geometry), base(text, geometry), atol=1e-2)


def test_scale_is_rank_stabilised(base: FusedLatent) -> None:
    model = _trained(base)
    own = {name.removeprefix("base_model.model."): tensor for name, tensor in factors(model).items()}
    update = own["text_projection.lora_B.weight"] @ own["text_projection.lora_A.weight"]
    plain = merged(model)
    assert isinstance(plain, FusedLatent)
    expected = base.text_projection.weight + 6 / 3**0.5 * update
    torch.testing.assert_close(plain.text_projection.weight, expected, atol=1e-5, rtol=1e-5)


def test_merging_leaves_the_adapter_and_the_base_alone(base: FusedLatent) -> None:
    before = base.revision
    model = _trained(base)
    own = factors(model)
    merged(model)
    assert base.revision == before
    assert all(torch.equal(tensor, own[name]) for name, tensor in factors(model).items())


def test_saved_and_loaded_adapter_is_the_same(base: FusedLatent, tmp_path: Path) -> None:
    model = _trained(base)
    save_adapter(model, tmp_path / "a")
    loaded = load_adapter(copy.deepcopy(base), tmp_path / "a")
    save_adapter(loaded, tmp_path / "b")
    text, geometry = torch.randn(5, 10), torch.randn(5, 8)
    assert torch.equal(loaded(text, geometry), model(text, geometry))
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize(
    "damage", ["no weights", "cut weights", "no config", "lacking config", "other rank", "other target"]
)
def test_adapter_that_is_damaged_or_of_another_model_is_refused(
    base: FusedLatent, tmp_path: Path, damage: str
) -> None:
    save_adapter(_trained(base), tmp_path)
    weights, path = tmp_path / "adapter_model.safetensors", tmp_path / "adapter_config.json"
    config = json.loads(path.read_text())
    if damage == "no weights":
        weights.unlink()
    elif damage == "cut weights":
        weights.write_bytes(weights.read_bytes()[:100])
    elif damage == "no config":
        path.unlink()
    elif damage == "lacking config":
        path.write_text("{}")
    elif damage == "other rank":
        path.write_text(json.dumps({**config, "r": 2}))
    else:
        path.write_text(json.dumps({**config, "target_modules": ["another"]}))
    with pytest.raises(WeightsError):
        load_adapter(copy.deepcopy(base), tmp_path)


def test_seeding_library_code_leaves_the_global_generator_as_it_was() -> None:
    before = torch.get_rng_state()
    with seeded(5):
        torch.rand(3)
    assert torch.equal(torch.get_rng_state(), before)
