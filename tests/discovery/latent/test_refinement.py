from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from peft import PeftModel
from transformers import AutoModel

from discovery.encoders.text import TextEncoder
from discovery.errors import WeightsError
from discovery.latent.adapter import FoldAdapter
from discovery.latent.fusion import FusedLatent
from discovery.latent.refinement import Refinement, RefinementSkipped, refine
from discovery.latent.text_blocks import pooled, read_below
from discovery.polymers import RepeatUnit

Units = tuple[RepeatUnit, ...]
Vectors = NDArray[np.float32]
Values = NDArray[np.float64]


def _refined(
    text: TextEncoder,
    fusion: FusedLatent,
    units: Units,
    geometry: Vectors | None,
    values: Values,
    *,
    seed: int = 0,
    folds: int = 2,
    steps: int = 6,
) -> Refinement:
    outcome = refine(text, fusion, units, geometry, values, seed=seed, folds=folds, steps=steps)
    assert isinstance(outcome, Refinement)
    return outcome


def test_refinement_lowers_the_training_loss_and_raises_the_held_out_score(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, values: Values
) -> None:
    traces = _refined(text, fusion, units, geometry, values, steps=20).diagnostics
    for trace in traces:
        assert trace.training_loss[trace.best_step] <= trace.training_loss[0]
        assert trace.training_loss[-1] < trace.training_loss[0] - 0.05
        assert trace.held_out_score[trace.best_step] == max(trace.held_out_score)
    assert any(trace.held_out_score[trace.best_step] > trace.held_out_score[0] + 0.02 for trace in traces)


@pytest.mark.parametrize("folds", [2, 4])
def test_every_observation_is_unseen_by_just_one_fold(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, values: Values, folds: int
) -> None:
    count = 30
    outcome = _refined(text, fusion, units[:count], geometry[:count], values[:count], folds=folds, steps=1)
    assert len(outcome.folds) == len(outcome.diagnostics) == folds
    unseen = [index for fold in outcome.folds for index in set(range(count)) - set(fold.trained_on)]
    assert sorted(unseen) == list(range(count))


def test_model_fusion_and_global_chance_are_left_untouched(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, values: Values
) -> None:
    vectors, revision, chance = text.encode(units).vectors, fusion.revision, torch.get_rng_state()
    names = [name for name, _ in text.model.named_modules()]
    outcome = _refined(text, fusion, units, geometry, values)
    outcome.embed(units, geometry)
    assert (text.encode(units).vectors == vectors).all()
    assert fusion.revision == revision
    assert [name for name, _ in text.model.named_modules()] == names
    assert all(p.grad is None for p in [*text.model.parameters(), *fusion.parameters()])
    assert torch.equal(torch.get_rng_state(), chance)


def test_same_seed_gives_the_same_adapters_and_another_seed_others(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, values: Values
) -> None:
    first, same, other = (
        _refined(text, fusion, units[:20], geometry[:20], values[:20], seed=seed, steps=3)
        for seed in (0, 0, 1)
    )
    assert first.hash == same.hash != other.hash
    assert all(
        torch.equal(a, b)
        for a, b in zip(first.embed(units, geometry), same.embed(units, geometry), strict=True)
    )


def test_a_fresh_adapter_leaves_the_frozen_latent_as_it_is(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors
) -> None:
    frozen = fusion(torch.from_numpy(text.encode(units).vectors), torch.from_numpy(geometry)).double()
    latent = FoldAdapter.fresh(text, fusion, {}, rank=4, alpha=8, depth=2, seed=0).embed(units, geometry)
    assert latent.shape == (60, 16)
    torch.testing.assert_close(latent, frozen, atol=1e-5, rtol=1e-5)


def test_training_that_improves_nothing_is_no_refinement(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, values: Values
) -> None:
    outcome = refine(text, fusion, units, geometry, values, seed=0, steps=0)
    assert outcome == RefinementSkipped("no step improved the held-out score")


def test_vectors_that_no_model_fits_skip_the_refinement_and_say_why(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, values: Values
) -> None:
    outcome = refine(text, fusion, units, np.full_like(geometry, np.inf), values, seed=0)
    assert isinstance(outcome, RefinementSkipped)
    assert "fold 1 of 2 could not be trained" in outcome.reason


def test_embedding_depends_on_the_polymer_and_not_on_its_company(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, values: Values
) -> None:
    fold = _refined(text, fusion, units, geometry, values).folds[0]
    everyone = fold.embed(units, geometry)
    picked = [41, 3, 17]
    torch.testing.assert_close(
        fold.embed([units[i] for i in picked], geometry[picked]), everyone[picked], atol=1e-5, rtol=1e-5
    )
    assert everyone.dtype == torch.float64


def test_deep_and_shallow_depth_both_leave_the_frozen_latent(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, values: Values
) -> None:
    outcome = _refined(text, fusion, units, geometry, values, steps=20)
    fold = outcome.folds[int(np.argmax([trace.best_step for trace in outcome.diagnostics]))]
    vectors, frozen_geometry = torch.from_numpy(text.encode(units).vectors), torch.from_numpy(geometry)
    frozen = fusion(vectors, frozen_geometry)
    shallow = fold.merged()(vectors, frozen_geometry)
    deep = fold.embed(units, geometry).float()
    assert (shallow - frozen).abs().max() > 1e-3
    assert (deep - shallow).abs().max() > 1e-3


def test_text_alone_can_be_refined(
    text: TextEncoder, fusion: FusedLatent, units: Units, values: Values
) -> None:
    outcome = _refined(text, fusion, units, None, values)
    assert [latent.shape for latent in outcome.embed(units, None)] == [(60, 16), (60, 16)]


def test_saved_and_loaded_adapter_is_the_same(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, values: Values, tmp_path: Path
) -> None:
    outcome = _refined(text, fusion, units, geometry, values)
    outcome.save(tmp_path)
    for number, fold in enumerate(outcome.folds):
        loaded = FoldAdapter.load(tmp_path / f"fold-{number}", text, fusion)
        assert (loaded.hash, loaded.trained_on, loaded.keys) == (fold.hash, fold.trained_on, fold.keys)
        assert loaded.keys == tuple(units[row].key for row in fold.trained_on)
        assert torch.equal(loaded.embed(units, geometry), fold.embed(units, geometry))


# PEFT asks transformers by a name that transformers renames; nothing of ours asks.
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")
def test_saved_text_adapter_loads_onto_the_whole_model_with_peft_alone(
    text: TextEncoder,
    make_text: Callable[[int], TextEncoder],
    fusion: FusedLatent,
    units: Units,
    geometry: Vectors,
    values: Values,
    tmp_path: Path,
) -> None:
    outcome = _refined(text, fusion, units, geometry, values, steps=20)
    number = int(np.argmax([trace.best_step for trace in outcome.diagnostics]))
    outcome.save(tmp_path)
    whole = make_text(0)
    frozen = torch.from_numpy(whole.encode(units).vectors)
    whole.model = PeftModel.from_pretrained(whole.model, str(tmp_path / f"fold-{number}")).eval()
    adapted = torch.from_numpy(whole.encode(units).vectors)
    blocks, packs = outcome.folds[number].blocks, list(read_below(text, units, 2))
    with torch.no_grad():
        torch.testing.assert_close(pooled(text, blocks, packs), adapted, atol=1e-5, rtol=1e-5)
    assert (adapted - frozen).abs().max() > 1e-3


def test_adapter_of_another_encoder_or_fusion_is_refused(
    text: TextEncoder,
    make_text: Callable[[int], TextEncoder],
    fusion: FusedLatent,
    units: Units,
    geometry: Vectors,
    values: Values,
    tmp_path: Path,
) -> None:
    _refined(text, fusion, units[:20], geometry[:20], values[:20], steps=1).folds[0].save(tmp_path)
    with pytest.raises(WeightsError, match=f"belongs to {text.revision}"):
        FoldAdapter.load(tmp_path, make_text(1), fusion)
    with pytest.raises(WeightsError, match="belongs to"):
        FoldAdapter.load(tmp_path, text, FusedLatent.initialise(32, 12, 16, seed=5))


def test_adapter_folder_that_was_changed_is_refused(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, values: Values, tmp_path: Path
) -> None:
    _refined(text, fusion, units[:20], geometry[:20], values[:20], steps=1).folds[0].save(tmp_path)
    note = json.loads((tmp_path / "fold.json").read_text())
    (tmp_path / "fold.json").write_text(json.dumps({**note, "trained_on": [1, 2, 3]}))
    with pytest.raises(WeightsError, match="was changed"):
        FoldAdapter.load(tmp_path, text, fusion)
    (tmp_path / "fold.json").write_text("{}")
    with pytest.raises(WeightsError, match="cannot be read"):
        FoldAdapter.load(tmp_path, text, fusion)


def test_too_few_polymers_are_not_refined_and_the_reason_says_how_many_it_takes(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, values: Values
) -> None:
    outcome = refine(text, fusion, units[:12], geometry[:12], values[:12], seed=0)
    assert str(outcome) == "not refined: 12 measured polymers, needs 16"


def test_repeated_measurements_do_not_count_as_polymers(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, values: Values
) -> None:
    rows = [0, 1, 2, 3] * 10
    outcome = refine(text, fusion, [units[i] for i in rows], geometry[rows], values[rows], seed=0)
    assert isinstance(outcome, RefinementSkipped)


def test_repeated_measurements_of_a_polymer_stay_in_one_fold(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, values: Values
) -> None:
    rows = [*range(20), *range(20)]
    outcome = _refined(text, fusion, tuple(units[i] for i in rows), geometry[rows], values[rows], steps=2)
    for fold in outcome.folds:
        seen = set(fold.trained_on)
        assert all((i in seen) == (i + 20 in seen) for i in range(20))


@pytest.mark.parametrize("odd", [0, 1], ids=["all the same", "all but one the same"])
def test_values_that_do_not_differ_are_not_refined(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, odd: int
) -> None:
    values = np.full(len(units), 300.0)
    values[:odd] = 400.0
    outcome = refine(text, fusion, units, geometry, values, seed=0)
    assert isinstance(outcome, RefinementSkipped)
    assert outcome.reason.endswith("are the same")


def test_extreme_values_end_in_finite_latents_or_in_a_reason(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, values: Values
) -> None:
    wild = values.copy()
    wild[::9] *= 1e6
    outcome = refine(text, fusion, units, geometry, wild, seed=0, steps=6)
    if isinstance(outcome, Refinement):
        assert all(torch.isfinite(latent).all() for latent in outcome.embed(units, geometry))
    else:
        assert outcome.reason


@pytest.mark.parametrize("fault", ["not finite", "rows", "folds"])
def test_calls_that_make_no_sense_are_refused(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, values: Values, fault: str
) -> None:
    wrong = values.copy()
    if fault == "not finite":
        wrong[3] = np.nan
    with pytest.raises(ValueError, match=fault):
        refine(
            text,
            fusion,
            units,
            geometry[:5] if fault == "rows" else geometry,
            wrong,
            seed=0,
            folds=1 if fault == "folds" else 2,
        )


def test_progress_counts_up_to_the_end(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, values: Values
) -> None:
    heard: list[tuple[int, int | None]] = []
    outcome = refine(
        text,
        fusion,
        units,
        geometry,
        values,
        seed=0,
        steps=3,
        progress=lambda done, total, what: heard.append((done, total)),
    )
    assert isinstance(outcome, Refinement)
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    assert heard[-1] == (6, 6)


def test_summary_can_be_written_as_json(
    text: TextEncoder, fusion: FusedLatent, units: Units, geometry: Vectors, values: Values
) -> None:
    outcome = _refined(text, fusion, units, geometry, values, steps=1)
    rows = json.loads(json.dumps(outcome.summary()))
    assert [row["stop"] for row in rows] == ["steps", "steps"]
    assert all(row["lengthscale_ratios"][0] > 0 for row in rows)


def test_a_model_that_accelerate_keeps_away_from_the_device_is_not_refined(
    text: TextEncoder,
    fusion: FusedLatent,
    units: Units,
    geometry: Vectors,
    values: Values,
    llama3_folder: Path,
    tmp_path: Path,
) -> None:
    parts = {"embed_tokens": "cpu", "layers.0": "cpu", "layers.1": "disk", "norm": "cpu", "rotary_emb": "cpu"}
    model = AutoModel.from_pretrained(llama3_folder, device_map=parts, offload_folder=tmp_path)
    spread = TextEncoder(model, text.tokenizer, name="text:spread", weights_hash="0")
    outcome = refine(spread, fusion, units, geometry, values, seed=0)
    assert isinstance(outcome, RefinementSkipped)
    assert "main memory" in outcome.reason
