"""How numbers stand in sentences."""

from __future__ import annotations

import pytest

from discovery.acquisition.wording import percent


@pytest.mark.parametrize(
    ("chance", "words"),
    [(0.0, "under 1%"), (0.009, "under 1%"), (0.012, "1%"), (0.5, "50%"), (0.988, "99%"), (1.0, "over 99%")],
)
def test_no_chance_is_called_certain(chance: float, words: str) -> None:
    assert percent(chance) == words
