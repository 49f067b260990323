"""The section ``[refinement]`` of a spec: what it says, what it refuses, and that specs without it stay what they were."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.adapter_card import AdapterCard
from campaigns.errors import SpecError
from campaigns.spec import CampaignSpec, RefinementSpec
from campaigns.spec.refinement import Depth, LatentObjective, Start

SPEC = """
name = "glass transition"
[[objectives]]
name = "tg"
direction = "max"
unit = "K"
[pool]
polymers = "pool.csv"
"""
OWN_ENCODERS = '[encoders]\ntext = "weights/text"\n'


def with_section(section: str) -> CampaignSpec:
    return CampaignSpec.loads(f"{SPEC}[refinement]\n{section}\n")


def faults(text: str) -> dict[str, str]:
    with pytest.raises(SpecError) as caught:
        CampaignSpec.loads(text)
    return {problem.where: f"{problem.fault} {problem.what_to_do}" for problem in caught.value.problems}


def adapter_in(folder: Path) -> Path:
    folder.mkdir(parents=True)
    AdapterCard(
        campaign="other", property="tg", unit="K", member="projection", round=1, polymers=20, log_score=-4.0,
        over_frozen=0.1, over_frozen_error=0.05, chosen=True, encoders={}, hash="ab", polyloop="0.1.0",
    ).write(folder)  # fmt: skip
    return folder


def test_a_spec_that_says_nothing_of_refinement_keeps_its_text_and_its_version() -> None:
    spec = CampaignSpec.loads(SPEC)
    assert spec.refinement == RefinementSpec()
    assert "refinement" not in spec.dumps()
    assert spec.version == "f1544b40b6bdf8323a189c3aa7d487ee"  # that of before there was such a section


@given(
    depths=st.one_of(st.none(), st.permutations(get_args(Depth)).map(lambda order: tuple(order[:2]))),
    start=st.sampled_from(get_args(Start)),
    objective=st.sampled_from(get_args(LatentObjective)),
    adapter=st.sampled_from([None, "../other/adapter"]),
)
def test_what_the_section_says_survives_its_own_toml(
    depths: tuple[Depth, ...] | None, start: Start, objective: LatentObjective, adapter: str | None
) -> None:
    refinement = RefinementSpec(depths=depths, start=start, objective=objective, adapter=adapter)
    spec = CampaignSpec.loads(SPEC).model_copy(update={"refinement": refinement})
    assert CampaignSpec.loads(spec.dumps()) == spec
    assert (spec.version == CampaignSpec.loads(SPEC).version) == (refinement == RefinementSpec())


def test_no_depth_is_something_else_than_none_named() -> None:
    spec = with_section("depths = []")
    assert spec.refinement.depths == ()
    assert CampaignSpec.loads(spec.dumps()).refinement.depths == ()


def test_one_text_stands_for_a_list_of_one() -> None:
    assert with_section('depths = "both"').refinement.depths == ("both",)


@pytest.mark.parametrize(
    ("section", "where", "said"),
    [
        (
            'depths = ["projection", "deep"]',
            "refinement.depths[2]",
            "Write 'projection', 'encoder' or 'both'",
        ),
        ('depths = ["both", "both"]', "refinement.depths", "names both twice"),
        ("depths = 3", "refinement.depths", "Write one text, or a list of texts"),
        ('start = "yesterday"', "refinement.start", "Write 'base' or 'previous'"),
        ('objective = "head"', "refinement.objective", "Write 'evidence' or 'loo'"),
        ('objectives = "loo"', "refinement.objectives", "Did you mean objective?"),
        ('adapter = ""', "refinement.adapter", "is empty"),
    ],
)
def test_a_fault_is_told_with_its_key_and_a_way_out(section: str, where: str, said: str) -> None:
    told = faults(f"{SPEC}[refinement]\n{section}\n")
    assert list(told) == [where]
    assert said in told[where]


@pytest.mark.parametrize("section", ['start = "previous"', 'adapter = "../other/adapter"'])
def test_what_outlives_a_round_needs_a_fusion_that_does(section: str) -> None:
    told = faults(f"{SPEC}{OWN_ENCODERS}[refinement]\n{section}\n")
    assert "Train a fusion for these encoders" in told["spec"]
    CampaignSpec.loads(f'{SPEC}{OWN_ENCODERS}fusion = "mine/fusion"\n[refinement]\n{section}\n')


def test_an_adapter_is_looked_for_beside_the_spec(tmp_path: Path) -> None:
    made = adapter_in(tmp_path / "other" / "adapter")
    refinement = with_section('adapter = "../other/adapter"').refinement
    assert refinement.adapter_folder(tmp_path / "campaign") == made.resolve()
    assert refinement.under(tmp_path / "campaign").adapter == str(made.resolve())
    assert RefinementSpec().adapter_folder(tmp_path) is None


@pytest.mark.parametrize("made", [True, False])
def test_a_folder_without_an_adapter_is_told(tmp_path: Path, made: bool) -> None:
    if made:
        (tmp_path / "adapter").mkdir()
    with pytest.raises(SpecError) as caught:
        RefinementSpec(adapter="adapter").adapter_folder(tmp_path)
    [problem] = caught.value.problems
    assert problem.where == "refinement.adapter"
    assert ("holds no adapter.json" if made else "no such folder") in problem.fault
    assert "polyloop adapter" in problem.what_to_do


def test_a_card_comes_back_as_it_was_written(tmp_path: Path) -> None:
    card = AdapterCard.read(adapter_in(tmp_path / "adapter"))
    assert (card.property, card.member, card.log_score) == ("tg", "projection", -4.0)
