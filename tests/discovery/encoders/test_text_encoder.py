"""The text encoder: what its mean is taken over, what makes its revision, and what it refuses to load."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    BertConfig,
    BertModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from discovery.bundled import bundled_checkpoint
from discovery.encoders.contract import POLYMERS, EncoderContract
from discovery.encoders.encoder import Encoder
from discovery.encoders.text import TextEncoder
from discovery.errors import WeightsError
from discovery.polymers import RepeatUnit

UNITS = [RepeatUnit.parse(text) for text in POLYMERS]


class TestTextEncoder(EncoderContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tiny_text_folder: Path) -> None:
        self.folder = tiny_text_folder

    def make_encoder(self) -> Encoder:
        return TextEncoder.load(str(self.folder))


@pytest.fixture
def folder(tiny_text_folder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny checkpoint that a test may spoil."""
    return Path(shutil.copytree(tiny_text_folder, tmp_path / "checkpoint"))


def edit(folder: Path, **settings: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | settings))


def test_the_vector_is_the_mean_over_the_text_without_the_begin_token(tiny_text: TextEncoder) -> None:
    unit = UNITS[1]
    ids = torch.tensor(tiny_text.tokenizer([unit.psmiles])["input_ids"])
    with torch.inference_mode():
        hidden = tiny_text.model(input_ids=ids).last_hidden_state[0]
    assert ids[0, 0] == tiny_text.tokenizer.bos_token_id
    np.testing.assert_allclose(tiny_text.encode([unit]).vectors[0], hidden[1:].mean(dim=0).numpy(), atol=1e-6)


def test_padding_and_the_begin_token_have_no_weight_in_the_mean(tiny_text: TextEncoder) -> None:
    hidden = torch.tensor([[[100.0], [1.0], [3.0], [100.0]], [[100.0], [1.0], [2.0], [3.0]]])
    mask = torch.tensor([[1, 1, 1, 0], [1, 1, 1, 1]])
    assert tiny_text.pool(hidden, mask).tolist() == [[2.0], [2.0]]


def test_a_unit_has_the_same_vector_among_many_others(tiny_text: TextEncoder) -> None:
    many = [RepeatUnit.parse(f"*{'C' * k}O{'C' * j}S*") for k in range(1, 20) for j in range(1, 20)]
    unit = UNITS[2]
    among = tiny_text.encode([*many[:200], unit, *many[200:]])
    row = among.units.index(unit)
    np.testing.assert_array_equal(among.vectors[row], tiny_text.encode([unit]).vectors[0])


@pytest.fixture(scope="module")
def bundled() -> TextEncoder:
    return TextEncoder.load(device="cpu")


@pytest.mark.parametrize("encoder", ["bundled", "tiny_text"])
def test_vectors_are_the_same_to_the_last_bit_in_any_company(
    encoder: str, request: pytest.FixtureRequest
) -> None:
    text: TextEncoder = request.getfixturevalue(encoder)
    units = [*UNITS, *(RepeatUnit.parse(f"*{'C' * k}O{'C(F)' * (k % 5)}S*") for k in range(1, 40))]
    whole = dict(zip(units, text.encode(units).vectors, strict=True))
    rng = random.Random(0)
    for size in (1, 2, 7, 8, 9, 20, len(units)):
        company = rng.sample(units, size)
        np.testing.assert_array_equal(text.encode(company).vectors, np.stack([whole[u] for u in company]))


def test_a_text_as_long_as_the_model_reads_keeps_its_vector_beside_shorter_ones(
    tiny_text: TextEncoder,
) -> None:
    full, shorter = (RepeatUnit.parse(f"*{'C' * n}O*") for n in (60, 55))
    assert len(tiny_text.tokenizer(full.psmiles)["input_ids"]) == tiny_text.max_tokens
    together = tiny_text.encode([full, shorter]).vectors
    alone = [tiny_text.encode([unit]).vectors[0] for unit in (full, shorter)]
    np.testing.assert_array_equal(together, np.stack(alone))


def test_the_bundled_weights_keep_their_revision(bundled: TextEncoder) -> None:
    """The bundled fusion is tied to it, and so is every vector that users have stored."""
    config = json.loads((bundled_checkpoint("fusion") / "config.json").read_text())
    assert bundled.revision == config["text_revision"]


def test_a_pickle_is_not_opened(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    torch.save({"embed_tokens.weight": torch.zeros(2, 2)}, folder / "pytorch_model.bin")
    with pytest.raises(WeightsError, match="could not be loaded"):
        TextEncoder.load(str(folder))


def test_a_text_over_the_length_of_the_model_is_a_failure_with_its_length(tiny_text: TextEncoder) -> None:
    long = RepeatUnit.parse(f"*{'CO' * 31}S*")
    encoding = tiny_text.encode([UNITS[0], long, UNITS[1]])
    assert encoding.units == (UNITS[0], UNITS[1])
    np.testing.assert_allclose(encoding.vectors, tiny_text.encode(UNITS[:2]).vectors, atol=1e-6)
    (failure,) = encoding.failures
    assert failure.unit == long
    assert failure.reason == f"{len(long.psmiles) + 1} tokens, the model reads at most 64"


def test_progress_is_told_of_every_polymer(tiny_text: TextEncoder) -> None:
    told: list[tuple[int, int | None]] = []
    tiny_text.encode(UNITS, lambda done, total, what: told.append((done, total)))
    assert told[-1] == (len(UNITS), len(UNITS))


def test_prompt_weights_and_configuration_make_the_revision(tiny_text_folder: Path, folder: Path) -> None:
    source = str(tiny_text_folder)
    revisions = [
        TextEncoder.load(source).revision,
        TextEncoder.load(source, prompt="Polymer: {psmiles}").revision,
    ]
    edit(folder, training={"minutes": 3})
    assert TextEncoder.load(str(folder)).revision == revisions[0]
    edit(folder, rms_norm_eps=1e-2)
    revisions.append(TextEncoder.load(str(folder)).revision)
    shutil.copy(tiny_text_folder / "config.json", folder)
    assert TextEncoder.load(str(folder)).revision == revisions[0]
    model = TextEncoder.load(str(folder)).model
    with torch.no_grad():
        model.norm.weight[0] += 1.0
    model.save_pretrained(folder)
    revisions.append(TextEncoder.load(str(folder)).revision)
    assert len(set(revisions)) == 4


def test_the_prompt_of_a_checkpoint_is_used_unless_another_is_given(folder: Path) -> None:
    edit(folder, prompt="{'unit': {psmiles}}")
    assert TextEncoder.load(str(folder)).texts(UNITS[:1]) == [f"{{'unit': {UNITS[0].psmiles}}}"]
    assert TextEncoder.load(str(folder), prompt="{psmiles}").texts(UNITS[:1]) == [UNITS[0].psmiles]


def test_a_prompt_without_a_place_for_the_polymer_is_refused(tiny_text_folder: Path) -> None:
    with pytest.raises(WeightsError, match="no place for the polymer") as caught:
        TextEncoder.load(str(tiny_text_folder), prompt="A polymer: {}")
    assert "{psmiles}" in caught.value.hint


def cut(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:200])


def of_another_kind(folder: Path) -> None:
    config = BertConfig(
        vocab_size=200, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2
    )
    BertModel(config).save_pretrained(folder)


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "could not be loaded"),
    "cut weights": (cut, "could not be loaded"),
    "tensors missing": (lambda f: edit(f, num_hidden_layers=3), "lacks 9 of the model's tensors"),
    "tensors of another shape": (lambda f: edit(f, hidden_size=32), "could not be loaded"),
    "no config": (lambda f: (f / "config.json").unlink(), "could not be loaded"),
    "damaged config": (lambda f: (f / "config.json").write_text("{"), "could not be loaded"),
    "unknown architecture": (lambda f: edit(f, model_type="nonsense"), "could not be loaded"),
    "no tokenizer": (lambda f: (f / "tokenizer.json").unlink(), "could not be loaded"),
    "damaged tokenizer": (lambda f: (f / "tokenizer.json").write_text("{"), "could not be loaded"),
    "another kind of model": (of_another_kind, "BertModel, no decoder of the Llama family"),
}


@pytest.mark.parametrize("fault", SPOILT)
def test_a_checkpoint_that_is_not_whole_is_an_error_with_a_hint(folder: Path, fault: str) -> None:
    spoil, message = SPOILT[fault]
    spoil(folder)
    with pytest.raises(WeightsError, match=message) as caught:
        TextEncoder.load(str(folder))
    assert str(folder) in caught.value.message
    assert caught.value.hint


def test_a_folder_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no-such-folder"):
        TextEncoder.load(str(tmp_path / "no-such-folder"))


def hub_like(folder: Path, *, begin: bool) -> Path:
    """A causal Llama with a tokenizer of its own that knows a begin token and no pad token."""
    vocabulary = {token: i for i, token in enumerate(["<|begin|>", "<|end|>", "<|odd|>", *"*CO()c1=S"])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<|odd|>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", behavior="isolated")
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|begin|>",
        eos_token="<|end|>",
        unk_token="<|odd|>",
        add_bos_token=begin,
        padding_side="left",
    )
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=128,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("begin", [True, False])
def test_a_llama_with_its_own_tokenizer_and_no_pad_token_is_read(tmp_path: Path, begin: bool) -> None:
    encoder = TextEncoder.load(str(hub_like(tmp_path / "model", begin=begin)))
    encoding = encoder.encode(UNITS)
    assert encoding.units == tuple(UNITS)
    unit = UNITS[0]  # the shortest, so padded in the batch
    ids = torch.tensor(encoder.tokenizer([unit.psmiles])["input_ids"])
    with torch.inference_mode():
        hidden = encoder.model(input_ids=ids).last_hidden_state[0]
    assert bool(ids[0, 0] == encoder.tokenizer.bos_token_id) is begin
    text = hidden[1:] if begin else hidden
    assert len(text) == len(unit.psmiles)
    np.testing.assert_allclose(encoding.vectors[0], text.mean(dim=0).numpy(), atol=1e-5)
