"""What somebody may have meant who wrote a name that is not known."""

from __future__ import annotations

from collections.abc import Iterable

LIKE = 0.6
"""Likeness from which a name is taken for a slip of another, by difflib's ratio; what click takes for options and commands."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``Did you mean tg?``, or nothing where no known name is like it. Case is no difference."""
    from difflib import get_close_matches

    by_fold = {each.casefold(): each for each in known}
    near = get_close_matches(name.casefold(), by_fold, n=1, cutoff=LIKE)
    return f"Did you mean {by_fold[near[0]]}?" if near else ""
