"""Refinement as a campaign asks for it: how deep, from where, by which objective, and an adapter of another campaign."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, field_validator, model_serializer

from campaigns.adapter_card import AdapterCard
from campaigns.errors import SpecError, SpecProblem
from campaigns.spec.faults import spec_fault
from campaigns.spec.part import Part, listed, without_defaults
from discovery.encoders.source import expanded
from discovery.errors import WeightsError

Depth = Literal["projection", "encoder", "both"]
"""What of the latent is refined: its projections and their gate, the top blocks of both encoders, or all of it."""

Start = Literal["base", "previous"]
"""Where the adapters of a round begin: at the frozen latent, or at those of the round before."""

LatentObjective = Literal["evidence", "loo"]
"""What the factors are trained by: the marginal likelihood, or the leave-one-out log score."""


class RefinementSpec(Part):
    """Whether and how the latent is refined on what is measured; the gate decides whether it is used."""

    depths: Annotated[tuple[Depth, ...] | None, BeforeValidator(listed)] = None
    """Which to try, each as a member of the gate; an empty list refines nothing. Polyloop's own choice where not given."""
    start: Start = "base"
    objective: LatentObjective = "evidence"
    adapter: str | None = Field(default=None, min_length=1)
    """Folder of an adapter that ``polyloop adapter`` wrote, relative to the spec's: tried as a member of its own, ``adopted``."""

    @field_validator("depths")
    @classmethod
    def _depths_are_named_once(cls, depths: tuple[Depth, ...] | None) -> tuple[Depth, ...] | None:
        twice = [depth for position, depth in enumerate(depths or ()) if depth in (depths or ())[:position]]
        if twice:
            raise spec_fault(f"names {twice[0]} twice.", "Name each depth once.")
        return depths

    @model_serializer(mode="wrap")
    def _without_what_is_not_asked(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As for an objective."""
        return without_defaults(self, written(self), always=())

    def under(self, folder: Path) -> RefinementSpec:
        """The same with the adapter's folder named by its whole path, as for a copy of the spec that lies elsewhere."""
        return (
            self if self.adapter is None else self.model_copy(update={"adapter": str(self._located(folder))})
        )

    def adapter_folder(self, folder: Path) -> Path | None:
        """Where the adapter is, for a spec that lies in ``folder``; ``None`` where none is asked for.

        Raises:
            SpecError: There is no adapter.
        """
        if self.adapter is None:
            return None
        place = self._located(folder)
        try:
            AdapterCard.read(place)
        except WeightsError as error:
            problem = SpecProblem("refinement.adapter", error.message, error.hint)
            raise SpecError("The adapter of the campaign cannot be used.", [problem]) from error
        return place

    def _located(self, folder: Path) -> Path:
        return (folder / expanded(self.adapter or "")).resolve()
