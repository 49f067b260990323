"""The bundled encoders can be made again: all of ``polyloop pretrain`` with few polymers and steps."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from campaigns.cli.main import polyloop
from discovery.bundled import file_hash
from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.text import TextEncoder
from discovery.latent.fusion import FusedLatent
from discovery.pretraining.geometry.training import GeometryLesson

FEW = (
    *("--size", "60", "--polymers", "48", "--threads", "1"),
    *("--text-steps", "2", "--geometry-steps", "2", "--align-steps", "2"),
)
PARTS = ("text", "geometry", "fusion")


def run(*arguments: str | Path, code: int = 0) -> str:
    result = CliRunner().invoke(polyloop, ["pretrain", *(str(argument) for argument in arguments)])
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of ``pretrain all``, and what it said."""
    folder = tmp_path_factory.mktemp("pretrain") / "mine"
    return folder, run("all", "--out", folder, *FEW)


def test_all_makes_encoders_and_a_fusion_that_fit_each_other(made: tuple[Path, str]) -> None:
    folder, said = made
    named = tomllib.loads(said[said.index("[encoders]") :])["encoders"]
    assert named == {name: str(folder.resolve() / name) for name in PARTS}
    text, geometry = TextEncoder.load(named["text"]), GeometryEncoder.load(named["geometry"])
    assert FusedLatent.load(Path(named["fusion"]), text=text, geometry=geometry).dim > 0


def test_every_card_states_its_own_command_and_what_it_was_made_from(made: tuple[Path, str]) -> None:
    cards = {name: (made[0] / name / "MODEL_CARD.md").read_text(encoding="utf-8") for name in PARTS}
    for name, command in zip(PARTS, ("text", "geometry", "align"), strict=True):
        assert (
            f"Make it again: `polyloop pretrain {command} --corpus corpus.parquet --out {name} --steps 2"
            in cards[name]
        )
        for fact in (
            "hash of the corpus",
            "revision of the labels, physics",
            "version of torch",
            "precision",
        ):
            assert f"| {fact} | " in cards[name]
    assert "--text text --geometry geometry" in cards["fusion"]
    assert len({re.findall(r"hash of the corpus \| (\w+)", card)[0] for card in cards.values()}) == 1


def test_the_same_command_goes_on_with_what_is_there(made: tuple[Path, str]) -> None:
    folder = made[0]
    files = [folder / "corpus.parquet", *(folder / name / "model.safetensors" for name in PARTS)]
    before = [file_hash(file) for file in files]
    labelled = {path: path.stat().st_mtime_ns for path in (folder / "corpus.labels").rglob("*.safetensors")}
    (folder / "fusion" / "MODEL_CARD.md").unlink()
    run("all", "--out", folder, *FEW)
    assert [file_hash(file) for file in files] == before
    assert {path: path.stat().st_mtime_ns for path in labelled} == labelled
    assert (folder / "fusion" / "MODEL_CARD.md").is_file()
    steps = [json.loads(line) for line in (folder / "text.work" / "losses.jsonl").read_text().splitlines()]
    assert [line["step"] for line in steps if not line["held_out"]] == [1, 2]


def test_a_folder_that_was_begun_with_other_options_is_refused(made: tuple[Path, str]) -> None:
    said = run("all", "--out", made[0], *FEW, "--seed", "1", code=3)
    assert "was begun with corpus seed 0, not 1" in " ".join(said.split())


@pytest.mark.parametrize("name", ["corpus.parquet", "corpus.labels", *PARTS])
def test_what_the_user_has_there_is_not_taken_for_begun(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert f"holds {name} already" in " ".join(run("all", "--out", tmp_path, *FEW, code=3).split())
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("plan", ["{", "[]"])
def test_a_damaged_plan_is_told(tmp_path: Path, plan: str) -> None:
    (tmp_path / "plan.json").write_text(plan)
    assert "cannot be read" in " ".join(run("all", "--out", tmp_path, *FEW, code=3).split())


def test_all_goes_on_where_it_was_interrupted(
    made: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine"
    with monkeypatch.context() as broken:
        broken.setattr(GeometryLesson, "batches", interrupted)
        run("all", "--out", folder, *FEW, code=130)
    assert (folder / "text" / "model.safetensors").is_file()
    assert not (folder / "geometry").exists()
    run("all", "--out", folder, *FEW)
    assert file_hash(folder / "text" / "model.safetensors") == file_hash(
        made[0] / "text" / "model.safetensors"
    )
    # geometry sums in an order of the moment, and the fusion reads its vectors
    for name in ("geometry", "fusion"):
        resumed, unbroken = (load_file(root / name / "model.safetensors") for root in (folder, made[0]))
        for tensor in unbroken:
            torch.testing.assert_close(resumed[tensor], unbroken[tensor], rtol=1e-3, atol=1e-4)


def interrupted(*_: object) -> Iterator[tuple[object, ...]]:
    raise KeyboardInterrupt


def test_a_corpus_is_written_and_counted_by_class(tmp_path: Path) -> None:
    out = run("corpus", "--size", "60", "--out", tmp_path / "corpus.parquet")
    assert "imide" in out
    assert (tmp_path / "corpus.parquet").is_file()
