"""The folder of a checkpoint is whole at any moment, whatever interrupts its writing."""

from __future__ import annotations

from pathlib import Path

import pytest

from discovery.errors import PretrainingError
from discovery.pretraining.loop.checkpoint_folder import replacing, settle


def write(out: Path, text: str, *, stopped: bool = False) -> None:
    with replacing(out) as folder:
        (folder / "weights").write_text(text)
        if stopped:
            raise KeyboardInterrupt
        (folder / "config").write_text(text)


def held(out: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in out.iterdir()}


def test_a_checkpoint_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    for text in ("one", "two"):
        write(tmp_path / "out", text)
        assert held(tmp_path / "out") == {"weights": text, "config": text}
        assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_error_in_between_leaves_the_one_before_whole(tmp_path: Path) -> None:
    write(tmp_path / "out", "one")
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "out", "two", stopped=True)
    assert held(tmp_path / "out") == {"weights": "one", "config": "one"}
    write(tmp_path / "out", "three")
    assert held(tmp_path / "out") == {"weights": "three", "config": "three"}


def test_files_of_the_user_stay(tmp_path: Path) -> None:
    write(tmp_path / "out", "one")
    (tmp_path / "out" / "notes").write_text("mine")
    write(tmp_path / "out", "two")
    assert held(tmp_path / "out") == {"weights": "two", "config": "two", "notes": "mine"}


def test_an_end_between_the_two_renamings_is_put_right(tmp_path: Path) -> None:
    write(tmp_path / "out", "one")
    (tmp_path / "out").rename(tmp_path / "out.replaced")
    settle(tmp_path / "out")
    assert held(tmp_path / "out") == {"weights": "one", "config": "one"}


def test_an_end_before_the_files_of_the_user_were_taken_over_is_put_right(tmp_path: Path) -> None:
    write(tmp_path / "out", "two")
    (tmp_path / "out.replaced").mkdir()
    for name, text in {"weights": "one", "notes": "mine"}.items():
        (tmp_path / "out.replaced" / name).write_text(text)
    settle(tmp_path / "out")
    assert held(tmp_path / "out") == {"weights": "two", "config": "two", "notes": "mine"}
    assert not (tmp_path / "out.replaced").exists()


def test_a_place_where_a_disk_is_mounted_is_refused() -> None:
    with pytest.raises(PretrainingError, match="A disk is mounted at /"):
        settle(Path("/"))
