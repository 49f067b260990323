"""Names that stay within a folder, on any machine."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.errors import ArchiveError
from campaigns.exchanging.names import check_names, fault_of


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "../x",
        "a/../../x",
        "a/..",
        "/etc/passwd",
        "//server/share",
        "C:/x",
        "C:x",
        "c:\\x",
        "a\\..\\x",
        "\\\\server\\share\\x",
        "a//b",
        "./a",
        "a/./b",
        "a/",
        "",
        ".",
        "a\x00b",
        "a\nb",
        "a\x1b[2J",
        "a\u2028b",
        "a\udcffb",
        "a.csv:stream",
        "a?",
        "a*",
        "CON",
        "nul.txt",
        "a/COM1.csv",
        "aux .csv",
        "a.",
        "a ",
        "a./b",
        "x" * 201,
        "a/" * 250 + "x",
    ],
)
def test_a_name_that_could_lead_elsewhere_is_not_taken(name: str) -> None:
    assert fault_of(name)
    with pytest.raises(ArchiveError):
        check_names([name])


@pytest.mark.parametrize(
    "name", ["pool.csv", "files/pool.csv", ".hidden", "a b.csv", "Prüfung.csv", "聚.csv", "a..b", "con1"]
)
def test_an_ordinary_name_is_taken(name: str) -> None:
    assert fault_of(name) == ""
    check_names([name])


@pytest.mark.parametrize(
    "names",
    [
        ["a", "a"],
        ["a.csv", "A.CSV"],
        ["straße", "STRASSE"],
        ["\u00e9.csv", "e\u0301.csv"],
        ["\ufb01.csv", "fi.csv"],
        ["a", "a/b"],
        ["A/b", "a"],
    ],
)
def test_names_that_some_machine_takes_for_one_are_refused_together(names: list[str]) -> None:
    with pytest.raises(ArchiveError):
        check_names(names)


@given(st.text(alphabet=st.sampled_from("ab./\\:.. ~C\x00é"), max_size=12))
def test_whatever_is_taken_stays_within_its_folder(name: str) -> None:
    if fault_of(name):
        return
    base = Path("/somewhere/deep")
    assert Path(os.path.normpath(base / name)).is_relative_to(base)
    assert not PureWindowsPath(name).is_absolute()
    assert not PureWindowsPath(name).drive
    assert ".." not in PureWindowsPath(name).parts
    assert str(PurePosixPath(name)) == name
