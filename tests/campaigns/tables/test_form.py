from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.errors import TableError
from campaigns.ledger import LedgerView, Proposal, Status, proposal_id
from campaigns.spec import ObjectiveSpec
from campaigns.tables import proposals_frame, read_results, write_proposals
from discovery.polymers.repeat_unit import RepeatUnit

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
UNITS = tuple(map(RepeatUnit.parse, ("*CC(*)c1ccccc1", "*CCO*", "*CC(*)C", "*CC(*)(C)C(=O)OC", "*CO*")))

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=20)
numbers = st.none() | st.floats(-1e6, 1e6)


@st.composite
def rounds(draw: st.DrawFn) -> list[Proposal]:
    units = draw(st.lists(st.sampled_from(UNITS), min_size=1, unique=True))
    return [
        Proposal(
            id=proposal_id(3, rank),
            round=3,
            rank=rank,
            unit=unit,
            monomers=tuple(draw(st.lists(texts, max_size=2))),
            reaction=draw(texts),
            mean=draw(numbers),
            lower=draw(numbers),
            upper=draw(numbers),
            acquisition=None,
            reason=draw(texts),
            name=draw(texts),
            sa_score=draw(st.none() | st.floats(1, 10)),
        )
        for rank, unit in enumerate(units, start=1)
    ]


def view(proposals: list[Proposal]) -> LedgerView:
    return LedgerView({p.id: p for p in proposals}, {p.id: Status.PROPOSED for p in proposals})


ANSWERS = ("", "373.5", "running", "failed", "abandoned", "withdrawn")


@settings(deadline=None, max_examples=100)
@given(proposals=rounds(), data=st.data())
def test_a_form_that_the_scientist_fills_in_comes_back(
    tmp_path_factory: pytest.TempPathFactory, proposals: list[Proposal], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("round") / "proposals.csv"
    write_proposals(path, proposals, TG)
    with path.open(encoding="utf-8", newline="") as file:
        header, *form = csv.reader(file)
    answers = [data.draw(st.sampled_from(ANSWERS)) for _ in form]
    for row, answer in zip(form, answers, strict=True):
        row[header.index("tg [K]" if answer == "373.5" else "status")] = answer
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=data.draw(st.sampled_from(",;\t"))).writerows([header, *form])
    checked = read_results(path, TG, view(proposals))
    expected = [
        (p.id, p.unit, Status.MEASURED if answer == "373.5" else Status(answer))
        for p, answer in zip(proposals, answers, strict=True)
        if answer
    ]
    assert [(row.proposal_id, row.unit, row.status) for row in checked.rows] == expected
    assert checked.skipped == answers.count("")
    assert checked.ignored_columns == ()


def test_a_form_has_the_columns_that_the_scientist_needs(tmp_path: Path) -> None:
    proposal = Proposal(
        proposal_id(1, 1),
        1,
        1,
        UNITS[0],
        ("styrene",),
        "vinyl",
        373.123456,
        350.0,
        396.2,
        0.1,
        "near polystyrene",
        name="PS",
        sa_score=1.234,
        cost=0.5,
    )
    write_proposals(tmp_path / "proposals.csv", [proposal], TG)
    frame = pd.read_csv(tmp_path / "proposals.csv")
    assert list(frame) == [
        "proposal_id",
        "rank",
        "psmiles",
        "name",
        "monomers",
        "reaction",
        "makeable",
        "sa_score",
        "cost",
        "tg_predicted [K]",
        "lower_95",
        "upper_95",
        "reason",
        "status",
        "tg [K]",
        "note",
    ]
    [row] = frame[["proposal_id", "psmiles", "name", "monomers", "makeable"]].to_numpy().tolist()
    assert row == ["R001-01", "*CC(*)c1ccccc1", "PS", "styrene", "yes"]
    assert frame[["sa_score", "cost"]].to_numpy().tolist() == [[1.23, 0.5]]
    assert frame["tg_predicted [K]"].tolist() == [373.123]
    for empty in ("status", "tg [K]", "note"):
        assert frame[empty].isna().tolist() == [True]


def test_a_frame_of_proposals_can_be_filled_in_and_read() -> None:
    proposal = Proposal(proposal_id(1, 1), 1, 1, UNITS[0], (), "", None, None, None, None, "space-filling")
    checked = read_results(proposals_frame([proposal]).assign(tg=373.0), TG, view([proposal]))
    [row] = checked.rows
    assert (row.proposal_id, row.value) == ("R001-01", 373.0)
    assert checked.ignored_columns == ()


def test_no_cell_of_a_form_is_a_formula(tmp_path: Path) -> None:
    proposal = Proposal("R001-01", 1, 1, UNITS[0], ("=cmd|x",), "@sum", -5.0, None, None, None, "+1")
    write_proposals(tmp_path / "proposals.csv", [proposal], TG)
    with (tmp_path / "proposals.csv").open(newline="") as file:
        [_, row] = csv.reader(file)
    assert [row[4], row[5], row[9], row[12]] == ["'=cmd|x", "'@sum", "-5", "'+1"]


def test_a_form_that_cannot_be_written_leaves_the_older_one_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "proposals.csv"
    path.mkdir()
    with pytest.raises(TableError, match="cannot be written"):
        write_proposals(path, [], TG)
    with pytest.raises(TableError, match="cannot be written"):
        write_proposals(tmp_path / "none" / "proposals.csv", [], TG)
    assert list(tmp_path.iterdir()) == [path]
