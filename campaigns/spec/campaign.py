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
from typing import TYPE_CHECKING, Any, get_args

import tomli_w
from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from campaigns import units
from campaigns.errors import SpecError, SpecProblem, UnitError
from campaigns.limits import MAXIMUM_BATCH, MAXIMUM_SHORTLIST
from campaigns.spec.faults import spec_error, spec_fault
from campaigns.spec.part import Part
from campaigns.spec.physics import check_prior_mean, check_properties
from campaigns.spec.pool import PoolSpec, Texts
from campaigns.tables.columns import RESERVED_COLUMNS
from campaigns.tables.estimated import PREFIX
from campaigns.tables.kind import pool_kind
from discovery.acquisition.objectives import Direction
from discovery.encoders.loading import DeviceMap, Dtype, Loading, Quantization
from discovery.encoders.source import BUNDLED, located

if TYPE_CHECKING:
    import pandas as pd


class ObjectiveSpec(Part):
    """One property to improve."""

    name: str
    """Name of the property, and of its column in the tables."""
    direction: Direction
    """``max`` or ``min``."""
    unit: str = ""
    """Unit of measure in which the campaign thinks; empty for a pure number."""
    prior_mean: str | None = None
    """``physics:`` and a property that ``polyloop physics`` estimates: the models are also fitted with its estimates as mean, and
    have them where that pays.
    """

    @field_validator("name")
    @classmethod
    def _name_is_a_column(cls, name: str) -> str:
        allowed = name.replace("_", "").replace("-", "").replace(" ", "")
        if not (name[:1].isalpha() and allowed.isalnum() and name == name.strip() and len(name) <= 60):
            raise spec_fault(
                f"{name!r} cannot be a column's name.",
                "Use letters, digits, _ and -, such as tg or tensile_strength.",
            )
        if name.casefold() in RESERVED_COLUMNS or name.casefold().startswith(PREFIX):
            raise spec_fault(
                f"{name!r} is a column that the tables use for something else.",
                "Name the property differently.",
            )
        return name

    @field_validator("unit")
    @classmethod
    def _unit_is_readable(cls, unit: str) -> str:
        try:
            units.parse_unit(unit)
        except UnitError as error:
            raise spec_fault(error.message, error.hint) from error
        return unit.strip()

    @model_validator(mode="after")
    def _prior_mean_fits(self) -> ObjectiveSpec:
        if self.prior_mean is not None:
            check_prior_mean(self.prior_mean, self.unit)
        return self

    @model_serializer(mode="wrap")
    def _without_what_is_not_asked(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A prior mean is written down only where there is one, so that a spec without keeps its version."""
        content: dict[str, Any] = written(self)
        return {name: value for name, value in content.items() if name != "prior_mean" or value is not None}

    def same_quantity(self, other: ObjectiveSpec) -> bool:
        """Whether both want the same of the same property in the same unit, whatever their prior means are."""
        return (self.name, self.direction, self.unit) == (other.name, other.direction, other.unit)

    @property
    def dimension(self) -> str:
        """Dimension of the property, such as ``[temperature]``; ``dimensionless`` for a pure number."""
        return units.dimension(self.unit)

    @property
    def label(self) -> str:
        """Name and unit, as on an axis: ``tg (K)``."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    @property
    def sentence(self) -> str:
        """What is wanted, in words: ``highest tg (K)``."""
        return f"{'highest' if self.direction == 'max' else 'lowest'} {self.label}"

    def best_index(self, values: pd.Series[float]) -> int:
        """The position of the best value; ties go to the first."""
        return int(values.argmax() if self.direction == "max" else values.argmin())

    def running_best(self, values: pd.Series[float]) -> pd.Series[float]:
        """The best value up to and including each one."""
        return values.cummax() if self.direction == "max" else values.cummin()

    @classmethod
    def parse(cls, text: str, unit: str = "", prior_mean: str | None = None) -> ObjectiveSpec:
        """The objective written as ``tg:max``.

        Raises:
            SpecError: Not ``name:max`` or ``name:min``, or a fault of name, unit or prior mean.
        """
        name, colon, direction = text.rpartition(":")
        if not colon or direction not in get_args(Direction):
            problem = SpecProblem(
                "objective", f"{text!r} is not an objective.", "Write the property and max or min: tg:max."
            )
            raise SpecError("The objective cannot be read.", [problem])
        try:
            content = {"name": name.strip(), "direction": direction, "unit": unit, "prior_mean": prior_mean}
            return cls.model_validate(content)
        except ValidationError as error:
            raise spec_error("The objective cannot be read.", error, ObjectiveSpec) from error


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
    def loading(self) -> Loading:
        """How the text encoder is loaded."""
        return Loading(self.dtype, self.device_map, self.quantization)

    def _loading_asked(self) -> list[str]:
        fields = EncodersSpec.model_fields
        return [name for name in _LOADING if getattr(self, name) != fields[name].default]

    def under(self, folder: Path) -> EncodersSpec:
        """The same with encoders that are folders under ``folder`` named by their whole path."""
        sources = {"text": self.text, "geometry": self.geometry, "fusion": self.fusion}
        found = {name: located(source, folder) for name, source in sources.items() if source is not None}
        return self.model_copy(update=found)


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
            problem = SpecProblem(
                "syntax", f"this is not TOML: {error}.", "Mend that line; texts stand in quotes."
            )
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
        """The spec as TOML text that :meth:`load` reads back to an equal spec."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))

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
