from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from discovery.physics import PROPERTIES, calibration
from discovery.physics.atoms import atoms
from discovery.physics.calibration import (
    CHAR,
    STABILITY,
    STIFFNESS,
    MolarFunction,
    calibrated,
    contributions,
    held,
    left_out_errors,
    references,
)
from discovery.physics.chain_parts import parts_of
from discovery.physics.groups import EndlessChain
from discovery.polymers import RepeatUnit

FUNCTIONS = (STIFFNESS, STABILITY, CHAR)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.column)
def test_the_table_is_what_the_regression_on_the_reference_polymers_gives(function: MolarFunction) -> None:
    np.testing.assert_allclose(contributions(function), calibrated(function), atol=0.0051)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.column)
def test_the_table_counts_the_reference_polymers_of_each_part(function: MolarFunction) -> None:
    with (Path(calibration.__file__).parent / "chain_part_contributions.csv").open(encoding="utf-8") as file:
        told = [int(row[f"{function.column}_references"]) for row in csv.DictReader(file)]
    assert told == held(function).tolist()


@pytest.mark.parametrize(
    ("function", "error"),
    [(STIFFNESS, 45.0), (STABILITY, 47.0), (CHAR, 0.093)],
    ids=["tg", "decomposition", "char"],
)
def test_reference_polymers_are_met_when_they_are_left_out(function: MolarFunction, error: float) -> None:
    assert np.sqrt(np.mean(np.square(left_out_errors(function)))) < error


def test_the_closed_form_is_the_error_of_a_regression_without_the_polymer() -> None:
    few = references(CHAR)[::8]
    told = left_out_errors(CHAR, few)
    for place, (unit, value) in enumerate(few):
        chain = EndlessChain.of(unit)
        parts = parts_of(chain)
        counts = np.concatenate((parts.backbone, parts.side, parts.features))
        estimate = counts @ calibrated(CHAR, few[:place] + few[place + 1 :]) / atoms(chain).mass
        assert estimate - value == pytest.approx(told[place], abs=1e-9)


@pytest.mark.parametrize(
    ("function", "name"),
    [(STIFFNESS, "tg"), (STABILITY, "decomposition_temperature"), (CHAR, "char_yield")],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_the_method_tells_how_many_polymers_it_was_calibrated_on(function: MolarFunction, name: str) -> None:
    assert f"calibrated on {len(references(function))} well-known polymers" in PROPERTIES[name].method


def test_reference_polymers_are_named_once() -> None:
    with (Path(calibration.__file__).parent / "reference_polymers.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    keys = Counter(RepeatUnit.parse(row["psmiles"]).key for row in rows)
    assert max(keys.values()) == 1
    assert max(Counter(row["name"] for row in rows).values()) == 1
