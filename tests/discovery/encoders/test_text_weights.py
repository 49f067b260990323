"""Full-size text models by the same door: tried on a tiny Llama 3 in the hub's own format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoModelForCausalLM, LlamaModel

from discovery.encoders import text_weights
from discovery.encoders.checkpoint import TextCheckpoint
from discovery.encoders.contract import POLYMERS, EncoderContract
from discovery.encoders.encoder import Encoder
from discovery.encoders.loading import AS_IS, Loading
from discovery.encoders.memory import Machine
from discovery.encoders.text import TextEncoder
from discovery.errors import EncodingError, WeightsError
from discovery.polymers import RepeatUnit

UNITS = [RepeatUnit.parse(text) for text in POLYMERS]
BFLOAT16 = Loading(dtype="bfloat16")


class TestLlama3InBfloat16(EncoderContract):
    @pytest.fixture(autouse=True)
    def _folder(self, llama3_folder: Path) -> None:
        self.folder = llama3_folder

    def make_encoder(self) -> Encoder:
        return TextEncoder.load(str(self.folder), loading=BFLOAT16, device="cpu")


def test_the_folder_is_in_the_form_of_a_full_size_model(llama3_folder: Path) -> None:
    assert len(list(llama3_folder.glob("model-*-of-*.safetensors"))) > 2
    assert not (llama3_folder / "model.safetensors").exists()


def test_the_vector_is_the_mean_state_of_the_model_that_was_saved(llama3_folder: Path) -> None:
    encoder = TextEncoder.load(str(llama3_folder), device="cpu")
    whole = AutoModelForCausalLM.from_pretrained(llama3_folder, dtype=torch.float32)
    assert whole.config.rope_parameters["rope_type"] == "llama3"
    for unit, vector in zip(UNITS, encoder.encode(UNITS).vectors, strict=True):
        ids = torch.tensor(encoder.tokenizer([unit.psmiles])["input_ids"])
        assert ids[0, 0] == encoder.tokenizer.bos_token_id
        with torch.inference_mode():
            states = whole(ids, output_hidden_states=True).hidden_states[-1][0]
        np.testing.assert_allclose(vector, states[1:].mean(dim=0).numpy(), atol=1e-5)


def test_the_number_format_makes_the_revision_and_auto_is_float32_for_a_small_model(
    llama3_folder: Path,
) -> None:
    plain, exact, short, half = (
        TextEncoder.load(str(llama3_folder), loading=Loading(dtype=dtype), device="cpu")
        for dtype in ("auto", "float32", "bfloat16", "float16")
    )
    assert [e.model.dtype for e in (plain, short, half)] == [torch.float32, torch.bfloat16, torch.float16]
    assert plain.revision == exact.revision
    assert len({plain.revision, short.revision, half.revision}) == 3
    np.testing.assert_allclose(short.encode(UNITS).vectors, plain.encode(UNITS).vectors, atol=0.05)


def test_four_bits_make_another_revision(llama3_folder: Path, tiny_text: TextEncoder) -> None:
    made = [
        TextEncoder(
            tiny_text.model, tiny_text.tokenizer, name="text:tiny", weights_hash="0", quantization=reduced
        )
        for reduced in (None, "4bit")
    ]
    assert made[0].revision != made[1].revision


def test_four_bits_on_a_processor_are_refused_before_anything_is_looked_at(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="need a CUDA GPU") as caught:
        TextEncoder.load(str(tmp_path / "none"), loading=Loading(quantization="4bit"), device="cpu")
    assert "bfloat16" in caught.value.hint


def test_a_model_too_large_for_memory_is_refused_with_the_figures(llama3_folder: Path) -> None:
    small = Machine("cpu", free=10_000, gpus=0, main=10_000)
    with pytest.raises(WeightsError, match=r"needs about 0\.0 GB as float32; cpu has 0\.0 GB free"):
        text_weights.load(TextCheckpoint("mine", llama3_folder), "cpu", AS_IS, small)


def test_a_model_that_accelerate_spread_gives_the_same_vectors(llama3_folder: Path, tmp_path: Path) -> None:
    parts = {"embed_tokens": "cpu", "layers.0": "cpu", "layers.1": "disk", "norm": "cpu", "rotary_emb": "cpu"}
    model = AutoModel.from_pretrained(
        llama3_folder, device_map=parts, offload_folder=tmp_path, dtype=torch.float32
    )
    assert {parameter.device.type for parameter in model.parameters()} == {"cpu", "meta"}
    plain = TextEncoder.load(str(llama3_folder), device="cpu")
    spread = TextEncoder(model, plain.tokenizer, name="text:mine", weights_hash="0")
    np.testing.assert_array_equal(spread.encode(UNITS).vectors, plain.encode(UNITS).vectors)


def test_accelerate_is_asked_where_one_device_is_too_small(llama3_folder: Path) -> None:
    crowded = Machine("cpu", free=10_000, gpus=10_000, main=10**9)
    found = TextCheckpoint("mine", llama3_folder)
    model, tokenizer = text_weights.load(found, "cpu", Loading(device_map="auto"), crowded)
    placed = TextEncoder(model, tokenizer, name="text:mine", weights_hash="0")
    assert len(placed.encode(UNITS)) == len(UNITS)


@pytest.mark.parametrize("fits", [4, 1])
def test_where_memory_runs_out_fewer_rows_go_through_at_once(llama3_folder: Path, fits: int) -> None:
    encoder = TextEncoder.load(str(llama3_folder), device="cpu")
    expected = encoder.encode(UNITS).vectors
    tried: list[int] = []

    def small_device(model: LlamaModel, args: object, named: dict[str, torch.Tensor]) -> None:
        tried.append(len(named["input_ids"]))
        if tried[-1] > fits:
            raise torch.OutOfMemoryError("no room")

    encoder.model.register_forward_pre_hook(small_device, with_kwargs=True)
    np.testing.assert_allclose(encoder.encode(UNITS).vectors, expected, atol=1e-5)
    assert tried[0] == 8
    assert set(tried[tried.index(fits) :]) == {fits}


def test_a_device_without_room_for_one_text_is_an_error(llama3_folder: Path) -> None:
    encoder = TextEncoder.load(str(llama3_folder), device="cpu")

    def no_device(model: LlamaModel, args: object) -> None:
        raise torch.OutOfMemoryError("no room")

    encoder.model.register_forward_pre_hook(no_device)
    with pytest.raises(EncodingError, match="a single polymer"):
        encoder.encode(UNITS)


def test_nothing_is_printed_while_a_model_without_its_head_is_loaded(
    llama3_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    TextEncoder.load(str(llama3_folder), device="cpu")
    assert "".join(capfd.readouterr()) == ""
