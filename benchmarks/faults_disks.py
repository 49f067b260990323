"""Disks that fill up while a command writes: a small file system in memory where one can be mounted, else a limit on any file."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from faults_campaigns import Bench, Facts, Row, unsound
from faults_processes import Done, ended, run, start

SIZE = 8 * 2**20
"""Bytes of the small file system."""


@dataclass(frozen=True)
class Disk:
    """Where a campaign lies that is to run out of room."""

    folder: Path
    is_mounted: bool

    @classmethod
    @contextlib.contextmanager
    def small(cls, folder: Path) -> Iterator[Disk]:
        """A file system of its own, or an ordinary folder where none can be mounted."""
        folder.mkdir()
        words = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
        able = os.geteuid() == 0 and shutil.which("mount") is not None
        mounted = able and subprocess.run(words, capture_output=True, check=False).returncode == 0
        try:
            yield cls(folder, mounted)
        finally:
            if mounted:
                subprocess.run(["umount", str(folder)], check=True)
            shutil.rmtree(folder)

    def run(self, *words: str | Path, room: int, cache: Path, **more: str) -> Done:
        """A command that has room for so many bytes, of the disk or of any one file."""
        if not self.is_mounted:
            limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
            return ended(start(*words, cache=cache, before=limit, **more))
        filler = self.folder / "filler"
        free = shutil.disk_usage(self.folder).free
        filler.write_bytes(b"x" * max(0, free - room))
        try:
            return ended(start(*words, cache=cache, **more))
        finally:
            filler.unlink()


@dataclass(frozen=True)
class Writing:
    """A command that writes, and what of it lies on the small disk."""

    name: str
    campaign: str
    words: tuple[str, ...]
    on_disk: str = "campaign"
    most: int = 2**18
    """Bytes with which it can do its work."""


WRITINGS = (
    Writing("ingest", "plain", ("ingest", "TABLE")),
    Writing("propose", "plain", ("propose", "-n", "2")),
    Writing("propose with refinement", "refining", ("propose", "-n", "2"), most=2**20),
    Writing("report", "learned", ("report",), most=2**20),
    Writing("export", "learned", ("export", "OUT")),
    Writing("ingest, its temporary files", "plain", ("ingest", "TABLE"), on_disk="temporary files"),
    Writing("propose, its vectors", "plain", ("propose", "-n", "2"), on_disk="vectors"),
)


def full_disks(bench: Bench, rooms: int) -> Iterator[Row]:
    """Each command with room for nothing, and for more and more."""
    for number, writing in enumerate(WRITINGS):
        with Disk.small(bench.folder / f"disk-{number}") as disk:
            how = "tmpfs" if disk.is_mounted else "limit on files"
            row = Row(f"no room for {writing.name} ({how})")
            for place in range(rooms):
                room = 4096 * round(writing.most / 4096 * (place / max(1, rooms - 1)) ** 2)
                row.add(*short_of_room(bench, writing, disk, room, place))
            yield row


def short_of_room(
    bench: Bench, writing: Writing, disk: Disk, room: int, number: int
) -> tuple[str, list[str]]:
    """How a command ended, and what is wrong afterwards."""
    with bench.copied(writing.campaign, number, cold=writing.on_disk == "vectors") as (elsewhere, cache):
        place = disk.folder / "campaign"
        campaign = elsewhere
        if writing.on_disk == "campaign":
            campaign = Path(shutil.move(elsewhere, place))
        elif writing.on_disk == "vectors":
            cache = disk.folder / "cache"
        out = disk.folder / "out.zip" if writing.name == "export" else place.with_name("none")
        named = {"TABLE": bench.table, "OUT": out}
        words = [writing.words[0], campaign, *(named.get(word, word) for word in writing.words[1:])]
        more = {"TMPDIR": str(disk.folder)} if writing.on_disk == "temporary files" else {}
        before, archive = Facts.of(campaign), exported(campaign, cache, elsewhere.parent / "before")
        files = listed(campaign)
        done = disk.run(*words, room=room, cache=cache, **more)
        wrong = done.complaint(0, 3)
        after = Facts.of(campaign)
        wrong += [*before.lost_in(after), *unsound(campaign, cache)]
        seen = "done"
        if done.code:
            seen = "refused"
            if after == before:
                if exported(campaign, cache, elsewhere.parent / "after") != archive:
                    wrong.append("another archive than before")
                left = sorted(listed(campaign) - files)
                wrong += (
                    [f"left behind: {', '.join(left)}"] if any(name.startswith(".") for name in left) else []
                )
            elif "recorded" in done.out:
                seen = "recorded, and told that its form could not be written"
            else:
                wrong.append(f"refused, and recorded all the same: {done.out[-300:]}")
            again = run(*words, cache=cache)
            wrong += again.complaint(0)
            wrong += unsound(campaign, cache)
        for left in disk.folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
    return seen, wrong


def exported(campaign: Path, cache: Path, out: Path) -> dict[str, bytes]:
    """Everything of a campaign as plain files."""
    done = run("export", campaign, out, cache=cache)
    if wrong := done.complaint(0):
        raise RuntimeError(wrong[0])
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def listed(campaign: Path) -> set[str]:
    return {path.name for path in campaign.rglob("*")}
