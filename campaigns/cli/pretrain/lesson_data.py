"""What every encoder learns from: the corpus and its labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from discovery.pretraining.corpus.corpus import CorpusEntry
    from discovery.pretraining.labels import Labels
    from discovery.progress import Progress


@dataclass(frozen=True, slots=True, eq=False)
class LessonData:
    """A corpus with the labels of its polymers."""

    file: Path
    """Of the corpus."""
    entries: list[CorpusEntry]
    labels: Labels


def read_lesson_data(
    corpus_file: Path, labels_folder: Path | None, without: Sequence[str], workers: int, progress: Progress
) -> LessonData:
    """Read a corpus, and its labels from the folder beside it or from another one; what is not there yet is computed.

    Args:
        corpus_file: What ``polyloop pretrain corpus`` wrote.
        labels_folder: Where labels are kept.
        without: Parts of the run that are left out; those that are blocks of labels are not read.
        workers: Processes that compute labels.
        progress: Told of polymers read and labelled.
    """
    from discovery.pretraining.corpus.corpus import read_corpus
    from discovery.pretraining.labels import BLOCKS, read_labels

    entries = read_corpus(corpus_file, progress)
    blocks = [name for name in without if name in BLOCKS]
    folder = labels_folder or labels_beside(corpus_file)
    known = read_labels(entries, folder, without=blocks, workers=workers, progress=progress)
    return LessonData(corpus_file, entries, known)


def labels_beside(corpus_file: Path) -> Path:
    """Where the labels of a corpus are kept unless the user names another folder."""
    return corpus_file.with_name(corpus_file.stem + ".labels")
