"""The words of a proposal: the chance, the nearest measured polymer, and how new the ground is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scipy.stats import t as student

from discovery.acquisition.grade import Grade
from discovery.acquisition.objectives import Constraint, Goal, Objective
from discovery.acquisition.prediction import Prediction
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.reasons import explain, explain_space_filling
from discovery.latent.representation import Representation
from discovery.polymers import Candidate, RepeatUnit
from discovery.surrogate.learned import Learned
from discovery.surrogate.learning import learn
from discovery.surrogate.observations import Observation
from discovery.surrogate.scale import Scale

HIGH = Objective("tg", "max", "K")
LOW = Objective("tg", "min", "K")
POLYETHER = RepeatUnit.parse("*CCCO*")


@pytest.fixture(scope="module")
def learned(tiny_representation: Representation) -> Learned:
    texts = ("*CCO*", "*CCCCO*", "*CCC(C)O*", "*CC(F)O*", "*CCC*", "*CCS*")
    names = (("PEO", "polyoxirane"), (), (), (), (), ())
    given = [
        Observation(RepeatUnit.parse(text), 200.0 + 10 * i, names=name)
        for i, (text, name) in enumerate(zip(texts, names, strict=True))
    ]
    found = learn(given, tiny_representation, seed=0, members=("fingerprint",))
    assert isinstance(found, Learned)
    return found


def pursuing(learned: Learned, objective: Objective = HIGH) -> Pursuit:
    found = Pursuit.of(Goal.of(objective), {objective.name: learned})
    assert found is not None
    return found


def reason(
    learned: Learned, text: str, mean: float = 250.0, objective: Objective = HIGH, sigma: float = 10.0
) -> tuple[str, str]:
    """What the proposal is for, and what is near it."""
    prediction = Prediction(mean, mean - 1.959964 * sigma, mean + 1.959964 * sigma)
    told = {objective.name: [prediction]}
    (said,) = explain([Candidate(RepeatUnit.parse(text))], told, pursuing(learned, objective))
    purpose, near = said.split(". Nearest measured: ")
    return purpose, near


@pytest.mark.parametrize(
    ("mean", "objective", "words"),
    [
        (250.0, HIGH, "50% chance to beat the best measured (250 K)"),
        (260.0, HIGH, "88% chance to beat the best measured (250 K)"),
        (200.0, LOW, "50% chance to beat the best measured (200 K)"),
        (190.0, LOW, "88% chance to beat the best measured (200 K)"),
    ],
)
def test_the_chance_is_that_of_the_next_measurement_in_the_direction_asked_for(
    learned: Learned, mean: float, objective: Objective, words: str
) -> None:
    assert reason(learned, "*CCCO*", mean, objective)[0].split(": ", 1)[1].startswith(f"{words}, ")


def test_the_chance_belongs_to_the_student_t_that_the_interval_was_made_of(learned: Learned) -> None:
    """Of one interval, the heavier the tails the narrower is the middle."""
    assert learned.calibration is not None
    beyond = []
    for degrees in (2.5, 50.0):
        tails = replace(learned.calibration.tails, degrees=degrees)
        told = replace(learned, calibration=replace(learned.calibration, tails=tails))
        scale = 1.959964 * 10.0 / float(student.ppf(0.975, degrees))
        beyond.append(f"{student.cdf(10.0 / scale, degrees):.0%}")
        assert f"{beyond[-1]} chance to beat" in reason(told, "*CCCO*", 260.0)[0]
    assert beyond == ["91%", "84%"]


def test_the_nearest_is_called_by_its_first_name(learned: Learned) -> None:
    assert reason(learned, "*CCO*")[1] == "PEO (200 K, similarity 1.00), well-known ground."


def test_the_nearest_without_a_name_is_called_by_its_psmiles(learned: Learned) -> None:
    thioether = RepeatUnit.parse("*CCS*")
    assert reason(learned, "*CCS*")[1].startswith(f"{thioether.psmiles} (250 K, similarity 1.00)")


@pytest.mark.parametrize(
    ("text", "words"), [("*CCO*", "well-known ground"), ("*c1ccc(cc1)[Si](C)(C)*", "new ground")]
)
def test_the_ground_is_known_or_new_by_what_is_measured_near_it(
    learned: Learned, text: str, words: str
) -> None:
    assert reason(learned, text)[1].endswith(f"), {words}.")


@pytest.mark.parametrize(
    ("sigma", "words"),
    [
        (5.0, "fairly sure (95% interval 240 to 260 K)"),
        (12.0, "moderately sure (95% interval 226 to 274 K)"),
        (18.0, "uncertain (95% interval 215 to 285 K)"),
    ],
)
def test_how_sure_it_is_follows_the_interval_and_not_the_neighbours(
    learned: Learned, sigma: float, words: str
) -> None:
    """The middle half of the values measured spans 25 K."""
    for text in ("*CCO*", "*c1ccc(cc1)[Si](C)(C)*"):
        assert reason(learned, text, sigma=sigma)[0].endswith(words)


def test_a_sure_step_and_a_look_into_the_unknown_begin_differently(learned: Learned) -> None:
    assert reason(learned, "*CCO*", sigma=5.0)[0].startswith("Builds on what is known: ")
    assert reason(learned, "*CCO*", sigma=18.0)[0].startswith("Explores: ")
    assert reason(learned, "*c1ccc(cc1)[Si](C)(C)*", sigma=5.0)[0].startswith("Explores: ")


def test_a_proposal_without_a_real_chance_is_the_best_of_what_is_left_in_a_batch_alone(
    learned: Learned,
) -> None:
    candidate, hopeless = Candidate(RepeatUnit.parse("*CCO*")), Prediction(220.0, 210.0, 230.0)
    ranked, picked = (
        explain([candidate], {"tg": [hopeless]}, pursuing(learned), batch=batch)[0] for batch in (False, True)
    )
    assert ranked.startswith("Explores: under 1% chance to beat the best measured (250 K)")
    assert "best of what is left" not in ranked
    assert "; best of what is left. Nearest" in picked


@pytest.mark.parametrize(("decades", "grade"), [(0.9, "fairly"), (1.5, "moderately"), (3.0, "uncertain")])
def test_nobody_is_fairly_sure_of_more_than_a_decade(learned: Learned, decades: float, grade: str) -> None:
    spread = [replace(o, value=10.0 ** (2 * i)) for i, o in enumerate(learned.measured)]
    wide = replace(learned, measured=tuple(spread), scale=Scale.LOG)
    objective = Objective("permeability", "max", "barrer", scale=Scale.LOG)
    prediction = Prediction(1.0, 10 ** (-decades / 2), 10 ** (decades / 2))
    assert Grade.of(objective, prediction, wide).startswith(grade)


def test_one_slip_does_not_make_a_model_look_sure(learned: Learned) -> None:
    slip = (*learned.measured[:-1], replace(learned.measured[-1], value=3700.0))
    odd = replace(learned, measured=slip)
    assert Grade.of(HIGH, Prediction(250.0, -163.0, 1021.0), odd) is Grade.UNCERTAIN


def test_far_beyond_all_that_is_measured_the_trend_is_named_where_there_is_one(learned: Learned) -> None:
    far, trend = "*c1ccc(cc1)[Si](C)(C)*", "by the trend of physics estimates, little else"
    latent = replace(learned, decision=replace(learned.decision, chosen="latent"))
    assert trend in reason(latent, far, 300.0)[1]
    assert trend not in reason(latent, far, 240.0)[1]
    assert trend not in reason(latent, "*CCO*", 300.0)[1]
    assert trend not in reason(learned, far, 300.0)[1]


def test_what_is_chosen_to_widen_says_so_and_chances_are_told(learned: Learned) -> None:
    candidate, prediction = Candidate(RepeatUnit.parse("*CCO*")), Prediction(250.0, 240.0, 260.0)
    (said,) = explain(
        [candidate],
        {"tg": [prediction]},
        pursuing(learned),
        widened=[True],
        fulfils=[{"density < 1": 0.25}],
        feasibility=[0.875],
    )
    assert said.startswith("Explores: 50% chance")
    assert "; chosen to widen, for what it would teach; " in said
    assert "; 25% likely that density < 1; 88% likely that it can be made. Nearest" in said


def test_the_chance_of_a_target_is_that_of_its_range_and_its_desirability_is_shown(learned: Learned) -> None:
    near = Objective("tg", "target", "K", 240.0, 260.0, 20.0)
    assert reason(learned, "*CCO*", 250.0, near, 10.0)[0].startswith(
        "Builds on what is known: 76% chance to lie within 240 to 260 K, desirability 1.00 (within the range, as predicted), "
    )
    point = Objective("tg", "target", "K", 260.0, 260.0, 20.0)
    assert (
        "87% chance to lie within the tolerance of 260 K, desirability 0.50 (within the tolerance, as predicted), "
        in reason(learned, "*CCO*", 250.0, point, 10.0)[0]
    )


def test_what_breaks_a_constraint_need_not_be_beaten(learned: Learned) -> None:
    """Of what is measured, 200 K to 250 K, only that below 235 K counts."""
    pursuit = Pursuit.of(Goal((HIGH,), (Constraint("tg", high=235.0),)), {"tg": learned})
    assert pursuit is not None
    assert pursuit.aim.best == (230.0,)
    told = {"tg": [Prediction(230.0, 210.0, 250.0)]}
    (said,) = explain([Candidate(POLYETHER)], told, pursuit)
    assert "50% chance to beat the best measured of those within the constraints (230 K)" in said


def test_large_values_are_written_out(learned: Learned) -> None:
    assert reason(learned, "*CCO*", sigma=5000.0)[0].endswith("uncertain (95% interval -9550 to 10050 K)")


def test_an_objective_without_unit_leaves_no_gap(learned: Learned) -> None:
    assert "(250, similarity" not in reason(learned, "*CCO*", objective=Objective("index", "max"))[1]
    assert "(200, similarity 1.00)" in reason(learned, "*CCO*", objective=Objective("index", "max"))[1]


def test_each_candidate_has_a_reason_of_its_own(learned: Learned) -> None:
    candidates = [Candidate(RepeatUnit.parse(text)) for text in ("*CCO*", "*CCS*")]
    told = {"tg": [Prediction(200, 180, 220), Prediction(300, 280, 320)]}
    reasons = explain(candidates, told, pursuing(learned))
    assert "PEO" in reasons[0]
    assert "PEO" not in reasons[1]
    assert explain([], {"tg": []}, pursuing(learned)) == []


def test_a_space_filling_proposal_says_why_no_model_made_it() -> None:
    assert "no polymers are measured" in explain_space_filling("no polymers are measured")


def test_the_first_of_all_is_typical_and_not_far_from_anything() -> None:
    assert explain_space_filling("no polymers are measured", first=True).startswith("a typical polymer")
