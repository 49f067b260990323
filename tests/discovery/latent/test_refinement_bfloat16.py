"""Refinement of a text model in bfloat16: its adapters are float32 and learn as those of a float32 model do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from discovery.encoders.loading import Loading
from discovery.encoders.text import TextEncoder
from discovery.latent.adapter import FoldAdapter
from discovery.latent.fusion import FusedLatent
from discovery.latent.refinement import Refinement, refine
from discovery.polymers import RepeatUnit


@pytest.fixture(scope="module")
def short(llama3_folder: Path) -> TextEncoder:
    return TextEncoder.load(str(llama3_folder), loading=Loading(dtype="bfloat16"), device="cpu")


def test_the_factors_of_a_bfloat16_model_are_float32_and_learn(
    short: TextEncoder,
    units: tuple[RepeatUnit, ...],
    geometry: NDArray[np.float32],
    values: NDArray[np.float64],
    tmp_path: Path,
) -> None:
    fusion = FusedLatent.initialise(short.dim, geometry.shape[1], 16, text_revision=short.revision)
    fusion.fit_statistics(torch.from_numpy(short.encode(units).vectors), torch.from_numpy(geometry))
    outcome = refine(short, fusion, units, geometry, values, seed=0, steps=10)
    assert isinstance(outcome, Refinement)
    for trace in outcome.diagnostics:
        assert trace.training_loss[-1] < trace.training_loss[0]
    adapter = outcome.folds[0]
    assert {factor.dtype for factor in adapter.parameters()} == {torch.float32}
    assert short.model.dtype == torch.bfloat16
    adapter.save(tmp_path)
    again = FoldAdapter.load(tmp_path, short, fusion)
    torch.testing.assert_close(again.embed(units[:4], geometry[:4]), adapter.embed(units[:4], geometry[:4]))
