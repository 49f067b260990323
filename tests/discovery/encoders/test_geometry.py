"""The geometry encoder: the contract, strict loading, and released networks on checkpoints of their true shape."""

from __future__ import annotations

import json
import logging
import random
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from discovery.bundled import bundled_checkpoint, file_hash
from discovery.encoders.conformers import Conformer, ConformerSettings, ConformerStore
from discovery.encoders.contract import POLYMERS, EncoderContract
from discovery.encoders.encoder import Encoder
from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.unimol import UniMolNetwork, load_unimol_tools, reduced_model, symbol_dictionary
from discovery.encoders.unimol_weights import CHECKPOINT_FORMAT, fill_strictly
from discovery.errors import WeightsError
from discovery.polymers import RepeatUnit

UNITS = [RepeatUnit.parse(text) for text in POLYMERS]
SYMBOLS = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "C", "O", "[MASK]"]
SIZES = {
    "encoder_layers": 2,
    "encoder_embed_dim": 16,
    "encoder_ffn_embed_dim": 32,
    "encoder_attention_heads": 4,
}
RELEASED_SYMBOLS = """[PAD] [CLS] [SEP] [UNK] C N O S H Cl F Br I Si P B Na K Al Ca Sn As Hg Fe Zn Cr Se Gd Au
Li""".split()  # noqa: SIM905  # as short as the file itself


def write_checkpoint(folder: Path, *, seed: int = 0, settings: ConformerSettings | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = reduced_model(SIZES, symbol_dictionary(SYMBOLS))
    save_file(model.state_dict(), folder / "model.safetensors")
    config = {
        "format": CHECKPOINT_FORMAT,
        "model": SIZES,
        "hydrogens": False,
        "pooling": "cls+atoms",
        "conformers": asdict(settings or ConformerSettings()),
        "weights_sha256": file_hash(folder / "model.safetensors"),
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "dictionary.json").write_text(json.dumps({"symbols": SYMBOLS}))
    return folder


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small checkpoint of ours under ``checkpoint`` and conformers under ``cache``."""
    folder = tmp_path_factory.mktemp("geometry")
    write_checkpoint(folder / "checkpoint")
    return folder


class TestReducedUniMol(EncoderContract):
    @pytest.fixture(autouse=True)
    def _folder(self, shared: Path) -> None:
        self.folder = shared

    def make_encoder(self) -> Encoder:
        return GeometryEncoder.load(str(self.folder / "checkpoint"), cache=self.folder / "cache")


def test_the_vector_is_the_begin_token_and_the_mean_of_the_atoms(shared: Path) -> None:
    encoder = GeometryEncoder.load(str(shared / "checkpoint"), cache=shared / "cache")
    assert encoder.dim == 2 * SIZES["encoder_embed_dim"]
    assert encoder.name == "geometry:checkpoint"


@pytest.mark.parametrize("source", ["checkpoint", "bundled"])
def test_vectors_are_the_same_to_the_last_bit_in_any_company(shared: Path, source: str) -> None:
    folder = source if source == "bundled" else str(shared / source)
    encoder = GeometryEncoder.load(folder, cache=shared / "cache", device="cpu", workers=1)
    texts = ("*CC(C)C*", "*CC(CC)*", "*CCOC*", "*COCC*", "*CC(O)C*", "*CCC(O)*", "*CCCC*", "*CC(*)OC")
    units = list({unit.key: unit for unit in map(RepeatUnit.parse, [*POLYMERS, *texts])}.values())
    whole = dict(zip(units, encoder.encode(units).vectors, strict=True))
    rng = random.Random(0)
    for size in (1, 2, 3, 5, 8, len(units)):
        company = rng.sample(units, size)
        np.testing.assert_array_equal(
            encoder.encode(company).vectors, np.stack([whole[unit] for unit in company])
        )


def test_the_bundled_weights_keep_their_revision(tmp_path: Path) -> None:
    """The bundled fusion is tied to it, and so is every vector that users have stored."""
    config = json.loads((bundled_checkpoint("fusion") / "config.json").read_text())
    assert GeometryEncoder.load(cache=tmp_path).revision == config["geometry_revision"]


def test_the_vector_does_not_change_when_the_molecule_is_moved_and_turned(shared: Path) -> None:
    encoder = GeometryEncoder.load(str(shared / "checkpoint"), cache=shared / "cache")
    unit = UNITS[1]
    placed = encoder.conformers.conformers([unit])[unit.key]
    assert isinstance(placed, Conformer)
    turned = placed.coordinates @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]], np.float32) + np.float32(3)
    moved = Conformer(placed.symbols, turned, placed.force_field)
    here, there = (encoder.network.prepare(unit, c) for c in (placed, moved))
    assert not isinstance(here, str)
    assert not isinstance(there, str)
    torch.testing.assert_close(encoder.network.vectors([here]), encoder.network.vectors([there]))


def test_units_that_cannot_be_encoded_are_failures_and_the_others_keep_their_rows(shared: Path) -> None:
    nylon, too_long = RepeatUnit.parse("*NCCCCCC(*)=O"), RepeatUnit.parse(f"*{'C' * 40}O*")
    folder = write_checkpoint(shared / "limited", settings=ConformerSettings(max_atoms=30))
    encoder = GeometryEncoder.load(str(folder), cache=shared / "cache")
    encoding = encoder.encode([too_long, UNITS[0], nylon, UNITS[1]])
    assert encoding.units == (UNITS[0], UNITS[1])
    reasons = {failure.unit: failure.reason for failure in encoding.failures}
    assert "the limit is 30" in reasons[too_long]
    assert reasons[nylon] == "the weights do not know the element N"


def test_weights_and_conformer_settings_make_the_revision(tmp_path: Path) -> None:
    folders = [
        write_checkpoint(tmp_path / "a"),
        write_checkpoint(tmp_path / "b", seed=1),
        write_checkpoint(tmp_path / "c", settings=ConformerSettings(seed=7)),
        write_checkpoint(tmp_path / "d"),
    ]
    revisions = [GeometryEncoder.load(str(folder), cache=tmp_path).revision for folder in folders]
    assert revisions[0] == revisions[3]
    assert len(set(revisions)) == 3


def test_weights_that_lack_a_tensor_are_refused(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "checkpoint")
    tensors = load_file(folder / "model.safetensors")
    del tensors["gbf_proj.linear1.weight"]
    save_file(tensors, folder / "model.safetensors")
    config = json.loads((folder / "config.json").read_text())
    config["weights_sha256"] = file_hash(folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(WeightsError, match=r"gbf_proj\.linear1\.weight"):
        GeometryEncoder.load(str(folder), cache=tmp_path)


def test_weights_that_are_not_those_of_the_config_are_refused(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "checkpoint")
    other = write_checkpoint(tmp_path / "other", seed=1)
    (folder / "model.safetensors").write_bytes((other / "model.safetensors").read_bytes())
    with pytest.raises(WeightsError, match=r"config\.json names"):
        GeometryEncoder.load(str(folder), cache=tmp_path)


@pytest.mark.parametrize("name", ["config.json", "dictionary.json", "model.safetensors"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = write_checkpoint(tmp_path / "checkpoint")
    (folder / name).unlink()
    with pytest.raises(WeightsError, match=name.replace(".", r"\.")):
        GeometryEncoder.load(str(folder), cache=tmp_path)


def test_an_unknown_source_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"unimolv2-84m"):
        GeometryEncoder.load("unimolv3", cache=tmp_path)
    with pytest.raises(WeightsError, match=r"1\.1B"):
        GeometryEncoder.load("unimolv2:2b", weights=tmp_path, cache=tmp_path)


@pytest.mark.parametrize(
    ("source", "command"),
    [
        ("unimolv1", "hf download dptech/Uni-Mol-Models mol_pre_no_h_220816.pt mol.dict.txt --local-dir"),
        (
            "unimolv1:all_h",
            "hf download dptech/Uni-Mol-Models mol_pre_all_h_220816.pt mol.dict.txt --local-dir",
        ),
        ("unimolv2:84m", "hf download dptech/Uni-Mol2 modelzoo/84M/checkpoint.pt --local-dir"),
        ("unimolv2-1.1B", "hf download dptech/Uni-Mol2 modelzoo/1.1B/checkpoint.pt --local-dir"),
    ],
)
def test_missing_released_weights_come_with_the_command_that_fetches_them(
    tmp_path: Path, source: str, command: str
) -> None:
    with pytest.raises(WeightsError) as caught:
        GeometryEncoder.load(source, weights=tmp_path, cache=tmp_path)
    assert f"{command} {tmp_path}" in caught.value.hint


@pytest.fixture(scope="module")
def released_v1(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A folder as the hub gives it for Uni-Mol v1, true names and shapes, and the network that was saved in it."""
    folder = tmp_path_factory.mktemp("unimolv1")
    (folder / "mol.dict.txt").write_text("\n".join(RELEASED_SYMBOLS))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = reduced_model({}, symbol_dictionary([*RELEASED_SYMBOLS, "[MASK]"]))  # Uni-Mol's own sizes
    torch.save({"model": model.state_dict()}, folder / "mol_pre_no_h_220816.pt")
    return folder, model.eval()


def test_released_v1_gives_the_begin_token_of_the_network_that_was_saved(
    released_v1: tuple[Path, Any], shared: Path
) -> None:
    folder, model = released_v1
    encoder = GeometryEncoder.load("unimolv1", weights=folder, cache=shared / "cache")
    assert encoder.dim == 512
    dictionary = symbol_dictionary([*RELEASED_SYMBOLS, "[MASK]"])
    saved = UniMolNetwork(model, dictionary, hydrogens=False, pooling="cls", weights_hash="")
    placed = encoder.conformers.conformers(UNITS[:3])
    for unit, vector in zip(UNITS[:3], encoder.encode(UNITS[:3]).vectors, strict=True):
        shape = placed[unit.key]
        assert isinstance(shape, Conformer)
        prepared = saved.prepare(unit, shape)
        assert not isinstance(prepared, str)
        np.testing.assert_allclose(saved.vectors([prepared])[0], vector, atol=1e-5)


def test_released_v1_reads_its_special_symbols_in_the_order_of_its_dictionary(
    released_v1: tuple[Path, Any], shared: Path
) -> None:
    encoder = GeometryEncoder.load("unimolv1", weights=released_v1[0], cache=shared / "cache")
    assert isinstance(encoder.network, UniMolNetwork)
    dictionary = encoder.network.dictionary
    assert (dictionary.pad(), dictionary.bos(), dictionary.eos(), dictionary.unk()) == (0, 1, 2, 3)


def test_released_v1_with_the_dictionary_of_other_weights_is_refused(
    released_v1: tuple[Path, Any], tmp_path: Path
) -> None:
    name = "mol_pre_no_h_220816.pt"
    (tmp_path / name).symlink_to(released_v1[0] / name)
    (tmp_path / "mol.dict.txt").write_text("\n".join(["[CLS]", "[PAD]", *RELEASED_SYMBOLS[2:]]))
    with pytest.raises(WeightsError, match="not the dictionary of these weights"):
        GeometryEncoder.load("unimolv1", weights=tmp_path, cache=tmp_path)


@pytest.mark.parametrize("change", ["lacks", "has in another shape", "has beyond"])
def test_weights_that_do_not_fill_a_released_network_are_refused(tmp_path: Path, change: str) -> None:
    model = reduced_model(SIZES, symbol_dictionary(SYMBOLS))
    state = dict(model.state_dict())
    layer = "encoder.layers.1.fc1.bias"
    if change == "lacks":
        del state[layer]
    elif change == "has beyond":
        state["encoder.layers.2.fc1.bias"] = state[layer]
    else:
        state[layer] = state[layer][:7]
    torch.save({"model": state}, tmp_path / "weights.pt")
    with pytest.raises(WeightsError, match=f"{change} 1 of"):
        fill_strictly(model, tmp_path / "weights.pt")


def test_a_weights_file_that_holds_more_than_weights_is_not_unpickled(tmp_path: Path) -> None:
    torch.save({"model": logging.getLogger("anything")}, tmp_path / "weights.pt")
    with pytest.raises(WeightsError, match="cannot be read"):
        fill_strictly(reduced_model(SIZES, symbol_dictionary(SYMBOLS)), tmp_path / "weights.pt")


@pytest.fixture(scope="module")
def released_v2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the hub gives it for Uni-Mol2 of 84 M parameters, true names and shapes, in half precision."""
    folder = tmp_path_factory.mktemp("unimolv2")
    (folder / "modelzoo" / "84M").mkdir(parents=True)
    released: Any = load_unimol_tools("models.unimolv2").UniMolV2Model

    class Untrained(released):  # type: ignore[misc]  # unimol_tools has no types
        def load_pretrained_weights(self, path: str, strict: bool = False) -> None:
            """Stay as initialised."""

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Untrained(model_size="84m", pretrained_model_path="none")
        # Untrained, its last projections are zero and the begin token would see no atom.
        state = {n: (t + 0.02 * torch.randn(t.shape)).half() for n, t in model.state_dict().items()}
    torch.save({"model": state}, folder / "modelzoo" / "84M" / "checkpoint.pt")
    return folder


def test_released_v2_gives_a_unit_one_vector_in_any_batch(released_v2: Path, shared: Path) -> None:
    encoder = GeometryEncoder.load("unimolv2:84m", weights=released_v2, cache=shared / "cache")
    assert encoder.dim == 768
    together = encoder.encode(UNITS[:3]).vectors
    assert together.shape == (3, 768)
    assert np.isfinite(together).all()
    np.testing.assert_allclose(encoder.encode([UNITS[1]]).vectors[0], together[1], atol=1e-4)
    assert np.abs(together[0] - together[1]).max() > 1e-3


def test_importing_unimol_tools_leaves_no_marks_on_the_process(tmp_path: Path) -> None:
    script = (
        "import logging, warnings\n"
        "from rdkit import rdBase\n"
        "filters, channels = list(warnings.filters), rdBase.LogStatus()\n"
        "from discovery.encoders.unimol import load_unimol_tools\n"
        "load_unimol_tools('pretrain.unimol')\n"
        "assert ('ignore', None, Warning, None, 0) not in warnings.filters\n"
        "assert rdBase.LogStatus() == channels\n"
        "assert logging.root.level == logging.WARNING\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_store_of_conformers_is_shared_by_encoders_of_the_same_settings(shared: Path) -> None:
    told: list[str] = []
    store = ConformerStore(shared / "cache")
    store.conformers(UNITS)
    encoder = GeometryEncoder.load(str(shared / "checkpoint"), cache=shared / "cache")
    encoder.encode(UNITS, lambda done, total, what: told.append(what))
    assert not any("conformers" in what for what in told)
