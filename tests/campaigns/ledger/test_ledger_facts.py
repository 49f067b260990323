from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from campaigns.errors import LedgerError, UnknownNameError
from campaigns.ledger import Ledger, Predicted, Proposal, ResultRow, RoundRecord, Source, Status
from campaigns.ledger.proposals import TRANSITIONS
from campaigns.spec import ObjectiveSpec
from discovery.acquisition.front import Front
from discovery.polymers.repeat_unit import RepeatUnit

Row = Callable[..., ResultRow]
From = Callable[[str], Source]
Propose = Callable[[list[RepeatUnit]], list[str]]
Units = list[RepeatUnit]


def test_what_is_recorded_is_read_back_after_opening_again(
    tmp_path: Path, ledger: Ledger, tg: ObjectiveSpec, units: Units, measured: Row, source: From
) -> None:
    row = measured(units[0], 373.15, sem=2.0, n=3, name="PS", reference="handbook", note="dry")
    summary = ledger.append_results([row], properties=[tg], source=source("a.csv"))
    assert (summary.measurements, summary.replicates, summary.known) == (1, 0, 0)
    [found] = Ledger.open(tmp_path / "campaign.sqlite").measurements("tg")
    assert found.unit == units[0]
    assert found.unit.psmiles == units[0].psmiles
    assert (found.value, found.unit_of_measure, found.sem, found.n) == (373.15, "K", 2.0, 3)
    assert (found.name, found.reference, found.note) == ("PS", "handbook", "dry")
    assert (found.source_file, found.line) == ("a.csv", 2)
    assert found.at.tzinfo is not None


def test_a_closed_ledger_is_one_file(
    tmp_path: Path, ledger: Ledger, tg: ObjectiveSpec, units: Units, measured: Row, source: From
) -> None:
    ledger.append_results([measured(units[0], 1.0)], properties=[tg], source=source("a.csv"))
    assert [path.name for path in tmp_path.iterdir()] == ["campaign.sqlite"]


def test_the_same_file_twice_adds_nothing(
    ledger: Ledger, tg: ObjectiveSpec, units: Units, measured: Row, source: From
) -> None:
    rows = [measured(units[0], 1.0), measured(units[0], 1.0), measured(units[1], 2.0)]
    assert ledger.append_results(rows, properties=[tg], source=source("a.csv")).measurements == 3
    again = ledger.append_results(rows, properties=[tg], source=source("a.csv"))
    assert (again.measurements, again.known, again.same_source) == (0, 3, True)
    assert len(ledger.measurements()) == 3


def test_a_spreadsheet_that_has_grown_adds_only_what_is_new(
    ledger: Ledger, tg: ObjectiveSpec, units: Units, measured: Row, source: From
) -> None:
    rows = [measured(units[0], 1.0), measured(units[0], 1.0)]
    ledger.append_results(rows, properties=[tg], source=source("a.csv"))
    grown = [*rows, measured(units[0], 1.0), measured(units[0], 4.0, note="new"), measured(units[1], 5.0)]
    summary = ledger.append_results(grown, properties=[tg], source=source("b.csv"))
    assert (summary.measurements, summary.replicates, summary.known) == (3, 2, 2)


def test_a_changed_note_or_name_is_not_another_measurement(
    ledger: Ledger, tg: ObjectiveSpec, units: Units, measured: Row, source: From
) -> None:
    ledger.append_results([measured(units[0], 1.0)], properties=[tg], source=source("a.csv"))
    for known in ({"note": "checked"}, {"name": "PS"}):
        summary = ledger.append_results(
            [measured(units[0], 1.0, **known)], properties=[tg], source=source(str(known))
        )
        assert (summary.measurements, summary.known) == (0, 1)
    for new in ({"reference": "handbook"}, {"sem": 1.0}, {"n": 2}):
        summary = ledger.append_results(
            [measured(units[0], 1.0, **new)], properties=[tg], source=source(str(new))
        )
        assert summary.measurements == 1


def test_a_fact_is_known_again_in_another_unit(
    ledger: Ledger, tg: ObjectiveSpec, units: Units, measured: Row, source: From
) -> None:
    ledger.append_results([measured(units[0], 373.15, sem=2.0)], properties=[tg], source=source("a.csv"))
    celsius = ObjectiveSpec(name="tg", direction="max", unit="degC")
    summary = ledger.append_results(
        [measured(units[0], 100.0, sem=2.0)], properties=[celsius], source=source("a.csv")
    )
    assert (summary.known, summary.same_source) == (1, False)
    [observation] = ledger.observations(celsius)
    assert (observation.value, observation.sem) == (100.0, 2.0)


def test_a_dry_run_says_what_would_happen_and_records_nothing(
    ledger: Ledger, tg: ObjectiveSpec, units: Units, measured: Row, source: From, propose: Propose
) -> None:
    propose(units[:1])
    rows = [measured(units[0], 1.0), measured(units[1], 2.0)]
    planned = ledger.append_results(rows, properties=[tg], source=source("a.csv"), dry_run=True)
    assert (ledger.measurements(), ledger.statuses()) == ((), {"R001-01": Status.PROPOSED})
    assert ledger.append_results(rows, properties=[tg], source=source("a.csv")) == planned


def test_a_retracted_measurement_stays_on_record_and_is_not_learned_from(
    ledger: Ledger, tg: ObjectiveSpec, units: Units, measured: Row, source: From
) -> None:
    rows = [measured(units[0], 1.0), measured(units[1], 2.0)]
    ledger.append_results(rows, properties=[tg], source=source("a.csv"))
    first = ledger.measurements()[0]
    ledger.retract([first.id], "wrong sample")
    assert [o.value for o in ledger.observations(tg)] == [2.0]
    assert [m.retracted for m in ledger.measurements(with_retracted=True)] == [True, False]
    # A spreadsheet that still holds the wrong value must not bring it back.
    assert ledger.append_results(rows, properties=[tg], source=source("b.csv")).known == 2
    with pytest.raises(LedgerError, match="retracted already"):
        ledger.retract([first.id], "again")
    with pytest.raises(UnknownNameError, match="no measurement M99"):
        ledger.retract([99], "")


def test_a_round_and_its_proposals_are_read_back(ledger: Ledger, units: Units) -> None:
    record = RoundRecord(
        1,
        2**70,
        "v1",
        "h",
        {"text": "abc"},
        {"tg": "1a"},
        {"tg": {"chosen": "fingerprint"}, "density": {"chosen": ""}},
        {"torch": "2"},
        {"seen": 5},
        "first",
        front=Front(("tg", "density"), (300.0, 1.2), 12.5, (units[1].key,), ((350.0, 1.1),)),
        advice="Another batch is likely to pay.",
    )
    proposal = Proposal(
        "R001-01",
        1,
        1,
        units[0],
        ("styrene", "ethene"),
        "vinyl",
        {"tg": Predicted(373.1, 350.0, 396.0), "density": Predicted(1.05, 1.0, 1.1)},
        -2.5,
        "near",
        feasibility=0.8,
        fulfils={"sa_score < 4": 1.0, "tg > 400 K": 0.04},
    )
    ledger.append_round(record, [proposal])
    [found] = ledger.rounds()
    assert replace(found, at=None, command=None, as_of=None) == record
    assert found.at is not None
    assert ledger.proposals(1) == ledger.pending() == (proposal,)
    assert ledger.next_round() == 2


def test_a_round_that_another_command_overtook_is_refused(
    ledger: Ledger, units: Units, propose: Propose
) -> None:
    propose(units[:1])
    stale = Proposal("R001-01", 1, 1, units[1], (), "", {}, None, "")
    with pytest.raises(LedgerError, match="the next round is 2"):
        ledger.append_round(RoundRecord(1, 0, "v", "h", {}, {}, {}, {}, {}), [stale])
    awaited = Proposal("R002-01", 2, 1, units[0], (), "", {}, None, "")
    with pytest.raises(LedgerError, match="proposed already as R001-01"):
        ledger.append_round(RoundRecord(2, 0, "v", "h", {}, {}, {}, {}, {}), [awaited])
    assert len(ledger.rounds()) == len(ledger.proposals()) == 1


def test_numbers_that_are_not_finite_never_reach_the_ledger(units: Units) -> None:
    with pytest.raises(ValueError, match="not finite"):
        Proposal("R001-01", 1, 1, units[0], (), "", {}, float("nan"), "")
    with pytest.raises(ValueError, match="not finite"):
        Predicted(float("nan"), 0.0, 1.0)
    with pytest.raises(ValueError, match="JSON"):
        RoundRecord(1, 0, "v", "h", {}, {}, {"tg": {"r2": float("nan")}}, {}, {})


@pytest.mark.parametrize("current", list(Status))
@pytest.mark.parametrize("wanted", list(Status))
def test_a_proposal_takes_exactly_the_steps_that_are_possible(
    ledger: Ledger,
    tg: ObjectiveSpec,
    units: Units,
    propose: Propose,
    source: From,
    current: Status,
    wanted: Status,
) -> None:
    [proposal] = propose(units[:1])

    def reach(status: Status, value: float, file: str) -> None:
        number = value if status is Status.MEASURED else None
        of = "" if number is None else "tg"
        row = ResultRow(2, units[0], status, number, proposal_id=proposal, objective=of)
        ledger.append_results([row], properties=[tg], source=source(file), replicates=True)

    if current is not Status.PROPOSED:
        reach(current, 1.0, "a.csv")
    if wanted in TRANSITIONS[current] or wanted is current:
        reach(wanted, 2.0, "b.csv")
        assert ledger.statuses() == {proposal: wanted}
        steps = dict.fromkeys([Status.PROPOSED, current, wanted])
        assert [step.status for step in ledger.history(proposal)] == list(steps)
    else:
        with pytest.raises(LedgerError, match=f"is {current} and cannot become {wanted}"):
            reach(wanted, 2.0, "b.csv")
        assert ledger.statuses() == {proposal: current}


def test_a_failed_row_takes_the_whole_table_back(
    ledger: Ledger, tg: ObjectiveSpec, units: Units, measured: Row, source: From
) -> None:
    rows = [measured(units[0], 1.0), measured(units[1], 2.0, proposal_id="R001-01")]
    with pytest.raises(UnknownNameError, match="no proposal R001-01"):
        ledger.append_results(rows, properties=[tg], source=source("a.csv"))
    assert ledger.measurements() == ()
    assert ledger.view().sources == frozenset()


def test_a_plain_measurement_answers_the_open_proposal_of_its_polymer(
    ledger: Ledger, tg: ObjectiveSpec, units: Units, measured: Row, source: From, propose: Propose
) -> None:
    first, _ = propose(units[:2])
    rows = [measured(units[0], 1.0), measured(units[0], 1.5)]
    summary = ledger.append_results(rows, properties=[tg], source=source("a.csv"))
    assert (summary.answered, summary.statuses) == ((first,), {Status.MEASURED: 1})
    assert [m.proposal_id for m in ledger.measurements()] == [first, first]
    assert [p.unit for p in ledger.pending()] == [units[1]]
    # The same value on the filled-in form is the same fact.
    row = measured(units[0], 1.0, proposal_id=first)
    assert ledger.append_results([row], properties=[tg], source=source("form.csv")).known == 1


def test_failed_proposals_may_be_proposed_again_and_ended_ones_are_told_apart(
    ledger: Ledger, tg: ObjectiveSpec, units: Units, propose: Propose
) -> None:
    ids = propose(units)
    for proposal, status in zip(
        ids, (Status.FAILED, Status.ABANDONED, Status.WITHDRAWN, Status.RUNNING), strict=True
    ):
        ledger.append_status(proposal, status, "because")
    assert [p.id for p in ledger.pending()] == [ids[3]]
    seen = ledger.snapshot([tg])
    assert (seen.observations, seen.pending) == ({"tg": ()}, ledger.pending())
    assert [p.id for p in seen.abandoned] == [ids[1]]
    assert [p.id for p in seen.withdrawn] == [ids[2]]
    assert propose(units[:1]) == ["R002-01"]
    assert ledger.history(ids[1])[-1].note == "because"
    with pytest.raises(UnknownNameError, match="no proposal R009-01"):
        ledger.history("R009-01")
    with pytest.raises(ValueError, match="with its value"):
        ledger.append_status(ids[3], Status.MEASURED)


DENSITY = ObjectiveSpec(name="density", direction="min", unit="g/cm3")


def test_a_row_may_have_values_of_several_properties(
    ledger: Ledger, tg: ObjectiveSpec, units: Units, measured: Row, source: From, propose: Propose
) -> None:
    [proposal, _] = propose(units[:2])
    rows = [measured(units[0], 373.0, line=2), measured(units[0], 1.05, line=2, objective="density")]
    rows.append(measured(units[1], 1.1, line=3, objective="density"))
    summary = ledger.append_results(rows, properties=[tg, DENSITY], source=source("a.csv"))
    assert (summary.measurements, summary.values) == (3, {"tg": 1, "density": 2})
    assert (summary.lines, summary.replicates) == (2, 0)
    seen = ledger.snapshot([tg, DENSITY])
    assert [o.value for o in seen.observations["tg"]] == [373.0]
    assert {o.value for o in seen.observations["density"]} == {1.05, 1.1}
    assert ledger.statuses()[proposal] is Status.MEASURED


def test_a_table_that_comes_back_for_another_property_gives_what_is_new(
    ledger: Ledger, tg: ObjectiveSpec, units: Units, measured: Row, source: From, propose: Propose
) -> None:
    first, second = propose(units[:2])
    rows = [
        measured(units[0], 373.0, line=2, proposal_id=first),
        ResultRow(3, units[1], Status.RUNNING, proposal_id=second),
    ]
    ledger.append_results(rows, properties=[tg], source=source("form.csv"))
    ledger.append_status(second, Status.FAILED)
    # Now the campaign observes the density as well, and the same file is read for both.
    more = [rows[0], measured(units[0], 1.05, line=2, objective="density"), rows[1]]
    summary = ledger.append_results(more, properties=[tg, DENSITY], source=source("form.csv"))
    assert (summary.values, summary.known, summary.same_source) == ({"density": 1}, 2, False)
    assert ledger.statuses() == {first: Status.MEASURED, second: Status.FAILED}
    assert ledger.append_results(more, properties=[DENSITY, tg], source=source("form.csv")).same_source


def test_a_limit_is_another_fact_than_a_value(
    ledger: Ledger, tg: ObjectiveSpec, units: Units, measured: Row, source: From
) -> None:
    rows = [measured(units[0], 350.0, bound=bound) for bound in ("", "above", "below")]
    assert ledger.append_results(rows, properties=[tg], source=source("a.csv")).measurements == 3
    assert [m.bound for m in ledger.measurements()] == ["", "above", "below"]
    assert ledger.append_results(rows, properties=[tg], source=source("b.csv")).known == 3


def test_limits_reach_the_observations_in_the_unit_that_is_asked_for(
    ledger: Ledger, tg: ObjectiveSpec, units: Units, measured: Row, source: From
) -> None:
    rows = [measured(units[0], 373.15, bound="above"), measured(units[1], 400.0)]
    ledger.append_results(rows, properties=[tg], source=source("a.csv"))
    found = ledger.observations(ObjectiveSpec(name="tg", direction="max", unit="degC"))
    assert {(o.unit, o.value, o.bound) for o in found} == {
        (units[0], 100.0, "above"),
        (units[1], 126.85, ""),
    }


def test_an_abandoned_polymer_that_has_a_value_has_been_made(
    ledger: Ledger, tg: ObjectiveSpec, units: Units, measured: Row, source: From, propose: Propose
) -> None:
    ids = propose(units[:2])
    for proposal in ids:
        ledger.append_status(proposal, Status.ABANDONED)
    density = measured(units[0], 1.05, objective="density")
    ledger.append_results([density], properties=[DENSITY], source=source("a.csv"))
    assert [p.id for p in ledger.snapshot([tg]).abandoned] == [ids[1]]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"objective": ""}, "of the property"),
        ({"bound": "above", "sem": 2.0}, "a limit above"),
        ({"value": None, "status": Status.FAILED}, "of the property"),
    ],
)
def test_a_row_that_contradicts_itself_cannot_be_made(
    units: Units, measured: Row, wrong: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        replace(measured(units[0], 1.0), **wrong)  # type: ignore[arg-type]


def test_a_spec_is_recorded_when_it_changes(ledger: Ledger) -> None:
    assert ledger.latest_spec() is None
    assert [ledger.append_spec(version, "toml") for version in ("a", "a", "b", "a")] == [
        True,
        False,
        True,
        True,
    ]
    assert ledger.latest_spec() == ("a", "toml")


def test_a_round_keeps_an_adapter_of_each_member_of_each_property(ledger: Ledger, units: Units) -> None:
    made = {"tg/projection": "a", "tg/both": "b", "tg/x/both": "c", "density/projection": "a"}
    proposal = Proposal("R001-01", 1, 1, units[0], (), "", {}, None, "")
    ledger.append_round(RoundRecord(1, 0, "v", "h", {}, made, {}, {}, {}), [proposal])
    [record] = ledger.rounds()
    assert record.adapters_of("tg") == {"projection": "a", "both": "b"}
    assert record.adapters_of("tg/x") == {"both": "c"}
    assert record.adapters_of("density") == {"projection": "a"}
