"""The pages of the project lead where they say, and the commands of the model cards are commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from campaigns.cli.main import polyloop

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    [
        ROOT / "README.md",
        *(p for room in ("docs", "benchmarks", "examples") for p in (ROOT / room).rglob("*.md")),
    ]
)
CARDS = sorted((ROOT / "discovery" / "bundled").rglob("MODEL_CARD.md"))
_LINK = re.compile(r"\]\(([^)#\s]+)")


@pytest.mark.parametrize("page", [*PAGES, *CARDS], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    links = [link for link in _LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.parent.name)
def test_the_command_of_a_card_is_one_of_the_program(card: Path) -> None:
    told = re.search(r"Make it again: `([^`]+)`", card.read_text(encoding="utf-8"))
    assert told is not None
    program, *words = shlex.split(told.group(1))
    assert program == "polyloop"
    command: click.Command = polyloop
    context = click.Context(polyloop)
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None
        command = found
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize(
    "weights", sorted((ROOT / "discovery" / "bundled").rglob("*.safetensors")), ids=lambda p: p.parent.name
)
def test_bundled_weights_stay_small(weights: Path) -> None:
    assert weights.stat().st_size < 25e6
