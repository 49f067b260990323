"""What ``polyloop doctor`` looks at in encoders: whether they are there and whole, fit into memory, and read a polymer.

A fault of one is told beside what is known of the others. Nothing large is fetched: weights of a hub model that are not on the
machine yet are told with the command that gets them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from discovery.errors import DiscoveryError

if TYPE_CHECKING:
    from campaigns.spec import EncodersSpec
    from discovery.encoders.geometry import GeometryEncoder
    from discovery.encoders.text import TextEncoder
    from discovery.latent.fusion import FusedLatent

POLYMER = "*CC(*)c1ccccc1"
"""Polystyrene: has an aromatic ring, a side group and two directions, and no encoder may fail on it."""


@dataclass(frozen=True)
class EncoderCheck:
    """The text encoder, the geometry encoder or what joins them, as far as it could be looked at."""

    part: str
    """``text``, ``geometry`` or ``fusion``."""
    source: str
    """As the spec names it."""
    state: str = "ok"
    """``ok``; ``untrained`` of a fusion that nobody trained; ``not usable``, with the error; ``not looked at``."""
    revision: str | None = None
    parameters: int | None = None
    dtype: str | None = None
    """Number format, or ``4bit``."""
    needed_gb: float | None = None
    """Memory that it takes, in 10^9 bytes."""
    free_gb: float | None = None
    """What was free for it before it was loaded."""
    device: str | None = None
    error: str = ""
    hint: str = ""

    @property
    def healthy(self) -> bool:
        """Whether it can be used."""
        return self.state in ("ok", "untrained")

    def failed(self, error: DiscoveryError) -> EncoderCheck:
        """The same with what is wrong."""
        return replace(self, state="not usable", error=error.message, hint=error.hint)


@dataclass(frozen=True)
class SelfTest:
    """One polymer through both encoders and the fused latent."""

    psmiles: str
    seconds: float = 0.0
    """Computing the conformer included, loading the weights not."""
    text_dim: int | None = None
    geometry_dim: int | None = None
    fused_dim: int | None = None
    device: str | None = None
    """What the encoders really ran on."""
    error: str | None = None


@dataclass(frozen=True)
class EncoderCheckup:
    """What was found.

    Args:
        checks: Of text, geometry and fusion.
        test: One polymer through all of them; with an error where that could not be tried.
    """

    checks: tuple[EncoderCheck, ...]
    test: SelfTest

    @property
    def healthy(self) -> bool:
        """Whether a campaign can use them as they are."""
        return all(check.healthy for check in self.checks) and self.test.error is None

    @property
    def device(self) -> str | None:
        """What the encoders run on, or would."""
        return self.test.device or next((check.device for check in self.checks if check.device), None)


def examine(named: EncodersSpec) -> EncoderCheckup:
    """Look at the encoders that a spec names; faults are told, not raised."""
    of_text, text = _text(named)
    of_geometry, geometry = _geometry(named)
    of_fusion, fusion = _fusion(named, text, geometry)
    checks = (of_text, of_geometry, of_fusion)
    if text is None or geometry is None or fusion is None:
        parts = " and ".join(check.part for check in checks if check.error)
        return EncoderCheckup(checks, SelfTest(POLYMER, error=f"not tried, for want of {parts}"))
    return EncoderCheckup(checks, _self_test(text, geometry, fusion))


def _text(named: EncodersSpec) -> tuple[EncoderCheck, TextEncoder | None]:
    from discovery.encoders.device import chosen_device
    from discovery.encoders.memory import GIGABYTE, Machine, needed_memory, parameter_count
    from discovery.encoders.text import TextEncoder
    from discovery.encoders.text_weights import checkpoint_of, without_weights

    check, loading, device = EncoderCheck("text", named.text), named.loading, chosen_device()
    try:
        loading.check_possible(device)
        found = checkpoint_of(named.text)
        skeleton = without_weights(found)
        machine = Machine.seen_from(device)
        parameters = parameter_count(skeleton)
        check = replace(
            check,
            parameters=parameters,
            dtype=loading.quantization or loading.dtype_of(parameters),
            needed_gb=needed_memory(skeleton, loading) / GIGABYTE,
            free_gb=machine.free / GIGABYTE,
            device=device,
        )
        if machine.place(named.text, skeleton, loading) == "spread":
            main = 0 if loading.quantization else machine.main  # 4-bit weights cannot be kept there
            check = replace(
                check,
                free_gb=(machine.gpus + main) / GIGABYTE,
                device="all GPUs and main memory" if main else "all GPUs",
            )
        found.check_weights()
        encoder = TextEncoder.load(named.text, loading=loading)
    except DiscoveryError as error:
        return check.failed(error), None
    return replace(check, revision=encoder.revision), encoder


def _geometry(named: EncodersSpec) -> tuple[EncoderCheck, GeometryEncoder | None]:
    from discovery.encoders.device import chosen_device
    from discovery.encoders.geometry import GeometryEncoder
    from discovery.encoders.memory import BYTES, GIGABYTE, HEADROOM, free_memory

    device = chosen_device()
    free = free_memory(device) / GIGABYTE
    check = EncoderCheck("geometry", named.geometry, dtype="float32", free_gb=free, device=device)
    try:
        encoder = GeometryEncoder.load(named.geometry)
    except DiscoveryError as error:
        return check.failed(error), None
    parameters = encoder.network.parameters
    needed = HEADROOM * BYTES["float32"] * parameters / GIGABYTE
    return replace(check, revision=encoder.revision, parameters=parameters, needed_gb=needed), encoder


def _fusion(
    named: EncodersSpec, text: TextEncoder | None, geometry: GeometryEncoder | None
) -> tuple[EncoderCheck, FusedLatent | None]:
    from discovery.bundled import bundled_checkpoint
    from discovery.encoders.source import BUNDLED, UNTRAINED
    from discovery.latent.fusion import FusedLatent

    source = named.joined_by
    check = EncoderCheck("fusion", source)
    if text is None or geometry is None:
        return replace(check, state="not looked at"), None
    if source == UNTRAINED:
        return replace(check, state=UNTRAINED), FusedLatent.initialise(text.dim, geometry.dim)
    try:
        folder = bundled_checkpoint("fusion") if source == BUNDLED else Path(source)
        fusion = FusedLatent.load(folder, text=text, geometry=geometry)
    except DiscoveryError as error:
        return check.failed(error), None
    return replace(check, revision=fusion.revision), fusion


def _self_test(text: TextEncoder, geometry: GeometryEncoder, fusion: FusedLatent) -> SelfTest:
    """The test polymer through the encoders themselves, past the store of vectors; a failure is told, not raised."""
    began = time.perf_counter()
    try:
        done = _run(text, geometry, fusion)
    except DiscoveryError as error:
        return SelfTest(POLYMER, time.perf_counter() - began, error=str(error))
    return replace(done, seconds=time.perf_counter() - began)


def _run(text: TextEncoder, geometry: GeometryEncoder, fusion: FusedLatent) -> SelfTest:
    import torch

    from discovery.errors import EncodingError
    from discovery.polymers import RepeatUnit

    unit = RepeatUnit.parse(POLYMER)
    by_text, by_geometry = text.encode([unit]), geometry.encode([unit])
    for kind, encoding in (("text", by_text), ("geometry", by_geometry)):
        for (
            failure
        ) in encoding.failures:  # no matter of the weights: what it reads, or the making of a 3D structure
            raise EncodingError(
                f"The {kind} encoder cannot encode {POLYMER}: {failure.reason}.",
                f"Any encoder of polymers can: name another one as {kind} under [encoders].",
            )
    with torch.inference_mode():
        fused = fusion.eval()(torch.from_numpy(by_text.vectors), torch.from_numpy(by_geometry.vectors))
    if not bool(torch.isfinite(fused).all()):
        raise EncodingError(
            f"The fused vector of {POLYMER} is not finite: weights are damaged, or their number format is too narrow.",
            'Write dtype = "bfloat16" in place of "float16" under [encoders]; else fetch the weights again, and of the bundled '
            "ones install polyloop again.",
        )
    return SelfTest(
        POLYMER,
        text_dim=by_text.vectors.shape[1],
        geometry_dim=by_geometry.vectors.shape[1],
        fused_dim=int(fused.shape[1]),
        device=_described(text.device),
    )


def _described(device: str) -> str:
    """What a device of torch is called by people: ``cuda (NVIDIA L4)``, ``cpu, 2 threads``."""
    import torch

    if device.startswith("cuda"):
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"{device}, {torch.get_num_threads()} threads"
