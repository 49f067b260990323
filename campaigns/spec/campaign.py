"""CampaignSpec: what a campaign is for. Objectives, constraints, pool, encoders, refinement, batch and budget, from a TOML file.

Everything is checked when a spec is made, before anything costly runs, and every fault is told at once with
its key path (:class:`campaigns.errors.SpecError`). A spec is frozen; its :attr:`CampaignSpec.version` is a
hash of its content.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import tomli_w
from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from campaigns.errors import SpecError, SpecProblem
from campaigns.spec.constraint import (
    WrittenConstraint,
    constraint_problems,
    fixed_constraint,
    read_constraint,
)
from campaigns.spec.encoders import EncodersSpec
from campaigns.spec.faults import spec_error, spec_fault, what_to_do_about_toml
from campaigns.spec.goal import goal_of, properties_of, refuse_shared_titles, refuse_slips
from campaigns.spec.ledger import LedgerSpec
from campaigns.spec.objective import ObjectiveSpec, read_objective
from campaigns.spec.part import Part, without_defaults
from campaigns.spec.pool import PoolSpec, Texts, found_files
from campaigns.spec.refinement import RefinementSpec
from campaigns.spec.round import BatchSpec, BudgetSpec, ReportSpec
from campaigns.tables.kind import pool_kind
from campaigns.units import KINDS_BY_NAME, wrong_kind
from discovery.acquisition.objectives import Goal
from discovery.encoders.source import UNTRAINED

Combine = Literal["pareto", "weights"]


class CampaignSpec(Part):
    """What a campaign is for."""

    name: str = Field(min_length=1)
    objectives: tuple[ObjectiveSpec, ...] = Field(strict=False)
    constraints: Texts = ()
    """What must hold besides, such as ``tg > 400 K``. A property that no objective names is observed."""
    combine: Combine = "pareto"
    """How several objectives are weighed: by their Pareto front, or by the weighted sum of what each is worth."""
    pool: PoolSpec
    encoders: EncodersSpec = EncodersSpec()
    refinement: RefinementSpec = RefinementSpec()
    batch: BatchSpec = BatchSpec()
    budget: BudgetSpec = BudgetSpec()
    report: ReportSpec = ReportSpec()
    ledger: LedgerSpec = LedgerSpec()

    @model_serializer(mode="wrap")
    def _without_what_is_not_asked(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As for an objective: a spec that says nothing of the report, say, keeps its version."""
        named = ("name", "objectives", "pool", "encoders", "batch", "budget")
        return without_defaults(self, written(self), always=named)

    @field_validator("objectives")
    @classmethod
    def _objectives_make_a_goal(cls, objectives: tuple[ObjectiveSpec, ...]) -> tuple[ObjectiveSpec, ...]:
        if not objectives:
            raise spec_fault("is empty.", "Name the property to improve in an [[objectives]] table.")
        if all(objective.direction == "observe" for objective in objectives):
            raise spec_fault(
                "improves nothing: every property is only observed.",
                "Give one of them a direction: max, min or target.",
            )
        first: dict[str, str] = {}
        for objective in objectives:
            if (written := first.setdefault(objective.name.casefold(), objective.name)) is not objective.name:
                raise spec_fault(
                    f"names {written} twice.",
                    "Name each property once; for a range give a target, or a constraint beside the objective.",
                )
        refuse_shared_titles(objectives)
        return objectives

    @field_validator("constraints")
    @classmethod
    def _constraints_hold_together(
        cls, constraints: tuple[str, ...], info: ValidationInfo
    ) -> tuple[str, ...]:
        faults: list[InitErrorDetails] = []
        written: list[WrittenConstraint] = []
        for position, text in enumerate(constraints):
            try:
                written.append(read_constraint(text))
                if "objectives" in info.data:
                    refuse_slips(info.data["objectives"], written[-1])
                    goal_of(info.data["objectives"], written)
                elif written[-1].fixed:  # of objectives that have faults themselves nothing can be said
                    fixed_constraint(written[-1])
            except PydanticCustomError as error:
                faults.append(InitErrorDetails(type=error, loc=(position,), input=text))
                written = written[: position - len(faults) + 1]
        if faults:
            raise ValidationError.from_exception_data("constraints", faults)
        return constraints

    @model_validator(mode="after")
    def _adapters_have_a_fusion_that_stays(self) -> CampaignSpec:
        """An untrained fusion is standardised on the measured polymers of a round, and an adapter belongs to its fusion."""
        asked = self.refinement.adapter is not None or self.refinement.start == "previous"
        if asked and self.encoders.joined_by == UNTRAINED:
            what = "an adapter" if self.refinement.adapter is not None else 'start = "previous"'
            raise spec_fault(
                f"asks for {what} under [refinement], and an untrained fusion is another one in every round.",
                "Train a fusion for these encoders (polyloop pretrain align) and name it under [encoders], or leave that out.",
            )
        return self

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
        """The first property that is to be improved; in most campaigns the only one."""
        return next(objective for objective in self.objectives if objective.direction != "observe")

    @property
    def properties(self) -> tuple[ObjectiveSpec, ...]:
        """Every property that is measured and modelled: the objectives, and what only constraints name, to be observed."""
        return properties_of(self.objectives, list(map(read_constraint, self.constraints)))

    @property
    def implied(self) -> tuple[ObjectiveSpec, ...]:
        """Those of :attr:`properties` that no objective names, only a constraint."""
        return self.properties[len(self.objectives) :]

    @property
    def driven_first(self) -> tuple[ObjectiveSpec, ...]:
        """:attr:`properties`, those that are only observed after the others."""
        return tuple(sorted(self.properties, key=lambda told: told.direction == "observe"))

    @property
    def goal(self) -> Goal:
        """All that the campaign wants, for those who choose a batch."""
        written = list(map(read_constraint, self.constraints))
        return replace(goal_of(self.objectives, written), combine=self.combine)

    @property
    def sentence(self) -> str:
        """What is wanted, in words: ``highest tg (K) and lowest density (g/cm3), with sa_score < 4``."""
        driven = " and ".join(o.sentence for o in self.objectives if o.direction != "observe")
        return f"{driven}, with {' and '.join(self.constraints)}" if self.constraints else driven

    @property
    def version(self) -> str:
        """Hash of the content, 32 hexadecimal characters: specs that say the same share it, wherever their ledgers lie."""
        said = self.model_dump(mode="json", exclude={"ledger"})
        content = json.dumps(said, sort_keys=True, ensure_ascii=False)
        return blake2b(content.encode(), digest_size=16).hexdigest()

    @classmethod
    def load(cls, path: Path | str) -> CampaignSpec:
        """Reads a spec from a TOML file. Whether the pool's files are there is asked by :meth:`files`.

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
        cls,
        objective: str | Sequence[str],
        *,
        unit: str | Sequence[str] = "",
        constraints: Sequence[str] = (),
        pool: Path | str | Sequence[Path | str],
        name: str = "",
        adapter: Path | str | None = None,
        ledger: str | None = None,
        schema: str | None = None,
    ) -> CampaignSpec:
        """The spec of ``polyloop new --objective tg:max --unit K --pool FILE``; all else takes its default.

        Whether a file of the pool holds monomers or polymers is read from it: a column ``psmiles`` means
        polymers; ``smiles`` means polymers if its texts have attachment points (``*``) and monomers if they
        have none.

        Args:
            objective: One or several, each as :meth:`ObjectiveSpec.parse` reads it.
            unit: Unit of measure of each objective, in their order; empty for a pure number.
            constraints: What must hold besides, such as ``sa_score < 4``.
            pool: One table or several; the paths are kept as given.
            name: Name of the campaign; the objectives' names if empty.
            adapter: Folder of an adapter that another campaign trained; the path is kept as given.
            ledger: URL of the database that the ledger shall lie in; a file in the campaign's folder where not given.
            schema: Of that database.

        Raises:
            SpecError: A fault of objectives, units or constraints; or not as many units as objectives.
            TableError: The pool cannot be read, has neither column, or mixes monomers and polymers.
        """
        texts = [objective] if isinstance(objective, str) else list(objective)
        measured_in = [unit] if isinstance(unit, str) else list(unit) or [""] * len(texts)
        if isinstance(unit, str) and not unit:
            measured_in = [""] * len(texts)
        if len(measured_in) != len(texts):
            units = "1 unit" if len(measured_in) == 1 else f"{len(measured_in)} units"
            fault = f"there are {len(texts)} objectives and {units}."
            way_out = "Give each objective its unit, in the same order; for a pure number an empty one."
            raise SpecError("What the options say has faults.", [SpecProblem("unit", fault, way_out)])
        targets: list[dict[str, object]] = []
        problems: list[SpecProblem] = []
        for text, its in zip(texts, measured_in, strict=True):
            try:
                targets.append({**read_objective(text), "unit": its})
            except SpecError as error:
                problems += error.problems
        if problems:
            raise SpecError(
                "What the options say has faults.", [*problems, *constraint_problems(constraints)]
            )
        tables: dict[str, list[str]] = {}
        for table in [pool] if isinstance(pool, str | Path) else pool:
            tables.setdefault(pool_kind(Path(table)), []).append(str(table))
        content = {
            "name": name.strip() or " and ".join(str(target["name"]) for target in targets),
            "objectives": targets,
            "constraints": list(constraints),
            "pool": tables,
            **({} if adapter is None else {"refinement": {"adapter": str(adapter)}}),
        }
        place = {name: said for name, said in (("url", ledger), ("schema", schema)) if said is not None}
        if place:
            content["ledger"] = place
        spec = cls._validated(content, "What the options say")
        if faults := [fault for told in spec.properties for fault in _of_a_wrong_kind(told.name, told.unit)]:
            raise SpecError("What the options say has faults.", faults)
        return spec

    def dumps(self) -> str:
        """The spec as TOML text that :meth:`load` reads back to an equal spec; each objective is an ``[[objectives]]`` table, to
        which a line can be added.
        """
        content = self.model_dump(mode="json", exclude_none=True)
        # what belongs to no table stands before the first one
        head: dict[str, Any] = {
            key: content.pop(key) for key in ("name", "constraints", "combine") if key in content
        }
        blocks = []
        for objective in content.pop("objectives"):
            # tomli_w would write short tables of a list in one line, between braces
            sources = objective.pop("sources", [])
            blocks.append(f"[[objectives]]\n{tomli_w.dumps(objective)}")
            blocks += [f"[[objectives.sources]]\n{tomli_w.dumps(source)}" for source in sources]
        return "\n".join([tomli_w.dumps(head), *blocks, tomli_w.dumps(content)])

    @property
    def named_files(self) -> Iterator[tuple[str, str]]:
        """Every file that the spec names, with the key that names it."""
        yield from self.pool.named_files
        for position, objective in enumerate(self.objectives, 1):
            for number, source in enumerate(objective.sources, 1):
                if source.table is not None:
                    yield f"objectives[{position}].sources[{number}].table", source.table

    def files(self, folder: Path) -> dict[str, Path]:
        """Where each file is, by what the spec calls it, for a spec that lies in ``folder``.

        Raises:
            SpecError: Files are missing; all of them are listed.
        """
        return found_files(self.named_files, folder)

    def renamed(self, new_name: Callable[[str], str]) -> CampaignSpec:
        """The same spec with each file called otherwise, as after copying it."""
        return self.model_copy(
            update={
                "pool": self.pool.renamed(new_name),
                "objectives": tuple(objective.renamed(new_name) for objective in self.objectives),
            }
        )

    def with_pool(self, pool: PoolSpec) -> CampaignSpec:
        """The same spec with another pool, checked like any other.

        Raises:
            SpecError: The pool has faults.
        """
        content = self.model_dump(mode="json") | {"pool": pool.model_dump(mode="json")}
        return self._validated(content, "The changed pool")

    def with_whole_paths(self, folder: Path) -> CampaignSpec:
        """The same spec with what is not copied (encoders that are folders under ``folder``, an adapter) named by its whole path,
        as for a copy of the spec that lies elsewhere.
        """
        located = {"encoders": self.encoders.under(folder), "refinement": self.refinement.under(folder)}
        return self.model_copy(update=located)

    def with_adapter(self, place: str) -> CampaignSpec:
        """The same spec with its adapter in another folder."""
        return self.model_copy(update={"refinement": self.refinement.model_copy(update={"adapter": place})})

    @classmethod
    def _validated(cls, content: Mapping[str, Any], source: str) -> CampaignSpec:
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise spec_error(f"{source} has faults.", error, cls) from error


def _of_a_wrong_kind(name: str, unit: str) -> list[SpecProblem]:
    """That a unit does not fit a name that can mean one kind of quantity only. Asked where a campaign begins, and not of one
    that is there: its spec may say so on purpose.
    """
    fault = wrong_kind(name, unit)
    own = KINDS_BY_NAME[name.casefold()][1] if fault else ""
    way_out = f"Write {own or 'no unit'}, or a unit that converts to it; or name the property differently."
    return [SpecProblem("unit", fault, way_out)] if fault else []
