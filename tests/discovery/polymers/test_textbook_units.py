"""Thirty textbook polymers: other cuts, directions, repeats and styles of writing, and the one canonical form of each."""

import pytest

from discovery.polymers import RepeatUnit

#: Name, canonical form, other writings.
TEXTBOOK = [
    ("polyethylene", "*C*", ["*CC*", "[*]CCC[*]", "*C([H])([H])C*", "*CCCCCCCCCC*"]),
    ("polypropylene", "*CC(*)C", ["*C(C)C*", "CC(C*)*", "*CC(C)CC(*)C", "*C(CC(C*)C)C"]),
    ("polyisobutylene", "*CC(*)(C)C", ["*C(C)(C)C*", "CC(*)(C*)C", "*CC(C)(C)CC(C)(C)*"]),
    (
        "polystyrene",
        "*CC(*)c1ccccc1",
        ["*C(C*)C1=CC=CC=C1", "c1ccccc1C([*:2])C[*:1]", "*CC(c1ccccc1)CC(*)c1ccccc1"],
    ),
    ("poly(vinyl chloride)", "*CC(*)Cl", ["*C(Cl)C*", "[1*]C(Cl)C[2*]", "*CC(Cl)CC(Cl)CC(Cl)*"]),
    ("poly(vinylidene fluoride)", "*CC(*)(F)F", ["*C(F)(F)C*", "FC(F)(*)C*"]),
    ("polytetrafluoroethylene", "*C(*)(F)F", ["*C(F)(F)C(*)(F)F", "FC(F)(*)*"]),
    ("poly(vinyl alcohol)", "*CC(*)O", ["*C(O)C*", "OC(*)C*", "*CC(O)CC(O)*"]),
    ("poly(vinyl acetate)", "*CC(*)OC(C)=O", ["*C(OC(C)=O)C*", "CC(=O)OC(C*)*"]),
    ("polyacrylonitrile", "*CC(*)C#N", ["*C(C#N)C*", "N#CC(*)C*"]),
    ("poly(methyl methacrylate)", "*CC(*)(C)C(=O)OC", ["*C(C)(C(=O)OC)C*", "COC(=O)C(C)(*)C*"]),
    ("poly(acrylic acid)", "*CC(*)C(=O)O", ["*C(C(O)=O)C*"]),
    ("trans-1,4-polyisoprene", "*/C=C(\\C)CC*", ["*/C(C)=C/CC*", "*C/C=C(\\C)C*", "*CC/C(C)=C/*"]),
    ("cis-1,4-polyisoprene", "*/C=C(/C)CC*", ["*/C(C)=C\\CC*", "*C/C=C(C)\\C*", "*CC/C(C)=C\\*"]),
    ("polychloroprene", "*C=C(Cl)CC*", ["*CC(Cl)=CC*", "*CC=C(Cl)C*", "*C(Cl)=CCC*"]),
    ("poly(ethylene oxide)", "*CCO*", ["*OCC*", "*COC*", "*CCOCCO*"]),
    ("poly(propylene oxide)", "*CC(C)O*", ["*OCC(*)C", "*C(C)COC(C)COC(C)CO*"]),
    ("polyoxymethylene", "*CO*", ["*OC*", "*COCO*", "*OCOCOC*"]),
    ("poly(2,6-dimethyl-1,4-phenylene oxide)", "*c1cc(C)c(O*)c(C)c1", ["*Oc1c(C)cc(*)cc1C"]),
    (
        "poly(ethylene terephthalate)",
        "*CCOC(=O)c1ccc(C(=O)O*)cc1",
        ["*OCCOC(=O)c1ccc(C(*)=O)cc1", "*C(=O)c1ccc(cc1)C(=O)OCCO*", "*c1ccc(C(=O)OCCOC(*)=O)cc1"],
    ),
    ("poly(L-lactic acid)", "*C(=O)[C@H](C)O*", ["*O[C@@H](C)C(*)=O", "*[C@@H](OC(*)=O)C"]),
    ("polycaprolactone", "*CCCCCC(=O)O*", ["*OCCCCCC(*)=O", "*C(=O)CCCCCO*", "*CC(=O)OCCCC*"]),
    ("nylon 6", "*CCCCCC(=O)N*", ["*NCCCCCC(*)=O", "*C(=O)CCCCCN*", "*CCC(=O)NCCC*"]),
    (
        "nylon 6,6",
        "*CCCCCCNC(=O)CCCCC(=O)N*",
        ["*NCCCCCCNC(=O)CCCCC(*)=O", "*C(=O)CCCCC(=O)NCCCCCCN*", "*CCCNC(=O)CCCCC(=O)NCCC*"],
    ),
    (
        "poly(p-phenylene terephthalamide)",
        "*C(=O)c1ccc(C(=O)Nc2ccc(N*)cc2)cc1",
        ["*Nc1ccc(NC(=O)c2ccc(C(*)=O)cc2)cc1", "*c1ccc(cc1)C(=O)Nc1ccc(cc1)NC(*)=O"],
    ),
    (
        "bisphenol A polycarbonate",
        "*C(=O)Oc1ccc(C(C)(C)c2ccc(O*)cc2)cc1",
        [
            "*Oc1ccc(C(C)(C)c2ccc(OC(*)=O)cc2)cc1",
            "*C(=O)Oc1ccc(cc1)C(C)(C)c1ccc(cc1)O*",
            "*C(C)(C)c1ccc(OC(=O)Oc2ccc(*)cc2)cc1",
        ],
    ),
    (
        "Kapton",
        "*c1ccc(-n2c(=O)c3cc4c(=O)n(-c5ccc(O*)cc5)c(=O)c4cc3c2=O)cc1",
        [
            "*Oc1ccc(cc1)N1C(=O)c2cc3C(=O)N(C(=O)c3cc2C1=O)c1ccc(*)cc1",
            "*c1ccc(Oc2ccc(-n3c(=O)c4cc5c(=O)n(*)c(=O)c5cc4c3=O)cc2)cc1",
        ],
    ),
    (
        "poly(ether ether ketone)",
        "*c1ccc(Oc2ccc(C(=O)c3ccc(O*)cc3)cc2)cc1",
        ["*Oc1ccc(Oc2ccc(C(=O)c3ccc(*)cc3)cc2)cc1", "*C(=O)c1ccc(cc1)Oc1ccc(cc1)Oc1ccc(*)cc1"],
    ),
    ("poly(phenylene sulfide)", "*c1ccc(S*)cc1", ["*Sc1ccc(*)cc1", "*Sc1ccc(Sc2ccc(*)cc2)cc1"]),
    ("polydimethylsiloxane", "*O[Si](*)(C)C", ["*[Si](C)(C)O*", "*[Si](C)(C)O[Si](C)(C)O*"]),
    ("polypyrrole", "*c1ccc(*)[nH]1", ["*C1=CC=C(*)N1", "*c1ccc([nH]1)-c1ccc(*)[nH]1"]),
    ("trans-polyacetylene", "*/C=C/*", ["*\\C=C\\*", "*/C=C/C=C/*"]),
]


@pytest.mark.parametrize(("name", "canonical", "others"), TEXTBOOK, ids=[row[0] for row in TEXTBOOK])
def test_every_writing_of_a_textbook_polymer_has_its_canonical_form(
    name: str, canonical: str, others: list[str]
) -> None:
    assert {text: RepeatUnit.parse(text).psmiles for text in (canonical, *others)} == dict.fromkeys(
        (canonical, *others), canonical
    ), name


def test_no_two_textbook_polymers_are_one_chain() -> None:
    assert len({RepeatUnit.parse(canonical) for _, canonical, _ in TEXTBOOK}) == len(TEXTBOOK)
