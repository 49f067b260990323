"""What a text encoder's card tells follows from the facts of its run, and says nothing that they do not."""

from __future__ import annotations

from discovery.pretraining.text.story import text_story

BUNDLED: dict[str, object] = {
    "sources of the corpus": "rule, template",
    "held out are": "families",
    "labels, structure": 680,
    "labels, physics": 15,
    "consistency": 0.2,
}


def without(*names: str) -> dict[str, object]:
    return {name: value for name, value in BUNDLED.items() if name not in names}


def test_all_of_a_whole_run_is_told() -> None:
    story = text_story(BUNDLED)
    for part in (
        "polyloop generates",
        "RDKit descriptors",
        "`discovery.physics`",
        "InfoNCE",
        "families of polymers",
    ):
        assert part in story
    assert "were calibrated on well-known polymers" in story


def test_labels_that_were_left_out_are_not_told() -> None:
    story = text_story(without("labels, physics"))
    assert "physics" not in story
    assert "calibrated" not in story
    assert "RDKit" not in text_story(without("labels, structure"))


def test_a_term_of_no_weight_is_not_told() -> None:
    assert "InfoNCE" not in text_story(BUNDLED | {"consistency": "0.0"})


def test_a_corpus_of_the_users_is_not_called_ours() -> None:
    story = text_story(BUNDLED | {"sources of the corpus": "lab, rule", "held out are": "a random few"})
    assert "polyloop generates" not in story
    assert "by their sources: lab, rule" in story
    assert "families" not in story
