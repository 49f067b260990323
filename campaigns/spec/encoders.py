"""The encoders of a campaign: where they come from, what joins them, and how a text model of any size is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from campaigns.spec.faults import spec_fault
from campaigns.spec.part import Part
from discovery.encoders.loading import DeviceMap, Dtype, Loading, Quantization
from discovery.encoders.source import BUNDLED, UNTRAINED, located, located_folder

_LOADING = ("dtype", "device_map", "quantization")


class EncodersSpec(Part):
    """The frozen encoders: ``bundled``, a model on the hub (``org/name`` or ``org/name@revision``; Uni-Mol by version), or a
    folder, relative to the spec's.
    """

    text: str = Field(default=BUNDLED, min_length=1)
    geometry: str = Field(default=BUNDLED, min_length=1)
    fusion: str | None = Field(default=None, min_length=1)
    """What joins the two: ``bundled``, ``untrained``, or a folder that ``polyloop pretrain align`` wrote; by
    default ``bundled`` for the bundled pair and ``untrained`` for any other.
    """
    dtype: Dtype = "auto"
    """Number format of the text encoder: ``auto`` is float32 for small models and bfloat16 for large ones."""
    device_map: DeviceMap | None = None
    """``auto``: spread the text encoder over all devices where one cannot hold it."""
    quantization: Quantization | None = None
    """``4bit``: keep the text encoder's weights in four bits; needs a CUDA GPU."""

    @model_validator(mode="after")
    def _bundled_fusion_has_its_encoders(self) -> EncodersSpec:
        if self.fusion == BUNDLED and not self.text == self.geometry == BUNDLED:
            raise spec_fault(
                "asks for the bundled fusion, which belongs to the bundled encoders.",
                'Give fusion = "untrained", or the folder of one that polyloop pretrain align made for them.',
            )
        return self

    @model_validator(mode="after")
    def _bundled_text_is_loaded_as_it_is(self) -> EncodersSpec:
        asked = self._loading_asked()
        if self.text == BUNDLED and asked:
            raise spec_fault(
                f"gives {' and '.join(asked)} to the bundled text encoder, which is small and always float32.",
                "Name a text encoder of your own, or leave that out.",
            )
        return self

    @model_serializer(mode="wrap")
    def _without_what_is_not_asked(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Loading is written down only where it is asked for, so that a spec that says nothing of it keeps its version."""
        content: dict[str, Any] = written(self)
        unasked = set(_LOADING) - set(self._loading_asked())
        return {name: value for name, value in content.items() if name not in unasked}

    @property
    def joined_by(self) -> str:
        """The fusion that is used: the one named, else the bundled one for the bundled pair, and an untrained one for others."""
        return self.fusion or (BUNDLED if self.text == self.geometry == BUNDLED else UNTRAINED)

    @property
    def loading(self) -> Loading:
        """How the text encoder is loaded."""
        return Loading(self.dtype, self.device_map, self.quantization)

    def _loading_asked(self) -> list[str]:
        fields = EncodersSpec.model_fields
        return [name for name in _LOADING if getattr(self, name) != fields[name].default]

    def under(self, folder: Path) -> EncodersSpec:
        """The same with encoders that are folders under ``folder`` named by their whole path, and so those that are not there but
        can only be folders.
        """
        found = {"text": located(self.text, folder), "geometry": located_folder(self.geometry, folder)}
        if self.fusion is not None:
            found["fusion"] = located_folder(self.fusion, folder)
        return self.model_copy(update=found)
