"""Small random encoders, loaded from folders in the way a user's own are: real classes, a few thousand weights."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import LlamaConfig, LlamaForCausalLM, LlamaModel, PreTrainedTokenizerFast

from discovery.bundled import file_hash
from discovery.encoders.conformers import ConformerSettings
from discovery.encoders.fingerprint import FingerprintEncoder
from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.store import EmbeddingStore
from discovery.encoders.text import TextEncoder
from discovery.encoders.tokenizer import build_tokenizer
from discovery.encoders.unimol import reduced_model, symbol_dictionary
from discovery.encoders.unimol_weights import CHECKPOINT_FORMAT
from discovery.latent.fusion import FusedLatent
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit

TINY_SYMBOLS = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "C", "O", "S", "F", "[MASK]"]
"""Nitrogen is left out on purpose: a polymer with it is one that the tiny geometry encoder cannot read."""

LLAMA3_POSITIONS = {
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
    "rope_type": "llama3",
}

TINY_SIZES = {
    "encoder_layers": 1,
    "encoder_embed_dim": 8,
    "encoder_ffn_embed_dim": 16,
    "encoder_attention_heads": 2,
}


@pytest.fixture(scope="session", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is computed for good goes into a folder of this run, never into the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLYLOOP_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def tiny_text_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama of two blocks with our tokenizer. Copy it before changing anything in it."""
    folder = tmp_path_factory.mktemp("tiny") / "text"
    tokenizer = build_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=64,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = LlamaModel(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_text(tiny_text_folder: Path) -> TextEncoder:
    return TextEncoder.load(str(tiny_text_folder))


@pytest.fixture(scope="session")
def llama3_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama 3 of 30,000 weights as the hub gives it: bfloat16 in several files with an index, grouped queries, scaled
    positions, keys of ``config.json`` as they are there, a byte-level tokenizer without a pad token.
    """
    folder = tmp_path_factory.mktemp("hub") / "llama-3-tiny"
    specials = ["<|begin_of_text|>", "<|end_of_text|>"]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate([*letters, "CC", "CO", "=O", "c1", "cc"])}
    merges = [("C", "C"), ("C", "O"), ("=", "O"), ("c", "1"), ("c", "c")]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(specials)
    begin = (specials[0], tokenizer.token_to_id(specials[0]))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{specials[0]} $A", special_tokens=[begin]
    )
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token=specials[0],
        eos_token=specials[1],
        clean_up_tokenization_spaces=False,
    ).save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        bos_token_id=begin[1],
        eos_token_id=begin[1] + 1,
        pad_token_id=None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = LlamaForCausalLM(config)
    model.to(torch.bfloat16).save_pretrained(folder, max_shard_size="20KB")
    written = json.loads((folder / "config.json").read_text())
    written |= {"torch_dtype": written.pop("dtype"), "rope_theta": 500000.0, "rope_scaling": LLAMA3_POSITIONS}
    written.pop("rope_parameters", None)
    (folder / "config.json").write_text(json.dumps(written))
    return folder


@pytest.fixture(scope="session")
def tiny_geometry_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Uni-Mol of one block that reads C, O, S and F."""
    folder = tmp_path_factory.mktemp("tiny") / "geometry"
    folder.mkdir()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = reduced_model(TINY_SIZES, symbol_dictionary(TINY_SYMBOLS))
    save_file(model.state_dict(), folder / "model.safetensors")
    config = {
        "format": CHECKPOINT_FORMAT,
        "model": TINY_SIZES,
        "hydrogens": False,
        "pooling": "cls+atoms",
        "conformers": asdict(ConformerSettings(relaxation_steps=5)),
        "weights_sha256": file_hash(folder / "model.safetensors"),
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "dictionary.json").write_text(json.dumps({"symbols": TINY_SYMBOLS}))
    return folder


@pytest.fixture(scope="session")
def tiny_geometry(tiny_geometry_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> GeometryEncoder:
    """Its conformers are kept for the session, away from the user's cache."""
    cache = tmp_path_factory.mktemp("conformers")
    return GeometryEncoder.load(str(tiny_geometry_folder), cache=cache, workers=1)


@pytest.fixture(scope="session")
def tiny_polymers() -> tuple[RepeatUnit, ...]:
    """Some forty small polymers of C, O, S and F, all of which the tiny encoders can read."""
    groups = ("C", "O", "S", "C(F)", "C(C)", "C(=O)")
    units: dict[str, RepeatUnit] = {}
    for row in itertools.product(groups, repeat=3):
        unit = RepeatUnit.parse(f"*CC{''.join(row)}*")
        units.setdefault(unit.key, unit)
    return tuple(units.values())[::2][:40]


@pytest.fixture(scope="session")
def tiny_representation(
    tiny_text: TextEncoder,
    tiny_geometry: GeometryEncoder,
    tiny_polymers: tuple[RepeatUnit, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> Representation:
    """Both tiny encoders with an untrained fusion that is standardised on the tiny polymers."""
    fusion = FusedLatent.initialise(tiny_text.dim, tiny_geometry.dim, 12)
    store = EmbeddingStore(tmp_path_factory.mktemp("embeddings"))
    unsettled = Representation(
        FingerprintEncoder(size=512), tiny_text, tiny_geometry, fusion, store, trained=False
    )
    return unsettled.settled(tiny_polymers)
