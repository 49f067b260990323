"""Whether the numbers in a text are those that the polymer has: what a language model writes is read again before it is believed.

Every number is given to the quantity that the text names beside it, and compared with the calibrated value within the
rounding of either. What belongs to no named quantity passes where it equals a calibrated value, and is flagged where not; so is
the number of a quantity that nothing is known about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from discovery.pretraining.descriptions.facts import QUANTITIES, Facts, Number
from discovery.pretraining.descriptions.quantities import Quantity

REQUIRED_SHARE = 0.5
"""Share of the calibrated numbers that a text has to state to stand for the polymer."""

COARSEST = 0.03
"""Relative change that rounding may make: 1.2 for 1.24 is the same density said shortly, 1 for 1.24 is another."""

_SLACK = 1e-9  # of sums in binary

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_VALUE_OF_WORD = {word: float(value) for value, word in enumerate(_WORDS, start=1)}

_NUMBER = re.compile(
    r"(?<![\w.,^])(?P<value>[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?)(?!\d)"
    rf"|\b(?P<word>{'|'.join(_WORDS)})\b(?=\s)",
    re.IGNORECASE,
)
_NOT_A_NUMBER = re.compile(
    r"\S*\*\S*"  # a PSMILES
    r"|(?<![\w.])\d+(?:,\d+)*-(?=[A-Za-z])"  # locants: 1,4-phenylene
    r"|\^\(?[-+]?[\d./]+\)?"  # exponents of units: MPa^0.5, ^(1/2)
)
_SENTENCE_END = re.compile(r"[.!?;](?=\s|$)|\n")

_SAME_UNIT = (
    {"K": (1.0, 0.0), "°C": (1.0, 273.15), "degrees Celsius": (1.0, 273.15), "°F": (5 / 9, 255.372)},
    {
        "g/cm³": (1.0, 0.0),
        "g/cm3": (1.0, 0.0),
        "g/mL": (1.0, 0.0),
        "kg/m³": (1e-3, 0.0),
        "kg/m3": (1e-3, 0.0),
    },
    {"kJ/mol": (1.0, 0.0), "J/mol": (1e-3, 0.0), "kcal/mol": (4.184, 0.0)},
    {"J/(g K)": (1.0, 0.0), "kJ/(kg K)": (1.0, 0.0), "J/(kg K)": (1e-3, 0.0)},
    {"kJ/g": (1.0, 0.0), "MJ/kg": (1.0, 0.0), "J/g": (1e-3, 0.0)},
    {"g/mol": (1.0, 0.0), "kg/mol": (1e3, 0.0), "kDa": (1e3, 0.0), "Da": (1.0, 0.0)},
    {"W/(m K)": (1.0, 0.0), "mW/(m K)": (1e-3, 0.0)},
    {"kW/m²": (1.0, 0.0), "kW/m2": (1.0, 0.0), "MW/m²": (1e3, 0.0), "W/m²": (1e-3, 0.0)},
    {"s": (1.0, 0.0), "min": (60.0, 0.0)},
    {"": (1.0, 0.0), "%": (0.01, 0.0)},
    {"%": (1.0, 0.0)},
)
"""Spellings and other units of the same thing: factor and offset to the first, which is the one that descriptions use."""

_UNITS = sorted({unit for units in _SAME_UNIT for unit in units if unit}, key=len, reverse=True)
_UNIT = re.compile(rf"\s*(?P<unit>{'|'.join(re.escape(unit) for unit in _UNITS)})(?!\w)")


@dataclass(frozen=True, slots=True)
class NumberCheck:
    """What the numbers of a text are worth."""

    contradictions: tuple[str, ...]
    """Numbers that are not those of the polymer, in words: ``density 2.10, not 1.17 g/cm³``."""
    unlisted: tuple[str, ...]
    """Numbers that nothing is known about, as they stand in the text."""
    stated: int
    """Calibrated numbers that the text states."""
    known: int
    """Calibrated numbers that there are."""

    @property
    def reason(self) -> str:
        """Why the text cannot be taken; empty where it can."""
        if self.contradictions:
            return f"contradicts: {'; '.join(self.contradictions)}"
        if self.stated < REQUIRED_SHARE * self.known:
            return f"states {self.stated} of {self.known} numbers"
        return ""


def check_numbers(text: str, facts: Facts) -> NumberCheck:
    """Compare the numbers in a text about a polymer with those that are known of it."""
    known = {number.quantity: number for number in facts.numbers}
    text = text.replace("−", "-")
    for name in (facts.unit.psmiles, facts.polymer_class):
        text = text.replace(name, " ") if name else text
    text = _NOT_A_NUMBER.sub(lambda found: " " * len(found[0]), text)
    contradictions: list[str] = []
    unlisted: list[str] = []
    stated: set[Quantity] = set()
    for sentence in _sentences(text):
        for written in _numbers(sentence):
            if written.quantity is None:
                same = next((n for n in facts.numbers if _agrees(written, n)), None)
                if same is None:
                    unlisted.append(written.text)
                elif written.unit:  # a bare 2 is always the number of something
                    stated.add(same.quantity)
            elif written.quantity not in known:
                if written.value or not written.quantity.is_count:  # that it has none of them is true
                    unlisted.append(f"{written.quantity.words} {written.text}")
            elif _agrees(written, known[written.quantity]):
                stated.add(written.quantity)
            else:
                contradictions.append(
                    f"{written.quantity.words} {written.text}, not {known[written.quantity]}"
                )
    return NumberCheck(tuple(contradictions), tuple(unlisted), len(stated), len(known))


@dataclass(frozen=True, slots=True)
class _Written:
    """A number as it stands in a text."""

    text: str
    value: float
    decimals: int
    unit: str
    quantity: Quantity | None


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in _SENTENCE_END.finditer(text):
        yield text[start : end.end()]
        start = end.end()
    yield text[start:]


def _numbers(sentence: str) -> Iterator[_Written]:
    """Numbers with the quantity that is named right after them or, else, before them and after the number before."""
    mentions = _mentions(sentence)
    free = 0  # mentions before this place belong to an earlier number
    for found in _NUMBER.finditer(sentence):
        unit = _UNIT.match(sentence, found.end())
        end = unit.end() if unit else found.end()
        after = next((m for m in mentions if m[0] >= end and not sentence[end : m[0]].strip()), None)
        before = next((m for m in reversed(mentions) if free <= m[0] and m[1] <= found.start()), None)
        # a count stands in front of what is counted; of any other quantity the name comes first, if it is there
        chosen = after if after and (after[2].is_count or before is None) else before
        word = found["word"]
        if word and not (chosen and chosen is after):
            continue  # "the one", "two of them"
        text = sentence[found.start() : end].strip()
        digits = word or found["value"].replace(",", "")
        mantissa = digits.lower().partition("e")[0]
        decimals = 0 if word or "." not in mantissa else len(mantissa.partition(".")[2])
        value = _VALUE_OF_WORD[word.lower()] if word else float(digits)
        free = chosen[1] if chosen and chosen is after else end
        yield _Written(text, value, decimals, unit["unit"] if unit else "", chosen[2] if chosen else None)


def _mentions(sentence: str) -> list[tuple[int, int, Quantity]]:
    """Where quantities are named: start, end, which; a longer name hides the shorter one in it."""
    found: list[tuple[int, int, Quantity]] = []
    for name, quantity in _NAMES:
        for match in name.finditer(sentence):
            if not any(start < match.end() and match.start() < end for start, end, _ in found):
                found.append((match.start(), match.end(), quantity))
    return sorted(found, key=lambda mention: mention[0])


_NAMES: Sequence[tuple[re.Pattern[str], Quantity]] = [
    (re.compile(rf"(?<![\w-]){re.escape(name)}s?(?!\w)", re.IGNORECASE), quantity)
    for name, quantity in sorted(
        ((name, quantity) for quantity in QUANTITIES for name in quantity.called),
        key=lambda pair: -len(pair[0]),
    )
]


def _agrees(written: _Written, number: Number) -> bool:
    """Whether a written number is the calibrated one, rounded to no more than it can bear."""
    quantity, value = number.quantity, written.value
    if written.unit and written.unit != quantity.unit:
        units = next((u for u in _SAME_UNIT if written.unit in u and next(iter(u)) == quantity.unit), None)
        if units is None or (quantity.is_count and not quantity.unit):
            return False
        factor, offset = units[written.unit]
        value = value * factor + offset
        last_place = factor * 10.0**-written.decimals
    else:
        last_place = 10.0**-written.decimals
    away = abs(value - number.value)
    if away <= 0.5 * 10.0**-quantity.digits + _SLACK and last_place <= 10.0**-quantity.digits + _SLACK:
        return True
    return away <= 0.5 * last_place + _SLACK and away <= COARSEST * abs(number.value)
