"""Repeat units back to monomers: textbook routes, what has none, and that the rules run forwards agree."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from discovery.polymers import Monomer, RepeatUnit, polymerise
from discovery.polymers.retrosynthesis import Route, can_be_made, routes

VINYL = "chain growth: vinyl monomer -> polyolefin"
CYCLIC = "chain growth: cyclic olefin -> polyolefin"
DIENE = "chain growth, 1,4-addition: conjugated diene -> polyolefin"
METATHESIS = "ring-opening metathesis: cyclic olefin -> polyolefin"
EPOXIDE = "ring opening: epoxide -> polyether"
LACTONE = "ring opening: lactone -> polyester"
HYDROXY_ACID = "step growth: hydroxy acid -> polyester"
LACTAM = "ring opening: lactam -> polyamide"
AMINO_ACID = "step growth: amino acid -> polyamide"
POLYESTER = "step growth: dicarboxylic acid + diol -> polyester"
ANHYDRIDE = "ring opening: cyclic anhydride + epoxide -> polyester"
POLYAMIDE = "step growth: dicarboxylic acid + diamine -> polyamide"
POLYIMIDE = "step growth: dianhydride + diamine -> polyimide"
POLYURETHANE = "step growth: diisocyanate + diol -> polyurethane"
POLYCARBONATE = "step growth: diol + carbonyl source -> polycarbonate"
OXAZOLIDONE = "step growth: diepoxide + diisocyanate -> polyoxazolidone"
COUPLING = "oxidative coupling: hindered phenol -> polyether"
SULFONE = "step growth: dihalodiaryl sulfone + diol -> polyether"
KETONE = "step growth: difluorobenzophenone + diol -> polyether"

CARBONYL = "[C-]#[O+]"
BISPHENOL_A = "CC(C)(c1ccc(O)cc1)c1ccc(O)cc1"

#: Polymer, monomers, reaction.
TEXTBOOK = {
    "polystyrene": ("*CC(*)c1ccccc1", ["C=Cc1ccccc1"], VINYL),
    "polyethylene, whose chain repeats after one atom": ("*CC*", ["C=C"], VINYL),
    "PTFE": ("*C(F)(F)C(F)(F)*", ["FC(F)=C(F)F"], VINYL),
    "PMMA": ("*CC(*)(C)C(=O)OC", ["C=C(C)C(=O)OC"], VINYL),
    "polynorbornene by addition": ("*C1C2CCC(C2)C1*", ["C1=CC2CCC1C2"], CYCLIC),
    "1,4-polybutadiene": ("*CC=CC*", ["C=CC=C"], DIENE),
    "1,4-polybutadiene from cyclooctadiene": ("*CC=CC*", ["C1=CCCC=CCC1"], METATHESIS),
    "polyoctenamer": ("*CCCC=CCCC*", ["C1=C\\CCCCCC/1"], METATHESIS),
    "polynorbornene by metathesis": ("*C=CC1CCC(*)C1", ["C1=CC2CCC1C2"], METATHESIS),
    "poly(ethylene oxide)": ("*CCO*", ["C1CO1"], EPOXIDE),
    "poly((S)-propylene oxide)": ("*C[C@H](C)O*", ["C[C@H]1CO1"], EPOXIDE),
    "PCL from the lactone": ("*CCCCCC(=O)O*", ["O=C1CCCCCO1"], LACTONE),
    "PCL from the acid": ("*CCCCCC(=O)O*", ["OCCCCCC(=O)O"], HYDROXY_ACID),
    "poly(L-lactic acid) from the acid": ("*O[C@@H](C)C(*)=O", ["C[C@H](O)C(=O)O"], HYDROXY_ACID),
    "poly(L-lactic acid) from lactide": ("*O[C@@H](C)C(*)=O", ["C[C@@H]1OC(=O)[C@H](C)OC1=O"], LACTONE),
    "nylon 6 from caprolactam": ("*NCCCCCC(*)=O", ["O=C1CCCCCN1"], LACTAM),
    "nylon 6 from the acid": ("*NCCCCCC(*)=O", ["NCCCCCC(=O)O"], AMINO_ACID),
    "nylon 6,6": ("*NCCCCCCNC(=O)CCCCC(*)=O", ["O=C(O)CCCCC(=O)O", "NCCCCCCN"], POLYAMIDE),
    "Kevlar from the acid chloride": (
        "*Nc1ccc(cc1)NC(=O)c1ccc(cc1)C(*)=O",
        ["O=C(Cl)c1ccc(C(=O)Cl)cc1", "Nc1ccc(N)cc1"],
        POLYAMIDE,
    ),
    "PET": ("*OCCOC(=O)c1ccc(cc1)C(*)=O", ["O=C(O)c1ccc(C(=O)O)cc1", "OCCO"], POLYESTER),
    "poly(ethylene succinate)": ("*OCCOC(=O)CCC(*)=O", ["O=C1CCC(=O)O1", "C1CO1"], ANHYDRIDE),
    "Kapton": (
        "*c1ccc(cc1)Oc1ccc(cc1)N1C(=O)c2cc3c(cc2C1=O)C(=O)N(*)C3=O",
        ["O=C1OC(=O)c2cc3c(cc12)C(=O)OC3=O", "Nc1ccc(Oc2ccc(N)cc2)cc1"],
        POLYIMIDE,
    ),
    "bisphenol A polycarbonate": (
        "*Oc1ccc(cc1)C(C)(C)c1ccc(cc1)OC(*)=O",
        [BISPHENOL_A, CARBONYL],
        POLYCARBONATE,
    ),
    "polyurethane of MDI and butanediol": (
        "*OCCCCOC(=O)Nc1ccc(cc1)Cc1ccc(cc1)NC(*)=O",
        ["O=C=Nc1ccc(Cc2ccc(N=C=O)cc2)cc1", "OCCCCO"],
        POLYURETHANE,
    ),
    "polyoxazolidone": (
        "*CCCCCCN1CC(OC1=O)COCCOCC1CN(*)C(=O)O1",
        ["C(COCC1CO1)OCC1CO1", "O=C=NCCCCCCN=C=O"],
        OXAZOLIDONE,
    ),
    "polythiooxazolidone": (
        "*CCCCCCN1CC(OC1=S)COCCOCC1CN(*)C(=S)O1",
        ["C(COCC1CO1)OCC1CO1", "S=C=NCCCCCCN=C=S"],
        OXAZOLIDONE,
    ),
    "poly(phenylene oxide)": ("*Oc1c(C)cc(*)cc1C", ["Cc1cccc(C)c1O"], COUPLING),
    "polysulfone": (
        "*Oc1ccc(cc1)C(C)(C)c1ccc(cc1)Oc1ccc(cc1)S(=O)(=O)c1ccc(*)cc1",
        ["O=S(=O)(c1ccc(Cl)cc1)c1ccc(Cl)cc1", BISPHENOL_A],
        SULFONE,
    ),
    "poly(ether sulfone), whose chain repeats after half of both monomers": (
        "*Oc1ccc(cc1)S(=O)(=O)c1ccc(*)cc1",
        ["O=S(=O)(c1ccc(Cl)cc1)c1ccc(Cl)cc1", "O=S(=O)(c1ccc(O)cc1)c1ccc(O)cc1"],
        SULFONE,
    ),
    "PEEK": (
        "*Oc1ccc(cc1)Oc1ccc(cc1)C(=O)c1ccc(*)cc1",
        ["O=C(c1ccc(F)cc1)c1ccc(F)cc1", "Oc1ccc(O)cc1"],
        KETONE,
    ),
}

#: A little of every rule, with unsymmetric, chiral and cis-trans monomers.
BENCH = [
    "C=CC(=O)O[C@H](C)CC",
    "C1=C\\CCCCCC/1",
    "C=C(C)C=C",
    "C1CC2OC2C1",
    "O=C1CCCC(C)O1",
    "N[C@@H](C)C(=O)O",
    "Cc1cccc(C)c1O",
    "O=C1OC(=O)C2CCCCC12",
    "C[C@H]1CO1",
    "O=C(O)/C=C/C(=O)O",
    "O=C(Cl)c1cccc(C(=O)Cl)c1",
    "CC(O)CO",
    "Oc1ccc(S)cc1",
    "C1CNCCN1",
    "Nc1cccc(CN)c1",
    "O=C1OC(=O)C2C1C1C(=O)OC(=O)C21",
    "O=C=NCCCCCCN=C=O",
    "O=C=Nc1cc(N=C=S)ccc1C",
    "C(OCC1CO1)C1CO1",
    "O=C(c1ccc(F)cc1)c1ccc(F)cc1",
    "O=S1(=O)c2ccc(F)cc2-c2cc(F)ccc21",
]


def canonical(smiles: str) -> str:
    return str(Chem.MolToSmiles(Chem.MolFromSmiles(smiles)))


def steps(found: tuple[Route, ...]) -> set[tuple[frozenset[str], str]]:
    return {(frozenset(monomer.smiles for monomer in route.monomers), route.reaction) for route in found}


@pytest.mark.parametrize(("polymer", "monomers", "reaction"), TEXTBOOK.values(), ids=TEXTBOOK.keys())
def test_textbook_route(polymer: str, monomers: list[str], reaction: str) -> None:
    assert (frozenset(map(canonical, monomers)), reaction) in steps(routes(RepeatUnit.parse(polymer)))


@pytest.mark.parametrize(
    "polymer",
    [
        "*c1ccc(*)s1",
        "*C=Cc1ccc(*)cc1",
        "*[Si](C)(C)O*",
        "*CO*",
        "*NCCNC(*)=O",
        "*C(=O)CCC(=O)O*",
        "*C(*)C(=O)OC",
        "*OCC(O)COC(=O)CCC(*)=O",
        "*C/C=C(/C)C*",
    ],
    ids=[
        "polythiophene",
        "PPV",
        "PDMS",
        "polyoxymethylene",
        "a polyurea",
        "a polyanhydride",
        "a polymethylene",
        "a network's repeat unit written as a chain",
        "cis-1,4-polyisoprene, as the rule does not decide on cis or trans",
    ],
)
def test_no_route_where_no_rule_makes_the_chain(polymer: str) -> None:
    unit = RepeatUnit.parse(polymer)
    assert routes(unit) == ()
    assert not can_be_made(unit)


def test_five_membered_lactones_and_lactams_are_not_offered() -> None:
    assert {route.reaction for route in routes(RepeatUnit.parse("*OCCCC(*)=O"))} == {HYDROXY_ACID}
    assert {route.reaction for route in routes(RepeatUnit.parse("*NCCCC(*)=O"))} == {AMINO_ACID}


def test_no_ring_bridges_an_aromatic_one() -> None:
    (route,) = routes(RepeatUnit.parse("*Oc1ccc(CC(*)=O)cc1"))
    assert route.reaction == HYDROXY_ACID


@settings(max_examples=40, deadline=None)
@given(
    polymer=st.sampled_from([polymer for polymer, _, _ in TEXTBOOK.values()]),
    seed=st.integers(0, 10_000),
    doubled=st.booleans(),
)
def test_routes_do_not_depend_on_the_writing(polymer: str, seed: int, doubled: bool) -> None:
    unit = RepeatUnit.parse(polymer)
    (text,) = unit.writings(1, random.Random(seed))
    if doubled and "@" not in text:
        text = doubled_writing(text)
    assert routes(RepeatUnit.parse(text)) == routes(unit)


def doubled_writing(text: str) -> str:
    """Two units in one text, joined as the attachment points say."""
    unit = Chem.MolFromSmiles(text)
    stars = [atom for atom in unit.GetAtoms() if not atom.GetAtomicNum()]
    head, tail = (star.GetIdx() for star in stars)
    first, last = (star.GetNeighbors()[0].GetIdx() for star in stars)
    size = unit.GetNumAtoms()
    mol = Chem.RWMol(Chem.CombineMols(unit, unit))
    mol.AddBond(last, first + size, stars[0].GetBonds()[0].GetBondType())
    for index in sorted((tail, head + size), reverse=True):
        mol.RemoveAtom(index)
    return str(Chem.MolToSmiles(mol))


@pytest.mark.parametrize("copolymers", [False, True])
def test_every_product_of_the_rules_leads_back_to_its_monomers(copolymers: bool) -> None:
    made = list(polymerise([Monomer(smiles) for smiles in BENCH], copolymers=copolymers))
    assert len({candidate.provenance.reaction for candidate in made if candidate.provenance}) >= 17
    for candidate in made:
        assert candidate.provenance is not None
        monomers = frozenset(
            CARBONYL if label.startswith("phosgene") else canonical(label)
            for label in candidate.provenance.monomers
        )
        found = steps(routes(candidate.unit, copolymers=copolymers))
        assert (monomers, candidate.provenance.reaction) in found, candidate
        assert can_be_made(candidate.unit, copolymers=copolymers)


@pytest.mark.parametrize("polymer", ["*OCCOC(=O)c1ccc(cc1)C(*)=O", "*OC(C)C(*)=O", "*Oc1c(C)cc(*)cc1C"])
def test_every_route_makes_the_chain(polymer: str) -> None:
    unit = RepeatUnit.parse(polymer)
    for route in routes(unit):
        made = polymerise([Monomer(monomer.smiles) for monomer in route.monomers])
        assert unit in {candidate.unit for candidate in made}, route


def test_alternating_copolymers_are_found_on_request_only() -> None:
    unit = RepeatUnit.parse("*CC(C)(C(=O)OC)CC(*)c1ccccc1")
    assert routes(unit) == ()
    (route,) = routes(unit, copolymers=True)
    assert {monomer.smiles for monomer in route.monomers} == {"C=C(C)C(=O)OC", "C=Cc1ccccc1"}


def test_small_monomers_come_first() -> None:
    first = routes(RepeatUnit.parse("*NCCCCCCNC(=O)CCCCC(*)=O"))[0]
    assert [monomer.smiles for monomer in first.monomers] == ["O=C(O)CCCCC(=O)O", "NCCCCCCN"]


def test_routes_of_known_monomers_come_first_and_bear_their_names() -> None:
    unit = RepeatUnit.parse("*NCCCCCC(*)=O")
    unnamed = routes(unit)
    known = Monomer("OC(=O)CCCCCN", name="6-aminohexanoic acid", cas="60-32-2", price=0.5)
    first, second = routes(unit, [known])
    assert first.monomers == (Monomer("NCCCCCC(=O)O", name="6-aminohexanoic acid", cas="60-32-2", price=0.5),)
    assert first.provenance.monomers == ("6-aminohexanoic acid",)
    assert (second, first.reaction) == (unnamed[0], unnamed[1].reaction)


def test_a_route_with_one_unknown_monomer_does_not_come_first() -> None:
    known = [Monomer("OCCO", name="glycol"), Monomer("O=C(Cl)c1ccc(C(=O)Cl)cc1", name="chloride")]
    unit = RepeatUnit.parse("*OCCOC(=O)c1ccc(cc1)C(*)=O")
    assert [route.provenance.monomers for route in routes(unit, known)][:2] == [
        ("chloride", "glycol"),
        ("O=C(O)c1ccc(C(=O)O)cc1", "glycol"),
    ]


def test_the_carbonyl_source_is_always_at_hand() -> None:
    unit = RepeatUnit.parse("*Oc1ccc(cc1)C(C)(C)c1ccc(cc1)OC(*)=O")
    first = routes(unit, [Monomer(BISPHENOL_A, name="bisphenol A")])[0]
    assert first.provenance.monomers == ("bisphenol A", "phosgene or a carbonate ester")


def test_an_unreadable_known_monomer_is_no_obstacle(capfd: pytest.CaptureFixture[str]) -> None:
    assert routes(RepeatUnit.parse("*CCO*"), [Monomer("C1CC")])
    assert capfd.readouterr().err == ""
