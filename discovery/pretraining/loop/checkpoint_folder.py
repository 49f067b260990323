"""The folder of a checkpoint, which is always whole: a new one is written beside it and takes its place by renaming.

Weights of one step can so never lie with the configuration of another, whenever a run is interrupted. What the run has written
is on record in its work folder, so that nothing of the user's is ever replaced, and nothing of an older checkpoint is left.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from discovery.bundled import file_hash
from discovery.errors import PretrainingError, PretrainingStateError

RECORD = "checkpoint.json"
"""Name of the record in the work folder of a run."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A checkpoint that the run has written."""

    files: tuple[str, ...]
    largest: str
    """The weights, by which the checkpoint is known again wherever it has been moved to."""
    sha256: str

    @classmethod
    def of(cls, folder: Path) -> _Written:
        files = sorted(path.name for path in folder.iterdir())
        largest = max(files, key=lambda name: (folder / name).stat().st_size)
        return cls(tuple(files), largest, file_hash(folder / largest))

    def lies_in(self, folder: Path) -> bool:
        weights = folder / self.largest
        return weights.is_file() and file_hash(weights) == self.sha256


class CheckpointFolder:
    """Where a run writes its checkpoint.

    Args:
        out: The folder; what lies behind a link is replaced, and not the link.
        work: Folder of the run's state, where it is on record what was written.
    """

    def __init__(self, out: Path, work: Path) -> None:
        self.out, self._work = out.resolve(), work.resolve()
        self._new = self.out.parent / f".{self.out.name}.polyloop-new"
        self._before = self.out.parent / f".{self.out.name}.polyloop-replaced"

    def check(self) -> None:
        """See, before any work, that a checkpoint can be put in place without harm to what is there; changes nothing.

        Raises:
            PretrainingError: When the folder is a file, is where a disk is mounted, holds the work folder, or holds anything
                that this run did not write.
        """
        out = self.out
        if out.exists() and not out.is_dir():
            raise PretrainingError(f"{out} is a file, not a folder.", "Name another --out folder.")
        if os.path.ismount(out):
            raise PretrainingError(
                f"A disk is mounted at {out}, and a checkpoint is put in place by renaming its folder.",
                f"Name a folder on that disk, such as {out / 'checkpoint'}.",
            )
        if self._work.is_relative_to(out):
            raise PretrainingError(
                f"The work folder {self._work} lies in {out}, which is replaced as a whole.",
                "Name a --work folder outside of --out.",
            )
        # between the two renamings of a replacement the checkpoint is the folder that was to be replaced
        held = next(
            (folder for folder in (out, self._before) if folder.is_dir() and any(folder.iterdir())), None
        )
        if held is None:
            return
        if not any(written.lies_in(held) for written in self._on_record()):
            raise PretrainingStateError(
                f"{out} holds files, and the run in {self._work} did not write them.",
                "Name another --out folder, or remove this one; a run goes on with the --out and --work that it had.",
            )

    def settle(self) -> None:
        """Finish what an interruption left undone, after the checks of :meth:`check`.

        Raises:
            PretrainingError: As :meth:`check` does.
        """
        self.check()
        self.out.parent.mkdir(parents=True, exist_ok=True)
        if not self._before.is_dir():
            return
        if not self.out.is_dir() or not any(self.out.iterdir()):
            if self.out.is_dir():
                self.out.rmdir()
            self._before.rename(self.out)
            return
        ours = {name for written in self._on_record() for name in written.files}
        for path in self._before.iterdir():
            if path.name not in ours and not (self.out / path.name).exists():  # a file of the user's
                path.rename(self.out / path.name)
        shutil.rmtree(self._before)

    @contextmanager
    def replacing(self) -> Iterator[Path]:
        """A new folder to write a whole checkpoint into; it takes the place of the one before at the end, but not after an error.

        Files that the user has put beside the checkpoint stay; every file of the checkpoint before goes.
        """
        self.settle()
        if self._new.is_dir():
            shutil.rmtree(self._new)
        self._new.mkdir()
        yield self._new
        written = _Written.of(self._new)
        # both are on record until the new one is in place: an interruption leaves either of them
        self._put_on_record(*(one for one in self._on_record() if one.lies_in(self.out)), written)
        if self.out.is_dir():
            self.out.rename(self._before)
        self._new.rename(self.out)
        self.settle()
        self._put_on_record(written)

    def _on_record(self) -> list[_Written]:
        file = self._work / RECORD
        if not file.is_file():
            return []
        try:
            return [
                _Written(tuple(one["files"]), one["largest"], one["sha256"])
                for one in json.loads(file.read_text(encoding="utf-8"))
            ]
        except (ValueError, KeyError, TypeError) as error:
            raise PretrainingStateError(
                f"{file} cannot be read: {error}", "Remove the work folder and the checkpoint to start anew."
            ) from error

    def _put_on_record(self, *written: _Written) -> None:
        self._work.mkdir(parents=True, exist_ok=True)
        part = self._work / f"{RECORD}.part"
        part.write_text(json.dumps([asdict(one) for one in written], indent=2) + "\n", encoding="utf-8")
        os.replace(part, self._work / RECORD)
