from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from latents_encoders import UNKNOWN, DescriptorEncoder, EstimatesEncoder
from latents_views import CLIP, Comparison, standardised
from numpy.typing import NDArray

from discovery.bundled import bundled_checkpoint
from discovery.errors import SurrogateError
from discovery.latent.fusion import FusedLatent
from discovery.polymers import RepeatUnit

N = 12


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return Comparison("bundled", "bundled", None, "cpu")


def vectors(comparison: Comparison) -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng(0)
    text, geometry = comparison.main.text.dim, comparison.main.geometry.dim
    dims = {"text": text, "random text": text, "scrambled text": text, "geometry": geometry}
    dims |= {
        "random geometry": geometry,
        "descriptors": DescriptorEncoder.dim,
        "physics": EstimatesEncoder.dim,
    }
    return {name: random.normal(size=(N, dim)).astype(np.float32) for name, dim in dims.items()}


def test_every_view_gives_each_polymer_a_row_of_finite_numbers(comparison: Comparison) -> None:
    found = vectors(comparison)
    for view in comparison.views:
        if view.latent is not None:
            latent = view.latent({name: found[name] for name in view.needs})
            assert len(latent) == N, view.name
            assert np.isfinite(latent).all(), view.name


def test_views_of_vectors_are_standardised_alike(comparison: Comparison) -> None:
    found = vectors(comparison)
    views = {view.name: view.latent for view in comparison.views}
    for name in (
        "text",
        "geometry",
        "descriptors",
        "physics",
        "random-text",
        "geometry-branch",
        "fused-standardised",
    ):
        latent = views[name]
        assert latent is not None
        rows = latent(found)
        assert np.abs(rows).max() <= CLIP
        assert rows.mean(axis=0) == pytest.approx(0, abs=0.1)


def test_another_fusion_is_compared_and_its_revision_recorded(comparison: Comparison, tmp_path: Path) -> None:
    text, geometry = comparison.main.text, comparison.main.geometry
    fusion = FusedLatent.initialise(
        text.dim, geometry.dim, text_revision=text.revision, geometry_revision=geometry.revision
    )
    fusion.save(tmp_path)
    comparison.add_fusion("unaligned", str(tmp_path))
    assert comparison.views[-1].name == "unaligned"
    assert comparison.revisions["unaligned"] == fusion.revision


def test_the_revision_of_another_text_encoder_is_recorded(comparison: Comparison) -> None:
    comparison.add_text("another", str(bundled_checkpoint("text")))
    assert comparison.encoder("another").revision == comparison.revisions["another"]
    assert comparison.views[-1].needs == ("another",)


def test_what_is_not_known_is_put_at_the_median() -> None:
    rows = np.array([[1.0], [UNKNOWN], [3.0], [5.0]], dtype=np.float32)
    assert standardised(rows)[1] == standardised(np.array([[1.0], [3.0], [3.0], [5.0]]))[1]


def test_a_column_that_nothing_is_known_of_is_dropped() -> None:
    rows = np.array([[UNKNOWN, 1.0], [UNKNOWN, 2.0]], dtype=np.float32)
    assert standardised(rows).shape == (2, 1)
    with pytest.raises(SurrogateError, match="constant"):
        standardised(rows[:, :1])


def test_a_rare_value_far_away_is_cut() -> None:
    rows = np.zeros((100, 1))
    rows[0] = 1.0
    assert standardised(rows).max() == CLIP


def test_numbers_that_a_polymer_lacks_are_stored_as_unknown() -> None:
    units = [RepeatUnit.parse("*C[Se]*"), RepeatUnit.parse("*CCO*")]
    for encoder in (DescriptorEncoder(), EstimatesEncoder()):
        rows = encoder.encode(units).vectors
        assert np.isfinite(rows).all()  # as the store asks for
        assert (rows[0] == UNKNOWN).any()
        assert not (rows[1] == UNKNOWN).any()
