"""The covariance of tasks, whatever its parameters."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from discovery.surrogate.contract import example
from discovery.surrogate.coregionalisation import CoregionalisedKernel
from discovery.surrogate.kernels import covariance
from discovery.surrogate.layout import Layout


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=6, max_size=6), st.lists(st.floats(-4, 4), min_size=6, max_size=6))
def test_any_weights_and_scales_are_positive_semi_definite(weights: list[float], scales: list[float]) -> None:
    def column(numbers: list[float]) -> Tensor:
        return torch.tensor(numbers, dtype=torch.float64).reshape(2, 3)

    layout, features = Layout(32, 4), example(12).features
    kernel = CoregionalisedKernel(
        [part.base_kernel for part in covariance(layout).kernels[1:]], 3, torch.ones(3).double()
    ).double()
    kernel.raw_correlation.data, kernel.raw_outputscale.data = column(weights), column(scales)
    inputs = torch.cat([layout.pack(features), (torch.arange(12) % 3).double().unsqueeze(-1)], dim=-1)
    gram = kernel(inputs).to_dense().detach()
    assert torch.equal(gram.diagonal(), kernel(inputs, diag=True).detach())
    assert float(torch.linalg.eigvalsh(gram).min()) > -1e-9 * float(gram.diagonal().max())


def test_what_is_remembered_while_fitting_is_what_would_be_computed() -> None:
    layout = Layout(32, 4)
    kernel = CoregionalisedKernel(
        [part.base_kernel for part in covariance(layout).kernels[1:]], 2, torch.ones(2).double()
    ).double()
    first, second = (
        torch.cat([layout.pack(example(6, seed=seed).features), torch.ones(6, 1).double()], dim=-1)
        for seed in range(2)
    )
    kernel.train()
    remembered = [kernel(inputs).to_dense().detach() for inputs in (first, first, second, first)]
    kernel.eval()
    for found, inputs in zip(remembered, (first, first, second, first), strict=True):
        torch.testing.assert_close(found, kernel(inputs).to_dense().detach())
