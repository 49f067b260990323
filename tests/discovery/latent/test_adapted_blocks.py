"""What holds for the adapted blocks of either encoder: fresh they change nothing, and their gradients are exact."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
import torch
from accelerate import dispatch_model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peft import PeftModel
from torch import Tensor, nn

from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.loading import Loading
from discovery.encoders.text import TextEncoder
from discovery.errors import EncodingError, WeightsError
from discovery.latent.adapted_blocks import AdaptedBlocks, embed_all
from discovery.latent.frozen import Blocks
from discovery.polymers import RepeatUnit

Frozen = TextEncoder | GeometryEncoder
Units = tuple[RepeatUnit, ...]


@pytest.fixture(params=["text", "geometry"])
def encoder(request: pytest.FixtureRequest) -> Frozen:
    name = {"text": "text", "geometry": "uni_mol"}[request.param]
    return cast(Frozen, request.getfixturevalue(name))


@pytest.fixture
def some(units: Units) -> Units:
    """Of several lengths and sizes, so that they make several packs."""
    return units[::2]


def _fresh(encoder: Frozen, seed: int = 0) -> AdaptedBlocks:
    return AdaptedBlocks.fresh(encoder, rank=2, alpha=4, seed=seed, depth=2)


def _trained(encoder: Frozen, seed: int = 0) -> AdaptedBlocks:
    """As if training had moved every factor."""
    adapted = _fresh(encoder, seed)
    generator = torch.Generator().manual_seed(seed)
    adapted.restore({n: 0.3 * torch.randn(t.shape, generator=generator) for n, t in adapted.state().items()})
    return adapted


def _entangled(vectors: Tensor) -> Tensor:
    """A loss whose gradient at each row hangs on all the others, as a likelihood's does."""
    centred = vectors - vectors.mean(0)
    return torch.logdet(torch.eye(len(vectors)) + centred @ centred.T) + vectors.square().sum()


def _gradients(adapted: AdaptedBlocks) -> dict[str, Tensor]:
    found = {n: p.grad for n, p in adapted.model.named_parameters() if p.requires_grad and p.grad is not None}
    for factor in adapted.parameters():
        factor.grad = None
    return found


def _plain(adapted: AdaptedBlocks, units: Units) -> dict[str, Tensor]:
    """Gradients of one graph through all polymers."""
    below = adapted.read(units)
    vectors = torch.cat([adapted.top.vectors(adapted.model, pack) for pack in below.packs])
    _entangled(vectors[torch.argsort(torch.cat([pack.rows for pack in below.packs]))]).backward()
    return _gradients(adapted)


def _assert_same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert found.keys() == expected.keys() != set()
    for name, gradient in expected.items():
        assert (found[name] - gradient).norm() <= 1e-4 * gradient.norm(), name


def test_a_fresh_adapter_changes_nothing(encoder: Frozen, some: Units) -> None:
    adapted = _fresh(encoder)
    vectors = adapted.vectors(adapted.read(some))
    torch.testing.assert_close(vectors, torch.from_numpy(encoder.encode(some).vectors), atol=1e-5, rtol=1e-5)


def test_trained_factors_change_the_vectors(encoder: Frozen, some: Units) -> None:
    assert (_trained(encoder).embed(some) - _fresh(encoder).embed(some)).abs().max() > 0.01


def test_embedding_gives_the_vectors_of_what_was_read(encoder: Frozen, some: Units) -> None:
    adapted = _trained(encoder)
    below = adapted.read(some)
    assert len(below) == len(some)
    assert torch.equal(adapted.embed(some), adapted.vectors(below))


def test_no_units_give_no_rows(encoder: Frozen) -> None:
    adapted = _fresh(encoder)
    assert adapted.embed([]).shape == adapted.vectors(adapted.read([])).shape == (0, encoder.dim)


def test_gradients_pack_by_pack_are_those_of_one_graph(encoder: Frozen, some: Units) -> None:
    adapted = _trained(encoder)
    expected = _plain(adapted, some)
    below = adapted.read(some)
    assert len(below.packs) > 1
    vectors = adapted.vectors(below).requires_grad_()
    _entangled(vectors).backward()
    assert vectors.grad is not None
    adapted.backward(below, vectors.grad)
    _assert_same(_gradients(adapted), expected)


@pytest.mark.parametrize("memory", [0, 10**9])
def test_a_step_has_the_same_gradients_whether_its_graph_is_kept(
    encoder: Frozen, some: Units, memory: int
) -> None:
    adapted = _trained(encoder)
    expected = _plain(adapted, some)
    traced = adapted.traced(adapted.read(some), memory)
    _entangled(traced.vectors).backward()
    traced.settle()
    _assert_same(_gradients(adapted), expected)


def test_gradient_checkpointing_gives_the_same_gradients(encoder: Frozen, some: Units) -> None:
    adapted = _trained(encoder)
    expected = _plain(adapted, some)
    cast(Blocks, adapted.model.get_base_model()).spares_memory = True
    below = adapted.read(some)
    kept: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        traced = adapted.traced(below)
    assert len(kept) < 20 * len(below.packs)  # without checkpoints a block keeps some fifty
    _entangled(traced.vectors).backward()
    traced.settle()
    _assert_same(_gradients(adapted), expected)


def test_gradients_add_up_and_rows_without_any_cost_nothing(encoder: Frozen, some: Units) -> None:
    adapted = _trained(encoder)
    below = adapted.read(some)
    gradient = torch.zeros(len(some), adapted.dim)
    adapted.backward(below, gradient)
    assert _gradients(adapted) == {}
    gradient[0] = 1
    adapted.backward(below, gradient)
    once = _gradients(adapted)
    adapted.backward(below, gradient)
    adapted.backward(below, gradient)
    _assert_same(_gradients(adapted), {name: 2 * each for name, each in once.items()})


def test_a_step_that_no_loss_reached_settles_to_nothing(encoder: Frozen, some: Units) -> None:
    adapted = _trained(encoder)
    traced = adapted.traced(adapted.read(some))
    traced.settle()
    traced.vectors.grad = torch.zeros_like(traced.vectors)
    traced.settle()
    assert _gradients(adapted) == {}


def test_a_kept_graph_is_no_larger_than_was_estimated(encoder: Frozen, some: Units) -> None:
    adapted = _trained(encoder)
    below = adapted.read(some)
    known = {p.untyped_storage().data_ptr() for p in [*adapted.model.parameters(), *adapted.model.buffers()]}
    sizes: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        kept = [adapted.top.vectors(adapted.model, pack) for pack in below.packs]
    assert len(kept) == len(below.packs)
    estimate = sum(adapted.top.graph_bytes(pack) for pack in below.packs)
    assert 0.2 * estimate < sum(sizes.values()) < estimate


def test_training_leaves_the_encoder_as_it_was(encoder: Frozen, some: Units) -> None:
    model: nn.Module = encoder.model if isinstance(encoder, TextEncoder) else encoder.network.model
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    names, vectors = [name for name, _ in model.named_modules()], encoder.encode(some).vectors
    adapted = _fresh(encoder)
    optimiser = torch.optim.SGD(adapted.parameters(), lr=0.1)
    for _ in range(2):
        traced = adapted.traced(adapted.read(some))
        _entangled(traced.vectors).backward()
        traced.settle()
        optimiser.step()
    assert [name for name, _ in model.named_modules()] == names
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert (encoder.encode(some).vectors == vectors).all()


def test_adapters_of_one_encoder_read_the_units_once(encoder: Frozen, some: Units) -> None:
    adapters = [_trained(encoder, seed) for seed in (0, 1)]
    told: list[int] = []
    found = embed_all(adapters, some, lambda done, total, what: told.append(done))
    assert told == sorted(told)
    assert told[-1] == len(some)
    assert not torch.allclose(*found)
    for adapter, vectors in zip(adapters, found, strict=True):
        assert torch.equal(vectors, adapter.embed(some))


def test_adapters_of_two_encoders_cannot_read_together(text: TextEncoder, uni_mol: GeometryEncoder) -> None:
    with pytest.raises(ValueError, match="several encoders"):
        embed_all([_fresh(text), _fresh(uni_mol)], [])


def test_a_saved_adapter_is_the_same_when_loaded(encoder: Frozen, some: Units, tmp_path: Path) -> None:
    adapted = _trained(encoder)
    adapted.save(tmp_path)
    again = AdaptedBlocks.load(encoder, tmp_path)
    assert again.settings == adapted.settings
    assert again.kind == adapted.kind
    assert torch.equal(again.embed(some), adapted.embed(some))


def test_restoring_goes_back(encoder: Frozen, some: Units) -> None:
    adapted = _fresh(encoder)
    state, vectors = adapted.state(), adapted.embed(some)
    adapted.restore(_trained(encoder).state())
    adapted.restore(state)
    assert torch.equal(adapted.embed(some), vectors)


def test_an_adapter_that_is_missing_or_cut_is_refused(encoder: Frozen, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read"):
        AdaptedBlocks.load(encoder, tmp_path)
    _fresh(encoder).save(tmp_path)
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(WeightsError, match="cannot be read"):
        AdaptedBlocks.load(encoder, tmp_path)


def test_an_adapter_of_another_encoder_is_refused(
    text: TextEncoder, uni_mol: GeometryEncoder, tmp_path: Path
) -> None:
    _fresh(text).save(tmp_path)
    with pytest.raises(WeightsError, match="another model"):
        AdaptedBlocks.load(uni_mol, tmp_path)


@pytest.mark.parametrize(("layers", "depth"), [(6, 2), (6, 6)])
def test_an_adapter_of_a_deeper_network_is_refused(
    make_geometry: Callable[..., GeometryEncoder],
    uni_mol: GeometryEncoder,
    tmp_path: Path,
    layers: int,
    depth: int,
) -> None:
    deeper = make_geometry(0, layers=layers)
    AdaptedBlocks.fresh(deeper, rank=1, alpha=1, seed=0, depth=depth).save(tmp_path)
    with pytest.raises(WeightsError, match="another model"):
        AdaptedBlocks.load(uni_mol, tmp_path)


@pytest.mark.filterwarnings(
    "ignore:`is_gradient_checkpointing`:FutureWarning"
)  # PEFT asks transformers by the old name
def test_peft_loads_the_text_adapter_onto_the_whole_model(
    text: TextEncoder, some: Units, tmp_path: Path
) -> None:
    adapted = _trained(text)
    adapted.save(tmp_path)
    whole = PeftModel.from_pretrained(copy.deepcopy(text.model), str(tmp_path), is_trainable=True)
    tokens = text.tokenize(text.texts(some))
    vectors = text.pool(whole(**tokens, use_cache=False).last_hidden_state, tokens["attention_mask"])
    torch.testing.assert_close(vectors.detach(), adapted.embed(some), rtol=1e-5, atol=1e-5)
    _entangled(vectors).backward()
    expected = {n: p.grad for n, p in whole.named_parameters() if p.grad is not None}
    _assert_same(_plain(adapted, some), expected)


def test_peft_loads_the_geometry_adapter_onto_the_whole_network(
    uni_mol: GeometryEncoder, some: Units, tmp_path: Path
) -> None:
    adapted = _trained(uni_mol)
    adapted.save(tmp_path)
    network = copy.copy(uni_mol.network)
    whole = PeftModel.from_pretrained(copy.deepcopy(network.model), str(tmp_path))
    network.model = cast(nn.Module, whole.get_base_model())
    vectors = torch.from_numpy(
        GeometryEncoder(network, uni_mol.conformers, name="adapted").encode(some).vectors
    )
    torch.testing.assert_close(vectors, adapted.embed(some), rtol=1e-5, atol=1e-5)


def test_a_bfloat16_model_has_float32_factors_with_gradients(llama3_folder: Path, some: Units) -> None:
    short = TextEncoder.load(str(llama3_folder), loading=Loading(dtype="bfloat16"), device="cpu")
    adapted = _trained(short)
    assert {factor.dtype for factor in adapted.parameters()} == {torch.float32}
    traced = adapted.traced(adapted.read(some), memory=0)
    assert traced.vectors.dtype == torch.float32
    _entangled(traced.vectors).backward()
    traced.settle()
    _assert_same(_gradients(adapted), _plain(adapted, some))


def test_a_model_that_accelerate_has_placed_is_adapted_like_any_other(text: TextEncoder, some: Units) -> None:
    expected = _plain(_trained(text), some)
    parts = [name for name, _ in text.model.named_children() if name != "layers"]
    parts += [f"layers.{block}" for block in range(3)]
    dispatch_model(text.model, dict.fromkeys(parts, "cpu"), main_device="cpu", force_hooks=True)
    adapted = _trained(text)
    traced = adapted.traced(adapted.read(some))
    _entangled(traced.vectors).backward()
    traced.settle()
    _assert_same(_gradients(adapted), expected)


def test_a_quarter_of_the_blocks_is_adapted_rounded_up(
    make_geometry: Callable[..., GeometryEncoder], text: TextEncoder
) -> None:
    encoders = [text, *(make_geometry(0, layers=layers) for layers in (1, 4, 5, 8))]
    assert [AdaptedBlocks.fresh(each, rank=1, alpha=1, seed=0).depth for each in encoders] == [1, 1, 1, 2, 2]


def test_polymers_that_the_network_cannot_read_are_named(uni_mol: GeometryEncoder, some: Units) -> None:
    nylon = RepeatUnit.parse("*NCCCCCC(*)=O")
    with pytest.raises(EncodingError, match="1 of 31 polymers") as caught:
        _fresh(uni_mol).read([*some, nylon])
    assert nylon.psmiles in caught.value.message
    assert "element N" in caught.value.message
    assert caught.value.hint


def test_polymers_too_long_for_the_model_are_named(text: TextEncoder, some: Units) -> None:
    chain = RepeatUnit.parse(f"*{'C' * 400}O*")
    with pytest.raises(EncodingError, match="at most 256") as caught:
        _fresh(text).embed([*some, chain])
    assert chain.psmiles in caught.value.message


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(picked=st.lists(st.integers(0, 59), max_size=25))
def test_any_polymers_in_any_order_keep_their_rows(
    text: TextEncoder, units: Units, picked: list[int]
) -> None:
    adapted = _fresh(text)
    whole = adapted.embed(units)
    torch.testing.assert_close(adapted.embed([units[i] for i in picked]), whole[picked], rtol=1e-5, atol=1e-5)
