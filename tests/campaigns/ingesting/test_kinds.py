"""What a row of a table is to a campaign: new, a replicate, known, a correction or a conflict; and what is warned of."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from campaigns.errors import TableError
from campaigns.ingesting.ingest import ingest
from campaigns.ledger import Ledger, Predicted, Proposal, RoundRecord, Status, proposal_id
from campaigns.outcomes import IngestSummary
from campaigns.spec import ObjectiveSpec
from discovery.polymers import RepeatUnit

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
PS, PEO = RepeatUnit.parse("*CC(*)c1ccccc1"), RepeatUnit.parse("*CCO*")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger.create(tmp_path / "campaign.sqlite")
    predicted = {"tg": Predicted(370.0, 360.2, 379.8)}
    proposals = [
        Proposal(proposal_id(1, rank), 1, rank, unit, (), "", predicted, None, "")
        for rank, unit in enumerate((PS, PEO), 1)
    ]
    made.append_round(RoundRecord(1, 0, "v", "h", {}, {}, {}, {}, {}), proposals)
    return made


def take(ledger: Ledger, folder: Path, content: str, **how: bool) -> IngestSummary:
    table = folder / f"{len(list(folder.glob('*.csv')))}.csv"
    table.write_text(content, encoding="utf-8")
    return ingest(table, [TG], ledger, **how)


def standing(ledger: Ledger) -> list[tuple[str, float]]:
    return [(m.name_of_record, m.value) for m in ledger.measurements()]


FORM = "proposal_id,psmiles,status,tg [K]\nR001-01,*CC(*)c1ccccc1,,{}\nR001-02,*CCO*,,{}\n"


def test_a_form_that_says_something_else_is_in_conflict_and_keeps_the_whole_table_out(
    ledger: Ledger, tmp_path: Path
) -> None:
    take(ledger, tmp_path, FORM.format(370, ""))
    planned = take(ledger, tmp_path, FORM.format(375, 372), dry_run=True)
    [conflict] = planned.conflicts
    assert (conflict.line, conflict.proposal_id, conflict.value, conflict.recorded) == (
        2,
        "R001-01",
        375,
        370,
    )
    assert (planned.new, planned.replicates, planned.corrections) == (1, 0, 0)
    with pytest.raises(TableError, match="1 value in conflict") as caught:
        take(ledger, tmp_path, FORM.format(375, 372))
    [problem] = caught.value.problems
    assert (problem.line, problem.value) == (2, "375 K")
    assert "M1, which is 370 K" in problem.fault
    assert "--corrections" in problem.what_to_do
    assert standing(ledger) == [("M1", 370.0)]
    assert ledger.statuses()["R001-02"] is Status.PROPOSED


def test_corrections_take_the_place_of_what_they_correct(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, tmp_path, FORM.format(370, ""))
    summary = take(ledger, tmp_path, FORM.format(375, 372), corrections=True)
    assert (summary.new, summary.corrections, summary.conflicts) == (1, 1, ())
    assert sorted(value for _, value in standing(ledger)) == [372.0, 375.0]
    assert [m.value for m in ledger.measurements(with_retracted=True) if m.retracted] == [370.0]
    assert ledger.statuses()["R001-01"] is Status.MEASURED
    again = take(ledger, tmp_path, FORM.format(375, 372) + "\n")
    assert (again.accepted, again.already_known) == (0, 2)


def test_replicates_stand_beside_what_was_measured_before(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, tmp_path, FORM.format(370, ""))
    summary = take(ledger, tmp_path, FORM.format(375, ""), replicates=True)
    assert (summary.new, summary.replicates) == (0, 1)
    assert standing(ledger) == [("M1", 370.0), ("M2", 375.0)]


def test_a_form_that_repeats_what_it_said_and_adds_a_specimen_is_no_conflict(
    ledger: Ledger, tmp_path: Path
) -> None:
    take(ledger, tmp_path, FORM.format(370, ""))
    summary = take(ledger, tmp_path, FORM.format(370, "") + "R001-01,*CC(*)c1ccccc1,,371\n")
    assert (summary.replicates, summary.already_known) == (1, 1)


def test_a_row_may_name_the_measurement_that_it_corrects(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, tmp_path, "psmiles,tg\n*CO*,200\n")
    content = "psmiles,tg,corrects\n*CO*,210,M1\n"
    with pytest.raises(TableError, match="it corrects M1, which is 200 K"):
        take(ledger, tmp_path, content)
    assert take(ledger, tmp_path, content, corrections=True).corrections == 1
    assert standing(ledger) == [("M2", 210.0)]


def test_a_correction_to_what_a_replicate_says_is_made(ledger: Ledger, tmp_path: Path) -> None:
    """It is not taken for the replicate that comes again, which would leave the slip standing."""
    take(ledger, tmp_path, "psmiles,tg\n*CO*,410\n*CO*,400\n")
    content = "psmiles,tg,corrects\n*CO*,400,M1\n"
    with pytest.raises(TableError, match="it corrects M1, which is 410 K"):
        take(ledger, tmp_path, content)
    assert take(ledger, tmp_path, content, corrections=True).corrections == 1
    assert standing(ledger) == [("M2", 400.0), ("M3", 400.0)]
    assert take(ledger, tmp_path, content, corrections=True).already_known == 1
    assert standing(ledger) == [("M2", 400.0), ("M3", 400.0)]


@pytest.mark.parametrize(
    ("row", "said"), [("*CO*,210,M9", "no measurement M9"), ("*CS*,210,M1", "of another polymer")]
)
def test_a_row_that_corrects_what_is_not_there_is_refused(
    ledger: Ledger, tmp_path: Path, row: str, said: str
) -> None:
    take(ledger, tmp_path, "psmiles,tg\n*CO*,200\n")
    with pytest.raises(TableError, match=said) as caught:
        take(ledger, tmp_path, f"psmiles,tg,corrects\n{row}\n", corrections=True)
    assert [problem.line for problem in caught.value.problems] == [2]
    assert standing(ledger) == [("M1", 200.0)]


def test_what_nobody_expected_is_taken_with_a_named_warning(ledger: Ledger, tmp_path: Path) -> None:
    ledger.withdraw(["R001-02"], "no ethylene oxide here")
    summary = take(ledger, tmp_path, FORM.format(900, 372) + ",*CO*,,200\n")
    assert {(told.name, told.line) for told in summary.remarks if told.line} == {
        ("far-from-prediction", 2),
        ("withdrawn-proposal", 3),
        ("never-proposed", 4),
    }
    assert summary.new == 3
    assert len(standing(ledger)) == 3


def test_a_value_within_eight_standard_deviations_of_its_prediction_is_not_told(
    ledger: Ledger, tmp_path: Path
) -> None:
    assert not [told for told in take(ledger, tmp_path, FORM.format(409, "<405")).remarks if told.line]


def test_a_dry_run_counts_what_ingesting_then_does(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, tmp_path, FORM.format(370, ""))
    content = FORM.format(375, 372) + ",*CCO*,,373\n,*CO*,,200\n"
    planned = take(ledger, tmp_path, content, corrections=True, dry_run=True)
    assert (planned.new, planned.replicates, planned.corrections) == (2, 1, 1)
    assert take(ledger, tmp_path, content, corrections=True) == planned


def test_the_memory_for_a_table_does_not_grow_with_what_is_not_read_of_it(
    ledger: Ledger, tmp_path: Path
) -> None:
    filler = "x" * 20_000
    table = tmp_path / "large.csv"
    with table.open("w") as file:
        file.write("psmiles,tg,remark\n")
        for row in range(1500):
            file.write(f"*{'C' * (1 + row % 40)}O*,{200 + row},{filler}\n")
    assert table.stat().st_size > 30e6
    tracemalloc.start()
    ingest(table, [TG], ledger)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 15e6


def test_many_polymers_that_were_never_proposed_are_one_warning(ledger: Ledger, tmp_path: Path) -> None:
    rows = "".join(f"*{'C' * length}S*,{200 + length}\n" for length in range(1, 7))
    planned = take(ledger, tmp_path, f"psmiles,tg\n*CCO*,205\n{rows}", dry_run=True)
    assert [(told.text, told.line) for told in planned.remarks if told.name == "never-proposed"] == [
        ("6 rows are of polymers that were never proposed (lines 3, 4, 5 and 3 more).", None)
    ]
    [told] = [
        t for t in take(ledger, tmp_path, "psmiles,tg\n*CO*,205\n").remarks if t.name == "never-proposed"
    ]
    assert told.text == "1 row is of a polymer that was never proposed (line 2)."


def test_a_form_names_its_polymers_by_their_proposals(ledger: Ledger, tmp_path: Path) -> None:
    summary = take(ledger, tmp_path, "Proposal_ID;tg [degC]\nr001-02;-67,5\n")
    assert (summary.new, summary.by_status) == (1, {"measured": 1})
    [measured] = ledger.measurements()
    assert (measured.unit, measured.value, measured.written) == (PEO, 205.65, "-67,5 degC")


@pytest.mark.parametrize(
    ("cell", "said"), [("R009-01", "no proposal of this campaign"), ("", "the cell is empty")]
)
def test_a_row_without_polymer_and_proposal_is_one_fault(
    ledger: Ledger, tmp_path: Path, cell: str, said: str
) -> None:
    with pytest.raises(TableError, match=said) as caught:
        take(ledger, tmp_path, f"proposal_id,tg\n{cell},300\n")
    assert [(p.line, p.column) for p in caught.value.problems] == [(2, "proposal_id")]
