from __future__ import annotations

import pytest
import torch
from torch import nn
from transformers import LlamaForCausalLM

from discovery.encoders.text import TextEncoder
from discovery.errors import WeightsError
from discovery.latent.lora import adapt
from discovery.latent.text_blocks import TopBlocks, block_count, pooled, read_below
from discovery.polymers import RepeatUnit


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_top_blocks_on_stored_states_give_what_the_whole_model_gives(
    text: TextEncoder, units: tuple[RepeatUnit, ...], depth: int
) -> None:
    packs = list(read_below(text, units, depth))
    with torch.no_grad():
        vectors = pooled(text, TopBlocks(text.model, depth), packs)
    assert len(packs) > 1
    torch.testing.assert_close(vectors, torch.from_numpy(text.encode(units).vectors), atol=1e-6, rtol=1e-5)


def test_language_model_head_is_passed_over(units: tuple[RepeatUnit, ...], text: TextEncoder) -> None:
    model = LlamaForCausalLM(text.model.config)
    headed = TextEncoder(model, text.tokenizer, name="headed", weights_hash="")
    plain = TextEncoder(model.model, text.tokenizer, name="plain", weights_hash="")
    with torch.no_grad():
        vectors = pooled(headed, TopBlocks(headed.model, 2), list(read_below(headed, units, 2)))
    torch.testing.assert_close(vectors, torch.from_numpy(plain.encode(units).vectors), atol=1e-6, rtol=1e-5)


def test_reading_leaves_no_hook_on_the_model(text: TextEncoder, units: tuple[RepeatUnit, ...]) -> None:
    list(read_below(text, units[:3], 2))
    assert not any(module._forward_pre_hooks for module in text.model.modules())


def test_reading_no_units_gives_no_packs(text: TextEncoder) -> None:
    assert list(read_below(text, [], 2)) == []


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
