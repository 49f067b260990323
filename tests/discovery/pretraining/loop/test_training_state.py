"""The state of a run: what was saved is what goes on, and a state of something else is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from discovery.errors import PretrainingError
from discovery.pretraining.loop.training_state import load_state, one_cycle, save_state


def fresh(width: int = 3, seed: int = 0) -> tuple[nn.Module, torch.optim.Optimizer]:
    generator = torch.Generator().manual_seed(seed)
    model = nn.Linear(width, 2)
    for parameter in model.parameters():
        nn.init.normal_(parameter, generator=generator)
    return model, torch.optim.AdamW(model.parameters(), lr=0.1)


def steps(model: nn.Module, optimizer: torch.optim.Optimizer, first: int, last: int) -> None:
    for step in range(first, last):
        inputs = torch.randn(4, 3, generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        model(inputs).square().sum().backward()
        optimizer.step()


def test_a_run_that_goes_on_from_disk_ends_where_an_unbroken_one_does(tmp_path: Path) -> None:
    model, optimizer = fresh()
    steps(model, optimizer, 0, 3)
    save_state(tmp_path, model, optimizer, 3, {"seconds": 1.5})
    steps(model, optimizer, 3, 6)
    resumed, other = fresh(seed=1)
    assert load_state(tmp_path, resumed, other) == (3, {"seconds": 1.5})
    steps(resumed, other, 3, 6)
    for mine, theirs in zip(model.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_nothing_on_disk_is_a_run_at_its_start(tmp_path: Path) -> None:
    assert load_state(tmp_path / "none", *fresh()) == (0, {})


def test_only_the_last_state_is_kept_and_no_pickle(tmp_path: Path) -> None:
    for step in (1, 2):
        save_state(tmp_path, *fresh(), step, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state-2.safetensors", "state.json"]


def test_an_interruption_while_saving_leaves_the_state_before(tmp_path: Path) -> None:
    save_state(tmp_path, *fresh(), 1, {})
    (tmp_path / "state-2.safetensors").write_bytes(b"half a file")
    (tmp_path / "state.json.part").write_text('{"step": 2')
    assert load_state(tmp_path, *fresh())[0] == 1


def test_a_state_of_a_model_of_another_shape_is_refused(tmp_path: Path) -> None:
    save_state(tmp_path, *fresh(), 1, {})
    with pytest.raises(PretrainingError, match="another model size") as caught:
        load_state(tmp_path, *fresh(width=5))
    assert "--work" in caught.value.hint


@pytest.mark.parametrize("name", ["state.json", "state-1.safetensors"])
def test_a_damaged_state_is_an_error_that_names_the_folder(tmp_path: Path, name: str) -> None:
    save_state(tmp_path, *fresh(), 1, {})
    (tmp_path / name).write_bytes(b"{")
    with pytest.raises(PretrainingError, match=str(tmp_path)):
        load_state(tmp_path, *fresh())


def test_a_state_whose_tensors_are_gone_is_an_error_that_names_the_folder(tmp_path: Path) -> None:
    save_state(tmp_path, *fresh(), 1, {})
    (tmp_path / "state-1.safetensors").unlink()
    with pytest.raises(PretrainingError, match=str(tmp_path)):
        load_state(tmp_path, *fresh())


def test_the_learning_rate_rises_over_a_tenth_and_falls_to_nothing() -> None:
    assert one_cycle(0.05) == pytest.approx(0.5)
    assert one_cycle(0.1) == pytest.approx(1.0)
    assert one_cycle(0.55) == pytest.approx(0.5)
    assert one_cycle(1.0) == pytest.approx(0.0)
    falling = [one_cycle(k / 100) for k in range(10, 101)]
    assert falling == sorted(falling, reverse=True)
