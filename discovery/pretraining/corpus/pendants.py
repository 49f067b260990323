"""Side groups: monovalent fragments, drawn with the variety that the side groups of real polymers have."""

from __future__ import annotations

import random

from discovery.pretraining.corpus.fragments import fill, listed, mixture


def linear_alkyl(rng: random.Random) -> str:
    """Methyl to octadecyl; short ones and even ones more often."""
    return "C" * rng.choices(range(1, 19), (30, 18, 12, 14, 5, 10, 3, 9, 2, 5, 1, 6, 1, 3, 1, 4, 1, 4))[0]


BRANCHED = listed(
    """
    C(C)C CC(C)C C(C)(C)C C(C)CC CC(C)(C)C CCC(C)C C(CC)CC CC(CC)CCCC C(C)CCC CC(C)CC CCC(C)CCCC(C)C CC(CCCC)CCCCCC
    CC(CCCCCC)CCCCCCCC C(CCC)CCC C(C)CCCCCC C(C)(C)CC CC(C)CC(C)(C)C C(C(C)C)C(C)C CC=C CC(C)=C CCC=C C=C CC#C
    C(=C)C
    """
)
CYCLIC = listed(
    """
    C1CCCC1 C1CCCCC1 C1CCC1 C1CC1 C1CCCCCC1 C1CCCCCCC1 CC1CCCCC1 CC1CCCC1 CCC1CCCCC1 C1CCC(C)CC1 C1CCC(C(C)(C)C)CC1
    C1CC(C)CCC1C(C)C C1CC2CCC1C2 C1CC2CCC1(C)C2(C)C C12CC3CC(CC(C3)C1)C2 CC12CC3CC(CC(C3)C1)C2 C1(C)C2CC3CC(C2)CC1C3
    C1CC2CC1C1CCCC21 C1(C)CCCCC1 C1(CC)CCCC1 CC1CC2CCC1C2 C1CCC(C2CCCCC2)CC1 CC1CO1 CC1CCCO1 C1CCOCC1 C1CCCO1
    CC1COC(C)(C)O1 CC1(CC)COC1 CC1COC(=O)O1 CN1CCCCC1 CCN1CCOCC1 N1CCCCC1 N1CCOCC1 N1CCCC1 C1CCN(C)CC1 C1CCSCC1
    C1CCC=CC1 C1CC=CC1
    """
)
FLUOROALKYL = listed(
    """
    C(F)(F)F CC(F)(F)F CC(F)(F)C(F)F CC(F)(F)C(F)(F)F CC(F)(F)C(F)C(F)(F)F C(C(F)(F)F)C(F)(F)F
    CC(F)(F)C(F)(F)C(F)(F)F CCC(F)(F)C(F)(F)C(F)(F)C(F)(F)F C(C)(C(F)(F)F)C(F)(F)F C(F)(F)C(F)(F)F
    CC(F)(F)C(F)(F)C(F)(F)C(F)F CCC(F)(F)F CCC(F)(F)C(F)(F)C(F)(F)C(F)(F)C(F)(F)C(F)(F)F C(F)(F)C(F)(F)C(F)(F)F
    CC(F)(F)C(F)(F)C(F)(F)C(F)(F)C(F)(F)C(F)(F)C(F)(F)F CCF CC(F)F c1c(F)c(F)c(F)c(F)c1F Cc1c(F)c(F)c(F)c(F)c1F
    C(F)(F)C(F)(F)C(F)(F)C(F)(F)F CC(F)(F)OC(F)(F)C(F)(F)OC(F)(F)F CC(Cl)(F)F C(O)(C(F)(F)F)C(F)(F)F
    CCCOC(F)(F)C(F)F CCCOCC(F)(F)F C(C)C(F)(F)F CCCCC(F)(F)C(F)(F)C(F)(F)C(F)(F)F
    """
)
POLAR = listed(
    """
    CCO CC(C)O CCOC CCOCC CCOCCOC CCOCCOCC CCOCCOCCOC CCOCCOCCOCCOC CCOCCO CC(O)CO CCCO COC CCN(C)C CCN(CC)CC
    CCCN(C)C CCC#N CC#N CC(=O)OC CC(=O)OCC CCOC(C)=O CCC(=O)OC CC(=O)O CCC(=O)O CCSC CCS(C)(=O)=O CCS(C)=O CCSCC
    CCCS(=O)(=O)O CCS(=O)(=O)O CCC(N)=O CNC(C)=O CC(C)=O CCN CCS CCOCCC#N CCOc1ccccc1 CCOc1ccc(C)cc1
    CCOC(=O)c1ccccc1 CCOC(=O)CC(C)=O COCC COCCCC CCCOC CCCCOC CCn1c2ccccc2c2ccccc12 CCc1c[nH]cn1
    CCN1C(=O)c2ccccc2C1=O CCN1CCCC1=O CC(O)COc1ccccc1 CCN(CC)c1ccc(N=Nc2ccc([N+](=O)[O-])cc2)cc1 CCSSC CC(=O)N(C)C
    CCNC(=O)OC CCOC(=O)C=C CCCC(C)=O CCCCCC(=O)O CCCCCO CCCCCCN CCOCCn1ccnc1
    """
)
HALOALKYL = listed(
    """
    CCl CCCl CC(Cl)CCl C(Cl)(Cl)Cl CC(Cl)(Cl)Cl CBr CCBr CC(Br)CBr CCCCBr CCCBr CCCCCCBr
    """
)
SILYL = listed(
    """
    [Si](C)(C)C C[Si](C)(C)C CCC[Si](C)(C)C CCC[Si](OC)(OC)OC [Si](C)(C)C(C)(C)C [Si](C)(C)c1ccccc1 [Si](CC)(CC)CC
    [Si](C)(C)CC [Si](C)(C)C(C)C C[Si](C)(C)O[Si](C)(C)C CCC[Si](O[Si](C)(C)C)(O[Si](C)(C)C)O[Si](C)(C)C
    [Si](C)(C)CCC [Si](C)(C)CCCCCC [Si](OC)(OC)OC [Si](OCC)(OCC)OCC [Si](C)(C)C[Si](C)(C)C [Si](C)(C)O[Si](C)(C)C
    CCC[Si](C)(C)O[Si](C)(C)C [Si](C)(c1ccccc1)c1ccccc1 C[Si](C)(C)c1ccccc1 [Si](C(C)C)(C(C)C)C(C)C [Ge](C)(C)C
    """
)
PHOSPHORUS = listed(
    """
    P(=O)(OCC)OCC P(=O)(OC)OC CP(=O)(OCC)OCC CCOP(=O)(OCC)OCC CCOP(=O)(Oc1ccccc1)Oc1ccccc1 P(=O)(c1ccccc1)c1ccccc1
    CCP(=O)(O)O CCOP(=O)(O)O P(c1ccccc1)c1ccccc1 CP1(=O)Oc2ccccc2-c2ccccc21 P1(=O)Oc2ccccc2-c2ccccc21 CCP(C)(=O)OCC
    CCCP(=O)(OC)OC P(=O)(C)c1ccccc1 CCOP1(=O)OCCO1 P(=O)(OC(C)C)OC(C)C
    """
)
BORON = listed(
    """
    B1OC(C)(C)C(C)(C)O1 B(O)O CB1OC(C)(C)C(C)(C)O1 CCCB1OC(C)(C)C(C)(C)O1 c1ccc(B2OC(C)(C)C(C)(C)O2)cc1
    c1ccc(B(O)O)cc1 B(c1c(C)cc(C)cc1C)c1c(C)cc(C)cc1C c1cccc(B2OC(C)(C)C(C)(C)O2)c1 B1OCC(C)(C)CO1 B1OCCCO1
    B1Oc2ccccc2O1 CCB1OCCO1 Cc1ccc(B(O)O)cc1 OB(OC)OC B(C)C
    """
)
FUSED_ARYL = listed(
    """
    c1ccc2ccccc2c1 c1cccc2ccccc12 c1ccc2cc3ccccc3cc2c1 c1c2ccccc2cc2ccccc12 c1ccc2c(c1)Cc1ccccc1-2
    c1ccc(-c2ccccc2)cc1 c1ccc(-c2ccc(C#N)cc2)cc1 c1ccc(Oc2ccccc2)cc1 c1ccc(C(=O)c2ccccc2)cc1
    c1ccc2ccc3cccc4ccc1c2c34 c1ccc2c3ccccc3ccc2c1 c1ccc(N=Nc2ccccc2)cc1 c1ccc(N(c2ccccc2)c2ccccc2)cc1
    c1cccc(-c2ccccc2)c1 c1ccc(C=Cc2ccccc2)cc1 c1ccc(C#Cc2ccccc2)cc1
    """
)
HETEROARYL = listed(
    """
    c1ccncc1 c1ccccn1 c1cccnc1 c1cccs1 c1ccco1 c1ccsc1 n1cncc1 n1c2ccccc2c2ccccc12 c1ccc[nH]1 n1cccc1 c1nc2ccccc2s1
    c1nc2ccccc2[nH]1 c1nc2ccccc2o1 c1ccc2[nH]ccc2c1 n1nc2ccccc2n1 n1cnnn1 c1nnc(C)o1 c1nnc(-c2ccccc2)o1
    c1cccc2cccnc12 c1ccc2c(c1)[nH]c1ccccc12 c1cnccn1 c1ncccn1 c1ccc(-n2c3ccccc3c3ccccc32)cc1 c1ccc(C)s1 c1cc(C)cs1
    c1nc(C)cs1 n1nncc1 c1ccc2ncccc2c1 c1cnc2ccccc2n1 c1nnn[nH]1 c1ccc(-c2cccs2)s1 c1ccc2OCOc2c1
    """
)

alkyl = mixture((6, linear_alkyl), (2, BRANCHED), (1, CYCLIC))


def alkoxy(rng: random.Random) -> str:
    """An alkoxy group."""
    return "O" + linear_alkyl(rng)


def _ester(rng: random.Random) -> str:
    return fill("C(=O)O{}", alkyl(rng))


def _amine(rng: random.Random) -> str:
    chain = linear_alkyl(rng)
    return f"N({chain}){chain}"


on_ring = mixture(
    (9, "C"),
    (3, "OC"),
    (3.5, "F"),
    (2.5, "Cl"),
    (2.2, "Br"),
    (2.2, "C(F)(F)F"),
    (1.4, "C#N"),
    (1.0, "[N+](=O)[O-]"),
    (1.6, "C(C)(C)C"),
    (1.0, "C(C)C"),
    (1.0, "CC"),
    (0.8, "O"),
    (0.8, "C(=O)O"),
    (0.4, "S(=O)(=O)O"),
    (0.3, "N"),
    (1.2, "c1ccccc1"),
    (1.8, alkyl),
    (1.8, alkoxy),
    (0.8, _ester),
    (0.5, _amine),
    (0.3, "SC"),
    (0.3, "C(C)=O"),
    (0.2, "OC(C)=O"),
    (0.2, "NC(C)=O"),
    (0.2, "C=C"),
    (0.2, "C#C"),
    (0.25, "I"),
    (0.2, "OC(F)(F)F"),
    (0.2, "S(C)(=O)=O"),
    (0.5, SILYL[:8]),
    (0.35, PHOSPHORUS),
    (0.35, BORON),
    (0.5, FLUOROALKYL),
    (0.5, HETEROARYL),
    (0.4, FUSED_ARYL),
    (0.3, "Oc1ccccc1"),
    (0.3, "C(=O)c1ccccc1"),
    (0.2, "N=Nc1ccccc1"),
)
"""What is found on aromatic rings of polymers."""


def phenyl(rng: random.Random) -> str:
    """Phenyl with no group, one, two alike or five alike."""
    kind = rng.random()
    if kind < 0.35:
        return "c1ccccc1"
    group = on_ring(rng)
    if kind < 0.62:
        return fill("c1ccc({})cc1", group)
    if kind < 0.74:
        return fill("c1cccc({})c1", group)
    if kind < 0.84:
        return fill("c1ccccc1{}", group)
    if kind < 0.96:
        pattern = rng.choice(("c1cc({})cc({})c1", "c1c({})cccc1{}", "c1cc({})ccc1{}", "c1ccc({})c({})c1"))
        return fill(pattern, group, group)
    return fill("c1c({})cc({})cc1{}", group, group, group)


def benzyl(rng: random.Random) -> str:
    """A phenyl group on a short alkylene."""
    return fill("C" * rng.choice((1, 1, 1, 2, 2, 3, 4)) + "{}", phenyl(rng))


def mesogen(rng: random.Random) -> str:
    """A rod at the end of a spacer, as in side-chain liquid crystals."""
    spacer = "C" * rng.randint(2, 12)
    rod = rng.choice(
        (
            "c1ccc(-c2ccc({})cc2)cc1",
            "c1ccc(C(=O)Oc2ccc({})cc2)cc1",
            "c1ccc(N=Nc2ccc({})cc2)cc1",
            "c1ccc(C=Nc2ccc({})cc2)cc1",
        )
    )
    end = rng.choice(("C#N", "OC", "OCCCC", "C", "CCCCC", "OCCCCCC", "[N+](=O)[O-]", "F"))
    return fill(f"{spacer}O{{}}", fill(rod, end))


aryl = mixture((6, phenyl), (1.3, FUSED_ARYL), (1.7, HETEROARYL))

side_group = mixture(
    (6.5, linear_alkyl),
    (2.2, BRANCHED),
    (1.8, CYCLIC),
    (1.4, FLUOROALKYL),
    (2.6, POLAR),
    (0.6, HALOALKYL),
    (1.0, SILYL),
    (0.5, PHOSPHORUS),
    (0.5, BORON),
    (3.2, phenyl),
    (1.6, benzyl),
    (0.9, FUSED_ARYL),
    (1.0, HETEROARYL),
    (0.6, mesogen),
)
"""A side group bonded through carbon or silicon, as an ester's, ether's or amide's; rarely through P, B or a ring's N."""

carbon_group = mixture(
    (6.5, linear_alkyl),
    (2.2, BRANCHED),
    (1.8, CYCLIC),
    (1.4, FLUOROALKYL[1:]),
    (2.6, POLAR),
    (0.6, HALOALKYL[:2]),
    (3.4, phenyl),
    (2.0, benzyl),
    (0.9, FUSED_ARYL),
    (0.9, ("CCC[Si](C)(C)C", "C[Si](C)(C)C", "CCC[Si](OC)(OC)OC", "CCC[Si](C)(C)O[Si](C)(C)C")),
    (
        0.45,
        (
            "CP(=O)(OCC)OCC",
            "CCOP(=O)(OCC)OCC",
            "CCP(=O)(O)O",
            "CCOP(=O)(O)O",
            "c1ccc(P(=O)(c2ccccc2)c2ccccc2)cc1",
        ),
    ),
    (
        0.45,
        (
            "CB1OC(C)(C)C(C)(C)O1",
            "c1ccc(B2OC(C)(C)C(C)(C)O2)cc1",
            "Cc1ccc(B(O)O)cc1",
            "CCCB1OC(C)(C)C(C)(C)O1",
        ),
    ),
    (0.3, ("CCCCBr", "CCBr", "CC(Br)CBr", "c1ccc(Br)cc1", "c1c(Br)cc(Br)cc1Br")),
    (0.6, mesogen),
)
"""A side group that a nitrogen or an oxygen may carry."""

VINYL_ONLY = listed(
    """
    C#N F Cl Br C(=O)O C(N)=O C(C)=O C(=O)c1ccccc1 C=O S(C)(=O)=O N1CCCC1=O N1CCCCCC1=O O N N1C(=O)CCC1=O
    N1C(=O)c2ccccc2C1=O S(=O)(=O)O N(C)C=O NC=O NC(C)=O N(C)C(C)=O [N+](=O)[O-] S(=O)(=O)c1ccccc1 SC SCC Sc1ccccc1
    C(=O)Cl N1CCOC1=O C(=O)CC C(=O)C(C)(C)C C(=O)c1ccc(Cl)cc1 n1c(C)ncc1
    """
)
"""Groups that stand directly on a vinyl carbon, beside :data:`side_group`."""
