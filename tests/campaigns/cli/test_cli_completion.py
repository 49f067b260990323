"""Completion as a shell asks for it: by running the program with what is typed in its environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import get_completion_class
from click.testing import CliRunner

from campaigns.cli.completion import SHELLS
from campaigns.cli.main import polyloop
from campaigns.cli.program import COMPLETE

resource = pytest.importorskip("resource", reason="needs a system that tells what processes took")

HEAVY = ("torch", "rdkit", "numpy", "pandas", "pydantic", "sqlalchemy", "rich", "transformers")


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """As far as completion looks at one."""
    folder = tmp_path / "tg"
    (folder / "rounds" / "001").mkdir(parents=True)
    (folder / "rounds" / "002").mkdir()
    spec = '[[objectives]]\nname = "tg"\n[[objectives]]\nname = "density"\n'
    (folder / "campaign.toml").write_text(spec, encoding="utf-8")
    return folder


def asked(words: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """What the script of bash gets for a line whose last word is incomplete."""
    env = os.environ | {
        COMPLETE: "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    run = "from campaigns.cli.main import polyloop\ntry:\n    polyloop(prog_name='polyloop')\nfinally:\n    pass\n"
    return subprocess.run(
        [sys.executable, "-c", run + code], env=env, check=False, capture_output=True, text=True
    )


def offered(words: str) -> list[str]:
    done = asked(words)
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_the_one_that_click_gives(shell: str) -> None:
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(polyloop, {}, "polyloop", "_POLYLOOP_COMPLETE").source()
    plain = CliRunner().invoke(polyloop, ["completion", shell])
    assert plain.exit_code == 0
    assert plain.stdout == script + "\n"
    document = json.loads(CliRunner().invoke(polyloop, ["completion", shell, "--json"]).stdout)
    assert document == {"shell": shell, "script": script}


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_reads_its_script_and_completes_with_it(tmp_path: Path) -> None:
    program = tmp_path / "polyloop"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m campaigns.cli.main "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    script = CliRunner().invoke(polyloop, ["completion", "bash"]).stdout
    ask = "COMP_WORDS=(polyloop prop); COMP_CWORD=1; _polyloop_completion polyloop; echo ${COMPREPLY[@]}"
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"{script}\n{ask}"],
        env=os.environ | {"PATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["propose"]


def test_a_shell_that_is_not_known_is_told() -> None:
    assert CliRunner().invoke(polyloop, ["completion", "tcsh"]).exit_code == 2


def test_commands_are_completed() -> None:
    assert offered("polyloop stat") == ["status"]


def test_commands_below_a_group_are_completed() -> None:
    assert offered("polyloop pretrain ge") == ["geometry"]


def test_options_are_completed() -> None:
    assert offered("polyloop ingest tg --dr") == ["--dry-run"]
    assert offered("polyloop status --log") == ["--log-file"]


def test_values_of_options_are_completed() -> None:
    assert offered("polyloop backtest t.csv --scale l") == ["linear", "log"]
    assert offered("polyloop completion ") == list(SHELLS)


def test_the_last_of_several_rivals_is_completed() -> None:
    assert offered(f"polyloop backtest {__file__} --rivals gate,ra") == ["gate,random"]
    assert offered(f"polyloop backtest {__file__} --rivals random,ra") == []


def test_properties_of_a_campaign_are_completed(campaign: Path) -> None:
    assert offered(f"polyloop adapter {campaign} --property ") == ["tg", "density"]
    assert offered(f"polyloop adapter {campaign} --property D") == ["density"]


def test_rounds_of_a_campaign_are_completed(campaign: Path) -> None:
    for option in ("adapter {} --round", "replay {} --round", "diff {} --from"):
        assert offered(f"polyloop {option.format(campaign)} ") == ["1", "2"]
    assert offered(f"polyloop diff {campaign} --to ") == ["1", "2", "now"]


def test_proposals_of_a_campaign_are_completed_the_newest_round_first(campaign: Path) -> None:
    for number in (1, 2):
        form = f"proposal_id,psmiles\nR00{number}-01,*CC*\nR00{number}-02,*CO*\n"
        (campaign / "rounds" / f"00{number}" / "proposals.csv").write_text(form, encoding="utf-8")
    assert offered(f"polyloop withdraw {campaign} ") == ["R002-01", "R002-02", "R001-01", "R001-02"]
    assert offered(f"polyloop withdraw {campaign} R001-01 r001") == ["R001-01", "R001-02"]
    assert offered(f"polyloop history {campaign} R002-02") == ["R002-02"]


@pytest.mark.parametrize("content", [None, "not toml [", "objectives = 3\n"])
def test_a_campaign_that_cannot_be_read_has_nothing_to_offer(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "campaign.toml").write_text(content, encoding="utf-8")
    assert offered(f"polyloop adapter {tmp_path} --property ") == []


def test_a_log_is_not_begun_while_a_line_is_completed(tmp_path: Path) -> None:
    offered(f"polyloop status --log-file {tmp_path / 'run.log'} --js")
    assert not list(tmp_path.iterdir())


def test_completion_imports_nothing_heavy(campaign: Path) -> None:
    code = f"    import sys\n    print([name for name in {HEAVY!r} if name in sys.modules])\n"
    for words in ("polyloop ", f"polyloop adapter {campaign} --property "):
        assert asked(words, code).stdout.splitlines()[-1] == "[]"


def used() -> float:
    """Seconds of the processor that processes took which have ended: on a machine that is busy they wait for much longer."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def test_completion_answers_within_half_a_second(campaign: Path) -> None:
    for words in ("polyloop ", f"polyloop adapter {campaign} --property "):
        before = used()
        assert asked(words).stdout
        assert used() - before < 0.5
