"""What a model card tells of a geometry encoder, from the facts of its run alone."""

from __future__ import annotations

from collections.abc import Mapping

from discovery.pretraining.loop.model_card import calibration_told, held_out_told, labels_told, polymers_told

TITLE = "Geometry encoder of polyloop"


def geometry_story(facts: Mapping[str, object]) -> str:
    """Markdown, from the facts that stand in ``config.json`` under ``training`` and in the card."""
    return f"""A Uni-Mol of reduced size (`unimol_tools.pretrain.UniMolModel`) that reads the heavy atoms of one ETKDG conformer \
of a capped repeat unit, trained from scratch on {polymers_told(facts)}. No weights from elsewhere went in, and no table of \
measurements.{calibration_told(["labels"] if "labels, physics" in facts else [])}

Objective: Uni-Mol's masked atoms, coordinates and distances, and regression of labels from the vector, the state of the begin \
token followed by the mean state of the atoms: {labels_told(facts)}, as listed below. Held-out losses are on \
{held_out_told(facts)}."""
