from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from peers_baybe import molecules
from peers_targets import SHARED, read_target

from discovery.polymers import RepeatUnit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        ("*CCO*", 10.0),
        ("*COC*", 1000.0),
        ("*CC*", 1.0),
        ("*CS*", -1.0),
        ("CCO", 3.0),
        ("*CC(*)C", None),
    ]
    pd.DataFrame(rows, columns=["smiles", "p"]).to_csv(tmp_path / "gas.csv", index=False)
    return tmp_path


def test_a_target_merges_writings_and_takes_logarithms(folder: Path) -> None:
    target = read_target("gas.csv:p:min:log10", folder, 100)
    assert target.name == "gas:p:min:log10"
    assert target.objective.direction == "min"
    assert {o.unit: o.value for o in target.table} == {
        RepeatUnit.parse("*CCO*"): 2.0,  # the middle of 1 and 3
        RepeatUnit.parse("*CC*"): 0.0,
    }


def test_a_large_table_is_thinned_by_key_in_every_run_alike(folder: Path) -> None:
    every = read_target("gas.csv:p", folder, 100)
    assert [o.unit.key for o in every.table] == sorted(o.unit.key for o in every.table)
    assert read_target("gas.csv:p", folder, 2).table == every.table[:2]
    assert read_target("gas.csv:p", folder, 2).digest != every.digest


def test_a_target_that_cannot_be_read_is_told(folder: Path) -> None:
    with pytest.raises(ValueError, match="TABLE:COLUMN"):
        read_target("gas.csv", folder, 100)
    with pytest.raises(ValueError, match="no column q"):
        read_target("gas.csv:q:min", folder, 100)


def test_the_shared_targets_are_nine_at_least_and_each_stands_once() -> None:
    assert len(set(SHARED)) == len(SHARED) >= 9


def test_polymers_of_one_capped_unit_are_told_apart_by_their_oligomers() -> None:
    first = RepeatUnit.parse("*CCO*")
    like_it = RepeatUnit(first.psmiles, "f" * 32)  # the same molecule under another key
    assert molecules([like_it, first]) == {first.key: "COCCO", like_it.key: "COCCOCCO"}
