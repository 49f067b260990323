"""Where a spec names estimates of :mod:`discovery.physics`: whether they exist, and fit what they are asked for.

Names are read without regard to case: ``physics:Tg`` is ``physics:tg``.
"""

from __future__ import annotations

from campaigns import units
from campaigns.spec.faults import spec_fault

SOURCE = "physics:"
"""What the name of a prior mean from physics begins with."""


def check_properties(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of properties as physics writes them; refuses one that is none, or that comes twice. Physics is imported only
    where there is something to check.
    """
    if not names:
        return ()
    from discovery.physics import PROPERTIES

    written = tuple(name.strip().casefold() for name in names)
    unknown = [name for name, read in zip(names, written, strict=True) if read not in PROPERTIES]
    if unknown:
        raise spec_fault(
            f"there is no estimate of {', '.join(map(repr, unknown))}.",
            f"Choose from: {', '.join(PROPERTIES)}.",
        )
    if len(set(written)) < len(written):
        raise spec_fault("names a property twice.", "Leave each once.")
    return written


def check_property(name: str) -> str:
    """As :func:`check_properties`, of one."""
    [written] = check_properties((name,))
    return written


def read_prior_mean(text: str) -> str:
    """A prior mean as the program writes it; whether there is one of that name, :func:`check_prior_mean` asks."""
    return text.strip().casefold()


def check_prior_mean(text: str, unit: str) -> None:
    """Refuse a prior mean that does not exist, or is no quantity of an objective in ``unit``."""
    from discovery.physics import PROPERTIES

    fitting = [f"{SOURCE}{name}" for name, told in PROPERTIES.items() if _fits(told.unit, unit)]
    of_this_unit = f"a property in {unit}" if unit else "a pure number"
    choice = (
        f"For {of_this_unit} choose from: {', '.join(fitting)}."
        if fitting
        else f"There is no estimate of {of_this_unit}: leave prior_mean out."
    )
    name = text.removeprefix(SOURCE)
    if not text.startswith(SOURCE) or name not in PROPERTIES:
        raise spec_fault(f"{text!r} is no prior mean that polyloop knows.", choice)
    if text not in fitting:
        told = PROPERTIES[name].unit or "a pure number"
        raise spec_fault(f"{text} is in {told}, which is no {unit or 'pure number'}.", choice)


def _fits(source: str, target: str) -> bool:
    return units.parse_unit(source).dimensionality == units.parse_unit(target).dimensionality
