"""What ``polyloop doctor`` looks at in the installation itself: the libraries, and the bundled weights with their hashes."""

from __future__ import annotations

import json
from dataclasses import dataclass

from campaigns.versions import LIBRARIES

PACKAGES = (*LIBRARIES, "pandas", "sqlalchemy")


@dataclass(frozen=True)
class Checkpoint:
    """A bundled checkpoint, as it lies on the disk."""

    name: str
    state: str
    """``ok``, ``missing``, ``changed`` (not the file that its config names) or ``no hash on record``."""
    sha256: str | None = None
    megabytes: float | None = None

    @property
    def healthy(self) -> bool:
        """Whether it can be used as it is."""
        return self.state == "ok"


def checkpoints() -> tuple[Checkpoint, ...]:
    """Every bundled checkpoint, its hash held against the one that its ``config.json`` recorded."""
    from discovery.bundled import CHECKPOINTS

    return tuple(_checkpoint(name) for name in CHECKPOINTS)


def _checkpoint(name: str) -> Checkpoint:
    from discovery.bundled import bundled_checkpoint, file_hash
    from discovery.errors import WeightsError

    try:
        folder = bundled_checkpoint(name)
    except WeightsError:
        return Checkpoint(name, "missing")
    weights = folder / "model.safetensors"
    found, size = file_hash(weights), weights.stat().st_size / 1e6
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Checkpoint(name, "no hash on record", found, size)
    recorded = config.get("weights_sha256")
    state = "no hash on record" if recorded is None else "ok" if recorded == found else "changed"
    return Checkpoint(name, state, found, size)
