"""A random Llama and a random Uni-Mol small enough for tests, inside the real encoders, and polymers for them to read."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import LlamaConfig, LlamaModel

from discovery.encoders.conformers import ConformerSettings, ConformerStore
from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.text import TextEncoder
from discovery.encoders.tokenizer import build_tokenizer
from discovery.encoders.unimol import Pooling, UniMolNetwork, reduced_model, symbol_dictionary
from discovery.latent.fusion import FusedLatent
from discovery.polymers import RepeatUnit

GEOMETRY_DIM = 12


@pytest.fixture(scope="session")
def make_text() -> Callable[[int], TextEncoder]:
    """Seed to a text encoder of three blocks with random weights."""

    def make(seed: int) -> TextEncoder:
        tokenizer = build_tokenizer()
        config = LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=3,
            num_attention_heads=4,
            max_position_embeddings=256,
            pad_token_id=tokenizer.pad_token_id,
        )
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            model = LlamaModel(config)
        return TextEncoder(model, tokenizer, name="text:random", weights_hash=f"seed {seed}")

    return make


@pytest.fixture
def text(make_text: Callable[[int], TextEncoder]) -> TextEncoder:
    return make_text(0)


@pytest.fixture(scope="session")
def make_geometry(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., GeometryEncoder]:
    """Seed, number of layers and pooling to a Uni-Mol with random weights; all share their conformers."""
    store = ConformerStore(
        tmp_path_factory.mktemp("conformers"), ConformerSettings(relaxation_steps=5), workers=1
    )

    def make(seed: int, layers: int = 5, pooling: Pooling = "cls+atoms") -> GeometryEncoder:
        sizes = {
            "encoder_layers": layers,
            "encoder_embed_dim": 16,
            "encoder_ffn_embed_dim": 32,
            "encoder_attention_heads": 4,
        }
        dictionary = symbol_dictionary(["[PAD]", "[CLS]", "[SEP]", "[UNK]", "C", "O", "S", "F", "[MASK]"])
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            model = reduced_model(sizes, dictionary)
        network = UniMolNetwork(
            model, dictionary, hydrogens=False, pooling=pooling, weights_hash=f"{seed} {layers}"
        )
        return GeometryEncoder(network, store, name="geometry:random")

    return make


@pytest.fixture
def uni_mol(make_geometry: Callable[..., GeometryEncoder]) -> GeometryEncoder:
    """Five layers, so that two are adapted by default."""
    return make_geometry(0)


@pytest.fixture(scope="session")
def units() -> tuple[RepeatUnit, ...]:
    """Sixty different polymers of two to four groups in the backbone."""
    groups = ["C", "O", "S", "C(C)", "C(=O)", "C(F)", "c1ccc(cc1)"]
    rows = itertools.chain.from_iterable(itertools.product(groups, repeat=n) for n in (2, 3, 4))
    found: dict[str, RepeatUnit] = {}
    for row in itertools.islice(rows, 0, None, 7):
        unit = RepeatUnit.parse(f"*CC{''.join(row)}*")
        found.setdefault(unit.key, unit)
        if len(found) == 60:
            break
    return tuple(found.values())


@pytest.fixture(scope="session")
def geometry(units: tuple[RepeatUnit, ...]) -> NDArray[np.float32]:
    return np.random.default_rng(3).normal(size=(len(units), GEOMETRY_DIM)).astype(np.float32)


@pytest.fixture(scope="session")
def values(units: tuple[RepeatUnit, ...]) -> NDArray[np.float64]:
    """A property that the text decides: the oxygen and aromatic carbon in a unit, with a little noise."""
    share = [unit.psmiles.count("O") - 0.5 * unit.psmiles.count("c") for unit in units]
    return 300 + 20 * np.array(share) + np.random.default_rng(4).normal(size=len(units))


@pytest.fixture
def fusion(text: TextEncoder, units: tuple[RepeatUnit, ...], geometry: NDArray[np.float32]) -> FusedLatent:
    fusion = FusedLatent.initialise(text.dim, GEOMETRY_DIM, 16, text_revision=text.revision)
    fusion.fit_statistics(torch.from_numpy(text.encode(units).vectors), torch.from_numpy(geometry))
    return fusion
