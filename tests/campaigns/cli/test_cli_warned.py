"""What a command warns of, on the terminal and in the log."""

from __future__ import annotations

import warnings
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from campaigns.cli import options
from campaigns.cli.answer import Answer
from campaigns.cli.program import Program
from discovery.encoders.shards import DamagedShardWarning

TOLD = "The cached shard x.parquet is damaged. It is set aside."


def run(*arguments: str | Path) -> Result:
    @options.command("act")
    def act() -> Answer:
        """Act."""
        warnings.warn(TOLD, DamagedShardWarning, stacklevel=1)
        return Answer({}, lambda console: console.print("done"))

    class One(Program):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            return act if cmd_name == "act" else None

    made = One("polyloop", targets={"act": "nowhere:nothing"}, help="One.", params=options.of_every_command())
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        return CliRunner().invoke(made, ["act", *map(str, arguments)])


def test_a_warning_of_ours_is_a_sentence_without_a_line_of_code() -> None:
    told = run()
    assert (told.stdout, told.stderr) == ("done\n", f"Note: {TOLD}\n")


def test_a_warning_of_ours_is_in_the_log_and_not_told_where_it_is_to_be_quiet(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    assert run("--quiet", "--log-file", log).stderr == ""
    assert f"DamagedShardWarning: {TOLD}" in log.read_text(encoding="utf-8")


def test_nothing_global_is_left_behind() -> None:
    before = warnings.showwarning
    run()
    assert warnings.showwarning is before


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_the_answer_is_what_it_is_without_a_warning(words: list[str]) -> None:
    assert run(*words).exit_code == 0
