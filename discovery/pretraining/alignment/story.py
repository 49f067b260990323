"""What a model card tells of a fusion, from the facts of its run alone."""

from __future__ import annotations

from collections.abc import Mapping

from discovery.pretraining.descriptions.description import TEMPLATE
from discovery.pretraining.loop.model_card import calibration_told, held_out_told, labels_told, polymers_told

TITLE = "Fusion of polyloop"

_BY = "descriptions by "


def fusion_story(facts: Mapping[str, object]) -> str:
    """Markdown, from the facts that stand in the card (:func:`discovery.pretraining.loop.model_card.card_facts`)."""
    described = bool(float(str(facts["descriptions"])))
    estimated = [
        name for name, there in (("labels", "labels, physics" in facts), ("descriptions", described)) if there
    ]
    return f"""Projections of the vectors of {facts["name of the text encoder"]} and {facts["name of the geometry encoder"]} to \
one latent, with a sigmoid gate between them. The encoders stay as they are, and what went into them is told in their own cards; \
the projections start at random. They were trained on {polymers_told(facts)}; no table of measurements went into \
them.{_makers_told(facts) if described else ""}{calibration_told(estimated)}

{_drawn_told(facts)}

Objective: labels ({labels_told(facts)}, as listed below) from the fused latent and from the text branch alone; both frozen \
vectors from the fused latent{_contrasts_told(facts, described)}. Held-out figures are on {held_out_told(facts)}; "found first" \
is the share of them that is found among {facts["found among"]} of the same."""


def _makers_told(facts: Mapping[str, object]) -> str:
    makers = [name.removeprefix(_BY) for name in facts if name.startswith(_BY)]
    models = [name for name in makers if name.partition(",")[0] != TEMPLATE]
    if not models:
        return " The descriptions are by template, with the numbers of RDKit and `discovery.physics`."
    return (
        f" Descriptions were written by {' and '.join(models)}, a language model that was trained elsewhere and may know such "
        "polymers; others are by template. How many are whose is listed below."
    )


def _drawn_told(facts: Mapping[str, object]) -> str:
    drawn = int(str(facts["polymers with both vectors"]))
    apart = int(str(facts["of them set apart from the encoders' training"]))
    if drawn == apart:
        return "None of the polymers is one that polyloop trains encoders on: they are of the eighth that is set apart for this."
    return (
        f"Of the {drawn:,} polymers, {drawn - apart:,} are not of the eighth that is set apart for this: encoders that were "
        "trained on the same corpus have seen those, and the fusion may trust their vectors too much."
    )


def _contrasts_told(facts: Mapping[str, object], described: bool) -> str:
    found = ["between text and geometry"] if float(str(facts["alignment"])) else []
    if described:
        found.append(
            "between the fused latent and a description of the polymer that a small reader, trained beside it, reads"
        )
    if not found:
        return ""
    return f"; and, through heads that are thrown away, symmetric InfoNCE {', and '.join(found)}"
