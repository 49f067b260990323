"""The record of the losses: what was not saved is forgotten, and the picture shows both kinds."""

from __future__ import annotations

from pathlib import Path

import pytest

from discovery.errors import PretrainingError
from discovery.pretraining.loop.curves import Record, draw_curves, forget_after, read_records

RECORDS = [
    *(Record(step, False, {"loss": 1 / step, "token": 2 / step}) for step in range(1, 9)),
    Record(8, True, {"token": 0.4, "cosine ratio": 1.5}),
]


def write(file: Path) -> None:
    file.write_text("".join(record.line() for record in RECORDS), encoding="utf-8")


def test_records_are_read_as_written(tmp_path: Path) -> None:
    write(tmp_path / "losses.jsonl")
    assert read_records(tmp_path / "losses.jsonl") == RECORDS


def test_a_run_without_a_record_has_none(tmp_path: Path) -> None:
    assert read_records(tmp_path / "losses.jsonl") == []
    forget_after(tmp_path / "losses.jsonl", 3)


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    write(tmp_path / "losses.jsonl")
    with (tmp_path / "losses.jsonl").open("a") as file:
        file.write('{"step": 9, "held_')
    assert read_records(tmp_path / "losses.jsonl") == RECORDS


@pytest.mark.parametrize("line", ["{", "[]", '{"held_out": true}'])
def test_a_line_in_between_that_is_no_record_is_told(tmp_path: Path, line: str) -> None:
    (tmp_path / "losses.jsonl").write_text(f"{RECORDS[0].line()}{line}\n{RECORDS[1].line()}")
    with pytest.raises(PretrainingError, match="Line 2"):
        read_records(tmp_path / "losses.jsonl")


def test_steps_that_were_not_saved_are_forgotten(tmp_path: Path) -> None:
    write(tmp_path / "losses.jsonl")
    forget_after(tmp_path / "losses.jsonl", 5)
    assert [record.step for record in read_records(tmp_path / "losses.jsonl")] == [1, 2, 3, 4, 5]


def test_the_picture_is_a_png_with_a_panel_for_every_term(tmp_path: Path) -> None:
    draw_curves(RECORDS, tmp_path / "three.png")
    draw_curves([Record(1, False, {"loss": 1.0})], tmp_path / "one.png")
    three, one = ((tmp_path / name).read_bytes() for name in ("three.png", "one.png"))
    assert three.startswith(b"\x89PNG")
    width = [int.from_bytes(png[16:20], "big") for png in (three, one)]
    assert width[0] == 3 * width[1]
