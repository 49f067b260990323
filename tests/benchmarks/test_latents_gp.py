"""What the benchmark fits thousands of times is the product's surrogate."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from latents_gp import Likeness, fit_and_predict

from discovery.surrogate.features import Data, Features
from discovery.surrogate.members import fit_fingerprint_gp, fit_latent_gp
from discovery.surrogate.tanimoto import minmax_similarity

TOLERANCE = 1e-4
"""Of means in deviations of the values, and of variances relative to themselves: what two ends of one search may differ by."""


@pytest.mark.parametrize("kernel", ["fingerprint", "latent", "sum"])
@pytest.mark.parametrize("size", [12, 60])
def test_one_split_agrees_with_the_surrogate_of_a_campaign(kernel: str, size: int) -> None:
    torch.manual_seed(3)
    latent = torch.randn(size + 20, 6, dtype=torch.float64)
    counts = torch.poisson(torch.rand(size + 20, 40)).to(torch.int16)
    values = 300 + 40 * (latent[:, 0].sin() + 0.3 * counts[:, 0] + 0.1 * torch.randn(size + 20).double())
    features = Features(counts, latent)
    data = Data(features[:size], values[:size])
    if kernel == "fingerprint":
        member = fit_fingerprint_gp(data, seed=1)
    else:
        member = fit_latent_gp(data, seed=1, with_fingerprint=kernel == "sum")
    mean, variance = (found.numpy() for found in member.predict(features[size:]))

    likeness = Likeness.of(
        tanimoto=None if kernel == "latent" else minmax_similarity(counts, counts).numpy(),
        latent=None if kernel == "fingerprint" else latent.numpy(),
    )
    rows = np.arange(size + 20)
    ours, our_variance = fit_and_predict(likeness, values.numpy(), rows[:size], rows[size:], seed=1)

    assert np.abs(ours - mean).max() < TOLERANCE * float(values.std())
    assert np.abs(our_variance / variance - 1).max() < TOLERANCE
