"""A round for several properties: partial measurements, constraints, failures, and what is said of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from discovery.acquisition.limits import BatchRules
from discovery.acquisition.objectives import Constraint, Goal, Objective
from discovery.acquisition.plan import Plan, RoundSettings
from discovery.acquisition.round import plan_round
from discovery.latent.representation import Representation
from discovery.polymers import Candidate, Monomer, RepeatUnit
from discovery.pools import MonomerPool, UnitPool
from discovery.surrogate.learned import Learned, NotLearned
from discovery.surrogate.observations import Observation
from discovery.surrogate.scale import Scale

ALONE = RoundSettings(members=("fingerprint",))
TG = Objective("tg", "max", "K")
DENSITY = Objective("density", "min", "g/cm3")
PERMEABILITY = Objective("permeability", "observe", "barrer", scale=Scale.LOG)


def tg(unit: RepeatUnit) -> float:
    return 300.0 + 20.0 * unit.psmiles.count("O") - 15.0 * unit.psmiles.count("S")


def density(unit: RepeatUnit) -> float:
    return 0.9 + 0.1 * unit.psmiles.count("O") + 0.2 * unit.psmiles.count("F")


def permeability(unit: RepeatUnit) -> float:
    return 10.0 ** (1.0 + 0.5 * unit.psmiles.count("F") - 0.3 * unit.psmiles.count("O"))


@pytest.fixture(scope="module")
def observations(tiny_polymers: tuple[RepeatUnit, ...]) -> dict[str, list[Observation]]:
    """Twelve with a transition, eight of them and four others with a density, fourteen with a permeability."""
    return {
        "tg": [Observation(u, tg(u), names=(f"polymer {i}",)) for i, u in enumerate(tiny_polymers[:12])],
        "density": [Observation(u, density(u)) for u in tiny_polymers[4:16]],
        "permeability": [Observation(u, permeability(u)) for u in tiny_polymers[2:16]],
    }


def propose(
    observations: dict[str, list[Observation]],
    pool: Sequence[RepeatUnit],
    representation: Representation,
    goal: Goal,
    q: int = 3,
    settings: RoundSettings = ALONE,
    **options: Any,
) -> Plan:
    return plan_round(
        observations, UnitPool(pool), goal, representation, q=q, seed=0, settings=settings, **options
    )


BOTH = Goal((TG, DENSITY))


@pytest.fixture(scope="module")
def plan(
    observations: dict[str, list[Observation]],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> Plan:
    goal = Goal(
        (TG, DENSITY, PERMEABILITY),
        (Constraint("permeability", low=2.0, unit="barrer", text="permeability > 2 barrer"),),
    )
    return propose(observations, tiny_polymers, tiny_representation, goal, budget_left=20)


def test_every_property_is_predicted_and_every_constraint_has_a_chance(plan: Plan) -> None:
    assert set(plan.learned) == {"tg", "density", "permeability"}
    assert len({p.candidate.unit.key for p in plan.batch}) == len(plan.batch) == 3
    for proposed in plan.batch:
        assert set(proposed.predictions) == {"tg", "density", "permeability"}
        assert all(p.lower < p.mean < p.upper for p in proposed.predictions.values())
        assert 0.0 < proposed.fulfils["permeability > 2 barrer"] <= 1.0
        assert proposed.acquisition is not None
        assert math.isfinite(proposed.acquisition)
        assert proposed.feasibility is None


def test_on_a_logarithmic_scale_the_median_stands_in_the_middle_of_the_decades(plan: Plan) -> None:
    for proposed in plan.batch:
        told = proposed.predictions["permeability"]
        assert told.mean == pytest.approx(math.sqrt(told.lower * told.upper))
        assert told.lower > 0.0


def test_what_is_measured_of_one_property_only_is_not_proposed(
    plan: Plan, observations: dict[str, list[Observation]]
) -> None:
    measured = {o.unit.key for given in observations.values() for o in given}
    assert not measured & {p.candidate.unit.key for p in plan.batch}
    assert plan.pool.left_out["measured, pending, abandoned or withdrawn"] == len(measured) == 16


def test_the_front_its_reference_point_and_an_advice_are_told(plan: Plan) -> None:
    assert plan.front is not None
    assert plan.front.names == ("tg", "density")
    assert plan.front.hypervolume > 0.0
    (told,) = [note for note in plan.notes if note.startswith("What a polymer has to beat")]
    assert "tg 296 K, density 1.12 g/cm3" in told
    assert plan.advice.startswith("The next batch is expected to enlarge the front's hypervolume by ")
    assert plan.advice.endswith("; 17 more can be made after it.")


def test_a_reference_point_of_no_complete_measurement_says_that_it_is_the_models(
    observations: dict[str, list[Observation]],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> None:
    apart = {"tg": observations["tg"][:6], "density": observations["density"][4:]}
    made = propose(apart, tiny_polymers, tiny_representation, BOTH)
    assert made.front is None
    (told,) = [note for note in made.notes if note.startswith("What a polymer has to beat")]
    assert "inferred from what the models say of the measured polymers" in told


def test_reasons_tell_each_property_and_the_constraint_in_two_sentences(plan: Plan) -> None:
    for proposed in plan.batch:
        # one that is measured breaks it
        assert "chance to join the front of those within the constraints; tg " in proposed.reason
        assert ", density " in proposed.reason
        assert proposed.reason.count(". ") == 1
        assert "likely that permeability > 2 barrer" in proposed.reason


def test_without_skill_the_round_says_so_and_who_widens_it(plan: Plan) -> None:
    widens = any("so the batch widens" in note for note in plan.notes)
    skilful = [one.decision.skilful for n in ("tg", "density") if isinstance(one := plan.learned[n], Learned)]
    assert widens is not any(skilful)
    for place, proposed in enumerate(plan.batch):
        assert ("chosen to widen" in proposed.reason) is (widens and place % 2 == 1)


def test_a_batch_without_a_real_chance_to_fulfil_the_constraints_says_so(
    observations: dict[str, list[Observation]],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> None:
    told = []
    for low in (200.0, 5000.0):
        goal = Goal((TG,), (Constraint("tg", low=low, text=f"tg > {low:.0f} K"),))
        made = propose({"tg": observations["tg"]}, tiny_polymers, tiny_representation, goal)
        told.append([note for note in made.notes if "real chance" in note])
    assert told[0] == []
    assert told[1] == [
        "No polymer of this batch has a real chance to fulfil the constraint (the likeliest: under 1%): relax tg > 5000 K, "
        "widen the pool, or make these only to learn."
    ]
    assert all("under 1% likely that tg > 5000 K" in p.reason for p in made.batch)


def test_a_property_with_too_few_measurements_is_named_and_the_others_steer(
    observations: dict[str, list[Observation]],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> None:
    few = observations | {"density": observations["density"][:3]}
    made = propose(few, tiny_polymers, tiny_representation, BOTH)
    others = [o.unit for name in ("density", "permeability") for o in few[name]]
    alone = propose({"tg": few["tg"]}, tiny_polymers, tiny_representation, Goal.of(TG), excluded=others)
    assert isinstance(made.learned["density"], NotLearned)
    assert any(
        note.startswith("No model of density yet (3 polymers are measured, a model needs at least 5)")
        for note in made.notes
    )
    assert [p.candidate.unit for p in made.batch] == [p.candidate.unit for p in alone.batch]
    assert [p.acquisition for p in made.batch] == [p.acquisition for p in alone.batch]


def test_a_constraint_that_cannot_be_judged_is_named(
    observations: dict[str, list[Observation]],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> None:
    goal = Goal((TG, PERMEABILITY), (Constraint("permeability", low=2.0, text="permeability > 2 barrer"),))
    made = propose({"tg": observations["tg"]}, tiny_polymers, tiny_representation, goal)
    assert any("permeability > 2 barrer cannot be judged" in note for note in made.notes)
    assert all("permeability > 2 barrer" not in p.fulfils for p in made.batch)


def test_where_nothing_driven_is_learned_the_first_batch_stands_for_the_pool(
    observations: dict[str, list[Observation]],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> None:
    given = {"permeability": observations["permeability"], "tg": observations["tg"][:2]}
    made = propose(given, tiny_polymers, tiny_representation, Goal((TG, DENSITY, PERMEABILITY)))
    assert len(made.batch) == 3
    assert all(p.acquisition is None for p in made.batch)
    assert made.notes[0].startswith("No model yet: tg: 2 polymers are measured")
    assert made.advice == ""


@pytest.mark.parametrize(
    "goal",
    [
        Goal((TG, DENSITY), combine="weights"),
        Goal((Objective("tg", "target", "K", 300.0, 310.0, 20.0),)),
        Goal((Objective("tg", "target", "K", 300.0, 310.0, 20.0), DENSITY)),
        Goal((Objective("permeability", "min", "barrer", scale=Scale.LOG),)),
    ],
    ids=["weights", "target", "target and minimum", "decades"],
)
def test_every_kind_of_goal_gives_the_same_batch_again(
    observations: dict[str, list[Observation]],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
    goal: Goal,
) -> None:
    first, second = (propose(observations, tiny_polymers, tiny_representation, goal) for _ in range(2))
    assert first.batch == second.batch
    assert len(first.batch) == 3
    assert first.advice == second.advice != ""


def test_failures_are_learned_from_and_their_chance_stands_in_the_proposal(
    observations: dict[str, list[Observation]],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> None:
    failed = tiny_polymers[30:34]
    made = propose(observations, tiny_polymers, tiny_representation, Goal.of(TG), abandoned=failed)
    assert made.feasibility is not None
    assert made.feasibility.abandoned == 4
    assert not {u.key for u in failed} & {p.candidate.unit.key for p in made.batch}
    for proposed in made.batch:
        assert proposed.feasibility is not None
        assert 0.0 < proposed.feasibility < 1.0
        assert f"{proposed.feasibility:.0%} likely that it can be made" in proposed.reason
    first = propose({}, tiny_polymers, tiny_representation, Goal.of(TG), abandoned=failed)
    assert all(p.feasibility is not None for p in first.batch)


def test_fixed_columns_filter_the_pool_and_are_fulfilled_for_sure(
    observations: dict[str, list[Observation]],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> None:
    goal = Goal((TG,), (Constraint("cost", high=5.0, text="cost < 5"),))
    pool = UnitPool([Candidate(u, cost=float(i % 10) or None) for i, u in enumerate(tiny_polymers[16:])])
    made = plan_round(observations, pool, goal, tiny_representation, q=20, seed=0, settings=ALONE)
    assert all(p.candidate.cost is not None and p.candidate.cost <= 5.0 for p in made.batch)
    assert all(p.fulfils == {"cost < 5": 1.0} for p in made.batch)
    assert made.pool.left_out["excluded: cost unknown"] == 3
    assert made.pool.left_out["excluded: not cost < 5"] == 8
    assert "The pool holds only 13 polymers that can be proposed; 20 were asked for." in made.notes


def test_rules_that_leave_too_few_are_named(
    observations: dict[str, list[Observation]],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> None:
    settings = RoundSettings(members=("fingerprint",), rules=BatchRules(minimum_distance=0.9))
    made = propose(observations, tiny_polymers, tiny_representation, Goal.of(TG), q=12, settings=settings)
    assert 1 <= len(made.batch) < 12
    (note,) = [note for note in made.notes if "can be proposed together" in note]
    assert note.endswith(
        "of 12 can be proposed together: the batch keeps a Tanimoto distance of at least 0.9."
    )


def test_what_is_pending_is_counted_on_by_every_property(
    plan: Plan,
    observations: dict[str, list[Observation]],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
) -> None:
    first = plan.batch[0].candidate.unit
    after = propose(observations, tiny_polymers, tiny_representation, BOTH, pending=[first])
    assert first.key not in {p.candidate.unit.key for p in after.batch}


def test_caps_and_a_shared_stock_hold_for_a_pool_of_monomers(
    observations: dict[str, list[Observation]], tiny_representation: Representation
) -> None:
    diols = [Monomer("O" + "C" * n + "O", f"diol {n}") for n in range(2, 6)]
    acids = [Monomer("OC(=O)" + "C" * n + "C(=O)O", f"acid {n}") for n in range(1, 5)]

    def needed(settings: RoundSettings) -> Counter[str]:
        pool = MonomerPool([*diols, *acids])
        made = plan_round(
            observations, pool, Goal.of(TG), tiny_representation, q=4, seed=0, settings=settings
        )
        assert len(made.batch) == 4
        routes = [p.candidate.provenance for p in made.batch]
        return Counter(m for route in routes if route for m in route.monomers)

    plain, capped, shared = (
        needed(RoundSettings(members=("fingerprint",), rules=BatchRules(per_monomer=cap, shared_stock=stock)))
        for cap, stock in ((None, 0.0), (1, 0.0), (None, 100.0))
    )
    assert max(capped.values()) == 1
    assert len(shared) < len(plain)
    assert len(shared) <= 5  # four of two monomers each, whatever they are
