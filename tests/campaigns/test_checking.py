"""What a check finds in a table, and that the cleaned table needs no second one."""

from __future__ import annotations

import csv
import gzip
import random
import statistics
from array import array
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.checking import CheckReport, check_table, cleaned_name
from campaigns.checking.columns import Role, Tally, read_cell
from campaigns.checking.disagreement import Measure, Yardstick
from campaigns.checking.report import ColumnReport
from campaigns.checking.spool import Spool, SpooledRow
from campaigns.checking.wording import summary
from campaigns.errors import CampaignError
from campaigns.tables import read_results
from discovery.errors import PoolError
from discovery.polymers import RepeatUnit
from discovery.surrogate.scale import Scale


@dataclass(frozen=True)
class Kelvin:
    """What a campaign for glass transitions reads."""

    name: str = "tg"
    unit: str = "K"
    scale: Scale = Scale.LINEAR


UNITS = tuple(
    RepeatUnit.parse(text)
    for text in (
        "*CC(*)c1ccccc1",
        "*CCO*",
        "*C/C=C/C*",
        "*OCCOC(=O)c1ccc(cc1)C(*)=O",
        "*NCCCCCC(*)=O",
        "*O[C@@H](C)C(*)=O",
        "*[Si](C)(C)O*",
    )
)


def check(folder: Path, table: str, **options: object) -> tuple[CheckReport, list[dict[str, str]]]:
    """The report, and the rows of the cleaned table."""
    path = folder / "dirty.csv"
    path.write_text(table, encoding="utf-8", newline="")
    report = check_table(path, force=True, **options)  # type: ignore[arg-type]
    return report, [] if report.out is None else rows_of(report.out)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def column(report: CheckReport, title: str) -> ColumnReport:
    return next(found for found in report.columns if found.title == title)


@st.composite
def tables(draw: st.DrawFn) -> list[tuple[str, RepeatUnit, str, str]]:
    """Rows of a random writing, its chain, a value and a name; either of the last two may be missing."""
    values = st.one_of(
        st.sampled_from(["", "n/a", ">350", "120-130", "373,5"]),
        st.integers(-300, 900).map(str),
        st.floats(1e-4, 1e4, allow_nan=False).map(lambda value: f"{value:.4g}"),
    )
    names = st.sampled_from(["", "PS", "Smith, 2001", 'the "best"', "two\nlines", "=1+1", "Ω"])
    rows = []
    for unit in draw(st.lists(st.sampled_from(UNITS), min_size=1, max_size=12)):
        rng = random.Random(draw(st.integers(0, 10**6)))
        rows.append((unit.writings(1, rng)[0], unit, draw(values), draw(names)))
    return rows


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=tables(), separator=st.sampled_from([",", ";", "\t"]))
def test_the_cleaned_table_has_each_chain_once_and_is_a_fixed_point(
    tmp_path: Path, rows: list[tuple[str, RepeatUnit, str, str]], separator: str
) -> None:
    path = tmp_path / "dirty.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(["smiles", "tg [K]", "remark"])
        writer.writerows((written, value, name) for written, _, value, name in rows)
    report = check_table(path, force=True)
    assert report.out is not None
    cleaned = rows_of(report.out)
    chains = list(dict.fromkeys(unit.psmiles for _, unit, _, _ in rows))
    assert [row["psmiles"] for row in cleaned] == chains
    assert sum(int(row["n"]) for row in cleaned) == len(rows) == report.valid
    measured = defaultdict(list)
    for _, unit, value, _ in rows:
        if (number := read_cell(value).number) is not None:
            measured[unit.psmiles].append(number)
    for row in cleaned:
        values = measured[row["psmiles"]]
        if values:
            assert float(row["tg [K]"]) == pytest.approx(statistics.median(values), rel=1e-9)
        else:
            assert row["tg [K]"] in {
                value for _, unit, value, _ in rows if unit.psmiles == row["psmiles"]
            } | {""}

    again = check_table(report.out, tmp_path / "again.csv", force=True)
    assert again.out is not None
    assert (again.merged, again.faults, again.differing) == (0, (), 0)
    assert again.out.read_bytes() == report.out.read_bytes()


def test_every_faulty_row_is_listed_by_kind_with_its_line(tmp_path: Path) -> None:
    report, cleaned = check(
        tmp_path, "psmiles,tg\n*CC(*)C,263\n*CCO,1\n,2\n*CC(C,3\n*CCN,4\n*CCO*,206,too,much\nCCO,5\n"
    )
    assert {kind.kind: [row.line for row in kind.rows] for kind in report.faults} == {
        "one attachment point": [3, 6],
        "empty cell": [4],
        "unparsable": [5],
        "more cells than titles": [7],
        "no attachment point": [8],
    }
    assert report.faults[0].kind == "one attachment point"
    assert all(kind.hint for kind in report.faults)
    assert "character" in report.faults[0].rows[0].message
    assert [row["psmiles"] for row in cleaned] == ["*CC(*)C"]


def test_other_writings_of_a_chain_are_told_from_plain_repeats(tmp_path: Path) -> None:
    report, _ = check(
        tmp_path, "psmiles,tg\n*CCO*,206\n*CC(*)C,263\n*OCCOCC*,206\n*CC(*)C,263\n*C*,\n*CC*,\n"
    )
    assert (report.merged, report.merged_rows, report.rewritten, report.differing) == (3, 6, 2, 0)
    ether, propylene, methylene = report.duplicates
    assert (ether.lines, ether.written, ether.values) == ((2, 4), ("*CCO*", "*OCCOCC*"), "agree")
    assert (propylene.lines, propylene.written) == ((3, 5), ("*CC(*)C",))
    assert methylene.values == "none"


def test_of_differing_values_the_median_is_kept_and_the_largest_difference_comes_first(
    tmp_path: Path,
) -> None:
    background = "".join(f"*{'C' * n}O*,{200 + 10 * n}\n" for n in range(3, 30))
    report, cleaned = check(
        tmp_path,
        f"psmiles,tg [K]\n*CCO*,206\n*OCC*,208\n*OCCOCC*,207\n*CC(*)Cl,354\n*C(Cl)C*,554\n{background}",
    )
    tg = column(report, "tg [K]")
    assert [(found.canonical, found.flagged) for found in tg.differences] == [
        ("*CC(*)Cl", True),
        ("*CCO*", False),
    ]
    assert tg.differences[0].lines == (5, 6)
    assert tg.differences[0].written == ("*CC(*)Cl", "*C(Cl)C*")
    assert tg.differences[0].values == (354.0, 554.0)
    assert (report.differing, report.flagged) == (2, 1)
    assert {row["psmiles"]: row["tg [K]"] for row in cleaned if row["n"] != "1"} == {
        "*CCO*": "207",
        "*CC(*)Cl": "454",
    }


def test_cells_that_are_no_numbers_are_told_and_kept_where_nothing_is_merged(tmp_path: Path) -> None:
    report, cleaned = check(
        tmp_path,
        "psmiles,tg\n*CCO*,>350\n*CC(*)C,120-130\n*CC(*)Cl,n/a\n*CC(*)F,314\n*C(F)C*,~300\n*C*,'200'\n*CO*,190\n",
    )
    tg = column(report, "tg")
    assert tg.role is Role.VALUE
    assert [(cell.line, cell.text) for cell in tg.odd] == [
        (3, "120-130"),
        (6, "~300"),
        (7, "'200'"),
    ]
    assert tg.missing == 1
    assert [row["tg"] for row in cleaned] == [">350", "120-130", "", "314", "'200'", "190"]
    assert [(left.line, left.text, left.kept) for left in tg.left_out] == [(6, "~300", "314")]
    assert not report.clean


@pytest.mark.parametrize(
    ("cells", "kept", "left_out"),
    [
        ((">350", ">=400", ">300"), ">=400", [">350", ">300"]),
        (("<0.1", "<0.01"), "<0.01", ["<0.1"]),
        ((">350", "<400"), ">350", ["<400"]),
        ((">350", "373"), "373", [">350"]),
    ],
)
def test_limits_are_no_fault_and_the_tightest_stays(
    tmp_path: Path, cells: tuple[str, ...], kept: str, left_out: list[str]
) -> None:
    rows = "".join(f"*CCO*,{cell}\n" for cell in cells)
    report, cleaned = check(tmp_path, f"psmiles,tg\n{rows}*CC(*)C,263\n*CO*,190\n")
    tg = column(report, "tg")
    assert (tg.role, tg.odd_count) == (Role.VALUE, 0)
    assert cleaned[0]["tg"] == kept
    assert [left.text for left in tg.left_out] == left_out


def test_the_specimens_of_one_property_belong_to_its_value(tmp_path: Path) -> None:
    _, cleaned = check(tmp_path, "psmiles,tg,tg_n\n*CCO*,206,3\n*CCO*,208,2\n*CO*,190,4\n")
    assert [(row["tg"], row["tg_n"], row["n"]) for row in cleaned] == [("207", "", "2"), ("190", "4", "1")]


def test_of_texts_the_first_is_kept_and_the_others_are_told(tmp_path: Path) -> None:
    report, cleaned = check(tmp_path, "psmiles,name\n*CCO*,\n*OCC*,PEO\n*CCO*,PEG\n*CCO*,PEO\n")
    assert cleaned == [{"psmiles": "*CCO*", "name": "PEO", "n": "4"}]
    [left] = column(report, "name").left_out
    assert (left.line, left.text, left.kept_line, left.kept) == (4, "PEG", 3, "PEO")


def test_the_error_of_one_value_is_not_given_to_a_median(tmp_path: Path) -> None:
    text = "psmiles,tg,tg_sd\n*CCO*,206,3\n*OCC*,212,5\n*CC(*)C,263,2\n*C(C)C*,263,2\n"
    _, cleaned = check(tmp_path, text)
    assert [(row["tg"], row["tg_sd"]) for row in cleaned] == [("209", ""), ("263", "2")]


def test_counts_of_the_table_are_added_up(tmp_path: Path) -> None:
    _, cleaned = check(tmp_path, "psmiles,n,tg\n*CCO*,3,206\n*OCC*,,207\n*CC(*)C,2,263\n")
    assert [row["n"] for row in cleaned] == ["4", "2"]


def test_a_refractive_index_called_n_is_no_count(tmp_path: Path) -> None:
    report, cleaned = check(tmp_path, "psmiles,n\n*CCO*,1.46\n*OCC*,1.48\n")
    assert cleaned == [{"psmiles": "*CCO*", "n": "1.47", "merged rows": "2", "n_sem": "0.01"}]
    assert report.count_title == "merged rows"


def test_a_column_of_numbers_can_be_declared_text(tmp_path: Path) -> None:
    text = "psmiles,batch\n*CCO*,7\n*OCC*,9\n"
    assert check(tmp_path, text)[1][0]["batch"] == "8"
    assert check(tmp_path, text, text=["Batch"])[1][0]["batch"] == "7"
    with pytest.raises(CampaignError, match="no column lot"):
        check(tmp_path, text, text=["lot"])


def test_a_column_of_structures_can_be_named_beside_another(tmp_path: Path) -> None:
    report, cleaned = check(tmp_path, "psmiles,unit\nold,*OCC*\n", column="unit")
    assert cleaned == [{"psmiles": "*CCO*", "psmiles_given": "old", "n": "1"}]
    assert report.column == "unit"


def test_molecules_are_recognised_and_sorted_into_classes(tmp_path: Path) -> None:
    report, cleaned = check(
        tmp_path,
        "smiles,name,cas\nC=Cc1ccccc1,styrene,100-42-5\nc1ccccc1C=C,again,100-42-6\nCC,ethane,\nOCCO,glycol,\nC(,,\n",
    )
    assert report.holds == "molecules"
    assert [row["smiles"] for row in cleaned] == ["C=Cc1ccccc1", "CC", "OCCO"]
    assert "vinyl monomer" in cleaned[0]["classes"].split("; ")
    assert report.further is not None
    assert report.further.uncovered == ("CC",)
    assert [kind.kind for kind in report.faults] == ["unreadable SMILES"]
    assert [cell.text for cell in column(report, "cas").odd] == ["100-42-6"]


def test_routes_are_columns_of_the_cleaned_table(tmp_path: Path) -> None:
    report, cleaned = check(tmp_path, "psmiles\n*C(C*)c1ccccc1\n*c1ccc(*)[nH]1\n", routes=True)
    assert cleaned[0]["monomers"] == "C=Cc1ccccc1"
    assert cleaned[0]["reaction"]
    assert report.further is not None
    assert (report.further.covered, len(report.further.uncovered)) == (1, 1)


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("dirty.csv", "dirty.clean.csv"),
        ("v1.2.CSV.gz", "v1.2.clean.csv"),
        ("pool.smi", "pool.clean.csv"),
        ("table", "table.clean.csv"),
    ],
)
def test_the_cleaned_table_is_named_after_the_table(name: str, cleaned: str) -> None:
    assert cleaned_name(Path("folder") / name) == Path("folder") / cleaned


def test_a_compressed_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "dirty.csv.gz"
    path.write_bytes(gzip.compress("\ufeffpsmiles\n*CCO*\n".encode()))
    assert check_table(path).valid == 1


def test_every_column_of_a_parquet_file_comes_along(tmp_path: Path) -> None:
    path = tmp_path / "dirty.parquet"
    pq.write_table(pa.table({"smiles": ["*CCO*", None, "*OCC*"], "tg": [206.0, 1.0, float("nan")]}), path)
    report = check_table(path)
    assert report.out is not None
    assert rows_of(report.out) == [{"psmiles": "*CCO*", "tg": "206.0", "n": "2", "tg_n": "1"}]
    assert report.counted == "row"
    assert report.faults[0].rows[0].line == 2


def test_columns_without_title_and_cells_are_dropped(tmp_path: Path) -> None:
    _, cleaned = check(tmp_path, "psmiles,,tg,\n*CCO*,x,206,\n")
    assert cleaned == [{"psmiles": "*CCO*", "": "x", "tg": "206", "n": "1"}]


def test_the_cleaned_table_can_be_ingested(tmp_path: Path) -> None:
    report, _ = check(tmp_path, "psmiles,tg [degC]\n*CCO*,-67\n*OCC*,-69\n*CC(*)C,-10\n")
    assert report.out is not None
    found = read_results(report.out, [Kelvin()])
    assert [(row.value, row.n) for row in found.rows] == [
        (pytest.approx(205.15), 2),
        (pytest.approx(263.15), 1),
    ]


@dataclass(frozen=True)
class Density(Kelvin):
    """What is measured beside it."""

    name: str = "density"
    unit: str = "g/cm3"


def test_a_merged_row_invents_no_replicates_and_keeps_its_scatter(tmp_path: Path) -> None:
    report, cleaned = check(
        tmp_path, "psmiles,Tg [degC],density\n*CCO*,-67,1.1\n*OCC*,-69,\n*CC(*)C,-10,0.9\n*CO*,-80,\n"
    )
    assert [row["density_n"] for row in cleaned] == ["1", "1", ""]
    assert [row["tg_sem"] for row in cleaned] == ["1", "", ""]
    assert "tg_n" not in cleaned[0]
    assert any("density_n" in note and "tg_sem" in note for note in report.notes)
    assert report.out is not None
    found = read_results(report.out, [Kelvin(), Density()])
    assert [(row.line, row.objective, row.sem, row.n) for row in found.rows] == [
        (2, "tg", pytest.approx(1.0), 2),
        (2, "density", None, 1),
        (3, "tg", None, 1),
        (3, "density", None, 1),
        (4, "tg", None, 1),
    ]


@pytest.mark.parametrize(("title", "errors", "kept"), [("tg_sem", (1, 2), "5"), ("sem", (9, 9), "9")])
def test_the_scatter_goes_into_the_column_of_errors_that_is_there(
    tmp_path: Path, title: str, errors: tuple[int, int], kept: str
) -> None:
    first, second = errors
    text = f"psmiles,tg,{title}\n*CCO*,200,{first}\n*OCC*,210,{second}\n"
    report, cleaned = check(tmp_path, text)
    assert cleaned == [{"psmiles": "*CCO*", "tg": "205", title: kept, "n": "2"}]
    said = f"{title} is the scatter of their values if that is the larger error"
    assert any(said in note for note in report.notes)


def test_nothing_is_said_of_scatter_where_nothing_was_merged(tmp_path: Path) -> None:
    report, _ = check(tmp_path, "psmiles,tg,tg_sem\n*CCO*,200,1\n*CCS*,210,2\n")
    assert not any("scatter" in note for note in report.notes)


def test_values_that_differ_and_are_not_flagged_are_not_called_noise(tmp_path: Path) -> None:
    background = "".join(f"*{'C' * n}O*,{20 * n}\n" for n in range(3, 30))
    report, _ = check(tmp_path, f"psmiles,tg [degC]\n*CCO*,32\n*OCC*,92\n{background}")
    said = summary(report)
    assert report.flagged == 0
    assert "a quarter of the width of the middle half of the column" in said


def test_nothing_is_written_over_and_nothing_half(tmp_path: Path) -> None:
    table = tmp_path / "dirty.csv"
    table.write_text("psmiles\n*CCO*\n", encoding="utf-8")
    with pytest.raises(CampaignError, match="table itself"):
        check_table(table, table, force=True)
    out = tmp_path / "out.csv"
    out.write_text("kept", encoding="utf-8")
    with pytest.raises(CampaignError, match="exists"):
        check_table(table, out)
    table.write_text('psmiles,name\n*CCO*,PEO\n*CC*,"open\n', encoding="utf-8")
    with pytest.raises(PoolError, match="quotation"):
        check_table(table, out, force=True)
    assert out.read_text(encoding="utf-8") == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dirty.csv", "out.csv"]


def test_a_table_without_a_usable_row_gives_a_report_and_no_cleaned_table(tmp_path: Path) -> None:
    report, _ = check(tmp_path, "psmiles\n*CCO\n")
    assert (report.valid, report.out) == (0, None)
    assert not (tmp_path / "dirty.clean.csv").exists()


@pytest.mark.parametrize(
    ("text", "number", "meant"),
    [
        ("373.5", 373.5, False),
        ("-1e3", -1000.0, False),
        (">350", None, False),
        ("120-130", None, True),
        ("373,5", None, True),
        ("412 ± 3", None, True),
        ("105 °C", None, True),
        ("\u221240", None, True),
        ("47f3e54ab1d1", None, False),
        ("2020-01-02", None, False),
        ("PS", None, False),
    ],
)
def test_a_cell_is_a_number_or_meant_as_one_or_text(text: str, number: float | None, meant: bool) -> None:
    cell = read_cell(text)
    assert (cell.number, cell.notation) == (number, meant)


def tally(values: list[float]) -> Tally:
    made = Tally("tg")
    for line, value in enumerate(values, 2):
        made.add(line, repr(value))
    return made


@pytest.mark.parametrize(
    ("values", "measure", "limit"),
    [
        ([100.0 + n for n in range(101)], Measure.DISTANCE, 50 / 4),
        ([10.0 ** (n / 25) for n in range(101)], Measure.RATIO, 10 ** (2 / 4)),
        ([300.0, 310.0, 320.0], Measure.PART, 0.1),
        ([300.0] * 50, Measure.PART, 0.1),
    ],
)
def test_the_yardstick_comes_from_the_column(values: list[float], measure: Measure, limit: float) -> None:
    yardstick = Yardstick.of(tally(values))
    rule = yardstick.rule(array("d", [1.0]))
    assert yardstick.measure is measure
    assert rule.limit == pytest.approx(limit)


def test_in_a_noisy_column_a_common_difference_is_no_news() -> None:
    yardstick = Yardstick.of(tally([100.0 + n for n in range(101)]))
    assert yardstick.rule(array("d", [20.0] * 10)).limit == pytest.approx(60.0)
    assert yardstick.rule(array("d", [20.0] * 9)).limit == pytest.approx(12.5)


def test_the_spool_gives_rows_back_chain_by_chain_in_the_order_of_appearance() -> None:
    rng = np.random.default_rng(0)
    keys = [int(key).to_bytes(16, "little") for key in rng.integers(0, 300, 1000)]
    expected = defaultdict(list)
    with Spool() as spool:
        for line, key in enumerate(keys):
            spool.add(key, SpooledRow(line, f"Ω{line}", key.hex(), (str(line), "a\nb")))
            expected[key].append(line)
        count, groups = spool.groups()
        found = [[row.line for row in rows] for rows in groups]
    assert count == len(expected)
    assert found == list(expected.values())
