"""What a fusion's card tells follows from the facts of its run, and says nothing that they do not."""

from __future__ import annotations

from discovery.pretraining.alignment.story import fusion_story

BUNDLED: dict[str, object] = {
    "name of the text encoder": "text:text",
    "name of the geometry encoder": "geometry:geometry",
    "sources of the corpus": "rule, template",
    "held out are": "families",
    "labels, structure": "680",
    "labels, physics": "15",
    "alignment": "0.1",
    "descriptions": "0.1",
    "descriptions by template": "36000",
    "polymers with both vectors": "12000",
    "of them set apart from the encoders' training": "12000",
    "found among": "256",
}


def test_all_of_a_whole_run_is_told() -> None:
    story = fusion_story(BUNDLED)
    for part in (
        "text:text",
        "geometry:geometry",
        "by template",
        "between text and geometry",
        "among 256 of the same",
    ):
        assert part in story
    assert "Of the labels and descriptions, glass transition" in story


def test_nothing_is_said_of_the_weights_of_encoders_that_may_be_from_anywhere() -> None:
    assert "No weights from elsewhere" not in fusion_story(
        BUNDLED | {"name of the text encoder": "text:org/llama"}
    )


def test_a_model_that_wrote_descriptions_is_named() -> None:
    story = fusion_story(BUNDLED | {"descriptions by org/chat": "9"})
    assert "written by org/chat, a language model that was trained elsewhere" in story


def test_descriptions_that_were_left_out_are_not_told() -> None:
    facts = {name: value for name, value in BUNDLED.items() if name != "descriptions by template"}
    story = fusion_story(facts | {"descriptions": 0.0})
    assert "descri" not in story.replace("RDKit descriptors", "")
    assert "Of the labels, glass transition" in story


def test_without_both_contrasts_there_is_no_word_of_them() -> None:
    assert "InfoNCE" not in fusion_story(BUNDLED | {"alignment": 0.0, "descriptions": 0.0})


def test_estimates_in_descriptions_alone_are_told() -> None:
    facts = {name: value for name, value in BUNDLED.items() if name != "labels, physics"}
    assert "Of the descriptions, glass transition" in fusion_story(facts)


def test_polymers_that_the_encoders_have_seen_are_told() -> None:
    assert "None of the polymers is one that polyloop trains encoders on" in fusion_story(BUNDLED)
    few = BUNDLED | {"of them set apart from the encoders' training": 2000}
    assert "Of the 12,000 polymers, 10,000 are not of the eighth" in fusion_story(few)
