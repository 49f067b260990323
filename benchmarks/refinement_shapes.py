"""Encoders of any size with random weights, and polymers for them: what `refinement_scale.py` measures with."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pandas as pd
import torch
from reading import units_of
from transformers import LlamaConfig, LlamaModel

from discovery.encoders.conformers import ConformerStore
from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.text import TextEncoder
from discovery.encoders.tokenizer import build_tokenizer
from discovery.encoders.unimol import UniMolNetwork, reduced_model, symbol_dictionary
from discovery.polymers import RepeatUnit

SYMBOLS = "[PAD] [CLS] [SEP] [UNK] C N O S H Cl F Br I Si P B [MASK]".split()  # noqa: SIM905  # as it is printed

LLAMA = {
    "8b": {"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32,
           "num_key_value_heads": 8, "vocab_size": 128_256},
    "small": {"hidden_size": 64, "intermediate_size": 224, "num_hidden_layers": 8, "num_attention_heads": 4,
              "num_key_value_heads": 2, "vocab_size": 512},
}  # fmt: skip

UNI_MOL: dict[str, dict[str, int]] = {
    "8b": {},  # as released
    "small": {"encoder_layers": 4, "encoder_embed_dim": 32, "encoder_ffn_embed_dim": 128, "encoder_attention_heads": 4},
}  # fmt: skip

SHAPES = ("bundled", *LLAMA)

GROUPS = ("C", "C", "C", "O", "C(C)", "C(=O)", "C(=O)O", "C(=O)N", "C(F)", "S", "c1ccc(cc1)", "C(c1ccccc1)")


def encoders(shape: str, device: str, cache: Path | None) -> tuple[TextEncoder, GeometryEncoder]:
    """Both encoders of a shape; random weights are those of seed 0."""
    if shape == "bundled":
        return TextEncoder.load(device=device), GeometryEncoder.load(cache=cache, device=device)
    tokenizer, dictionary = build_tokenizer(), symbol_dictionary(SYMBOLS)
    config = LlamaConfig(**LLAMA[shape], pad_token_id=tokenizer.pad_token_id, max_position_embeddings=2048)
    torch.manual_seed(0)
    with torch.device(device):
        model = LlamaModel._from_config(config, dtype=torch.bfloat16)
    text = TextEncoder(model, tokenizer, name=f"text:{shape}", weights_hash=shape, device=device)
    network = UniMolNetwork(
        reduced_model(UNI_MOL[shape], dictionary),
        dictionary,
        hydrogens=False,
        pooling="cls",
        weights_hash=shape,
        device=device,
    )
    return text, GeometryEncoder(network, ConformerStore(cache), name=f"geometry:{shape}")


def drawn(table: Path | None) -> Iterator[RepeatUnit]:
    """The polymers of a table in random order, or without end such as are put together at random; seed 0."""
    generator = random.Random(0)
    if table is not None:
        units = units_of(pd.read_csv(table))
        yield from (unit for unit in generator.sample(units, len(units)) if unit is not None)
        return
    while True:
        yield RepeatUnit.parse(f"*C{''.join(generator.choices(GROUPS, k=generator.randint(3, 9)))}*")


def polymers(
    units: Iterator[RepeatUnit], count: int, readers: Sequence[TextEncoder | GeometryEncoder]
) -> list[RepeatUnit]:
    """The first ``count`` different polymers that all encoders can read."""
    found: dict[str, RepeatUnit] = {}
    while len(found) < count:
        more = list(islice(units, count - len(found)))
        if not more:
            raise SystemExit(f"There are {len(found)} polymers that both encoders can read, not {count}.")
        failed = {failure.unit.key for reader in readers for failure in reader.encode(more).failures}
        found |= {unit.key: unit for unit in more if unit.key not in failed}
    return list(found.values())
