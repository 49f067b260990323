"""Units that titles name without brackets, and titles that name none."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.errors import TableError
from campaigns.spec import ObjectiveSpec
from campaigns.tables import HowToRead, ReadResults, read_results
from campaigns.tables.title_units import plainly_named

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
KAPPA = ObjectiveSpec(name="thermal_conductivity", direction="max", unit="W/(m K)")
LOI = ObjectiveSpec(name="loi", direction="max", unit="")


def read(folder: Path, header: str, row: str = "*CC*;100;2", **columns: str) -> ReadResults:
    table = folder / "results.csv"
    table.write_text(f"{header}\n{row}\n", encoding="utf-8")
    return read_results(table, [TG, KAPPA, LOI], how=HowToRead(columns=columns))


def warned(checked: ReadResults) -> list[str]:
    return [told.text for told in checked.told if told.name == "unit-not-named"]


@pytest.mark.parametrize("by_map", [False, True])
@pytest.mark.parametrize(
    "title",
    [
        *(
            "Tg / °C",
            "Tg/°C",
            "Tg in °C",
            "Tg, °C",
            "Tg °C",
            "Tg_degC",
            "tg_degc",
            "TG / ℃",
            "Tg / ºC",
            "Tg in deg C",
        ),
        *("Tg [deg. C]", "Tg (° C)", "Tg in degrees Celsius"),
    ],
)
def test_a_unit_after_the_name_is_the_unit_of_the_column(tmp_path: Path, title: str, by_map: bool) -> None:
    checked = read(tmp_path, f"psmiles;{title};other", **({"tg": title} if by_map else {}))
    assert [row.value for row in checked.rows] == [373.15]
    assert not warned(checked)


@pytest.mark.parametrize("title", ["Glass temp. / °C", "T_g_degC", "Glass transition °C"])
def test_a_title_that_the_user_explains_says_its_unit_at_its_end(tmp_path: Path, title: str) -> None:
    assert read(tmp_path, f"psmiles;{title};other", tg=title).rows[0].value == 373.15


def test_a_title_may_be_named_without_its_unit(tmp_path: Path) -> None:
    checked = read(tmp_path, "psmiles;Glass temp. / °C;other", tg="glass temp.")
    assert checked.rows[0].value == 373.15


def test_a_unit_with_a_slash_and_blanks_is_taken_whole(tmp_path: Path) -> None:
    checked = read(tmp_path, "psmiles;thermal_conductivity / mW/(m K);other")
    assert checked.rows[0].value == 0.1
    mapped = read(tmp_path, "psmiles;kappa in mW/(m K);other", thermal_conductivity="kappa in mW/(m K)")
    assert mapped.rows[0].value == 0.1


@pytest.mark.parametrize("title", ["tg_md", "tg_measured", "Tg, midpoint", "tg_min", "Tg/Tm"])
def test_what_is_no_unit_of_the_property_is_another_column(tmp_path: Path, title: str) -> None:
    checked = read(tmp_path, f"psmiles;tg;{title}")
    assert [row.value for row in checked.rows] == [100.0]
    assert checked.ignored_columns == (title,)


@pytest.mark.parametrize("title", ["Tg / MPa", "Tg in C", "Tg, g/mol", "Tg [MPa]"])
def test_a_unit_of_another_dimension_is_refused(tmp_path: Path, title: str) -> None:
    with pytest.raises(TableError, match="cannot be converted to K"):
        read(tmp_path, f"psmiles;{title};other")


@pytest.mark.parametrize("title", ["Tg_C", "Glass temp. C", "Tg mid_F"])
def test_a_lone_letter_of_degrees_is_refused_also_where_the_user_explains_the_title(
    tmp_path: Path, title: str
) -> None:
    with pytest.raises(TableError, match="cannot be converted to K"):
        read(tmp_path, f"psmiles;{title};other", tg=title)


def test_the_same_property_in_two_units_is_a_fault_until_one_is_said(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="there twice"):
        read(tmp_path, "psmiles;tg;tg_degC")
    assert read(tmp_path, "psmiles;tg;tg_degC", tg="tg_degC").rows[0].value == 275.15


@pytest.mark.parametrize("title", ["Glass temp.", "tg_md", "Tg (DSC) midpoint"])
def test_a_title_that_names_no_unit_is_told_with_the_unit_that_is_taken(tmp_path: Path, title: str) -> None:
    checked = read(tmp_path, f"psmiles;{title};other", tg=title)
    assert checked.rows[0].value == 100.0
    assert warned(checked) == [f"tg is read in K (the campaign's unit): its title {title!r} names none."]


def test_ordinary_titles_are_not_told(tmp_path: Path) -> None:
    assert not read(tmp_path, "psmiles;tg;sem").told[1:]
    assert not warned(read(tmp_path, "psmiles;loi;other", loi="loi"))
    assert not warned(read(tmp_path, "psmiles;index;other", loi="index"))
    assert not warned(read(tmp_path, "psmiles;Glass temp.;tg_unit", "*CC*;100;degC", tg="Glass temp."))


@pytest.mark.parametrize(
    ("title", "sem"), [("tg_sem / K", 2.0), ("tg_sem_mK", 0.002), ("sem in K", 2.0), ("sem", 2.0)]
)
def test_the_error_of_a_value_has_its_unit_in_the_same_ways(tmp_path: Path, title: str, sem: float) -> None:
    [row] = read(tmp_path, f"psmiles;Tg / °C;{title}").rows
    assert (row.value, row.sem) == (373.15, sem)


def test_of_a_pure_number_only_a_unit_for_such_is_one(tmp_path: Path) -> None:
    assert read(tmp_path, "psmiles;loi / %;other").rows[0].value == 1.0
    assert read(tmp_path, "psmiles;loi;loi_count").ignored_columns == ("loi_count",)


def test_a_value_keeps_what_was_written_where_its_unit_is_another(tmp_path: Path) -> None:
    rows = read(tmp_path, "psmiles;tg;tg_unit", "*CC*;53,6;degF\n*CO*;<12,5;kelvin\n*CS*;>5;°C").rows
    assert [row.written for row in rows] == ["53,6 degF", "", ">5 °C"]


@pytest.mark.parametrize(
    ("title", "name", "unit"),
    [
        ("Tg / °C", "tg", "°C"),
        ("Mw in kg/mol", "mw", "kg/mol"),
        ("Mw / Mn", "mw / mn", None),
        ("a/b", "a/b", None),
    ],
)
def test_a_table_about_anything_has_units_in_its_titles_too(title: str, name: str, unit: str | None) -> None:
    column = plainly_named(title)
    assert (column.name, column.unit) == (name, unit)
