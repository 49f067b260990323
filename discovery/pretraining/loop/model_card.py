"""The model card of a checkpoint: what it is, the command that makes it again, what it was made from, its run and curves."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from discovery.pretraining.labels import Labels

CURVES = "curves.png"
"""Name of the picture of the losses beside the card."""

LIBRARIES = ("polyloop", "torch", "transformers", "rdkit", "unimol_tools", "numpy")
"""What computes labels, conformers and weights; another version may give other last digits, or other labels."""


def provenance(labels: Labels) -> dict[str, object]:
    """Facts of what a run was taught, and with which versions: corpus and labels by their hashes."""
    columns = {f"labels, {name}": c.stop - c.start for name, c in labels.blocks.items()}
    known = {f"known labels, {name}": share for name, share in labels.coverage().items()}
    revisions = {f"revision of the labels, {name}": text for name, text in labels.revisions.items()}
    versions = {f"version of {name}": version(name) for name in LIBRARIES}
    return {"hash of the corpus": labels.corpus, **columns, **known, **revisions, **versions}


def write_card(out: Path, title: str, story: str, command: str, facts: Mapping[str, object]) -> None:
    """Write ``MODEL_CARD.md`` into the folder ``out``; it shows the curves where they lie beside it.

    Args:
        out: Folder of the checkpoint.
        title: First line.
        story: What it is, what it was trained on and for; Markdown.
        command: What makes it again.
        facts: Rows of the table: data, sizes, schedule, seed, losses.
    """
    rows = "\n".join(f"| {name} | {value} |" for name, value in facts.items())
    picture = (
        f"\n![Losses against steps, training and held out]({CURVES})\n" if (out / CURVES).is_file() else ""
    )
    (out / "MODEL_CARD.md").write_text(
        f"# {title}\n\n{story}\n\nMake it again: `{command}`\n\n| fact | value |\n|---|---|\n{rows}\n{picture}",
        encoding="utf-8",
    )
