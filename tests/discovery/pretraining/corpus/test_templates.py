"""Templates: what they draw are repeat units, different ones."""

from __future__ import annotations

import random

import pytest

from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.templates import TEMPLATES


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_draws_different_repeat_units(name: str) -> None:
    rng = random.Random(0)
    units = {RepeatUnit.parse(TEMPLATES[name](rng)) for _ in range(40)}
    assert len(units) >= 20
