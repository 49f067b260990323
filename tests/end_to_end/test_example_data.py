"""The example's tables: what a user sees first must be right."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from campaigns.spec import CampaignSpec
from campaigns.tables import read_results
from discovery.pools import MonomerPool, read_monomers

EXAMPLE = Path(__file__).parents[2] / "examples" / "glass_transition"


def test_the_measured_table_has_no_fault_and_a_reference_in_every_row() -> None:
    spec = CampaignSpec.load(EXAMPLE / "campaign.toml")
    rows = read_results(EXAMPLE / "measured.csv", spec.properties).rows
    assert len(rows) >= 120
    assert len({row.unit for row in rows}) == len(rows)
    assert all(row.name and row.reference for row in rows)
    assert all(row.value is not None and 100 < row.value < 800 for row in rows)


def test_the_monomers_are_read_with_valid_cas_numbers() -> None:
    monomers = read_monomers(EXAMPLE / "monomers.csv")
    assert len(monomers) >= 150
    assert sum(bool(m.cas) for m in monomers) >= 150
    assert len({m.smiles for m in monomers}) == len(monomers)
    with (EXAMPLE / "monomers.csv").open(newline="", encoding="utf-8") as file:
        assert len({row["class"] for row in csv.DictReader(file)}) >= 6


def test_the_monomers_make_thousands_of_polymers_of_at_least_six_classes() -> None:
    classes = Counter(
        candidate.provenance.polymer_class
        for chunk in MonomerPool(read_monomers(EXAMPLE / "monomers.csv")).chunks()
        for candidate in chunk
        if candidate.provenance is not None
    )
    assert sum(classes.values()) >= 2000
    assert len(classes) >= 6
