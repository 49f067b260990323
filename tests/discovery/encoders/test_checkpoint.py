"""Files of a text model: what is missing or damaged is found before the weights are loaded, and told with the command."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx2
import numpy as np
import pytest
import torch
from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from safetensors.torch import load_file, save_file

from discovery.encoders.checkpoint import TextCheckpoint
from discovery.encoders.contract import POLYMERS
from discovery.encoders.text import TextEncoder
from discovery.errors import WeightsError
from discovery.polymers import RepeatUnit

MODEL = "meta-llama/Meta-Llama-3-8B"
COMMIT = "8cde5ca8380496c9a6cc7ef3a8b46a0372a1d920"
GET = 'hf download meta-llama/Meta-Llama-3-8B --exclude "original/*" --local-dir Meta-Llama-3-8B'
UNITS = [RepeatUnit.parse(text) for text in POLYMERS]


def answer(kind: type[HfHubHTTPError], status: int) -> HfHubHTTPError:
    request = httpx2.Request("GET", f"https://huggingface.co/{MODEL}/resolve/main/config.json")
    return kind(f"{status} Client Error.\nMore.", response=httpx2.Response(status, request=request))


ANSWERS: dict[str, tuple[Exception, str, tuple[str, ...]]] = {
    "gated": (answer(GatedRepoError, 403), "is gated", ("hf auth login", GET, "https://huggingface.co/")),
    "unknown": (
        answer(RepositoryNotFoundError, 404),
        "There is no folder .*, and no model of that name",
        ("hf auth login",),
    ),
    "revision": (answer(RevisionNotFoundError, 404), "no revision 'v9'", ("commits/main",)),
    "no network": (
        LocalEntryNotFoundError("nothing"),
        "no folder .* cannot be reached",
        (GET, "hf auth login"),
    ),
    "refused": (OfflineModeIsEnabled("offline"), "cannot be reached", (GET,)),
    "busy": (answer(HfHubHTTPError, 503), "503 Client Error.", ("Try again later", GET)),
    "full disk": (OSError(errno.ENOSPC, "No space left on device"), "disk is full", ("HF_HOME",)),
    "other": (OSError(errno.EIO, "Input/output error"), "could not be fetched", (GET,)),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_what_the_hub_answers_is_told_with_the_way_out(case: str) -> None:
    error, message, ways = ANSWERS[case]

    def download(*args: object, **named: object) -> str:
        raise error

    with pytest.raises(WeightsError, match=message) as caught:
        TextEncoder.load(f"{MODEL}@v9", device="cpu", download=download)
    for way in ways:
        assert way in caught.value.hint


def test_offline_a_model_that_is_not_in_the_cache_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(WeightsError, match="HF_HUB_OFFLINE is set") as caught:
        TextEncoder.load(MODEL, device="cpu", download=partial(snapshot_download, cache_dir=tmp_path))
    assert GET in caught.value.hint


@pytest.fixture
def cache(tmp_path: Path, llama3_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache as the hub's own client leaves it, holding one model, without a network."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    folder = tmp_path / "hub" / "models--meta-llama--Meta-Llama-3-8B"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(COMMIT)
    shutil.copytree(llama3_folder, folder / "snapshots" / COMMIT)
    return tmp_path / "hub"


def test_a_hub_model_is_known_by_its_name_and_commit(cache: Path, llama3_folder: Path) -> None:
    download = partial(snapshot_download, cache_dir=cache)
    newest, named = (
        TextEncoder.load(source, device="cpu", download=download) for source in (MODEL, f"{MODEL}@{COMMIT}")
    )
    local = TextEncoder.load(str(llama3_folder), device="cpu")
    assert newest.revision == named.revision
    assert newest.revision != local.revision
    assert newest.name == f"text:{MODEL}"
    np.testing.assert_array_equal(newest.encode(UNITS).vectors, local.encode(UNITS).vectors)


def test_a_hub_model_whose_weights_were_never_fetched_names_the_command(cache: Path) -> None:
    for file in cache.rglob("*.safetensors"):
        file.unlink()
    with pytest.raises(WeightsError) as caught:
        TextEncoder.load(MODEL, device="cpu", download=partial(snapshot_download, cache_dir=cache))
    assert "hf download meta-llama/Meta-Llama-3-8B" in caught.value.hint


def test_weights_that_are_not_here_yet_are_told_without_fetching_any(cache: Path) -> None:
    found = TextCheckpoint.of_hub(MODEL, download=partial(snapshot_download, cache_dir=cache))
    found.check_weights()
    first, *others = sorted(cache.rglob("*.safetensors"))
    first.unlink()
    with pytest.raises(
        WeightsError, match=rf"1 of the {len(others) + 1} files .* not on this machine yet"
    ) as caught:
        found.check_weights()
    assert f'hf download {MODEL} --revision {COMMIT} --include "*.safetensors"' in caught.value.hint


def test_of_a_hub_model_only_what_is_needed_is_fetched_and_the_weights_last(llama3_folder: Path) -> None:
    asked: list[tuple[str, list[str]]] = []

    def download(model: str, *, revision: str, allow_patterns: list[str]) -> str:
        asked.append((revision, allow_patterns))
        return str(llama3_folder)

    TextEncoder.load(MODEL, revision="v1", device="cpu", download=download)
    assert asked[0][0] == "v1"
    assert not any(pattern.endswith("safetensors") for pattern in asked[0][1])
    assert asked[1][1] == sorted(file.name for file in llama3_folder.glob("*.safetensors"))


@pytest.fixture
def folder(llama3_folder: Path, tmp_path: Path) -> Path:
    """A copy of the checkpoint that a test may spoil."""
    return Path(shutil.copytree(llama3_folder, tmp_path / "checkpoint"))


def shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))


def without_a_tensor(folder: Path) -> None:
    tensors = load_file(shards(folder)[1])
    del tensors[sorted(tensors)[0]]
    save_file(tensors, shards(folder)[1])


def pickled_only(folder: Path) -> None:
    for file in (*shards(folder), folder / "model.safetensors.index.json"):
        file.unlink()
    torch.save({}, folder / "pytorch_model.bin")


SPOILT: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "a file missing": (
        lambda f: shards(f)[1].unlink(),
        "1 of its .* missing, first model-00002",
        "hf download",
    ),
    "a file cut": (
        lambda f: shards(f)[0].write_bytes(shards(f)[0].read_bytes()[:-9]),
        "damaged",
        "hf download",
    ),
    "a file of noise": (lambda f: shards(f)[0].write_bytes(b"noise" * 99), "damaged", "hf download"),
    "a tensor missing": (without_a_tensor, "lacks 1 tensors of the index", "hf download"),
    "no index": (
        lambda f: (f / "model.safetensors.index.json").unlink(),
        "parts of the weights",
        "hf download",
    ),
    "a damaged index": (
        lambda f: (f / "model.safetensors.index.json").write_text("[]"),
        "index",
        "hf download",
    ),
    "pickles only": (pickled_only, "pickled weights", "save_pretrained"),
}


@pytest.mark.parametrize("fault", SPOILT)
def test_a_folder_that_is_not_whole_is_told_with_what_to_do(folder: Path, fault: str) -> None:
    spoil, message, way = SPOILT[fault]
    spoil(folder)
    with pytest.raises(WeightsError, match=message) as caught:
        TextEncoder.load(str(folder), device="cpu")
    assert str(folder) in caught.value.message
    assert way in caught.value.hint


def test_weights_that_the_disk_cannot_hold_are_not_fetched(folder: Path) -> None:
    index = folder / "model.safetensors.index.json"
    content = json.loads(index.read_text())
    content["metadata"]["total_size"] = 10**18
    index.write_text(json.dumps(content))
    shards(folder)[0].unlink()
    with pytest.raises(WeightsError, match=r"1000000000\.0 GB") as caught:
        TextEncoder.load(MODEL, device="cpu", download=lambda *args, **named: str(folder))
    assert "HF_HOME" in caught.value.hint


@pytest.mark.parametrize("source", ["/no/such/folder", "./none", "models/mine/llama"])
def test_a_path_is_never_looked_for_on_the_hub(source: str) -> None:
    def download(*args: object, **named: object) -> str:
        raise AssertionError("the hub was asked")

    with pytest.raises(WeightsError, match="could not be loaded"):
        TextEncoder.load(source, device="cpu", download=download)
