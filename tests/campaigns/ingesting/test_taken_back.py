"""Values that come again after they were corrected or retracted, and equal values of further specimens."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.ingesting.ingest import ingest
from campaigns.ledger import Ledger, Predicted, Proposal, ResultRow, RoundRecord, Status
from campaigns.outcomes import IngestSummary
from campaigns.spec import ObjectiveSpec
from discovery.polymers import RepeatUnit

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
PS = RepeatUnit.parse("*CC(*)c1ccccc1")
FORM = "proposal_id,psmiles,status,tg [K]\nR001-01,*CC(*)c1ccccc1,,{}\n"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger.create(tmp_path / "campaign.sqlite")
    proposal = Proposal("R001-01", 1, 1, PS, (), "", {"tg": Predicted(600.0, 500.0, 700.0)}, None, "")
    made.append_round(RoundRecord(1, 0, "v", "h", {}, {}, {}, {}, {}), [proposal])
    return made


def take(ledger: Ledger, folder: Path, content: str, name: str = "form.csv", **how: bool) -> IngestSummary:
    (folder / name).write_text(content, encoding="utf-8")
    return ingest(folder / name, [TG], ledger, **how)


def standing(ledger: Ledger) -> list[tuple[str, float]]:
    return [(m.name_of_record, m.value) for m in ledger.measurements()]


def told(summary: IngestSummary, name: str) -> list[str]:
    return [remark.text for remark in summary.remarks if remark.name == name]


@pytest.fixture(params=["", "\n"], ids=["the same file", "another file"])
def corrected(request: pytest.FixtureRequest, ledger: Ledger, tmp_path: Path) -> str:
    """A form that says what its first version said, after that was corrected by the second."""
    take(ledger, tmp_path, FORM.format(601.4))
    take(ledger, tmp_path, FORM.format(611.4), corrections=True)
    assert standing(ledger) == [("M2", 611.4)]
    return FORM.format(601.4) + str(request.param)


def test_a_form_corrects_back_to_what_it_said_first(ledger: Ledger, tmp_path: Path, corrected: str) -> None:
    summary = take(ledger, tmp_path, corrected, corrections=True)
    assert (summary.corrections, summary.already_known) == (1, 0)
    assert standing(ledger) == [("M3", 601.4)]
    assert told(summary, "corrected-back") == [
        "Line 2: 601.4 K, which M1 had said before, takes the place of M2 (611.4 K)."
    ]
    again = take(ledger, tmp_path, corrected, corrections=True)
    assert (again.corrections, standing(ledger)) == (0, [("M3", 601.4)])


def test_an_old_form_adds_nothing_and_says_what_has_replaced_its_value(
    ledger: Ledger, tmp_path: Path, corrected: str
) -> None:
    summary = take(ledger, tmp_path, corrected)
    assert (summary.accepted, summary.already_known) == (0, 1)
    assert standing(ledger) == [("M2", 611.4)]
    [text] = told(summary, "known-but-replaced")
    assert text.startswith("Line 2: 601.4 K is M1, which M2 (611.4 K) replaced.")
    assert "--corrections" in text


def test_what_was_put_right_by_hand_is_not_undone_by_a_form_that_still_says_the_slip(
    ledger: Ledger, tmp_path: Path
) -> None:
    take(ledger, tmp_path, FORM.format(450))
    right = ResultRow(0, PS, Status.MEASURED, 381.0, None, 1, "", "", objective="tg")
    ledger.correct(1, right, TG, "misread")
    summary = take(ledger, tmp_path, FORM.format(450) + "\n", corrections=True)
    assert (summary.corrections, standing(ledger)) == (0, [("M2", 381.0)])
    [text] = told(summary, "known-but-replaced")
    assert "polyloop correct DIR M2 --value 450" in text


def test_a_dry_run_of_a_form_that_corrects_back_says_so(
    ledger: Ledger, tmp_path: Path, corrected: str
) -> None:
    planned = take(ledger, tmp_path, corrected, corrections=True, dry_run=True)
    assert standing(ledger) == [("M2", 611.4)]
    assert planned == take(ledger, tmp_path, corrected, corrections=True)


def test_the_same_file_with_corrections_records_not_even_a_command(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, tmp_path, FORM.format(601.4))
    ledger.retract([1], "wet")
    before = ledger.snapshot([TG]).as_of
    summary = take(ledger, tmp_path, FORM.format(601.4), corrections=True)
    assert told(summary, "same-table")
    assert ledger.snapshot([TG]).as_of == before


def test_a_form_corrects_what_stands_with_a_value_that_was_retracted(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, tmp_path, FORM.format(601.4))
    ledger.retract([1], "wet")
    take(ledger, tmp_path, FORM.format(611.4))
    assert take(ledger, tmp_path, FORM.format(601.4) + "\n", corrections=True).corrections == 1
    assert standing(ledger) == [("M3", 601.4)]
    assert ledger.statuses() == {"R001-01": Status.MEASURED}


@pytest.mark.parametrize("content", [FORM.format(601.4), "psmiles,tg\n*CC(*)c1ccccc1,601.4\n"])
def test_a_retracted_value_that_comes_again_is_told_with_its_way_out(
    ledger: Ledger, tmp_path: Path, content: str
) -> None:
    take(ledger, tmp_path, content)
    ledger.retract([1], "the sample was wet")
    for again in (content, content + "\n"):
        summary = take(ledger, tmp_path, again, name="again.csv")
        assert summary.accepted == 0
        [text] = told(summary, "known-but-retracted")
        assert text.startswith("Line 2: 601.4 K is M1, which was retracted: the sample was wet.")
        assert "polyloop retract DIR --undo M1 --reason" in text
    assert standing(ledger) == []


def test_a_table_whose_value_was_corrected_names_the_command_that_takes_it_after_all(
    ledger: Ledger, tmp_path: Path
) -> None:
    take(ledger, tmp_path, "psmiles,tg\n*CO*,200\n")
    take(ledger, tmp_path, "psmiles,tg,corrects\n*CO*,210,M1\n", corrections=True)
    [text] = told(take(ledger, tmp_path, "psmiles,tg\n*CO*,200\n\n"), "known-but-replaced")
    assert "polyloop correct DIR M2 --value 200 --reason" in text


def test_what_stands_elsewhere_is_not_told_as_taken_back(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, tmp_path, "psmiles,tg\n*CO*,200\n*CO*,200\n")
    ledger.retract([1], "wet")
    assert [r.name for r in take(ledger, tmp_path, "psmiles,tg\n*CO*,200\n\n").remarks if r.line] == []


def test_an_equal_value_of_a_further_specimen_is_taken_from_another_file(
    ledger: Ledger, tmp_path: Path
) -> None:
    first, second = "psmiles,tg\n*CO*,200\n", "psmiles,tg\n*CO*,200\n*CCO*,206\n"
    take(ledger, tmp_path, first, name="monday.csv")
    assert take(ledger, tmp_path, second, name="tuesday.csv", dry_run=True).already_known == 1
    summary = take(ledger, tmp_path, second, name="tuesday.csv", replicates=True)
    assert (summary.new, summary.replicates) == (1, 1)
    assert [value for _, value in standing(ledger)] == [200.0, 200.0, 206.0]


def test_a_file_of_further_specimens_adds_nothing_when_it_comes_again_or_has_grown(
    ledger: Ledger, tmp_path: Path
) -> None:
    content = "psmiles,tg\n*CO*,200\n"
    take(ledger, tmp_path, content, name="monday.csv")
    take(ledger, tmp_path, content + "\n", name="tuesday.csv", replicates=True)
    for name in ("tuesday.csv", "wednesday.csv"):
        same = take(ledger, tmp_path, content + "\n", name=name, replicates=True)
        assert (same.accepted, bool(told(same, "same-table"))) == (0, True)
    grown = take(ledger, tmp_path, content + "*CCO*,206\n", name="tuesday.csv", replicates=True)
    assert (grown.accepted, grown.already_known) == (1, 1)
    [text] = told(grown, "known-of-same-name")
    assert text.startswith("Not taken again: 1 value that a file called tuesday.csv has brought before.")


def test_what_a_form_says_again_is_no_further_specimen_whatever_the_form_is_called(
    ledger: Ledger, tmp_path: Path
) -> None:
    take(ledger, tmp_path, FORM.format(601.4))
    copy = FORM.format(601.4) + "R001-01,*CC(*)c1ccccc1,,602\n"
    assert take(ledger, tmp_path, copy, name="copy.csv", replicates=True).replicates == 1
    assert standing(ledger) == [("M1", 601.4), ("M2", 602.0)]
