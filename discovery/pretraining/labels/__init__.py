"""What an encoder is taught to say of a polymer: numbers that are computed from its structure, without a measurement of it.

``structure`` is what RDKit computes of the endless chain (:mod:`.descriptors`, :mod:`.chain_shape`, :mod:`.fragments`),
``physics`` what group contributions, and the fire model on top of them, estimate (:mod:`discovery.physics`). Raw numbers are
kept on disk (:mod:`.kept_files`) and given one scale for training (:mod:`.scaling`).
"""

from discovery.pretraining.labels.blocks import BLOCKS
from discovery.pretraining.labels.descriptors import descriptor_matrix, label_names
from discovery.pretraining.labels.kept_files import corpus_hash, make_labels
from discovery.pretraining.labels.scaling import CLIP, Labels, read_labels, run_hash

__all__ = [
    "BLOCKS",
    "CLIP",
    "Labels",
    "corpus_hash",
    "descriptor_matrix",
    "label_names",
    "make_labels",
    "read_labels",
    "run_hash",
]
