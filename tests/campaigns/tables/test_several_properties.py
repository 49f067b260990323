"""Tables with several properties, limits and gaps."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.errors import TableError
from campaigns.ledger import LedgerView, Proposal, ResultRow, Status
from campaigns.spec import ObjectiveSpec
from campaigns.tables import CheckedResults, read_results, read_source
from campaigns.tables.cells import Value, read_value
from discovery.polymers.repeat_unit import RepeatUnit
from discovery.surrogate.observations import Bound
from discovery.surrogate.scale import Scale

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
DENSITY = ObjectiveSpec(name="density", direction="min", unit="g/cm3")
PERMEABILITY = ObjectiveSpec(name="permeability", direction="max", unit="barrer", scale=Scale.LOG)
ALL = [TG, DENSITY, PERMEABILITY]
PS, PEO = RepeatUnit.parse("*CC(*)c1ccccc1"), RepeatUnit.parse("*CCO*")
VIEW = LedgerView(
    {"R001-01": Proposal("R001-01", 1, 1, PS, (), "", {}, None, "")}, {"R001-01": Status.PROPOSED}
)


def read(
    text: str, properties: list[ObjectiveSpec] | None = None, view: LedgerView | None = None
) -> CheckedResults:
    return read_results(
        pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False), properties or ALL, view
    )


def faults(
    text: str, properties: list[ObjectiveSpec] | None = None, view: LedgerView | None = None
) -> list[str]:
    with pytest.raises(TableError) as caught:
        read(text, properties, view)
    return [str(problem) for problem in caught.value.problems]


def said(rows: tuple[ResultRow, ...]) -> list[tuple[int, str, float | None, float | None, int, str]]:
    return [(row.line, row.objective, row.value, row.sem, row.n, row.bound) for row in rows]


def test_every_value_of_a_row_is_taken_and_a_gap_is_none() -> None:
    checked = read("psmiles,tg,density\n*CCO*,206,\n*CO*,,1.42\n*CC*,195,0.9\n")
    assert [(row.line, row.objective, row.value) for row in checked.rows] == [
        (2, "tg", 206.0),
        (3, "density", 1.42),
        (4, "tg", 195.0),
        (4, "density", 0.9),
    ]
    assert [of.name for of in checked.properties] == ["tg", "density"]


def test_a_row_that_says_nothing_of_any_property_is_refused() -> None:
    [fault] = faults("psmiles,tg,density\n*CCO*,,\n")
    assert "tg, density: all cells are empty" in fault


def test_a_table_without_any_property_is_refused_by_their_names() -> None:
    [fault] = faults("psmiles,Density_gcc\n*CCO*,1\n")
    assert "no column tg, density or permeability" in fault


def test_a_slip_in_a_title_is_asked_about_where_another_property_is_read() -> None:
    checked = read("psmiles,tg,densty,tm\n*CCO*,206,1.1,300\n")
    assert checked.ignored_columns == ("densty", "tm")
    assert checked.remarks == ("There is no column density. Is it 'densty'? Then rename that column.",)


def test_errors_and_specimens_stand_beside_each_property() -> None:
    titles = "psmiles,tg [degC],tg_sem,tg_n,density,density_unit,density_sem [kg/m3]"
    checked = read(f"{titles}\n*CCO*,-67,2,3,1100,kg/m3,10\n")
    assert said(checked.rows) == [(2, "tg", 206.15, 2.0, 3, ""), (2, "density", 1.1, 0.01, 1, "")]
    assert checked.ignored_columns == ()


@pytest.mark.parametrize("titles", ["sem,n", "tg_sem,tg_n", "sem,TG_N"])
def test_one_property_may_have_the_short_titles_or_the_long_ones(titles: str) -> None:
    [row] = read(f"psmiles,tg,{titles}\n*CCO*,206,2,3\n").rows
    assert (row.sem, row.n) == (2.0, 3)


def test_an_error_of_nobody_knows_which_property_is_refused() -> None:
    [fault] = faults("psmiles,tg,density,sem\n*CCO*,206,1.1,2\n")
    assert "the table holds tg and density" in fault
    assert "tg_sem" in fault


def test_a_title_given_in_both_ways_is_refused() -> None:
    [fault] = faults("psmiles,tg,sem,tg_sem\n*CCO*,206,2,2\n")
    assert "sem of tg is there twice" in fault


def test_a_count_of_specimens_is_taken_for_every_property_and_told() -> None:
    checked = read("psmiles,tg,density,n\n*CCO*,206,1.1,4\n*CO*,,1.4,2\n")
    assert [row.n for row in checked.rows] == [4, 4, 2]
    assert checked.remarks == ("The number of specimens in n is taken for each of: tg, density.",)


def test_an_error_without_its_value_is_told_at_the_property() -> None:
    [fault] = faults("psmiles,tg,density,density_sem\n*CCO*,206,,0.1\n")
    assert "column density" in fault
    assert "density_sem" in fault


def test_a_faulty_cell_that_several_properties_share_is_told_once() -> None:
    [fault] = faults("psmiles,tg,density,n\n*CCO*,206,1.1,many\n")
    assert "column n" in fault


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (">350", Value(350.0, "above")),
        (" > 350 ", Value(350.0, "above")),
        (">=350", Value(350.0, "above")),
        ("≥ 350", Value(350.0, "above")),
        ("⩾350", Value(350.0, "above")),
        ("<0.01", Value(0.01, "below")),
        ("<= 1e-2", Value(0.01, "below")),
        ("≤0.01", Value(0.01, "below")),
        ("350", Value(350.0)),
    ],
)
def test_a_cell_may_be_a_limit(cell: str, value: Value) -> None:
    assert read_value(cell) == value


def test_a_limit_is_converted_like_a_value_and_keeps_its_specimens() -> None:
    assert said(read("psmiles,tg [degC],n\n*CCO*,>100,3\n").rows) == [(2, "tg", 373.15, None, 3, "above")]


def test_what_is_modelled_on_a_logarithm_is_above_zero() -> None:
    told = faults("psmiles,permeability\n*CCO*,0\n*CO*,<0\n*CC*,0.1\n")
    assert len(told) == 2
    assert all("has no logarithm" in fault for fault in told)
    assert "<0.01" in told[0]


def test_a_proposal_is_measured_when_any_of_its_properties_is() -> None:
    form = "proposal_id,psmiles,status,tg [K],density [g/cm3]\n"
    checked = read(f"{form}R001-01,*CC(*)c1ccccc1,,,>1.0\n", view=VIEW)
    [row] = checked.rows
    assert (row.status, row.proposal_id, row.objective, row.bound) == (
        Status.MEASURED,
        "R001-01",
        "density",
        "above",
    )
    empty = read(f"{form}R001-01,*CC(*)c1ccccc1,,,\n", view=VIEW)
    assert (empty.rows, empty.skipped) == ((), 1)
    [failed] = read(f"{form}R001-01,*CC(*)c1ccccc1,failed,,\n", view=VIEW).rows
    assert (failed.status, failed.value, failed.objective) == (Status.FAILED, None, "")
    [fault] = faults(f"{form}R001-01,*CC(*)c1ccccc1,failed,,1.1\n", view=VIEW)
    assert "contradicts the value" in fault


def test_what_a_form_says_of_its_predictions_is_not_read() -> None:
    titles = "feasible,tg_predicted [K],tg_lower_95 [K],tg_upper_95 [K],chance that tg > 400 K,physics_tg [K]"
    checked = read(f"psmiles,{titles},tg\n*CCO*,0.9,1,2,3,0.5,4,206\n")
    assert [row.value for row in checked.rows] == [206.0]
    assert checked.ignored_columns == ()


def test_a_source_of_cheaper_values_comes_in_the_unit_of_its_objective(tmp_path: Path) -> None:
    (tmp_path / "md.csv").write_text("psmiles,tg_md,sem\n*CCO*,-60,4\n*CCO*,-70,\n*CO*,>0,\n")
    found = read_source(tmp_path / "md.csv", TG, column="tg_md", unit="degC")
    assert {(o.unit.psmiles, o.value, o.bound) for o in found} == {
        ("*CCO*", 208.15, ""),
        ("*CO*", 273.15, "above"),
    }
    other = read_source(tmp_path / "md.csv", PERMEABILITY, column="tg_md", unit="degC")
    assert {o.value for o in other} == {-65.0, 0.0}


def test_a_source_without_a_value_of_its_own_is_told(tmp_path: Path) -> None:
    (tmp_path / "md.csv").write_text("psmiles,tg_md,ffv\n*CCO*,,0.4\n")
    with pytest.raises(TableError, match="no value of tg_md"):
        read_source(tmp_path / "md.csv", TG, column="tg_md")


cells = st.none() | st.tuples(
    st.floats(0.001, 2000, allow_subnormal=False),
    st.sampled_from(["", "above", "below"]),
    st.none() | st.floats(0.001, 50),
    st.integers(1, 9),
)
SIGNS: dict[Bound, list[str]] = {"": [""], "above": [">", ">=", "≥", "> "], "below": ["<", "<=", "≤", "< "]}


@settings(deadline=None, max_examples=150)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from([PS, PEO]), cells, cells).filter(lambda row: any(row[1:])), min_size=1
    ),
    data=st.data(),
)
def test_what_is_written_of_several_properties_comes_back(
    rows: list[tuple[RepeatUnit, tuple[float, Bound, float | None, int] | None, ...]], data: st.DataObject
) -> None:
    buffer, expected = io.StringIO(), []
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(
        ["psmiles", *(f"{name}{end}" for name in ("tg", "density") for end in ("", "_sem", "_n"))]
    )
    for line, (unit, *told) in enumerate(rows, 2):
        written = [unit.psmiles]
        for name, cell in zip(("tg", "density"), told, strict=True):
            if cell is None:
                written += ["", "", ""]
                continue
            value, bound, sem, n = cell
            sem = None if bound else sem
            sign = data.draw(st.sampled_from(SIGNS[bound]))
            written += [f"{sign}{value!r}", "" if sem is None else repr(sem), str(n)]
            expected.append((line, name, value, sem, n, bound))
        writer.writerow(written)
    assert said(read(buffer.getvalue()).rows) == expected


def test_a_count_of_specimens_beside_those_of_every_property_is_not_read_and_told_once(
    tmp_path: Path,
) -> None:
    table = tmp_path / "cleaned.csv"
    table.write_text(
        "psmiles,tg,tg_n,density,density_n,n\n*CCO*,200,2,1.1,3,4\n*CO*,210,1,,,1\n", encoding="utf-8"
    )
    tg = ObjectiveSpec(name="tg", direction="max", unit="K")
    density = ObjectiveSpec(name="density", direction="min", unit="g/cm3")
    checked = read_results(table, [tg, density])
    assert checked.remarks == ("The column n was not read: tg_n and density_n tell the number of specimens.",)
    assert checked.ignored_columns == ()


def test_a_cleaned_table_is_read_for_one_of_its_properties(tmp_path: Path) -> None:
    table = tmp_path / "cleaned.csv"
    table.write_text("psmiles,tg,tg_n,n\n*CCO*,200,2,4\n", encoding="utf-8")
    checked = read_results(table, [ObjectiveSpec(name="tg", direction="max", unit="K")])
    assert [row.n for row in checked.rows] == [2]
    assert checked.remarks == ("The column n was not read: tg_n tells the number of specimens.",)


@pytest.mark.parametrize(
    ("title", "meant"),
    [("tg_se", "tg_sem"), ("Tg sem", "tg_sem"), ("tg_units", "tg_unit"), ("tg_sd", ""), ("tg_source", "")],
)
def test_a_misspelt_column_beside_a_property_is_asked_about(title: str, meant: str) -> None:
    frame = pd.DataFrame({"psmiles": ["*CCO*"], "tg": [206.0], title: [2.0]})
    found = read_results(frame, [TG])
    assert found.ignored_columns == (title,)
    assert any(f"Did you mean {meant}?" in remark for remark in found.remarks) == bool(meant)
