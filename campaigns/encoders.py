"""The encoders that a spec names, loaded: one door for a campaign, for a table of vectors and for a replay."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaigns.spec import EncodersSpec
    from discovery.latent.representation import Representation


def representation_of(encoders: EncodersSpec, base: Path | None = None) -> Representation:
    """Load encoders and the fusion that joins them.

    Args:
        encoders: Of a spec.
        base: Folder that they are relative to; that of the process by default.

    Raises:
        WeightsError: When weights are missing, damaged, gated or too large for the machine, with what to do.
    """
    from discovery.latent.representation import Representation

    encoders = encoders.under(base or Path())  # so that a folder that is not there is told by its whole path
    return Representation.load(
        encoders.text, encoders.geometry, fusion=encoders.joined_by, loading=encoders.loading
    )
