"""Several properties that share adapters, and adapters that other measurements have trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from discovery.errors import WeightsError
from discovery.latent.refinement import Refinement, RefinementSkipped
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.surrogate.learned import Learned, NotLearned
from discovery.surrogate.learning import ADOPTED, Refining, learn, learn_together
from discovery.surrogate.legible import Asked
from discovery.surrogate.observations import Observation

SEED = 5
"""With which the adapters improve on the frozen latent."""


def masses(units: Sequence[RepeatUnit]) -> list[Observation]:
    """Another property than ``observations``, of some of the same polymers."""
    return [Observation(unit, 10.0 * len(unit.psmiles) + 3.0 * unit.psmiles.count("F")) for unit in units]


@pytest.fixture(scope="module")
def together(
    observations: list[Observation],
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_representation: Representation,
    refining: Refining,
) -> dict[str, Learned | NotLearned]:
    asked = {
        "first": Asked(observations[:18]),
        "second": Asked(masses(tiny_polymers[6:24])),
        "third": Asked([]),
    }
    return learn_together(asked, tiny_representation, seed=SEED, refining=refining)


def test_properties_share_one_adapter_and_have_gates_of_their_own(
    together: dict[str, Learned | NotLearned],
) -> None:
    first, second = together["first"], together["second"]
    assert isinstance(first, Learned)
    assert isinstance(second, Learned)
    shared = first.refinements["projection"]
    assert isinstance(shared, Refinement)
    assert second.refinements["projection"] is shared
    assert [len(one.compared) for one in (first, second)] == [18, 18]
    everyone = {o.unit.key for one in (first, second) for o in one.compared}
    assert set().union(*(fold.trained_on for fold in shared.folds)) == everyone
    assert len(everyone) == 24


def test_a_property_without_measurements_stops_no_other(together: dict[str, Learned | NotLearned]) -> None:
    assert list(together) == ["first", "second", "third"]
    assert isinstance(together["third"], NotLearned)


def test_leave_one_out_of_each_property_knows_who_was_seen(together: dict[str, Learned | NotLearned]) -> None:
    for one in together.values():
        if isinstance(one, NotLearned):
            continue
        [member] = [each.member for each in one.fitted if each.member.name == "projection"]
        adapted = one.refinements["projection"]
        assert isinstance(adapted, Refinement)
        for fold, adapter in enumerate(adapted.folds):
            unseen = {one.compared[i].unit.key for i in member.unseen[fold].nonzero().squeeze(-1).tolist()}
            assert unseen == {o.unit.key for o in one.compared} - set(adapter.trained_on)


def test_one_property_alone_is_learned_as_it_is_together_with_none(
    observations: list[Observation], tiny_representation: Representation, refining: Refining
) -> None:
    alone = learn(observations[:18], tiny_representation, seed=0, refining=refining)
    asked = {"tg": Asked(observations[:18])}
    both = learn_together(asked, tiny_representation, seed=0, refining=refining)["tg"]
    assert isinstance(alone, Learned)
    assert isinstance(both, Learned)
    assert alone.decision == both.decision


@pytest.fixture(scope="module")
def foreign(
    tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation, refining: Refining
) -> Refinement:
    """Adapters that another campaign has trained, on twenty polymers."""
    learned = learn(masses(tiny_polymers[:20]), tiny_representation, seed=1, refining=refining)
    assert isinstance(learned, Learned)
    found = learned.refinements["projection"]
    assert isinstance(found, Refinement)
    return found


def test_an_adopted_adapter_is_a_member_from_the_first_measurements_on(
    observations: list[Observation],
    tiny_representation: Representation,
    tiny_polymers: tuple[RepeatUnit, ...],
    foreign: Refinement,
    tmp_path: Path,
) -> None:
    foreign.save(tmp_path)
    loaded = Refinement.load(tmp_path, tiny_representation, address=foreign.hash)
    learned = learn(observations[20:28], tiny_representation, seed=0, refining=Refining(adopted=loaded))
    assert isinstance(learned, Learned)
    assert set(learned.loo) == {"fingerprint", "latent", ADOPTED}
    assert isinstance(learned.refinements["projection"], RefinementSkipped)
    chosen = replace(learned, decision=replace(learned.decision, chosen=ADOPTED))
    views = chosen.view(tiny_polymers[30:33]).views
    fused = tiny_representation.fuse(tiny_polymers[30:33])
    assert isinstance(views, list)
    for view, latent in zip(views, foreign.embed(fused.encoded), strict=True):
        torch.testing.assert_close(view.latent, latent)


def test_polymers_that_an_adopted_adapter_was_trained_on_are_judged_by_the_folds_that_did_not_see_them(
    observations: list[Observation], tiny_representation: Representation, foreign: Refinement
) -> None:
    given = observations[15:25]
    learned = learn(given, tiny_representation, seed=0, refining=Refining(adopted=foreign))
    assert isinstance(learned, Learned)
    [member] = [each.member for each in learned.fitted if each.member.name == ADOPTED]
    for fold, adapter in enumerate(foreign.folds):
        expected = [o.unit.key not in adapter.trained_on for o in given]
        assert member.unseen[fold].tolist() == expected
    assert not bool(member.unseen.all())


def test_an_adapter_of_other_encoders_is_refused(
    foreign: Refinement, tiny_representation: Representation, tmp_path: Path
) -> None:
    foreign.save(tmp_path)
    other = Representation(
        tiny_representation.fingerprint,
        tiny_representation.text,
        tiny_representation.geometry,
        type(tiny_representation.fusion).initialise(
            tiny_representation.text.dim, tiny_representation.geometry.dim, 12, seed=9
        ),
        tiny_representation.store,
    )
    with pytest.raises(WeightsError, match="belongs to other encoders"):
        Refinement.load(tmp_path, other, address=foreign.hash)
