"""What a model card tells of a text encoder, from the facts of its run alone."""

from __future__ import annotations

from collections.abc import Mapping

from discovery.pretraining.loop.model_card import calibration_told, held_out_told, labels_told, polymers_told

TITLE = "Text encoder of polyloop"


def text_story(facts: Mapping[str, object]) -> str:
    """Markdown, from the facts that stand in ``config.json`` under ``training`` and in the card."""
    consistency = ""
    if float(str(facts["consistency"])):
        consistency = ", and symmetric InfoNCE between the pooled states of the two writings"
    return f"""A Llama-architecture causal language model that reads and writes PSMILES, trained from scratch on \
{polymers_told(facts)}. No weights from elsewhere went in, and no table of measurements.\
{calibration_told(["labels"] if "labels, physics" in facts else [])}

Objective, on two writings of every chain: the next token; regression of labels from the mean-pooled last hidden state \
({labels_told(facts)}, as listed below){consistency}. Weights are stored in half precision.

Held-out losses are on {held_out_told(facts)}. The cosine ratio is the mean cosine between writings of a chain over the mean \
cosine between chains, of the plain vectors of those polymers; there is none where the second mean is not positive."""
