"""Monomer classes: all of SMiPoly's."""

from __future__ import annotations

import pytest
from smipoly.smip import polg

from discovery.polymers.classification import CLASS_WORDS, monomer_classes
from discovery.polymers.monomers import Monomer

CLASSES = {
    "C=Cc1ccccc1": {"vinyl", "styryl"},
    "C=C(C)C(=O)OC": {"vinyl", "acryl"},
    "C=CC#N": {"vinyl", "bEWole"},
    "C=CCOC(C)=O": {"vinyl", "allyl"},
    "C=CCl": {"vinyl", "haloCH"},
    "C=COC(C)=O": {"vinyl", "vinylester"},
    "O=C1C=CC(=O)N1c1ccccc1": {"cOle", "malei"},
    "C=CC=C": {"vinyl", "conjdiene"},
    "C=COCC": {"vinyl", "vinylether"},
    "C=C(C)C": {"vinyl", "tertcatCH"},
    "C1=CC2CCC1C2": {"cOle", "cycCH"},
    "C=CC": {"vinyl", "aliphCH"},
    "C1CO1": {"epo"},
    "C1OC1CC1CO1": {"epo", "diepo"},
    "O=C1CCCCCO1": {"lactone"},
    "O=C1CCCCCN1": {"lactam"},
    "CC(O)C(=O)O": {"hydCOOH"},
    "NCCCCCC(=O)O": {"aminCOOH"},
    "Cc1cccc(C)c1O": {"hindPhenol"},
    "O=C1CCC(=O)O1": {"cAnhyd"},
    "[C-]#[O+]": {"CO"},
    "C=O": {"HCHO"},
    "O=S(=O)(c1ccc(Cl)cc1)c1ccc(Cl)cc1": {"sfonediX"},
    "O=C(c1ccc(F)cc1)c1ccc(F)cc1": {"BzodiF"},
    "O=C(O)c1ccc(C(=O)O)cc1": {"diCOOH"},
    "OCCO": {"diol", "diol_b"},
    "OCCS": {"diol"},
    "NCCCCCCN": {"diamin", "pridiamin"},
    "CNCCNC": {"diamin"},
    "O=C=NCCCCCCN=C=O": {"diNCO"},
    "O=C1OC(=O)c2cc3c(cc12)C(=O)OC3=O": {"cAnhyd", "dicAnhyd"},
    "OCC(O)CO": set(),
    "CCCC": set(),
    "C1CC": set(),
}


@pytest.mark.parametrize(("smiles", "classes"), CLASSES.items())
def test_classes_of_a_monomer(smiles: str, classes: set[str]) -> None:
    assert set(monomer_classes(Monomer(smiles))) == classes


def test_every_class_of_smipoly_has_a_name_and_is_found() -> None:
    assert set(CLASS_WORDS) == set(polg.mon_dic)
    assert set().union(*CLASSES.values()) == set(CLASS_WORDS)
