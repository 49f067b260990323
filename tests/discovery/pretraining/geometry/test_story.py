"""What a geometry encoder's card tells follows from the facts of its run, and says nothing that they do not."""

from __future__ import annotations

import pytest

from discovery.pretraining.geometry.story import geometry_story

BUNDLED: dict[str, object] = {
    "sources of the corpus": "rule, template",
    "held out are": "families",
    "labels, structure": 680,
    "labels, physics": 15,
}


@pytest.mark.parametrize(
    ("block", "words"), [("structure", ["RDKit"]), ("physics", ["`discovery.physics`", "calibrated"])]
)
def test_each_block_of_labels_is_told_where_it_was_taught(block: str, words: list[str]) -> None:
    alone = {name: value for name, value in BUNDLED.items() if name != f"labels, {block}"}
    for word in words:
        assert word in geometry_story(BUNDLED)
        assert word not in geometry_story(alone)


def test_what_is_held_out_is_told_as_it_was() -> None:
    assert "families of polymers" in geometry_story(BUNDLED)
    assert "drawn at random" in geometry_story(BUNDLED | {"held out are": "a random few"})
