"""What a model needs and what a device has: asked before weights are loaded, and when rows are put together for a pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import psutil
import torch
from torch import Tensor, nn

from discovery.encoders.loading import Loading
from discovery.errors import OutOfMemoryError, WeightsStateError

GIGABYTE = 10**9

HEADROOM = 1.05
"""Needed beyond the weights themselves: buffers, and one short text on its way through."""

BYTES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0}

FOUR_BIT_BYTES = 0.516
"""Bytes of a weight in NF4 with double quantisation: half a byte, and 0.127 bits for the scales (QLoRA, arXiv 2305.14314)."""

FIXED_SHAPE = 100_000_000
"""Parameters up to which every pass has the same rows: one shape on every device."""

PASS_BYTES = 2 * GIGABYTE
"""What a pass of a larger model is planned to take, whatever is free: the rows of a pass decide the last digits of a vector,
which must not tell how busy the machine was. It lets 64 short texts go through a Llama 3 8B at once."""

_NO_MAIN_MEMORY = "DefaultCPUAllocator"
"""What PyTorch names where main memory runs out, in a plain RuntimeError."""


def free_memory(device: str) -> int:
    """Bytes that a device has free: a GPU's own, or the main memory for any other."""
    if device.startswith("cuda"):
        free, _ = torch.cuda.mem_get_info(torch.device(device))
        # what PyTorch has reserved and does not use is free for it
        return int(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))
    return int(psutil.virtual_memory().available)


def weight_bytes(model: nn.Module, dtype: str, quantization: str | None = None) -> int:
    """Bytes of a model's parameters once loaded; the model may be on the ``meta`` device.

    In 4 bits only the matrices of linear layers are small; embeddings and norms keep ``dtype``.
    """
    every = parameter_count(model)
    if quantization is None:
        return int(every * BYTES[dtype])
    linear = sum(part.weight.numel() for part in model.modules() if isinstance(part, nn.Linear))
    return int(linear * FOUR_BIT_BYTES + (every - linear) * BYTES[dtype])


def parameter_count(model: nn.Module) -> int:
    """How many numbers a model holds."""
    return sum(parameter.numel() for parameter in model.parameters())


def needed_memory(model: nn.Module, loading: Loading) -> float:
    """Bytes that a model takes once it is loaded, and one short text on its way through it.

    Args:
        model: May be on the ``meta`` device.
        loading: How it is to be loaded.
    """
    dtype = loading.dtype_of(parameter_count(model))
    return HEADROOM * weight_bytes(model, dtype, loading.quantization)


Place = Literal["device", "spread"]
"""Where a model is loaded to: the device that is wanted, or all GPUs and the main memory together."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The memory that a model could be loaded into.

    Args:
        device: The one that is wanted.
        free: Bytes free there.
        gpus: Bytes free on all GPUs together; 0 where there is none.
        main: Bytes of main memory that are available.
    """

    device: str
    free: int
    gpus: int
    main: int

    @classmethod
    def seen_from(cls, device: str) -> Machine:
        """What is free now."""
        main = free_memory("cpu")
        if not device.startswith("cuda"):
            return cls(device, main, 0, main)
        gpus = sum(free_memory(f"cuda:{number}") for number in range(torch.cuda.device_count()))
        return cls(device, free_memory(device), gpus, main)

    def place(self, name: str, model: nn.Module, loading: Loading) -> Place:
        """Find room for a model (see :func:`needed_memory`): on the device that is wanted, else spread where that is allowed.

        Args:
            name: Of the encoder, for the error.
            model: The model, which may be on the ``meta`` device.
            loading: How it is to be loaded.

        Raises:
            WeightsError: When it does not fit, with the figures and what would help.
        """
        parameters = parameter_count(model)
        dtype = loading.dtype_of(parameters)
        needed = needed_memory(model, loading)
        if needed <= self.free:
            return "device"
        # 4-bit weights cannot be kept in main memory
        together = self.gpus + (0 if loading.quantization else self.main) if self.gpus else self.free
        if loading.device_map == "auto" and needed <= together:
            return "spread"
        form = "4-bit weights" if loading.quantization else dtype
        raise WeightsStateError(
            f"{name} has {parameters / 1e9:.1f} billion parameters and needs about {_gigabytes(needed)} as {form}; "
            f"{self.device} has {_gigabytes(self.free)} free.",
            self._way_out(model, loading, dtype, needed <= together),
        )

    def _way_out(self, model: nn.Module, loading: Loading, dtype: str, fits_together: bool) -> str:
        ways = []
        if loading.device_map is None and fits_together:
            ways.append(
                'write device_map = "auto" under [encoders] to spread it over all GPUs and the main memory'
            )
        if loading.quantization is None:
            half = HEADROOM * weight_bytes(model, "bfloat16")
            if dtype == "float32" and half <= self.free:
                ways.append(f'write dtype = "bfloat16" ({_gigabytes(half)})')
            quarter = HEADROOM * weight_bytes(model, "bfloat16", "4bit")
            if self.gpus and quarter <= self.free:
                ways.append(f'write quantization = "4bit" ({_gigabytes(quarter)})')
        ways.append("name a smaller model, or use a machine with more memory")
        text = "; or ".join(ways)
        return f"{text[0].upper()}{text[1:]}."


def check_fits(name: str, parameters: int, device: str, machine: Machine | None = None) -> None:
    """Refuse a float32 network that a device cannot hold.

    Raises:
        WeightsError: With what it needs and what is free.
    """
    machine = machine or Machine.seen_from(device)
    needed = HEADROOM * parameters * BYTES["float32"]
    if needed > machine.free:
        raise WeightsStateError(
            f"{name} has {parameters / 1e9:.2f} billion parameters and needs about {_gigabytes(needed)}; "
            f"{machine.device} has {_gigabytes(machine.free)} free.",
            "Name a smaller one, end other programs, or use a machine with more memory.",
        )


class ForwardPasses:
    """Rows that go through a model together: one number for each length, so that a row meets the same shapes in any company and
    on a machine that is busy or idle.

    Args:
        device: Where the model runs.
        most: Rows of a pass at most.
        row_bytes: Memory that one row of a length takes on its way; ``None`` where every pass has ``most`` rows.
    """

    def __init__(self, device: str, most: int, row_bytes: Callable[[int], float] | None = None) -> None:
        self._device = device
        self._most = most
        self._row_bytes = row_bytes

    def rows(self, length: int) -> int:
        """Rows of a pass of rows of one length: ``most``, halved until they take no more than :data:`PASS_BYTES` together."""
        rows = self._most
        if self._row_bytes is not None:
            fitting = int(PASS_BYTES / self._row_bytes(length))
            while rows > max(fitting, 1):
                rows //= 2
        return rows

    def run(
        self, members: Sequence[int], length: int, forward: Callable[[list[int]], Tensor]
    ) -> Iterator[tuple[list[int], Tensor]]:
        """Take ``members``, all of one ``length``, through ``forward``.

        ``forward`` always gets as many as :meth:`rows` says; the first stands in where members are lacking. Where the device
        runs out of memory, this and every later pass has half the rows.

        Yields:
            Members of a pass and their ``rows x d`` vectors, of which the first ones are theirs.

        Raises:
            EncodingError: When not even one row goes through.
        """
        start = 0
        while start < len(members):
            rows = self.rows(length)
            batch = list(members[start : start + rows])
            vectors = self._tried(forward, [*batch, *batch[:1] * (rows - len(batch))])
            if vectors is not None:
                yield batch, vectors
                start += len(batch)
            elif rows == 1:
                raise OutOfMemoryError(
                    f"{self._device} ran out of memory on a single polymer of length {length}.",
                    "End other programs that use it, or use a smaller model.",
                )
            else:
                self._most = rows // 2

    def _tried(self, forward: Callable[[list[int]], Tensor], batch: list[int]) -> Tensor | None:
        try:
            return forward(batch)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
        # only now is what the failed pass held let go of
        if self._device.startswith("cuda"):
            torch.cuda.empty_cache()
        return None


def out_of_memory(error: Exception) -> bool:
    """Whether an error of PyTorch means that a GPU or the main memory has no room left."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or _NO_MAIN_MEMORY in str(error)


def _gigabytes(size: float) -> str:
    return f"{size / GIGABYTE:.1f} GB"
