"""Safetensors files as rows: what a slow disk gives bit by bit is whole in the end."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from discovery.encoders.tensor_file import Tensor, read_header, read_into, write_tensors

NUMBERS = np.arange(60, dtype=np.float32).reshape(20, 3)


class Dripping(io.FileIO):
    """A file that gives seven bytes at a time, as a network folder may."""

    def readinto(self, buffer: Any) -> int:
        return super().readinto(memoryview(buffer)[:7]) or 0


def written(path: Path) -> Path:
    with path.open("wb") as file:
        write_tensors(file, [Tensor("numbers", np.float32, NUMBERS.shape, [NUMBERS])], {})
    return path


def test_rows_are_read_whole_however_little_one_call_gives(tmp_path: Path) -> None:
    path = written(tmp_path / "numbers.safetensors")
    out = np.empty((10, 3), np.float32)
    with Dripping(path) as file:
        read_into(file, read_header(path).tensors["numbers"], 5, out)  # type: ignore[arg-type]  # raw, as open(buffering=0)
    np.testing.assert_array_equal(out, NUMBERS[5:15])


def test_a_file_that_ends_before_the_rows_do_is_a_fault(tmp_path: Path) -> None:
    path = written(tmp_path / "numbers.safetensors")
    stored = read_header(path).tensors["numbers"]
    path.write_bytes(path.read_bytes()[:-5])
    with Dripping(path) as file, pytest.raises(ValueError, match="ends too early"):
        read_into(file, stored, 10, np.empty((10, 3), np.float32))  # type: ignore[arg-type]  # raw, as open(buffering=0)
