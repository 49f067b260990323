r"""The scale that a property is modelled on: its own, or its decimal logarithm where it runs over decades.

A model sees numbers *on the scale*; people see the property in its unit. A normal belief on the logarithm is a log-normal one of
the property: its quantiles are carried over as they are, so that what is reported is a median and an interval, and never the
antilogarithm called a mean.
"""

from __future__ import annotations

import math
from enum import StrEnum

from discovery.errors import SurrogateError


class Scale(StrEnum):
    """How a property's values become what a model sees."""

    LINEAR = "linear"
    LOG = "log"

    def on(self, value: float) -> float:
        """A value of the property on the scale.

        Raises:
            SurrogateError: zero or less on a logarithmic scale.
        """
        if self is Scale.LINEAR:
            return value
        if value <= 0.0:
            raise SurrogateError(
                f"A value of {value:g} has no logarithm.",
                "Leave it out, give it as a limit such as <0.01, or model the property on a linear scale.",
            )
        return math.log10(value)

    def error_on(self, value: float, error: float) -> float:
        """A standard error of ``value`` on the scale, by the rule of small errors."""
        return error if self is Scale.LINEAR else error / (abs(value) * math.log(10.0))

    def off(self, number: float) -> float:
        """Back from the scale to the property; of a mean on a logarithmic scale, the median of the property."""
        return number if self is Scale.LINEAR else 10.0**number
