"""One page per command, made from its help: ``python -m campaigns.cli.pages docs/commands``.

Beside the pages, in ``schemas``, lies the JSON Schema of every answer. A test holds ``docs/commands`` to this program.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from campaigns.cli.examples import PROGRAM, help_text
from campaigns.cli.exit_codes import EXIT_CODES
from campaigns.cli.main import SECTIONS, polyloop
from campaigns.cli.program import LazyGroup
from campaigns.cli.schema_tables import escaped, tables
from campaigns.cli.schemas import document_of, errors, json_schema

SCHEMAS = "schemas"
"""Folder of the JSON Schemas, beside the pages."""

_MADE = "<!-- Made by python -m campaigns.cli.pages docs/commands from the help of the command; change it there. -->"


def pages() -> Mapping[Path, str]:
    """Every file with its text, by its place in the folder.

    Raises:
        MissingExampleError: The help of a command does not end in an example.
        MissingSchemaError: The answer of a command is described nowhere.
    """
    found: dict[Path, str] = {}
    for path, command in commands():
        name = "-".join(path)
        found[Path(f"{name}.md")] = _page(path, command)
        found[Path(SCHEMAS, f"{name}.json")] = _json(
            json_schema(document_of(path), f"polyloop {' '.join(path)}")
        )
    found[Path("errors.md")] = _error_page()
    found[Path(SCHEMAS, "error.json")] = _json(json_schema(errors.Document, "An error of polyloop"))
    found[Path("README.md")] = _index()
    return found


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that answers, with the names that lead to it, in the order of ``--help``."""
    yield from _below((), polyloop)


def _below(path: tuple[str, ...], group: LazyGroup) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name in group.targets:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, LazyGroup):
            yield from _below((*path, name), command)
        else:
            yield (*path, name), command


def _page(path: tuple[str, ...], command: click.Command) -> str:
    name = " ".join(path)
    text = help_text(name, command)
    context = click.Context(command, info_name=f"{PROGRAM} {name}")
    schema = f"{SCHEMAS}/{'-'.join(path)}.json"
    usage = " ".join([PROGRAM, name, *command.collect_usage_pieces(context)])
    parameters = command.get_params(context)
    parts = [
        _MADE,
        f"# polyloop {name}",
        *_paragraphs(text.prose),
        _code("", usage),
        "## Example",
        _code("sh", text.example),
        *_section("Arguments", "argument", [p for p in parameters if isinstance(p, click.Argument)], context),
        *_section("Options", "option", [p for p in parameters if isinstance(p, click.Option)], context),
        "## Exit codes",
        _exit_codes(),
        "## The answer with --json",
        f"JSON Schema: [{schema}]({schema}). Where the command fails, the document is that of [an error](errors.md).",
        *tables(document_of(path)),
    ]
    return "\n\n".join(parts) + "\n"


def _paragraphs(prose: str) -> Iterator[str]:
    """As Markdown: what click leaves as it is written becomes a block of code."""
    for paragraph in prose.split("\n\n"):
        written = paragraph.strip("\n")
        if written.startswith("\b"):
            yield _code("", written.removeprefix("\b").strip("\n"))
        else:
            yield escaped(" ".join(written.split()))


def _section(
    heading: str, kind: str, parameters: Sequence[click.Parameter], context: click.Context
) -> Iterator[str]:
    """Arguments or options as ``--help`` tells them; nothing where there are none."""
    records = [each.get_help_record(context) for each in parameters]
    # a stroke ends a cell of a table in Markdown, in code too
    told = [(names.replace("|", r"\|"), said) for names, said in filter(None, records)]
    rows = [f"| `{names}` | {escaped(said)} |" for names, said in told]
    if rows:
        yield f"## {heading}"
        yield "\n".join([f"| {kind} | what it is |", "|---|---|", *rows])


def _exit_codes() -> str:
    rows = [f"| {code} | {escaped(said)} |" for code, said in EXIT_CODES.items()]
    return "\n".join(["| code | meaning |", "|---|---|", *rows])


def _error_page() -> str:
    parts = [
        _MADE,
        "# Errors with --json",
        "Where a command fails, --json prints this document in place of the answer, on standard output too, and the program "
        "ends with the exit code that it names.",
        f"JSON Schema: [{SCHEMAS}/error.json]({SCHEMAS}/error.json).",
        *tables(errors.Document),
        "## Exit codes",
        _exit_codes(),
    ]
    return "\n\n".join(parts) + "\n"


def _index() -> str:
    parts = [
        _MADE,
        "# The commands of polyloop",
        "What all of them have in common is told in [the command line](../cli.md); what they print where they fail, in "
        "[errors](errors.md).",
    ]
    for heading, names in SECTIONS.items():
        rows = [
            f"| [{' '.join(path)}]({'-'.join(path)}.md) | {escaped(command.get_short_help_str(limit=200))} |"
            for path, command in commands()
            if path[0] in names
        ]
        parts += [f"## {heading}", "\n".join(["| command | what it does |", "|---|---|", *rows])]
    return "\n\n".join(parts) + "\n"


def _code(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


def _json(schema: Mapping[str, object]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path) -> list[Path]:
    """Write every page and schema into ``folder``, and take away those of commands that are gone."""
    made = {folder / place: text for place, text in pages().items()}
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    for gone in {*folder.glob("*.md"), *(folder / SCHEMAS).glob("*.json")} - made.keys():
        gone.unlink()
    return list(made)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Name the folder of the pages: python -m campaigns.cli.pages docs/commands")
    print(f"{len(write(Path(sys.argv[1])))} files are in {sys.argv[1]}.")
