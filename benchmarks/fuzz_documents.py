"""Specs and JSON documents with something changed that leaves them readable, as a rule."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from random import Random

from fuzz_cells import cell, mutated
from fuzz_words import HEADS, KEYS, TEXTS, VALUES


def changed_spec(rng: Random, specs: Sequence[bytes]) -> bytes:
    text = rng.choice(specs)
    if rng.random() < 0.25:
        return mutated(rng, text, [value.encode() for value in VALUES])
    lines = text.decode("utf-8", "replace").split("\n")
    values = [line.partition(" = ")[2] for line in lines if " = " in line] or ["1"]
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        said = [place for place, line in enumerate(lines) if " = " in line] or [0]
        at = rng.choice(said)
        key = lines[at].partition("=")[0].strip() or rng.choice(KEYS)
        way = rng.randrange(12)
        if way <= 2:
            lines[at] = f"{key} = {rng.choice(VALUES)}"
        elif way <= 4:
            lines[at] = f"{key} = {json.dumps(cell(rng))}"
        elif way == 5:
            lines[at] = f"{key} = {rng.choice(values)}"
        elif way <= 7:
            lines[at] = re.sub(
                r"[0-9]+", lambda _: str(rng.choice((0, 1, 2, 7, 100, 10**6, 10**20))), lines[at]
            )
        elif way == 8:
            lines.insert(rng.randrange(len(lines)), rng.choice(HEADS))
        elif way == 9:
            lines.insert(at, f"{rng.choice(KEYS)} = {rng.choice((*VALUES, *values))}")
        elif way == 10:
            del lines[at]
        else:
            lines[at] += f"  # {cell(rng)}".replace("\n", " ")
    return "\n".join(lines).encode("utf-8", "replace")


def changed_json(rng: Random, text: bytes) -> bytes:
    if rng.random() < 0.6:
        return mutated(
            rng, text, (b"[" * 5000, b"1e999", b"NaN", b'"\\ud800"', b"9" * 5000, b"null", b'{"a":' * 3000)
        )
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):  # changed before
        return text
    _change(rng, content)
    return json.dumps(content, ensure_ascii=rng.random() < 0.5).encode("utf-8", "replace")


def _change(rng: Random, content: object) -> None:
    """Another value somewhere in a JSON document."""
    strange: tuple[Callable[[], object], ...] = (
        *(
            lambda: None,
            lambda: True,
            lambda: -1,
            lambda: 2**70,
            lambda: 1e300,
            list,
            dict,
            lambda: [[]],
            lambda: "\ud800",
        ),
        *(lambda: cell(rng), lambda: rng.choice(TEXTS), lambda: "x" * 10_000, lambda: {"": None}),
    )
    while isinstance(content, dict | list) and content:
        key = rng.choice(sorted(content)) if isinstance(content, dict) else rng.randrange(len(content))
        inner = content[key]
        if isinstance(inner, dict | list) and inner and rng.random() < 0.85:
            content = inner
            continue
        content[key] = rng.choice(strange)()
        return
