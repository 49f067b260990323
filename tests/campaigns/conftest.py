from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import torch

from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.text import TextEncoder
from discovery.latent.fusion import FusedLatent
from discovery.polymers import RepeatUnit


@pytest.fixture(scope="session")
def fusion_folder(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_text: TextEncoder,
    tiny_geometry: GeometryEncoder,
    tiny_polymers: tuple[RepeatUnit, ...],
) -> Callable[[int], Path]:
    """Makes a fusion of the tiny encoders with statistics of its own, as ``polyloop pretrain align`` leaves one, from a seed."""
    vectors = [torch.from_numpy(each.encode(tiny_polymers).vectors) for each in (tiny_text, tiny_geometry)]

    def make(seed: int) -> Path:
        folder = tmp_path_factory.mktemp("fusion")
        fusion = FusedLatent.initialise(tiny_text.dim, tiny_geometry.dim, 12, seed)
        fusion.fit_statistics(*vectors)
        fusion.save(folder)
        return folder

    return make


def _is_open_to_all(folder: Path) -> bool:
    """Whether every user may go into a folder."""
    return all(each.stat().st_mode & 0o001 for each in (folder, *folder.parents))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[..., str]]:
    """Makes a database on a PostgreSQL server of the test run's own, empty or as a copy of another one, and returns its URL."""
    programs = [Path(found).parent for found in (shutil.which("initdb"),) if found]
    programs += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)  # where Debian has them
    place = next(
        (each for each in programs if all((each / n).exists() for n in ("initdb", "pg_ctl", "psql"))), None
    )
    if place is None:
        pytest.skip("there is no PostgreSQL on this machine (Debian's package postgresql)")
    owner = None
    within = [Path(tempfile.gettempdir())]
    if os.geteuid() == 0:  # the server refuses to be root
        names = {entry.pw_name for entry in pwd.getpwall()}
        owner = next((name for name in ("postgres", "nobody") if name in names), None)
        if owner is None:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres or nobody")
        # and its user must be able to get there
        within = [each for each in (*within, Path("/tmp"), Path("/var/tmp")) if _is_open_to_all(each)]
        if not within:
            pytest.skip("PostgreSQL does not run as root, and no temporary folder is open to other users")
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=within[0]))  # a socket's path may not be long
    run = partial(subprocess.run, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    if owner is not None:
        shutil.chown(folder, owner)
        run = partial(run, user=owner)
    data, options = folder / "data", f"-k {folder} -h '' -F"
    run(
        [
            place / "initdb",
            "-D",
            data,
            "-A",
            "trust",
            "-U",
            "polyloop",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        ]
    )
    run([place / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start"])
    numbers = itertools.count(1)

    def database(like: str = "/template1?") -> str:
        name, template = f"campaign_{next(numbers)}", like.partition("?")[0].rpartition("/")[2]
        made = f"CREATE DATABASE {name} TEMPLATE {template}"
        run([place / "psql", "-h", folder, "-U", "polyloop", "-d", "postgres", "-qc", made])
        return f"postgresql+psycopg://polyloop@/{name}?host={folder}"

    try:
        yield database
    finally:
        run([place / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"])
        shutil.rmtree(folder)
