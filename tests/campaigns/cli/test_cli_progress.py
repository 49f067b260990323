from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from campaigns.cli.progress import Bars


def wait_for(bars: Bars, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not bars.visible and time.monotonic() < end:
        time.sleep(0.01)


@pytest.fixture
def screen() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=80)


def text_of(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def test_a_quick_computation_shows_no_bar(screen: Console) -> None:
    with Bars(wanted=True, console=screen, patience=60) as progress:
        progress(1, 2, "polymers read")
    assert not progress.visible
    assert text_of(screen) == ""


def test_a_long_computation_shows_what_it_does(screen: Console) -> None:
    with Bars(wanted=True, console=screen, patience=0) as progress:
        progress(1, 4, "polymers read")
        wait_for(progress)
        progress(3, 4, "polymers read")
    assert "polymers read" in text_of(screen)
    assert "3/4" in text_of(screen)


def test_a_total_may_be_unknown(screen: Console) -> None:
    with Bars(wanted=True, console=screen, patience=0) as progress:
        wait_for(progress)
        progress(1000, None, "candidates scored")
    assert "candidates scored" in text_of(screen)


def test_a_bar_that_is_not_wanted_is_never_drawn(screen: Console) -> None:
    with Bars(wanted=False, console=screen, patience=0) as progress:
        progress(1, 2, "polymers read")
        time.sleep(0.05)
    assert text_of(screen) == ""


def test_an_error_takes_the_bar_away(screen: Console) -> None:
    bars = Bars(wanted=True, console=screen, patience=0)
    bars.__enter__()
    wait_for(bars)
    bars.__exit__(RuntimeError, RuntimeError(), None)
    assert "\x1b[?25h" in text_of(screen)  # the cursor, hidden while bars move, is shown again
