"""How sure a prediction is, in words: against what is measured of its property, and in decades on a logarithmic scale."""

from __future__ import annotations

from enum import StrEnum

from discovery.acquisition.objectives import Objective
from discovery.acquisition.prediction import Prediction
from discovery.acquisition.utility import spread_on, values_on
from discovery.surrogate.learned import Learned
from discovery.surrogate.scale import Scale

SURE, UNSURE = 0.5, 1.0
"""Half the width of the 95 % interval over the interquartile range of what is measured: up to the first, the interval is no wider
than the middle half of the measured values; beyond the second, it is more than twice as wide."""

DECADES_SURE, DECADES_UNSURE = 1.0, 2.0
"""Decades that the interval may span at the most, on a logarithmic scale, whatever is measured."""


class Grade(StrEnum):
    """How sure a prediction is."""

    SURE = "fairly sure"
    MODERATE = "moderately sure"
    UNCERTAIN = "uncertain"

    @classmethod
    def of(cls, objective: Objective, prediction: Prediction, learned: Learned) -> Grade:
        """Of a prediction of a property, by the quartiles of what is measured, so that one slip cannot make a model look sure."""
        scale = learned.scale
        width = scale.on(prediction.upper) - scale.on(prediction.lower)
        values = values_on(objective, learned.measured)
        middle = float(values.quantile(0.75) - values.quantile(0.25)) if len(values) else 0.0
        share = 0.5 * width / (middle if middle > 0.0 else spread_on(objective, learned.measured))
        decades = width if scale is Scale.LOG else 0.0
        if share > UNSURE or decades > DECADES_UNSURE:
            return cls.UNCERTAIN
        return cls.MODERATE if share > SURE or decades > DECADES_SURE else cls.SURE
