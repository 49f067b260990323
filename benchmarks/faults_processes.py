"""Commands as processes: whole ones, and ones that are split off from a process that has loaded what they import.

Most of the seconds of a short command go by while it loads its modules and has touched nothing. A process that was split off
begins after that, so that the moments of a kill fall upon its work.
"""

from __future__ import annotations

import itertools
import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any, Protocol

from click.testing import CliRunner

COMMAND = (sys.executable, "-m", "campaigns.cli.main")
"""A whole ``polyloop`` in a process of its own."""

LOADED = (
    "alembic",
    "botorch",
    "campaigns",
    "discovery",
    "gpytorch",
    "peft",
    "rdkit",
    "safetensors",
    "scipy",
    "sqlalchemy",
)
LOADED_TOO = ("tokenizers", "torch", "transformers")

NUMBERS = itertools.count()


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any] | None:
        """Its answer, where all of it was printed."""
        try:
            found: dict[str, Any] = json.loads(self.out)
        except ValueError:
            return None
        return found

    def complaint(self, *codes: int) -> list[str]:
        """What is wrong with how it ended: another exit code, a traceback, an error without a way out."""
        if self.code not in codes:
            return [f"exit code {self.code}: {(self.err or self.out)[-300:]}"]
        if "Traceback" in self.err + self.out:
            return ["a traceback"]
        # where the doctor finds something, or cannot save all of it, its answer is no error
        if self.code and not {"error", "healthy", "lost"} & (self.document or {}).keys():
            return [f"exit code {self.code} and no error: {self.out[-300:]}"]
        return []


def surroundings(cache: Path) -> dict[str, str]:
    """What a command finds in its environment, besides what is there."""
    folders = {"POLYLOOP_CACHE": str(cache), "XDG_STATE_HOME": str(cache)}
    return {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "COLUMNS": "200", **folders}


def run(*words: str | Path, cache: Path) -> Done:
    """A command in this process."""
    from campaigns.cli.main import polyloop

    done = CliRunner(env=surroundings(cache)).invoke(polyloop, [*map(str, words), "--json"])
    return Done(done.exit_code, done.stdout, done.stderr)


class Running(Protocol):
    """A command in a process."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def communicate(self) -> tuple[str, str]: ...
    def answers(self) -> bool:
        """Whether it has begun to print."""
        ...


class Whole(subprocess.Popen[str]):
    """A command in a process of its own."""

    def answers(self) -> bool:
        return self.stdout is not None and bool(select.select([self.stdout], [], [], 0)[0])


def start(*words: str | Path, cache: Path, before: Callable[[], None] | None = None, **more: str) -> Whole:
    """A whole process."""
    return Whole(
        [*COMMAND, *map(str, words), "--json"],
        env={**os.environ, **surroundings(cache), "PYTHONPATH": str(Path(__file__).parents[1]), **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
    )


def ended(process: Running) -> Done:
    out, err = process.communicate()
    return Done(process.poll() or 0, out, err)


class SplitOff:
    """A command in a process that was split off from this one, which has no other threads."""

    def __init__(self, *words: str | Path, cache: Path) -> None:
        number = next(NUMBERS)
        self._told = [cache.parent / f"{name}-{number}.txt" for name in ("out", "err")]
        self._code: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            os._exit(_as_a_program(words, cache, self._told))

    def poll(self) -> int | None:
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def answers(self) -> bool:
        return self._told[0].exists() and self._told[0].stat().st_size > 0

    def communicate(self) -> tuple[str, str]:
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        out, err = [path.read_text(encoding="utf-8") if path.exists() else "" for path in self._told]
        return out, err


def _as_a_program(words: Sequence[str | Path], cache: Path, told: Sequence[Path]) -> int:
    from campaigns.cli.main import polyloop

    os.environ.update(surroundings(cache))
    for number, path in enumerate(told, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), number)
    try:
        polyloop.main([*map(str, words), "--json"])
    except SystemExit as stopped:
        code = stopped.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return code if isinstance(code, int) else 0


def processes() -> ForkServerContext:
    """Makes processes that have imported what commands in this one have, and run nothing of it: they are split off from one that
    did so once.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(loaded())
    return context


def loaded() -> list[str]:
    """What commands in this process have imported."""
    wanted = {*LOADED, *LOADED_TOO}
    return sorted(name for name in list(sys.modules) if name.partition(".")[0] in wanted)
