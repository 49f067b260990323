"""The answer of ``polyloop doctor``."""

from __future__ import annotations

from typing import Literal

from pydantic import RootModel

from campaigns.cli.schemas import JsonObject


class Checkpoint(JsonObject):
    """A bundled checkpoint, as it lies on the disk."""

    name: str
    """Of the checkpoint."""
    state: Literal["ok", "missing", "changed", "no hash on record"]
    """Whether it is the file that its config names."""
    sha256: str | None
    """Of the weights."""
    megabytes: float | None
    """Of the weights."""


class EncoderCheck(JsonObject):
    """An encoder or what joins them, as far as it could be looked at."""

    part: Literal["text", "geometry", "fusion"]
    """Which."""
    source: str
    """As the spec names it."""
    state: Literal["ok", "untrained", "not usable", "not looked at"]
    """Whether it can be used."""
    revision: str | None
    """Hash of weights and settings."""
    parameters: int | None
    """How many."""
    dtype: str | None
    """Number format, or 4bit."""
    needed_gb: float | None
    """Memory that it takes, in 10^9 bytes."""
    free_gb: float | None
    """What was free for it."""
    device: str | None
    """It runs on."""
    error: str
    """What is wrong; may be empty."""
    hint: str
    """What to do; may be empty."""


class SelfTest(JsonObject):
    """One polymer through all encoders."""

    psmiles: str
    """The polymer."""
    seconds: float
    """It took, without loading the weights."""
    text_dim: int | None
    """Numbers of the text vector."""
    geometry_dim: int | None
    """Numbers of the geometry vector."""
    fused_dim: int | None
    """Numbers of the fused vector."""
    device: str | None
    """What the encoders ran on."""
    error: str | None
    """What went wrong."""


class Installation(JsonObject):
    """Whether this installation is whole, and the encoders can be used."""

    healthy: bool
    """Whether all is well."""
    versions: dict[str, str]
    """Of the libraries."""
    weights: list[Checkpoint]
    """That are bundled."""
    encoders: list[EncoderCheck]
    """Text, geometry, fusion."""
    device: str | None
    """What the encoders run on."""
    self_test: SelfTest
    """One polymer through all of them."""


class Finding(JsonObject):
    """How one part of a campaign is."""

    part: Literal["spec", "database", "facts", "rounds", "adapters", "pool", "forms", "vectors", "recovery"]
    """Which."""
    state: Literal["whole", "remark", "not reached", "damaged"]
    """How it is."""
    words: str
    """What was found."""
    way_out: str
    """What to do; may be empty."""


class Audit(JsonObject):
    """Whether a campaign is whole."""

    folder: str
    """Of the campaign."""
    healthy: bool
    """Whether nothing is damaged, and everything could be looked at."""
    findings: list[Finding]
    """Of every part."""


class Recovery(JsonObject):
    """What was saved of a campaign."""

    folder: str
    """Of the damaged one."""
    new: str
    """Folder of the new one."""
    commands: int
    """How many are in it."""
    facts: int
    """That they recorded."""
    lost: list[str]
    """Every fact and file that is not in it; the exit code is 3 where there are any."""
    rounds: list[int]
    """Numbers of the rounds that are not in it, as far as they are known."""
    report: str
    """File in the new folder that keeps all this."""


class Document(RootModel[Installation | Audit | Recovery]):
    """The installation; with DIR the campaign there; with --recover what was saved of it."""
