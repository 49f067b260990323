"""Conformers: made once, the same every time, and a named failure where there is none."""

from __future__ import annotations

import itertools
import warnings
from pathlib import Path

import numpy as np
import pytest

from discovery.encoders.conformers import (
    Conformer,
    ConformerFailure,
    ConformerSettings,
    ConformerStore,
    check_conformers,
    conformer,
    positioned,
    with_hydrogens,
)
from discovery.encoders.shards import DamagedShardWarning
from discovery.encoders.store import CheckedVectors
from discovery.errors import EncodingError
from discovery.polymers import RepeatUnit

STYRENE = RepeatUnit.parse("*CC(*)c1ccccc1")
OXIDE = RepeatUnit.parse("*CCO*")
#: A bridge that cannot be built, on a chain long enough that finding this out takes many seconds.
HOPELESS = RepeatUnit.parse(f"*CC(*)C(=O)O{'C' * 60}N1C[C@H]2C[C@H]1C2")


def made(unit: RepeatUnit, settings: ConformerSettings | None = None) -> Conformer:
    found = conformer(unit, settings)
    assert isinstance(found, Conformer)
    return found


def test_atoms_are_those_of_the_capped_unit_with_hydrogens() -> None:
    assert made(STYRENE).symbols == tuple(atom.GetSymbol() for atom in with_hydrogens(STYRENE).GetAtoms())


def test_bonds_have_the_lengths_of_bonds() -> None:
    placed, mol = made(STYRENE), with_hydrogens(STYRENE)
    for bond in mol.GetBonds():
        a, b = placed.coordinates[[bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()]]
        assert 0.9 < np.linalg.norm(a - b) < 1.7


def test_the_same_unit_has_the_same_coordinates() -> None:
    np.testing.assert_array_equal(made(STYRENE).coordinates, made(STYRENE).coordinates)


def test_the_writing_of_the_chain_does_not_matter() -> None:
    other = RepeatUnit.parse("*C(c1ccccc1)C*")
    np.testing.assert_array_equal(made(STYRENE).coordinates, made(other).coordinates)


def test_another_seed_gives_another_conformer() -> None:
    assert not np.allclose(made(STYRENE).coordinates, made(STYRENE, ConformerSettings(seed=7)).coordinates)


def test_the_force_field_is_recorded_and_uff_takes_what_mmff_lacks() -> None:
    assert made(STYRENE).force_field == "mmff94"
    assert made(RepeatUnit.parse("*B(*)c1ccccc1")).force_field == "uff"


def test_a_unit_over_the_atom_limit_is_a_failure_with_both_numbers() -> None:
    found = conformer(STYRENE, ConformerSettings(max_atoms=5))
    assert found == ConformerFailure("10 heavy atoms, the limit is 5")


def test_an_element_without_parameters_is_a_failure() -> None:
    found = conformer(RepeatUnit.parse("*CC(*)C(=O)O[Cd+2]"))
    assert isinstance(found, ConformerFailure)
    assert "parameters" in found.reason


def test_a_bridge_to_the_far_side_of_a_ring_is_a_failure() -> None:
    found = conformer(RepeatUnit.parse("*CC(*)N1C[C@H]2C[C@H]1C2"))
    assert found == ConformerFailure("ETKDG finds no conformer")


def test_the_store_gives_back_what_it_made(tmp_path: Path) -> None:
    units = [STYRENE, OXIDE]
    fresh = ConformerStore(tmp_path, workers=2).conformers(units)
    told: list[int] = []
    again = ConformerStore(tmp_path).conformers(units, lambda done, total, what: told.append(done))
    assert told == []
    for unit in units:
        a, b = fresh[unit.key], again[unit.key]
        assert isinstance(a, Conformer)
        assert isinstance(b, Conformer)
        assert a.symbols == b.symbols
        assert a.force_field == b.force_field
        np.testing.assert_array_equal(a.coordinates, b.coordinates)


@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.9])
def test_conformers_of_a_damaged_shard_are_told_and_made_again(tmp_path: Path, part: float) -> None:
    before = ConformerStore(tmp_path).conformers([OXIDE])[OXIDE.key]
    (shard,) = tmp_path.rglob("*.parquet")
    content = bytearray(shard.read_bytes())
    content[int(part * len(content))] ^= 0x55
    shard.write_bytes(content)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        after = ConformerStore(tmp_path).conformers([OXIDE])[OXIDE.key]
    assert isinstance(before, Conformer)
    assert isinstance(after, Conformer)
    np.testing.assert_array_equal(after.coordinates, before.coordinates)
    assert [each.category for each in told] == [DamagedShardWarning] * len(list(tmp_path.rglob("*.damaged")))


def test_everything_that_is_kept_of_conformers_can_be_checked(tmp_path: Path) -> None:
    assert check_conformers(tmp_path) is None
    ConformerStore(tmp_path).conformers([OXIDE])
    ConformerStore(tmp_path).conformers([STYRENE])
    assert check_conformers(tmp_path) == CheckedVectors(2, ())
    first, _ = sorted(tmp_path.rglob("*.parquet"))
    first.write_bytes(first.read_bytes()[:-100])
    assert check_conformers(tmp_path) == CheckedVectors(1, (first.with_suffix(".damaged").name,))


def test_the_store_keeps_failures(tmp_path: Path) -> None:
    settings = ConformerSettings(max_atoms=5)
    ConformerStore(tmp_path, settings).conformers([STYRENE, OXIDE])
    again = ConformerStore(tmp_path, settings).conformers([STYRENE, OXIDE])
    assert again[STYRENE.key] == ConformerFailure("10 heavy atoms, the limit is 5")
    assert isinstance(again[OXIDE.key], Conformer)


@pytest.mark.parametrize(("processor", "tried_again"), [(0.0, 1), (100.0, 0)])
def test_a_search_that_the_clock_cut_off_is_kept_only_if_it_had_the_processor(
    tmp_path: Path, processor: float, tried_again: int
) -> None:
    settings = ConformerSettings(seconds=1)
    for tried in (2, tried_again):
        told: list[int] = []
        found = ConformerStore(
            tmp_path, settings, workers=1, clock=itertools.count(step=processor).__next__
        ).conformers([HOPELESS, OXIDE], lambda done, total, what, told=told: told.append(done))
        assert len(told) == tried
        failure = found[HOPELESS.key]
        assert isinstance(failure, ConformerFailure)
        assert failure.reason == "no conformer within 1 s"
        assert isinstance(found[OXIDE.key], Conformer)


def test_it_is_recorded_whether_the_relaxation_converged(tmp_path: Path) -> None:
    for steps, converged in ((1, False), (500, True)):
        settings = ConformerSettings(relaxation_steps=steps)
        ConformerStore(tmp_path, settings).conformers([STYRENE])
        stored = ConformerStore(tmp_path, settings).conformers([STYRENE])[STYRENE.key]
        assert isinstance(stored, Conformer)
        assert stored.converged is converged


def test_other_settings_have_conformers_of_their_own(tmp_path: Path) -> None:
    ConformerStore(tmp_path, ConformerSettings(seed=1)).conformers([OXIDE])
    told: list[int] = []
    other = ConformerStore(tmp_path, ConformerSettings(seed=2))
    other.conformers([OXIDE], lambda done, total, what: told.append(done))
    assert told == [1]


def test_heavy_atoms_alone_leave_no_hydrogen() -> None:
    heavy = made(OXIDE).without_hydrogens()
    assert set(heavy.symbols) == {"C", "O"}
    assert heavy.coordinates.shape == (len(heavy.symbols), 3)


def test_a_positioned_molecule_carries_the_coordinates() -> None:
    placed = made(OXIDE)
    positions = positioned(OXIDE, placed).GetConformer().GetPositions()
    np.testing.assert_allclose(positions, placed.coordinates, atol=1e-6)


def test_the_conformer_of_another_unit_is_refused() -> None:
    with pytest.raises(EncodingError, match="other atoms"):
        positioned(STYRENE, made(OXIDE))
