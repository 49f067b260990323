"""The steps of ``polyloop pretrain`` one by one: their options reach the run, and its card."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import tomli_w
import torch
from click.testing import CliRunner
from transformers import LlamaConfig, LlamaForCausalLM

from campaigns.cli.main import polyloop
from campaigns.cli.pretrain import usual
from campaigns.cli.pretrain.drawn import for_encoder, trained_on
from campaigns.cli.schemas.validation import validated
from campaigns.spec import CampaignSpec
from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.text import TextEncoder
from discovery.encoders.tokenizer import build_tokenizer
from discovery.latent.fusion import FusedLatent
from discovery.polymers import RepeatUnit
from discovery.pretraining.alignment.network import Alignment
from discovery.pretraining.corpus.corpus import CorpusEntry, read_corpus, write_corpus
from discovery.pretraining.corpus.sampling import alignment_sample, set_apart
from discovery.pretraining.descriptions.description import (
    Description,
    read_descriptions,
    write_descriptions,
)
from discovery.pretraining.geometry.network import GeometryTraining
from discovery.pretraining.text.network import TextTraining


def ask(*arguments: str | Path, code: int = 0) -> str:
    result = CliRunner().invoke(polyloop, ["pretrain", *(str(argument) for argument in arguments)])
    assert result.exit_code == code, result.output
    if "--json" in arguments and code == 0:
        validated(["pretrain", *arguments], result.stdout)
    return result.output


def card(out: Path) -> str:
    return (out / "MODEL_CARD.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of forty, whose labels are kept beside it."""
    ends = ("", "C", "CC", "O", "F", "(C)C", "C#N", "C(=O)OC")
    units = [RepeatUnit.parse(f"*C{a}C(*)C{b}") for a in ("", "C", "O", "S", "CC") for b in ends]
    path = tmp_path_factory.mktemp("pretrain") / "corpus.parquet"
    write_corpus(path, [CorpusEntry(unit, "vinyl") for unit in dict.fromkeys(units)])
    ask("labels", "--corpus", path)
    return path


def test_labels_are_kept_beside_the_corpus_and_not_computed_twice(corpus: Path) -> None:
    kept = {
        path: path.stat().st_mtime_ns for path in corpus.with_name("corpus.labels").rglob("*.safetensors")
    }
    assert len(kept) == 2
    told = json.loads(ask("labels", "--corpus", corpus, "--json"))
    assert (told["polymers"], told["blocks"]) == (40, ["structure", "physics"])
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_labels_can_be_kept_elsewhere(corpus: Path, tmp_path: Path) -> None:
    ask("labels", "--corpus", corpus, "--labels", tmp_path / "kept")
    assert len(list((tmp_path / "kept").rglob("*.safetensors"))) == 2


@pytest.fixture(scope="module")
def text(corpus: Path) -> Path:
    """A text encoder that was trained with every option that changes it."""
    out = corpus.with_name("text")
    left_out = ("--without", "physics", "--without", "consistency")
    changed = (
        "--steps",
        "2",
        "--batch",
        "8",
        "--vocabulary",
        "0",
        "--precision",
        "bf16",
        "--save-every",
        "1",
    )
    ask("text", "--corpus", corpus, "--out", out, *changed, *left_out, "--threads", "1")
    return out


def test_what_is_left_out_of_text_is_in_no_loss(text: Path) -> None:
    lines = (text.with_name("text.work") / "losses.jsonl").read_text().splitlines()
    terms = {name for line in lines for name in json.loads(line)}
    assert {"token", "structure"} <= terms
    assert not {"physics", "consistency"} & terms
    assert "labels, physics" not in card(text)


def test_the_options_of_text_are_in_its_card(text: Path) -> None:
    told = card(text)
    assert "--precision bf16 --seed 0 --threads 1 --without physics --without consistency`" in told
    assert "group-contribution" not in told
    for fact in (
        "precision | bf16",
        "consistency | 0.0",
        "device | 1 CPU threads",
        "batch | 8",
        "save_every | 1",
    ):
        assert f"| {fact} |" in told


def test_what_is_left_out_of_geometry_is_in_no_loss(corpus: Path) -> None:
    out = corpus.with_name("geometry")
    changed = ("--steps", "1", "--batch", "8", "--polymers", "36", "--precision", "fp32")
    ask("geometry", "--corpus", corpus, "--out", out, *changed, "--without", "structure", "--threads", "1")
    terms = json.loads((out.with_name("geometry.work") / "losses.jsonl").read_text().splitlines()[0])
    assert "physics" in terms
    assert "structure" not in terms
    assert "| precision | fp32 |" in card(out)


def test_more_polymers_than_there_are_is_told_and_the_card_has_the_real_number(corpus: Path) -> None:
    out, there = corpus.with_name("greedy"), for_encoder(read_corpus(corpus))
    changed = ("--steps", "1", "--batch", "8", "--polymers", "200", "--threads", "1")
    said = " ".join(ask("geometry", "--corpus", corpus, "--out", out, *changed).split())
    assert f"200 polymers were wanted for geometry, and the corpus has {there} for it" in said
    assert f"trained on {trained_on(out)} polymers" in said
    assert f"| polymers | {there} |" in card(out)


def test_a_line_a_stage_where_nobody_watches(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "d.parquet"
    result = CliRunner().invoke(
        polyloop, ["pretrain", "describe", "--corpus", str(corpus), "--out", str(out), "--polymers", "32"]
    )
    lines = result.stderr.splitlines()
    assert len(lines) == len(set(lines)) >= 2
    assert lines[0].endswith(": 40 to do")


@pytest.mark.parametrize(
    ("told", "settings"),
    [(usual.TEXT, TextTraining()), (usual.GEOMETRY, GeometryTraining()), (usual.ALIGN, Alignment())],
)
def test_help_tells_the_defaults_of_the_runs(
    told: usual.Usual, settings: TextTraining | GeometryTraining | Alignment
) -> None:
    for name, value in asdict(told).items():
        assert value == getattr(settings, name, 0), name


def test_help_of_training_imports_nothing_heavy() -> None:
    code = (
        "import sys, click.testing; from campaigns.cli.main import polyloop;"
        "runs = [click.testing.CliRunner().invoke(polyloop, ['pretrain', name, '--help']) for name in "
        "('text', 'geometry', 'align', 'all', 'describe')];"
        "assert all('by default' in run.stdout for run in runs);"
        "print([name for name in ('torch', 'transformers', 'rdkit', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_descriptions_are_of_the_polymers_that_align_draws(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "d.parquet"
    told = json.loads(ask("describe", "--corpus", corpus, "--out", out, "--polymers", "36", "--json"))
    entries = read_corpus(corpus)
    drawn = {entries[i].unit.key for i in alignment_sample(entries, 36, Alignment().seed)}
    described = [each.unit.key for each in read_descriptions(out)]
    assert told["descriptions"] == len(described) == 3 * 36
    assert set(described) == drawn
    assert (told["taken"], told["remarks"]) == (0, [])


@pytest.fixture(scope="module")
def campaign(corpus: Path, tiny_text_folder: Path, tiny_geometry_folder: Path) -> Path:
    """A folder with a campaign.toml that names encoders, and how the text encoder is loaded."""
    folder = corpus.with_name("a campaign")
    folder.mkdir()
    encoders = {"text": str(tiny_text_folder), "geometry": str(tiny_geometry_folder), "dtype": "bfloat16"}
    spec = {
        "name": "a",
        "objectives": [{"name": "tg", "direction": "max", "unit": "K"}],
        "pool": {"polymers": "pool.csv"},
        "encoders": encoders,
    }
    (folder / "campaign.toml").write_bytes(tomli_w.dumps(spec).encode())
    return folder


@pytest.fixture(scope="module")
def aligned(corpus: Path, campaign: Path) -> tuple[Path, dict[str, object]]:
    """A fusion for the encoders of a campaign with some of the descriptions, and what was answered."""
    out, some = corpus.with_name("fusion"), corpus.with_name("some.parquet")
    unit = read_corpus(corpus)[0].unit
    write_descriptions(some, [Description(unit, "A polymer of 3 rings. It has 2 ends.")])
    short = ("--steps", "1", "--batch", "8", "--polymers", "40", "--threads", "1", "--descriptions", some)
    told = ask("align", "--corpus", corpus, "--out", out, "--campaign", campaign, *short, "--json")
    return out, json.loads(told)


def test_align_takes_encoders_from_a_campaign_as_it_loads_them(
    aligned: tuple[Path, dict[str, object]], campaign: Path
) -> None:
    named = CampaignSpec.load(campaign / "campaign.toml").encoders
    text = TextEncoder.load(named.text, loading=named.loading)
    geometry = GeometryEncoder.load(named.geometry)
    assert text.model.dtype == torch.bfloat16
    assert FusedLatent.load(aligned[0], text=text, geometry=geometry).text_revision == text.revision
    assert "--threads 1 --campaign 'a campaign' --descriptions some.parquet`" in card(aligned[0])


def test_align_tells_what_it_was_drawn_from(aligned: tuple[Path, dict[str, object]], corpus: Path) -> None:
    told = aligned[1]
    seen = int((~set_apart(read_corpus(corpus))).sum())
    assert (told["polymers"], told["not_set_apart"], told["described"]) == (40, seen, 1)
    assert "are not of the eighth that is set apart" in card(aligned[0])


def test_a_folder_of_something_else_is_refused_before_anything_is_computed(
    corpus: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "campaign.toml").touch()
    for command in ("text", "geometry", "align"):
        kept = tmp_path / "labels"
        said = ask(command, "--corpus", corpus, "--out", tmp_path / "mine", "--labels", kept, code=3)
        assert "did not write them" in " ".join(said.split())
        assert not kept.exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--descriptions", __file__, "--describe-with", "x/y"), "exclude each other"),
        (("--without", "descriptions", "--describe-with", "x/y"), "leaves no use for --descriptions"),
        (("--without", "consistency"), "is not one of"),
        (("--campaign", ".", "--text", "bundled"), "names both encoders"),
        (("--out", "."), "is no name of a folder"),
    ],
)
def test_options_of_align_that_make_no_sense_are_refused(
    corpus: Path, tmp_path: Path, arguments: tuple[str, ...], reason: str
) -> None:
    out = () if "--out" in arguments else ("--out", tmp_path / "fusion")
    assert reason in ask("align", "--corpus", corpus, *out, *arguments, code=2)
    assert not (tmp_path / "fusion").exists()


@pytest.mark.parametrize("command", ["describe", "align"])
def test_a_model_none_of_whose_texts_can_be_taken_is_an_error_with_a_hint(
    corpus: Path, tmp_path: Path, command: str
) -> None:
    model, out = babbler(tmp_path / "babbler"), tmp_path / "out"
    named = {"describe": "--model", "align": "--describe-with"}[command]
    said = ask(command, "--corpus", corpus, "--out", out, named, model, "--polymers", "32", code=2)
    assert "None of the 32 texts of babbler can stand for its polymer" in " ".join(said.split())
    assert "by template" in " ".join(said.split())
    assert not out.exists()


def babbler(folder: Path) -> Path:
    """A random language model with a chat template, none of whose answers comes to an end."""
    tokenizer = build_tokenizer()
    tokenizer.chat_template = "{% for m in messages %}{{ m.content }}{% endfor %}"
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        max_position_embeddings=1 << 14,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
