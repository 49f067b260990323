"""Hostile cells and titles, and changed bytes, out of a seeded generator."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from fuzz_words import CHEMISTRY, FORMULAS, IDS, NUMBERS, TEXTS, UNITS

_KINDS = (
    b"0123456789",
    b"abcdefghijklmnopqrstuvwxyz",
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    b"()[]{}*=#+-.,;:<>|/\\@%$'\"\t ",
)
"""Characters of one kind, of which one often makes as much sense as another."""


def long_cell(rng: Random) -> str:
    """A text that takes a reader long which goes over it again and again, or deep which calls itself."""
    n = rng.choice((50, 300, 2000, 20_000))
    few = min(n, 2000)
    return rng.choice(
        (
            lambda: "*" + "C(" * n + "C" + ")" * n + "*",
            lambda: "*" + "C" * n + "*",
            lambda: "*" + "(" * n,
            lambda: "*" + "[" * n,
            lambda: "*C" + "C1CC1" * few + "*",
            lambda: "*c1" + "c2ccccc2" * (few // 8) + "c1*",
            lambda: "*C" + "".join(f"C%{10 + i % 89}" for i in range(few)) + "*",
            lambda: "*" + "[C@H](F)" * (few // 8) + "*",
            lambda: "*" + "C(F)(Cl)C(C)" * (few // 12) + "C*",
            lambda: "1," * n,
            lambda: "1" + ",111" * n + "x",
            lambda: "1" + " 111" * n,
            lambda: "1." * n,
            lambda: "1" * n + "e",
            lambda: " " * n + "x" + " " * n,
            lambda: ">" * n,
            lambda: "300 " + "- " * n + "310",
            lambda: "." * n + "-" * n,
            lambda: "+/-" * n,
            lambda: "=" * n,
            lambda: "'" * n,
            lambda: '"' * n,
            lambda: "tg [" + "K*" * n + "K]",
            lambda: "tg" + " [" * n,
            lambda: "\u0301" * n,
            lambda: "x" * 140_000,
        )
    )()


def cell(rng: Random) -> str:
    """One cell of a table, more or less hostile."""
    kind = rng.random()
    if kind < 0.03:
        return long_cell(rng)
    chosen: Sequence[str] = rng.choice(
        (FORMULAS, NUMBERS, IDS, UNITS, TEXTS, CHEMISTRY, CHEMISTRY, ("", "", "5"))
    )
    text = rng.choice(chosen)
    if kind < 0.1:
        text += rng.choice(rng.choice((FORMULAS, TEXTS, UNITS)))
    if kind > 0.97:
        text = "".join(chr(_character(rng)) for _ in range(rng.randint(1, 12)))
    return text


def _character(rng: Random) -> int:
    found = rng.choice(
        (rng.randrange(0x80), rng.randrange(0x300), rng.randrange(0x10000), rng.randrange(0x110000))
    )
    return 0xFFFD if 0xD800 <= found < 0xE000 else found


def title(rng: Random) -> str:
    """Of a column: one that means something as a rule."""
    named = (
        "psmiles",
        "tg",
        "density",
        "tg_sem",
        "tg_n",
        "tg_unit",
        "sem",
        "n",
        "name",
        "reference",
        "note",
        "status",
    )
    more = (
        "proposal_id",
        "corrects",
        "monomer_a",
        "monomer_b",
        "monomers",
        "reaction",
        "smiles",
        "PSMILES ",
        "unit",
        "",
    )
    kind = rng.random()
    if kind < 0.75:
        return rng.choice(named + more)
    if kind < 0.92:
        return f"{rng.choice(('tg', 'density', 'tg_sem'))} {rng.choice('[(')}{rng.choice(UNITS)}{rng.choice('])')}"
    return cell(rng)


def mutated(rng: Random, content: bytes, tokens: Sequence[bytes] = ()) -> bytes:
    """Bytes of a file changed in one place or several.

    Args:
        rng: Source of chance.
        content: Of the file.
        tokens: What may be put in besides what does for every file.
    """
    text = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 1, 1, 2, 3, 12))):
        at = rng.randrange(len(text) + 1)
        end = min(len(text), at + rng.choice((1, 1, 2, 4, 16, 100)))
        way = rng.randrange(11)
        if way == 0 and text:
            text[at % len(text)] ^= 1 << rng.randrange(8)
        elif way == 1:
            text[at:end] = rng.randbytes(end - at)
        elif way == 2:
            del text[at:end]
        elif way == 3:
            text[at:at] = text[at:end] * rng.choice((1, 2, 50))
        elif way == 4:
            text[at:at] = rng.choice(
                (
                    b"\0",
                    b"\xff",
                    b"\x80",
                    b'"',
                    b"\r",
                    b"\n",
                    b",",
                    b"'",
                    b"[",
                    b"{",
                    b"(",
                    b"\xef\xbb\xbf",
                    b"\xed\xa0\x80",
                )
            )
        elif way == 5:
            text[at:at] = rng.choice(tokens) if tokens and rng.random() < 0.7 else cell(rng).encode()
        elif way == 6:
            text[at:end] = rng.choice((b"\0", b"\xff", b"9", b"(", b"*")) * (end - at)
        elif way == 7 and rng.random() < 0.3:
            del text[at:]
        elif text:  # still a character of the same kind
            old = text[at % len(text)]
            same = next((kind for kind in _KINDS if old in kind), bytes([old]))
            text[at % len(text)] = rng.choice(same)
    return bytes(text)
