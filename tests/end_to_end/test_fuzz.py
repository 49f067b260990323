"""Bad input through the command line: the fuzz run of ``benchmarks/fuzz.py`` in small, and the inputs that it once found."""

from __future__ import annotations

import contextlib
import datetime
import io
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.cli.main import polyloop

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import fuzz
from fuzz_archives import with_manifest
from fuzz_inputs import TARGETS, Seeds, make_input
from fuzz_trying import Chunk, Trial, Verdict, answer_to, formulas_in, state_of
from fuzz_valid import SPECS, zipped

EACH = 15
"""Inputs through each command."""


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Seeds:
    return Seeds.make(tmp_path_factory.mktemp("seeds") / "made")


@pytest.fixture(scope="module")
def trial(seeds: Seeds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    folder = tmp_path_factory.mktemp("fuzz")
    for name in ("kept", "place"):
        (folder / name).mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        patch.setenv("COLUMNS", "100")
        yield Trial(seeds, folder / "kept", folder / "place")


@pytest.mark.parametrize("target", TARGETS)
def test_no_input_does_what_none_may(trial: Trial, target: str) -> None:
    outcomes = trial.run(Chunk(target, 0, EACH, seed=20))
    bad = [f"{each.number}: {each.verdict}: {each.said}" for each in outcomes if each.verdict in fuzz.FAULTS]
    assert not bad
    assert Counter(each.verdict for each in outcomes)[Verdict.REFUSED]


def test_a_valid_input_is_accepted_by_the_same_look(trial: Trial, tmp_path: Path) -> None:
    """What is changed is not all refused at the door: the files that inputs are made from are taken."""
    trial.run(Chunk("ingest", 0, 1, seed=20))
    for name in (
        "comma.csv",
        "latin.csv",
        "wide.csv",
        "tabs.tsv",
        "packed.csv.gz",
        "book.xlsx",
        "plain.parquet",
    ):
        path = tmp_path / name
        path.write_bytes(trial.seeds.tables[name])
        code, told, trouble = answer_to(["ingest", str(trial.place / "campaign"), str(path), "--dry-run"])
        assert (code, trouble) == (0, ""), f"{name}: {told}"


def test_the_same_seed_makes_the_same_inputs(seeds: Seeds, tmp_path: Path) -> None:
    for target in TARGETS:
        made = []
        for name in ("a", "b"):
            place = tmp_path / name / target / "input"
            place.mkdir(parents=True)
            make_input(target, 7, 3, seeds, place)
            made.append({p.name: p.read_bytes() for p in place.rglob("*") if p.is_file()})
        assert made[0] == made[1]


def test_the_totals_count_every_input_once() -> None:
    work = fuzz.chunks(1000, 0, list(TARGETS))
    counts = Counter(dict.fromkeys(TARGETS, 0))
    for chunk in work:
        counts[chunk.target] += chunk.count
    assert 1000 <= counts.total() < 1000 + len(TARGETS)
    assert min(counts.values()) >= 1000 // sum(TARGETS.values())


texts = st.text(st.characters(codec="utf-8"), max_size=12)
hostile = texts | st.sampled_from(
    ["=1+1", "@x", "\t=1", "1e999", "*CC*", "*CCO*", ">350", "[/red]", "\x1b[2J", "M1", "\0"]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(hostile, hostile, hostile), min_size=1, max_size=4))
def test_tables_of_any_cells_change_nothing_or_are_taken_whole(
    trial: Trial, tmp_path: Path, rows: list[tuple[str, str, str]]
) -> None:
    import csv

    if not (trial.place / "campaign").exists():
        trial.run(Chunk("ingest", 0, 1, seed=20))
    path, out = tmp_path / "x.csv", tmp_path / "out.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("psmiles", "tg", "name"), *rows])
    before = state_of(trial.place / "campaign")
    code, _, trouble = answer_to(["ingest", str(trial.place / "campaign"), str(path)])
    assert not trouble
    assert code == 0 or state_of(trial.place / "campaign") == before
    code, _, trouble = answer_to(["check", str(path), "--out", str(out), "--force"])
    assert not trouble
    assert not formulas_in(out)


def columns_of_parquet() -> dict[str, pa.Array]:
    """Cells that no value of Python's can hold, or that are not what their type says."""
    return {
        "date": pa.array([-(2**31)], pa.int32()).view(pa.date32()),
        "duration": pa.array([2**62], pa.duration("s")),
        "text": pa.array([b"\xff\xfe"], pa.binary()).view(pa.string()),
        "zone": pa.array([datetime.datetime(2020, 1, 1)], pa.timestamp("s")).cast(
            pa.timestamp("s", "Mars/Base")
        ),
    }


@pytest.mark.parametrize("kind", ["date", "duration", "text", "zone"])
@pytest.mark.parametrize("command", ["ingest", "check"])
def test_a_cell_of_parquet_that_cannot_be_read_is_told(
    trial: Trial, tmp_path: Path, kind: str, command: str
) -> None:
    table = pa.table({"psmiles": ["*CC*"], "tg": [300.0], "note": columns_of_parquet()[kind]})
    pq.write_table(table, tmp_path / "x.parquet")
    code, told = told_of(trial, tmp_path, command)
    assert code == 2
    assert "cannot be read as Parquet" in told


@pytest.mark.parametrize("command", ["ingest", "check"])
def test_pages_of_parquet_that_are_damaged_are_told(trial: Trial, tmp_path: Path, command: str) -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"psmiles": ["*CC*"] * 50, "tg": [300.0] * 50}), out)
    content = bytearray(out.getvalue())
    content[4:40] = bytes(36)
    (tmp_path / "x.parquet").write_bytes(content)
    code, told = told_of(trial, tmp_path, command)
    assert code == 2
    assert "cannot be read as Parquet" in told


def test_a_temperature_under_a_property_of_gas_is_no_volume_of_it() -> None:
    from campaigns.errors import UnitError
    from campaigns.units import convert

    with pytest.raises(UnitError, match="cannot be converted"):
        convert(1.0, "degC", "g/cm3")


@pytest.mark.parametrize(
    ("title", "cell", "error", "told"),
    [
        ("tg", "1e300", "", "beyond every number that a property has"),
        ("tg", "1e-300", "", "beyond every number that a property has"),
        ("tg", "300", "1e300", "beyond every error that a value has"),
        ("tg", "300", "1e-300", "beyond every error that a value has"),
        ("tg [YK]", "1e90", "", "beyond every number that a property has"),
    ],
)
def test_a_number_whose_square_is_none_is_not_taken(
    trial: Trial, tmp_path: Path, title: str, cell: str, error: str, told: str
) -> None:
    """Recorded, it would end every command that compares it with another value of its polymer."""
    if not (trial.place / "campaign").exists():
        trial.run(Chunk("ingest", 0, 1, seed=20))
    before = state_of(trial.place / "campaign")
    (tmp_path / "x.csv").write_text(f"psmiles,{title},tg_sem\n*CC(*)C,{cell},{error}\n", encoding="utf-8")
    code, said, _ = answer_to(["ingest", str(trial.place / "campaign"), str(tmp_path / "x.csv"), "--json"])
    assert code == 2
    assert told in said
    assert state_of(trial.place / "campaign") == before


def test_an_element_that_does_not_exist_is_a_fault_of_the_spec(trial: Trial, tmp_path: Path) -> None:
    path = tmp_path / "campaign.toml"
    path.write_text(f'{SPECS[0]}\n[pool.exclude]\nsmarts = ["[#119]"]\n', encoding="utf-8")
    code, said, trouble = answer_to(["spec", str(path)])
    assert (code, trouble) == (2, "")
    assert "no element 119" in said


def test_an_archive_whose_spec_names_an_impossible_path_leaves_no_campaign(
    trial: Trial, seeds: Seeds, tmp_path: Path
) -> None:
    spec = seeds.archive["campaign.toml"].decode()
    assert 'text = "bundled"' in spec
    spec = spec.replace('text = "bundled"', f'text = "{"x" * 10_000}"')
    files = with_manifest({**seeds.archive, "campaign.toml": spec.encode()})
    (tmp_path / "x.zip").write_bytes(zipped(files))
    code, _, trouble = answer_to(["import", str(tmp_path / "x.zip"), str(tmp_path / "made")])
    assert code in (2, 3)
    assert not trouble
    assert [path.name for path in tmp_path.iterdir()] == ["x.zip"]


def told_of(trial: Trial, folder: Path, command: str) -> tuple[int, str]:
    """Exit code and words of a command on the table in a folder."""
    if not (trial.place / "campaign").exists():
        trial.run(Chunk("ingest", 0, 1, seed=20))
    path = str(folder / "x.parquet")
    arguments = ["ingest", str(trial.place / "campaign"), path] if command == "ingest" else ["check", path]
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = polyloop.main([*arguments, "--json"], standalone_mode=False)
    return code, out.getvalue()
