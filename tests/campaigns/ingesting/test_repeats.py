"""Values beside others that may be the same: changed cells and repeated rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.ingesting.ingest import ingest
from campaigns.ledger import Ledger, ResultRow, Status
from campaigns.outcomes import IngestSummary
from campaigns.spec import ObjectiveSpec

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
HEADER = "psmiles,name,tg,reference\n"
FIRST = HEADER + "*CC*,PE,200,book\n*CO*,POM,210,book\n"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.create(tmp_path / "campaign.sqlite")


def take(
    ledger: Ledger, folder: Path, content: str, name: str = "dsc.csv", *, dry_run: bool = False
) -> IngestSummary:
    (folder / name).write_text(content, encoding="utf-8")
    return ingest(folder / name, [TG], ledger, dry_run=dry_run)


def told(summary: IngestSummary, name: str) -> list[tuple[int | None, str]]:
    return [(remark.line, remark.text) for remark in summary.remarks if remark.name == name]


def test_a_changed_cell_of_a_grown_table_is_told_with_what_it_was(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, tmp_path, FIRST)
    grown = FIRST.replace("210", "215") + "*CS*,PMS,220,book\n"
    planned = take(ledger, tmp_path, grown, dry_run=True)
    [(line, text)] = told(planned, "changed-since")
    assert line == 3
    assert "POM has tg 215 K, and M2 of dsc.csv is 210 K" in text
    assert 'polyloop correct DIR M2 --value "215"' in text
    assert take(ledger, tmp_path, grown) == planned
    assert [m.value for m in ledger.measurements()] == [200.0, 210.0, 215.0, 220.0]


def test_once_the_old_value_is_corrected_the_changed_cell_is_known(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, tmp_path, FIRST)
    pom = ledger.measurement(2)
    right = ResultRow(0, pom.unit, Status.MEASURED, 215.0, name="POM", reference="book", objective="tg")
    ledger.correct(2, right, TG, "misread")
    changed = take(ledger, tmp_path, FIRST.replace("210", "215"))
    assert (changed.already_known, changed.replicates, told(changed, "changed-since")) == (2, 0, [])


@pytest.mark.parametrize(
    "more",
    ["*CO*,POM,215,book\n", "*CO*,POM,215,other book\n", "*CO*,POM 2,215,book\n", "*CS*,PMS,215,book\n"],
)
def test_a_value_that_came_beside_those_of_before_changed_nothing(
    ledger: Ledger, tmp_path: Path, more: str
) -> None:
    take(ledger, tmp_path, FIRST)
    assert not told(take(ledger, tmp_path, FIRST + more), "changed-since")


def test_another_table_without_references_is_a_replicate(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, tmp_path, "psmiles,tg\n*CC*,200\n")
    other = take(ledger, tmp_path, "psmiles,tg\n*CC*,205\n", "other.csv")
    assert (other.replicates, told(other, "changed-since")) == (1, [])
    assert told(take(ledger, tmp_path, "psmiles,tg\n*CC*,207\n"), "changed-since")


def test_a_row_that_stands_twice_is_told(ledger: Ledger, tmp_path: Path) -> None:
    summary = take(ledger, tmp_path, FIRST + "*CO*,POM,210,book\n*CO*,POM again,210,book\n")
    [(line, text)] = told(summary, "same-row-twice")
    assert line == 4
    assert "word for word what line 3 does" in text
    assert summary.replicates == 2


def test_a_copy_of_a_row_that_is_known_is_told(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, tmp_path, FIRST)
    summary = take(ledger, tmp_path, FIRST + "*CO*,POM,210,book\n")
    assert [line for line, _ in told(summary, "same-row-twice")] == [4]
