"""Every kind of reaction, by polymers that stand in a textbook."""

from __future__ import annotations

import pytest
from rdkit import Chem

from discovery.polymers import Candidate, Monomer, RepeatUnit, polymerise

VINYL = "chain growth: vinyl monomer -> polyolefin"
CYCLIC = "chain growth: cyclic olefin -> polyolefin"
DIENE = "chain growth, 1,4-addition: conjugated diene -> polyolefin"
METATHESIS = "ring-opening metathesis: cyclic olefin -> polyolefin"
EPOXIDE = "ring opening: epoxide -> polyether"
LACTONE = "ring opening: lactone -> polyester"
LACTAM = "ring opening: lactam -> polyamide"
ANHYDRIDE = "ring opening: cyclic anhydride + epoxide -> polyester"
HYDROXY_ACID = "step growth: hydroxy acid -> polyester"
AMINO_ACID = "step growth: amino acid -> polyamide"
POLYESTER = "step growth: dicarboxylic acid + diol -> polyester"
POLYAMIDE = "step growth: dicarboxylic acid + diamine -> polyamide"
POLYIMIDE = "step growth: dianhydride + diamine -> polyimide"
POLYURETHANE = "step growth: diisocyanate + diol -> polyurethane"
POLYCARBONATE = "step growth: diol + carbonyl source -> polycarbonate"
POLYSULFONE = "step growth: dihalodiaryl sulfone + diol -> polyether"
POLYKETONE = "step growth: difluorobenzophenone + diol -> polyether"
OXAZOLIDONE = "step growth: diepoxide + diisocyanate -> polyoxazolidone"
OXIDATIVE = "oxidative coupling: hindered phenol -> polyether"

TEREPHTHALIC_ACID = "O=C(O)c1ccc(C(=O)O)cc1"
BISPHENOL_A = "CC(C)(c1ccc(O)cc1)c1ccc(O)cc1"
BISPHENOL_A_ETHER = "c1ccc(cc1)C(C)(C)c1ccc(cc1)O"
MDI = "O=C=Nc1ccc(Cc2ccc(N=C=O)cc2)cc1"
OXYDIANILINE = "Nc1ccc(Oc2ccc(N)cc2)cc1"

TEXTBOOK = {
    "polyethylene": (["C=C"], "*CC*", VINYL),
    "polypropylene": (["C=CC"], "*CC(*)C", VINYL),
    "polyisobutylene": (["C=C(C)C"], "*CC(*)(C)C", VINYL),
    "polystyrene": (["C=Cc1ccccc1"], "*CC(*)c1ccccc1", VINYL),
    "PMMA": (["C=C(C)C(=O)OC"], "*CC(*)(C)C(=O)OC", VINYL),
    "poly(vinyl chloride)": (["C=CCl"], "*CC(*)Cl", VINYL),
    "poly(vinylidene fluoride)": (["C=C(F)F"], "*CC(*)(F)F", VINYL),
    "PTFE": (["FC(F)=C(F)F"], "*C(F)(F)C(*)(F)F", VINYL),
    "polyacrylonitrile": (["C=CC#N"], "*CC(*)C#N", VINYL),
    "poly(vinyl acetate)": (["C=COC(C)=O"], "*CC(*)OC(C)=O", VINYL),
    "poly(N-vinylpyrrolidone)": (["C=CN1CCCC1=O"], "*CC(*)N1CCCC1=O", VINYL),
    "polynorbornene by addition": (["C1=CC2CCC1C2"], "*C1C(*)C2CCC1C2", CYCLIC),
    "poly(N-phenylmaleimide)": (
        ["O=C1C=CC(=O)N1c1ccccc1"],
        "*C1C(*)C(=O)N(c2ccccc2)C1=O",
        CYCLIC,
    ),
    "1,4-polybutadiene": (["C=CC=C"], "*CC=CC*", DIENE),
    "1,4-polyisoprene": (["C=CC(C)=C"], "*CC=C(C)C*", DIENE),
    "polychloroprene": (["C=CC(Cl)=C"], "*CC=C(Cl)C*", DIENE),
    "polynorbornene by metathesis": (["C1=CC2CCC1C2"], "*C=CC1CCC(*)C1", METATHESIS),
    "polypentenamer": (["C1=CCCC1"], "*C=CCCC*", METATHESIS),
    "polyoctenamer": (["C1=CCCCCCC1"], "*C=CCCCCCC*", METATHESIS),
    "poly(ethylene oxide)": (["C1CO1"], "*CCO*", EPOXIDE),
    "poly(propylene oxide)": (["CC1CO1"], "*CC(C)O*", EPOXIDE),
    "polyepichlorohydrin": (["ClCC1CO1"], "*CC(CCl)O*", EPOXIDE),
    "polycaprolactone": (["O=C1CCCCCO1"], "*CCCCCC(=O)O*", LACTONE),
    "polyglycolide": (["O=C1COC(=O)CO1"], "*OCC(*)=O", LACTONE),
    "poly(L-lactide)": (["C[C@@H]1OC(=O)[C@H](C)OC1=O"], "*O[C@@H](C)C(*)=O", LACTONE),
    "nylon 6 from caprolactam": (["O=C1CCCCCN1"], "*NCCCCCC(*)=O", LACTAM),
    "nylon 12": (["O=C1CCCCCCCCCCCN1"], "*NCCCCCCCCCCCC(*)=O", LACTAM),
    "polyester of an anhydride and an epoxide": (
        ["O=C1CCC(=O)O1", "C1CO1"],
        "*OCCOC(=O)CCC(*)=O",
        ANHYDRIDE,
    ),
    "poly(L-lactic acid)": (["C[C@H](O)C(=O)O"], "*O[C@@H](C)C(*)=O", HYDROXY_ACID),
    "poly(4-hydroxybenzoic acid)": (["O=C(O)c1ccc(O)cc1"], "*Oc1ccc(C(*)=O)cc1", HYDROXY_ACID),
    "nylon 6 from the amino acid": (["NCCCCCC(=O)O"], "*NCCCCCC(*)=O", AMINO_ACID),
    "PET": ([TEREPHTHALIC_ACID, "OCCO"], "*OCCOC(=O)c1ccc(cc1)C(*)=O", POLYESTER),
    "PBT": ([TEREPHTHALIC_ACID, "OCCCCO"], "*OCCCCOC(=O)c1ccc(cc1)C(*)=O", POLYESTER),
    "PEN": (
        ["O=C(O)c1ccc2cc(C(=O)O)ccc2c1", "OCCO"],
        "*OCCOC(=O)c1ccc2cc(C(*)=O)ccc2c1",
        POLYESTER,
    ),
    "polyarylate": (
        ["O=C(Cl)c1cccc(C(=O)Cl)c1", BISPHENOL_A],
        f"*O{BISPHENOL_A_ETHER}C(=O)c1cccc(C(*)=O)c1",
        POLYESTER,
    ),
    "nylon 6,6": (["O=C(O)CCCCC(=O)O", "NCCCCCCN"], "*NCCCCCCNC(=O)CCCCC(*)=O", POLYAMIDE),
    "nylon 6,10 from the acid chloride": (
        ["O=C(Cl)CCCCCCCCC(=O)Cl", "NCCCCCCN"],
        "*NCCCCCCNC(=O)CCCCCCCCC(*)=O",
        POLYAMIDE,
    ),
    "Kevlar": (["O=C(Cl)c1ccc(C(=O)Cl)cc1", "Nc1ccc(N)cc1"], "*Nc1ccc(cc1)NC(=O)c1ccc(cc1)C(*)=O", POLYAMIDE),
    "Nomex": (["O=C(Cl)c1cccc(C(=O)Cl)c1", "Nc1cccc(N)c1"], "*Nc1cccc(c1)NC(=O)c1cccc(c1)C(*)=O", POLYAMIDE),
    "Kapton": (
        ["O=C1OC(=O)c2cc3c(cc12)C(=O)OC3=O", OXYDIANILINE],
        "*c1ccc(cc1)Oc1ccc(cc1)N1C(=O)c2cc3c(cc2C1=O)C(=O)N(*)C3=O",
        POLYIMIDE,
    ),
    "Upilex S": (
        ["O=C1OC(=O)c2cc(-c3ccc4C(=O)OC(=O)c4c3)ccc12", "Nc1ccc(N)cc1"],
        "*c1ccc(cc1)N1C(=O)c2ccc(cc2C1=O)-c1ccc2C(=O)N(*)C(=O)c2c1",
        POLYIMIDE,
    ),
    "polyurethane of MDI and butanediol": (
        [MDI, "OCCCCO"],
        "*OCCCCOC(=O)Nc1ccc(cc1)Cc1ccc(cc1)NC(*)=O",
        POLYURETHANE,
    ),
    "polyurethane of HDI and butanediol": (
        ["O=C=NCCCCCCN=C=O", "OCCCCO"],
        "*OCCCCOC(=O)NCCCCCCNC(*)=O",
        POLYURETHANE,
    ),
    "bisphenol A polycarbonate": ([BISPHENOL_A], f"*O{BISPHENOL_A_ETHER}C(*)=O", POLYCARBONATE),
    "polysulfone": (
        ["O=S(=O)(c1ccc(Cl)cc1)c1ccc(Cl)cc1", BISPHENOL_A],
        f"*O{BISPHENOL_A_ETHER}c1ccc(cc1)S(=O)(=O)c1ccc(*)cc1",
        POLYSULFONE,
    ),
    "PEEK": (
        ["O=C(c1ccc(F)cc1)c1ccc(F)cc1", "Oc1ccc(O)cc1"],
        "*Oc1ccc(cc1)Oc1ccc(cc1)C(=O)c1ccc(*)cc1",
        POLYKETONE,
    ),
    "polyoxazolidone of DGEBA and MDI": (
        ["CC(C)(c1ccc(OCC2CO2)cc1)c1ccc(OCC2CO2)cc1", MDI],
        "*N1CC(COc2ccc(cc2)C(C)(C)c2ccc(cc2)OCC2CN(C(=O)O2)c2ccc(cc2)Cc2ccc(*)cc2)OC1=O",
        OXAZOLIDONE,
    ),
    "poly(phenylene oxide)": (["Cc1cccc(C)c1O"], "*Oc1c(C)cc(*)cc1C", OXIDATIVE),
}

COPOLYMERS = {
    "styrene and MMA": (["C=Cc1ccccc1", "C=C(C)C(=O)OC"], "*CC(C)(C(=O)OC)CC(*)c1ccccc1"),
    "styrene and N-phenylmaleimide": (
        ["C=Cc1ccccc1", "O=C1C=CC(=O)N1c1ccccc1"],
        "*CC(c1ccccc1)C1C(*)C(=O)N(c2ccccc2)C1=O",
    ),
    "cyclic olefin copolymer of norbornene and ethylene": (["C1=CC2CCC1C2", "C=C"], "*CCC1C(*)C2CCC1C2"),
    "lactic and glycolic acid": (["CC(O)C(=O)O", "OCC(=O)O"], "*OC(C)C(=O)OCC(*)=O"),
    "glycine and alanine": (["NCC(=O)O", "CC(N)C(=O)O"], "*NCC(=O)NC(C)C(*)=O"),
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


@pytest.mark.parametrize(("monomers", "polymer"), COPOLYMERS.values(), ids=COPOLYMERS.keys())
def test_alternating_copolymers_are_made_on_request_only(monomers: list[str], polymer: str) -> None:
    unit = RepeatUnit.parse(polymer)
    assert unit not in {candidate.unit for candidate in made(*monomers)}
    assert unit in {candidate.unit for candidate in made(*monomers, copolymers=True)}


def test_monomer_stereo_survives() -> None:
    (lactic,) = made("C[C@H](O)C(=O)O")
    assert Chem.FindMolChiralCenters(lactic.unit.capped())
