"""What of a gate's decision is kept, and how it is read again for a report."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from campaigns.reports.gate_tables import as_normal_error, gate_frame, loo_frame, outlier_frame, scores_frame
from campaigns.rounds.gate_notes import gate_notes, outlier_notes
from campaigns.rounds.gate_record import gate_document
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.surrogate.learned import Learned, NotLearned, Outlier
from discovery.surrogate.learning import learn
from discovery.surrogate.observations import Observation
from discovery.surrogate.scale import Scale


@pytest.fixture(scope="module")
def observations(tiny_polymers: tuple[RepeatUnit, ...]) -> list[Observation]:
    """A dozen values over decades, the first of them a limit."""
    values = [
        10 ** (0.2 * u.psmiles.count("O") + 0.5 * u.psmiles.count("F") + 0.01 * i)
        for i, u in enumerate(tiny_polymers[:12])
    ]
    made = [
        Observation(u, v, names=(f"P{i}",))
        for i, (u, v) in enumerate(zip(tiny_polymers, values, strict=False))
    ]
    return [replace(made[0], bound="below"), *made[1:]]


@pytest.fixture(scope="module")
def learned(observations: list[Observation], tiny_representation: Representation) -> Learned:
    found = learn(
        observations, tiny_representation, seed=0, members=("fingerprint", "latent"), scale=Scale.LOG
    )
    assert isinstance(found, Learned)
    return found


def test_a_document_is_json_with_every_member_and_the_mean(learned: Learned) -> None:
    document = json.loads(json.dumps(gate_document(learned), allow_nan=False))
    assert [row["member"] for row in document["members"]] == ["fingerprint", "latent"]
    assert [row["member"] for row in document["controls"]] == ["mean"]
    assert sum(row["chosen"] for row in document["members"]) == 1
    for row in document["members"]:
        assert {"over_mean", "over_mean_error", "coverage_50", "coverage_80", "coverage_95"} <= set(row)
        assert 0 <= row["miscalibration_area"] <= 0.5
    assert document["controls"][0]["over_mean"] == 0.0
    assert document["scale"] == "log"


def test_members_are_compared_with_the_mean_in_pairs(learned: Learned) -> None:
    document = gate_document(learned)
    [mean] = document["controls"]
    for row in document["members"]:
        assert row["over_mean"] == pytest.approx(row["log_score"] - mean["log_score"])


def test_predictions_over_decades_come_back_as_medians_with_their_intervals(
    learned: Learned, observations: list[Observation]
) -> None:
    frame = loo_frame(gate_document(learned))
    assert frame is not None
    rows = frame[frame["member"] == "latent"]
    by_unit = {o.unit.psmiles: o for o in observations}
    assert rows["measured"].tolist() == pytest.approx([by_unit[p].value for p in rows["psmiles"]])
    assert rows["bound"].tolist() == [by_unit[p].bound for p in rows["psmiles"]]
    ratios = (rows["upper"] / rows["mean"]) / (rows["mean"] / rows["lower"])
    assert np.allclose(ratios, 1.0)
    assert (rows["lower"] > 0).all()


def test_scores_stand_with_their_controls_and_frames_with_their_property(learned: Learned) -> None:
    gates = {"permeability": gate_document(learned), "tg": gate_document(NotLearned("nothing is measured"))}
    scores = scores_frame(gates["permeability"])
    assert scores is not None
    assert scores["control"].tolist() == [False, False, True]
    frame = gate_frame(gates)
    assert frame is not None
    assert set(frame["property"]) == {"permeability"}
    assert scores_frame(gates["tg"]) is None
    assert loo_frame(gates["tg"]) is None


def test_outliers_are_kept_with_what_was_expected(learned: Learned, observations: list[Observation]) -> None:
    odd = replace(learned, outliers=(Outlier(observations[3], 12.5, -4.0),))
    [row] = outlier_frame(gate_document(odd)).to_dict(orient="records")
    assert row == {
        "psmiles": observations[3].unit.psmiles,
        "name": "P3",
        "value": observations[3].value,
        "expected": 12.5,
        "z": -4.0,
    }


def test_a_note_names_the_property_only_among_several(learned: Learned) -> None:
    blind = replace(learned, decision=replace(learned.decision, skilful=False))
    able = replace(learned, decision=replace(learned.decision, skilful=True))
    [alone] = gate_notes({"tg": blind})
    [among] = gate_notes({"tg": able, "density": blind, "other": NotLearned("too little")})
    assert "of density" not in alone
    assert "Read the predictions of density as guesses" in among


def test_an_outlier_is_asked_for_again_in_a_note(learned: Learned, observations: list[Observation]) -> None:
    able = replace(learned, decision=replace(learned.decision, skilful=True))
    odd = replace(able, outliers=(Outlier(observations[3], 12.5, -4.0),) * 7)
    [note] = outlier_notes({"tg": odd})
    assert note.startswith("tg, measure again? P3 (")
    assert "where the others say 12.5)" in note
    assert " and 2 more. " in note
    assert outlier_notes({"tg": able}) == ()


def test_an_error_of_heavy_tails_is_told_as_a_normal_one() -> None:
    assert as_normal_error(1.3, None) == 1.3
    assert as_normal_error(0.0, 5.0) == pytest.approx(0.0)
    drawn = np.random.default_rng(0).standard_t(5.0, 4000) * (3 / 5) ** 0.5
    errors = [as_normal_error(float(z), 5.0) for z in drawn]
    assert np.std(errors) == pytest.approx(1.0, abs=0.05)
    assert np.mean(np.abs(errors) < 1.96) == pytest.approx(0.95, abs=0.02)


def test_the_cure_for_a_slip_is_told_where_it_is_not_taken_yet(
    learned: Learned, observations: list[Observation]
) -> None:
    odd = replace(learned, outliers=(Outlier(observations[3], 12.5, -4.0),))
    [note] = outlier_notes({"density": odd})
    assert "robust = true" in note
    assert "the model of density" in note
    [cured] = outlier_notes({"density": replace(odd, robust=True)})
    assert "robust" not in cured
