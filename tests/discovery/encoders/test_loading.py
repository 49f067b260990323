"""How a model is loaded: words that are known, and what a machine cannot do."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from discovery.encoders.device import chosen_device
from discovery.encoders.loading import SMALL_MODEL, Loading
from discovery.errors import WeightsError


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ({"dtype": "half"}, "bfloat16"),
        ({"device_map": "cuda:1"}, "auto"),
        ({"quantization": "8bit"}, "4bit"),
    ],
)
def test_a_word_that_is_not_known_is_answered_with_those_that_are(words: dict[str, str], known: str) -> None:
    with pytest.raises(WeightsError, match=next(iter(words.values()))) as caught:
        Loading(**words)
    assert known in caught.value.hint


def test_large_models_are_bfloat16_and_small_ones_float32_unless_told() -> None:
    assert [Loading().dtype_of(size) for size in (SMALL_MODEL, SMALL_MODEL + 1)] == ["float32", "bfloat16"]
    assert Loading(dtype="float16").dtype_of(SMALL_MODEL) == "float16"


def test_four_bits_go_with_a_device_map_on_a_gpu_only() -> None:
    reduced = Loading(device_map="auto", quantization="4bit")
    with pytest.raises(WeightsError, match="need a CUDA GPU"):
        reduced.check_possible("cpu")


@pytest.mark.skipif(find_spec("bitsandbytes") is not None, reason="bitsandbytes is installed")
def test_a_missing_package_comes_with_the_command_that_installs_it() -> None:
    with pytest.raises(WeightsError, match="bitsandbytes") as caught:
        Loading(quantization="4bit").check_possible("cuda")
    assert "pip install 'polyloop[quantized]'" in caught.value.hint


def test_a_gpu_that_is_not_there_is_an_error() -> None:
    if chosen_device() == "cuda":
        pytest.skip("there is a GPU")
    with pytest.raises(WeightsError, match="sees no GPU"):
        chosen_device("cuda:0")
