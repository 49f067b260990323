"""The representation: which polymers have which vector, and the latent that belongs to them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from discovery.encoders.fingerprint import FingerprintEncoder
from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.store import EmbeddingStore
from discovery.encoders.text import TextEncoder
from discovery.errors import EncodingError, WeightsError
from discovery.latent.fusion import FusedLatent
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit

NO_GEOMETRY = RepeatUnit.parse("*CCN*")  # the tiny geometry encoder knows no nitrogen
NO_TEXT = RepeatUnit.parse(f"*{'CO' * 31}S*")  # the tiny text encoder reads 64 tokens


@pytest.fixture
def unsettled(tiny_representation: Representation) -> Representation:
    fusion = FusedLatent.initialise(tiny_representation.text.dim, tiny_representation.geometry.dim, 12)
    return Representation(
        tiny_representation.fingerprint,
        tiny_representation.text,
        tiny_representation.geometry,
        fusion,
        tiny_representation.store,
        trained=False,
    )


def test_only_polymers_with_both_vectors_are_fused_and_the_others_named(
    tiny_representation: Representation, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    fused = tiny_representation.fuse([NO_GEOMETRY, tiny_polymers[1], NO_TEXT, tiny_polymers[0]])
    assert fused.positions == (1, 3)
    assert [len(part) for part in (fused.encoded.text, fused.encoded.geometry, fused.latent)] == [2, 2, 2]
    reasons = {failure.unit: failure.reason for failure in fused.failures}
    assert reasons == {
        NO_GEOMETRY: "the weights do not know the element N",
        NO_TEXT: f"{len(NO_TEXT.psmiles) + 1} tokens, the model reads at most 64",
    }


def test_a_row_of_the_fused_latent_belongs_to_its_polymer(
    tiny_representation: Representation, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    together = tiny_representation.fuse(tiny_polymers[:6])
    alone = tiny_representation.fuse([tiny_polymers[4]])
    np.testing.assert_array_equal(together.encoded.text[4], alone.encoded.text[0])
    np.testing.assert_array_equal(together.encoded.geometry[4], alone.encoded.geometry[0])
    torch.testing.assert_close(together.latent[4], alone.latent[0], atol=1e-5, rtol=1e-5)
    twice = tiny_representation.fuse([tiny_polymers[4], tiny_polymers[2], tiny_polymers[4]])
    assert torch.equal(twice.latent[0], twice.latent[2])
    assert twice.positions == (0, 1, 2)


def test_latents_are_in_double_precision_and_fingerprints_in_a_compact_type(
    tiny_representation: Representation, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    assert tiny_representation.fuse(tiny_polymers[:2]).latent.dtype == torch.float64
    vectors = tiny_representation.text_vectors(tiny_polymers[:2]).vectors
    assert tiny_representation.text_latent(vectors).dtype == torch.float64
    fingerprints = tiny_representation.fingerprints(tiny_polymers[:2])
    assert (fingerprints.dtype, fingerprints.shape) == (torch.int16, (2, 512))


def test_no_polymers_give_empty_vectors(tiny_representation: Representation) -> None:
    fused = tiny_representation.fuse([])
    assert fused.positions == ()
    assert fused.latent.shape == (0, 12)
    assert tiny_representation.fingerprints([]).shape == (0, 512)


def test_an_untrained_fusion_is_standardised_on_the_polymers_at_hand(
    unsettled: Representation, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    before = unsettled.fusion.revision
    settled = unsettled.settled([*tiny_polymers[:20], NO_GEOMETRY])
    latent = settled.fuse(tiny_polymers[:20]).latent
    torch.testing.assert_close(latent.mean(dim=0), torch.zeros(12, dtype=torch.float64), atol=1e-4, rtol=0)
    torch.testing.assert_close(latent.std(dim=0), torch.ones(12, dtype=torch.float64), atol=1e-2, rtol=0)
    assert unsettled.fusion.revision == before  # the one it came from is left as it was
    assert settled.revisions["fusion"] != before


def test_a_trained_fusion_keeps_its_statistics(
    tiny_representation: Representation, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    assert tiny_representation.settled(tiny_polymers[:5]) is tiny_representation


def test_one_polymer_is_too_few_to_standardise_on(
    unsettled: Representation, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    with pytest.raises(EncodingError, match="fewer than two") as caught:
        unsettled.settled([tiny_polymers[0], NO_GEOMETRY, NO_TEXT])
    assert "bundled encoders" in caught.value.hint


def test_everything_that_decides_a_vector_has_a_revision(tiny_representation: Representation) -> None:
    parts = (
        tiny_representation.fingerprint,
        tiny_representation.text,
        tiny_representation.geometry,
        tiny_representation.fusion,
        tiny_representation.axes,
    )
    names = ("fingerprint", "text", "geometry", "fusion", "physics")
    assert tiny_representation.revisions == dict(zip(names, (p.revision for p in parts), strict=True))


def test_a_pair_of_ones_own_encoders_gets_a_fusion_that_keeps_distances(
    tiny_text_folder: Path, tiny_text: TextEncoder, tiny_geometry_folder: Path, tmp_path: Path
) -> None:
    store = EmbeddingStore(tmp_path)
    loaded = Representation.load(str(tiny_text_folder), str(tiny_geometry_folder), store=store)
    again = Representation.load(str(tiny_text_folder), str(tiny_geometry_folder), store=store)
    assert not loaded.trained
    assert "polyloop pretrain align" in loaded.remark
    assert loaded.text.revision == tiny_text.revision
    assert loaded.revisions == again.revisions


def test_a_fusion_of_ones_own_is_loaded_from_beside_the_spec(
    tiny_text_folder: Path, tiny_geometry_folder: Path, tiny_representation: Representation, tmp_path: Path
) -> None:
    fusion = FusedLatent.initialise(
        tiny_representation.text.dim,
        tiny_representation.geometry.dim,
        12,
        text_revision=tiny_representation.text.revision,
        geometry_revision=tiny_representation.geometry.revision,
    )
    fusion.save(tmp_path / "mine" / "fusion")
    for name, folder in (("text", tiny_text_folder), ("geometry", tiny_geometry_folder)):
        shutil.copytree(folder, tmp_path / "mine" / name)
    loaded = Representation.load("mine/text", "mine/geometry", fusion="mine/fusion", base=tmp_path)
    assert loaded.trained
    assert loaded.remark == ""
    assert loaded.revisions["fusion"] == fusion.revision
    assert loaded.text.revision == tiny_representation.text.revision


def test_the_bundled_fusion_is_refused_for_other_encoders(
    tiny_text_folder: Path, tiny_geometry_folder: Path
) -> None:
    with pytest.raises(WeightsError, match="belong to the text encoder"):
        Representation.load(str(tiny_text_folder), str(tiny_geometry_folder), fusion="bundled")


def test_the_bundled_pair_has_its_fusion_and_no_remark(tmp_path: Path) -> None:
    loaded = Representation.load(store=EmbeddingStore(tmp_path))
    assert loaded.trained
    assert loaded.remark == ""


def test_the_remark_outlives_the_standardisation(
    unsettled: Representation, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    unsettled.remark = "random projections"
    assert unsettled.settled(tiny_polymers[:5]).remark == "random projections"


def test_vectors_come_through_the_store(
    tiny_text: TextEncoder,
    tiny_geometry: GeometryEncoder,
    tiny_polymers: tuple[RepeatUnit, ...],
    tmp_path: Path,
) -> None:
    fusion = FusedLatent.initialise(tiny_text.dim, tiny_geometry.dim, 4)
    representation = Representation(
        FingerprintEncoder(), tiny_text, tiny_geometry, fusion, EmbeddingStore(tmp_path)
    )
    fused = representation.fuse(tiny_polymers[:3])
    for encoder, vectors in ((tiny_text, fused.encoded.text), (tiny_geometry, fused.encoded.geometry)):
        assert any((tmp_path / f"{encoder.revision}.2").glob("*.safetensors"))
        np.testing.assert_array_equal(vectors, encoder.encode(tiny_polymers[:3]).vectors)
