"""Monomers to polymers: textbook reactions, and what is left out and why."""

from collections import Counter
from itertools import islice

import pytest
from rdkit import Chem

from discovery.polymers import Candidate, Monomer, RepeatUnit, monomer_classes, polymerise
from discovery.polymers.reactions import rule_book
from discovery.polymers.symmetry import mark_symmetries

TEXTBOOK = {
    "polystyrene": (["C=Cc1ccccc1"], "*CC(*)c1ccccc1", "chain growth: vinyl monomer -> polyolefin"),
    "PMMA": (["C=C(C)C(=O)OC"], "*CC(*)(C)C(=O)OC", "chain growth: vinyl monomer -> polyolefin"),
    "1,4-polyisoprene": (
        ["C=CC(C)=C"],
        "*CC=C(C)C*",
        "chain growth, 1,4-addition: conjugated diene -> polyolefin",
    ),
    "poly(ethylene oxide)": (["C1CO1"], "*CCO*", "ring opening: epoxide -> polyether"),
    "polycaprolactone": (["O=C1CCCCCO1"], "*CCCCCC(=O)O*", "ring opening: lactone -> polyester"),
    "nylon 6 from caprolactam": (["O=C1CCCCCN1"], "*NCCCCCC(*)=O", "ring opening: lactam -> polyamide"),
    "nylon 6 from the amino acid": (
        ["NCCCCCC(=O)O"],
        "*NCCCCCC(*)=O",
        "step growth: amino acid -> polyamide",
    ),
    "poly(L-lactic acid)": (
        ["C[C@H](O)C(=O)O"],
        "*O[C@@H](C)C(*)=O",
        "step growth: hydroxy acid -> polyester",
    ),
    "poly(phenylene oxide)": (
        ["Cc1cccc(C)c1O"],
        "*Oc1c(C)cc(*)cc1C",
        "oxidative coupling: hindered phenol -> polyether",
    ),
    "PET": (
        ["O=C(O)c1ccc(C(=O)O)cc1", "OCCO"],
        "*OCCOC(=O)c1ccc(cc1)C(*)=O",
        "step growth: dicarboxylic acid + diol -> polyester",
    ),
    "nylon 6,6": (
        ["O=C(O)CCCCC(=O)O", "NCCCCCCN"],
        "*NCCCCCCNC(=O)CCCCC(*)=O",
        "step growth: dicarboxylic acid + diamine -> polyamide",
    ),
    "aramid from the acid chloride": (
        ["O=C(Cl)c1ccc(C(=O)Cl)cc1", "Nc1ccc(N)cc1"],
        "*Nc1ccc(cc1)NC(=O)c1ccc(cc1)C(*)=O",
        "step growth: dicarboxylic acid + diamine -> polyamide",
    ),
    "Kapton": (
        ["O=C1OC(=O)c2cc3c(cc12)C(=O)OC3=O", "Nc1ccc(Oc2ccc(N)cc2)cc1"],
        "*c1ccc(cc1)Oc1ccc(cc1)N1C(=O)c2cc3c(cc2C1=O)C(=O)N(*)C3=O",
        "step growth: dianhydride + diamine -> polyimide",
    ),
    "polyurethane of MDI and butanediol": (
        ["O=C=Nc1ccc(Cc2ccc(N=C=O)cc2)cc1", "OCCCCO"],
        "*OCCCCOC(=O)Nc1ccc(cc1)Cc1ccc(cc1)NC(*)=O",
        "step growth: diisocyanate + diol -> polyurethane",
    ),
    "bisphenol A polycarbonate": (
        ["CC(C)(c1ccc(O)cc1)c1ccc(O)cc1"],
        "*Oc1ccc(cc1)C(C)(C)c1ccc(cc1)OC(*)=O",
        "step growth: diol + carbonyl source -> polycarbonate",
    ),
    "polysulfone": (
        ["O=S(=O)(c1ccc(Cl)cc1)c1ccc(Cl)cc1", "CC(C)(c1ccc(O)cc1)c1ccc(O)cc1"],
        "*Oc1ccc(cc1)C(C)(C)c1ccc(cc1)Oc1ccc(cc1)S(=O)(=O)c1ccc(*)cc1",
        "step growth: dihalodiaryl sulfone + diol -> polyether",
    ),
    "PEEK": (
        ["O=C(c1ccc(F)cc1)c1ccc(F)cc1", "Oc1ccc(O)cc1"],
        "*Oc1ccc(cc1)Oc1ccc(cc1)C(=O)c1ccc(*)cc1",
        "step growth: difluorobenzophenone + diol -> polyether",
    ),
    "polyester of an anhydride and an epoxide": (
        ["O=C1CCC(=O)O1", "C1CO1"],
        "*OCCOC(=O)CCC(*)=O",
        "ring opening: cyclic anhydride + epoxide -> polyester",
    ),
}


def made(*smiles: str, copolymers: bool = False) -> list[Candidate]:
    return list(polymerise([Monomer(text) for text in smiles], copolymers=copolymers))


@pytest.mark.parametrize(("monomers", "polymer", "reaction"), TEXTBOOK.values(), ids=TEXTBOOK.keys())
def test_textbook_polymer(monomers: list[str], polymer: str, reaction: str) -> None:
    by_unit = {candidate.unit: candidate for candidate in made(*monomers)}
    candidate = by_unit[RepeatUnit.parse(polymer)]
    assert candidate.provenance is not None
    assert candidate.provenance.reaction == reaction
    assert candidate.provenance.monomers[: len(monomers)] == tuple(monomers)
    assert candidate.provenance.polymer_class in reaction


def test_order_of_the_monomers_makes_no_difference_to_what_is_made() -> None:
    monomers = ["OCCO", "O=C(O)c1ccc(C(=O)O)cc1", "NCCCCCCN", "C=C", "OCCCO"]
    assert {c.unit for c in made(*monomers)} == {c.unit for c in made(*reversed(monomers))}


def test_unsymmetric_monomers_give_each_regular_chain() -> None:
    candidates = made("CC(O)CO", "O=C(O)CC(C)C(=O)O")
    classes = [candidate.provenance.polymer_class for candidate in candidates if candidate.provenance]
    assert classes.count("polyester") == 2


def test_copolymers_are_made_on_request_only() -> None:
    pair = ("C=Cc1ccccc1", "C=C(C)C(=O)OC")
    assert len(made(*pair)) == 2
    units = {candidate.unit for candidate in made(*pair, copolymers=True)}
    assert RepeatUnit.parse("*CC(C)(C(=O)OC)CC(*)c1ccccc1") in units


def test_names_are_used_for_provenance_where_given() -> None:
    (candidate,) = polymerise([Monomer("C=C", name="ethylene", cas="74-85-1")])
    assert candidate.provenance is not None
    assert candidate.provenance.monomers == ("ethylene",)


def test_every_chain_is_given_once() -> None:
    dropped: Counter[str] = Counter()
    monomers = [
        Monomer(s) for s in ("O=C1CCCCCN1", "NCCCCCC(=O)O", "O=C(O)CC(=O)O", "O=C(Cl)CC(=O)Cl", "OCCO")
    ]
    units = [candidate.unit for candidate in polymerise(monomers, dropped=dropped)]
    assert len(units) == len(set(units))
    assert dropped["made already by another route"] == 2


@pytest.mark.parametrize(
    ("smiles", "reason"),
    [
        ("CCCCCC", "monomer: no rule for it"),
        ("C1CC", "monomer: unreadable SMILES"),
        ("", "monomer: unreadable SMILES"),
        ("OCC(O)CO", "monomer: three or more functional groups (network)"),
        ("NCCCCCCN.Cl", "monomer: separate pieces (a salt or a mixture)"),
        ("*CC*", "monomer: has attachment points, so it is a polymer"),
        ("C=Cc1ccc(C=C)cc1", "product: branched or a network"),
    ],
)
def test_what_gives_no_polymer_is_counted_by_reason(smiles: str, reason: str) -> None:
    dropped: Counter[str] = Counter()
    assert not list(polymerise([Monomer(smiles)], dropped=dropped))
    assert dropped == {reason: 1}


def test_a_monomer_given_twice_is_counted() -> None:
    dropped: Counter[str] = Counter()
    assert len(list(polymerise([Monomer("C=C"), Monomer("[CH2]=[CH2]")], dropped=dropped))) == 1
    assert dropped == {"monomer: given twice": 1}


@pytest.mark.parametrize(
    "pair",
    [
        ("O=C(O)c1ccc(C(=O)O)cc1", "OCCO"),
        ("O=C(O)CC(C)C(=O)O", "CC(O)CO"),
        ("O=C(O)c1ccc(C(=O)O)c2[nH]cnc12", "NCCCCCCN"),
        ("O=C1OC(=O)C2C1C1C(=O)OC(=O)C21", "Nc1ccc(N)cc1"),
        ("O=C=NCCCCCCN=C=O", "O[C@H]1CC[C@@H](O)CC1"),
    ],
)
def test_leaving_out_symmetric_matches_leaves_out_no_product(pair: tuple[str, str]) -> None:
    plain = [Chem.MolFromSmiles(text) for text in pair]
    marked = [Chem.MolFromSmiles(text) for text in pair]
    for mol in marked:
        mark_symmetries(mol)
    tried = 0
    for reaction in rule_book().reactions:
        if reaction.second is not None:
            every = [Chem.MolToSmiles(mols[0]) for mols in reaction.reaction.RunReactants(plain)]
            fewer = [Chem.MolToSmiles(mols[0]) for mols in reaction.reaction.RunReactants(marked)]
            assert set(every) == set(fewer)
            assert len(fewer) <= len(every)
            tried += bool(every)
    assert tried


def test_it_streams() -> None:
    diols = [Monomer(f"O{'C' * n}O") for n in range(2, 40)]
    diacids = [Monomer(f"O=C(O){'C' * n}C(=O)O") for n in range(1, 40)]
    dropped: Counter[str] = Counter()
    assert len(list(islice(polymerise([*diols, *diacids], dropped=dropped), 3))) == 3


def test_rdkit_stays_silent(capfd: pytest.CaptureFixture[str]) -> None:
    made("C1CC", "C=Cc1ccccc1", "OCCO", "O=C1OC(=O)c2cc3c(cc12)C(=O)OC3=O", "Nc1ccc(N)cc1")
    assert capfd.readouterr().err == ""


def test_classes_of_a_monomer_are_told() -> None:
    assert monomer_classes(Monomer("C=Cc1ccccc1")) == ("vinyl",)
    assert set(monomer_classes(Monomer("OCCO"))) == {"diol", "diol_b"}
    assert monomer_classes(Monomer("CCCC")) == ()


def test_monomer_stereo_survives() -> None:
    (lactic,) = made("C[C@H](O)C(=O)O")
    assert Chem.FindMolChiralCenters(lactic.unit.capped())
