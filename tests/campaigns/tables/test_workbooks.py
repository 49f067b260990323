"""Workbooks: the least that programs accept, read as a table of results."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import pytest

from campaigns.errors import TableError
from campaigns.spec import ObjectiveSpec
from campaigns.tables import HowToRead, ReadResults, read_results
from discovery.pools.typed_rows import MAXIMUM_CELLS

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
DENSITY = ObjectiveSpec(name="density", direction="min", unit="g/cm3")


def values(checked: ReadResults) -> list[float | None]:
    return [row.value for row in checked.rows]


def workbook(path: Path, rows: list[list[object]], *, first_row: int = 1, sheet: str = "Tg") -> Path:
    """The least workbook that programs accept."""
    cells = []
    for number, row in enumerate(rows, first_row):
        filled = []
        for column, cell in enumerate(row):
            place = f'r="{chr(65 + column)}{number}"'
            if isinstance(cell, str):
                filled.append(f'<c {place} t="inlineStr"><is><t>{cell}</t></is></c>')
            elif cell is not None:
                filled.append(f"<c {place}><v>{cell}</v></c>")
        cells.append(f'<row r="{number}">{"".join(filled)}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        f'<sheet name="{sheet}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(cells)}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return path


def test_a_sheet_is_read_and_its_rows_are_counted_as_the_program_shows_them(tmp_path: Path) -> None:
    rows = [["psmiles", "tg [degC]", "n"], ["*CC*", 100, 3], [None, None, None], ["*CO*", 12.5, None]]
    path = workbook(tmp_path / "dsc.xlsx", rows, first_row=3)
    checked = read_results(path, [TG])
    assert [(row.line, row.value, row.n) for row in checked.rows] == [(4, 373.15, 3), (6, 285.65, 1)]
    assert checked.counted == "row"
    faulty = workbook(tmp_path / "faulty.xlsx", [*rows, ["*CCO*", "warm", None]], first_row=3)
    with pytest.raises(TableError, match="row 7, column tg"):
        read_results(faulty, [TG])


def test_texts_with_decimal_commas_stand_beside_numbers_of_a_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path / "dsc.xlsx", [["psmiles", "tg"], ["*CC*", 373.15], ["*CO*", "12,5"]])
    assert values(read_results(path, [TG])) == [373.15, 12.5]


def test_a_sheet_is_asked_for_by_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "dsc.xlsx", [["psmiles", "tg"], ["*CC*", 300]])
    assert values(read_results(path, [TG], how=HowToRead(sheet="Tg"))) == [300.0]
    with pytest.raises(TableError, match="Its sheets are: Tg"):
        read_results(path, [TG], how=HowToRead(sheet="tg2"))


@pytest.mark.parametrize("content", [b"PK\x03\x04rest of a workbook", b"psmiles,tg\n*CC*,5\n"])
def test_a_workbook_that_is_none_is_a_table_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(TableError):
        read_results(tmp_path / "a.xlsx", [TG])


def test_a_workbook_whose_cells_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "wide.xlsx", [["psmiles", "tg"], ["*CC*", 300]])
    far = MAXIMUM_CELLS // 2 + 1
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text.replace(b'r="B2"', b'r="XFD%d"' % min(far, 1048576)))
    with pytest.raises(TableError, match="16,384 columns"):
        read_results(path, [TG])


def rewritten(path: Path, *changes: tuple[str, str], **more: str) -> Path:
    """The same workbook with other texts in its files, and with further files."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (files | more).items():
            for old, new in changes:
                text = text.replace(old, new)
            archive.writestr(name, text)
    return path


@pytest.mark.parametrize("formula", ["", "<f>1/0</f>", '<f t="shared" si="0"/>'])
def test_an_error_of_a_formula_is_no_empty_cell(tmp_path: Path, formula: str) -> None:
    rows = [["psmiles", "tg", "density"], ["*CC*", 300, 9.5], ["*CO*", 310, None]]
    path = workbook(tmp_path / "dsc.xlsx", rows)
    error = f'<c r="C2" t="e">{formula}<v>#DIV/0!</v></c>'
    rewritten(path, ('<c r="C2"><v>9.5</v></c>', error))
    with pytest.raises(TableError) as caught:
        read_results(path, [TG, DENSITY])
    assert [(p.line, p.column, p.value) for p in caught.value.problems] == [(2, "density", "#DIV/0!")]
    assert "error of the spreadsheet" in caught.value.problems[0].fault


def test_sheets_that_are_not_read_are_told_unless_one_was_asked_for(tmp_path: Path) -> None:
    path = workbook(tmp_path / "dsc.xlsx", [["psmiles", "tg"], ["*CC*", 300]])
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    error = sheet.replace('<c r="B2"><v>300</v></c>', '<c r="B2" t="e"><v>#N/A</v></c>')
    second = '<sheet name="Blind" sheetId="2" r:id="rId2"/></sheets>'
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    relation = f'<Relationship Id="rId2" Type="{kind}" Target="worksheets/sheet2.xml"/></Relationships>'
    changes = (("</sheets>", second), ('sheet1.xml"/></Relationships>', f'sheet1.xml"/>{relation}'))
    rewritten(path, *changes, **{"xl/worksheets/sheet2.xml": error})
    checked = read_results(path, [TG])
    assert values(checked) == [300.0]  # the error stands on the other sheet
    assert checked.remarks == ("Of dsc.xlsx the sheet 'Tg' was read, and not: Blind.",)
    assert read_results(path, [TG], how=HowToRead(sheet="Tg")).remarks == ()
    with pytest.raises(TableError, match="#N/A"):
        read_results(path, [TG], how=HowToRead(sheet="Blind"))


@pytest.mark.parametrize("tags", ["<c ", '<c r="', '<c t="e" ', "<c><f>", "<x:c t=", "<cccc"])
def test_a_sheet_of_tags_without_end_is_refused_soon(tmp_path: Path, tags: str) -> None:
    path = workbook(tmp_path / "dsc.xlsx", [["psmiles", "tg"], ["*CC*", 300]])
    rewritten(path, ("</sheetData>", tags * 300_000))
    begun = time.monotonic()
    with pytest.raises(TableError):
        read_results(path, [TG])
    assert time.monotonic() - begun < 5.0


def test_titles_of_a_sheet_may_stand_below_others(tmp_path: Path) -> None:
    rows: list[list[object]] = [["DSC run 7", None], [None, None], ["psmiles", "tg"], ["*CC*", 300]]
    path = workbook(tmp_path / "dsc.xlsx", rows)
    with pytest.raises(TableError, match=r"row 1: .* stand in row 3: say --header-row 3"):
        read_results(path, [TG])
    checked = read_results(path, [TG], how=HowToRead(header_row=3))
    assert [(row.line, row.value) for row in checked.rows] == [(4, 300.0)]
    with pytest.raises(TableError, match="ends before row 9"):
        read_results(path, [TG], how=HowToRead(header_row=9))


def test_a_sheet_that_is_not_there_or_not_the_right_one_brings_up_the_others(tmp_path: Path) -> None:
    path = workbook(tmp_path / "dsc.xlsx", [["psmiles", "x"], ["*CC*", 300]], sheet="DSC")
    with pytest.raises(TableError, match="Did you mean DSC"):
        read_results(path, [TG], how=HowToRead(sheet="dsc"))
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    relation = f'<Relationship Id="rId2" Type="{kind}" Target="worksheets/sheet1.xml"/></Relationships>'
    second = '<sheet name="Tg 2" sheetId="2" r:id="rId2"/></sheets>'
    rewritten(path, ("</sheets>", second), ('sheet1.xml"/></Relationships>', f'sheet1.xml"/>{relation}'))
    with pytest.raises(TableError) as caught:
        read_results(path, [TG])
    assert caught.value.hint == "Its other sheets (--sheet) are: Tg 2."
    assert str(caught.value.problems[0]).startswith("row 1,")


@pytest.mark.parametrize("result", ["", "<v></v>", "<v/>"])
def test_a_formula_without_a_result_is_no_empty_cell(tmp_path: Path, result: str) -> None:
    rows: list[list[object]] = [["psmiles", "tg", "density"], ["*CC*", 300, 9.5]]
    path = workbook(tmp_path / "dsc.xlsx", rows)
    rewritten(path, ('<c r="C2"><v>9.5</v></c>', f'<c r="C2"><f>B2&lt;1</f>{result}</c>'))
    with pytest.raises(TableError) as caught:
        read_results(path, [TG, DENSITY])
    assert [(p.line, p.column, p.value) for p in caught.value.problems] == [(2, "density", "=B2<1")]
    assert "a formula without a result" in caught.value.problems[0].fault


def test_a_formula_that_gave_nothing_is_an_empty_cell(tmp_path: Path) -> None:
    path = workbook(tmp_path / "dsc.xlsx", [["psmiles", "tg", "density"], ["*CC*", 300, 9.5]])
    rewritten(path, ('<c r="C2"><v>9.5</v></c>', '<c r="C2" t="str"><f>IF(A1="","",1)</f><v></v></c>'))
    assert values(read_results(path, [TG, DENSITY])) == [300.0]
