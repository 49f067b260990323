"""Colours and bars are for a terminal that somebody watches, and for nobody who does not want them."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys

import pytest

pty = pytest.importorskip("pty", reason="needs a pseudo-terminal")

COLOUR = re.compile(r"\x1b\[(?:\d+;)*3\dm")
ANY_CODE = "\x1b"

FAILING = "from campaigns.cli.main import polyloop; polyloop(['no-such-command'])"
WORKING = """
import time, click
from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Program
@options.command("act")
@click.pass_obj
def act(terminal):
    with terminal.progress() as bars:
        bars(1, 2, "polymers read")
        end = time.monotonic() + 30
        while terminal.watched and not bars.visible and time.monotonic() < end:
            time.sleep(0.01)
    return Answer({}, lambda console: click.echo("done"))
class One(Program):
    def get_command(self, ctx, cmd_name):
        return act
One("polyloop", targets={"act": "a:b"}, help="One.")"""


def seen(code: str, **env: str) -> str:
    """What a terminal gets on standard output and standard error."""
    outer, inner = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    running = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        stdout=inner,
        stderr=inner,
        env=clean | {"TERM": "xterm-256color", **env},
    )
    os.close(inner)
    text = b""
    with contextlib.suppress(OSError):  # the end of a terminal whose last writer has left
        while part := os.read(outer, 4096):
            text += part
    os.close(outer)
    running.wait(timeout=60)
    return text.decode("utf-8")


def piped(code: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | env, check=False, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def test_a_terminal_gets_colours() -> None:
    assert COLOUR.search(seen(FAILING))


def test_nobody_gets_colours_who_does_not_want_them() -> None:
    text = seen(FAILING, NO_COLOR="1")
    assert "Error: " in text
    assert not COLOUR.search(text)


def test_an_empty_no_color_says_nothing() -> None:
    assert COLOUR.search(seen(FAILING, NO_COLOR=""))


def test_a_pipe_gets_no_colours() -> None:
    text = piped(FAILING)
    assert "Error: " in text
    assert ANY_CODE not in text


def test_a_terminal_gets_bars() -> None:
    assert "polymers read" in seen(WORKING + "(['act'])")


@pytest.mark.parametrize("option", ["--quiet", "--json"])
def test_there_are_no_bars_where_they_are_not_wanted(option: str) -> None:
    text = seen(WORKING + f"(['act', '{option}'])")
    assert ANY_CODE not in text
    assert "polymers read" not in text


def test_a_dumb_terminal_gets_no_bars() -> None:
    assert "polymers read" not in seen(WORKING + "(['act'])", TERM="dumb")


def test_a_pipe_gets_no_bars() -> None:
    assert piped(WORKING + "(['act'])") == "done\n"
