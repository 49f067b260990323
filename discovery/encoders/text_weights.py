"""A text model's configuration, tokenizer and weights, from the files of a checkpoint into memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from safetensors import SafetensorError
from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoTokenizer,
    BitsAndBytesConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from discovery.bundled import bundled_checkpoint, file_hash
from discovery.encoders.checkpoint import Download, TextCheckpoint
from discovery.encoders.loading import Loading
from discovery.encoders.memory import Machine, Place, out_of_memory, parameter_count
from discovery.encoders.source import BUNDLED, expanded, is_path
from discovery.errors import WeightsError, WeightsStateError

HINT = (
    "Give 'bundled', a folder with config.json, safetensors weights and tokenizer files, or a hub model such as "
    "meta-llama/Meta-Llama-3-8B."
)


def checkpoint_of(
    source: str, revision: str | None = None, download: Download = snapshot_download
) -> TextCheckpoint:
    """The checkpoint that a source names; of a hub model without its weights so far.

    Args:
        source: ``bundled``, a folder, or a model on the hub as ``org/name`` or ``org/name@revision``.
        revision: Of a hub model whose source names none.
        download: How files of a hub model are fetched.

    Raises:
        WeightsError: When there is no such folder, or the hub does not give the model.
    """
    folder = bundled_checkpoint("text") if source == BUNDLED else expanded(source)
    if folder.is_dir():
        return TextCheckpoint(source, folder)
    if is_path(source):
        raise WeightsError(
            f"The text encoder {source!r} could not be loaded: there is no such folder.",
            HINT,
        )
    return TextCheckpoint.of_hub(source, revision, download)


def without_weights(found: TextCheckpoint) -> nn.Module:
    """The model of a checkpoint without its numbers: classes and shapes, which take no memory.

    Raises:
        WeightsError: When its configuration cannot be read, or is of another kind of model.
    """
    with in_words(found.called, HINT, "its configuration: "):
        skeleton = skeleton_of(found.folder)
    if not isinstance(getattr(skeleton, "layers", None), nn.ModuleList):
        raise WeightsError(
            f"{found.source!r} is a {type(skeleton).__name__}, no decoder of the Llama family.", HINT
        )
    return skeleton


def load(
    found: TextCheckpoint, device: str, loading: Loading, machine: Machine | None = None
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a model without its head, and its tokenizer.

    Args:
        found: The checkpoint.
        device: Where it is to run, as torch names it.
        loading: Number format, device map and quantisation.
        machine: The memory there is; looked up by default.

    Raises:
        WeightsError: When something is missing, damaged, of another kind, or too large.
    """
    skeleton = without_weights(found)
    with in_words(found.called, HINT, "its tokenizer: "):
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            str(found.folder), local_files_only=True
        )
    place = (machine or Machine.seen_from(device)).place(found.source, skeleton, loading)
    found.with_weights()
    dtype: torch.dtype = getattr(torch, loading.dtype_of(parameter_count(skeleton)))
    with in_words(found.called, HINT):
        model, missing = with_weights_of(found.folder, AutoModel, device, dtype, loading, place)
    if missing:
        raise WeightsStateError(
            f"{found.source!r} lacks {len(missing)} of the model's tensors, such as {missing[0]}.",
            "The checkpoint is incomplete or of another architecture; fetch it again.",
        )
    return model, tokenizer


def identity(found: TextCheckpoint) -> str:
    """What tells the weights of a checkpoint from any other's: a hub model and its commit, or a hash of a folder's files."""
    return f"{found.model_id}@{found.commit}" if found.commit else _folder_hash(found.folder)


def skeleton_of(folder: Path, kind: Any = AutoModel) -> nn.Module:
    """A model without its numbers: its shapes, which take no memory.

    Args:
        folder: Holds its ``config.json``.
        kind: Class of transformers that makes it: without a head by default, or with one.
    """
    config = AutoConfig.from_pretrained(str(folder), local_files_only=True)
    with torch.device("meta"):
        model: nn.Module = kind.from_config(config)
    return model


def with_weights_of(
    folder: Path, kind: Any, device: str, dtype: torch.dtype, loading: Loading, place: Place
) -> tuple[PreTrainedModel, list[str]]:
    """A model with its numbers, from safetensors alone.

    Args:
        folder: Holds configuration and weights.
        kind: Class of transformers that makes it.
        device: The one that is wanted, as torch names it.
        dtype: Number format.
        loading: Device map and quantisation.
        place: Whether it goes there or is spread.

    Returns:
        The model, and the names of the tensors that the files lack, sorted.
    """
    with _quiet():
        model, report = kind.from_pretrained(
            str(folder),
            local_files_only=True,
            dtype=dtype,
            use_safetensors=True,  # a pickle would run whatever code it holds
            output_loading_info=True,
            **_placement(device, dtype, loading, place),
        )
    return model, sorted(report["missing_keys"])


def _placement(device: str, dtype: torch.dtype, loading: Loading, place: Place) -> dict[str, Any]:
    """What transformers is told of devices and quantisation; nothing for the processor, which is where it loads to by itself."""
    told: dict[str, Any] = {}
    if place == "spread":
        told["device_map"] = "auto"
    elif device != "cpu":
        told["device_map"] = {"": device}
    if loading.quantization is not None:
        told["quantization_config"] = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
        )
    return told


def _folder_hash(folder: Path) -> str:
    """SHA-256 over what decides a vector: configuration, weights, tokenizer."""
    # the same tensors under another configuration or tokenizer give other vectors; what config.json tells of the training
    # does not change any, and the prompt is in the revision by itself
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    decisive = {key: config[key] for key in sorted(config.keys() - {"training", "weights_sha256", "prompt"})}
    files = [*sorted(folder.glob("*.safetensors")), *sorted(folder.glob("tokenizer*"))]
    with (
        ThreadPoolExecutor() as pool
    ):  # hashing lets go of the interpreter, and there may be sixteen gigabytes
        parts = [json.dumps(decisive), *pool.map(file_hash, files)]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


@contextmanager
def in_words(called: str, hint: str, part: str = "") -> Iterator[None]:
    """What transformers and safetensors fail with, as an error that names the model.

    Args:
        called: The model, as a sentence begins with it.
        hint: What to name instead.
        part: Of it, that is being read.

    Raises:
        WeightsError: In place of theirs.
    """
    try:
        yield
    # transformers reports tensors of a wrong shape as a RuntimeError, and a package that a checkpoint asks for as an ImportError
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        RuntimeError,
        ImportError,
        MemoryError,
        SafetensorError,
    ) as error:
        if out_of_memory(error):
            raise WeightsStateError(
                f"{called} could not be loaded: memory ran out.",
                "End other programs, name a smaller model, or use a machine with more memory.",
            ) from error
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise WeightsStateError(f"{called} could not be loaded: {part}{reason}", hint) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Transformers draws a bar for every file of weights and a table of tensors that it has no use for, such as those of the
    language model's head.
    """
    drawn, level = transformers_logging.is_progress_bar_enabled(), transformers_logging.get_verbosity()
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if drawn:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]
