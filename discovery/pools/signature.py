"""What a pool's content hangs on, as one hash: equal signatures of equal kinds, equal candidates in equal order."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from importlib import metadata, resources
from typing import Protocol

_READING = (
    "columns",
    "csv_rows",
    "encodings",
    "merging",
    "monomer_pool",
    "piece",
    "pool",
    "routed",
    "segments",
    "table",
    "table_file",
    "table_pool",
    "typed_rows",
)
"""Modules of this room that decide which candidates are read, in which order, and what repeats are merged into."""


class Signed(Protocol):
    """What has a signature; see :attr:`discovery.pools.pool.Pool.signature`."""

    @property
    def signature(self) -> str:
        """Hash of everything that decides the content, or empty."""
        ...


def signature_of(*parts: str) -> str:
    """32 hexadecimal digits that change with any of ``parts``, their number and their order."""
    digest = blake2b(digest_size=16)
    for part in parts:
        text = part.encode()
        digest.update(len(text).to_bytes(8, "big"))
        digest.update(text)
    return digest.hexdigest()


def joint_signature(kind: str, *signatures: str) -> str:
    """Signature of a pool made from others: empty as soon as one of theirs is."""
    return signature_of(kind, *signatures) if all(signatures) else ""


def signature_by_kind(pool: Signed) -> str:
    """The pool's signature together with its class: two kinds of pools may both call their content "v1"."""
    kind = type(pool)
    return joint_signature(f"{kind.__module__}.{kind.__qualname__}", pool.signature)


@cache
def chemistry_revision() -> str:
    """Hash of what reads, makes and scores polymers: this project's rules and the packages that they stand on.

    A catalogue that another revision prepared may hold other rows, keys, products or scores, so it is not opened.
    """
    sources = resources.files("discovery.polymers").iterdir()
    texts = {
        source.name: source.read_text(encoding="utf-8") for source in sources if source.name.endswith(".py")
    }
    versions = (f"{name} {metadata.version(name)}" for name in ("rdkit", "smipoly"))
    return signature_of(*versions, *(text for _, text in sorted(texts.items())), *map(_source, _READING))


@cache
def matching_revision() -> str:
    """Hash of what looks for structures: an answer that another revision gave is not remembered."""
    return signature_of(metadata.version("rdkit"), _source("structures"))


def _source(module: str) -> str:
    return resources.files("discovery.pools").joinpath(f"{module}.py").read_text(encoding="utf-8")
