from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from rich.console import Console

from campaigns.cli.main import polyloop
from campaigns.cli.screen import console, front_line, ranking_table
from campaigns.spec import ObjectiveSpec
from discovery.acquisition.pareto import Front

GOAL = ObjectiveSpec(name="tg", direction="max", unit="K")
LONG = "*c1ccc(Oc2ccc(C(=O)c3ccc4cc(C(=O)c5ccc(Oc6ccc(-c7nc(-c8ccccc8)[nH]c7*)cc6)cc5)ccc4c3)cc2)cc1"


def printed(frame: pd.DataFrame, width: int = 80) -> str:
    file = io.StringIO()
    Console(file=file, width=width, markup=False, highlight=False).print(ranking_table(frame, [GOAL]))
    return file.getvalue()


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rank": [1, 2],
            "psmiles": [LONG, "*CC*"],
            "name": [None, "polyethylene"],
            "monomers": ["bisphenol A + something with a long name", None],
            "mean": [640.0, 200.0],
            "lower": [550.0, 150.0],
            "upper": [730.0, 250.0],
            "reason": ["near poly(ether imide), and a rather long explanation of why", "far from everything"],
        }
    )


@pytest.mark.parametrize("width", [80, 100])
def test_a_ranking_fits_the_terminal(frame: pd.DataFrame, width: int) -> None:
    assert max(len(line) for line in printed(frame, width).splitlines()) <= width


def test_a_long_psmiles_is_folded_and_not_cut(frame: pd.DataFrame) -> None:
    lines = printed(frame).splitlines()
    # The column of the polymer starts where its heading does and ends before that of the prediction.
    heading = next(line for line in lines if "polymer" in line)
    start, end = heading.index("polymer"), heading.index("± 95 %")
    column = "".join(line[start : end - 4].strip() for line in lines)
    assert LONG in column


def test_a_ranking_shows_interval_name_and_reason(frame: pd.DataFrame) -> None:
    text = printed(frame, 100)
    for expected in ("640 ± 90", "polyethylene", "bisphenol A", "far from everything", "tg (K)"):
        assert expected in text


def test_without_predictions_there_is_no_column_for_them(frame: pd.DataFrame) -> None:
    blank = frame.assign(mean=float("nan"), lower=float("nan"), upper=float("nan"))
    assert "tg (K)" not in printed(blank)


def test_a_pipe_gets_no_colours(frame: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    console().print(ranking_table(frame, [GOAL]))
    assert "\x1b" not in capsys.readouterr().out


def test_a_name_cannot_steer_the_terminal(frame: pd.DataFrame) -> None:
    assert "\x1b" not in printed(frame.assign(name="\x1b[2Jgone"))


@pytest.mark.parametrize("width", [80, 100])
def test_several_properties_and_chances_fit_the_terminal(frame: pd.DataFrame, width: int) -> None:
    density = ObjectiveSpec(name="density", direction="min", unit="g/cm3")
    wide = frame.rename(columns={name: f"tg_{name}" for name in ("mean", "lower", "upper")}).assign(
        density_mean=[1.2, float("nan")],
        density_lower=[1.1, float("nan")],
        density_upper=[1.3, float("nan")],
        feasible=[0.83, 0.1],
        score=[-2.31, -14.2],
        **{"chance that tg > 400 K": [0.995, 0.001]},
    )
    file = io.StringIO()
    Console(file=file, width=width, markup=False, highlight=False).print(ranking_table(wide, [GOAL, density]))
    text = " ".join(file.getvalue().split())
    assert max(len(line) for line in file.getvalue().splitlines()) <= width
    for expected in ("640 ± 90", "1.20 ± 0.10", "83 %", "> 99 %", "< 1 %", "\N{MINUS SIGN}2.31"):
        assert expected in text, expected


def test_a_front_of_one_polymer_is_counted_as_one() -> None:
    front = Front(("tg", "density"), (300.0, 1.2), 61.2, ("a",), ((373.0, 1.05),))
    assert front_line(front).plain == "Pareto front of tg and density: 1 measured polymer, hypervolume 61.20."


def test_no_text_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    shown = console()
    shown.print("a name\x1b[2J", "\x07", soft_wrap=True)
    shown.print("two\nlines")
    assert (
        capsys.readouterr().out
        == "a name\N{REPLACEMENT CHARACTER}[2J \N{REPLACEMENT CHARACTER}\ntwo\nlines\n"
    )


def test_no_text_of_a_file_steers_the_terminal_in_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\x1b[2J,b\n1,2\n", encoding="utf-8")
    told = CliRunner().invoke(polyloop, ["check", str(tmp_path / "x.csv")])
    assert told.exit_code == 2
    assert "only a\N{REPLACEMENT CHARACTER}[2J, b" in told.stderr
    assert "\x1b" not in told.output
