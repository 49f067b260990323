"""Observations as the models take them: values, limits and standard errors on the scale that a property is modelled on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from discovery.surrogate.censoring import signs
from discovery.surrogate.features import Data, Features
from discovery.surrogate.observations import Observation
from discovery.surrogate.scale import Scale


def data_of(
    features: Features,
    observations: Sequence[Observation],
    scale: Scale = Scale.LINEAR,
    *,
    robust: bool = False,
) -> Data:
    """Features of ``n`` polymers with what was observed of them; a standard error is ``nan`` where unknown.

    Args:
        features: One row for each observation.
        observations: Values and limits, in the property's unit.
        scale: That the property is modelled on.
        robust: Whether values have Student-t noise.

    Raises:
        SurrogateError: a value that is not on the scale.
    """
    values = [
        scale.on(o.value) for o in observations
    ]  # a value without a place on the scale has no error on it either
    errors = [math.nan if o.sem is None else scale.error_on(o.value, o.sem) for o in observations]
    return Data(
        features,
        torch.tensor(values, dtype=torch.float64),
        torch.tensor(errors, dtype=torch.float64),
        torch.tensor([float(o.n) for o in observations], dtype=torch.float64),
        signs(observations),
        robust,
    )
