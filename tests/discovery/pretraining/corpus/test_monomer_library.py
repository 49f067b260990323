"""Monomers for the rules: sound molecules, which the rules take for what they are."""

from __future__ import annotations

import random

import pytest
from rdkit import Chem

from discovery.polymers import Monomer, monomer_classes
from discovery.pretraining.corpus.monomer_library import MONOMERS, WHOLE_DIANHYDRIDES

CLASS = {
    "dianhydride": "dicAnhyd",
    "diamine": "diamin",
    "diacid": "diCOOH",
    "diol": "diol",
    "diisocyanate": "diNCO",
    "diepoxide": "diepo",
    "hydroxy acid": "hydCOOH",
    "amino acid": "aminCOOH",
    "lactone": "lactone",
    "lactam": "lactam",
    "epoxide": "epo",
    "dihalosulfone": "sfonediX",
    "difluorobenzophenone": "BzodiF",
    "acrylate": "vinyl",
    "styrene": "vinyl",
    "cyclic olefin": "cOle",
}


@pytest.mark.parametrize("kind", MONOMERS)
def test_every_drawn_monomer_is_a_sound_molecule(kind: str) -> None:
    rng = random.Random(0)
    drawn = [MONOMERS[kind](rng) for _ in range(30)]
    assert [text for text in drawn if Chem.MolFromSmiles(text) is None] == []
    assert all("*" not in text and "{" not in text and "." not in text for text in drawn)


@pytest.mark.parametrize(("kind", "name"), CLASS.items())
def test_most_monomers_of_a_kind_are_what_the_rules_call_so(kind: str, name: str) -> None:
    rng = random.Random(0)
    found = [name in monomer_classes(Monomer(MONOMERS[kind](rng))) for _ in range(25)]
    assert sum(found) >= 17  # the rest have further groups that react, such as a bisphenol with an acid


@pytest.mark.parametrize("smiles", sorted(set(WHOLE_DIANHYDRIDES)))
def test_a_dianhydride_is_a_molecule_with_two_anhydrides(smiles: str) -> None:
    anhydride = Chem.MolFromSmarts("[#6](=O)~[#8]~[#6](=O)")  # RDKit sees PMDA's as aromatic
    assert len(Chem.MolFromSmiles(smiles).GetSubstructMatches(anhydride)) == 2
