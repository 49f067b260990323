"""The folder of a checkpoint is whole at any moment, whatever interrupts its writing, and nothing of the user's is replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from discovery.errors import PretrainingError
from discovery.pretraining.loop.checkpoint_folder import CheckpointFolder

REPLACED = ".out.polyloop-replaced"


@pytest.fixture
def folder(tmp_path: Path) -> CheckpointFolder:
    return CheckpointFolder(tmp_path / "out", tmp_path / "work")


def write(folder: CheckpointFolder, text: str, *, stopped: bool = False, shards: int = 1) -> None:
    with folder.replacing() as new:
        for shard in range(shards):
            (new / f"weights-{shard}").write_text(f"{text} of some length")
        if stopped:
            raise KeyboardInterrupt
        (new / "config").write_text(text)


def held(out: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in out.iterdir()}


def checkpoint(text: str) -> dict[str, str]:
    return {"weights-0": f"{text} of some length", "config": text}


def test_a_checkpoint_takes_the_place_of_the_one_before(folder: CheckpointFolder) -> None:
    for text in ("one", "two"):
        write(folder, text)
        assert held(folder.out) == checkpoint(text)
        assert {path.name for path in folder.out.parent.iterdir()} == {"out", "work"}


def test_an_error_in_between_leaves_the_one_before_whole(folder: CheckpointFolder) -> None:
    write(folder, "one")
    with pytest.raises(KeyboardInterrupt):
        write(folder, "two", stopped=True)
    assert held(folder.out) == checkpoint("one")
    write(folder, "three")
    assert held(folder.out) == checkpoint("three")


def test_what_the_user_puts_beside_it_stays(folder: CheckpointFolder) -> None:
    write(folder, "one")
    (folder.out / "notes").write_text("mine")
    write(folder, "two")
    assert held(folder.out) == checkpoint("two") | {"notes": "mine"}


def test_no_file_of_the_checkpoint_before_is_left(folder: CheckpointFolder) -> None:
    write(folder, "one", shards=3)
    write(folder, "two")
    assert held(folder.out) == checkpoint("two")


def test_a_folder_of_something_else_is_refused_and_left_as_it_is(folder: CheckpointFolder) -> None:
    folder.out.mkdir()
    (folder.out / "campaign.toml").write_text("mine")
    for tried in (folder.check, lambda: write(folder, "one")):
        with pytest.raises(PretrainingError, match="did not write them") as caught:
            tried()
        assert "--out" in caught.value.hint
    assert held(folder.out) == {"campaign.toml": "mine"}


def test_a_checkpoint_of_another_run_is_refused(folder: CheckpointFolder) -> None:
    write(folder, "one")
    other = CheckpointFolder(folder.out, folder.out.with_name("other work"))
    with pytest.raises(PretrainingError, match="did not write them"):
        other.check()


def test_a_checkpoint_whose_weights_the_user_replaced_is_refused(folder: CheckpointFolder) -> None:
    write(folder, "one")
    (folder.out / "weights-0").write_text("mine")
    with pytest.raises(PretrainingError, match="did not write them"):
        folder.settle()


def test_neighbours_with_names_like_those_of_parts_are_left_alone(folder: CheckpointFolder) -> None:
    for name in ("out.part", "out.replaced"):
        (folder.out.parent / name).mkdir()
        (folder.out.parent / name / "notes").write_text("mine")
    write(folder, "one")
    for name in ("out.part", "out.replaced"):
        assert held(folder.out.parent / name) == {"notes": "mine"}


@pytest.mark.parametrize("made_again", [False, True])
def test_an_end_between_the_two_renamings_is_put_right(folder: CheckpointFolder, made_again: bool) -> None:
    write(folder, "one")
    folder.out.rename(folder.out.with_name(REPLACED))
    if made_again:
        folder.out.mkdir()
    folder.settle()
    assert held(folder.out) == checkpoint("one")


def test_an_end_before_the_files_of_the_user_were_taken_over_is_put_right(folder: CheckpointFolder) -> None:
    write(folder, "two")
    before = folder.out.with_name(REPLACED)
    before.mkdir()
    for name, text in {"weights-0": "one", "notes": "mine"}.items():
        (before / name).write_text(text)
    folder.settle()
    assert held(folder.out) == checkpoint("two") | {"notes": "mine"}
    assert not before.exists()


@pytest.mark.parametrize("inside", ["", "work"])
def test_a_work_folder_inside_of_the_checkpoint_is_refused(tmp_path: Path, inside: str) -> None:
    with pytest.raises(PretrainingError, match="is replaced as a whole"):
        CheckpointFolder(tmp_path / "out", tmp_path / "out" / inside).check()


def test_a_file_is_refused(folder: CheckpointFolder) -> None:
    folder.out.touch()
    with pytest.raises(PretrainingError, match="is a file"):
        folder.check()


def test_a_place_where_a_disk_is_mounted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PretrainingError, match="A disk is mounted at /"):
        CheckpointFolder(Path("/"), tmp_path).check()
