"""One short name for a set of tensors and the settings they were made with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from torch import Tensor


def digest(tensors: Mapping[str, Tensor], settings: Mapping[str, object]) -> str:
    """Hash tensors and settings, whatever order they come in.

    Args:
        tensors: Name to tensor; names, types, shapes and bytes all count.
        settings: What JSON can write.

    Returns:
        32 hex characters of a BLAKE2b hash.
    """
    state = hashlib.blake2b(json.dumps(settings, sort_keys=True).encode(), digest_size=16)
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        state.update(f"{name}:{tensor.dtype}:{tuple(tensor.shape)}".encode())
        state.update(tensor.numpy().tobytes())
    return state.hexdigest()
