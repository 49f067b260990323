"""The audit of a replay: strategies that know what was not measured are found, honest ones are not accused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from campaigns.backtesting.audit import LeakError
from campaigns.backtesting.oracle import Oracle, Question
from campaigns.backtesting.recall import Goodness
from campaigns.backtesting.replay import Terms, replay
from campaigns.backtesting.rival_names import FROZEN, RANDOM, TANIMOTO
from campaigns.backtesting.rivals import Choice, Strategy, strategy_of
from discovery.acquisition.objectives import Objective
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.progress import silent
from discovery.surrogate.observations import Observation

TG = Objective("tg", "max", "K")
AUDITED = Terms(start=6, rounds=2, batch=3, audited=2)


def oracle(units: Sequence[RepeatUnit]) -> Oracle:
    return Oracle(
        [Observation(unit, 200.0 + 17 * (i * 5 % 13) + i) for i, unit in enumerate(units)], Goodness(TG)
    )


@dataclass
class Best:
    """Takes the candidates of the highest score."""

    score: Callable[[RepeatUnit], float]

    def propose(self, question: Question) -> Choice:
        ordered = sorted(question.candidates, key=lambda unit: (-self.score(unit), unit.key))
        return Choice(tuple(ordered[: question.batch]))


def reads_when_asked(asked: Oracle) -> Strategy:
    """Looks into the oracle whenever it proposes."""
    return Best(lambda unit: asked._hidden[unit.key].value)


def copies_when_made(asked: Oracle) -> Strategy:
    """Has a copy of the values from before the first round."""
    values = {key: o.value for key, o in asked._hidden.items()}
    return Best(lambda unit: values[unit.key])


def standardises_by_the_whole_table(asked: Oracle) -> Strategy:
    """Takes as zero the mean of all values, measured or not, and goes up or down by it: the classic slip."""
    centre = float(np.mean([o.value for o in asked._hidden.values()]))
    return Best(lambda unit: (int(unit.key[:6], 16) * centre) % 1.0)


class InOrderOfValue(Oracle):
    """A harness at fault: it offers the best candidates first."""

    @property
    def candidates(self) -> tuple[RepeatUnit, ...]:
        return tuple(o.unit for o in sorted(self._hidden.values(), key=lambda o: -o.value))


@dataclass
class First:
    """Takes what is offered first."""

    def propose(self, question: Question) -> Choice:
        return Choice(question.candidates[: question.batch])


@pytest.mark.parametrize(
    "plant",
    [reads_when_asked, copies_when_made, standardises_by_the_whole_table],
    ids=lambda plant: plant.__name__,
)
def test_a_planted_leak_is_found(
    plant: Callable[[Oracle], Strategy], tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    asked = oracle(tiny_polymers)
    with pytest.raises(LeakError, match="not measured"):
        replay("planted", 0, asked, lambda: plant(asked), AUDITED)


def test_values_that_leak_by_the_order_of_candidates_are_found(tiny_polymers: tuple[RepeatUnit, ...]) -> None:
    honest = oracle(tiny_polymers)
    telling = InOrderOfValue(list(honest._hidden.values()), Goodness(TG))
    with pytest.raises(LeakError):
        replay("first", 0, telling, First, AUDITED)
    assert replay("first", 0, honest, First, AUDITED).measured


@pytest.mark.parametrize("rival", [RANDOM, TANIMOTO, FROZEN])
def test_honest_rivals_pass(
    rival: str, tiny_representation: Representation, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    made = replay(
        rival,
        0,
        oracle(tiny_polymers),
        lambda: strategy_of(rival, TG, tiny_representation, None, silent),
        Terms(start=6, rounds=2, batch=3, audited=1),
    )
    assert [len(step) for step in made.measured] == [6, 9, 12]


def test_an_audit_changes_nothing_about_the_replay(tiny_polymers: tuple[RepeatUnit, ...]) -> None:
    unaudited = Terms(AUDITED.start, AUDITED.rounds, AUDITED.batch)
    made = [replay("first", 0, oracle(tiny_polymers), First, terms) for terms in (AUDITED, unaudited)]
    assert made[0].measured == made[1].measured
