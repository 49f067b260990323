"""An instruction-tuned model: loaded like a text encoder, never asked twice, and heard only where its answer has an end."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from discovery.encoders.loading import Loading
from discovery.encoders.memory import Machine
from discovery.errors import PretrainingError, WeightsError
from discovery.pretraining.descriptions.instructed_model import (
    UNFINISHED,
    Generation,
    InstructedModel,
    whole_answer,
)

Saved = Callable[..., Path]
SHORT = Generation(new_tokens=12, batch=2)


def ended_at_once(source: Path, kept: Path) -> InstructedModel:
    """A model that takes whatever it says first for the end of its answer."""
    model = InstructedModel.load(str(source), generation=SHORT, folder=kept)
    model.model.generation_config.eos_token_id = list(range(len(model.tokenizer)))
    return model


def test_nothing_is_generated_twice(babbler: Path, tmp_path: Path) -> None:
    told: list[str] = []

    def tell(done: int, total: int | None, what: str) -> None:
        told.append(f"{what} {done}/{total}")

    model = ended_at_once(babbler, tmp_path)
    first = model.answers(["one", "two", "three"], "drafts", tell)
    assert told == ["drafts 2/3", "drafts 3/3"]
    assert all(first)
    again = ended_at_once(babbler, tmp_path)
    assert again.answers(["three", "one", "four"], "drafts", tell)[:2] == [first[2], first[0]]
    assert told[2:] == ["drafts 1/1"]


def test_an_answer_that_is_cut_at_the_most_tokens_is_no_answer(babbler: Path, tmp_path: Path) -> None:
    model = InstructedModel.load(str(babbler), generation=SHORT, folder=tmp_path)
    assert model.answers(["one", "two"], "drafts") == [UNFINISHED, UNFINISHED]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("A polyether.", "A polyether."),
        ("<think>Which one?</think> A polyether.", "A polyether."),
        ("Which one?</think>\nA polyether.", "A polyether."),  # the template has opened the thoughts
        ("<think>Which one? It has", UNFINISHED),
        ("<think>a</think> b <think>c", UNFINISHED),
    ],
)
def test_thoughts_are_no_part_of_an_answer(text: str, answer: str) -> None:
    assert whole_answer(text) == answer


def test_a_model_that_memory_cannot_hold_is_refused_before_it_is_loaded(babbler: Path) -> None:
    with pytest.raises(WeightsError, match=r"babbler has 0\.0 billion parameters and needs") as caught:
        InstructedModel.load(str(babbler), machine=Machine("cpu", free=1000, gpus=0, main=1000))
    assert "smaller" in caught.value.hint


def test_the_number_format_can_be_named(babbler: Path, tmp_path: Path) -> None:
    model = InstructedModel.load(str(babbler), loading=Loading("bfloat16"), folder=tmp_path)
    assert model.model.dtype == torch.bfloat16


def test_four_bits_are_refused_without_a_gpu(babbler: Path) -> None:
    with pytest.raises(WeightsError, match="4-bit weights need a CUDA GPU"):
        InstructedModel.load(str(babbler), loading=Loading(quantization="4bit"), device="cpu")


@pytest.mark.skipif(
    not torch.cuda.is_available() or find_spec("bitsandbytes") is None,
    reason="needs a CUDA GPU and bitsandbytes",
)
def test_a_model_in_four_bits_answers_and_shares_no_answers(babbler: Path, tmp_path: Path) -> None:
    whole = InstructedModel.load(str(babbler), generation=SHORT, folder=tmp_path)
    small = InstructedModel.load(
        str(babbler), generation=SHORT, folder=tmp_path, loading=Loading(quantization="4bit")
    )
    assert small.model.is_quantized
    for model in (whole, small):
        model.answers(["one"], "drafts")
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 2


def test_a_fault_of_its_files_is_not_told_as_one_of_a_text_encoder(babbler: Path, tmp_path: Path) -> None:
    shutil.copytree(babbler, tmp_path / "without")
    (tmp_path / "without" / "model.safetensors").unlink()
    with pytest.raises(WeightsError, match="The describing model"):
        InstructedModel.load(str(tmp_path / "without"))


def test_a_model_without_a_chat_template_is_refused(random_llama: Saved, tmp_path: Path) -> None:
    base = random_llama(tmp_path / "base", chat_template=None)
    with pytest.raises(WeightsError, match="no chat template"):
        InstructedModel.load(str(base))


def test_a_model_without_its_head_is_refused(babbler: Path, tmp_path: Path) -> None:
    shutil.copytree(babbler, tmp_path / "headless")
    weights = tmp_path / "headless" / "model.safetensors"
    kept = {name: tensor for name, tensor in load_file(weights).items() if "lm_head" not in name}
    save_file(kept, weights, metadata={"format": "pt"})
    with pytest.raises(WeightsError, match=r"lacks 1 of the model's tensors, such as lm_head\.weight"):
        InstructedModel.load(str(tmp_path / "headless"))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="There is no folder"):
        InstructedModel.load(str(tmp_path / "nowhere"))


def test_a_prompt_longer_than_the_model_reads_is_refused(random_llama: Saved, tmp_path: Path) -> None:
    short = random_llama(tmp_path / "short", positions=32)
    model = InstructedModel.load(str(short), generation=SHORT, folder=tmp_path / "kept")
    with pytest.raises(PretrainingError, match="reads 32 tokens"):
        model.answers(["a prompt of more than thirty-two letters"], "drafts")
