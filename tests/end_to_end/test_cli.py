"""A whole campaign through the command line, on tables small enough for a test; every number is computed."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from campaigns.cli.exit_codes import INPUT, STATE
from campaigns.cli.main import polyloop
from campaigns.cli.schemas.validation import validated, validated_error

# Literature glass transitions in K, rounded.
MEASURED = {
    "*CC(*)c1ccccc1": 373,
    "*CC(*)Cl": 354,
    "*CC(*)C": 263,
    "*CC*": 195,
    "*CCO*": 206,
    "*CC(*)(C)C(=O)OC": 378,
    "*CC(*)C(=O)OC": 283,
    "*CC(*)C(=O)OCC": 249,
    "*CC(*)OC(C)=O": 305,
    "*CC(*)C#N": 370,
    "*CC(*)O": 358,
    "*CC(*)(C)C": 200,
    "*CC(*)(F)F": 233,
    "*CCOC(=O)c1ccc(C(=O)O*)cc1": 342,
    "*CCCCCC(=O)N*": 323,
    "*CC(*)(C)c1ccccc1": 441,
    "*CC(*)(C)C(=O)OCC": 338,
    "*CC(*)C(=O)OCCCC": 219,
}
POOL = (
    "*CC(*)c1ccc(C)cc1",
    "*CC(*)c1ccc(Cl)cc1",
    "*CC(*)c1ccncc1",
    "*CC(*)(C)C(=O)OCCC",
    "*CC(*)(C)C(=O)Oc1ccccc1",
    "*CC(*)C(=O)O",
    "*CC(*)C(N)=O",
    "*CC(*)(Cl)Cl",
    "*CC(*)F",
    "*CCCCO*",
    "*COC*",
    "*CCCCOC(=O)c1ccc(C(=O)O*)cc1",
    "*CC(*)C1CCCCC1",
    "*CC(*)(C)C#N",
)


def write_table(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


class Desk:
    """A folder with the scientist's tables, and a command line that keeps its caches in there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.measured = write_table(folder / "measured.csv", ["psmiles", "tg"], list(MEASURED.items()))
        self.pool = write_table(folder / "pool.csv", ["psmiles"], [[text] for text in POOL])
        self.runner = CliRunner(
            env={
                "COLUMNS": "80",
                "XDG_CACHE_HOME": str(folder / "cache"),
                "XDG_STATE_HOME": str(folder / "state"),
            }
        )

    def run(self, *arguments: str | Path) -> Result:
        return self.runner.invoke(polyloop, [str(argument) for argument in arguments])

    def ask(self, *arguments: str | Path) -> dict[str, Any]:
        """Run with ``--json``, expect success and what the schema promises, and return the one document."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        validated(arguments, result.stdout)
        document: dict[str, Any] = json.loads(result.stdout)
        return document

    def refuse(self, *arguments: str | Path, code: int = INPUT) -> dict[str, Any]:
        """Run both ways, expect an error that the user can put right, and return it."""
        plain = self.run(*arguments)
        assert plain.exit_code == code, plain.output
        assert plain.stdout == ""
        assert "Traceback" not in plain.stderr
        result = self.run(*arguments, "--json")
        assert result.exit_code == code
        assert validated_error(result.stdout).error.exit_code == code
        error: dict[str, Any] = json.loads(result.stdout)["error"]
        return error

    def new(self, name: str) -> Path:
        folder = self.folder / name
        self.ask("new", folder, "--objective", "tg:max", "--unit", "K", "--pool", self.pool)
        return folder


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def measured_campaign(shared_desk: Desk) -> Path:
    folder = shared_desk.new("measured")
    shared_desk.ask("ingest", folder, shared_desk.measured)
    return folder


@pytest.fixture(scope="module")
def first_round(shared_desk: Desk, measured_campaign: Path) -> dict[str, Any]:
    return shared_desk.ask("propose", measured_campaign, "-n", "3", "--seed", "0")


def test_a_new_campaign_says_what_to_do_next(desk: Desk) -> None:
    folder = desk.folder / "campaign"
    document = desk.ask("new", folder, "--objective", "tg:max", "--unit", "K", "--pool", desk.pool)
    assert document["next_step"]
    assert (folder / "campaign.toml").is_file()
    assert desk.ask("status", folder)["observations"] == 0


def test_a_campaign_folder_holds_its_own_pool(desk: Desk) -> None:
    folder = desk.new("campaign")
    desk.pool.unlink()
    assert desk.ask("propose", folder, "-n", "2")["proposals"]


def test_a_campaign_is_never_overwritten(desk: Desk) -> None:
    folder = desk.new("campaign")
    desk.refuse("new", folder, "--objective", "tg:max", "--unit", "K", "--pool", desk.pool, code=STATE)


def test_a_campaign_cannot_be_made_below_a_file(desk: Desk) -> None:
    below = desk.measured / "campaign"
    desk.refuse("new", below, "--objective", "tg:max", "--pool", desk.pool, code=STATE)


@pytest.mark.parametrize("command", ["status", "propose", "report"])
def test_a_folder_that_is_no_campaign_is_told(desk: Desk, command: str) -> None:
    empty = desk.folder / "empty"
    empty.mkdir()
    error = desk.refuse(command, empty, code=STATE)
    assert error["hint"]
    assert not list(empty.iterdir())


def test_a_dry_run_writes_nothing(desk: Desk) -> None:
    folder = desk.new("campaign")
    assert desk.ask("ingest", folder, desk.measured, "--dry-run")["accepted"] == len(MEASURED)
    assert desk.ask("status", folder)["observations"] == 0


def test_what_was_ingested_is_still_there_when_the_program_comes_back(desk: Desk) -> None:
    folder = desk.new("campaign")
    assert desk.ask("ingest", folder, desk.measured)["accepted"] == len(MEASURED)
    status = desk.ask("status", folder)
    assert status["observations"] == len(MEASURED)
    assert status["best"]["value"] == max(MEASURED.values())


def test_a_file_ingested_twice_counts_once(desk: Desk) -> None:
    folder = desk.new("campaign")
    desk.ask("ingest", folder, desk.measured)
    again = desk.ask("ingest", folder, desk.measured)
    assert (again["accepted"], again["already_known"]) == (0, len(MEASURED))


def test_every_faulty_row_is_listed_and_nothing_is_taken(desk: Desk) -> None:
    folder = desk.new("campaign")
    rows = [
        ("*CC(*)C", 263, ""),
        ("*CC(*", 300, ""),
        ("CCO", 300, ""),
        ("*CC(*)F", "warm", ""),
        ("*CC(*)Cl", -5, ""),
        ("*CC(*)Br", 300, "no-such-proposal"),
    ]
    faulty = write_table(desk.folder / "faulty.csv", ["psmiles", "tg", "proposal_id"], rows)
    error = desk.refuse("ingest", folder, faulty)
    assert error["kind"] == "TableError"
    assert [problem["line"] for problem in error["problems"]] == [3, 4, 5, 6, 7]
    assert all(problem["what_to_do"] for problem in error["problems"])
    assert desk.ask("status", folder)["observations"] == 0


def test_without_measurements_the_first_batch_is_space_filling_and_says_so(desk: Desk) -> None:
    batch = desk.ask("propose", desk.new("campaign"), "-n", "4")
    assert len({row["psmiles"] for row in batch["proposals"]}) == 4
    assert all(row["mean"] is None for row in batch["proposals"])
    assert batch["notes"]


def test_a_round_is_a_ranked_batch_out_of_the_pool(first_round: dict[str, Any]) -> None:
    rows = first_round["proposals"]
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert len({row["psmiles"] for row in rows}) == 3
    for row in rows:
        assert row["lower"] < row["mean"] < row["upper"]
        assert row["reason"]


def test_a_round_shows_the_scores_of_its_models(first_round: dict[str, Any]) -> None:
    members = [row["member"] for row in first_round["gate"]]
    assert members[:2] == ["fingerprint", "latent"]
    tried = members[2:] == ["projection"]
    assert tried or any("not refined" in note for note in first_round["notes"])
    assert sum(bool(row["chosen"]) for row in first_round["gate"]) == 1


def test_a_round_is_the_form_to_fill_in(first_round: dict[str, Any]) -> None:
    with Path(first_round["path"]).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {"proposal_id", "psmiles", "status", "tg [K]", "note", "reason"} <= set(rows[0])
    assert [row["psmiles"] for row in rows] == [row["psmiles"] for row in first_round["proposals"]]
    assert all(row["status"] == row["tg [K]"] == row["note"] == "" for row in rows)


def test_a_report_needs_nothing_but_itself_and_shows_the_gate(
    shared_desk: Desk, measured_campaign: Path, first_round: dict[str, Any]
) -> None:
    path = Path(shared_desk.ask("report", measured_campaign)["path"])
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", text)
    assert text.count("<svg") >= len(first_round["proposals"])
    assert all(row["member"] in text for row in first_round["gate"])


def test_own_polymers_are_ranked_best_first(shared_desk: Desk, measured_campaign: Path) -> None:
    rows = shared_desk.ask("rank", measured_campaign, "--polymers", shared_desk.pool, "--top", "5")["ranking"]
    assert len(rows) == 5
    assert [row["mean"] for row in rows] == sorted((row["mean"] for row in rows), reverse=True)


def test_own_monomers_are_ranked_by_the_polymers_they_make(
    shared_desk: Desk, measured_campaign: Path
) -> None:
    own = write_table(
        shared_desk.folder / "own.csv",
        ["smiles", "name"],
        [("C=Cc1ccc(C)cc1", "4-methylstyrene"), ("C=CC(=O)OC(C)(C)C", "tert-butyl acrylate")],
    )
    answer = shared_desk.ask("rank", measured_campaign, "--monomers", own)
    assert {row["monomers"] for row in answer["ranking"]} == {"4-methylstyrene", "tert-butyl acrylate"}
    assert {row["monomer"]: row["polymers"] for row in answer["monomers"]} == {
        "4-methylstyrene": 1,
        "tert-butyl acrylate": 1,
    }
    shown = shared_desk.run("rank", measured_campaign, "--monomers", own)
    assert "Monomers by the chance" in shown.stdout
    assert max(len(line) for line in shown.stdout.splitlines()) <= 80


def test_the_campaigns_own_pool_is_ranked_where_no_table_is_given(
    shared_desk: Desk, measured_campaign: Path
) -> None:
    answer = shared_desk.ask("rank", measured_campaign, "--top", "3")
    assert len(answer["ranking"]) == 3
    assert {row["makeable"] for row in answer["ranking"]} <= {True, False}
    assert answer["monomers"] is None


def test_a_pool_is_shown_narrowed_and_widened(desk: Desk) -> None:
    folder = desk.new("campaign")
    assert desk.ask("pool", folder)["candidates"] == len(POOL)
    narrowed = desk.ask("pool", folder, "--exclude-element", "Cl", "--exclude-smarts", "C#N")
    assert narrowed["candidates"] == len(POOL) - 3
    assert sum(narrowed["left_out"].values()) == 3
    more = write_table(desk.folder / "more.csv", ["smiles", "name"], [("C=CC1CC1", "vinylcyclopropane")])
    widened = desk.ask("pool", folder, "--add", more)
    assert widened["candidates"] == len(POOL) - 2
    shown = desk.run("pool", folder)
    assert "pool.csv" in shown.stdout
    assert "more.csv" in shown.stdout
    batch = desk.ask("propose", folder, "-n", "8")
    assert not any("Cl" in row["psmiles"] for row in batch["proposals"])


def test_a_wrong_change_of_the_pool_is_refused(desk: Desk) -> None:
    folder = desk.new("campaign")
    assert "SMARTS" in str(desk.refuse("pool", folder, "--exclude-smarts", "[Si"))
    assert desk.ask("pool", folder)["candidates"] == len(POOL)


def test_a_ranking_on_the_terminal_fits_it_and_has_no_colours(
    shared_desk: Desk, measured_campaign: Path
) -> None:
    result = shared_desk.run("rank", measured_campaign, "--polymers", shared_desk.pool)
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.output
    assert max(len(line) for line in result.stdout.splitlines()) <= 80


def test_the_filled_in_form_comes_back(
    shared_desk: Desk, measured_campaign: Path, first_round: dict[str, Any], tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(measured_campaign, tmp_path / "copy"))
    form = copy / "rounds" / Path(first_round["path"]).relative_to((measured_campaign / "rounds").resolve())
    with form.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rows[0] |= {"status": "measured", "tg [K]": "390"}
    rows[1] |= {"status": "abandoned", "note": "does not dissolve"}
    write_table(form, list(rows[0]), [list(row.values()) for row in rows])
    summary = shared_desk.ask("ingest", copy, form)
    assert summary["by_status"] == {"measured": 1, "abandoned": 1}
    assert summary["skipped_empty"] == 1
    status = shared_desk.ask("status", copy)
    assert status["observations"] == len(MEASURED) + 1
    assert status["pending"] == 1


def test_the_same_seed_proposes_the_same(
    shared_desk: Desk, first_round: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "again"
    shared_desk.ask("new", folder, "--objective", "tg:max", "--unit", "K", "--pool", shared_desk.pool)
    shared_desk.ask("ingest", folder, shared_desk.measured)
    again = shared_desk.ask("propose", folder, "-n", "3", "--seed", "0")
    assert [(row["psmiles"], row["mean"]) for row in again["proposals"]] == [
        (row["psmiles"], row["mean"]) for row in first_round["proposals"]
    ]


def test_a_pool_smaller_than_the_batch_is_proposed_whole_and_said(desk: Desk) -> None:
    write_table(desk.pool, ["psmiles"], [["*CC(*)F"], ["*COC*"]])
    batch = desk.ask("propose", desk.new("campaign"), "-n", "8")
    assert len(batch["proposals"]) == 2
    assert batch["notes"]


def test_a_used_up_pool_is_told(desk: Desk) -> None:
    write_table(desk.pool, ["psmiles"], [["*CC(*)F"]])
    folder = desk.new("campaign")
    desk.ask("propose", folder, "-n", "1")
    assert desk.refuse("propose", folder, "-n", "1", code=STATE)["hint"]


@pytest.mark.parametrize("values", [[373], [373, 373, 373]])
def test_one_measurement_or_equal_ones_still_give_a_batch(desk: Desk, values: list[int]) -> None:
    folder = desk.new("campaign")
    few = write_table(desk.folder / "few.csv", ["psmiles", "tg"], list(zip(MEASURED, values, strict=False)))
    desk.ask("ingest", folder, few)
    assert len(desk.ask("propose", folder, "-n", "2")["proposals"]) == 2


def test_polymers_become_vectors(shared_desk: Desk) -> None:
    out = shared_desk.folder / "vectors.parquet"
    summary = shared_desk.ask("embed", shared_desk.pool, "--out", out)
    assert (summary["rows"], summary["vectors"], summary["failures"]) == (len(POOL), len(POOL), 0)
    assert out.is_file()


@pytest.mark.parametrize(
    "command", [("embed", "pool.csv"), ("pretrain", "corpus", "--size", "60")], ids=["embed", "corpus"]
)
def test_a_missing_folder_is_told_before_the_work(desk: Desk, command: tuple[str, ...]) -> None:
    words = [desk.folder / word if word.endswith(".csv") else word for word in command]
    assert "no folder" in desk.refuse(*words, "--out", desk.folder / "none" / "out.parquet")["message"]


def test_an_absurd_batch_is_a_slip(desk: Desk) -> None:
    desk.refuse("propose", desk.new("campaign"), "-n", "100000")


def test_a_backtest_gives_numbers_a_page_and_a_picture(shared_desk: Desk) -> None:
    document = shared_desk.ask(
        *("backtest", shared_desk.measured, "--objective", "tg:max", "--unit", "K", "--rounds", "1"),
        *("--rivals", "random,tanimoto,gate", "--batch", "2", "--start", "6", "--seeds", "2", "--audit", "1"),
        *("--out", shared_desk.folder / "replay"),
    )
    assert list(document["rivals"]) == ["gate", "tanimoto", "random"]
    gate = document["rivals"]["gate"]
    assert gate["evaluations"] == [6, 8]
    assert gate["seeds"] == 2
    assert len(gate["recall_top"]) == len(gate["simple_regret"]) == 2
    assert gate["area_top_ci"][0] <= gate["area_top"] <= gate["area_top_ci"][1]
    assert Path(document["png"]).read_bytes().startswith(b"\x89PNG")
    assert Path(document["html"]).is_file()


def test_the_doctor_finds_this_installation_whole(shared_desk: Desk) -> None:
    document = shared_desk.ask("doctor")
    assert document["healthy"]
    assert {weights["state"] for weights in document["weights"]} == {"ok"}
    assert document["self_test"]["fused_dim"] > 0
