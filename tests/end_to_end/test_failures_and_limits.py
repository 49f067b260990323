"""A campaign as laboratories have it, through the command line: attempts that fail, polymers that cannot be made, values that are
only limits, over three rounds.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from campaigns.cli.main import polyloop
from campaigns.cli.schemas.validation import validated

# Literature glass transitions in K, rounded.
MEASURED = {
    "*CC(*)c1ccccc1": 373,
    "*CC(*)c1ccc(C)cc1": 366,
    "*CC(*)C": 263,
    "*CCO*": 206,
    "*CC(*)(C)C(=O)OC": 378,
    "*CC(*)(C)C(=O)OCC": 338,
    "*CC(*)(C)C(=O)OCCCC": 293,
    "*CC(*)C(=O)OC": 283,
    "*CC(*)C(=O)OCC": 249,
    "*CC(*)OC(C)=O": 305,
    "*CC(*)(C)C": 200,
    "*CC(*)C1CCCCC1": 393,
}
HALOGENATED = ("*CC(*)c1ccc(Cl)cc1", "*CC(*)c1ccc(Br)cc1", "*CC(*)c1ccccc1Cl")
LIMITED, SPILLED = "*CC(*)(C)c1ccccc1", "*CC(*)(C)C(=O)OC(C)C"
ALIKE = ("*CC(*)c1ccccc1Br", "*CC(*)c1cccc(Cl)c1")
UNLIKE = ("*CC(*)OCC", "*CCCCO*", "*CC(*)C(=O)OCCC")
LIMIT = 430.0


class Laboratory:
    """A campaign in a folder, and a scientist who answers its forms."""

    def __init__(self, folder: Path) -> None:
        self.tables, self.folder = folder, folder / "campaign"
        self.runner = CliRunner(
            env={
                "COLUMNS": "80",
                "XDG_CACHE_HOME": str(folder / "cache"),
                "XDG_STATE_HOME": str(folder / "state"),
            }
        )

    def table(self, name: str, header: str, *rows: str) -> Path:
        path = self.tables / name
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    def ask(self, command: str, *arguments: str | Path) -> dict[str, Any]:
        words = [command, self.folder, *arguments, "--json"]
        result = self.runner.invoke(polyloop, [str(word) for word in words])
        assert result.exit_code == 0, result.output
        validated(words, result.stdout)
        document: dict[str, Any] = json.loads(result.stdout)
        return document

    def ranked(self, *psmiles: str) -> dict[str, dict[str, Any]]:
        rows = self.ask("rank", "--polymers", self.table("own.csv", "psmiles", *psmiles))["ranking"]
        return {row["psmiles"]: row for row in rows}

    def answer(self, batch: Mapping[str, Any], answers: Callable[[str], Mapping[str, str]]) -> dict[str, Any]:
        with Path(batch["path"]).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        filled = [row | answers(row["psmiles"]) for row in rows]
        with Path(batch["path"]).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(filled)
        return self.ask("ingest", batch["path"])


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Three rounds, and what was asked between them."""
    lab = Laboratory(tmp_path_factory.mktemp("laboratory"))
    told: dict[str, Any] = {}
    pool = lab.table("pool.csv", "psmiles", *HALOGENATED, LIMITED, SPILLED)
    lab.ask("new", "--objective", "tg:max", "--unit", "K", "--pool", pool)
    lab.ask("ingest", lab.table("measured.csv", "psmiles,tg", *(f"{p},{v}" for p, v in MEASURED.items())))
    told["before"] = lab.ranked(LIMITED, *ALIKE)
    told["first"] = lab.ask("propose", "-n", "5")

    def first(psmiles: str) -> dict[str, str]:
        if psmiles in HALOGENATED:
            return {"status": "abandoned", "note": "no polymer, only tar"}
        if psmiles == SPILLED:
            return {"status": "failed", "note": "spilled"}
        return {"tg [K]": f">{LIMIT:g}", "note": "the calorimeter ends there"}

    told["answered"] = lab.answer(told["first"], first)
    told["after"] = lab.ranked(LIMITED)
    lab.ask("pool", "--add", lab.table("more.csv", "psmiles", *ALIKE, *UNLIKE))
    told["second"] = lab.ask("propose", "-n", "5")
    told["awaited"] = lab.ask("status")
    told["third"] = lab.ask("propose", "-n", "1")
    told["status"] = lab.ask("status")
    told["report"] = Path(lab.ask("report")["path"]).read_text(encoding="utf-8")
    return told


def chances(batch: Mapping[str, Any]) -> dict[str, float]:
    return {row["psmiles"]: row["feasible"] for row in batch["proposals"]}


def test_before_anything_was_abandoned_nothing_is_said_of_feasibility(story: dict[str, Any]) -> None:
    assert "feasible" not in story["first"]["proposals"][0]


def test_every_answer_is_taken(story: dict[str, Any]) -> None:
    assert story["answered"]["by_status"] == {"measured": 1, "abandoned": 3, "failed": 1}


def test_what_was_abandoned_lowers_the_chance_of_its_like(story: dict[str, Any]) -> None:
    told = chances(story["second"]) | chances(story["third"])
    assert (
        max(told[p] for p in ALIKE if p in told) < min(told[p] for p in (*UNLIKE, SPILLED) if p in told) - 0.1
    )


def test_what_was_abandoned_is_never_proposed_again(story: dict[str, Any]) -> None:
    assert not set(HALOGENATED) & {*chances(story["second"]), *chances(story["third"])}


def test_what_failed_by_accident_is_proposed_again(story: dict[str, Any]) -> None:
    assert SPILLED in {*chances(story["second"]), *chances(story["third"])}


def test_a_limit_moves_the_belief_to_its_side(story: dict[str, Any]) -> None:
    before, after = story["before"][LIMITED], story["after"][LIMITED]
    assert before["mean"] < LIMIT
    assert after["mean"] > before["mean"] + 10
    assert after["upper"] > LIMIT
    assert after["measured"] is None
    assert "measured already: > 430.0 K" in after["reason"]


def test_a_second_batch_names_the_proposals_that_are_awaited(story: dict[str, Any]) -> None:
    ids = [row["proposal_id"] for row in story["second"]["proposals"]]
    assert story["awaited"]["awaited"] == ids
    assert any(all(one in note for one in ids) for note in story["third"]["notes"])
    assert not any("awaited" in note for note in story["first"]["notes"])


def test_the_status_counts_limits_and_gives_advice(story: dict[str, Any]) -> None:
    [tg] = story["status"]["properties"]
    assert (tg["measured"], tg["limits"]) == (len(MEASURED) + 1, 1)
    assert tg["best"]["bound"] == "above"
    assert story["status"]["advice"] == story["third"]["advice"] != ""
    assert story["status"]["by_status"] == {"abandoned": 3, "measured": 1, "failed": 1, "proposed": 6}


def test_the_report_shows_all_of_it(story: dict[str, Any]) -> None:
    for expected in (
        "What could not be made",
        "no polymer, only tar",
        "1 attempt failed by accident",
        "chance that it can be made",
        "&gt; 430.0",
        "drawn as arrows",
        "miscalibration area",
        "better than predicting the mean",
        story["third"]["advice"].replace("'", "&#39;"),
    ):
        assert expected in story["report"], expected
