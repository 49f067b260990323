from __future__ import annotations

from collections.abc import Callable
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
