from __future__ import annotations

import pytest

from discovery.suggestions import did_you_mean

KNOWN = ("tg", "density", "Refractive_Index")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("tgg", "tg"), ("TG", "tg"), ("densty", "density"), ("refractive index", "Refractive_Index")],
)
def test_a_slip_is_told_as_the_name_is_written(written: str, meant: str) -> None:
    assert did_you_mean(written, KNOWN) == f"Did you mean {meant}?"


@pytest.mark.parametrize("written", ["", "xyz", "conductivity"])
def test_nothing_is_guessed_of_what_is_like_no_name(written: str) -> None:
    assert did_you_mean(written, KNOWN) == ""


def test_without_names_there_is_nothing_to_mean() -> None:
    assert did_you_mean("tg", ()) == ""
