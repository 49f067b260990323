"""Exclusions and limits: what each leaves out, and under which reason."""

import pytest

from discovery.errors import PoolError
from discovery.polymers import Candidate, Provenance, RepeatUnit
from discovery.pools import FilterPool, Pool, PoolRules, UnitPool
from discovery.pools.contract import PoolContract

ROUTE = Provenance(("ethylene",), "chain growth", "polyolefin")
TEXTS = ("*CC*", "*CCO*", "*CC(*)Br", "*CC(*)c1ccccc1", "*O[Si](*)(C)C", "*C(F)(F)*", "*CC(*)C(=O)OC")


def unit(text: str) -> RepeatUnit:
    return RepeatUnit.parse(text)


class TestFilterPool(PoolContract):
    def pool(self) -> Pool:
        return FilterPool(UnitPool(map(unit, TEXTS)), PoolRules(elements=("Br",)))


def held(rules: PoolRules, *texts: str) -> list[str]:
    """Why each is left out."""
    return [rules.reason(Candidate(unit(text))) for text in texts]


@pytest.mark.parametrize(
    ("smarts", "psmiles"),
    [
        ("COC", "*CCO*"),
        ("OCCO", "*CCO*"),
        ("OCCOCCOCCOCCOCCOCCOCCO", "*CCO*"),
        ("C" * 40, "*CC*"),
        ("c-c", "*c1ccc(*)cc1"),
        ("[Si]O[Si]", "*O[Si](*)(C)C"),
        ("C/C=C/C", "*C/C=C/C*"),
        ("O[C@H](C)C(=O)", "*O[C@H](C)C(=O)*"),
        ("[$(C(=O)OC)]", "*CC(*)C(=O)OC"),
        ("[#6;R]", "*CC(*)c1ccccc1"),
    ],
)
def test_a_pattern_is_found_on_the_endless_chain(smarts: str, psmiles: str) -> None:
    assert held(PoolRules(smarts=(smarts,)), psmiles) == [f"excluded: matches {smarts}"]


@pytest.mark.parametrize(
    ("smarts", "psmiles"),
    [
        ("C1CCCCCCCCC1", "*CC*"),  # the ring that stands for the endless chain is no ring of the polymer
        ("[R]", "*CCO*"),
        ("OO", "*CCO*"),
        ("[Si]", "*CC(*)S"),
        ("C/C=C\\C", "*C/C=C/C*"),
        ("O[C@H](C)C(=O)", "*O[C@@H](C)C(=O)*"),
        ("[n]", "*CC(*)N"),
    ],
)
def test_a_pattern_that_the_chain_does_not_hold_excludes_nothing(smarts: str, psmiles: str) -> None:
    assert held(PoolRules(smarts=(smarts,)), psmiles) == [""]


@pytest.mark.parametrize(
    ("symbol", "left_out"),
    [
        ("Br", ["*CC(*)Br"]),
        ("Si", ["*O[Si](*)(C)C"]),
        ("S", []),
        ("O", ["*CCO*", "*O[Si](*)(C)C", "*CC(*)C(=O)OC"]),
        ("H", [text for text in TEXTS if text != "*C(F)(F)*"]),
        ("C", list(TEXTS)),
    ],
)
def test_an_element_is_excluded_wherever_it_stands(symbol: str, left_out: list[str]) -> None:
    rules = PoolRules(elements=(symbol,))
    assert [t for t in TEXTS if rules.reason(Candidate(unit(t))) == f"excluded: holds {symbol}"] == left_out


@pytest.mark.parametrize(
    "psmiles", ["*CC(*)c1cc[nH]c1", "*CC(*)c1cc[se]c1", "*CC(*)[N+](C)(C)C", "*CC(*)[15N]"]
)
def test_elements_in_brackets_are_seen(psmiles: str) -> None:
    rules = PoolRules(elements=("N", "Se"))
    assert held(rules, psmiles)[0].startswith("excluded: holds ")


@pytest.mark.parametrize("wrong", ["C(", "", "[Si"])
def test_a_wrong_pattern_is_an_error_that_names_it(wrong: str) -> None:
    with pytest.raises(PoolError, match="is not SMARTS") as caught:
        PoolRules(smarts=("[Si]", wrong))
    assert repr(wrong) in caught.value.message


def test_a_wrong_element_is_an_error_that_names_it() -> None:
    with pytest.raises(PoolError, match="'Xx' is not an element"):
        PoolRules(elements=("Xx",))


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (PoolRules(keys=frozenset([unit("*OCC*").key])), "excluded: listed"),
        (PoolRules(max_sa_score=2.5), "excluded: SA score over 2.5"),
        (PoolRules(max_sa_score=3.5), ""),
        (PoolRules(max_cost=9.5), "excluded: cost over 9.5"),
        (PoolRules(max_cost=10), ""),
        (PoolRules(makeable=True), ""),
        (PoolRules(), ""),
    ],
)
def test_limits_are_kept(rules: PoolRules, reason: str) -> None:
    assert rules.reason(Candidate(unit("*CCO*"), ROUTE, sa_score=3.0, cost=10.0)) == reason


def test_what_is_not_known_is_not_within_a_limit() -> None:
    candidate = Candidate(unit("*CCO*"))
    assert PoolRules(max_cost=10).reason(candidate) == "excluded: cost unknown"
    assert PoolRules(makeable=True).reason(candidate) == "excluded: no rule makes it"
    assert PoolRules(max_sa_score=0.5).reason(candidate) == "excluded: SA score over 0.5"


def test_everything_left_out_is_counted_by_its_first_reason() -> None:
    rules = PoolRules(smarts=("c1ccccc1", "Br"), elements=("Br", "Si"), keys=frozenset([unit("*CC*").key]))
    pool = FilterPool(UnitPool(map(unit, TEXTS)), rules)
    kept = [candidate.unit for chunk in pool.chunks() for candidate in chunk]
    assert kept == [unit("*CCO*"), unit("*C(F)(F)*"), unit("*CC(*)C(=O)OC")]
    assert pool.dropped == {
        "excluded: listed": 1,
        "excluded: holds Br": 1,
        "excluded: holds Si": 1,
        "excluded: matches c1ccccc1": 1,
    }


def test_what_a_table_does_not_tell_the_rules_do() -> None:
    pool = FilterPool(
        UnitPool([Candidate(unit("*CC*"), ROUTE), unit("*CC(*)C"), unit(TEXTS[4])]), PoolRules(makeable=True)
    )
    kept = [candidate for chunk in pool.chunks() for candidate in chunk]
    assert [c.provenance and c.provenance.monomers for c in kept] == [("ethylene",), ("C=CC",)]
    assert pool.dropped == {"excluded: no rule makes it": 1}


def test_the_signature_follows_every_rule() -> None:
    rules = [
        PoolRules(),
        PoolRules(smarts=("Br",)),
        PoolRules(elements=("Br",)),
        PoolRules(keys=frozenset([unit("*CC*").key])),
        PoolRules(max_cost=3),
        PoolRules(max_sa_score=3),
        PoolRules(makeable=True),
    ]
    assert len({FilterPool(UnitPool([]), each).signature for each in rules}) == len(rules)
