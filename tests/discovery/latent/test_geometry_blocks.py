"""The top layers of a Uni-Mol on their own; what adapters do in them is tested with those of the text encoder."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, cast

import pytest
import torch
from torch import nn

from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.unimol import UniMol2Network, UniMolNetwork, load_unimol_tools
from discovery.errors import WeightsError
from discovery.latent.adapted_blocks import AdaptedBlocks
from discovery.latent.frozen import Blocks
from discovery.latent.geometry_blocks import GeometryBlocks, TopLayers, layer_count
from discovery.polymers import RepeatUnit

Units = tuple[RepeatUnit, ...]


@pytest.fixture(scope="module")
def uni_mol2(make_geometry: Callable[..., GeometryEncoder]) -> GeometryEncoder:
    """Three layers of a Uni-Mol2 of 84 M parameters with random weights."""
    released: Any = load_unimol_tools("models.unimolv2").UniMolV2Model
    sizes = load_unimol_tools("models.unimolv2").molecule_architecture

    class Untrained(released):  # type: ignore[misc]  # unimol_tools has no types
        def load_pretrained_weights(self, path: str, strict: bool = False) -> None:
            """Stay as initialised."""

    assert sizes(model_size="84m").num_encoder_layers == 12
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Untrained(model_size="84m", pretrained_model_path="none")
        model.encoder.layers = model.encoder.layers[:3]
        with torch.no_grad():
            for tensor in model.parameters():
                tensor.add_(0.02 * torch.randn(tensor.shape))  # untrained, its last projections are zero
    network = UniMol2Network(model, pooling="cls+atoms", weights_hash="84m")
    return GeometryEncoder(network, make_geometry(0).conformers, name="geometry:84m")


@pytest.mark.parametrize("pooling", ["cls", "cls+atoms"])
@pytest.mark.parametrize("depth", [1, 5])
def test_top_layers_on_stored_states_give_what_the_whole_network_gives(
    make_geometry: Callable[..., GeometryEncoder], units: Units, depth: int, pooling: str
) -> None:
    encoder = make_geometry(0, pooling=pooling)
    top = GeometryBlocks.of(encoder, depth)
    packs = list(top.packs(units))
    assert len(packs) > 1
    assert any(len(set(pack.sizes.tolist())) > 1 for pack in packs)
    frozen = torch.from_numpy(encoder.encode(units).vectors)
    for pack in packs:
        torch.testing.assert_close(top.vectors(top.copied(), pack), frozen[pack.rows], atol=1e-5, rtol=1e-5)


def test_four_linear_layers_of_each_layer_are_adapted_under_the_names_of_the_network(
    uni_mol: GeometryEncoder,
) -> None:
    names = TopLayers(uni_mol.network, 2).linear_layers()
    assert names == [
        f"encoder.layers.{layer}.{name}"
        for layer in (3, 4)
        for name in ("self_attn.in_proj", "self_attn.out_proj", "fc1", "fc2")
    ]
    assert all(isinstance(uni_mol.network.model.get_submodule(name), nn.Linear) for name in names)


def test_layers_share_the_weights_but_adapters_stay_out_of_the_network(uni_mol: GeometryEncoder) -> None:
    model = uni_mol.network.model
    before = [name for name, _ in model.named_modules()]
    adapted = AdaptedBlocks.fresh(uni_mol, rank=1, alpha=1, seed=0)
    own = {parameter.data_ptr() for parameter in model.parameters()}
    frozen = [p for p in adapted.model.parameters() if not p.requires_grad]
    assert frozen
    assert {parameter.data_ptr() for parameter in frozen} <= own
    assert [name for name, _ in model.named_modules()] == before


def test_reading_leaves_the_network_as_it_was(uni_mol: GeometryEncoder, units: Units) -> None:
    before = list(uni_mol.network.model.modules())
    list(GeometryBlocks.of(uni_mol).packs(units[:3]))
    assert list(uni_mol.network.model.modules()) == before


def test_more_layers_than_the_network_has_are_refused(uni_mol: GeometryEncoder) -> None:
    assert layer_count(uni_mol.network) == 5
    with pytest.raises(ValueError, match="top 6"):
        TopLayers(uni_mol.network, 6)


def test_a_network_of_another_kind_is_refused_by_name(uni_mol: GeometryEncoder) -> None:
    network = copy.copy(cast(UniMolNetwork, uni_mol.network))
    network.model = nn.Module()
    network.model.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, batch_first=True), 2)
    other = GeometryEncoder(network, uni_mol.conformers, name="other")
    with pytest.raises(WeightsError, match="cannot be refined") as caught:
        AdaptedBlocks.fresh(other, rank=1, alpha=1, seed=0)
    assert caught.value.hint


class TestUniMol2:
    def test_a_fresh_adapter_changes_nothing(self, uni_mol2: GeometryEncoder, units: Units) -> None:
        adapted = AdaptedBlocks.fresh(uni_mol2, rank=2, alpha=2, seed=0, depth=2)
        frozen = torch.from_numpy(uni_mol2.encode(units[:6]).vectors)
        torch.testing.assert_close(adapted.embed(units[:6]), frozen, atol=1e-4, rtol=1e-4)

    def test_gradients_pack_by_pack_are_those_of_one_graph(
        self, uni_mol2: GeometryEncoder, units: Units
    ) -> None:
        adapted = AdaptedBlocks.fresh(uni_mol2, rank=2, alpha=2, seed=0, depth=2)
        below = adapted.read(units[:6])
        gradient = torch.randn(6, adapted.dim, generator=torch.Generator().manual_seed(0))
        found = []
        for spares in (True, False):
            cast(Blocks, adapted.model.get_base_model()).spares_memory = spares
            if spares:
                adapted.backward(below, gradient)
            else:
                vectors = torch.cat([adapted.top.vectors(adapted.model, pack) for pack in below.packs])
                vectors.backward(gradient[torch.cat([pack.rows for pack in below.packs])])
            grads = [factor.grad for factor in adapted.parameters()]
            found.append(torch.cat([grad.flatten() for grad in grads if grad is not None]))
            for factor in adapted.parameters():
                factor.grad = None
        assert len(found[0]) == sum(factor.numel() for factor in adapted.parameters())
        assert (found[0] - found[1]).norm() < 1e-4 * found[1].norm()
        assert found[0].norm() > 0
