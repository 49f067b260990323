from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from discovery.latent.frozen import sharing_copy, stop_at_top, top_quarter


class Block(nn.Module):
    """Doubles, and has something that a model may ask for."""

    attention_type = "full"

    def forward(self, states: Tensor, *, mask: Tensor | None = None) -> Tensor:
        return 2 * states


class Odd(nn.Parameter):
    """Stands for a parameter that carries more than its numbers, as one of 4 bits does."""

    def __deepcopy__(self, memo: dict[int, object]) -> Odd:
        raise AssertionError("must be shared, not copied")


@given(blocks=st.integers(1, 200))
def test_a_quarter_is_rounded_up(blocks: int) -> None:
    assert 4 * (top_quarter(blocks) - 1) < blocks <= 4 * top_quarter(blocks)


def test_a_sharing_copy_has_the_same_storage_and_a_tree_of_its_own() -> None:
    module = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    shared = sharing_copy(module)
    for own, other in zip(
        [*module.parameters(), *module.buffers()], [*shared.parameters(), *shared.buffers()], strict=True
    ):
        assert own.data_ptr() == other.data_ptr()
    assert not set(module.modules()) & set(shared.modules())
    assert all(parameter.requires_grad for parameter in module.parameters())
    assert not any(parameter.requires_grad for parameter in shared.parameters())


def test_parameters_of_another_type_are_shared_as_they_are() -> None:
    module = nn.Module()
    module.weight = Odd(torch.ones(2))
    assert sharing_copy(module).weight is module.weight


def test_stand_ins_note_their_calls_and_hand_the_states_on() -> None:
    layers = nn.ModuleList(Block() for _ in range(4))
    stops = stop_at_top(layers, 2, lambda call: call[0][0])
    states, mask = torch.ones(2), torch.zeros(2)
    for block in layers:
        states = block(states, mask=mask)
    assert states.tolist() == [4, 4]
    assert [call[0][0].tolist() for stop in stops for call in stop.calls] == [[4, 4], [4, 4]]
    assert all(call[1] == {"mask": mask} for stop in stops for call in stop.calls)


def test_what_a_model_asks_of_a_block_is_still_seen() -> None:
    (stop,) = stop_at_top(nn.ModuleList([Block()]), 1, lambda call: call[0][0])
    assert stop.attention_type == "full"
    with pytest.raises(AttributeError, match="window"):
        _ = stop.window
