from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.errors import NotWrittenError
from campaigns.ledger import LedgerView, Proposal, Status, proposal_id
from campaigns.ledger.proposals import Predicted
from campaigns.spec import ObjectiveSpec
from campaigns.tables import proposals_frame, read_results, write_proposals
from campaigns.tables.ranked import write_ranking
from discovery.polymers.repeat_unit import RepeatUnit

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
DENSITY = ObjectiveSpec(name="density", direction="min", unit="g/cm3")
STRAIN = ObjectiveSpec(name="strain", direction="observe")
PROPERTIES = (TG, DENSITY, STRAIN)
CONSTRAINTS = ("tg > 400 K", "density < 1.2 g/cm3")
UNITS = tuple(map(RepeatUnit.parse, ("*CC(*)c1ccccc1", "*CCO*", "*CC(*)C", "*CC(*)(C)C(=O)OC", "*CO*")))

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=20)
numbers = st.floats(-1e6, 1e6)
chances = st.floats(0, 1)


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
            predictions=draw(
                st.dictionaries(
                    st.sampled_from([p.name for p in PROPERTIES]),
                    st.builds(Predicted, numbers, numbers, numbers),
                )
            ),
            acquisition=None,
            reason=draw(texts),
            name=draw(texts),
            sa_score=draw(st.none() | st.floats(1, 10)),
            feasibility=draw(st.none() | chances),
            fulfils=draw(st.dictionaries(st.sampled_from(CONSTRAINTS), chances)),
        )
        for rank, unit in enumerate(units, start=1)
    ]


def view(proposals: list[Proposal]) -> LedgerView:
    return LedgerView({p.id: p for p in proposals}, {p.id: Status.PROPOSED for p in proposals})


ANSWERS = ("", "373.5", ">373.5", "running", "failed", "abandoned", "withdrawn")


@settings(deadline=None, max_examples=100)
@given(proposals=rounds(), several=st.booleans(), data=st.data())
def test_a_form_that_the_scientist_fills_in_comes_back(
    tmp_path_factory: pytest.TempPathFactory, proposals: list[Proposal], several: bool, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("round") / "proposals.csv"
    properties = PROPERTIES if several else (TG,)
    write_proposals(path, proposals, properties)
    with path.open(encoding="utf-8", newline="") as file:
        header, *form = csv.reader(file)
    answers = [data.draw(st.sampled_from(ANSWERS)) for _ in form]
    for row, answer in zip(form, answers, strict=True):
        row[header.index("tg [K]" if answer.endswith("373.5") else "status")] = answer
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=data.draw(st.sampled_from(",;\t"))).writerows([header, *form])
    checked = read_results(path, properties, view(proposals))
    expected = [
        (
            p.id,
            p.unit,
            Status.MEASURED if answer.endswith("373.5") else Status(answer),
            "above" if answer.startswith(">") else "",
        )
        for p, answer in zip(proposals, answers, strict=True)
        if answer
    ]
    assert [(row.proposal_id, row.unit, row.status, row.bound) for row in checked.rows] == expected
    assert checked.skipped == answers.count("")
    assert checked.ignored_columns == ()


def proposal(**changes: object) -> Proposal:
    told: dict[str, object] = {
        "id": proposal_id(1, 1),
        "round": 1,
        "rank": 1,
        "unit": UNITS[0],
        "monomers": ("styrene",),
        "reaction": "vinyl",
        "predictions": {"tg": Predicted(373.123456, 350.0, 396.2)},
        "acquisition": 0.1,
        "reason": "near polystyrene",
        "name": "PS",
        "sa_score": 1.234,
        "cost": 0.5,
    }
    return Proposal(**{**told, **changes})  # type: ignore[arg-type]


def test_a_form_has_the_columns_that_the_scientist_needs(tmp_path: Path) -> None:
    write_proposals(tmp_path / "proposals.csv", [proposal()], [TG])
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


def test_a_form_for_several_properties_asks_for_each(tmp_path: Path) -> None:
    told = {"tg": Predicted(373.0, 350.0, 396.0), "density": Predicted(1.05, 1.01, 1.09)}
    path = tmp_path / "proposals.csv"
    write_proposals(
        path, [proposal(predictions=told, feasibility=0.8312, fulfils={"tg > 400 K": 0.0004218})], PROPERTIES
    )
    frame = pd.read_csv(path)
    predicted = list(frame)[9:-2]
    assert predicted == [
        "feasible",
        *("tg_predicted [K]", "tg_lower_95 [K]", "tg_upper_95 [K]"),
        *("density_predicted [g/cm3]", "density_lower_95 [g/cm3]", "density_upper_95 [g/cm3]"),
        *("strain_predicted", "strain_lower_95", "strain_upper_95"),
        "chance that tg > 400 K",
        *("reason", "status", "tg [K]", "density [g/cm3]"),
    ]
    assert list(frame)[-2:] == ["strain", "note"]
    assert frame[["feasible", "density_predicted [g/cm3]", "chance that tg > 400 K"]].values.tolist() == [
        [0.831, 1.05, 0.000422]
    ]
    assert frame[["strain_predicted", "tg [K]", "density [g/cm3]", "strain"]].isna().all(axis=None)


def test_one_of_several_values_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "proposals.csv"
    write_proposals(path, [proposal()], PROPERTIES)
    form = pd.read_csv(path, dtype=str, keep_default_na=False)
    form["density [g/cm3]"] = "1.04"
    checked = read_results(form, PROPERTIES, view([proposal()]))
    assert [(row.objective, row.value, row.proposal_id) for row in checked.rows] == [
        ("density", 1.04, "R001-01")
    ]
    assert checked.ignored_columns == ()


@pytest.mark.parametrize("properties", [(TG,), PROPERTIES])
def test_a_frame_of_proposals_can_be_filled_in_and_read(properties: tuple[ObjectiveSpec, ...]) -> None:
    one = proposal(feasibility=0.5, fulfils={"density < 1.2 g/cm3": 1.0})
    checked = read_results(proposals_frame([one], properties).assign(tg=373.0), properties, view([one]))
    [row] = checked.rows
    assert (row.proposal_id, row.value) == ("R001-01", 373.0)
    assert checked.ignored_columns == ()


def test_a_frame_of_nothing_has_the_columns_of_any_other() -> None:
    assert list(proposals_frame([], [TG])) == list(proposals_frame([proposal()], [TG]))


def test_no_cell_of_a_form_is_a_formula(tmp_path: Path) -> None:
    odd = proposal(
        monomers=("=cmd|x",),
        reaction="@sum",
        reason="+1",
        predictions={"tg": Predicted(-5.0, -6.0, -4.0)},
    )
    write_proposals(tmp_path / "proposals.csv", [odd], [TG])
    with (tmp_path / "proposals.csv").open(newline="") as file:
        [_, row] = csv.reader(file)
    assert [row[4], row[5], row[9], row[12]] == ["'=cmd|x", "'@sum", "-5", "'+1"]


def test_a_ranking_is_written_for_a_spreadsheet(tmp_path: Path) -> None:
    frame = pd.DataFrame({"rank": [1], "name": ["=1+1"], "mean": [373.1234567], "measured": [float("nan")]})
    path = write_ranking(tmp_path / "ranking.csv", frame, [TG])
    assert path.read_text(encoding="utf-8") == (
        "rank,name,tg_predicted [K],tg_measured [K]\n1,'=1+1,373.123,\n"
    )


def test_a_ranking_of_several_properties_has_the_titles_of_the_form(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"tg_mean": [373.0], "tg_lower": [350.0], "tg_upper": [396.0], "tg_measured": [370.0]}
    )
    path = write_ranking(tmp_path / "ranking.csv", frame, [TG, DENSITY])
    assert path.read_text(encoding="utf-8").splitlines()[0] == (
        "tg_predicted [K],tg_lower_95 [K],tg_upper_95 [K],tg_measured [K]"
    )


def test_a_form_that_cannot_be_written_leaves_the_older_one_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "proposals.csv"
    path.mkdir()
    with pytest.raises(NotWrittenError, match="cannot be written"):
        write_proposals(path, [], [TG])
    with pytest.raises(NotWrittenError, match="cannot be written"):
        write_proposals(tmp_path / "none" / "proposals.csv", [], [TG])
    assert list(tmp_path.iterdir()) == [path]
