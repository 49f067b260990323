"""The pool of a campaign: its sources, what is never to be proposed, and limits on what a candidate may be.

Every file is named relative to the spec's folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from campaigns.errors import SpecError, SpecProblem
from campaigns.spec.faults import spec_fault
from campaigns.spec.part import Part, listed
from discovery.errors import PoolError

Source = Literal["monomers", "polymers"]

SEARCH_ABOVE = 2_000_000
"""Products of the monomers beyond which they are searched and no longer enumerated: on two cores this many are made and
read by the encoder within two hours the first time, and screened in a minute from then on."""

LOOKS = 10_000
"""Products that a search builds and screens."""


Texts = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(listed)]


class PluginSpec(Part):
    """A pool that another installed package makes (entry point group ``polyloop.pools``)."""

    name: str = Field(min_length=1)
    """Of the entry point."""
    options: dict[str, Any] = Field(default_factory=dict)
    """What it is called with."""


class ExcludeSpec(Part):
    """What is never proposed."""

    smarts: Texts = ()
    """Substructures, as SMARTS on the endless chain."""
    elements: Texts = ()
    """Element symbols."""
    polymers: Texts = ()
    """Tables of polymers."""

    @field_validator("smarts")
    @classmethod
    def _smarts_are_readable(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        _as_rules(smarts=patterns)
        return patterns

    @field_validator("elements")
    @classmethod
    def _elements_exist(cls, symbols: tuple[str, ...]) -> tuple[str, ...]:
        _as_rules(elements=symbols)
        return symbols


def _as_rules(*, smarts: tuple[str, ...] = (), elements: tuple[str, ...] = ()) -> None:
    """Whether the pool's own rules can be made of these; imported only where there is something to check."""
    if not (smarts or elements):
        return
    from discovery.pools import PoolRules

    try:
        PoolRules(smarts=smarts, elements=elements)
    except PoolError as error:
        raise spec_fault(error.message, error.hint) from error


class LimitsSpec(Part):
    """What a candidate may be at most."""

    sa_score: float | None = Field(default=None, ge=1, le=10, strict=False)
    """Synthetic accessibility of the capped repeat unit, from 1 (easy) to 10."""
    cost: float | None = Field(default=None, gt=0, strict=False)
    """Price of one gram of its monomers; candidates of unknown cost are left out."""
    price: float | None = Field(default=None, gt=0, strict=False)
    """Price per gram of any monomer; monomers of unknown price are left out."""
    available: bool = False
    """Only monomers that the table says are available."""
    makeable: bool = False
    """Only polymers that a polymerisation rule makes."""


class PoolSpec(Part):
    """Where candidates come from: tables of monomers (polymers made by rules), tables of polymers, plug-ins; one of
    them or several, and a chain that stands in several is one candidate.
    """

    monomers: Texts = ()
    """Tables of monomers: ``smiles``, and ``name``, ``cas``, ``price`` (per gram), ``available`` where known."""
    polymers: Texts = ()
    """Tables of polymers: ``psmiles``, and ``name``, ``cost`` where known."""
    plugins: tuple[PluginSpec, ...] = Field(default=(), strict=False)
    copolymers: bool = False
    """Whether two vinyl monomers also make an alternating copolymer."""
    search_above: int = Field(default=SEARCH_ABOVE, ge=0)
    """Products beyond which the monomers are searched and not enumerated."""
    looks: int = Field(default=LOOKS, ge=100)
    """Products that such a search builds and screens."""
    exclude: ExcludeSpec = ExcludeSpec()
    limits: LimitsSpec = LimitsSpec()

    @model_validator(mode="after")
    def _has_a_source(self) -> PoolSpec:
        if not (self.monomers or self.polymers or self.plugins):
            raise spec_fault(
                "has neither monomers nor polymers.",
                'Give at least one: monomers = "monomers.csv" or polymers = "pool.csv".',
            )
        if not all(file.strip() for _, file in self.named_files):
            raise spec_fault("names no file.", "Give the path of a table, relative to this spec.")
        if not self.monomers and (self.limits.price is not None or self.limits.available):
            raise spec_fault(
                "limits the price or availability of monomers, and has none.",
                "Give a table of monomers, or limit the cost of polymers instead.",
            )
        return self

    @property
    def named_files(self) -> Iterator[tuple[str, str]]:
        """Every file with the key that names it."""
        for key, files in (
            ("pool.monomers", self.monomers),
            ("pool.polymers", self.polymers),
            ("pool.exclude.polymers", self.exclude.polymers),
        ):
            yield from ((key, file) for file in files)

    def files(self, folder: Path) -> dict[str, Path]:
        """Where each file is, by what the spec calls it, for a spec that lies in ``folder``.

        Raises:
            SpecError: Files are missing; all of them are listed.
        """
        return found_files(self.named_files, folder)

    def renamed(self, new_name: Callable[[str], str]) -> PoolSpec:
        """The same pool with each file called otherwise, as after copying it."""
        content: Mapping[str, object] = {
            "monomers": tuple(map(new_name, self.monomers)),
            "polymers": tuple(map(new_name, self.polymers)),
            "exclude": self.exclude.model_copy(
                update={"polymers": tuple(map(new_name, self.exclude.polymers))}
            ),
        }
        return self.model_copy(update=content)

    def with_source(self, kind: Source, file: str) -> PoolSpec:
        """The same pool with one more table; one that is there already changes nothing."""
        files = self.monomers if kind == "monomers" else self.polymers
        return self if file in files else self.model_copy(update={kind: (*files, file)})


def found_files(named: Iterable[tuple[str, str]], folder: Path) -> dict[str, Path]:
    """Where each file is, by what the spec calls it.

    Args:
        named: Every file with the key that names it.
        folder: Of the spec.

    Raises:
        SpecError: Files are missing; all of them are listed.
    """
    keys = {file: key for key, file in named}
    missing = [
        SpecProblem(key, f"there is no file {folder / file}.", "Correct the path or restore the file.")
        for file, key in keys.items()
        if not (folder / file).is_file()
    ]
    if missing:
        raise SpecError("Files of the campaign are missing.", missing)
    return {file: folder / file for file in keys}
