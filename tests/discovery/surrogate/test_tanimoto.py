from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from torch import Tensor

from discovery.surrogate.tanimoto import TanimotoKernel, minmax_similarity

COUNTS = arrays(
    np.float64, array_shapes(min_dims=2, max_dims=2, max_side=8), elements=st.integers(0, 5).map(float)
)
AMOUNTS = arrays(
    np.float64, array_shapes(min_dims=2, max_dims=2, max_side=8), elements=st.floats(0.0, 9.0, width=16)
)


def naive(a: Tensor, b: Tensor) -> Tensor:
    shared = torch.minimum(a[:, None, :], b[None, :, :]).sum(-1)
    either = torch.maximum(a[:, None, :], b[None, :, :]).sum(-1)
    return torch.where(either > 0, shared / either, 1.0)


@settings(max_examples=60, deadline=None)
@given(rows=st.one_of(COUNTS, AMOUNTS), split=st.integers(0, 8), working_set=st.sampled_from([1, 2**20]))
def test_matrix_product_equals_the_naive_formula(
    rows: NDArray[np.float64], split: int, working_set: int
) -> None:
    x = torch.from_numpy(rows)
    a, b = x[: min(split, len(x))], x[min(split, len(x) - 1) :]
    torch.testing.assert_close(minmax_similarity(a, b, working_set=working_set), naive(a, b))


@settings(max_examples=60, deadline=None)
@given(rows=st.one_of(COUNTS, AMOUNTS))
def test_kernel_is_positive_semi_definite(rows: NDArray[np.float64]) -> None:
    x = torch.from_numpy(rows)
    assert float(torch.linalg.eigvalsh(minmax_similarity(x, x)).min()) > -1e-10


def test_empty_fingerprint_is_like_another_empty_one_only() -> None:
    x = torch.tensor([[0.0, 0.0], [0.0, 0.0], [1.0, 2.0]], dtype=torch.float64)
    expected = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]], dtype=torch.float64)
    torch.testing.assert_close(minmax_similarity(x, x), expected)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.float32])
def test_compact_counts_give_the_same_similarity(dtype: torch.dtype) -> None:
    x = torch.randint(0, 4, (6, 30), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        minmax_similarity(x.to(dtype), x[:3].to(dtype)), naive(x.double(), x[:3].double())
    )


def test_kernel_reads_only_its_columns_in_training_and_after() -> None:
    x = torch.randint(0, 4, (6, 33), generator=torch.Generator().manual_seed(0)).double()
    kernel = TanimotoKernel(30)
    expected = naive(x[:, :30], x[:, :30])
    torch.testing.assert_close(kernel(x).to_dense(), expected)
    torch.testing.assert_close(kernel(x.clone()).to_dense(), expected)
    torch.testing.assert_close(kernel.eval()(x).to_dense(), expected)
    torch.testing.assert_close(kernel(x, diag=True), expected.diagonal())
    torch.testing.assert_close(kernel(x[:2], x[2:4], diag=True), expected[:2, 2:4].diagonal())


def test_remembered_gram_is_not_used_for_other_counts() -> None:
    kernel = TanimotoKernel(30)
    x = torch.randint(0, 4, (6, 30), generator=torch.Generator().manual_seed(0)).double()
    kernel(x).to_dense()
    x[0, 0] += 1.0
    torch.testing.assert_close(kernel(x).to_dense(), naive(x, x))


def test_kernel_takes_batches() -> None:
    x = torch.randint(0, 4, (2, 5, 30), generator=torch.Generator().manual_seed(0)).double()
    kernel = TanimotoKernel(30).eval()
    gram = kernel(x, x[0]).to_dense()
    assert gram.shape == (2, 5, 5)
    torch.testing.assert_close(gram[1], naive(x[1], x[0]))
