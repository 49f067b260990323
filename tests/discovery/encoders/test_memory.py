"""Memory: what a model needs, what is told when it does not fit, and how many rows a pass has."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from transformers import AutoModel, LlamaConfig

from discovery.encoders.loading import Loading
from discovery.encoders.memory import (
    GIGABYTE,
    PASS_BYTES,
    ForwardPasses,
    Machine,
    check_fits,
    free_memory,
    weight_bytes,
)
from discovery.errors import EncodingError, WeightsError


@pytest.fixture(scope="module")
def llama3() -> nn.Module:
    """Llama 3 8B without its numbers."""
    config = LlamaConfig(
        vocab_size=128256,
        hidden_size=4096,
        intermediate_size=14336,
        num_hidden_layers=32,
        num_attention_heads=32,
        num_key_value_heads=8,
    )
    with torch.device("meta"):
        model: nn.Module = AutoModel.from_config(config)
    return model


def machine(free: float, gpus: float = 0, main: float = 0) -> Machine:
    device = "cuda:0" if gpus else "cpu"
    return Machine(device, int(free * GIGABYTE), int(gpus * GIGABYTE), int(main * GIGABYTE))


def test_weights_take_what_their_format_says(llama3: nn.Module) -> None:
    """7.50 billion parameters without the head, of which 0.53 are embeddings."""
    sizes = [
        weight_bytes(llama3, *form) / 1e9 for form in (("float32",), ("bfloat16",), ("bfloat16", "4bit"))
    ]
    assert sizes == pytest.approx([30.02, 15.01, 4.65], abs=0.01)


def test_a_model_that_fits_stays_on_one_device(llama3: nn.Module) -> None:
    assert machine(24, gpus=48, main=64).place("llama", llama3, Loading(device_map="auto")) == "device"


def test_a_model_that_does_not_fit_is_spread_where_that_is_allowed(llama3: nn.Module) -> None:
    small = machine(12, gpus=12, main=64)
    assert small.place("llama", llama3, Loading(device_map="auto")) == "spread"
    with pytest.raises(WeightsError, match=r"15\.8 GB as bfloat16; cuda:0 has 12\.0 GB") as caught:
        small.place("llama", llama3, Loading())
    assert 'device_map = "auto"' in caught.value.hint
    assert 'quantization = "4bit" (4.9 GB)' in caught.value.hint


def test_float32_that_does_not_fit_is_answered_with_bfloat16(llama3: nn.Module) -> None:
    with pytest.raises(WeightsError, match=r"31\.5 GB as float32; cpu has 23\.0 GB") as caught:
        machine(23, main=23).place("llama", llama3, Loading(dtype="float32"))
    assert 'dtype = "bfloat16" (15.8 GB)' in caught.value.hint
    assert "4bit" not in caught.value.hint  # there is no GPU for it
    assert "device_map" not in caught.value.hint


def test_four_bits_are_not_spread_into_main_memory(llama3: nn.Module) -> None:
    with pytest.raises(WeightsError, match=r"4\.9 GB as 4-bit weights"):
        machine(4, gpus=4, main=64).place("llama", llama3, Loading("auto", "auto", "4bit"))


def test_a_network_too_large_is_told_with_both_figures() -> None:
    check_fits("Uni-Mol2 1.1B", 1_127_000_000, "cpu", machine(8))
    with pytest.raises(WeightsError, match=r"needs about 4\.7 GB; cpu has 4\.0 GB free"):
        check_fits("Uni-Mol2 1.1B", 1_127_000_000, "cpu", machine(4))


def test_the_main_memory_has_something_free() -> None:
    assert 0 < free_memory("cpu") == pytest.approx(Machine.seen_from("cpu").free, rel=0.5)


@given(row_bytes=st.integers(1, 10**9), length=st.integers(1, 10**4), most=st.sampled_from([1, 2, 8, 64]))
def test_rows_of_a_pass_go_by_the_length_alone_and_keep_to_the_plan(
    row_bytes: int, length: int, most: int
) -> None:
    rows = ForwardPasses("cpu", most, lambda t: float(row_bytes * t)).rows(length)
    assert rows == 1 or rows * row_bytes * length <= PASS_BYTES
    assert rows == most or 2 * rows * row_bytes * length > PASS_BYTES
    assert rows in (1, 2, 4, 8, 16, 32, 64)


def test_without_an_estimate_a_pass_has_as_many_rows_as_it_may() -> None:
    assert ForwardPasses("cpu", 8).rows(10**6) == 8


def test_every_pass_is_full_and_every_member_comes_once() -> None:
    seen: list[int] = []

    def forward(batch: list[int]) -> Tensor:
        seen.append(len(batch))
        return torch.tensor(batch)

    passes = ForwardPasses("cpu", 4)
    done = [
        (batch, vectors[: len(batch)].tolist()) for batch, vectors in passes.run(list(range(10)), 1, forward)
    ]
    assert seen == [4, 4, 4]
    assert [member for batch, _ in done for member in batch] == list(range(10))
    assert all(batch == vectors for batch, vectors in done)


def room_for(rows: int) -> Callable[[list[int]], Tensor]:
    """A forward pass for which PyTorch is asked for more main memory than a machine can have where it gets more rows."""

    def forward(batch: list[int]) -> Tensor:
        torch.empty(2**50 if len(batch) > rows else 1, dtype=torch.uint8)
        return torch.tensor(batch)

    return forward


def test_where_main_memory_runs_out_fewer_rows_go_through_at_once() -> None:
    done = list(ForwardPasses("cpu", 8).run(list(range(8)), 1, room_for(2)))
    assert [batch for batch, _ in done] == [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_a_single_row_too_large_for_main_memory_is_an_error() -> None:
    with pytest.raises(EncodingError, match="cpu ran out of memory on a single polymer"):
        list(ForwardPasses("cpu", 4).run([0, 1], 1, room_for(0)))


def test_any_other_fault_of_a_pass_is_not_taken_for_want_of_memory() -> None:
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        list(ForwardPasses("cpu", 4).run([0, 1], 1, lambda batch: torch.ones(2, 3) @ torch.ones(2, 3)))
