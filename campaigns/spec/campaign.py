"""CampaignSpec: what a campaign is for. Objectives, pool, encoders, batch and budget, read from a TOML file.

Everything is checked when a spec is made, before anything costly runs, and every fault is told at once with
its key path (:class:`campaigns.errors.SpecError`). A spec is frozen; its :attr:`CampaignSpec.version` is a
hash of its content.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from campaigns.errors import SpecError, SpecProblem
from campaigns.limits import MAXIMUM_BATCH, MAXIMUM_SHORTLIST
from campaigns.spec.encoders import EncodersSpec
from campaigns.spec.faults import spec_error, spec_fault, what_to_do_about_toml
from campaigns.spec.objective import ObjectiveSpec
from campaigns.spec.part import Part
from campaigns.spec.physics import check_properties
from campaigns.spec.pool import PoolSpec, Texts
from campaigns.tables.kind import pool_kind


class BatchSpec(Part):
    """How many polymers a round proposes unless the command says otherwise."""

    size: int = Field(default=8, ge=1, le=MAXIMUM_BATCH)


class BudgetSpec(Part):
    """What a round may cost."""

    shortlist: int = Field(default=128, ge=1, le=MAXIMUM_SHORTLIST)
    """Candidates that get the full treatment (geometry, joint posterior) after the cheap screen of the pool.
    """
    cost_weight: float = Field(default=0.0, ge=0, le=10, strict=False)
    """How much the price of the monomers counts when a batch is picked: 0 not at all, 1 the improvement per price.
    """


class ReportSpec(Part):
    """What stands beside the proposals."""

    physics: Texts = ()
    """Properties that ``polyloop physics`` estimates; shown as estimates in forms, on the terminal and in the report."""

    @field_validator("physics")
    @classmethod
    def _physics_has_them(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        check_properties(names)
        return names


class CampaignSpec(Part):
    """What a campaign is for."""

    name: str = Field(min_length=1)
    objectives: tuple[ObjectiveSpec, ...] = Field(strict=False)
    pool: PoolSpec
    encoders: EncodersSpec = EncodersSpec()
    batch: BatchSpec = BatchSpec()
    budget: BudgetSpec = BudgetSpec()
    report: ReportSpec = ReportSpec()

    @model_serializer(mode="wrap")
    def _without_what_is_not_asked(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As for an objective: a spec that says nothing of the report keeps its version."""
        content: dict[str, Any] = written(self)
        return {name: value for name, value in content.items() if name != "report" or self.report.physics}

    @field_validator("objectives")
    @classmethod
    def _one_objective(cls, objectives: tuple[ObjectiveSpec, ...]) -> tuple[ObjectiveSpec, ...]:
        if not objectives:
            raise spec_fault("is empty.", "Name the property to improve in an [[objectives]] table.")
        if len(objectives) > 1:
            raise spec_fault(
                f"holds {len(objectives)} objectives.", "This version improves one property: leave one."
            )
        return objectives

    @model_validator(mode="after")
    def _shortlist_holds_a_batch(self) -> CampaignSpec:
        if self.budget.shortlist < self.batch.size:
            raise spec_fault(
                f"budget.shortlist ({self.budget.shortlist}) is smaller than batch.size ({self.batch.size}).",
                "Raise the shortlist: a batch is chosen from it.",
            )
        return self

    @property
    def objective(self) -> ObjectiveSpec:
        """The one objective."""
        return self.objectives[0]

    @property
    def version(self) -> str:
        """Hash of the content, 32 hexadecimal characters: specs that say the same share it."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return blake2b(content.encode(), digest_size=16).hexdigest()

    @classmethod
    def load(cls, path: Path | str) -> CampaignSpec:
        """Reads a spec from a TOML file. Whether the pool's files are there is asked by :meth:`PoolSpec.files`.

        Raises:
            SpecError: The file cannot be read, is not TOML, or has faults; all of them are in ``problems``.
        """
        path = Path(path)
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise SpecError(f"The spec {path} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise SpecError(f"The spec {path} is not UTF-8 text.", hint="Save it as UTF-8.") from error
        return cls.loads(text, source=str(path))

    @classmethod
    def loads(cls, text: str, *, source: str = "spec") -> CampaignSpec:
        """Reads a spec from TOML text; ``source`` names it in messages.

        Raises:
            SpecError: As :meth:`load`.
        """
        try:
            content = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            problem = SpecProblem("syntax", f"this is not TOML: {error}.", what_to_do_about_toml(str(error)))
            raise SpecError(f"{source} cannot be read.", [problem]) from error
        return cls._validated(content, source)

    @classmethod
    def from_options(
        cls, objective: str, *, unit: str = "", pool: Path | str | Sequence[Path | str], name: str = ""
    ) -> CampaignSpec:
        """The spec of ``polyloop new --objective tg:max --unit K --pool FILE``; all else takes its default.

        Whether a file of the pool holds monomers or polymers is read from it: a column ``psmiles`` means
        polymers; ``smiles`` means polymers if its texts have attachment points (``*``) and monomers if they
        have none.

        Args:
            objective: ``name:max`` or ``name:min``.
            unit: Unit of measure; empty for a pure number.
            pool: One table or several; the paths are kept as given.
            name: Name of the campaign; the objective's name if empty.

        Raises:
            SpecError: A fault of objective or unit.
            TableError: The pool cannot be read, has neither column, or mixes monomers and polymers.
        """
        target = ObjectiveSpec.parse(objective, unit)
        tables: dict[str, list[str]] = {}
        for table in [pool] if isinstance(pool, str | Path) else pool:
            tables.setdefault(pool_kind(Path(table)), []).append(str(table))
        content = {
            "name": name.strip() or target.name,
            "objectives": [target.model_dump()],
            "pool": tables,
        }
        return cls._validated(content, "The options")

    def dumps(self) -> str:
        """The spec as TOML text that :meth:`load` reads back to an equal spec; each objective is an ``[[objectives]]`` table, to
        which a line can be added.
        """
        content = self.model_dump(mode="json", exclude_none=True)
        name, objectives = content.pop("name"), content.pop("objectives")
        # tomli_w would write short tables of a list in one line, between braces
        blocks = [f"[[objectives]]\n{tomli_w.dumps(objective)}" for objective in objectives]
        return "\n".join([tomli_w.dumps({"name": name}), *blocks, tomli_w.dumps(content)])

    def with_pool(self, pool: PoolSpec) -> CampaignSpec:
        """The same spec with another pool, checked like any other.

        Raises:
            SpecError: The pool has faults.
        """
        content = self.model_dump(mode="json") | {"pool": pool.model_dump(mode="json")}
        return self._validated(content, "The changed pool")

    def with_encoder_folders(self, folder: Path) -> CampaignSpec:
        """The same spec with encoders that are folders under ``folder`` named by their whole path, as for a copy of the spec
        that lies elsewhere.
        """
        return self.model_copy(update={"encoders": self.encoders.under(folder)})

    @classmethod
    def _validated(cls, content: Mapping[str, Any], source: str) -> CampaignSpec:
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise spec_error(f"{source} has faults.", error, cls) from error
