"""The reader over generated tables: what is written comes back, and every fault is told where it is."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.errors import TableError
from campaigns.ledger import Ledger
from campaigns.spec import ObjectiveSpec
from campaigns.tables import read_results
from discovery.polymers.repeat_unit import RepeatUnit

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
POLYMERS = (
    "*CC(*)c1ccccc1",
    "*CCO*",
    "*CC(*)C",
    "[*]CC([*])(C)C(=O)OC",
    "*OCC*",
    "*Nc1ccc(cc1)NC(=O)c1ccc(cc1)C(=O)*",
)
TITLES = ("psmiles", "tg", "sem", "n", "name")

# A text of one cell; newlines and quotation marks move the lines of the file under the reader.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12).map(str.strip)


@dataclass(frozen=True)
class Row:
    psmiles: str
    tg: float
    sem: float | None
    n: int
    name: str

    def cells(self) -> list[str]:
        sem = "" if self.sem is None else repr(self.sem)
        return [self.psmiles, repr(self.tg), sem, str(self.n), self.name]


rows = st.lists(
    st.builds(
        Row,
        psmiles=st.sampled_from(POLYMERS),
        tg=st.just(0.0) | st.floats(1e-100, 2000),
        sem=st.none() | st.floats(0.001, 50),
        n=st.integers(1, 99),
        name=texts,
    ),
    min_size=1,
    max_size=8,
)


def write(cells: list[list[str]], separator: str = ",", start: str = "") -> tuple[str, list[int]]:
    """The CSV text of a table, and the line on which each row starts."""
    buffer, lines = io.StringIO(newline=""), []
    buffer.write(start)
    writer = csv.writer(buffer, delimiter=separator, lineterminator="\n")
    for row in [list(TITLES), *cells]:
        # Lines as csv counts them: an editor starts a new one at the same places.
        lines.append(1 + sum(1 for _ in io.StringIO(buffer.getvalue(), newline="")))
        writer.writerow(row)
    return buffer.getvalue(), lines[1:]


def saved(text: str, encoding: str = "utf-8") -> Path:
    file = tempfile.NamedTemporaryFile(suffix=".csv", delete=False)  # noqa: SIM115  # read again by name
    with file:
        file.write(text.encode(encoding))
    return Path(file.name)


@settings(deadline=None, max_examples=150)
@given(
    rows=rows, separator=st.sampled_from([",", ";", "\t"]), encoding=st.sampled_from(["utf-8", "utf-8-sig"])
)
def test_what_is_written_comes_back(rows: list[Row], separator: str, encoding: str) -> None:
    text, lines = write([row.cells() for row in rows], separator)
    path = saved(text, encoding)
    checked = read_results(path, [TG])
    path.unlink()
    assert [row.line for row in checked.rows] == lines
    for given_row, row in zip(rows, checked.rows, strict=True):
        assert row.unit == RepeatUnit.parse(given_row.psmiles)
        assert (row.value, row.sem, row.n, row.name) == (
            given_row.tg,
            given_row.sem,
            given_row.n,
            given_row.name,
        )


CORRUPTIONS = {
    "psmiles": ["", "xyz", "CC", "*CC", "*C(*)C*", "C1CC", "**", "*CC*.C"],
    "tg": [
        "",
        "12,55.1",
        ">3 50",
        "=350",
        "~350",
        "abc",
        "-4",
        "nan",
        "inf",
        "1e999",
        "300 K",
        "300±5",
        "1 0000",
        "n/a",
        "300-310",
        "0x1F",
    ],
    "sem": ["-1", "0", "x", "1;5", "inf"],
    "n": ["0", "-2", "1.5", "many", "1e12"],
}


@settings(deadline=None, max_examples=250)
@given(rows=rows, data=st.data())
def test_every_corrupted_cell_is_told_at_its_line_and_column(rows: list[Row], data: st.DataObject) -> None:
    cells = [row.cells() for row in rows]
    places = st.tuples(st.integers(0, len(cells) - 1), st.sampled_from(list(CORRUPTIONS)))
    wrong = data.draw(st.sets(places, min_size=1, max_size=6))
    for index, title in wrong:
        cells[index][TITLES.index(title)] = data.draw(st.sampled_from(CORRUPTIONS[title]))
    text, lines = write(cells)
    path = saved(text)
    with pytest.raises(TableError) as caught:
        read_results(path, [TG])
    path.unlink()
    problems = caught.value.problems
    assert {(p.line, p.column) for p in problems} == {(lines[index], title) for index, title in wrong}
    assert len(problems) == len(wrong)
    assert all(p.what_to_do and p.fault for p in problems)
    for problem in problems:
        assert problem.value == cells[lines.index(problem.line)][TITLES.index(problem.column)]


@settings(deadline=None, max_examples=400)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_file_breaks_the_reader(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.csv"
        path.write_bytes(b"psmiles,tg\n" + content)
        try:
            read_results(path, [TG])
        except TableError as error:
            faults = error.problems
        else:
            faults = ()
        assert all(problem.line >= 1 and problem.what_to_do for problem in faults)
        path.write_bytes(content)
        with pytest.raises(TableError):
            read_results(path, [TG])


@settings(deadline=None, max_examples=15)
@given(rows=rows, position=st.integers(0, 8))
def test_one_faulty_row_keeps_the_whole_file_out(rows: list[Row], position: int) -> None:
    cells = [row.cells() for row in rows]
    cells.insert(min(position, len(cells)), ["*CCO*", "warm", "", "", ""])
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger.create(Path(folder) / "campaign.sqlite")
        path = Path(folder) / "results.csv"
        path.write_text(write(cells)[0], encoding="utf-8")
        with pytest.raises(TableError):
            read_results(path, [TG], ledger.view())
        assert ledger.measurements() == ()
