"""``--log-file`` and ``--quiet``, tried with a command that does what commands and libraries do."""

from __future__ import annotations

import json
import logging
import re
import sys
import warnings
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.log_file import Overheard
from campaigns.cli.passwords import without_passwords
from campaigns.cli.pretrain.stages import stages
from campaigns.cli.program import Program, Terminal
from campaigns.errors import RowProblem, StateError, TableError

LINE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \d+ (INFO|WARNING|ERROR) [\w.]+: ")


def program(command: click.Command) -> Program:
    class One(Program):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            return command if cmd_name == "act" else None

    return One("polyloop", targets={"act": "nowhere:nothing"}, help="One.", params=options.of_every_command())


def acting(error: Exception | None = None) -> Program:
    @options.command("act")
    @click.pass_obj
    def act(terminal: Terminal) -> Answer:
        """Act."""
        with stages(terminal) as progress:
            progress(0, 3, "polymers read")
            progress(3, 3, "polymers read")
        print("a library prints")
        print("a library complains", file=sys.stderr)
        logging.getLogger("a.library").warning("a library logs")
        warnings.warn("a library warns", UserWarning, stacklevel=1)
        if error is not None:
            raise error
        return Answer(
            {"value": 1, "rows": [{"a": 1}], "notes": ["as told"]}, lambda console: console.print("done")
        )

    return program(act)


def run(made: Program, *arguments: str | Path, **env: str) -> Result:
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        return CliRunner(env=env).invoke(made, [str(argument) for argument in arguments])


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "run.log"


def test_a_log_tells_command_stages_warnings_answer_and_end(log: Path) -> None:
    result = run(acting(), "act", "--log-file", log)
    assert result.exit_code == 0, result.output
    assert result.stdout == "done\n"
    text = log.read_text()
    told = (
        f"polyloop act --log-file {log}",
        "Python 3.",
        "INFO polyloop: polymers read",
        "a library prints",
        "a library complains",
        "WARNING a.library: a library logs",
        "UserWarning: a library warns",
        'answer: {"value": 1, "rows": "1 entries", "notes": ["as told"]}',
        "exit code 0 after",
    )
    places = [text.find(each) for each in told]
    assert -1 not in places, told[places.index(-1)]
    assert text.count("INFO polyloop: polymers read") == 1
    assert all(LINE.match(line) for line in text.splitlines())


def test_a_log_is_appended_to(log: Path) -> None:
    for _ in range(2):
        run(acting(), "act", "--log-file", log)
    assert log.read_text().count("exit code 0") == 2


def test_the_option_may_stand_before_the_command(log: Path) -> None:
    assert run(acting(), "--quiet", "--log-file", log, "act").stderr == ""
    assert "exit code 0" in log.read_text()


def test_a_log_tells_an_error_with_every_faulty_row(log: Path) -> None:
    problem = RowProblem(3, "tg", "abc", "This is not a number.", "Write a number.")
    result = run(acting(TableError("1 fault.", [problem], "Mend it.")), "act", "--log-file", log)
    assert result.exit_code == 2
    text = log.read_text()
    assert "ERROR polyloop: TableError: 1 fault. Mend it." in text
    assert "line 3, column tg" in text
    assert "exit code 2" in text
    assert "Traceback" not in text


def test_a_log_keeps_the_traceback_of_a_fault(log: Path, tmp_path: Path) -> None:
    result = run(acting(ZeroDivisionError("x")), "act", "--log-file", log, XDG_STATE_HOME=str(tmp_path))
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert "Traceback" in log.read_text()


def test_nothing_global_is_left_behind(log: Path) -> None:
    shown, handlers = warnings.showwarning, list(logging.getLogger().handlers)
    known = set(logging.Logger.manager.loggerDict) | {"a.library", "a"}
    for error in (None, StateError("x"), KeyboardInterrupt()):
        run(acting(error), "act", "--quiet", "--log-file", log)  # type: ignore[arg-type]
        assert warnings.showwarning is shown
        assert logging.getLogger().handlers == handlers
        assert set(logging.Logger.manager.loggerDict) <= known


def test_a_log_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    result = run(acting(), "act", "--log-file", tmp_path / "none" / "run.log")
    assert result.exit_code == 2
    assert "no folder" in result.stderr
    assert "a library prints" not in result.stderr
    assert run(acting(), "act", "--log-file", tmp_path).exit_code == 2


def test_without_quiet_standard_error_tells_what_goes_on() -> None:
    told = run(acting(), "act").stderr
    for each in ("polymers read", "a library prints", "a library complains"):
        assert each in told


def test_quiet_leaves_the_answer_and_nothing_else() -> None:
    result = run(acting(), "act", "--quiet")
    assert (result.stdout, result.stderr) == ("done\n", "")


def test_quiet_leaves_errors() -> None:
    result = run(acting(StateError("The disk is full.", "Make room.")), "act", "-q")
    assert (result.stdout, result.stderr) == ("", "Error: The disk is full.\nMake room.\n")
    assert result.exit_code == 3


def test_what_quiet_keeps_from_the_terminal_is_in_the_log(log: Path) -> None:
    assert run(acting(), "act", "-q", "--log-file", log).stderr == ""
    for each in ("a library prints", "a library complains", "a library warns"):
        assert each in log.read_text()


def test_quiet_and_json_give_one_document() -> None:
    result = run(acting(), "act", "-q", "--json")
    assert json.loads(result.stdout)["value"] == 1
    assert result.stderr == ""


def test_what_is_overheard_is_whole_lines_and_the_last_state_of_a_bar(tmp_path: Path) -> None:
    lines: list[str] = []
    with (tmp_path / "stream").open("w+") as stream:
        heard = Overheard(stream, lines.append, quiet=False)
        for part in ("load", "ing 1 %\rloading 100 %\nnext", "\n\n"):
            heard.write(part)
        heard.flush()
        stream.seek(0)
        assert stream.read() == "loading 1 %\rloading 100 %\nnext\n\n".replace("\r", "\n")
    assert lines == ["loading 100 %", "next"]


def test_a_library_that_logs_to_standard_error_is_not_told_for_ever(log: Path) -> None:
    @options.command("act")
    def act() -> Answer:
        """Act."""
        handler = logging.StreamHandler()
        logging.getLogger().addHandler(handler)
        try:
            logging.getLogger("a.library").warning("once")
        finally:
            logging.getLogger().removeHandler(handler)
        return Answer({}, lambda console: None)

    result = run(program(act), "act", "--log-file", log)
    assert result.exit_code == 0, result.output
    assert result.stderr == "once\n"
    assert log.read_text().count("once") == 2  # as it was logged, and as it was printed


def test_no_text_begins_a_line_of_the_log_or_steers_a_terminal(log: Path) -> None:
    run(
        acting(TableError("x", [RowProblem(3, "tg", "a", "\x1b[31m\n2026-11-22 forged", "")])),
        "act",
        "--log-file",
        log,
    )
    assert "\x1b" not in log.read_text()
    assert all(LINE.match(line) for line in log.read_text().splitlines())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_log_whose_disk_is_full_is_told_and_stops_nothing() -> None:
    result = run(acting(), "act", "--quiet", "--log-file", "/dev/full")
    assert result.exit_code == 0
    assert result.stdout == "done\n"
    assert result.stderr.splitlines() == [
        "The log /dev/full is not whole: [Errno 28] No space left on device."
    ]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ada:s3cret@lab/polymers",
        "postgresql+psycopg://ada:s3cret/with@signs@lab/polymers",
        "postgresql://ada@lab/polymers?sslmode=require&password=s3cret",
    ],
)
def test_no_password_of_a_database_gets_into_a_log_or_a_report_of_a_fault(
    tmp_path: Path, address: str
) -> None:
    @options.command("act")
    @click.argument("address")
    def act(address: str) -> Answer:
        """Act."""
        logging.getLogger("a.driver").warning("no connection to %s", address)
        raise RuntimeError(f"cannot reach {address}")

    log = tmp_path / "run.log"
    result = run(program(act), "act", address, "--log-file", log, XDG_STATE_HOME=str(tmp_path / "state"))
    assert result.exit_code == 1
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(kept) == 2
    for path in kept:
        text = path.read_text(encoding="utf-8")
        assert "s3cret" not in text
        assert "cannot reach postgresql" in text
        assert "***" in text


def test_what_is_no_password_stays_as_it_is() -> None:
    text = "see https://docs.sqlalchemy.org:443/errors, ~/a:b@c, me@lab"
    assert without_passwords(text) == text
