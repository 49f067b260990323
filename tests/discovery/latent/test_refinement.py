from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from gpytorch.kernels import MaternKernel, ScaleKernel
from numpy.typing import NDArray
from transformers import AutoModel

from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.text import TextEncoder
from discovery.errors import WeightsError
from discovery.latent.adapter import DEPTHS, Depth, FoldAdapter
from discovery.latent.encoded import Encoded
from discovery.latent.frozen_process import FrozenProcess
from discovery.latent.fusion import FusedLatent
from discovery.latent.refinement import Refinement, RefinementSkipped
from discovery.latent.refining import refine
from discovery.latent.settings import CRITERIA, Criterion, RefinementSettings, Schedule
from discovery.polymers import RepeatUnit

Units = tuple[RepeatUnit, ...]
Values = NDArray[np.float64]
TRAINING = Schedule(rate=1e-2, steps=6, patience=6)
FAST = RefinementSettings(repeats=1, schedule=TRAINING)


@dataclass(frozen=True)
class Case:
    """Encoders, and polymers as they see them."""

    text: TextEncoder
    geometry: GeometryEncoder
    fusion: FusedLatent
    encoded: Encoded

    def take(self, rows: Sequence[int]) -> Case:
        return replace(self, encoded=self.encoded[rows])

    def process(self, values: Values, rows: Sequence[int] | None = None) -> FrozenProcess:
        """A process of typical hyper-parameters of values of some of the polymers."""
        rows = range(len(self.encoded)) if rows is None else rows
        kernel = ScaleKernel(MaternKernel(nu=2.5)).double()
        kernel.base_kernel.lengthscale = 4.0
        targets = torch.as_tensor((values - values.mean()) / values.std())
        n = len(targets)
        beside = torch.ones(n, n, dtype=torch.float64)
        return FrozenProcess(
            torch.tensor(list(rows)), targets, torch.full((n,), 0.05).double(), kernel, beside
        )

    def refined(
        self,
        processes: Sequence[FrozenProcess],
        depth: Depth = "projection",
        settings: RefinementSettings = FAST,
        *,
        seed: int = 0,
        previous: Refinement | None = None,
    ) -> Refinement | RefinementSkipped:
        return refine(self, self.encoded, processes, depth, seed=seed, settings=settings, previous=previous)

    def adapters(
        self, values: Values, depth: Depth = "projection", settings: RefinementSettings = FAST, seed: int = 0
    ) -> Refinement:
        outcome = self.refined([self.process(values)], depth, settings, seed=seed)
        assert isinstance(outcome, Refinement)
        return outcome


@pytest.fixture(scope="module")
def case(
    make_text: Callable[[int], TextEncoder], make_geometry: Callable[..., GeometryEncoder], units: Units
) -> Case:
    """Forty polymers."""
    text, geometry = make_text(0), make_geometry(0)
    chosen = units[:40]
    encoded = Encoded(chosen, text.encode(chosen).vectors, geometry.encode(chosen).vectors)
    fusion = FusedLatent.initialise(text.dim, geometry.dim, 16, text_revision=text.revision)
    fusion.fit_statistics(*encoded.vectors)
    return Case(text, geometry, fusion.requires_grad_(False), encoded)


@pytest.fixture(scope="module")
def measured(values: Values) -> Values:
    return values[:40]


@pytest.mark.parametrize("depth", DEPTHS)
def test_refinement_lowers_the_training_loss_and_raises_the_held_out_score(
    case: Case, measured: Values, depth: Depth
) -> None:
    outcome = case.adapters(measured, depth)
    assert outcome.depth == depth
    traces = [told.trace for told in outcome.diagnostics]
    [best] = {trace.best_step for trace in traces}  # common to all folds
    for trace in traces:
        assert trace.training_loss[-1] < trace.training_loss[0] - 0.01
    pooled = np.mean([trace.held_out_score for trace in traces], axis=0)
    assert best == int(pooled.argmax()) > 0


@pytest.mark.parametrize("criterion", CRITERIA)
def test_every_criterion_is_lowered_by_training(case: Case, measured: Values, criterion: Criterion) -> None:
    outcome = case.refined([case.process(measured)], settings=replace(FAST, criterion=criterion))
    if isinstance(outcome, RefinementSkipped):
        pytest.fail(str(outcome))
    for told in outcome.diagnostics:
        assert told.trace.training_loss[-1] < told.trace.training_loss[0]


def test_leave_one_out_and_evidence_are_different_criteria(case: Case, measured: Values) -> None:
    losses = {
        criterion: case.adapters(measured, settings=replace(FAST, criterion=criterion))
        .diagnostics[0]
        .trace.training_loss[0]
        for criterion in ("evidence", "loo")
    }
    assert abs(losses["evidence"] - losses["loo"]) > 1e-3


@pytest.mark.parametrize("folds", [2, 4])
def test_every_polymer_is_unseen_by_just_one_fold(case: Case, measured: Values, folds: int) -> None:
    outcome = case.adapters(measured, settings=replace(FAST, folds=folds))
    assert len(outcome.folds) == len(outcome.diagnostics) == folds
    keys = case.encoded.keys
    seen = outcome.seen(keys)
    unseen = [row for rows in seen for row in set(range(len(keys))) - set(rows)]
    assert sorted(unseen) == list(range(len(keys)))


def test_repeats_deal_the_polymers_anew_and_encoder_depth_makes_do_with_one(
    case: Case, measured: Values
) -> None:
    thrice = replace(FAST, repeats=3)
    outcome = case.adapters(measured, settings=thrice)
    assert len(outcome.folds) == 6
    assert len({frozenset(fold.trained_on) for fold in outcome.folds}) == 6
    keys = case.encoded.keys
    counts = np.bincount([row for rows in outcome.seen(keys) for row in rows], minlength=len(keys))
    assert set(counts.tolist()) == {3}
    assert len(case.adapters(measured, "encoder", thrice).folds) == 2


def test_encoders_fusion_and_global_chance_are_left_untouched(case: Case, measured: Values) -> None:
    revision, chance = case.fusion.revision, torch.get_rng_state()
    names = [name for name, _ in case.text.model.named_modules()]
    outcome = case.adapters(measured, "both")
    outcome.embed(case.encoded)
    assert (case.text.encode(case.encoded.units).vectors == case.encoded.text).all()
    assert (case.geometry.encode(case.encoded.units).vectors == case.encoded.geometry).all()
    assert case.fusion.revision == revision
    assert [name for name, _ in case.text.model.named_modules()] == names
    assert all(p.grad is None for p in [*case.text.model.parameters(), *case.fusion.parameters()])
    assert torch.equal(torch.get_rng_state(), chance)


def test_the_process_of_the_surrogate_is_left_as_it_was(case: Case, measured: Values) -> None:
    process = case.process(measured)
    before = [p.clone() for p in process.kernel.parameters()]
    case.refined([process])
    assert all(torch.equal(a, b) for a, b in zip(before, process.kernel.parameters(), strict=True))


def test_same_seed_gives_the_same_adapters_and_another_seed_others(case: Case, measured: Values) -> None:
    first, same, other = (case.adapters(measured, "both", seed=seed) for seed in (0, 0, 1))
    assert first.hash == same.hash != other.hash
    for a, b in zip(*(each.embed(case.encoded) for each in (first, same)), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_fresh_adapter_leaves_the_frozen_latent_as_it_is(case: Case, depth: Depth) -> None:
    frozen = case.fusion(*case.encoded.vectors).double()
    fresh = FoldAdapter.fresh(case, [], depth, rank=4, alpha=8, seed=0)
    torch.testing.assert_close(fresh.embed(case.encoded), frozen, atol=1e-4, rtol=1e-4)


def test_projection_depth_reads_cached_vectors_alone_and_encoder_depth_the_polymers(
    case: Case, measured: Values
) -> None:
    backwards_vectors = case.encoded[range(len(case.encoded))[::-1]]
    shuffled = replace(backwards_vectors, units=case.encoded.units)
    shallow, deep = (
        case.adapters(measured, "projection").folds[0],
        case.adapters(measured, "encoder").folds[0],
    )
    forwards, backwards = shallow.embed(case.encoded), shallow.embed(shuffled)
    torch.testing.assert_close(backwards.flip(0), forwards)
    assert torch.equal(deep.embed(shuffled), deep.embed(case.encoded))


def test_every_depth_moves_the_latent_and_not_all_alike(case: Case, measured: Values) -> None:
    frozen = case.fusion(*case.encoded.vectors).double()
    moved = [case.adapters(measured, depth).embed(case.encoded)[0] for depth in DEPTHS]
    for latent in moved:
        assert float((latent - frozen).abs().max()) > 1e-3
    assert float((moved[0] - moved[1]).abs().max()) > 1e-3
    assert float((moved[1] - moved[2]).abs().max()) > 1e-3


def test_embedding_depends_on_the_polymer_and_not_on_its_company(case: Case, measured: Values) -> None:
    fold, picked = case.adapters(measured, "both").folds[0], [31, 3, 17]
    alone = case.take(picked)
    everyone = fold.embed(case.encoded)
    # in float32, where a batch of another shape is summed in another order
    torch.testing.assert_close(fold.embed(alone.encoded), everyone[picked], atol=1e-3, rtol=1e-3)
    assert everyone.dtype == torch.float64


def test_no_polymers_have_no_latents(case: Case, measured: Values) -> None:
    nobody = case.take([])
    for depth in DEPTHS:
        latents = case.adapters(measured, depth).embed(nobody.encoded)
        assert [latent.shape for latent in latents] == [(0, 16), (0, 16)]


def test_several_properties_share_one_adapter_and_each_has_a_say(case: Case, measured: Values) -> None:
    some = list(range(0, 40, 2))
    other = np.random.default_rng(1).normal(size=len(some))
    alone = case.adapters(measured)
    together = case.refined([case.process(measured), case.process(other, some)])
    swapped = case.refined([case.process(measured), case.process(-other, some)])
    assert isinstance(together, Refinement)
    assert isinstance(swapped, Refinement)
    latents = [each.embed(case.encoded)[0] for each in (alone, together, swapped)]
    assert float((latents[0] - latents[1]).abs().max()) > 1e-4
    keys = set(case.encoded.keys)
    assert set().union(*(fold.trained_on for fold in together.folds)) == keys


def test_a_property_that_one_fold_alone_knows_is_no_obstacle(case: Case, measured: Values) -> None:
    outcome = case.refined([case.process(measured), case.process(np.array([1.0, 2.0]), [4, 5])])
    assert isinstance(outcome, Refinement | RefinementSkipped)
    if isinstance(outcome, RefinementSkipped):
        assert "held-out" in outcome.reason


def test_a_warm_start_keeps_who_is_unseen_and_begins_where_the_last_round_ended(
    case: Case, measured: Values
) -> None:
    early = case.take(range(24))
    first = early.adapters(measured[:24])
    settings = replace(FAST, start="previous", schedule=replace(TRAINING, steps=0))
    second = case.refined([case.process(measured)], settings=settings, previous=first)
    assert isinstance(second, Refinement)
    for old, new in zip(first.folds, second.folds, strict=True):
        unseen = set(early.encoded.keys) - set(old.trained_on)
        assert not unseen & set(new.trained_on)
        torch.testing.assert_close(new.embed(case.encoded), old.embed(case.encoded))
    keys = case.encoded.keys
    assert sorted(r for rows in second.seen(keys) for r in set(range(40)) - set(rows)) == list(range(40))


def test_previous_adapters_count_only_where_they_are_asked_for(case: Case, measured: Values) -> None:
    first = case.take(range(24)).adapters(measured[:24])
    fresh = case.adapters(measured)
    ignored = case.refined([case.process(measured)], previous=first)
    assert isinstance(ignored, Refinement)
    assert ignored.hash == fresh.hash


def test_previous_adapters_of_another_depth_are_refused(case: Case, measured: Values) -> None:
    first = case.adapters(measured)
    with pytest.raises(WeightsError, match="of depth projection"):
        case.refined([case.process(measured)], "encoder", replace(FAST, start="previous"), previous=first)


@pytest.mark.parametrize("depth", DEPTHS)
def test_saved_and_loaded_adapters_are_the_same(
    case: Case, measured: Values, depth: Depth, tmp_path: Path
) -> None:
    outcome = case.adapters(measured, depth)
    outcome.save(tmp_path)
    loaded = Refinement.load(tmp_path, case, address=outcome.hash)
    assert (loaded.hash, loaded.depth) == (outcome.hash, depth)
    assert [fold.trained_on for fold in loaded.folds] == [fold.trained_on for fold in outcome.folds]
    for a, b in zip(*(each.embed(case.encoded) for each in (loaded, outcome)), strict=True):
        assert torch.equal(a, b)


def test_a_folder_without_adapters_is_refused(case: Case, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no adapter in"):
        Refinement.load(tmp_path, case, address="")


def test_adapters_of_which_a_fold_is_missing_are_refused(
    case: Case, measured: Values, tmp_path: Path
) -> None:
    outcome = case.adapters(measured, settings=replace(FAST, repeats=2))
    outcome.save(tmp_path)
    shutil.rmtree(tmp_path / "fold-3")
    with pytest.raises(WeightsError, match="not whole"):
        Refinement.load(tmp_path, case, address=outcome.hash)


def test_the_scale_of_an_encoders_updates_is_part_of_its_address(
    case: Case, measured: Values, tmp_path: Path
) -> None:
    outcome = case.adapters(measured, "encoder")
    outcome.save(tmp_path)
    path = tmp_path / "fold-0" / "text" / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "lora_alpha": 64}))
    with pytest.raises(WeightsError, match="was changed"):
        Refinement.load(tmp_path, case, address=outcome.hash)


def test_a_value_that_was_withdrawn_for_a_round_stays_known_to_those_that_saw_it(
    case: Case, measured: Values
) -> None:
    settings = replace(FAST, start="previous")
    first = case.adapters(measured)
    rows = list(range(1, 40))
    fewer = case.take(rows)
    second = fewer.refined([fewer.process(measured[rows])], settings=settings, previous=first)
    assert isinstance(second, Refinement)
    third = case.refined([case.process(measured)], settings=settings, previous=second)
    assert isinstance(third, Refinement)
    knew = [case.encoded.keys[0] in fold.trained_on for fold in first.folds]
    assert [case.encoded.keys[0] in fold.trained_on for fold in third.folds] == knew


def test_properties_of_different_polymers_share_an_adapter_that_one_of_them_alone_can_judge(
    case: Case, measured: Values
) -> None:
    first, second = list(range(0, 40, 2)), list(range(1, 40, 2))
    for seed in range(5):
        one, other = (case.process(measured[rows], rows) for rows in (first, second))
        outcome = case.refined([one, other], seed=seed)
        assert isinstance(outcome, Refinement) or "held-out" in outcome.reason


def test_a_fold_that_nothing_judges_is_trained_and_stopped_by_the_others(
    case: Case, measured: Values
) -> None:
    """Dealt by values that alternate between the properties, a part may hold the polymers of one of them alone."""
    few = case.take(range(16))
    ranks = np.argsort(np.argsort(measured[:16]))
    halves = [np.flatnonzero(ranks % 2 == side).tolist() for side in (0, 1)]
    for seed in range(30):
        processes = [few.process(measured[:16][rows], rows) for rows in halves]
        outcome = few.refined(processes, seed=seed)
        assert isinstance(outcome, Refinement | RefinementSkipped)
        if isinstance(outcome, RefinementSkipped):
            assert "held-out" in outcome.reason


def test_adapter_of_another_encoder_or_fusion_is_refused(
    case: Case, make_text: Callable[[int], TextEncoder], measured: Values, tmp_path: Path
) -> None:
    case.adapters(measured).save(tmp_path)
    with pytest.raises(WeightsError, match=f"belongs to other encoders: {case.text.revision}"):
        Refinement.load(tmp_path, replace(case, text=make_text(1)), address="")
    with pytest.raises(WeightsError, match="belongs to other encoders"):
        Refinement.load(
            tmp_path, replace(case, fusion=FusedLatent.initialise(32, 32, 16, seed=5)), address=""
        )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"trained_on": ["one", "two"]}, "was changed"),
        ({"format": 2}, "another version"),
        ({"depth": "deepest"}, "cannot be read"),
    ],
)
def test_adapter_folder_that_was_changed_is_refused(
    case: Case, measured: Values, tmp_path: Path, change: dict[str, object], words: str
) -> None:
    case.adapters(measured).save(tmp_path)
    path = tmp_path / "fold-1" / "fold.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(WeightsError, match=words):
        Refinement.load(tmp_path, case, address="")


def test_too_few_polymers_are_not_refined_and_the_reason_says_how_many_it_takes(
    case: Case, measured: Values
) -> None:
    few = case.take(range(12))
    assert str(few.refined([few.process(measured[:12])])) == (
        "not refined: only 12 polymers have a value (limits do not count), 16 are needed"
    )


def test_training_that_improves_nothing_is_no_refinement(case: Case, measured: Values) -> None:
    still = replace(FAST, schedule=replace(TRAINING, steps=0))
    outcome = case.refined([case.process(measured)], settings=still)
    assert outcome == RefinementSkipped("training made the predictions of held-out polymers worse")


def test_vectors_that_no_model_fits_skip_the_refinement_and_say_why(case: Case, measured: Values) -> None:
    broken = replace(case.encoded, geometry=np.full_like(case.encoded.geometry, np.inf))
    wrong = replace(case, encoded=broken)
    outcome = wrong.refined([case.process(measured)])
    assert isinstance(outcome, RefinementSkipped)
    assert "not finite" in outcome.reason


def test_doubt_goes_on_where_the_held_out_score_falls_by_less_than_its_noise(
    case: Case, measured: Values
) -> None:
    small = Schedule(rate=3e-3, steps=12, patience=12)
    runs = case.adapters(measured, settings=replace(FAST, schedule=small)).diagnostics
    sure = runs[0].trace
    doubtful = case.adapters(measured, settings=replace(FAST, schedule=replace(small, doubt=1e9)))
    trace = doubtful.diagnostics[0].trace
    assert trace.best_step == 12
    assert trace.held_out_score[: len(sure.held_out_score)] == pytest.approx(sure.held_out_score)
    assert sure.best_step == int(np.argmax(np.mean([t.trace.held_out_score for t in runs], axis=0)))


def test_training_that_diverges_keeps_what_was_best_before(case: Case, measured: Values) -> None:
    wild = replace(FAST, schedule=Schedule(rate=1e6, steps=6, patience=6, clip_norm=1e12))
    outcome = case.refined([case.process(measured)], settings=wild)
    assert outcome == RefinementSkipped("training diverged at its first step")


@pytest.mark.parametrize("fault", ["twice", "folds", "value"])
def test_calls_that_make_no_sense_are_refused(case: Case, measured: Values, fault: str) -> None:
    encoded = case.encoded[[0, 1, 2, 4, *range(4, 40)]] if fault == "twice" else case.encoded
    process = case.process(measured[:-1] if fault == "value" else measured,
                           range(39) if fault == "value" else None)  # fmt: skip
    settings = replace(FAST, folds=1) if fault == "folds" else FAST
    with pytest.raises(
        ValueError, match={"twice": "stands twice", "folds": "two folds", "value": "measured value"}[fault]
    ):
        refine(case, encoded, [process], "projection", seed=0, settings=settings)


def test_progress_counts_up_to_the_end(case: Case, measured: Values) -> None:
    heard: list[tuple[int, int | None]] = []
    refine(
        case,
        case.encoded,
        [case.process(measured)],
        "projection",
        seed=0,
        settings=FAST,
        progress=lambda done, total, what: heard.append((done, total)),
    )
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    assert heard[-1] == (6, 6)


def test_summary_can_be_written_as_json_and_tells_what_became_of_the_latent(
    case: Case, measured: Values
) -> None:
    outcome = case.adapters(measured)
    rows = json.loads(json.dumps(outcome.summary()))
    assert len(rows) == 2
    for row, latent in zip(rows, outcome.embed(case.encoded), strict=True):
        assert row["stop"] in ("steps", "held-out score")
        assert len(row["mean_distances"]) == len(row["training_loss"])
        assert row["mean_distance"][1] == pytest.approx(float(torch.pdist(latent).mean()), rel=1e-4)
        assert row["mean_distance"][0] != row["mean_distance"][1]
        before, after = row["effective_rank"]
        assert 1.0 < after <= 16.0
        assert after != before
        shares = torch.linalg.svdvals(latent - latent.mean(dim=0)).square()
        shares = shares / shares.sum()
        assert after == pytest.approx(float((-(shares * shares.log()).sum()).exp()), rel=1e-3)
        assert row["text_share"][0] == pytest.approx(0.5)
        assert row["text_share"][1] != 0.5


def test_a_model_that_accelerate_keeps_away_from_the_device_is_refined_by_its_vectors_alone(
    case: Case, measured: Values, llama3_folder: Path, tmp_path: Path
) -> None:
    parts = {"embed_tokens": "cpu", "layers.0": "cpu", "layers.1": "disk", "norm": "cpu", "rotary_emb": "cpu"}
    model = AutoModel.from_pretrained(llama3_folder, device_map=parts, offload_folder=tmp_path)
    spread = replace(case, text=TextEncoder(model, case.text.tokenizer, name="text:spread", weights_hash="0"))
    outcome = spread.refined([case.process(measured)], "encoder")
    assert isinstance(outcome, RefinementSkipped)
    assert "main memory" in outcome.reason
    assert isinstance(spread.refined([case.process(measured)], "projection"), Refinement)
