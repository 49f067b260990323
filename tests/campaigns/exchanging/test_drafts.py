"""What imports leave beside the place of a campaign."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from campaigns.exchanging.drafts import draft_beside

IMPORT = """
import sys, time
from pathlib import Path
from campaigns.exchanging.drafts import draft_beside
with draft_beside(Path(sys.argv[1])) as draft:
    (draft / "campaign").mkdir()
    print(draft, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def running(tmp_path: Path) -> subprocess.Popen[str]:
    """An import in the middle of its work."""
    return subprocess.Popen(
        [sys.executable, "-c", IMPORT, tmp_path / "tg"], stdout=subprocess.PIPE, text=True
    )


def test_a_draft_of_a_killed_import_is_taken_away_by_the_next_and_that_of_a_running_one_is_not(
    tmp_path: Path, running: subprocess.Popen[str]
) -> None:
    assert running.stdout is not None
    draft = Path(running.stdout.readline().strip())
    with draft_beside(tmp_path / "tg"):
        assert draft.is_dir()
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    running.stdout.close()
    assert draft.is_dir()
    with draft_beside(tmp_path / "tg"):
        assert not draft.exists()
    assert list(tmp_path.iterdir()) == []


def test_folders_that_are_no_drafts_of_this_place_stay(tmp_path: Path) -> None:
    names = [".tg-backup", ".tg-2-import-abcdefgh", ".tg-import-x", ".tg-import-abcdefgh.txt"]
    for name in names:
        (tmp_path / name / "within").mkdir(parents=True)
    with draft_beside(tmp_path / "tg"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
