"""Fragments as text: how pieces of SMILES with open slots are put together, and how one is drawn at random.

A fragment is a SMILES whose open valences are slots ``{}``: ``c1ccc({})cc1`` is p-phenylene, read from its left end to its
slot; a side group has none. Digits in a fragment are ring closures only, except within brackets.
"""

from __future__ import annotations

import random
import re
from bisect import bisect
from collections.abc import Callable, Sequence
from itertools import accumulate

Draw = Callable[[random.Random], str]
"""Draws a fragment."""

_TOKEN = re.compile(r"(\[[^\]]*\]|%\d\d|\d|\{\})")


def fill(template: str, *pieces: str) -> str:
    """Put one piece into each slot of ``template``, in order, with ring closures renumbered so that none clash.

    A piece may have a slot itself, or be one, ``"{}"``: it stays open.

    Raises:
        ValueError: There are more slots than pieces, or fewer.
    """
    used = 0
    parts = _TOKEN.split(template)
    if parts.count("{}") != len(pieces):
        raise ValueError(f"{template} has {parts.count('{}')} slots for {len(pieces)} pieces")
    labels: dict[str, str] = {}
    waiting = iter(pieces)
    for i in range(1, len(parts), 2):
        token = parts[i]
        if token == "{}":
            parts[i], used = _renumbered(next(waiting), used)
        elif token[0] != "[":
            if token not in labels:
                used += 1
                labels[token] = _closure(used)
            parts[i] = labels[token]
    return "".join(parts)


def join(*pieces: str) -> str:
    """Put each piece into the slot of the one before it: a chain, read from left to right.

    Args:
        pieces: Fragments, or what an earlier call made of some; all but the last hold exactly one ``{}``.
    """
    used = 0
    renumbered = []
    for piece in pieces:
        text, used = _renumbered(piece, used)
        renumbered.append(text)
    whole = renumbered[-1]
    for piece in reversed(renumbered[:-1]):
        whole = piece.replace("{}", whole)
    return whole


def listed(text: str) -> tuple[str, ...]:
    """The fragments of a text, which stand apart by blanks; one that is wanted more often stands there more than once."""
    return tuple(text.split())


def mixture(*parts: tuple[float, str | Sequence[str] | Draw]) -> Draw:
    """Draws from several sources: a fragment, a list with equal chances, or another draw, each with a weight."""
    bounds = list(accumulate(weight for weight, _ in parts))
    sources = [[source] if isinstance(source, str) else source for _, source in parts]

    def draw(rng: random.Random) -> str:
        source = sources[bisect(bounds, rng.random() * bounds[-1])]
        return source(rng) if callable(source) else rng.choice(source)

    return draw


def _renumbered(piece: str, used: int) -> tuple[str, int]:
    parts = _TOKEN.split(piece)
    labels: dict[str, str] = {}
    for i in range(1, len(parts), 2):
        token = parts[i]
        if token != "{}" and token[0] != "[":
            if token not in labels:
                used += 1
                labels[token] = _closure(used)
            parts[i] = labels[token]
    return "".join(parts), used


def _closure(number: int) -> str:
    return str(number) if number < 10 else f"%{number}"
