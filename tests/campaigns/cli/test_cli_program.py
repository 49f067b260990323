"""The program around the commands, tried with commands of its own that fail in every way."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import AnsweringCommand, Program
from campaigns.cli.schemas.validation import validated_error
from campaigns.errors import RowProblem, SpecError, SpecProblem, TableError
from discovery.errors import PoolError

PROBLEMS = (
    RowProblem(3, "tg", "abc", "This is not a number.", "Write a number."),
    RowProblem(5, "psmiles", "\x1b[31m*CC", "One attachment point.", "Write two."),
)


def fail_with(error: BaseException) -> click.Command:
    @options.command("act")
    def act() -> Answer:
        raise error

    return act


@options.command("act")
def noisy() -> Answer:
    """Succeed, while a library below prints."""
    print("a library says hello")
    return Answer(
        {"value": float("nan"), "path": Path("a/b")}, lambda console: console.print("412 ± 60 [red]K[/red]")
    )


class OneCommand(Program):
    def __init__(self, command: click.Command) -> None:
        super().__init__("polyloop", targets={"act": "nowhere:nothing"}, help="A program with one command.")
        self.command_itself = command

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self.command_itself if cmd_name == "act" else None


def run(command: click.Command, *arguments: str, **env: str) -> Result:
    return CliRunner(env={"COLUMNS": "80", **env}).invoke(OneCommand(command), ["act", *arguments])


def error_of(result: Result) -> dict[str, object]:
    document = json.loads(result.stdout)
    assert set(document) == {"error"}
    assert validated_error(result.stdout).error.exit_code == result.exit_code
    found: dict[str, object] = document["error"]
    return found


def test_an_answer_is_one_document_with_json() -> None:
    result = run(noisy, "--json")
    assert json.loads(result.stdout) == {"value": None, "path": str(Path("a/b"))}
    assert "hello" in result.stderr


def test_an_answer_is_text_without_json_and_markup_is_not_read() -> None:
    result = run(noisy)
    assert result.stdout == "412 ± 60 [red]K[/red]\n"
    assert result.exit_code == 0


def test_an_error_of_the_user_is_message_and_hint() -> None:
    result = run(fail_with(PoolError("The pool is empty.", "Add a monomer.")))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == "Error: The pool is empty.\nAdd a monomer.\n"


def test_an_error_of_the_user_is_one_document_with_json() -> None:
    result = run(fail_with(PoolError("The pool is empty.", "Add a monomer.")), "--json")
    assert result.exit_code == 2
    assert error_of(result) == {
        "kind": "PoolError",
        "message": "The pool is empty.",
        "hint": "Add a monomer.",
        "problems": [],
        "exit_code": 2,
    }


def test_every_faulty_row_is_listed_with_line_column_value_and_remedy() -> None:
    result = run(fail_with(TableError("2 rows cannot be taken.", PROBLEMS)))
    assert result.exit_code == 2
    for expected in (
        "2 rows cannot be taken.",
        "line 3",
        "tg",
        "abc",
        "Write a number.",
        "line 5",
        "Write two.",
    ):
        assert expected in result.stderr
    assert "\x1b" not in result.stderr
    assert max(len(line) for line in result.stderr.splitlines()) <= 80


def test_every_faulty_row_is_in_the_document() -> None:
    problems = error_of(run(fail_with(TableError("2 rows.", PROBLEMS)), "--json"))["problems"]
    assert isinstance(problems, list)
    assert problems[0] == {
        "line": 3,
        "counted": "line",
        "column": "tg",
        "value": "abc",
        "fault": "This is not a number.",
        "what_to_do": "Write a number.",
    }


def test_every_fault_of_a_spec_is_listed() -> None:
    problem = SpecProblem("objectives[0].unit", "K/mol/? is no unit.", "Write K.")
    result = run(fail_with(SpecError("The spec cannot be read.", [problem])))
    assert "objectives[0].unit" in result.stderr
    assert "Write K." in result.stderr


def test_a_full_disk_is_no_fault_of_the_program() -> None:
    result = run(fail_with(OSError(errno.ENOSPC, "No space left on device", "rounds/001")))
    assert result.exit_code == 3
    assert "rounds/001: No space left on device." in result.stderr


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_fault_of_the_program_keeps_its_traceback_in_a_file(flags: list[str], tmp_path: Path) -> None:
    result = run(fail_with(ZeroDivisionError("division by zero")), *flags, XDG_STATE_HOME=str(tmp_path))
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    (kept,) = (file for file in tmp_path.rglob("fault-*.txt"))
    assert "ZeroDivisionError" in kept.read_text()
    assert "Traceback" in kept.read_text()
    if flags:
        assert error_of(result)["kind"] == "Fault"
    else:
        assert kept.name in result.stderr.replace("\n", "")


def test_a_fault_whose_file_cannot_be_written_shows_its_traceback(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    result = run(fail_with(ZeroDivisionError("division by zero")), XDG_STATE_HOME=str(blocked))
    assert result.exit_code == 1
    assert "Traceback" in result.stderr


def test_the_keyboard_ends_with_one_line() -> None:
    result = run(fail_with(KeyboardInterrupt()))
    assert result.exit_code == 130
    assert result.stderr.strip() == "Stopped."


def test_the_keyboard_ends_with_one_document_with_json() -> None:
    result = run(fail_with(KeyboardInterrupt()), "--json")
    assert result.exit_code == 130
    assert error_of(result)["kind"] == "Interrupted"


def test_a_wrong_option_is_told_with_usage() -> None:
    result = run(noisy, "--colour")
    assert result.exit_code == 2
    assert "Usage: polyloop act" in result.stderr
    assert "--colour" in result.stderr


def test_a_wrong_option_is_one_document_with_json() -> None:
    result = run(noisy, "--colour", "--json")
    assert result.exit_code == 2
    assert "--colour" in str(error_of(result)["message"])


def test_a_command_without_an_answer_is_a_fault(tmp_path: Path) -> None:
    mute = AnsweringCommand("act", callback=lambda: None)
    result = run(mute, XDG_STATE_HOME=str(tmp_path))
    assert result.exit_code == 1
