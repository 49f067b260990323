"""The steps of ``polyloop pretrain`` one by one: their options reach the run, and its card."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from transformers import LlamaConfig, LlamaForCausalLM

from campaigns.cli.main import polyloop
from discovery.encoders.tokenizer import build_tokenizer
from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.corpus import CorpusEntry, write_corpus
from discovery.pretraining.descriptions.description import read_descriptions


def ask(*arguments: str | Path, code: int = 0) -> str:
    result = CliRunner().invoke(polyloop, ["pretrain", *(str(argument) for argument in arguments)])
    assert result.exit_code == code, result.output
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
    assert "--precision bf16 --seed 0 --without physics --without consistency`" in told
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


def test_descriptions_are_of_the_polymers_that_align_draws(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "d.parquet"
    told = json.loads(ask("describe", "--corpus", corpus, "--out", out, "--polymers", "36", "--json"))
    assert told["descriptions"] == len(read_descriptions(out)) == 3 * 36
    assert (told["taken"], told["remarks"]) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--descriptions", __file__, "--describe-with", "x/y"), "exclude each other"),
        (("--without", "descriptions", "--describe-with", "x/y"), "leaves no use for descriptions"),
        (("--without", "consistency"), "is not one of"),
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
