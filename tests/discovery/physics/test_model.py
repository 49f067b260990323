from __future__ import annotations

from collections.abc import Callable

import pytest

from discovery.physics.groups import EndlessChain, UncoveredError
from discovery.physics.model import Evaluation, Model, Property
from discovery.polymers import RepeatUnit

CHAIN = EndlessChain.of(RepeatUnit.parse("*CCO*"))


def model(name: str, compute: Callable[[Evaluation], float], highest: float = 100.0) -> Model:
    return Model(Property(name, "K", name.title(), "made up", "nowhere", (0.0, highest)), compute)


def evaluation(*models: Model) -> Evaluation:
    return Evaluation(CHAIN, {one.property.name: one for one in models})


def uncovered(of: Evaluation) -> float:
    raise UncoveredError("No row for X.")


def test_a_property_is_computed_once() -> None:
    calls: list[str] = []

    def counted(of: Evaluation) -> float:
        calls.append("asked")
        return 2.0

    of = evaluation(model("base", counted), model("square", lambda of: of.value("base") ** 2))
    assert of.value("square") == of.value("base") ** 2 == 4.0
    assert calls == ["asked"]


def test_what_builds_on_an_uncovered_property_is_uncovered_for_the_same_reason() -> None:
    of = evaluation(model("base", uncovered), model("square", lambda of: of.value("base") ** 2))
    with pytest.raises(UncoveredError, match="No row for X"):
        of.value("square")


@pytest.mark.parametrize("value", [101.0, -1.0, float("nan"), float("inf")])
def test_a_value_that_is_not_plausible_is_no_estimate(value: float) -> None:
    with pytest.raises(UncoveredError, match=r"Base comes out at .* K, outside 0 to 100"):
        evaluation(model("base", lambda of: value)).value("base")


def test_doubts_are_told_of_what_was_asked_for_and_of_what_that_is_made_from() -> None:
    base, other = (
        Model(model(name, lambda of: 1.0).property, lambda of: 1.0, lambda of: "little is known")
        for name in ("base", "other")
    )
    of = evaluation(base, other, model("square", lambda of: of.value("base") ** 2))
    assert of.doubts() == ""
    of.value("square")
    assert of.doubts() == "base: little is known."
    of.value("other")
    assert of.doubts() == "base, other: little is known."


def test_what_is_read_from_the_chain_is_kept() -> None:
    reads: list[EndlessChain] = []

    def read(chain: EndlessChain) -> int:
        reads.append(chain)
        return chain.size

    of = evaluation()
    assert of.once(read) == of.once(read) == 3
    assert len(reads) == 1
