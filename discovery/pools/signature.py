"""What a pool's content hangs on, as one hash: equal signatures, equal candidates in equal order."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from importlib import metadata, resources


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


@cache
def chemistry_revision() -> str:
    """Hash of what reads, makes and scores polymers: this project's rules and the packages that they stand on.

    A catalogue that another revision prepared may hold other keys, products or scores, so it is not opened.
    """
    sources = resources.files("discovery.polymers").iterdir()
    texts = {
        source.name: source.read_text(encoding="utf-8") for source in sources if source.name.endswith(".py")
    }
    versions = (f"{name} {metadata.version(name)}" for name in ("rdkit", "smipoly"))
    return signature_of(*versions, *(text for _, text in sorted(texts.items())))
