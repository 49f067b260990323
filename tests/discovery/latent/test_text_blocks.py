from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoModel, LlamaForCausalLM

from discovery.encoders.text import TextEncoder
from discovery.errors import WeightsError
from discovery.latent.lora import adapt
from discovery.latent.text_blocks import TextBlocks, TopBlocks, block_count
from discovery.polymers import RepeatUnit


def _through_top(encoder: TextEncoder, units: Sequence[RepeatUnit], depth: int) -> torch.Tensor:
    top = TextBlocks.of(encoder, depth)
    packs = list(top.packs(units))
    assert len(packs) > 1
    blocks = top.copied()
    with torch.no_grad():
        vectors = torch.cat([top.vectors(blocks, pack) for pack in packs])
    return vectors[torch.argsort(torch.cat([pack.rows for pack in packs]))]


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_top_blocks_on_stored_states_give_what_the_whole_model_gives(
    text: TextEncoder, units: tuple[RepeatUnit, ...], depth: int
) -> None:
    whole = torch.from_numpy(text.encode(units).vectors)
    torch.testing.assert_close(_through_top(text, units, depth), whole, atol=1e-6, rtol=1e-5)


def test_language_model_head_is_passed_over(units: tuple[RepeatUnit, ...], text: TextEncoder) -> None:
    model = LlamaForCausalLM(text.model.config)
    headed = TextEncoder(model, text.tokenizer, name="headed", weights_hash="")
    plain = TextEncoder(model.model, text.tokenizer, name="plain", weights_hash="")
    whole = torch.from_numpy(plain.encode(units).vectors)
    torch.testing.assert_close(_through_top(headed, units, 2), whole, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("kind", ["qwen2", "mistral"])
def test_kinds_of_attention_that_differ_from_block_to_block_are_kept(
    units: tuple[RepeatUnit, ...], text: TextEncoder, kind: str
) -> None:
    sizes = text.model.config.to_dict()
    kept = (
        "vocab_size",
        "hidden_size",
        "intermediate_size",
        "num_attention_heads",
        "max_position_embeddings",
    )
    config = AutoConfig.for_model(
        kind,
        **{name: sizes[name] for name in kept},
        num_hidden_layers=4,
        num_key_value_heads=2,
        sliding_window=4,
        **({"use_sliding_window": True, "max_window_layers": 3} if kind == "qwen2" else {}),
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        model = AutoModel.from_config(config)
    encoder = TextEncoder(model, text.tokenizer, name=kind, weights_hash="")
    whole = torch.from_numpy(encoder.encode(units).vectors)
    torch.testing.assert_close(_through_top(encoder, units, 2), whole, atol=1e-6, rtol=1e-5)


def test_reading_leaves_the_model_as_it_was(text: TextEncoder, units: tuple[RepeatUnit, ...]) -> None:
    before = list(text.model.modules())
    list(TextBlocks.of(text, 2).packs(units[:3]))
    assert list(text.model.modules()) == before
    assert not any(module._forward_pre_hooks for module in text.model.modules())


def test_reading_no_units_gives_no_packs(text: TextEncoder) -> None:
    assert list(TextBlocks.of(text, 2).packs([])) == []


def test_blocks_share_the_weights_but_adapters_stay_out_of_the_model(text: TextEncoder) -> None:
    before = [name for name, _ in text.model.named_modules()]
    top = TopBlocks(text.model, 2)
    own = dict(text.model.named_parameters())
    assert all(p.data_ptr() == own[name].data_ptr() for name, p in top.named_parameters())
    adapt(top, top.linear_layers(), rank=2, alpha=2, seed=0)
    assert [name for name, _ in text.model.named_modules()] == before


def test_all_linear_layers_of_the_blocks_are_found(text: TextEncoder) -> None:
    names = TopBlocks(text.model, 2).linear_layers()
    assert len(names) == 2 * 7
    assert {name.split(".")[1] for name in names} == {"1", "2"}


def test_model_that_is_no_llama_is_refused_by_name() -> None:
    with pytest.raises(WeightsError, match="Linear cannot be refined"):
        block_count(nn.Linear(2, 2))


def test_more_blocks_than_the_model_has_are_refused(text: TextEncoder) -> None:
    with pytest.raises(ValueError, match="top 4"):
        TopBlocks(text.model, 4)
