"""A best that all others speak against: it is to be measured again, and no advice to stop rests on it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from discovery.acquisition.objectives import Constraint, Goal, Objective
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.suspects import best_is_suspect, suspect_keys
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.surrogate.learned import Learned, Outlier
from discovery.surrogate.learning import learn
from discovery.surrogate.observations import Observation

TG, DENSITY = Objective("tg", "max", "K"), Objective("density", "min", "g/cm3")
TEXTS = ("*CCO*", "*CCCCO*", "*CCC(C)O*", "*CC(F)O*", "*CCC*", "*CCS*")


@pytest.fixture(scope="module")
def learned(tiny_representation: Representation) -> Learned:
    values = (200.0, 210.0, 220.0, 230.0, 240.0, 3700.0)
    given = [Observation(RepeatUnit.parse(text), v) for text, v in zip(TEXTS, values, strict=True)]
    found = learn(given, tiny_representation, seed=0, members=("fingerprint",))
    assert isinstance(found, Learned)
    return found


def suspecting(learned: Learned, *rows: int, skilful: bool = True) -> Learned:
    return replace(
        learned,
        outliers=tuple(Outlier(learned.measured[row], 230.0, 9.0) for row in rows),
        decision=replace(learned.decision, skilful=skilful),
    )


def said(goal: Goal, **models: Learned) -> str:
    pursuit = Pursuit.of(goal, models)
    assert pursuit is not None
    return best_is_suspect(pursuit)


def test_a_suspect_best_is_to_be_measured_again_first(learned: Learned) -> None:
    assert said(Goal.of(TG), tg=suspecting(learned, 5)) == (
        "The best tg (3700 K) is one that all others speak against: measure it again before judging whether another batch pays."
    )


def test_a_suspect_that_is_not_the_best_or_breaks_a_constraint_changes_nothing(learned: Learned) -> None:
    assert said(Goal.of(TG), tg=suspecting(learned, 2)) == ""
    assert said(Goal((TG,), (Constraint("tg", high=1000.0),)), tg=suspecting(learned, 5)) == ""


def test_a_model_without_skill_that_learns_from_a_suspect_gives_no_advice(learned: Learned) -> None:
    spoilt = suspecting(learned, 2, skilful=False)
    assert said(Goal.of(TG), tg=spoilt).startswith(
        "The model of tg learns from a value that all others speak against"
    )
    assert said(Goal.of(TG), tg=replace(spoilt, robust=True)) == ""


@pytest.mark.parametrize(("combine", "words"), [("pareto", "on the front"), ("weights", "")])
def test_a_suspect_on_the_front_is_named(learned: Learned, combine: str, words: str) -> None:
    """The fifth is best in neither, and beaten by none in both."""
    densities = (0.9, 1.0, 1.1, 1.2, 0.95, 1.3)
    denser = replace(
        learned,
        measured=tuple(replace(o, value=v) for o, v in zip(learned.measured, densities, strict=True)),
    )
    text = said(Goal((TG, DENSITY), combine=combine), tg=suspecting(learned, 4), density=denser)  # type: ignore[arg-type]
    assert words in text
    assert bool(text) is bool(words)


def test_suspects_of_driven_properties_alone_count(learned: Learned) -> None:
    models = {"tg": suspecting(learned, 1), "density": suspecting(learned, 3)}
    assert suspect_keys(models, [TG]) == {learned.measured[1].unit.key}
    assert len(suspect_keys(models, [TG, DENSITY])) == 2
