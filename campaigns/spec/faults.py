"""The faults of a spec in words: what pydantic found, told with the key path, what is there, and what to
write instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from campaigns.errors import SpecError, SpecProblem


def spec_fault(fault: str, what_to_do: str) -> PydanticCustomError:
    """A validator's complaint, to be raised inside a model."""
    # The texts travel in the context: a template would trip over braces in what the user wrote.
    return PydanticCustomError("polyloop", "{fault} {what_to_do}", {"fault": fault, "what_to_do": what_to_do})


def spec_problem(where: str, complaint: PydanticCustomError) -> SpecProblem:
    """A complaint of :func:`spec_fault` as a fault of the spec, where no model is checked as a whole."""
    said = complaint.context or {}
    return SpecProblem(where, str(said["fault"]), str(said["what_to_do"]))


def what_to_do_about_toml(fault: str) -> str:
    """How to mend a text that the reader of TOML refuses, by what it says."""
    # tomllib's own words for a table that is written a second time, or added to after it was written between braces
    if any(words in fault for words in ("immutable namespace", "Cannot overwrite", "Cannot declare")):
        return (
            "What that line begins or gives is in the file already, above it. Write every table and every key once; to add to a "
            "table between braces { }, write the new key inside them, such as objectives = [{ name = ..., direction = ..., "
            "prior_mean = ... }], or write the table as a block, such as [[objectives]], in their place."
        )
    return "Mend that line; texts stand in quotes."


def spec_error(message: str, error: ValidationError, model: type[BaseModel]) -> SpecError:
    """The error that lists every fault pydantic found in a ``model``, each with its key path."""
    return SpecError(message, [_problem(dict(detail), model) for detail in error.errors(include_url=False)])


def _problem(detail: Mapping[str, Any], model: type[BaseModel]) -> SpecProblem:
    location: tuple[str | int, ...] = detail["loc"]
    where = _key_path(location) or "spec"
    shown = _shown(detail["input"])
    match detail["type"]:
        case "polyloop":
            return SpecProblem(where, detail["ctx"]["fault"], detail["ctx"]["what_to_do"])
        case "extra_forbidden" if len(location) > 1 and location[-1] in _OF_THE_FILE:
            return SpecProblem(
                where,
                "stands inside a table, and says something of the whole campaign.",
                f"Write {location[-1]} at the top of the file, above the first line in brackets.",
            )
        case "extra_forbidden" if (way_out := _place_of(location, model)) is not None:
            return SpecProblem(where, "is a key of an objective, and stands outside of it.", way_out)
        case "extra_forbidden":
            fields = _model_at(model, location[:-1]).model_fields
            known = sorted(field.alias or name for name, field in fields.items())
            near = get_close_matches(str(location[-1]), known, n=1, cutoff=0.5)
            way_out = f"Did you mean {near[0]}?" if near else f"Known keys here: {', '.join(known)}."
            return SpecProblem(where, "is not a key that polyloop knows.", way_out)
        case "missing":
            return SpecProblem(where, "is missing.", _EXAMPLES.get(str(location[-1]), "Add it."))
        case "literal_error" | "enum":
            return SpecProblem(where, f"{shown} is not possible.", f"Write {detail['ctx']['expected']}.")
        case "string_too_short":
            return SpecProblem(where, "is empty.", "Write a text.")
        case "greater_than_equal":
            return SpecProblem(where, f"{shown} is too small.", f"Give {detail['ctx']['ge']} or more.")
        case "less_than_equal":
            return SpecProblem(where, f"{shown} is too large.", f"Give {detail['ctx']['le']} or less.")
        case "greater_than":
            return SpecProblem(where, f"{shown} is too small.", f"Give more than {detail['ctx']['gt']:g}.")
        case "less_than":
            return SpecProblem(where, f"{shown} is too large.", f"Give less than {detail['ctx']['lt']:g}.")
        case "finite_number":
            return SpecProblem(where, f"{shown} is not a finite number.", "Write a number.")
        case "float_type":
            return SpecProblem(where, f"{shown} is not a number.", "Write digits only, without quotes.")
        case "bool_type":
            return SpecProblem(
                where, f"{shown} is neither yes nor no.", "Write true or false, without quotes."
            )
        case "int_type" | "int_from_float":
            return SpecProblem(where, f"{shown} is not a whole number.", "Write digits only, without quotes.")
        case "string_type":
            return SpecProblem(where, f"{shown} is not a text.", "Put it in quotes.")
        case "model_type" | "model_attributes_type":
            return SpecProblem(
                where, f"{shown} is not a table.", f"Begin it with [{where}] on a line of its own."
            )
        case "tuple_type" | "list_type" if (
            location[0] in ("pool", "constraints", "refinement") and location[-1] != "plugins"
        ):
            return SpecProblem(where, f"{shown} is not a text.", "Write one text, or a list of texts.")
        case "tuple_type" | "list_type":
            return SpecProblem(
                where,
                f"{shown} is not a list of tables.",
                f"Begin each with [[{where}]] on a line of its own.",
            )
        case _:
            return SpecProblem(where, f"{shown}: {detail['msg']}.", "")


_OF_THE_FILE = ("constraints", "combine")
"""Keys that belong to no table, and that TOML takes for a table's where they stand below its head."""

_EXAMPLES = {
    "name": 'Add name = "..." there.',
    "objectives": 'Add [[objectives]] with name = "tg", direction = "max" and unit = "K".',
    "direction": 'Add direction = "max", "min", "target" or "observe".',
    "pool": 'Add [pool] with monomers = "monomers.csv" or polymers = "pool.csv".',
}


def _place_of(location: tuple[str | int, ...], model: type[BaseModel]) -> str | None:
    """Where a key of an objective belongs that stands elsewhere; ``None`` for any other."""
    if "objectives" not in model.model_fields or (len(location) == 3 and location[0] == "objectives"):
        return None
    key = str(location[-1])
    if key not in _model_at(model, ("objectives",)).model_fields or (key == "name" and len(location) == 2):
        return None
    if "sources" in location:
        return (
            f"In TOML what follows [[objectives.sources]] belongs to the source: write {key} above it, and the blocks of sources "
            "after all keys of their objective."
        )
    return f"Write {key} below the [[objectives]] that it is about, before the next line in brackets."


def _key_path(location: tuple[str | int, ...]) -> str:
    path = ""
    for step in location:
        path += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def _model_at(model: type[BaseModel], location: tuple[str | int, ...]) -> type[BaseModel]:
    for step in location:
        if isinstance(step, str):
            annotation = model.model_fields[step].annotation
            inner = [part for part in (annotation, *get_args(annotation)) if isinstance(part, type)]
            model = next(part for part in inner if issubclass(part, BaseModel))
    return model


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
