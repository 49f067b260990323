"""What a round is like: how large a batch is and what it keeps, what it may cost, and what stands beside its proposals."""

from __future__ import annotations

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer

from campaigns.limits import MAXIMUM_BATCH, MAXIMUM_SHORTLIST
from campaigns.spec.part import Part, without_defaults
from campaigns.spec.physics import check_properties
from campaigns.spec.pool import Texts


class BatchSpec(Part):
    """How many polymers a round proposes unless the command says otherwise."""

    size: int = Field(default=8, ge=1, le=MAXIMUM_BATCH)
    minimum_distance: float = Field(default=0.0, ge=0, lt=1, strict=False, allow_inf_nan=False)
    """Tanimoto distance that any two of a batch keep, and each of it to what is pending; 0 to 1."""
    per_monomer: int | None = Field(default=None, ge=1)
    """The most of a batch that may need one monomer; any number where not given."""
    shared_stock: float = Field(default=0.0, ge=0, le=10, strict=False, allow_inf_nan=False)
    """How much batches that need few distinct monomers are preferred; 0 not at all."""

    @model_serializer(mode="wrap")
    def _without_what_is_not_asked(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As for an objective."""
        return without_defaults(self, written(self), always=("size",))


class BudgetSpec(Part):
    """What a round may cost."""

    shortlist: int = Field(default=128, ge=1, le=MAXIMUM_SHORTLIST)
    """Candidates that get the full treatment (geometry, joint posterior) after the cheap screen of the pool.
    """
    cost_weight: float = Field(default=0.0, ge=0, le=10, strict=False)
    """How much the price of the monomers counts when a batch is picked: 0 not at all, 1 the improvement per price.
    """
    experiments: int | None = Field(default=None, ge=1)
    """How many polymers can be made in all from the first round on; for the advice on when to stop, never a rule."""

    @model_serializer(mode="wrap")
    def _without_what_is_not_asked(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As for an objective."""
        return without_defaults(self, written(self), always=("shortlist", "cost_weight"))


class ReportSpec(Part):
    """What stands beside the proposals."""

    physics: Texts = ()
    """Properties that ``polyloop physics`` estimates; shown as estimates in forms, on the terminal and in the report."""

    @field_validator("physics")
    @classmethod
    def _physics_has_them(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return check_properties(names)
