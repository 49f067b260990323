"""What ``polyloop doctor`` looks at: versions, bundled weights and their hashes, the device, one polymer."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace

from campaigns.versions import LIBRARIES
from discovery.errors import DiscoveryError

PACKAGES = (*LIBRARIES, "pandas", "sqlalchemy")
POLYMER = "*CC(*)c1ccccc1"
"""Polystyrene: has an aromatic ring, a side group and two directions, and no encoder may fail on it."""


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


@dataclass(frozen=True)
class SelfTest:
    """One polymer through both encoders and the fused latent."""

    psmiles: str
    seconds: float
    """Loading the weights and computing the conformer included."""
    text_dim: int | None = None
    geometry_dim: int | None = None
    fused_dim: int | None = None
    device: str | None = None
    """What the encoders really ran on."""
    error: str | None = None


def checkpoints() -> tuple[Checkpoint, ...]:
    """Every bundled checkpoint, its hash held against the one that its ``config.json`` recorded."""
    from discovery.bundled import CHECKPOINTS

    return tuple(_checkpoint(name) for name in CHECKPOINTS)


def self_test() -> SelfTest:
    """Encode one polymer with everything that is bundled; a failure is told, not raised."""
    began = time.perf_counter()
    try:
        done = _run()
    except DiscoveryError as error:
        return SelfTest(POLYMER, time.perf_counter() - began, error=str(error))
    return replace(done, seconds=time.perf_counter() - began)


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


def _run() -> SelfTest:
    """The test polymer through the encoders themselves, past the store of vectors.

    Raises:
        DiscoveryError: Weights are missing, or the polymer cannot be encoded.
    """
    import torch

    from discovery.errors import EncodingError
    from discovery.latent.representation import Representation
    from discovery.polymers import RepeatUnit

    unit = RepeatUnit.parse(POLYMER)
    models = Representation.load()
    text, geometry = models.text.encode([unit]), models.geometry.encode([unit])
    for failure in (*text.failures, *geometry.failures):
        raise EncodingError(f"{POLYMER} could not be encoded: {failure.reason}", "Install polyloop again.")
    with torch.inference_mode():
        fused = models.fusion(torch.from_numpy(text.vectors), torch.from_numpy(geometry.vectors))
    if not bool(torch.isfinite(fused).all()):
        raise EncodingError(
            f"The fused vector of {POLYMER} is not finite.",
            "The weights are damaged; install polyloop again.",
        )
    return SelfTest(
        POLYMER,
        0.0,
        text.vectors.shape[1],
        geometry.vectors.shape[1],
        int(fused.shape[1]),
        device=_described(models.text.device),
    )


def _described(device: str) -> str:
    """What a device of torch is called by people: ``cuda (NVIDIA L4)``, ``cpu, 2 threads``."""
    import torch

    if device.startswith("cuda"):
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"{device}, {torch.get_num_threads()} threads"
