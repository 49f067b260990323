"""Training of the text encoder: it goes on where it stopped, and its checkpoint is one that the encoder reads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from discovery.bundled import file_hash
from discovery.encoders.text import TextEncoder
from discovery.encoders.tokenizer import build_tokenizer
from discovery.errors import PretrainingError
from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.corpus import CorpusEntry
from discovery.pretraining.corpus.sampling import set_apart
from discovery.pretraining.labels import Labels, read_labels
from discovery.pretraining.loop.curves import read_records
from discovery.pretraining.text.network import MAX_TOKENS, PolymerWriter, TextTraining
from discovery.pretraining.text.training import TextLesson, train

TINY = TextTraining(
    vocabulary=0,
    consistency=0.5,
    steps=6,
    batch=4,
    hidden=16,
    layers=2,
    heads=2,
    save_every=2,
    seed=0,
    learning_rate=1e-2,
)


class Stopped(Exception):  # noqa: N818  # an interruption, not an error
    pass


@pytest.fixture(scope="module")
def entries(tiny_polymers: tuple[RepeatUnit, ...]) -> list[CorpusEntry]:
    return [CorpusEntry(unit, "polyether") for unit in tiny_polymers[:20]]


@pytest.fixture(scope="module")
def labels(entries: list[CorpusEntry], tmp_path_factory: pytest.TempPathFactory) -> Labels:
    return read_labels(entries, tmp_path_factory.mktemp("labels"))


@pytest.fixture(scope="module")
def unbroken(entries: list[CorpusEntry], labels: Labels, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with ``out`` and ``work`` of a run that was never interrupted."""
    folder = tmp_path_factory.mktemp("text")
    train(entries, labels, folder / "out", folder / "work", TINY, command="polyloop pretrain text --steps 6")
    return folder


def test_an_interrupted_run_ends_with_the_weights_of_an_unbroken_one(
    entries: list[CorpusEntry], labels: Labels, unbroken: Path, tmp_path: Path
) -> None:
    def stop(done: int, total: int | None, what: str) -> None:
        if what.startswith("training") and done == 5:
            raise Stopped

    with pytest.raises(Stopped):
        train(entries, labels, tmp_path / "out", tmp_path / "work", TINY, progress=stop)
    told: list[int] = []
    train(
        entries,
        labels,
        tmp_path / "out",
        tmp_path / "work",
        TINY,
        progress=lambda done, total, what: told.append(done) if what.startswith("training") else None,
    )
    assert told == [5, 6]  # four steps were saved
    resumed = load_file(tmp_path / "out" / "model.safetensors")
    for name, tensor in load_file(unbroken / "out" / "model.safetensors").items():
        assert torch.equal(tensor, resumed[name]), name


def test_training_takes_no_random_numbers_from_the_callers_generator(
    entries: list[CorpusEntry], labels: Labels, tmp_path: Path
) -> None:
    before = torch.random.get_rng_state()
    train(entries, labels, tmp_path / "out", tmp_path / "work", replace(TINY, steps=1))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_text_encoder_reads_the_checkpoint(entries: list[CorpusEntry], unbroken: Path) -> None:
    encoder = TextEncoder.load(str(unbroken / "out"))
    encoding = encoder.encode([entry.unit for entry in entries])
    assert encoding.vectors.shape == (len(entries), TINY.hidden)
    assert np.isfinite(encoding.vectors).all()
    text = "*c1c[nH]c(Cl)c1*"
    assert encoder.tokenizer(text)["input_ids"] == build_tokenizer()(text)["input_ids"]


def test_the_checkpoint_holds_the_trained_weights_and_no_label_head(unbroken: Path) -> None:
    state = json.loads((unbroken / "work" / "state" / "state.json").read_text())
    trained = load_file(unbroken / "work" / "state" / state["tensors"])
    written = load_file(unbroken / "out" / "model.safetensors")
    assert not any("label_head" in name for name in written)
    assert written
    for name, tensor in written.items():
        assert torch.equal(trained[f"model.llama.{name}"].half(), tensor)


def test_the_configuration_names_the_hash_of_the_weights_and_the_facts(unbroken: Path) -> None:
    config = json.loads((unbroken / "out" / "config.json").read_text())
    assert config["weights_sha256"] == file_hash(unbroken / "out" / "model.safetensors")
    assert config["training"]["steps"] == TINY.steps
    assert config["training"]["polymers"] == 20


def test_the_model_card_names_command_data_steps_losses_and_seed(unbroken: Path) -> None:
    card = (unbroken / "out" / "MODEL_CARD.md").read_text()
    assert "`polyloop pretrain text --steps 6`" in card
    for fact in ("polymers | 20", "held out | 4", "steps | 6", "seed | 0"):
        assert f"| {fact} |" in card
    for fact in ("held-out token", "held-out physics", "parameters", "minutes"):
        assert f"| {fact} | " in card


def test_polymers_that_are_longer_than_the_encoder_reads_are_told(tmp_path: Path) -> None:
    chains = [RepeatUnit.parse(f"*{'C(F)' * n}O*") for n in range(120, 140)]
    entries = [CorpusEntry(unit, "polyether") for unit in chains]
    values = np.zeros((len(entries), 1), np.float16)
    labels = Labels(("none",), {"structure": slice(0, 1)}, values, "test", "test", {"structure": "test"})
    lesson = TextLesson(entries, labels, TINY, "")
    long = sum(len(chains[i].psmiles) + 2 > MAX_TOKENS for i in lesson.training)
    lesson.export(tmp_path, {})
    assert long > 0
    assert (
        f"| trained on, canonical text cut at 512 tokens | {long} |"
        in (tmp_path / "MODEL_CARD.md").read_text()
    )


def test_every_step_is_in_the_log_and_in_the_picture(unbroken: Path) -> None:
    records = read_records(unbroken / "work" / "losses.jsonl")
    assert [record.step for record in records if not record.held_out] == [1, 2, 3, 4, 5, 6]
    assert [record.step for record in records if record.held_out] == [2, 4, 6]
    assert (unbroken / "out" / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert "(curves.png)" in (unbroken / "out" / "MODEL_CARD.md").read_text()


def test_an_interrupted_run_leaves_an_encoder(
    entries: list[CorpusEntry], labels: Labels, tmp_path: Path
) -> None:
    def stop(done: int, total: int | None, what: str) -> None:
        if done == 3:
            raise Stopped

    with pytest.raises(Stopped):
        train(entries, labels, tmp_path / "out", tmp_path / "work", TINY, progress=stop)
    assert "| steps done | 2 |" in (tmp_path / "out" / "MODEL_CARD.md").read_text()
    assert TextEncoder.load(str(tmp_path / "out")).dim == TINY.hidden


def test_training_lowers_the_loss_of_tokens_and_labels(
    entries: list[CorpusEntry], labels: Labels, tmp_path: Path
) -> None:
    train(
        entries, labels, tmp_path / "out", tmp_path / "work", replace(TINY, steps=40, batch=15, save_every=40)
    )
    records = [r for r in read_records(tmp_path / "work" / "losses.jsonl") if not r.held_out]
    for name in ("token", "structure", "physics"):
        first, last = (float(np.mean([r.terms[name] for r in part])) for part in (records[:5], records[-5:]))
        assert last < 0.9 * first, name


def test_the_consistency_term_brings_writings_nearer_than_chains(
    entries: list[CorpusEntry], labels: Labels, tmp_path: Path
) -> None:
    def ratio(weight: float) -> float:
        settings = replace(TINY, steps=40, batch=15, save_every=40, consistency=weight)
        work = tmp_path / f"work-{weight}"
        train(entries, labels, tmp_path / f"out-{weight}", work, settings)
        return read_records(work / "losses.jsonl")[-1].terms["cosine ratio"]

    assert ratio(3.0) > ratio(0.0)


def test_without_its_weight_there_is_no_consistency_term(
    entries: list[CorpusEntry], labels: Labels, tmp_path: Path
) -> None:
    train(entries, labels, tmp_path / "out", tmp_path / "work", replace(TINY, steps=1, consistency=0.0))
    assert all("consistency" not in r.terms for r in read_records(tmp_path / "work" / "losses.jsonl"))


def test_what_is_held_out_never_enters_a_batch(entries: list[CorpusEntry], labels: Labels) -> None:
    families = [replace(entry, held_out=i % 3 == 0) for i, entry in enumerate(entries)]
    lesson = TextLesson(families, labels, replace(TINY, vocabulary=200), "")
    seen = {
        RepeatUnit.parse(lesson.tokenizer.decode(row, skip_special_tokens=True)).key
        for tokens, _, _ in lesson.batches(0)
        for row in tokens
    }
    assert seen <= {entry.unit.key for entry in families if not entry.held_out}
    assert len(seen) > 4


def test_what_is_set_apart_for_alignment_is_neither_trained_on_nor_measured(
    entries: list[CorpusEntry], labels: Labels
) -> None:
    lesson = TextLesson(entries, labels, TINY, "")
    apart = set(np.flatnonzero(set_apart(entries)).tolist())
    assert apart
    assert not apart & {*lesson.training.tolist(), *lesson.held_out.tolist()}


def test_a_byte_pair_checkpoint_is_read_by_the_encoder(
    entries: list[CorpusEntry], labels: Labels, tmp_path: Path
) -> None:
    out = train(entries, labels, tmp_path / "out", tmp_path / "work", replace(TINY, steps=1, vocabulary=150))
    encoder = TextEncoder.load(str(out))
    assert len(encoder.tokenizer) == 150
    assert np.isfinite(encoder.encode([entries[0].unit]).vectors).all()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"hidden": 32}, "another model size"),
        ({"seed": 1}, "with other settings"),
        ({"steps": 7}, "with other settings"),
        ({"learning_rate": 1e-3}, "with other settings"),
    ],
)
def test_a_folder_with_a_run_of_other_settings_is_refused(
    entries: list[CorpusEntry],
    labels: Labels,
    unbroken: Path,
    tmp_path: Path,
    change: dict[str, float],
    reason: str,
) -> None:
    with pytest.raises(PretrainingError, match=reason) as caught:
        train(entries, labels, tmp_path / "out", unbroken / "work", replace(TINY, **change))
    assert "--work" in caught.value.hint


def test_a_folder_with_a_run_on_another_corpus_is_refused(
    tiny_polymers: tuple[RepeatUnit, ...], labels: Labels, unbroken: Path, tmp_path: Path
) -> None:
    others = [CorpusEntry(unit, "polyether") for unit in tiny_polymers[10:30]]
    with pytest.raises(PretrainingError, match="another") as caught:
        train(others, labels, tmp_path / "out", unbroken / "work", TINY)
    assert "--work" in caught.value.hint


def test_a_finished_run_writes_its_checkpoint_again_without_training(
    entries: list[CorpusEntry], labels: Labels, unbroken: Path, tmp_path: Path
) -> None:
    told: list[str] = []
    out = train(
        entries,
        labels,
        tmp_path / "out",
        unbroken / "work",
        TINY,
        progress=lambda done, total, what: told.append(what),
    )
    assert told == []
    assert file_hash(out / "model.safetensors") == file_hash(unbroken / "out" / "model.safetensors")


def test_too_small_a_corpus_is_refused(entries: list[CorpusEntry], labels: Labels, tmp_path: Path) -> None:
    with pytest.raises(PretrainingError, match="polymers are too few"):
        train(entries[:7], labels, tmp_path / "out", tmp_path / "work", TINY)


def test_the_label_head_reads_what_the_encoder_gives_out(tiny_text: TextEncoder) -> None:
    """The mean that is trained on is the mean that is encoded: no begin token, no end token, no padding."""
    tokenizer = build_tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = PolymerWriter(TINY, tokenizer, {"structure": slice(0, 3)}).eval()
    encoder = TextEncoder(model.llama.model, tokenizer, name="text:untrained", weights_hash="untrained")
    units = [RepeatUnit.parse(text) for text in ("*CC*", "*CC(*)c1ccccc1", "*CCO*")]
    pooled = torch.from_numpy(encoder.encode(units).vectors)
    texts = [unit.psmiles + "</s>" for unit in units]
    batch = tokenizer(texts * 2, return_tensors="pt", padding=True)
    with torch.inference_mode():
        wanted = model.label_head(pooled)
        _, terms = model(batch["input_ids"], batch["attention_mask"], labels=wanted)
    assert terms["structure"].item() == pytest.approx(0, abs=1e-10)
