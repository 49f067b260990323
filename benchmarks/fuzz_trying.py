"""One input tried: the command is run as its user would run it, and what it did is looked at from outside."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import resource
import shutil
import sqlite3
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fuzz_inputs import Seeds, make_input

LIMIT = 10.0
"""Seconds from which on an input counts as a hang."""

MOST_MEMORY = 8 * 2**30
"""Bytes of addresses that a process may ask for; what takes more ends in an error that counts as a traceback."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?")
_OUTSIDE = "outside.txt"
_MADE = {"made", "out.csv"}
"""What a command that was not refused may make beside its input."""


class Verdict(StrEnum):
    """What became of an input."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    TRACEBACK = "tracebacks"
    HANG = "over 10 s"
    PARTIAL = "partial"
    LET_OUT = "let out"


@dataclass(frozen=True)
class Outcome:
    """What an input did.

    Args:
        target: That it was for.
        number: Of the input.
        verdict: What became of it.
        seconds: How long the command took.
        said: The kind of error by which it was refused, or what it did wrong.
    """

    target: str
    number: int
    verdict: Verdict
    seconds: float
    said: str


@dataclass(frozen=True)
class Chunk:
    """Inputs that are tried one after another in one process, on one copy of the campaign."""

    target: str
    first: int
    count: int
    seed: int

    @property
    def numbers(self) -> range:
        """Of its inputs."""
        return range(self.first, self.first + self.count)


@dataclass
class Trial:
    """A place to try inputs in.

    Args:
        seeds: What they are made from.
        kept: Folder for those that did what they must not.
        place: For everything else; its own of each process.
        temporary: Where temporary files go, if nothing else puts any there; it has to be empty after each input.
    """

    seeds: Seeds
    kept: Path
    place: Path
    temporary: Path | None = None

    def run(self, chunk: Chunk) -> list[Outcome]:
        """Tries the inputs of a chunk."""
        shutil.rmtree(self.place / "campaign", ignore_errors=True)
        shutil.copytree(self.seeds.campaign, self.place / "campaign")
        return [self.tried(chunk.target, number, chunk.seed) for number in chunk.numbers]

    def tried(self, target: str, number: int, seed: int) -> Outcome:
        """Tries one input on the campaign as the inputs before left it."""
        folder = self.place / "input"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (self.place / _OUTSIDE).write_text("as it was", encoding="utf-8")
        arguments = make_input(target, number, seed, self.seeds, folder)
        before = state_of(self.place / "campaign")
        beside = names_in(self.place)
        given = names_in(folder)
        start = time.perf_counter()
        code, told, trouble = answer_to(arguments)
        seconds = time.perf_counter() - start
        verdict = Verdict.ACCEPTED if code == 0 else Verdict.REFUSED
        fault = said = ""
        if trouble:
            verdict, fault = Verdict.TRACEBACK, trouble
        elif seconds >= LIMIT:
            verdict, fault = Verdict.HANG, f"{seconds:.1f} s"
        elif names_in(self.place) != beside or (self.place / _OUTSIDE).read_text("utf-8") != "as it was":
            verdict, fault = Verdict.LET_OUT, f"beside the input: {sorted(names_in(self.place) ^ beside)}"
        elif fault := self._partial(target, folder, given, code, told, before):
            verdict = Verdict.PARTIAL
        elif code == 0 and target == "check" and (fault := formulas_in(folder / "out.csv")):
            verdict = Verdict.LET_OUT
        elif code == 0 and target.startswith("import") and (fault := unusable(folder / "made")):
            verdict = Verdict.TRACEBACK
        if fault:
            said = fault.strip().splitlines()[-1][:200]
            self._keep(f"{number:06d}-{target}", arguments, f"{verdict}\n{fault}\n{told}")
        elif code:
            said = kind_of(told)
        return Outcome(target, number, verdict, seconds, said)

    def _partial(
        self, target: str, folder: Path, given: set[str], code: int, told: str, before: dict[str, object]
    ) -> str:
        """What an input left behind that should have left nothing, or left only half of what it said."""
        after = state_of(self.place / "campaign")
        left = names_in(folder) - given - _MADE if code == 0 else names_in(folder) - given
        left |= names_in(self.temporary) if self.temporary else set()
        if left:
            return f"left behind: {sorted(left)}"
        if code != 0 or target != "ingest":
            return "" if after == before else f"the ledger was {before} and is {after}"
        if not told.startswith("{"):
            return ""
        document = json.loads(told)
        said = document["new"] + document["replicates"] + document["corrections"]
        came = int(str(after["measurements"])) - int(str(before["measurements"]))
        return "" if came == said else f"{said} values were told of and {came} recorded"

    def _keep(self, name: str, arguments: list[str], text: str) -> None:
        place = self.kept / re.sub(r"[^A-Za-z0-9-]+", "_", name)
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.place / "input", place, symlinks=True)
        what = f"{' '.join(arguments)}\n{text}"
        (place / "what-happened.txt").write_text(what, encoding="utf-8", errors="backslashreplace")


def answer_to(arguments: list[str]) -> tuple[int, str, str]:
    """Exit code of a command, what it said, and the traceback if it ended with one."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict") for _ in range(2))
    code, trouble = 0, ""
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = _command(arguments)
            sys.stdout.flush()
            sys.stderr.flush()
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException:  # noqa: BLE001 - also what a library written in another language raises
        trouble = traceback.format_exc()
    told = "".join(_text(stream) for stream in (out, err))
    logs = Path(os.environ["XDG_STATE_HOME"])
    for report in logs.rglob("fault-*.txt"):
        trouble += report.read_text("utf-8")
        report.unlink()
    if code == 1 and not trouble:
        trouble = f"exit code 1\n{told}"
    if "MemoryError" in told or "memory of this machine is used up" in told:
        trouble += f"MemoryError\n{told}"
    return code, told, trouble


def _command(arguments: list[str]) -> int:
    from campaigns.adapter_card import AdapterCard
    from campaigns.cli.main import polyloop
    from campaigns.spec import CampaignSpec

    if arguments[0] not in ("spec", "adapter"):
        return polyloop.main(arguments, standalone_mode=False)

    def parsed() -> int:
        path = Path(arguments[1])
        if arguments[0] == "adapter":
            AdapterCard.read(path).write(path)
            return 0
        spec = CampaignSpec.load(path)
        again = CampaignSpec.loads(spec.dumps())
        assert again == spec
        assert again.version == spec.version
        assert spec.sentence
        assert spec.properties
        assert spec.goal
        return 0

    return _refused_or(parsed)


def _refused_or(parsed: object) -> int:
    from campaigns.cli.failure import failure_from

    try:
        return parsed()  # type: ignore[operator, no-any-return]
    except Exception as error:  # noqa: BLE001 - told apart as the program does it
        failure = failure_from(error)
        failure.show()
        return failure.code


def _text(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8", "replace")


def state_of(campaign: Path) -> dict[str, object]:
    """Rows of every table of a ledger, and the digest of its last command."""
    with contextlib.closing(sqlite3.connect(campaign / "campaign.sqlite")) as ledger:
        tables = [name for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found: dict[str, object] = {
            name: ledger.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in sorted(tables)
        }
        last = ledger.execute("SELECT digest FROM commands ORDER BY id DESC LIMIT 1").fetchone()
        found["digest"] = last[0] if last else ""
        return found


def names_in(folder: Path) -> set[str]:
    """What lies in a folder."""
    return set(os.listdir(folder))


def formulas_in(path: Path) -> str:
    """Cells of a table of ours that a spreadsheet would run; empty if there is none."""
    if not path.exists():
        return ""
    csv.field_size_limit(2**30)
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.reader(file):
            for cell in line:
                if cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not _NUMBER.fullmatch(cell):
                    return f"a formula: {cell[:80]!r}"
    return ""


def unusable(folder: Path) -> str:
    """What goes wrong with a campaign out of an archive that was accepted: it has to open and to be exported again."""
    for words in (
        ["status", str(folder)],
        ["history", str(folder), "M1"],
        ["export", str(folder), str(folder) + "-out"],
    ):
        _, _, trouble = answer_to(words)
        if trouble:
            return f"after the import, {words[0]}: {trouble}"
    return ""


def kind_of(told: str) -> str:
    """Of the error in an answer, where it is JSON."""
    if not told.startswith("{"):
        return "text"
    return str(json.loads(told).get("error", {}).get("kind", "text"))


def begin(seeds: Path, kept: Path) -> None:
    """In a process: makes its place, and bounds its memory."""
    global _trial
    place = Path(tempfile.mkdtemp(prefix="trial-", dir=kept.parent))
    (place / "tmp").mkdir()
    (place / "trial").mkdir()
    os.environ |= {
        "XDG_STATE_HOME": str(place / "state"),
        "COLUMNS": "100",
        "POLYLOOP_CACHE": str(place / "cache"),
    }
    tempfile.tempdir = str(place / "tmp")
    _trial = Trial(Seeds.read(seeds), kept, place / "trial", place / "tmp")
    for target in ("ingest", "check", "import (folder)"):  # what is loaded once is no input's time
        _trial.run(Chunk(target, -1, 1, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


_trial: Trial | None = None


def try_chunk(chunk: Chunk) -> tuple[list[Outcome], float]:
    """In a process that has begun: the outcomes of a chunk, and the most memory that the process ever held, in MiB."""
    if _trial is None:
        raise RuntimeError("the process has not begun")
    outcomes = _trial.run(chunk)
    return outcomes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
