"""What several files of learning tests learn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from discovery.latent.representation import Representation
from discovery.latent.settings import RefinementSettings, Schedule
from discovery.polymers import RepeatUnit
from discovery.surrogate.learned import Learned
from discovery.surrogate.learning import Refining, learn
from discovery.surrogate.observations import Observation

REFINING = Refining(RefinementSettings(repeats=1, schedule=Schedule(rate=5e-3, steps=12, patience=12)))
"""Random encoders of a few thousand weights take larger steps to learn anything at all."""


def value(unit: RepeatUnit) -> float:
    """A property that the text and the fingerprint both show."""
    return 300.0 + 20.0 * unit.psmiles.count("O") - 15.0 * unit.psmiles.count("S")


@pytest.fixture(scope="module")
def observations(tiny_polymers: tuple[RepeatUnit, ...]) -> list[Observation]:
    return [Observation(unit, value(unit)) for unit in tiny_polymers]


@pytest.fixture(scope="module")
def refined(observations: list[Observation], tiny_representation: Representation) -> Learned:
    """Three members, on eighteen polymers; with this seed the adapters improve on the frozen latent."""
    learned = learn(observations[:18], tiny_representation, seed=0, refining=REFINING)
    assert isinstance(learned, Learned)
    return learned


@pytest.fixture(scope="session")
def refining() -> Refining:
    return REFINING


@pytest.fixture(scope="session")
def learned_from() -> Callable[..., Learned]:
    """Learns where something can be learned, by default with seed 0."""

    def learned_from(
        given: Sequence[Observation], representation: Representation, *, seed: int = 0, **options: Any
    ) -> Learned:
        learned = learn(given, representation, seed=seed, **options)
        assert isinstance(learned, Learned)
        return learned

    return learned_from
