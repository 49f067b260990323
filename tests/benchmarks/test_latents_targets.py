from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from latents_targets import LEAST, References, Tables, Target

from discovery.polymers import RepeatUnit

NO_REFERENCES = References(frozenset(), frozenset())
TEXTS = [f"*{'C' * n}O*" for n in range(1, LEAST + 6)]


def table(folder: Path, values: Sequence[object], texts: Sequence[str] = TEXTS, column: str = "tg_K") -> Path:
    path = folder / "table.csv"
    lines = [f"{text},{value}" for text, value in zip(texts, values, strict=True)]
    path.write_text("\n".join([f"psmiles,{column}", *lines]) + "\n", encoding="utf-8")
    return path


def only(argument: str, references: References = NO_REFERENCES, rows: int = 800) -> Target:
    (target,) = Tables(rows, references).targets(argument)
    assert isinstance(target, Target)
    return target


def value_of(target: Target, text: str) -> float:
    return float(target.values[target.units.index(RepeatUnit.parse(text))])


def test_each_polymer_has_the_value_of_its_row(tmp_path: Path) -> None:
    target = only(f"{table(tmp_path, range(len(TEXTS)))}:tg_K")
    assert target.name == "table:tg_K"
    assert len(target.units) == len(TEXTS)
    assert value_of(target, TEXTS[7]) == 7


def test_values_of_one_chain_are_merged_by_their_median_however_it_is_written(tmp_path: Path) -> None:
    texts = [*TEXTS, "*OC*", "*COCO*"]  # twice what is first in the list
    target = only(f"{table(tmp_path, [1, *range(1, len(TEXTS)), 5, 100], texts)}:tg_K")
    assert len(target.units) == len(TEXTS)
    assert value_of(target, "*CO*") == 5


def test_a_logarithm_leaves_out_what_has_none(tmp_path: Path) -> None:
    target = only(f"{table(tmp_path, [0, -1, 100, *[10] * (len(TEXTS) - 3)])}:tg_K:log10")
    assert value_of(target, TEXTS[2]) == 2
    assert len(target.units) == len(TEXTS) - 2


def test_the_first_by_key_take_part(tmp_path: Path) -> None:
    path = table(tmp_path, range(len(TEXTS)))
    few, all_of_them = only(f"{path}:tg_K", rows=LEAST), only(f"{path}:tg_K")
    keys = [unit.key for unit in all_of_them.units]
    assert keys == sorted(keys)
    assert few.units == all_of_them.units[:LEAST]


def test_a_column_of_too_few_polymers_is_skipped_in_words(tmp_path: Path) -> None:
    path = table(tmp_path, [1.0] * 5 + [""] * (len(TEXTS) - 5))
    assert list(Tables(800, NO_REFERENCES).targets(f"{path}:tg_K")) == [
        f"table:tg_K: 5 polymers, {LEAST} are needed, skipped"
    ]


def test_a_table_of_molecules_is_skipped_in_words(tmp_path: Path) -> None:
    (told,) = Tables(800, NO_REFERENCES).targets(f"{table(tmp_path, [1, 2], ['CCO', 'C'])}:tg_K")
    assert "no polymers" in str(told)


def test_a_calibrated_property_comes_again_without_the_polymers_it_was_calibrated_on(tmp_path: Path) -> None:
    path = table(tmp_path, range(len(TEXTS)))
    known = frozenset(RepeatUnit.parse(text).key for text in ("*CCO*", "*OCCC*"))
    whole, without = Tables(800, References(frozenset({"tg_K"}), known)).targets(f"{path}:tg_K")
    assert isinstance(whole, Target)
    assert isinstance(without, Target)
    assert (whole.unseen, without.unseen) == (False, True)
    assert {unit.key for unit in whole.units} - {unit.key for unit in without.units} == known
    assert value_of(without, TEXTS[7]) == value_of(whole, TEXTS[7])
    (alone,) = Tables(800, References(frozenset({"td_K"}), known)).targets(f"{path}:tg_K")
    assert isinstance(alone, Target)


@pytest.mark.parametrize("text", ["*CC(*)c1ccccc1", "*OCC*"])
def test_the_references_are_those_of_the_physics_models(text: str) -> None:
    references = References.of_physics()
    assert references.columns >= {"tg_K", "td_K"}
    assert RepeatUnit.parse(text).key in references.keys


def test_targets_are_numbers(tmp_path: Path) -> None:
    path = table(tmp_path, ["", "nan", *range(len(TEXTS) - 2)])
    assert np.isfinite(only(f"{path}:tg_K").values).all()
