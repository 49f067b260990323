"""The bundled encoders can be made again: every step of ``polyloop pretrain``, on a corpus small enough for a test."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from campaigns.cli.main import polyloop
from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.text import TextEncoder
from discovery.latent.fusion import FusedLatent
from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.corpus import CorpusEntry, write_corpus


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(polyloop, ["pretrain", *(str(argument) for argument in arguments)])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ends = ("", "C", "CC", "O", "F", "(C)C", "C#N", "C(=O)OC")
    units = [RepeatUnit.parse(f"*C{a}C(*)C{b}") for a in ("", "C", "O", "S", "CC") for b in ends]
    path = tmp_path_factory.mktemp("pretrain") / "corpus.parquet"
    write_corpus(path, [CorpusEntry(unit, "vinyl") for unit in dict.fromkeys(units)])
    return path


def test_a_corpus_is_written_and_counted_by_class(tmp_path: Path) -> None:
    out = run("corpus", "--size", "60", "--out", tmp_path / "corpus.parquet")
    assert "imide" in out
    assert (tmp_path / "corpus.parquet").is_file()


def test_text_geometry_descriptions_and_fusion_are_made_in_turn_and_fit_each_other(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLYLOOP_CACHE", str(tmp_path / "cache"))
    text, geometry, fusion = (tmp_path / name for name in ("text", "geometry", "fusion"))
    run("text", "--corpus", corpus, "--out", text, "--steps", "2")
    run("geometry", "--corpus", corpus, "--out", geometry, "--steps", "2", "--polymers", "36")
    described = tmp_path / "descriptions.parquet"
    run("describe", "--corpus", corpus, "--out", described, "--polymers", "36")
    run(
        *("align", "--corpus", corpus, "--text", text, "--geometry", geometry, "--out", fusion),
        *("--descriptions", described, "--steps", "2", "--polymers", "36"),
    )
    encoders = TextEncoder.load(str(text)), GeometryEncoder.load(str(geometry))
    assert FusedLatent.load(fusion, text=encoders[0], geometry=encoders[1]).dim > 0
    for folder in (text, geometry, fusion):
        card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
        assert "polyloop pretrain" in card
