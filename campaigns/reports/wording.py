"""Numbers and names as a chemist writes them: an uncertainty with two figures, a value rounded to match it.

Everything that a report or the terminal prints goes through here, so that the same number reads the same
everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

MINUS = "\N{MINUS SIGN}"

# Ratio of the ends from which on each keeps its own figures.
_DECADE = 10.0
# A two-sided interval counts as symmetric when its halves differ by less than this part of its width.
_SYMMETRY = 0.01


def number(value: float | None, figures: int = 3) -> str:
    """So many significant figures, but no whole digit rounded away; a dash where there is no value."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    if abs(value) < 1e-3 or abs(value) >= 1e6:
        return _signed(f"{value:.{figures - 1}e}")
    decimals = max(0, figures - 1 - math.floor(math.log10(abs(value))))
    return _signed(f"{value:.{decimals}f}")


def with_error(value: float | None, error: float | None) -> str:
    """``412 ± 60``: the error with two significant figures, the value rounded to the same place."""
    if value is None or not math.isfinite(value):
        return "–"
    if error is None or not math.isfinite(error) or error <= 0:
        return number(value)
    if error < 1e-3 or abs(value) >= 1e6:
        return f"{number(value)} ± {number(error, 2)}"
    decimals = _decimals(error)
    return f"{_signed(f'{value:.{decimals}f}')} ± {error:.{decimals}f}"


def interval(lower: float | None, upper: float | None) -> str:
    """``352 to 472``, rounded so that the width keeps two significant figures."""
    if lower is None or upper is None or not (math.isfinite(lower) and math.isfinite(upper)):
        return "–"
    half = (upper - lower) / 2
    if half <= 0:
        return f"{number(lower)} to {number(upper)}"
    decimals = _decimals(half)
    return f"{_signed(f'{lower:.{decimals}f}')} to {_signed(f'{upper:.{decimals}f}')}"


def prediction(mean: float | None, lower: float | None, upper: float | None) -> str:
    """``412 ± 60`` with half the interval, or ``412 (300 to 470)`` where the interval is lopsided; one that runs over decades
    keeps the figures of each end, ``2.0 (0.10 to 40)``.
    """
    if lower is None or upper is None or mean is None or not math.isfinite(mean):
        return with_error(mean, None)
    below, above = mean - lower, upper - mean
    if abs(above - below) <= _SYMMETRY * abs(upper - lower):
        return with_error(mean, (upper - lower) / 2)
    if lower > 0 and upper >= _DECADE * lower:
        # Rounded to the width, the lower end would be zero.
        return f"{number(mean, 2)} ({number(lower, 2)} to {number(upper, 2)})"
    return f"{with_error(mean, (upper - lower) / 2).split(' ± ')[0]} ({interval(lower, upper)})"


def limited(value: float | None, bound: str, figures: int = 3) -> str:
    """A value, or ``> 350`` and ``< 0.01`` where it is only a limit."""
    sign = {"above": "> ", "below": "< "}.get(bound, "")
    return f"{sign}{number(value, figures)}"


def as_of_round(said: str, number: int, *, newer: bool) -> str:
    """What a round said, with its number, and what to do where results came in since; empty where it said nothing.

    Args:
        said: Sentences.
        number: Of the round.
        newer: Whether anything was measured since.
    """
    if not said:
        return ""
    since = " Results came in since: propose again for advice on them." if newer else ""
    return f"As of round {number}: {said}{since}"


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """``1 polymer``, ``8 polymers``, ``12,345 polymers``."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


NAMED = 12
"""Ids that a sentence names; of more it gives the number."""


def named_first(ids: Sequence[str]) -> str:
    """``R001-03, R002-01``; of more than :data:`NAMED` the first, and how many more."""
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(ids[:NAMED]) + more


def chance(probability: float) -> str:
    """``43 %``, and no certainty that draws cannot give: ``< 1 %``, ``> 99 %``."""
    if probability < 0.01:
        return "< 1 %"
    return "> 99 %" if probability > 0.99 else f"{probability:.0%}".replace("%", " %")


def counted_facts(facts: Mapping[str, int]) -> str:
    """``1 command, 41 measurements``: rows of tables whose names are plurals, each in the number that it has."""
    return ", ".join(
        counted(count, _singular(name.replace("_", " ")), name.replace("_", " "))
        for name, count in facts.items()
    )


def _singular(plural: str) -> str:
    return plural.removesuffix("s")


def counts(values: Mapping[str, int]) -> str:
    """``3 measured, 1 failed``; empty for nothing."""
    return ", ".join(f"{count:,} {name}" for name, count in values.items())


_MODELS = {
    "fingerprint": "fingerprints alone",
    "latent": "the frozen latent",
    "projection": "the latent refined at depth projection",
    "encoder": "the latent refined at depth encoder",
    "both": "the latent refined at both depths",
    "adopted": "the latent under the adopted adapter",
    "multitask": "the frozen latent, together with other properties or cheaper values",
}
_PRIOR = "physics"


def model_in_words(member: str) -> str:
    """What a member of the gate is: ``the frozen latent, with physics estimates as its mean``."""
    base, _, prior = member.partition(" + ")
    return _MODELS.get(base, base) + (", with physics estimates as its mean" if prior == _PRIOR else "")


def models_in_words(chosen: Mapping[str, str]) -> str:
    """Which model the gate uses for each property; empty where there is none.

    Args:
        chosen: Member by property; empty where nothing could be learned of it.
    """
    told = {name: model_in_words(member) for name, member in chosen.items() if member}
    if not told:
        return ""
    if len(chosen) == 1:
        return f"Predicted by the model on {next(iter(told.values()))}."
    return "Predicted by models on: " + "; ".join(f"{name}: {words}" for name, words in told.items()) + "."


def reasons_in_words(reasons: Mapping[str, str], among: Collection[str] = ()) -> str:
    """Each reason once, with whom it holds for before it, ``encoder, both: training diverged``, unless one holds for all.

    Args:
        reasons: By name.
        among: All names that there could have been a reason for; those that have one where not given.
    """
    different = list(dict.fromkeys(reasons.values()))
    if len(different) < 2 and set(among) <= set(reasons):
        return "".join(different)
    return "; ".join(
        f"{', '.join(name for name, why in reasons.items() if why == reason)}: {reason}"
        for reason in different
    )


def printable(text: str, width: int | None = None) -> str:
    """Text with its control characters replaced, so that no cell can steer the terminal; cut at ``width``."""
    shown = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
    if width is not None and len(shown) > width:
        return shown[: width - 1] + "…"
    return shown


def printable_lines(text: str) -> str:
    """The same for a text of several lines, which stay."""
    return "\n".join(map(printable, text.split("\n")))


def _decimals(error: float) -> int:
    return max(0, 1 - math.floor(math.log10(error)))


def _signed(text: str) -> str:
    return MINUS + text[1:] if text.startswith("-") else text
