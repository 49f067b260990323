"""The examples of the help texts work, and what they answer is what the schemas promise.

Those that train for minutes are not run here, only read; their answers are held to their schemas where they are tested.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import ValidationError

from campaigns.cli.examples import help_text
from campaigns.cli.main import polyloop
from campaigns.cli.pages import commands
from campaigns.cli.schemas.validation import validated, validated_error

MONOMERS = "smiles,name\n" + "".join(
    f"C=C{rest},m{number}\n"
    for number, rest in enumerate(
        ("C", "F", "CC", "OC", "CO", "CF", "OCC", "CCC", "CCO", "C(C)C", "COC", "CCF")
    )
)
MEASURED = "psmiles,tg\n*CC(*)c1ccccc1,373\n" + "".join(
    f"*C{a}C(*){b},{200 + 20 * i + 7 * j}\n"
    for i, a in enumerate(("", "C", "O", "S"))
    for j, b in enumerate(("SC", "OCO", "CCOC"))
)
DSC = (
    ("DSC of week 12", ""),
    ("operator", "mk"),
    ("rate", 10),
    ("psmiles", "Glass temp. [degC]"),
    ("*CC(*)c1ccc(C)cc1", 97),
    ("*CC(*)SCC", 5),
)
"""Of the workbook of an instrument."""

STORY = [
    "new",
    "ingest",
    "propose",
    "status",
    "report",
    "rank",
    "check",
    "physics",
    "embed",
    "doctor",
    "completion",
    "history",
    "replay",
    "correct",
    "diff",
    "exclude",
    "export",
    "import",
    "pool",
]
"""Commands whose examples are run as they stand, in this order, in one folder."""

ALL = {" ".join(path): command for path, command in commands()}


def write_workbook(path: Path, rows: Sequence[Sequence[str | float]]) -> None:
    """The least that is an XLSX file: one sheet, its texts beside its numbers."""
    main, office = (
        f"http://schemas.openxmlformats.org/{each}" for each in ("spreadsheetml", "officeDocument")
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"

    def related(kind: str, target: str) -> str:
        relation = f'<Relationship Id="r1" Type="{office}/2006/relationships/{kind}" Target="{target}"/>'
        return f'<Relationships xmlns="{package}/relationships">{relation}</Relationships>'

    cells = [
        "".join(
            f'<c t="inlineStr"><is><t>{cell}</t></is></c>'
            if isinstance(cell, str)
            else f"<c><v>{cell}</v></c>"
            for cell in row
        )
        for row in rows
    ]
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/>'
        f'<Override PartName="/xl/sheet1.xml" ContentType="{types}.worksheet+xml"/></Types>',
        "_rels/.rels": related("officeDocument", "xl/workbook.xml"),
        "xl/_rels/workbook.xml.rels": related("worksheet", "sheet1.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{main}/2006/main" xmlns:r="{office}/2006/relationships"><sheets>'
        '<sheet name="DSC" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/sheet1.xml": f'<worksheet xmlns="{main}/2006/main"><sheetData>'
        + "".join(f"<row>{row}</row>" for row in cells)
        + "</sheetData></worksheet>",
    }
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in parts.items():
            packed.writestr(name, text)


def lines_of(name: str) -> list[list[str]]:
    """The command lines of an example, without what the shell makes of them."""
    told = help_text(name, ALL[name]).command_lines
    return [line[: line.index(">")] if ">" in line else line for line in told]


@pytest.fixture(scope="module")
def told(
    tmp_path_factory: pytest.TempPathFactory, tiny_text_folder: Path, tiny_geometry_folder: Path
) -> dict[str, list[tuple[list[str], Result]]]:
    """What each command of the story answers with ``--json``; the campaign has encoders that cost nothing."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "monomers.csv").write_text(MONOMERS, encoding="utf-8")
    (folder / "measured.csv").write_text(MEASURED, encoding="utf-8")
    write_workbook(folder / "dsc.xlsx", DSC)
    answers: dict[str, list[tuple[list[str], Result]]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in STORY:
            for words in lines_of(name):
                result = CliRunner().invoke(polyloop, [*words, "--json", "--quiet"])
                answers.setdefault(name, []).append((words, result))
            if name == "new":
                spec = folder / "tg" / "campaign.toml"
                kept = re.sub(r"\n\[encoders\]\n(?:.+\n)*", "\n", spec.read_text(encoding="utf-8"))
                tiny = f'text = "{tiny_text_folder}"\ngeometry = "{tiny_geometry_folder}"\nfusion = "untrained"\n'
                spec.write_text(f"{kept}\n[encoders]\n{tiny}", encoding="utf-8")
    return answers


@pytest.mark.parametrize("name", STORY)
def test_an_example_works_and_answers_as_its_schema_promises(
    name: str, told: dict[str, list[tuple[list[str], Result]]]
) -> None:
    for words, result in told[name]:
        assert result.exit_code == 0, result.output
        assert result.stderr == ""
        validated(words, result.stdout)


def test_an_answer_with_another_key_is_not_what_the_schema_promises(
    told: dict[str, list[tuple[list[str], Result]]],
) -> None:
    [(words, result)] = told["status"]
    with pytest.raises(ValidationError, match="extra_forbidden"):
        validated(words, result.stdout.replace('"pending"', '"waiting"'))


@pytest.mark.parametrize("name", [name for name in ALL if name not in STORY])
def test_an_example_is_a_command_line_that_is_understood(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tg").mkdir()
    for words in lines_of(name):
        path = next(path for path, _ in commands() if list(path) == words[: len(path)])
        for word in words:
            if re.fullmatch(r"[\w./-]+\.(csv|parquet|toml|tar|zip|gz)", word):
                Path(word).parent.mkdir(parents=True, exist_ok=True)
                Path(word).touch()
        command = ALL[" ".join(path)]
        command.make_context(" ".join(path), words[len(path) :])


@pytest.mark.parametrize(
    "words",
    [
        ["status", "no-such-folder"],
        ["status", "--no-such-option"],
        ["no-such-command"],
        ["new", "c", "--objective", "tg:up", "--pool", __file__],
    ],
)
def test_an_error_is_what_its_schema_promises(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(polyloop, [*words, "--json"])
    assert validated_error(result.stdout).error.exit_code == result.exit_code
