"""The model card of a checkpoint: what it is, the command that makes it again, what it was made from, its run and curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from discovery.pretraining.corpus.corpus import CorpusEntry
from discovery.pretraining.labels import Labels

CURVES = "curves.png"
"""Name of the picture of the losses beside the card."""

LIBRARIES = ("polyloop", "torch", "transformers", "rdkit", "smipoly", "unimol_tools", "numpy")
"""What computes corpus, labels, conformers and weights; another version may give other last digits, or other labels."""

GENERATED = ("rule", "template")
"""Sources of the polymers that polyloop generates."""


_HEAD = "| fact | value |\n|---|---|\n"


def library_versions() -> dict[str, str]:
    """Facts of what computes here."""
    return {f"version of {name}": version(name) for name in LIBRARIES}


def provenance(entries: Sequence[CorpusEntry], labels: Labels) -> dict[str, object]:
    """Facts of what a run was taught: the polymers that it draws on, and corpus and labels by their hashes."""
    columns = {f"labels, {name}": c.stop - c.start for name, c in labels.blocks.items()}
    known = {f"known labels, {name}": share for name, share in labels.coverage().items()}
    revisions = {f"revision of the labels, {name}": text for name, text in labels.revisions.items()}
    return {
        "sources of the corpus": ", ".join(sorted({entry.source or "unnamed" for entry in entries})),
        "held out are": "families" if any(entry.held_out for entry in entries) else "a random few",
        "hash of the corpus": labels.corpus,
        **columns,
        **known,
        **revisions,
    }


def polymers_told(facts: Mapping[str, object]) -> str:
    """In words, by the facts of :func:`provenance`: the polymers of a run."""
    sources = str(facts["sources of the corpus"]).split(", ")
    if set(sources) <= set(GENERATED):
        return "polymers that polyloop generates from monomers, polymerisation rules and chain templates"
    return f"the polymers of a corpus of its user (by their sources: {', '.join(sources)})"


def labels_told(facts: Mapping[str, object]) -> str:
    """In words, by the facts of :func:`provenance`: the blocks of labels."""
    words = {
        "structure": "RDKit descriptors, chain shape and fragment counts",
        "physics": "the group-contribution estimates of `discovery.physics`",
    }
    return ", and ".join(words[name] for name in words if f"labels, {name}" in facts)


def calibration_told(where: Sequence[str]) -> str:
    """That estimates went in which rest on measured polymers: with what."""
    if not where:
        return ""
    return (
        f" Of the {' and '.join(where)}, glass transition, decomposition and char rest on contributions that were calibrated on "
        "well-known polymers (docs/physics.md)."
    )


def held_out_told(facts: Mapping[str, object]) -> str:
    """In words, by the facts of :func:`provenance`: what held-out figures are measured on."""
    if facts["held out are"] == "families":
        return "families of polymers that were not trained on"
    return "polymers that were not trained on, drawn at random"


def card_facts(card: Path) -> dict[str, str]:
    """The rows of the table in a model card, as they stand there."""
    table = card.read_text(encoding="utf-8").partition(_HEAD)[2]
    rows = (
        line.removeprefix("| ").removesuffix(" |") for line in table.splitlines() if line.startswith("| ")
    )
    return dict(row.split(" | ", 1) for row in rows)


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
        f"# {title}\n\n{story}\n\nMake it again: `{command}`\n\n{_HEAD}{rows}\n{picture}",
        encoding="utf-8",
    )
