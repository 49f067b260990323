from __future__ import annotations

from functools import partial

import pandas as pd
import pytest
import torch
from peers_runs import Settings, play
from peers_targets import Target
from refinement_rivals import MODELS, NAMES, OURS, SINGLE, USUAL, Memory, RefinementRing, shortlisted
from refinement_scores import ScoreSettings, columns_once, judge

from discovery.acquisition.objectives import Objective
from discovery.latent.refinement import Refinement
from discovery.latent.representation import Representation
from discovery.latent.settings import RefinementSettings
from discovery.polymers import RepeatUnit
from discovery.surrogate.learned import Learned
from discovery.surrogate.learning import learn
from discovery.surrogate.observations import Observation


def value(unit: RepeatUnit) -> float:
    return 300.0 + 20.0 * unit.psmiles.count("O") - 15.0 * unit.psmiles.count("S")


@pytest.fixture(scope="module")
def target(tiny_polymers: tuple[RepeatUnit, ...]) -> Target:
    ordered = sorted(tiny_polymers, key=lambda unit: unit.key)
    table = tuple(Observation(unit, value(unit) + 0.01 * i) for i, unit in enumerate(ordered))
    return Target("made:up:max", Objective("up", "max"), table)


@pytest.fixture(scope="module")
def ring(tiny_representation: Representation, target: Target) -> RefinementRing:
    ring = RefinementRing(lambda: tiny_representation)
    ring.take(target)
    return ring


@pytest.mark.parametrize("rival", [*MODELS, "frozen", "projection"])
def test_a_rival_finds_better_polymers_and_does_not_know_what_is_not_measured(
    rival: str, ring: RefinementRing, target: Target
) -> None:
    settings = Settings(start=18, batch=4, evaluations=26, most=40)
    frame = play(ring, (target, rival, 0), settings=settings, audited=1)
    values = {o.unit.key: o.value for o in target.table}
    start, *batches = [[values[key] for key in keys.split()] for keys in frame["measured"]]
    assert [len(batch) for batch in batches] == [4, 4]
    assert sum(sum(batch) for batch in batches) / 8 > sum(start) / 18


def test_usual_rivals_are_among_those_there_are_and_single_members_are_single() -> None:
    assert set(USUAL) <= set(NAMES)
    assert all(len(OURS[name].members) == 1 for name in SINGLE)


def test_a_shortlist_takes_turns_between_what_is_hoped_and_what_is_drawn() -> None:
    merit, sigma = torch.linspace(0, 1, 300).double(), torch.full((300,), 5.0).double()
    listed = shortlisted(merit, sigma, 0).tolist()
    assert len(listed) == len(set(listed)) == 128
    assert listed[0] == 299
    assert set(listed) >= set(range(299, 240, -1))
    assert set(listed) - set(range(170, 300))


def test_only_an_entry_that_starts_from_before_remembers_adapters(
    tiny_representation: Representation, target: Target
) -> None:
    learned = learn(target.table[:18], tiny_representation, seed=1, members=("projection",))
    assert isinstance(learned, Learned)
    made = {name for name, one in learned.refinements.items() if isinstance(one, Refinement)}
    fresh, warm = Memory(RefinementSettings()), Memory(RefinementSettings(start="previous"))
    for memory in (fresh, warm):
        memory.keep(learned)
    assert set(warm.refining.previous) == made
    assert not fresh.refining.previous


@pytest.mark.parametrize("model", ["fused", "gate-unrefined", "projection-warm"])
def test_a_judged_model_is_asked_of_polymers_that_it_was_not_told_of(
    model: str, ring: RefinementRing, target: Target
) -> None:
    settings = ScoreSettings((10, 20, 30), test=12, most=40, least=15)
    frame = judge(ring, (target, model, 0), settings=settings)
    assert frame["n"].tolist() == [10, 20]
    assert frame["predicted"].tolist() == [12, 12]
    assert frame["coverage_80"].between(0.0, 1.0).all()
    assert frame["score"].iloc[-1] < 0.5


def test_growing_measurements_leave_the_same_polymers_to_predict(
    ring: RefinementRing, target: Target
) -> None:
    settings = ScoreSettings((10, 20), test=12, most=40, growing=True, least=15)
    assert judge(ring, (target, "fused", 0), settings=settings)["n"].tolist() == [10, 20]
    too_many = ScoreSettings((10, 30), test=12, most=40, growing=True, least=15)
    assert judge(ring, (target, "fused", 0), settings=too_many).empty


def test_a_column_that_is_sought_in_both_directions_is_predicted_once(target: Target) -> None:
    names = ("a:x:max", "a:x:min", "a:y:max", "a:x:max:log10")
    made = partial(Target, objective=target.objective, table=target.table)
    assert [t.name for t in columns_once([made(name) for name in names])] == [
        "a:x:max",
        "a:y:max",
        "a:x:max:log10",
    ]


def test_what_is_too_small_leaves_an_empty_file_of_all_columns(ring: RefinementRing, target: Target) -> None:
    frame = judge(ring, (target, "fused", 0), settings=ScoreSettings((30,), test=12, most=40))
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns)[:2] == ["n", "score"]
