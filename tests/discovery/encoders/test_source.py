"""Where the source of an encoder is looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from discovery.encoders.source import located, located_folder


def test_a_folder_beside_the_spec_is_named_by_its_whole_path(tmp_path: Path) -> None:
    (tmp_path / "mine" / "text").mkdir(parents=True)
    assert located("mine/text", tmp_path) == str((tmp_path / "mine" / "text").resolve())


@pytest.mark.parametrize("source", ["bundled", "untrained", "unimolv1", "unimolv2-84m", "org/model"])
def test_any_other_source_stays_as_it_is(tmp_path: Path, source: str) -> None:
    if source != "org/model":  # a folder does not shadow a word
        (tmp_path / source).mkdir()
    assert located(source, tmp_path) == source


def test_what_can_only_be_a_folder_is_named_by_its_whole_path_though_it_is_not_there(tmp_path: Path) -> None:
    assert located("./none", tmp_path) == str((tmp_path / "none").resolve())


def test_what_no_hub_has_is_a_folder_unless_it_is_a_word(tmp_path: Path) -> None:
    assert located_folder("mine/geometry", tmp_path) == str((tmp_path / "mine" / "geometry").resolve())
    assert located_folder("unimolv2-84m", tmp_path) == "unimolv2-84m"
