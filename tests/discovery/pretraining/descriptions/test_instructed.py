"""A language model's descriptions: prompted in two stages, kept on disk, and taken only where their numbers hold."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

from discovery.encoders.tokenizer import build_tokenizer
from discovery.errors import PretrainingError, WeightsError
from discovery.polymers import RepeatUnit
from discovery.pretraining.descriptions.descriptions import described
from discovery.pretraining.descriptions.facts import Facts, facts_of
from discovery.pretraining.descriptions.instructed import (
    Generation,
    InstructedModel,
    account,
    correction_prompt,
    draft_prompt,
    instructed_descriptions,
    judged,
)

UNITS = [RepeatUnit.parse(text) for text in ("*CCO*", "*CC(*)c1ccccc1", "*CC(*)C")]
CLASSES = ["polyether", "vinyl", "vinyl"]
CHAT = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}[answer] {% endif %}"
SHORT = Generation(new_tokens=12, batch=2)


def save(folder: Path, *, chat_template: str | None, positions: int = 4096) -> Path:
    """A random Llama that answers in single letters."""
    tokenizer = build_tokenizer()
    tokenizer.chat_template = chat_template
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=positions,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("instructed") / "babbler", chat_template=CHAT)


@pytest.fixture(scope="module")
def facts() -> list[Facts]:
    return facts_of(UNITS, CLASSES)


def stating(facts: Facts) -> str:
    """What a model that follows the instructions would write."""
    return f"A polymer. {' '.join(f'The {n.quantity.words}: {n}.' for n in facts.numbers)}"


def test_gibberish_is_rejected_replaced_by_template_and_accounted_for(
    folder: Path, facts: list[Facts], tmp_path: Path
) -> None:
    model = InstructedModel.load(str(folder), generation=SHORT, folder=tmp_path)
    made = instructed_descriptions(UNITS, CLASSES, model, seed=3)
    assert [d.unit for d in made] == UNITS
    for description, known in zip(made, facts, strict=True):
        assert description.maker == "template"
        assert description.text == described(known, 3)
        assert description.remarks.startswith("text of babbler ")
    found = account(made)
    assert (found.taken, found.contradicting + found.silent) == (0, len(UNITS))


def test_nothing_is_generated_twice(folder: Path, tmp_path: Path) -> None:
    told: list[str] = []

    def tell(done: int, total: int | None, what: str) -> None:
        told.append(f"{what} {done}/{total}")

    model = InstructedModel.load(str(folder), generation=SHORT, folder=tmp_path)
    first = model.answers(["one", "two", "three"], "drafts", tell)
    assert told == ["drafts 2/3", "drafts 3/3"]
    again = InstructedModel.load(str(folder), generation=SHORT, folder=tmp_path)
    assert again.answers(["three", "one", "four"], "drafts", tell)[:2] == [first[2], first[0]]
    assert told[2:] == ["drafts 1/1"]


def test_both_stages_hold_structure_and_numbers_and_the_second_the_draft(facts: list[Facts]) -> None:
    known = facts[1]
    draft, correction = draft_prompt(known), correction_prompt(known, "It is a PLASTIC.")
    for prompt in (draft, correction):
        assert known.unit.psmiles in prompt
        for number in known.numbers:
            assert f"- {number.quantity.words}: {number}\n" in prompt
    assert "Its class is vinyl." in draft
    assert "It is a PLASTIC." in correction


def test_a_text_with_the_right_numbers_is_taken(facts: list[Facts]) -> None:
    description = judged(facts[0], stating(facts[0]), "writer", 0)
    assert (description.text, description.maker, description.remarks) == (stating(facts[0]), "writer", "")


def test_a_text_with_a_number_from_nowhere_is_taken_and_flagged(facts: list[Facts]) -> None:
    description = judged(facts[0], f"{stating(facts[0])} It melts within 87 hours.", "writer", 0)
    assert description.maker == "writer"
    assert description.remarks == "on no list: 87"
    assert account([description]).flagged == 1


def test_a_text_with_a_wrong_number_is_replaced_and_the_number_named(facts: list[Facts]) -> None:
    mass = next(n for n in facts[0].numbers if n.quantity.name == "mass")
    text = stating(facts[0]).replace(str(mass), "99.9 g/mol")
    description = judged(facts[0], text, "writer", 0)
    assert description.maker == "template"
    assert f"repeat-unit mass 99.9 g/mol, not {mass}" in description.remarks
    assert account([description]).contradicting == 1


def test_a_model_without_a_chat_template_is_refused(tmp_path: Path) -> None:
    base = save(tmp_path / "base", chat_template=None)
    with pytest.raises(WeightsError, match="no chat template"):
        InstructedModel.load(str(base))


def test_a_model_without_its_head_is_refused(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "headless")
    weights = tmp_path / "headless" / "model.safetensors"
    kept = {name: tensor for name, tensor in load_file(weights).items() if "lm_head" not in name}
    save_file(kept, weights, metadata={"format": "pt"})
    with pytest.raises(WeightsError, match=r"lacks 1 of the model's tensors, such as lm_head\.weight"):
        InstructedModel.load(str(tmp_path / "headless"))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="There is no folder"):
        InstructedModel.load(str(tmp_path / "nowhere"))


def test_a_prompt_longer_than_the_model_reads_is_refused(tmp_path: Path) -> None:
    short = save(tmp_path / "short", chat_template=CHAT, positions=32)
    model = InstructedModel.load(str(short), generation=SHORT, folder=tmp_path / "kept")
    with pytest.raises(PretrainingError, match="reads 32 tokens"):
        model.answers(["a prompt of more than thirty-two letters"], "drafts")
