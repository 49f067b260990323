"""Units in titles without brackets: ``Tg / °C``, as ISO 80000-1 writes it, ``Tg in °C``, ``Tg, °C``, ``Tg °C`` and ``tg_degC``.

What follows a name counts as its unit only if it reads as one of the property's dimension: ``tg_md`` and ``tg_sem`` are other
columns, and so is ``Tg, midpoint``. After a slash, ``in`` or a comma nothing but a unit of another dimension can be meant with
what reads as one, so that it is taken for the unit and the check of the header refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from campaigns.errors import UnitError
from campaigns.ledger.measurements import Property
from campaigns.tables.titles import Column, mapped, read_header, wanted_titles
from campaigns.units import convert, parse_unit

_SURE = r"\s*/\s*|\s+in\s+|\s*,\s*"
_BETWEEN = re.compile(rf"(?P<sure>{_SURE})|_|\s+", re.IGNORECASE)
_LETTERS_OF_DEGREES = ("C", "F")
"""Coulomb and farad; behind a temperature they can only be degrees, and are refused with the right spelling."""
_PURE_NUMBERS = ("%", "percent", "ppm")
"""Units of a pure number that a title may name without brackets; ``count`` and the like are rather other columns."""


def header_columns(
    titles: Sequence[str], properties: Sequence[Property], mapping: Mapping[str, str]
) -> tuple[list[Column], list[Column]]:
    """The columns of a header as it names them, and as the user says what they are, in both cases with the units of their titles.

    Args:
        titles: Cells of the header.
        properties: Whose values and errors may stand in the table.
        mapping: See :func:`campaigns.tables.titles.mapped`.
    """
    units = _units(properties)
    wanted = wanted_titles(mapping)
    plain = read_header(titles)
    there = {column.title.casefold() for column in plain} | {column.name for column in plain}
    # what is known by a beginning of its title: what the user says of such a title, and the names that nobody gave away
    begun = {title: units[name] for title, name in wanted.items() if name in units and title not in there}
    begun |= {name: of for name, of in units.items() if name not in wanted.values()}
    columns = []
    for column in plain:
        name = wanted.get(column.title.casefold())
        if column.name in begun or not column.name:
            columns.append(column)
        elif name is not None:
            columns.append(_with_unit(column, _tails(column.title), units.get(name, ())))
        else:
            columns.append(_begun(column, begun, there))
    return columns, mapped(columns, mapping)


def plainly_named(title: str) -> Column:
    """A column of any table: its title and the unit in it, of any dimension, where brackets, a slash or ``in`` set it off."""
    [column] = read_header([title])
    if column.unit is None and (split := re.search(r"\s+(?:/|in)\s+", column.title, re.IGNORECASE)):
        unit = column.title[split.end() :]
        if _is_unit(unit):
            return replace(column, name=column.title[: split.start()].strip().casefold(), unit=unit)
    return column


def _units(properties: Sequence[Property]) -> dict[str, tuple[str, ...]]:
    """By the name of each column that has a unit, those units that its own converts to one of."""
    of = {p.name.casefold(): (p.unit,) for p in properties}
    errors = {f"{name}_sem": units for name, units in of.items()}
    return {"sem": tuple(p.unit for p in properties), **errors, **of}


def _begun(column: Column, names: Mapping[str, tuple[str, ...]], there: set[str]) -> Column:
    """A column whose title begins with a name, known by it if a unit follows."""
    for name in sorted(names, key=len, reverse=True):
        begins = re.match(re.escape(name), column.title, re.IGNORECASE)
        between = _BETWEEN.match(column.title, begins.end()) if begins else None
        if between is not None:
            unit = column.title[between.end() :].strip()
            # one of another dimension is a slip only where no other column has the name
            sure = between["sure"] is not None and name not in there
            if _fits(unit, names[name], sure=sure):
                return replace(column, name=name, unit=unit)
    return column


def _with_unit(column: Column, tails: Iterator[tuple[str, bool]], of: tuple[str, ...]) -> Column:
    """The column with the first unit among the tails of its title."""
    found = next((unit for unit, sure in tails if of and _fits(unit, of, sure=sure)), None)
    return column if found is None else replace(column, unit=found)


def _tails(title: str) -> Iterator[tuple[str, bool]]:
    """What may be the unit at the end of a title, the longest first, and whether nothing else can be meant if it is one."""
    for between in _BETWEEN.finditer(title):
        if between.start():
            yield title[between.end() :].strip(), between["sure"] is not None


def _fits(unit: str, of: tuple[str, ...], *, sure: bool) -> bool:
    # what is in brackets is the unit by itself, unless they are part of one, as in W/(m K)
    if unit.startswith(("(", "[")) or not _is_unit(unit):
        return False
    for wanted in of:
        try:
            convert(1.0, unit, wanted)
        except UnitError:
            continue
        return bool(wanted) or unit.casefold() in _PURE_NUMBERS
    return sure or (unit in _LETTERS_OF_DEGREES and any(map(_is_temperature, of)))


def _is_temperature(unit: str) -> bool:
    try:
        convert(1.0, "K", unit)
    except UnitError:
        return False
    return True


def _is_unit(text: str) -> bool:
    try:
        parse_unit(text)
    except UnitError:
        return False
    return bool(text)
