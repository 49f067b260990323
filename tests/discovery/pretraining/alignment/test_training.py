"""Alignment: a fusion for one pair of encoders, that knows which text, shape and description belong together."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from discovery.bundled import file_hash
from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.store import EmbeddingStore
from discovery.encoders.text import TextEncoder
from discovery.errors import PretrainingError, WeightsError
from discovery.latent.fusion import FusedLatent
from discovery.polymers import RepeatUnit
from discovery.pretraining.alignment.network import Aligner, Alignment, found_first
from discovery.pretraining.alignment.training import train
from discovery.pretraining.corpus.corpus import CorpusEntry
from discovery.pretraining.descriptions.description import Description, write_descriptions
from discovery.pretraining.labels import Labels, read_labels
from discovery.pretraining.loop.curves import read_records

TINY = Alignment(
    dim=12, steps=8, batch=16, described=8, head=8, reader_width=8, reader_layers=1, phrasings=2, save_every=4
)
UNREADABLE = RepeatUnit.parse("*CCN*")  # the tiny geometry encoder knows no nitrogen
COMMAND = "polyloop pretrain align --steps 8"


class Stopped(Exception):  # noqa: N818  # an interruption, not an error
    pass


class Bench:
    """A small corpus with labels, two encoders and a store, on which alignments are run."""

    def __init__(
        self, units: list[RepeatUnit], text: TextEncoder, geometry: GeometryEncoder, folder: Path
    ) -> None:
        self.entries = [CorpusEntry(unit, "polyether", held_out=i % 4 == 0) for i, unit in enumerate(units)]
        self.encoders = text, geometry
        self.store = EmbeddingStore(folder / "vectors")
        self.labels = read_labels(self.entries, folder / "labels")
        self.folder = folder

    def align(self, name: str, settings: Alignment = TINY, **given: object) -> Path:
        out, work = self.folder / name / "out", self.folder / name / "work"
        given = {"labels": self.labels, "entries": self.entries, "command": COMMAND, **given}
        entries, labels = given.pop("entries"), given.pop("labels")
        assert isinstance(entries, list)
        assert isinstance(labels, Labels)
        return train(entries, labels, *self.encoders, out, work, settings, store=self.store, **given)  # type: ignore[arg-type]

    def latent(self, out: Path) -> torch.Tensor:
        fusion = FusedLatent.load(out, text=self.encoders[0], geometry=self.encoders[1])
        units = [entry.unit for entry in self.entries if entry.unit != UNREADABLE and not entry.held_out]
        text, geometry = (torch.from_numpy(self.store.encode(e, units).vectors) for e in self.encoders)
        latent: torch.Tensor = fusion(text, geometry).detach()
        return latent


@pytest.fixture(scope="module")
def bench(
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_text: TextEncoder,
    tiny_geometry: GeometryEncoder,
    tmp_path_factory: pytest.TempPathFactory,
) -> Bench:
    return Bench([*tiny_polymers, UNREADABLE], tiny_text, tiny_geometry, tmp_path_factory.mktemp("align"))


@pytest.fixture(scope="module")
def unbroken(bench: Bench) -> Path:
    return bench.align("unbroken")


def held_out(out: Path) -> dict[str, float]:
    return dict([r for r in read_records(out.parent / "work" / "losses.jsonl") if r.held_out][-1].terms)


def test_the_fusion_is_read_for_its_encoders_and_is_standardised(bench: Bench, unbroken: Path) -> None:
    latent = bench.latent(unbroken)
    assert latent.shape[1] == TINY.dim
    torch.testing.assert_close(latent.std(dim=0), torch.ones(TINY.dim), atol=1e-3, rtol=0)
    torch.testing.assert_close(latent.mean(dim=0), torch.zeros(TINY.dim), atol=1e-4, rtol=0)


def test_other_encoders_are_refused(unbroken: Path, tiny_text_folder: Path) -> None:
    other = TextEncoder.load(str(tiny_text_folder), prompt="Polymer {psmiles}")
    with pytest.raises(WeightsError, match="text encoder"):
        FusedLatent.load(unbroken, text=other)


def test_an_interrupted_run_ends_with_the_weights_of_an_unbroken_one(bench: Bench, unbroken: Path) -> None:
    def stop(done: int, total: int | None, what: str) -> None:
        if what.startswith("training") and done == 6:
            raise Stopped

    with pytest.raises(Stopped):
        bench.align("interrupted", progress=stop)
    torch.rand(7)  # where the caller's generator stands must not matter
    resumed = bench.align("interrupted")
    assert FusedLatent.load(resumed).revision == FusedLatent.load(unbroken).revision


def test_a_run_with_other_settings_is_not_gone_on_with(bench: Bench, unbroken: Path) -> None:
    with pytest.raises(PretrainingError, match="another run"):
        bench.align("unbroken", replace(TINY, seed=1))


def test_the_card_names_encoders_command_settings_and_figures(bench: Bench, unbroken: Path) -> None:
    card = (unbroken / "MODEL_CARD.md").read_text()
    text, geometry = bench.encoders
    polymers = len(bench.entries) - 1  # without the one that has no geometry
    for fact in (
        f"`{COMMAND}`",
        text.revision,
        geometry.revision,
        text.name,
        "| steps | 8 |",
        "| seed | 0 |",
        f"| hash of the corpus | {bench.labels.corpus} |",
        f"| descriptions by template | {2 * polymers} |",
    ):
        assert fact in card
    assert f"| polymers with both vectors | {polymers} |" in card
    for figure in (
        "physics labels, fused",
        "structure labels, text alone",
        "text to geometry, found first",
        "description to polymer, found first",
    ):
        assert f"| held-out {figure} | " in card
    assert (unbroken / "curves.png").is_file()


def test_the_hash_on_record_is_that_of_the_weights(unbroken: Path) -> None:
    config = json.loads((unbroken / "config.json").read_text())
    assert config["weights_sha256"] == file_hash(unbroken / "model.safetensors")


def test_training_finds_more_of_its_polymers_and_knows_the_labels_better(bench: Bench) -> None:
    long = replace(TINY, steps=60, save_every=60)
    first, last = (held_out(bench.align(f"steps {s.steps}", s)) for s in (replace(long, steps=1), long))
    assert last["text to geometry"] < first["text to geometry"]
    assert last["reconstruction"] < first["reconstruction"]
    assert last["structure labels, fused"] < first["structure labels, fused"]
    assert last["physics labels, text alone"] < first["physics labels, text alone"]


@pytest.mark.parametrize("term", ["alignment", "descriptions"])
def test_a_term_of_no_weight_is_left_out(bench: Bench, unbroken: Path, term: str) -> None:
    name = {"alignment": "text to geometry", "descriptions": "description to polymer"}[term]
    out = bench.align(f"without {term}", replace(TINY, **{term: 0.0}))
    assert name in held_out(unbroken)
    assert not any(name in figure for figure in held_out(out))


def test_labels_can_be_without_physics(bench: Bench) -> None:
    labels = read_labels(bench.entries, bench.folder / "labels", without=["physics"])
    figures = held_out(bench.align("without physics", labels=labels))
    assert "structure labels, fused" in figures
    assert not any("physics" in name for name in figures)


def test_descriptions_come_from_a_file_where_one_is_given(
    bench: Bench, unbroken: Path, tmp_path: Path
) -> None:
    some = [e.unit for e in bench.entries if not e.held_out][:20]
    makers = [("writer", ""), ("writer", "on no list: 70"), ("template", "text of writer has no end")]
    made = [Description(u, f"Made of {u.key}. It is.", *makers[i % 3]) for i, u in enumerate(some)]
    foreign = Description(RepeatUnit.parse("*CC(*)Br"), "A bromide.", "another")
    write_descriptions(tmp_path / "d.parquet", [*made, foreign])
    out = bench.align("from a file", descriptions=tmp_path / "d.parquet")
    card = (out / "MODEL_CARD.md").read_text()
    for fact in (
        "polymers with a description | 20",
        "descriptions by writer | 14",
        "descriptions by template, in place of a rejected text | 6",
    ):
        assert f"| {fact} |" in card
    assert "descriptions by another" not in card
    assert FusedLatent.load(out).revision != FusedLatent.load(unbroken).revision


def test_descriptions_of_other_polymers_are_refused(bench: Bench, tmp_path: Path) -> None:
    write_descriptions(tmp_path / "d.parquet", [Description(RepeatUnit.parse("*CC(*)Br"), "A bromide.")])
    with pytest.raises(PretrainingError, match="None of the polymers to train on has a description"):
        bench.align("foreign", descriptions=tmp_path / "d.parquet")


def test_too_few_polymers_with_both_vectors_are_refused(bench: Bench) -> None:
    entries = [*bench.entries[:31], bench.entries[-1]]
    with pytest.raises(PretrainingError, match="Only 31 of 32 polymers have both vectors"):
        bench.align("few", entries=entries)


def test_an_unknown_label_moves_nothing(bench: Bench) -> None:
    fusion = FusedLatent.initialise(6, 5, 8)
    model = Aligner(replace(TINY, alignment=0.0, descriptions=0.0), fusion, {"physics": slice(0, 3)}, 0)
    labels = torch.randn(4, 3)
    labels[:, 1] = torch.nan
    nothing = torch.zeros(0, dtype=torch.long)
    loss, _ = model(
        torch.randn(4, 6), torch.randn(4, 5), labels, nothing, nothing.view(0, 1), nothing.view(0, 1)
    )
    loss.backward()
    assert torch.isfinite(loss)
    assert (model.fused_labels.weight.grad[1] == 0).all()


def test_found_first_is_the_share_of_nearest_rows_that_are_their_own() -> None:
    one = torch.eye(4)
    assert found_first(one, 3 * one) == 1.0
    assert found_first(one, one[[1, 0, 2, 3]]) == 0.5
