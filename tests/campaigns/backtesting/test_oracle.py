"""Values leave the oracle by being measured, and in no other way."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.backtesting.oracle import Oracle, OracleError, Question, startable
from discovery.polymers import RepeatUnit
from discovery.surrogate.observations import Observation

UNITS = tuple(RepeatUnit.parse(f"*{'C' * length}O*") for length in range(1, 25))


def table(size: int = len(UNITS)) -> list[Observation]:
    return [
        Observation(unit, 100.0 + 7 * (5 * i % size), names=(f"Tg {100 + i} K",))
        for i, unit in enumerate(UNITS[:size])
    ]


def oracle(size: int = len(UNITS)) -> Oracle:
    return Oracle(table(size), lambda value: value)


def test_a_question_holds_no_value_that_is_not_measured() -> None:
    asked = oracle()
    asked.start(6, np.random.default_rng(0))
    question = asked.question(5, seed=1)
    assert {field.name for field in fields(Question)} == {"measured", "candidates", "batch", "seed"}
    assert len(question.measured) == 6
    assert all(type(unit) is RepeatUnit for unit in question.candidates)
    assert not {o.unit for o in question.measured} & set(question.candidates)


def test_candidates_stand_in_the_order_of_their_keys_whatever_the_table_s() -> None:
    by_value = sorted(table(), key=lambda o: o.value)
    candidates = Oracle(by_value, lambda value: value).candidates
    assert list(candidates) == sorted(candidates, key=lambda unit: unit.key)


def test_what_is_measured_comes_without_names() -> None:
    asked = oracle()
    assert asked.measure(UNITS[:3])[0].names == ()


def test_what_is_measured_is_known_and_no_candidate_any_more() -> None:
    asked = oracle()
    found = asked.measure([UNITS[4], UNITS[2]])
    assert [o.unit for o in found] == [UNITS[4], UNITS[2]]
    assert asked.measured == found
    assert UNITS[4] not in asked.candidates


@pytest.mark.parametrize("units", [[UNITS[0], UNITS[0]], [RepeatUnit.parse("*CS*")]])
def test_a_polymer_twice_or_not_in_the_table_is_refused_whole(units: list[RepeatUnit]) -> None:
    asked = oracle()
    with pytest.raises(OracleError):
        asked.measure([UNITS[1], *units])
    assert asked.measured == ()
    with pytest.raises(OracleError):
        asked.measure([UNITS[1], UNITS[1]])


@given(size=st.integers(2, len(UNITS)), seed=st.integers(0, 99))
def test_the_start_holds_none_of_the_upper_quarter(size: int, seed: int) -> None:
    asked = oracle(size)
    count = startable(size)
    worst = sorted(o.value for o in table(size))[:count]
    assert sorted(o.value for o in asked.start(count, np.random.default_rng(seed))) == worst


def test_a_start_that_is_too_large_is_refused() -> None:
    with pytest.raises(OracleError, match="may be"):
        oracle().start(startable(len(UNITS)) + 1, np.random.default_rng(0))


@pytest.mark.parametrize("name", ["reversed_ranks", "upper_half_cut"])
def test_a_disguise_changes_what_is_hidden_and_nothing_else(name: str) -> None:
    asked = oracle()
    asked.start(6, np.random.default_rng(0))
    question, true = asked.question(5, 1), {o.unit: o.value for o in table()}
    with asked.disguised(getattr(asked, name)):
        assert asked.question(5, 1) == question
        hidden = {o.unit: o.value for o in asked._hidden.values()}
        assert sum(value != true[unit] for unit, value in hidden.items()) >= len(hidden) // 2 - 1
    assert {o.unit: o.value for o in asked.measure(question.candidates)} == {
        unit: true[unit] for unit in question.candidates
    }
