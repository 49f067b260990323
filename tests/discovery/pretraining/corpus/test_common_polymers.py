"""The known polymers: each is a repeat unit, none comes twice."""

from __future__ import annotations

from discovery.polymers import RepeatUnit
from discovery.pretraining.corpus.common_polymers import COMMON_POLYMERS


def test_no_known_polymer_comes_twice() -> None:
    assert len({RepeatUnit.parse(text).key for text in COMMON_POLYMERS}) == len(COMMON_POLYMERS)


def test_what_a_chemist_knows_first_is_there() -> None:
    known = {RepeatUnit.parse(text) for text in COMMON_POLYMERS}
    first = (
        "*CC*",
        "*CC(*)C",
        "*CC(*)c1ccccc1",
        "*CC(*)Cl",
        "*CCO*",
        "*CC(F)(F)*",
        "*O[Si](C)(C)*",
        "*CCCCCC(=O)N*",
    )
    assert all(RepeatUnit.parse(text) in known for text in first)
