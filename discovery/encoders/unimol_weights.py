"""Uni-Mol weights from disk: checkpoints of ours and the released ones, all loaded strictly.

A checkpoint that leaves one tensor as it was initialised gives vectors that look like vectors and mean nothing, so
nothing is loaded in part. Released files are read without unpickling anything but tensors.
"""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from discovery.bundled import file_hash
from discovery.encoders.conformers import ConformerSettings
from discovery.encoders.memory import check_fits
from discovery.encoders.unimol import (
    Pooling,
    UniMol2Network,
    UniMolNetwork,
    load_unimol_tools,
    reduced_model,
    symbol_dictionary,
)
from discovery.errors import WeightsError, WeightsStateError

CHECKPOINT_FORMAT = "polyloop-geometry-1"

V2_PARAMETERS = {"84m": 83e6, "164m": 164e6, "310m": 309e6, "570m": 568e6, "1.1B": 1_127e6}
"""Size of each released Uni-Mol2, heads included. All are kept as float32: they compute with distances, and 4.7 GB is the most
that they take."""

_UNUSED_HEADS = ("classification_head.", "movement_pred_head.")  # no vector passes them


def load_reduced(folder: Path, device: str = "cpu") -> tuple[UniMolNetwork, ConformerSettings]:
    """Load a checkpoint of ours and the conformer settings that it was trained with.

    Raises:
        WeightsError: When a file is missing, damaged, or does not fit the others in every tensor.
    """
    hint = "Give a folder that `polyloop pretrain` wrote: config.json, dictionary.json, model.safetensors."
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        symbols = json.loads((folder / "dictionary.json").read_text(encoding="utf-8"))["symbols"]
        weights_hash = file_hash(folder / "model.safetensors")
        if config.get("format") != CHECKPOINT_FORMAT:
            raise WeightsError(f"{folder} is not a geometry checkpoint of polyloop.", hint)
        if config["weights_sha256"] != weights_hash:
            raise WeightsStateError(
                f"The weights in {folder} are not those that its config.json names.", hint
            )
        if config["pooling"] not in get_args(Pooling):
            raise WeightsError(f"{folder} asks for the unknown pooling {config['pooling']!r}.", hint)
        dictionary = symbol_dictionary(symbols)
        model = reduced_model(config["model"], dictionary)
        model.load_state_dict(load_file(folder / "model.safetensors"), strict=True)
        settings = ConformerSettings(**config["conformers"])
    except (
        OSError,
        LookupError,
        AttributeError,
        ValueError,
        TypeError,
        RuntimeError,
        SafetensorError,
    ) as error:
        raise WeightsStateError(
            f"The geometry checkpoint in {folder} cannot be read: {error}", hint
        ) from error
    network = UniMolNetwork(
        model,
        dictionary,
        hydrogens=config["hydrogens"],
        pooling=config["pooling"],
        weights_hash=weights_hash,
        device=device,
    )
    return network, settings


def load_v1(*, hydrogens: bool, pooling: Pooling, weights: Path | None, device: str = "cpu") -> UniMolNetwork:
    """Load the released Uni-Mol v1.

    Args:
        hydrogens: Which of the two released weights: trained with all hydrogens, or on heavy atoms.
        pooling: What the vector is made of.
        weights: Folder with the released files; by default where ``unimol_tools`` keeps them.
        device: Where it runs.

    Raises:
        WeightsError: When a file is missing or does not fill the network.
    """
    names = load_unimol_tools("config.model_config").MODEL_CONFIG
    kind = "molecule_all_h" if hydrogens else "molecule_no_h"
    files = (names["weight"][kind], names["dict"][kind])
    checkpoint, listing = _released_files("dptech/Uni-Mol-Models", files, weights)
    model = _strict("models.unimol", "UniMolModel")(
        output_dim=1,
        data_type="molecule",
        remove_hs=not hydrogens,
        pretrained_model_path=str(checkpoint),
        pretrained_dict_path=str(listing),
    )
    symbols = [line.split()[0] for line in listing.read_text(encoding="utf-8").splitlines() if line.strip()]
    dictionary = symbol_dictionary([*symbols, "[MASK]"])
    _check_padding(model.embed_tokens.weight, dictionary.pad(), listing)
    return UniMolNetwork(
        model,
        dictionary,
        hydrogens=hydrogens,
        pooling=pooling,
        weights_hash=file_hash(checkpoint),
        device=device,
    )


def load_v2(size: str, *, pooling: Pooling, weights: Path | None, device: str = "cpu") -> UniMol2Network:
    """Load a released Uni-Mol2 of one of its sizes (``84m``, ``164m``, ``310m``, ``570m``, ``1.1B``).

    Raises:
        WeightsError: When there is no such size, its file is missing or does not fill the network, or memory is too small.
    """
    names: dict[str, str] = load_unimol_tools("config.model_config").MODEL_CONFIG_V2["weight"]
    if size not in names:
        raise WeightsError(f"There is no Uni-Mol2 of size {size!r}.", f"The sizes are {', '.join(names)}.")
    (checkpoint,) = _released_files("dptech/Uni-Mol2", (names[size],), weights)
    for place in {"cpu", device}:  # the network is filled in main memory
        check_fits(f"Uni-Mol2 {size}", int(V2_PARAMETERS[size]), place)
    model = _strict("models.unimolv2", "UniMolV2Model")(
        output_dim=1, model_size=size, pretrained_model_path=str(checkpoint)
    )
    return UniMol2Network(model, pooling=pooling, weights_hash=file_hash(checkpoint), device=device)


def _released_files(repository: str, names: Sequence[str], weights: Path | None) -> list[Path]:
    folder = weights or Path(load_unimol_tools("weights.weighthub").get_weight_dir())
    files = [folder / name for name in names]
    for file in files:
        if not file.is_file():
            raise WeightsStateError(
                f"The weights file {file} is missing.",
                f"Fetch it: hf download {repository} {' '.join(names)} --local-dir {folder} "
                "(another folder: set UNIMOL_WEIGHT_DIR to it).",
            )
    return files


def _strict(module: str, name: str) -> Any:
    """The released class with a loader that refuses a checkpoint that leaves any used tensor as it was."""
    base = getattr(load_unimol_tools(module), name)

    class Strict(base):  # type: ignore[misc,valid-type]  # unimol_tools has no types
        def load_pretrained_weights(self, path: str, strict: bool = False) -> None:
            fill_strictly(self, Path(path))

    return Strict


def fill_strictly(model: nn.Module, checkpoint: Path) -> None:
    """Put released weights into a released class; heads that no vector passes may be missing or differ.

    Raises:
        WeightsError: When the file holds anything but weights, or leaves a tensor that vectors depend on as it was.
    """
    hint = "Fetch the file again, and see that it is of this model and size."
    zipped = checkpoint.is_file() and zipfile.is_zipfile(
        checkpoint
    )  # only such files can be mapped into memory
    try:
        state = torch.load(checkpoint, map_location="cpu", weights_only=True, mmap=zipped)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsStateError(f"The weights file {checkpoint} cannot be read: {reason}", hint) from error
    for wrapper in ("model", "model_state_dict"):
        state = state.get(wrapper, state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise WeightsStateError(f"The weights file {checkpoint} holds no table of tensors.", hint)
    used = {n: p.shape for n, p in model.named_parameters() if not n.startswith(_UNUSED_HEADS)}
    missing = [name for name in used if name not in state]
    misfit = [name for name, shape in used.items() if name in state and state[name].shape != shape]
    deeper = [name for name in state if name.startswith("encoder.layers.") and name not in used]
    for problem, found in (("lacks", missing), ("has in another shape", misfit), ("has beyond", deeper)):
        if found:
            raise WeightsStateError(
                f"The weights file {checkpoint} {problem} {len(found)} of the network's {len(used)} tensors, "
                f"first {found[0]}.",
                hint,
            )
    own = [name for name in model.state_dict() if name in state and not name.startswith(_UNUSED_HEADS)]
    model.load_state_dict({name: state[name] for name in own}, strict=False)


def _check_padding(embeddings: Tensor, padding: int, listing: Path) -> None:
    """Padding's embedding is never trained and stays zero: so a foreign dictionary is found out."""
    zero = (embeddings == 0).all(dim=1).nonzero().flatten().tolist()
    if zero and padding not in zero:
        raise WeightsStateError(
            f"{listing} is not the dictionary of these weights: padding is row {zero[0]}, not {padding}.",
            "Fetch the dictionary and the weights together, from the same release.",
        )
