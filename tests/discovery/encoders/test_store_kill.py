"""A process that encodes is killed: the next one goes on where it stopped, and ends with the same vectors."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from discovery.encoders.encoder import Encoding, EncodingFailure
from discovery.encoders.keys import packed
from discovery.encoders.store import LAYOUT, EmbeddingStore
from discovery.encoders.vectors import VectorTable
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent

UNITS = [RepeatUnit.parse(f"*{'C' * n}O{'C' * m}S*") for n in range(1, 17) for m in range(1, 17)]
SECONDS = 0.004
"""That one unit takes: slow enough to be killed in the middle of it, on a busy machine too."""


class Slow:
    """An encoder that takes its time, keeps a record of what it was asked, and fails now and then."""

    name = "slow"
    revision = "slow-1"
    dim = 5

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.asked: list[str] = []

    def encode(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Encoding:
        time.sleep(self.seconds * len(units))
        self.asked += [unit.key for unit in units]
        kept = [unit for unit in units if int(unit.key[-1], 16) > 1]
        vectors = [[int(unit.key[i : i + 4], 16) for i in range(5)] for unit in kept]
        lost = tuple(
            EncodingFailure(u, f"no vector for {u.psmiles}") for u in units if int(u.key[-1], 16) <= 1
        )
        return Encoding(tuple(kept), np.array(vectors, np.float32).reshape(-1, 5), lost)


def killed(folder: Path, shards: int) -> None:
    """Encode in another process, and kill it when ``shards`` more shards are there."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from test_store_kill import SECONDS, UNITS, Slow\n"
        "from discovery.encoders.store import EmbeddingStore\n"
        "EmbeddingStore(Path(sys.argv[2]), chunk=4).encode(Slow(SECONDS), UNITS)\n"
    )
    before = len(list(folder.glob("*/*.safetensors")))
    process = subprocess.Popen([sys.executable, "-c", script, str(Path(__file__).parent), str(folder)])
    end = time.monotonic() + 60
    while len(list(folder.glob("*/*.safetensors"))) < before + shards and time.monotonic() < end:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=60) == -signal.SIGKILL, "it ended before it could be killed"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_killed_at_several_moments_it_resumes_and_never_recomputes(tmp_path: Path) -> None:
    for shards in (1, 10):
        killed(tmp_path, shards)
    table = VectorTable(tmp_path / f"{Slow.revision}.{LAYOUT}", Slow.dim)
    known = table.known(packed([unit.key for unit in UNITS]))
    on_disk = {unit.key for unit, there in zip(UNITS, known, strict=True) if there}
    assert 11 * 4 <= len(on_disk) < len(UNITS)

    encoder = Slow()
    resumed = EmbeddingStore(tmp_path).encode(encoder, UNITS)
    assert set(encoder.asked) == {u.key for u in UNITS} - on_disk
    assert len(encoder.asked) == len(set(encoder.asked))

    undisturbed = Slow().encode(UNITS)
    assert resumed.units == undisturbed.units
    np.testing.assert_array_equal(resumed.vectors, undisturbed.vectors)
    assert {(f.unit.key, f.reason) for f in resumed.failures} == {
        (f.unit.key, f.reason) for f in undisturbed.failures
    }
