"""The training loop: every save is a usable checkpoint, a run goes on where it was saved, and no other run goes on with it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from discovery.errors import PretrainingError
from discovery.pretraining.loop.curves import read_records
from discovery.pretraining.loop.run import Precision, Schedule, fit, usual_precision


class Line(nn.Module):
    """A line through points."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(2, 1)
        nn.init.constant_(self.line.weight, 0.1)
        nn.init.zeros_(self.line.bias)

    def forward(self, inputs: Tensor, wanted: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        loss = (self.line(inputs) - wanted).square().mean()
        return loss, {"square": loss.detach()}


class Points:
    """Points of a line; remembers where it was asked to begin and what it exported, and breaks off in one export."""

    polymers = 8

    def __init__(self, steps: int, scale: float = 1.0, broken: int = 0) -> None:
        self.broken = broken
        self.model = Line()
        self.exported: list[Mapping[str, object]] = []
        self.starts: list[int] = []
        self._steps, self._scale = steps, scale

    def batches(self, start: int) -> Iterator[tuple[Tensor, Tensor]]:
        self.starts.append(start)
        for step in range(start, self._steps):
            inputs = self._scale * torch.randn(8, 2, generator=torch.Generator().manual_seed(step))
            yield inputs, inputs.sum(1, keepdim=True)

    @torch.inference_mode()
    def measure(self, device: torch.device) -> dict[str, float]:
        inputs = torch.eye(2, device=device)
        return {"square": float((self.model.line(inputs) - 1).square().mean())}

    def export(self, out: Path, facts: Mapping[str, object]) -> None:
        (out / "weights").write_text(str(facts["steps done"]))
        if facts["steps done"] == self.broken:
            raise KeyboardInterrupt
        (out / "config").write_text(str(facts["steps done"]))
        self.exported.append(facts)


def schedule(steps: int, save_every: int = 2, learning_rate: float = 0.05) -> Schedule:
    return Schedule(steps, learning_rate, save_every, "fp32")


def run(lesson: Points, folder: Path, plan: Schedule, name: str = "this") -> Path:
    return fit(lesson.model, lesson, plan, folder / "out", folder / "work", run=name, what="training")


def test_training_lowers_the_loss_and_tells_of_every_step(tmp_path: Path) -> None:
    run(Points(60), tmp_path, schedule(60, 60))
    records = read_records(tmp_path / "work" / "losses.jsonl")
    trained = [record.terms["loss"] for record in records if not record.held_out]
    assert len(trained) == 60
    assert trained[-1] < 0.1 * trained[0]


def test_every_save_measures_draws_and_exports(tmp_path: Path) -> None:
    lesson = Points(5)
    run(lesson, tmp_path, schedule(5))
    assert [facts["steps done"] for facts in lesson.exported] == [2, 4, 5]
    assert "held-out square" in lesson.exported[-1]
    measured = [r.step for r in read_records(tmp_path / "work" / "losses.jsonl") if r.held_out]
    assert measured == [2, 4, 5]
    assert (tmp_path / "out" / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_the_card_is_told_of_time_throughput_and_device(tmp_path: Path) -> None:
    lesson = Points(2)
    run(lesson, tmp_path, schedule(2))
    told = lesson.exported[-1]
    assert {"device", "minutes", "seconds a step", "polymers a second"} <= told.keys()


def test_an_interrupted_run_goes_on_from_its_last_save_to_the_same_weights(tmp_path: Path) -> None:
    whole = Points(6)
    run(whole, tmp_path / "whole", schedule(6))

    def interrupt(done: int, total: int | None, what: str) -> None:
        if done == 5:
            raise KeyboardInterrupt

    parts, folder = Points(6), tmp_path / "parts"
    with pytest.raises(KeyboardInterrupt):
        fit(
            parts.model,
            parts,
            schedule(6),
            folder / "out",
            folder / "work",
            run="this",
            what="training",
            progress=interrupt,
        )
    again = Points(6)
    run(again, folder, schedule(6))
    assert again.starts == [4]
    for mine, theirs in zip(whole.model.parameters(), again.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    steps = [record.step for record in read_records(folder / "work" / "losses.jsonl") if not record.held_out]
    assert steps == [1, 2, 3, 4, 5, 6]


def test_an_export_that_breaks_off_leaves_the_checkpoint_before_whole(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(Points(6, broken=4), tmp_path, schedule(6))
    for name in ("weights", "config"):
        assert (tmp_path / "out" / name).read_text() == "2"
    run(Points(6), tmp_path, schedule(6))
    for name in ("weights", "config"):
        assert (tmp_path / "out" / name).read_text() == "6"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_a_gpu_trains_by_the_same_loop(tmp_path: Path, precision: Precision) -> None:
    lesson = Points(60)
    run(lesson, tmp_path, replace(schedule(60, 30), precision=precision))
    trained = [r.terms["loss"] for r in read_records(tmp_path / "work" / "losses.jsonl") if not r.held_out]
    assert trained[-1] < 0.5 * trained[0]
    assert lesson.exported[-1]["device"] == torch.cuda.get_device_name()


@pytest.mark.parametrize(("features", "usual"), [({"avx512_bf16": True}, "bf16"), ({"avx2": True}, "fp32")])
def test_products_are_in_half_precision_where_the_processor_has_it(
    features: dict[str, bool], usual: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: features)
    assert usual_precision() == usual


@pytest.mark.parametrize(("ampere", "usual"), [(True, "bf16"), (False, "fp32")])
def test_products_are_in_half_precision_on_a_gpu_that_has_it(
    ampere: bool, usual: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation=True: ampere or including_emulation
    )
    assert usual_precision() == usual


def test_a_finished_run_tells_what_it_was_trained_with_and_not_where_it_was_exported(tmp_path: Path) -> None:
    lesson, again, before = Points(2), Points(2), torch.get_num_threads()
    run(lesson, tmp_path, schedule(2))
    torch.set_num_threads(before + 1)
    try:
        run(again, tmp_path, schedule(2))
    finally:
        torch.set_num_threads(before)
    for fact in ("device", "version of torch"):
        assert again.exported[-1][fact] == lesson.exported[-1][fact]


def test_a_run_that_goes_on_elsewhere_tells_of_both(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(Points(4, broken=4), tmp_path, schedule(4))
    state = tmp_path / "work" / "state" / "state.json"
    document = json.loads(state.read_text())
    (here,) = document["facts"]["made with"]
    document["step"] = 2
    document["facts"]["made with"] = [here | {"device": "a large one"}]
    state.write_text(json.dumps(document))
    again = Points(4)
    run(again, tmp_path, schedule(4))
    assert again.exported[-1]["device"] == f"a large one, then {here['device']}"
    assert again.exported[-1]["version of torch"] == here["version of torch"]


def test_a_work_folder_that_another_process_is_at_work_in_is_refused(tmp_path: Path) -> None:
    other = f"""
import sys
from pathlib import Path
from discovery.pretraining.loop.one_at_a_time import held
with held(Path({str(tmp_path / "work")!r})):
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", other], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(PretrainingError, match="Another process is at work"):
            run(Points(2), tmp_path, schedule(2))
        process.communicate()
    run(Points(2), tmp_path, schedule(2))  # how it ended does not matter


def test_a_folder_that_the_run_did_not_write_is_refused_before_the_first_step(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model-00001-of-00002.safetensors").touch()
    lesson = Points(2)
    with pytest.raises(PretrainingError, match="did not write them"):
        run(lesson, tmp_path, schedule(2))
    assert lesson.starts == []


def test_a_finished_run_is_exported_again_without_training(tmp_path: Path) -> None:
    run(Points(2), tmp_path, schedule(2))
    again = Points(2)
    run(again, tmp_path, schedule(2))
    assert again.starts == []
    assert [facts["steps done"] for facts in again.exported] == [2]
    assert sum(record.held_out for record in read_records(tmp_path / "work" / "losses.jsonl")) == 1


def test_a_folder_with_another_run_is_refused(tmp_path: Path) -> None:
    run(Points(2), tmp_path, schedule(2))
    with pytest.raises(PretrainingError, match="another run") as caught:
        run(Points(2), tmp_path, schedule(2), "that")
    assert "--work" in caught.value.hint


def test_a_loss_that_is_no_number_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(PretrainingError, match="after step 1") as caught:
        run(Points(3, scale=float("inf")), tmp_path, schedule(3))
    assert "--learning-rate" in caught.value.hint
    assert not (tmp_path / "work" / "state").exists()


def test_the_state_is_json_and_safetensors_alone(tmp_path: Path) -> None:
    run(Points(2), tmp_path, schedule(2))
    state = tmp_path / "work" / "state"
    assert {path.suffix for path in state.iterdir()} == {".json", ".safetensors"}
    assert json.loads((state / "state.json").read_text())["facts"]["run"] == "this"
