"""Safetensors files as rows on disk: written as a stream, and read a few rows at a time.

The format (https://huggingface.co/docs/safetensors) puts tensors one after the other, uncompressed, behind a header in JSON
that says where each begins. So any row of a file of any size is one seek and one read away, whatever order rows are asked for
in, and nothing else of the file comes into memory.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

_DTYPES: dict[str, Any] = {"U8": np.uint8, "U16": np.uint16, "U32": np.uint32, "F32": np.float32}
_NAMES = {np.dtype(dtype): name for name, dtype in _DTYPES.items()}
_ALIGNMENT = 8
_CHECK = "header_check"
"""Under this name the metadata hold a checksum (CRC-32) of the rest of the header; files of before there was one have none."""

_LONGEST_HEADER = 100_000_000
"""Bytes; the limit of the safetensors library."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor to be written: its form, and its numbers in as many parts as is convenient."""

    name: str
    dtype: Any
    shape: tuple[int, ...]
    parts: Iterable[NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor in a file."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int
    """Of its first byte, from the beginning of the file."""

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return self.dtype.itemsize * prod(self.shape[1:])


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself."""

    tensors: Mapping[str, Stored]
    metadata: Mapping[str, str]


def write_tensors(file: BinaryIO, tensors: Sequence[Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors and texts as one safetensors file.

    Raises:
        ValueError: When the parts of a tensor do not make up its shape.
    """
    described: dict[str, Any] = {"__metadata__": dict(metadata)}
    end = 0
    for tensor in tensors:
        start, end = end, end + np.dtype(tensor.dtype).itemsize * prod(tensor.shape)
        name = _NAMES[np.dtype(tensor.dtype)]
        described[tensor.name] = {"dtype": name, "shape": list(tensor.shape), "data_offsets": [start, end]}
    described["__metadata__"][_CHECK] = _checksum(described)
    header = json.dumps(described).encode()
    header += b" " * (-len(header) % _ALIGNMENT)
    file.write(struct.pack("<Q", len(header)))
    file.write(header)
    for tensor in tensors:
        written = 0
        for part in tensor.parts:
            numbers = np.ascontiguousarray(part, dtype=np.dtype(tensor.dtype).newbyteorder("<"))
            file.write(numbers.data if numbers.size else b"")
            written += numbers.size
        if written != prod(tensor.shape):
            raise ValueError(f"{tensor.name} has {written} numbers, its shape {tensor.shape} says otherwise")


def read_header(path: Path) -> Header:
    """Read the header of a file.

    Raises:
        OSError: When the file cannot be read.
        ValueError: When it is no safetensors file of ours, or is shorter than it says.
    """
    with path.open("rb") as file:
        head = file.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else _LONGEST_HEADER + 1
        if length > _LONGEST_HEADER:
            raise ValueError("it has no header")
        described = json.loads(file.read(length))
        size = file.seek(0, 2)
    try:
        metadata = described.get("__metadata__", {})
        check = metadata.pop(_CHECK, None)
        if check is not None and check != _checksum(described):
            raise ValueError("its header is not the one that was written")
        described.pop("__metadata__", None)
        tensors = {
            name: Stored(np.dtype(_DTYPES[t["dtype"]]), tuple(t["shape"]), 8 + length + t["data_offsets"][0])
            for name, t in described.items()
        }
    except (AttributeError, KeyError, TypeError, IndexError) as error:
        raise ValueError(f"its header cannot be understood ({error})") from error
    for stored in tensors.values():
        if stored.offset + stored.dtype.itemsize * prod(stored.shape) > size:
            raise ValueError("it is shorter than its header says")
    return Header(tensors, metadata)


def _checksum(described: Mapping[str, Any]) -> str:
    return f"{crc32(json.dumps(described).encode()):08x}"


def read_into(file: BinaryIO, stored: Stored, first: int, out: NDArray[Any]) -> None:
    """Fill the rows of ``out`` with those of a tensor from row ``first`` on.

    Raises:
        ValueError: When the file ends before.
    """
    if not out.size:
        return
    file.seek(stored.offset + first * stored.row_bytes)
    view = out.reshape(-1).view(np.uint8).data
    filled = 0
    while filled < len(
        view
    ):  # one call may give less: Linux reads at most 2 GiB at a time, a network folder as it likes
        got = file.readinto(view[filled:])  # type: ignore[attr-defined]  # every binary file of open() has it
        if not got:
            raise ValueError("it ends too early")
        filled += got


def runs(rows: NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
    """Ascending row numbers as runs of neighbours: where a run starts in ``rows``, its first row, its length."""
    if not len(rows):
        return
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    starts = np.concatenate([[0], breaks])
    lengths = np.diff(np.concatenate([starts, [len(rows)]]))
    yield from zip(starts.tolist(), rows[starts].tolist(), lengths.tolist(), strict=True)
