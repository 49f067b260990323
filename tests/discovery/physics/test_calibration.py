from __future__ import annotations

import numpy as np
import pytest

from discovery.physics.atoms import atoms
from discovery.physics.calibration import (
    CHAR,
    STABILITY,
    STIFFNESS,
    MolarFunction,
    calibrated,
    contributions,
    references,
)
from discovery.physics.chain_parts import parts_of
from discovery.physics.groups import EndlessChain


@pytest.mark.parametrize("function", [STIFFNESS, STABILITY, CHAR], ids=lambda function: function.column)
def test_the_table_is_what_the_regression_on_the_reference_polymers_gives(function: MolarFunction) -> None:
    np.testing.assert_allclose(contributions(function), calibrated(function), atol=0.0051)


@pytest.mark.parametrize(
    ("function", "error"),
    [(STIFFNESS, 30.0), (STABILITY, 32.0), (CHAR, 0.07)],
    ids=["tg", "decomposition", "char"],
)
def test_reference_polymers_are_met_within_their_scatter(function: MolarFunction, error: float) -> None:
    residuals = []
    for unit, value in references(function):
        chain = EndlessChain.of(unit)
        residuals.append(function.value(parts_of(chain), atoms(chain).mass) - value)
    assert np.sqrt(np.mean(np.square(residuals))) < error


def test_reference_polymers_are_named_once() -> None:
    keys = [unit.key for unit, _ in references(STIFFNESS)]
    assert len(keys) == len(set(keys))
