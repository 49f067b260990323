"""The labels of a run: kept for its corpus, and for no other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from discovery.errors import PretrainingError
from discovery.polymers import RepeatUnit
from discovery.pretraining.labels import kept_labels, run_hash
from discovery.progress import silent

UNITS = [RepeatUnit.parse(f"*{'C' * n}O*") for n in range(1, 9)]


def test_labels_are_computed_once_for_a_corpus(tmp_path: Path) -> None:
    told: list[str] = []
    first = kept_labels(UNITS, tmp_path, 1, lambda done, total, what: told.append(what))
    assert told
    told.clear()
    again = kept_labels(UNITS, tmp_path, 1, lambda done, total, what: told.append(what))
    assert told == []
    np.testing.assert_array_equal(again, first)


def test_as_many_other_polymers_have_labels_of_their_own(tmp_path: Path) -> None:
    first, turned = (kept_labels(units, tmp_path, 1, silent) for units in (UNITS, UNITS[::-1]))
    np.testing.assert_allclose(turned, first[::-1], atol=1e-5)  # their mean is summed in another order


def test_a_damaged_file_of_labels_is_named(tmp_path: Path) -> None:
    kept_labels(UNITS, tmp_path, 1, silent)
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"half")
    with pytest.raises(PretrainingError, match=file.name):
        kept_labels(UNITS, tmp_path, 1, silent)


def test_a_run_is_known_by_its_polymers_and_settings_but_not_by_how_it_is_done() -> None:
    settings = {"seed": 0, "workers": 1, "save_every": 10}
    name = run_hash(UNITS, settings)
    assert run_hash(UNITS, settings | {"workers": 2, "save_every": 5}) == name
    assert run_hash(UNITS, settings | {"seed": 1}) != name
    assert run_hash(UNITS[1:], settings) != name
