"""Which error ends with which exit code: decided in one place, told to users in three."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from campaigns.backtesting.audit import LeakError
from campaigns.cli.exit_codes import DONE, EXIT_CODES, FAULT, INPUT, STATE, STOPPED, code_of
from campaigns.cli.failure import failure_from
from campaigns.cli.main import polyloop
from campaigns.errors import CampaignError, LedgerError, SpecError, StateError, TableError, UnknownNameError
from discovery.errors import (
    CacheError,
    PolymerError,
    PoolError,
    PretrainingStateError,
    UsedUpError,
    WeightsError,
    WeightsStateError,
)
from discovery.workers import WorkersError

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize(
    "kind", [CampaignError, SpecError, TableError, UnknownNameError, PoolError, WeightsError]
)
def test_what_was_given_wrong_ends_with_2(kind: type[CampaignError]) -> None:
    assert code_of(kind("x")) == INPUT


@pytest.mark.parametrize(
    "kind",
    [
        StateError,
        LedgerError,
        WeightsStateError,
        CacheError,
        UsedUpError,
        PretrainingStateError,
        WorkersError,
    ],
)
def test_what_cannot_be_done_as_things_are_ends_with_3(kind: type[StateError]) -> None:
    assert code_of(kind("x")) == STATE


def test_a_wrong_command_line_ends_with_2() -> None:
    assert code_of(click.UsageError("x")) == INPUT


@pytest.mark.parametrize("error", [ZeroDivisionError(), KeyError("x"), LeakError("x"), OSError("x")])
def test_a_fault_of_the_program_ends_with_1(error: Exception) -> None:
    assert code_of(error) == FAULT


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_disk_that_cannot_be_written_ends_with_3_whether_it_names_the_file_or_not(number: int) -> None:
    for error in (OSError(number, "no"), OSError(number, "no", "rounds/001")):
        failure = failure_from(error)
        assert failure.code == STATE
        assert failure.hint


def test_a_wrong_path_ends_with_2() -> None:
    assert failure_from(FileNotFoundError(errno.ENOENT, "No such file", "a/b")).code == INPUT


def test_memory_that_is_used_up_ends_with_3_and_says_what_helps() -> None:
    failure = failure_from(MemoryError())
    assert failure.code == STATE
    assert "--workers" in failure.hint


@pytest.mark.parametrize("kind", [PolymerError, TableError, LedgerError])
def test_an_error_keeps_its_message_and_its_hint(kind: type[CampaignError]) -> None:
    failure = failure_from(kind("What is wrong.", hint="What to do."))
    assert (failure.message, failure.hint) == ("What is wrong.", "What to do.")


def test_the_codes_are_those_of_the_contract_with_scripts() -> None:
    assert (DONE, FAULT, INPUT, STATE, STOPPED) == (0, 1, 2, 3, 130)


@pytest.mark.parametrize(
    ("words", "code"), [(["completion", "bash"], DONE), (["status", "none", "--json"], STATE)]
)
def test_a_reader_who_has_had_enough_changes_no_code(words: list[str], code: int) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    run = f"from campaigns.cli.main import polyloop; polyloop({words!r})"
    done = subprocess.run(
        [sys.executable, "-c", run], stdout=writing, stderr=subprocess.PIPE, check=False, text=True
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (code, "")


def test_the_help_of_the_program_tells_every_code() -> None:
    page = CliRunner(env={"COLUMNS": "120"}).invoke(polyloop, ["--help"]).stdout
    told = dict(re.findall(r"^  (\d+) +(.+)$", page.partition("Exit codes:")[2], re.MULTILINE))
    assert told == {str(code): said for code, said in EXIT_CODES.items()}


def test_the_page_of_the_command_line_tells_every_code() -> None:
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| (\d+) \| ([^|]+) \|", page, re.MULTILINE))
    assert told == {str(code): said for code, said in EXIT_CODES.items()}
