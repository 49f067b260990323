"""What the faults are tried on: small campaigns on tiny random encoders, and their facts."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from faults_processes import run

MEASURED, TO_REFINE, ROWS = 12, 20, 600
"""Polymers measured at the start; the same where adapters are trained, which takes 16; rows of a table that is ingested."""

SPEC = """
name = "faults"
[[objectives]]
name = "tg"
direction = "max"
unit = "K"
[pool]
polymers = "pool.csv"
[encoders]
text = "{text}"
geometry = "{geometry}"
fusion = "{fusion}"
[refinement]
depths = {depths}
[batch]
size = 2
[budget]
shortlist = 8
"""


@dataclass
class Row:
    """One line of the table: a fault, how often it was tried, how often anything was lost or wrong, and what was seen."""

    fault: str
    tried: int = 0
    wrong: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def add(self, seen: str, wrong: list[str]) -> None:
        self.tried += 1
        self.seen[seen] += 1
        self.wrong += wrong[:1]  # a try counts once

    def __str__(self) -> str:
        told = ", ".join(f"{what} {count}" for what, count in sorted(self.seen.items()))
        return f"| {self.fault} | {self.tried} | {len(self.wrong)} | {told} |"


def tg(psmiles: str) -> float:
    """A property that the tiny encoders can learn something of."""
    return 230.0 + 25.0 * psmiles.count("O") + 12.0 * psmiles.count("F") + 7.0 * psmiles.count("S")


def polymers() -> list[str]:
    """Some sixty small ones that the tiny encoders can read."""
    from discovery.polymers import RepeatUnit

    groups = ("C", "O", "S", "C(F)", "C(C)", "C(=O)")
    units = [RepeatUnit.parse(f"*CC{''.join(row)}*") for row in product(groups, repeat=3)]
    return [unit.psmiles for unit in {unit.key: unit for unit in units}.values()][::2][:60]


def write_rows(path: Path, texts: list[str], values: list[float]) -> Path:
    lines = [f"{text},{value:.3f}" for text, value in zip(texts, values, strict=True)]
    path.write_text("\n".join(["psmiles,tg", *lines]) + "\n", encoding="utf-8")
    return path


def make_encoders(folder: Path) -> dict[str, Path]:
    """Real classes with a few thousand random weights, in folders as users have their own."""
    import torch
    from safetensors.torch import save_file
    from transformers import LlamaConfig, LlamaModel

    from discovery.bundled import file_hash
    from discovery.encoders.conformers import ConformerSettings
    from discovery.encoders.geometry import GeometryEncoder
    from discovery.encoders.text import TextEncoder
    from discovery.encoders.tokenizer import build_tokenizer
    from discovery.encoders.unimol import reduced_model, symbol_dictionary
    from discovery.encoders.unimol_weights import CHECKPOINT_FORMAT
    from discovery.latent.fusion import FusedLatent
    from discovery.polymers import RepeatUnit

    places = {name: folder / name for name in ("text", "geometry", "fusion")}
    tokenizer, places_of_text = build_tokenizer(), places["text"]
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    marks = {name: getattr(tokenizer, name) for name in ("pad_token_id", "bos_token_id", "eos_token_id")}
    torch.manual_seed(0)
    LlamaModel(
        LlamaConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **sizes, **marks)
    ).save_pretrained(places_of_text)
    tokenizer.save_pretrained(places_of_text)
    symbols = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "C", "O", "S", "F", "[MASK]"]
    model = {"layers": 1, "embed_dim": 8, "ffn_embed_dim": 16, "attention_heads": 2}
    model = {f"encoder_{name}": size for name, size in model.items()}
    place = places["geometry"]
    place.mkdir(parents=True)
    save_file(reduced_model(model, symbol_dictionary(symbols)).state_dict(), place / "model.safetensors")
    config = {
        "format": CHECKPOINT_FORMAT,
        "model": model,
        "hydrogens": False,
        "pooling": "cls+atoms",
        "conformers": asdict(ConformerSettings(relaxation_steps=5)),
        "weights_sha256": file_hash(place / "model.safetensors"),
    }
    (place / "config.json").write_text(json.dumps(config))
    (place / "dictionary.json").write_text(json.dumps({"symbols": symbols}))
    text = TextEncoder.load(str(places_of_text))
    geometry = GeometryEncoder.load(str(place), cache=folder / "conformers", workers=1)
    fusion = FusedLatent.initialise(text.dim, geometry.dim, 12, 0)
    units = [RepeatUnit.parse(each) for each in polymers()]
    fusion.fit_statistics(*(torch.from_numpy(each.encode(units).vectors) for each in (text, geometry)))
    fusion.save(places["fusion"])
    return places


@dataclass(frozen=True)
class Bench:
    """Campaigns to be copied for each try, and tables for them."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Bench:
        """Campaigns ``plain`` and ``refining``, begun; a cache that holds their vectors; and ``learned``, a campaign with a round
        that has an adapter.
        """
        from campaigns import Campaign
        from campaigns.spec import CampaignSpec

        encoders = make_encoders(folder / "encoders")
        known = polymers()
        write_rows(
            folder / "more.csv",
            known[:MEASURED] * (ROWS // MEASURED),
            [300.0 + 0.01 * i for i in range(ROWS)],
        )
        begun = {"plain": (MEASURED, "[]"), "refining": (TO_REFINE, '["projection"]')}
        for name, (measured, depths) in begun.items():
            (folder / "pool.csv").write_text("\n".join(["psmiles", *known[measured:]]) + "\n")
            spec = CampaignSpec.loads(SPEC.format(depths=depths, **encoders))
            made = Campaign.create(folder / name, spec, base=folder)
            (folder / "pool.csv").unlink()
            values = [tg(text) for text in known[:measured]]
            made.ingest(write_rows(folder / f"{name}.csv", known[:measured], values))
        bench = cls(folder)
        shutil.copytree(bench.folder / "refining", bench.folder / "learned")
        for done in (
            run("propose", folder / "plain", cache=folder / "scratch"),
            run("propose", folder / "learned", cache=bench.cache),
        ):
            if done.code:
                raise RuntimeError(done.out + done.err)
        # one round that nothing was filled in of, so that there is something to lose
        return bench

    @property
    def cache(self) -> Path:
        """Vectors of all polymers."""
        return self.folder / "cache"

    @property
    def table(self) -> Path:
        """Measurements that no campaign holds yet."""
        return self.folder / "more.csv"

    @contextlib.contextmanager
    def copied(self, name: str, number: int, *, cold: bool = False) -> Iterator[tuple[Path, Path]]:
        """A campaign and a cache for one try; both are gone afterwards."""
        place = self.folder / "tries" / f"{name}-{os.getpid()}-{number}"
        place.mkdir(parents=True)
        try:
            campaign = Path(shutil.copytree(self.folder / name, place / "campaign"))
            cache = place / "cache"
            if cold:
                cache.mkdir()
            else:
                shutil.copytree(self.cache, cache)
            yield campaign, cache
        finally:
            shutil.rmtree(place)


@dataclass(frozen=True)
class Facts:
    """What a ledger says: digests in their order, and what people see of it."""

    digests: tuple[str, ...]
    measurements: tuple[Any, ...]
    proposals: tuple[Any, ...]
    rounds: int

    @classmethod
    def of(cls, campaign: Path) -> Facts:
        from sqlalchemy import select

        from campaigns.ledger import Ledger
        from campaigns.ledger.sealing import COMMANDS

        ledger = Ledger.open(campaign / "campaign.sqlite")
        with ledger.reading() as session:
            digests = session.connection().scalars(select(COMMANDS.c.digest).order_by(COMMANDS.c.id)).all()
        return cls(
            tuple(digests),
            ledger.measurements(with_retracted=True),
            ledger.proposals(),
            len(ledger.rounds()),
        )

    def lost_in(self, later: Facts) -> list[str]:
        """What of these facts a later look does not find as they were."""
        pairs = (
            ("commands", self.digests, later.digests),
            ("measurements", self.measurements, later.measurements),
            ("proposals", self.proposals, later.proposals),
        )
        return [f"{what} lost or changed" for what, old, new in pairs if new[: len(old)] != old]


def unsound(campaign: Path, cache: Path) -> list[str]:
    """What the audit finds damaged, and vectors that it sets aside."""
    done = run("doctor", campaign, cache=cache)
    found = (done.document or {}).get("findings", [])
    wrong = [f"{each['part']}: {each['words']}" for each in found if each["state"] == "damaged"]
    wrong += [each["words"] for each in found if each["part"] == "vectors" and each["state"] == "remark"]
    return [*done.complaint(0), *wrong]


def proposed_twice(facts: Facts) -> list[str]:
    """Polymers that are proposed in two rounds at once; nothing in these tries takes a proposal back."""
    counted = Counter(proposal.unit.key for proposal in facts.proposals)
    return [f"{key} proposed {count} times" for key, count in counted.items() if count > 1]
