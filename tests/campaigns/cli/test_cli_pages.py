"""Every command is told: its help ends in an example, its answer has a schema, and its page is what the program writes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from campaigns.cli.examples import MissingExampleError, help_text
from campaigns.cli.main import COMMANDS, SECTIONS, polyloop
from campaigns.cli.pages import commands, pages, write
from campaigns.cli.program import LazyGroup
from campaigns.cli.schemas import MissingSchemaError, document_of

DOCS = Path(__file__).parents[3] / "docs" / "commands"
ALL = {" ".join(path): (path, command) for path, command in commands()}
GROUPS = {"": polyloop, "pretrain": polyloop.get_command(click.Context(polyloop), "pretrain")}


@pytest.mark.parametrize("name", ALL)
def test_the_help_ends_in_an_example_of_the_command_itself(name: str) -> None:
    path, command = ALL[name]
    lines = help_text(name, command).command_lines
    assert lines, "the example shows no command line"
    assert list(path) in [line[: len(path)] for line in lines]


@pytest.mark.parametrize("name", GROUPS)
def test_the_help_of_a_group_ends_in_an_example_too(name: str) -> None:
    group = GROUPS[name]
    assert group is not None
    assert help_text(name, group).command_lines


@pytest.mark.parametrize("name", ALL)
def test_the_example_is_shown_as_it_is_written(name: str) -> None:
    path, command = ALL[name]
    page = CliRunner(env={"COLUMNS": "80"}).invoke(polyloop, [*path, "--help"]).stdout
    shown = [line.strip() for line in page.splitlines()]
    assert [
        line.strip() for line in help_text(name, command).example.splitlines() if line.strip() not in shown
    ] == []


@pytest.mark.parametrize("name", ALL)
def test_every_option_of_an_example_is_one_of_its_command(name: str) -> None:
    _, command = ALL[name]
    for words in help_text(name, command).command_lines:
        found: click.Command = polyloop
        while isinstance(found, LazyGroup):
            below = found.get_command(click.Context(found), words.pop(0))
            assert below is not None, f"{words} names no command"
            found = below
        known = {option for parameter in found.params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= known


@pytest.mark.parametrize("name", ALL)
def test_every_key_of_an_answer_is_described(name: str) -> None:
    schema = document_of(ALL[name][0]).model_json_schema()
    parts = {"the document": schema} | schema.get("$defs", {})
    bare = [
        f"{of}: {key}"
        for of, part in parts.items()
        for key, told in part.get("properties", {}).items()
        if not told.get("description") and "$ref" not in told
    ]
    assert bare == [], "write a docstring below each of these"


@pytest.mark.parametrize("name", ALL)
def test_every_option_and_argument_is_described(name: str) -> None:
    _, command = ALL[name]
    bare = [parameter.name for parameter in command.params if not getattr(parameter, "help", None)]
    assert bare == [], "give each of these a help text"


def test_the_pages_are_what_the_program_writes() -> None:
    made = {place.as_posix(): text for place, text in pages().items()}
    there = {
        file.relative_to(DOCS).as_posix(): file.read_text(encoding="utf-8")
        for file in [*DOCS.glob("*.md"), *DOCS.glob("schemas/*.json")]
    }
    changed = sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))
    assert changed == [], "write them again: python -m campaigns.cli.pages docs/commands"


def test_pages_of_commands_that_are_gone_are_taken_away(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    for gone in (tmp_path / "gone.md", tmp_path / "schemas" / "gone.json"):
        gone.write_text("")
    write(tmp_path)
    assert not list(tmp_path.rglob("gone.*"))
    assert (tmp_path / "propose.md").is_file()


def test_every_published_schema_is_json_schema_of_objects() -> None:
    for file in DOCS.glob("schemas/*.json"):
        schema = json.loads(file.read_text(encoding="utf-8"))
        assert schema["$schema"].startswith("https://json-schema.org/")
        several = [schema["$defs"][each["$ref"].rpartition("/")[2]] for each in schema.get("anyOf", ())]
        assert {part["type"] for part in several or [schema]} == {"object"}


def test_every_command_is_in_one_section_of_the_help() -> None:
    listed = [name for names in SECTIONS.values() for name in names]
    assert sorted(listed) == sorted(set(COMMANDS))


def test_a_command_without_an_example_is_told_what_to_write() -> None:
    with pytest.raises(MissingExampleError, match=r"polyloop act .*a line with \\b, a line 'Example:'"):
        help_text("act", click.Command("act", help="Act.\n\nExample: polyloop act"))


def test_a_command_without_a_schema_is_told_what_to_write() -> None:
    with pytest.raises(
        MissingSchemaError, match=r"write campaigns/cli/schemas/no_such\.py with a class Document"
    ):
        document_of(("no_such",))


def test_a_module_without_a_document_is_told_what_to_write() -> None:
    with pytest.raises(MissingSchemaError, match="class Document"):
        document_of(("parts",))


def test_the_schema_of_a_command_below_a_group_lies_below_too() -> None:
    found = document_of(("pretrain", "corpus"))
    assert issubclass(found, BaseModel)
    assert set(found.model_fields) == {"out", "polymers", "classes"}


def test_every_row_of_a_table_has_as_many_cells_as_its_heading() -> None:
    for path, text in pages().items():
        width = 0
        for line in text.splitlines():
            cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
            assert not width or not cells or cells == width, f"{path}: {line}"
            width = cells
