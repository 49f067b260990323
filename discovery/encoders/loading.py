"""How a text model that is not bundled is brought into memory: number format, device map, quantisation.

The words are those of a campaign's ``[encoders]`` table. What can be told from them and the device alone is refused here, before
anything is fetched or read.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal, get_args

from discovery.errors import WeightsError, WeightsStateError

Dtype = Literal["auto", "float32", "bfloat16", "float16"]
DeviceMap = Literal["auto"]
Quantization = Literal["4bit"]

SMALL_MODEL = 500_000_000
"""Parameters up to which ``auto`` is float32, which then takes 2 GB at most; beyond, it is bfloat16 on every device, so that a
campaign keeps its vectors when it moves to another machine."""

INSTALL_QUANTIZED = "pip install 'polyloop[quantized]'"


@dataclass(frozen=True, slots=True)
class Loading:
    """How weights are loaded.

    Raises:
        WeightsError: When a word is not one of those allowed.
    """

    dtype: str = "auto"
    """``float32``, ``bfloat16`` or ``float16``; ``auto`` goes by the size (:data:`SMALL_MODEL`). Changes vectors, and so the
    revision."""

    device_map: str | None = None
    """``auto`` lets accelerate spread a model that one device cannot hold over all GPUs and the main memory."""

    quantization: str | None = None
    """``4bit`` keeps the weights of linear layers in four bits (NF4); needs a CUDA GPU. Changes vectors, and so the revision."""

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ("dtype", self.dtype, get_args(Dtype)),
            ("device_map", self.device_map, (None, *get_args(DeviceMap))),
            ("quantization", self.quantization, (None, *get_args(Quantization))),
        ):
            if value not in allowed:
                words = ", ".join(word for word in allowed if word is not None)
                raise WeightsError(
                    f"The {name} {value!r} is not one that polyloop knows.", f"Possible: {words}."
                )

    def check_possible(self, device: str) -> None:
        """Refuse what cannot be done on ``device``.

        Raises:
            WeightsError: 4-bit weights without a CUDA GPU, or without the package that reads them.
        """
        if self.quantization is None:
            return
        if not device.startswith("cuda"):
            raise WeightsStateError(
                f"4-bit weights need a CUDA GPU, and the model would run on {device}.",
                'Leave quantization out (dtype = "bfloat16" halves the memory of float32), or use a machine with a GPU.',
            )
        if find_spec("bitsandbytes") is None:
            raise WeightsStateError(
                "4-bit weights need the package bitsandbytes, which is not installed.",
                f"Install it: {INSTALL_QUANTIZED}",
            )

    def dtype_of(self, parameters: int) -> str:
        """The number format by name of a model with so many parameters."""
        if self.dtype != "auto":
            return self.dtype
        return "float32" if parameters <= SMALL_MODEL else "bfloat16"


AS_IS = Loading()
"""Nothing asked for: float32 for small models, bfloat16 for large ones, on one device."""
