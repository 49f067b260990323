"""Refinement of a text model in bfloat16: its adapters are float32 and learn as those of a float32 model do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from gpytorch.kernels import MaternKernel
from numpy.typing import NDArray

from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.loading import Loading
from discovery.encoders.text import TextEncoder
from discovery.latent.encoded import Encoded
from discovery.latent.frozen_process import FrozenProcess
from discovery.latent.fusion import FusedLatent
from discovery.latent.refinement import Refinement
from discovery.latent.refining import refine
from discovery.latent.settings import RefinementSettings, Schedule
from discovery.polymers import RepeatUnit


@pytest.fixture(scope="module")
def short(llama3_folder: Path) -> TextEncoder:
    return TextEncoder.load(str(llama3_folder), loading=Loading(dtype="bfloat16"), device="cpu")


def test_the_factors_of_a_bfloat16_model_are_float32_and_learn(
    short: TextEncoder,
    make_geometry: Callable[..., GeometryEncoder],
    units: tuple[RepeatUnit, ...],
    values: NDArray[np.float64],
    tmp_path: Path,
) -> None:
    geometry, units = make_geometry(0), units[:30]
    encoded = Encoded(units, short.encode(units).vectors, geometry.encode(units).vectors)
    fusion = FusedLatent.initialise(short.dim, geometry.dim, 16, text_revision=short.revision)
    fusion.fit_statistics(*encoded.vectors)
    encoders = SimpleNamespace(text=short, geometry=geometry, fusion=fusion.requires_grad_(False))
    kernel = MaternKernel(nu=2.5).double()
    kernel.lengthscale = 4.0
    targets = torch.as_tensor((values[:30] - values[:30].mean()) / values[:30].std())
    noise, beside = torch.full((30,), 0.05).double(), torch.ones(30, 30).double()
    outcome = refine(
        encoders,
        encoded,
        [FrozenProcess(torch.arange(30), targets, noise, kernel, beside)],
        "encoder",
        seed=0,
        settings=RefinementSettings(schedule=Schedule(rate=1e-2, steps=6, patience=6)),
    )
    assert isinstance(outcome, Refinement)
    for told in outcome.diagnostics:
        assert told.trace.training_loss[-1] < told.trace.training_loss[0]
    assert {factor.dtype for fold in outcome.folds for factor in fold.parameters()} == {torch.float32}
    assert short.model.dtype == torch.bfloat16
    outcome.save(tmp_path)
    again = Refinement.load(tmp_path, encoders, address=outcome.hash)
    few = encoded[range(4)]
    for loaded, made in zip(again.embed(few), outcome.embed(few), strict=True):
        torch.testing.assert_close(loaded, made)
