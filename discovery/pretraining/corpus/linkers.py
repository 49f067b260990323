"""Divalent pieces of a chain: arylenes, heteroarylenes, bisphenol-like links and alkylenes, drawn with real variety."""

from __future__ import annotations

import random

from discovery.pretraining.corpus.fragments import fill, join, listed, mixture
from discovery.pretraining.corpus.pendants import alkyl, aryl, linear_alkyl, on_ring, phenyl

BRIDGES = listed(
    """
    O{} O{} O{} S{} S(=O)(=O){} S(=O)(=O){} C(=O){} C(=O){} C{} C{} C(C)(C){} C(C)(C){} C(C)(C){}
    C(C(F)(F)F)(C(F)(F)F){} C(C(F)(F)F)(C(F)(F)F){} C(C(F)(F)F)(C(F)(F)F){} C1(CCCCC1){} C1(CCCCC1){} C1(CCCC1){}
    C1(CC(C)CC(C)(C)C1){} C1(CCC(C(C)(C)C)CC1){} C1(CCC(c2ccccc2)CC1){} C1(c2ccccc2-c2ccccc21){}
    C1(c2ccccc2-c2ccccc21){} C(C)(CC){} C(C)(c1ccccc1){} C(c1ccccc1)(c1ccccc1){} C(c1ccccc1){} C(C){} C(CC)(CC){}
    C(C)(CC(C)C){} C(C(F)(F)F)(c1ccccc1){} C(C)(C(F)(F)F){} C(=C(Cl)Cl){} C1(OC(=O)c2ccccc21){}
    C1(N(c2ccccc2)C(=O)c2ccccc21){} C1(NC(=O)c2ccccc21){} C1(C2CC3CC(C2)CC1C3){} C12CC3CC(CC({})(C3)C1)C2
    C1(CC2CC1C1CCCC21){} C1(c2ccccc2C(=O)c2ccccc21){} C1(CC2CCC1C2){} [Si](C)(C){} [Si](C)(C){}
    [Si](c1ccccc1)(c1ccccc1){} [Si](C)(C)O[Si](C)(C){} [Si](C)(c1ccccc1){} [Si](CC)(CC){} [Ge](C)(C){} N(c1ccccc1){}
    N(C){} P(=O)(c1ccccc1){} P(=O)(c1ccccc1){} P(=O)(C){} P(c1ccccc1){} OP(=O)(c1ccccc1)O{} C=C{} C#C{} CC{} OCCO{}
    OCO{} OCCCO{} OCCOCCO{} C(=O)N{} C(=O)O{} N=N{} C=N{} C(=O)C(=O){} S(=O){} SS{} C(O){} CCC{} OCCCCO{} OCCCCCCO{}
    CCCCCC{} C(=O)C=C{} N=CC=N{} NC(=O)N{} C(C)(CCC(=O)O){} C(C)(CCC(=O)OC){} C(=O)c1ccc(C(=O){})cc1 Oc1ccc({})cc1
    Oc1cccc(O{})c1 Oc1ccc(O{})cc1 C(C)(C)c1ccc(C(C)(C){})cc1 C(C)(C)c1cccc(C(C)(C){})c1 C(=O)c1cccc(C(=O){})c1
    C=C(C#N){} C(=C(C#N)C#N){} C(=S){} C(=C){} CCC(=O){} C(C(=O)O){} C(C)(C)C{} NC{} SC{} OC{}
    C(F)(F)C(F)(F)C(F)(F){} OC(F)(F)C(F)(F)O{} CNC{} COC{} C=NN=C{} C1=NN=C({})O1 B(c1ccccc1){}
    """
)
"""What stands between the two aromatic rings of a bisphenol or a diamine; common ones more than once."""

ARENES = listed(
    """
    c1ccc2cc({})ccc2c1 c1cccc2c({})cccc12 c1ccc({})c2ccccc12 c1ccc2ccc({})cc2c1 c1cc2ccccc2cc1{}
    c1c2ccccc2c({})c2ccccc12 c1ccc2cc3cc({})ccc3cc2c1 c1ccc2c(c1)Cc1cc({})ccc1-2 c1ccc2c(c1)C(=O)c1cc({})ccc1-2
    c1ccc2c(c1)C(=O)c1ccc({})cc1C2=O c1cc2ccc3cccc4ccc(c1{})c2c34 c1ccc2c(c1)C(C)(C)c1cc({})ccc1-2
    c1ccc2c(c1)C1(c3ccccc3-c3ccccc31)c1cc({})ccc1-2 c1ccc2c(c1)C(C)(C)CC2(C)c1ccc({})cc1
    c1ccc2c(c1)C1c3ccccc3C2c2cc({})ccc21 c1ccc2c(c1)C1(CC2(C)C)CC(C)(C)c2ccc({})cc21 c1ccc2c(c1)oc1cc({})ccc12
    c1ccc2c(c1)sc1cc({})ccc12 c1ccc(-c2ccc(-c3ccc({})cc3)cc2)cc1 c1cccc(-c2cccc(-c3cccc({})c3)c2)c1
    c1ccc2c(c1)Oc1cc({})ccc1O2 c1ccc2c(c1)CN1CN2Cc2cc({})ccc21
    c1ccc2Oc3cc4c(cc3Oc2c1)C1(CC4(C)C)CC(C)(C)c2cc3Oc4ccc({})cc4Oc3cc21 c1ccc2c(c1)Oc1cc({})ccc1C2(C)C
    c1ccc2c(c1)Sc1cc({})ccc1S2 c1ccc2c(c1)OC1(CC2(C)C)CC(C)(C)c2ccc({})cc2O1
    """
)
HETEROARENES = listed(
    """
    c1cccc({})n1 c1ccc({})nc1 c1cncc({})c1 c1cnc({})nc1 c1cc({})ncn1 c1cnc({})cn1 c1ccc({})nn1 c1ccc({})s1
    c1csc({})c1 c1ccc({})o1 c1ccc({})[nH]1 c1ccc({})n1C c1cnc({})s1 c1nnc({})s1 c1nnc({})o1 c1nnc({})n1-c1ccccc1
    c1nnc({})[nH]1 c1nonc1{} c1ccc2[nH]c({})nc2c1 c1ccc2oc({})nc2c1 c1ccc2sc({})nc2c1 c1ccc2nc({})cnc2c1
    c1ccc2nc({})c(-c3ccccc3)nc2c1 c1nnc({})c2ccccc12 c1ccc2c(c1)[nH]c1cc({})ccc12 c1ccc2[nH]c3ccc({})cc3c2c1
    c1ccc2c(c1)c1cc({})ccc1n2CC c1ccc2c(c1)Sc1cc({})ccc1N2CC c1cc2sc({})cc2s1 c1ccc(-c2nnc(-c3ccc({})cc3)o2)cc1
    c1cccc(-c2nnc(-c3cccc({})c3)o2)c1 c1ccc(-c2cc(-c3ccccc3)cc(-c3ccc({})cc3)n2)cc1
    c1ccc(-c2nc3ccc(-c4ccc5[nH]c({})nc5c4)cc3[nH]2)cc1 c1nc(N(C)C)nc({})n1 c1nc(Nc2ccccc2)nc({})n1
    c1nc(-c2ccccc2)nc({})n1 c1nc(OC)nc({})n1 c1ccc(-c2nnc(-c3ccc({})cc3)s2)cc1
    c1ccc(-c2nnc(-c3ccc({})cc3)n2-c2ccccc2)cc1 c1ccc2ncc({})nc2c1 c1ccc2nc3ccccc3c({})c2c1 c1ccc({})c2nsnc12
    c1ccc2c(c1)C(=O)n1c2nc2ccc({})cc21 c1ccc2c(c1)C(=O)N(c1ccccc1)C({})=N2 c1ccc2c(c1)nc1n2C(=O)c2cc({})ccc21
    c1ccc2nc({})ccc2c1 c1nc2cc3nc({})[nH]c3cc2[nH]1 c1nc2cc3nc({})oc3cc2o1 c1nc2cc3sc({})nc3cc2s1
    c1nc(-c2ccccc2)c(-c2ccccc2)n1{} c1ccc(-c2ncc({})[nH]2)cc1
    """
)


_SUBSTITUTED = (
    (6.0, "c1cc({})c({})cc1", 1),
    (2.0, "c1c({})cc({})cc1", 1),
    (5.0, "c1cc({})cc({})c1", 1),
    (2.0, "c1ccc({})c({})c1", 0),
    (3.0, "c1ccc({})cc1{}", 0),
    (4.0, "c1c({})cc({})c({})c1", 1),
    (3.0, "c1cc({})c({})c({})c1", 1),
    (2.5, "c1c({})c({})c({})c({})c1{}", 2),
    (1.0, "c1cc({})c({})cc1{}", 1),
)
"""Weights, phenylenes with slots, and which slot is the chain's."""


def substituted_phenylene(rng: random.Random) -> str:
    """para, meta or ortho, with one group, two, or four."""
    group = on_ring(rng)
    _, pattern, chain_slot = rng.choices(_SUBSTITUTED, [weight for weight, _, _ in _SUBSTITUTED])[0]
    slots = pattern.count("{}")
    if slots == _CROWDED and len(group) > 8:
        group = rng.choice(("C", "F"))
    return fill(pattern, *("{}" if i == chain_slot else group for i in range(slots)))


_CROWDED = 5
"""Slots of a phenylene that only small groups fill."""

phenylene = mixture(
    (4.0, "c1ccc({})cc1"), (2.6, "c1cccc({})c1"), (0.5, "c1ccccc1{}"), (4.0, substituted_phenylene)
)


def bisaryl(rng: random.Random) -> str:
    """Two phenylenes about a bridge or bonded directly: bisphenols, biphenyls and what is built alike."""
    bridge = rng.choice(BRIDGES) if rng.random() < 0.8 else "{}"
    kind = rng.random()
    if kind < 0.5:
        return join("c1ccc({})cc1", bridge, "c1ccc({})cc1") if bridge != "{}" else "c1ccc(-c2ccc({})cc2)cc1"
    if kind < 0.62:
        left, right = rng.choice(
            (("c1cccc({})c1", "c1cccc({})c1"), ("c1ccc({})cc1", "c1cccc({})c1"), ("c1ccccc1{}", "c1ccccc1{}"))
        )
        return join(left, bridge, right) if bridge != "{}" else join(left, right)
    group = on_ring(rng)
    if len(group) > 14:
        group = rng.choice(("C", "F", "Br", "Cl", "OC", "C(F)(F)F"))
    if kind < 0.80:  # ortho to the chain's ends
        left, right = fill("c1c({})cc({})cc1", group, "{}"), fill("c1cc({})c({})cc1", group, "{}")
    elif kind < 0.92:  # ortho to the bridge
        left, right = fill("c1cc({})c({})cc1", group, "{}"), fill("c1c({})cc({})cc1", group, "{}")
    else:  # both places next to the chain's ends
        if len(group) > 8:
            group = rng.choice(("C", "Br", "Cl"))
        left, right = (
            fill("c1c({})cc({})cc1{}", group, "{}", group),
            fill("c1cc({})c({})c({})c1", group, "{}", group),
        )
    return join(left, bridge, right) if bridge != "{}" else join(left, right)


def long_arylene(rng: random.Random) -> str:
    """Rings held by ethers: the diamines and diacids of tractable high-temperature polymers."""
    ring = rng.choice(("c1ccc({})cc1", "c1ccc({})cc1", "c1cccc({})c1"))
    other = rng.choice(("O{}", "O{}", "O{}", "S{}", "C(=O){}", "C(=O)O{}", "C(=O)N{}", "OC{}", "S(=O)(=O){}"))
    middle = rng.choice((bisaryl, phenylene, heteroarylene, alkylene))(rng)
    mirrored = {"C(=O)O{}": "OC(=O){}", "C(=O)N{}": "NC(=O){}", "OC{}": "CO{}"}.get(other, other)
    return join(ring, other, middle, mirrored, ring)


def decorated_pyridine(rng: random.Random) -> str:
    """A pyridine or a triazine with a group, in the chain directly or between phenylenes."""
    core = fill(rng.choice(("c1cc({})cc({})n1", "c1nc({})nc({})n1")), aryl(rng), "{}")
    return join("c1ccc({})cc1", core, "c1ccc({})cc1") if rng.random() < 0.6 else core


heteroarylene = mixture((5, HETEROARENES), (1, decorated_pyridine))


def xylylene(rng: random.Random) -> str:
    """An arylene with methylenes at one end or both."""
    left, right = rng.choice(
        (("C{}", "C{}"), ("C{}", "C{}"), ("{}", "C{}"), ("CC{}", "CC{}"), ("COC{}", "COC{}"))
    )
    ring = phenylene(rng)
    return join(left, ring, right) if left != "{}" else join(ring, right)


def pendant_arylene(rng: random.Random) -> str:
    """m-Phenylene with a larger side group, by a direct bond, an ether, an ester, an amide or an imide."""
    link = rng.choice(
        (
            "{}",
            "O{}",
            "OC{}",
            "C(=O)O{}",
            "C(=O)N{}",
            "NC(=O){}",
            "OC(=O){}",
            "C(=O){}",
            "N1C(=O)c2ccccc2C1=O",
        )
    )
    group = link if "{}" not in link else fill(link, phenyl(rng) if link != "C(=O)O{}" else alkyl(rng))
    return fill("c1cc({})cc({})c1", group, "{}")


def polymethylene(rng: random.Random) -> str:
    """Two to eighteen methylenes, as often as in nylons and polyesters."""
    return (
        "C" * rng.choices(range(1, 19), (2, 12, 8, 14, 6, 14, 5, 10, 5, 8, 3, 6, 1, 2, 1, 2, 1, 2))[0] + "{}"
    )


BRANCHED_ALKYLENES = listed(
    """
    C(C)C{} CC(C){} C(C)CC{} CC(C)C{} CC(C)(C)C{} CC(C)(C)C{} CC(CC)(CC)C{} CC(C)CC(C)(C)C{} C(C)CCC(C){} CC(C)CC{}
    C(CC)C{} CC(CC)(CCCC)C{} C(C)(C)C{} C(C)(C)CCC(C)(C){} CC(C)CCC{} CCC(C)CC{} C(C)C(C){} CC(c1ccccc1)C{}
    CC(C)(CCC)C{} CC(C)CC(C)C{} C(C)CCCCCC(C){} CC(CO)C{} CC(CCl)(CCl)C{} CC(CBr)(CBr)C{} CC(O)C{} CC(=C)C{}
    CCC(C)CCC(C)CC{} CC(C#N)C{} CC(C)(C(=O)O)C{}
    """
)
CYCLOALKYLENES = listed(
    """
    C1CCC({})CC1 C1CCC({})CC1 C1CCCC({})C1 C1CCCCC1{} CC1CCC(C{})CC1 CC1CCC(C{})CC1 CC1CCCC(C{})C1
    C1CC(C)(C)CC(C)(C{})C1 C1CCC(CC2CCC({})CC2)CC1 C1CCC(CC2CCC({})CC2)CC1 C1CCC(C(C)(C)C2CCC({})CC2)CC1
    C1CC(C)C(CC2CCC({})C(C)C2)CC1 C1CCCC1{} C1CCC({})C1 C1C(C)(C)C({})C1(C)C C1CC2CC1CC2{} CC1CC2CC1CC2C{}
    CC1CC2CC1C1CC(C{})CC21 C12CC3CC(CC({})(C3)C1)C2 CC12CC3CC(CC(C{})(C3)C1)C2 C1COC2C1OCC2{}
    CC1OCC2(CO1)COC(C{})OC2 C(C)(C)C1OCC2(CO1)COC(C(C)(C){})OC2 C1CCC(C2CCC({})CC2)CC1 CN1CCN(C{})CC1 C1CC({})C1
    """
)
HETERO_ALKYLENES = listed(
    """
    CCOCC{} CCOCC{} CCOCCOCC{} CCOCCOCC{} CCOCCOCCOCC{} CCCOCCOCCOCCC{} CCCCOCCCC{} C(C)COC(C)C{} CC(C)OCC(C){}
    CCCOCCC{} CCSCC{} CCSCC{} CCSSCC{} CCCSCCC{} CCN(C)CC{} CCN(C)CC{} CCCN(C)CCC{} CCN(CC)CC{} CCN(c1ccccc1)CC{}
    CCS(=O)(=O)CC{} CC=CC{} CC#CC{} CC#CC#CC{} CC=CCC{} CCC=CCC{} C(C)C#CC(C){} C=C{} COC{} COCC{}
    CCOc1ccc(OCC{})cc1 CCNCC{} CCCNCCC{} CCOc1ccc(C(C)(C)c2ccc(OCC{})cc2)cc1
    CC(O)COc1ccc(C(C)(C)c2ccc(OCC(O)C{})cc2)cc1 CCOc1ccc(S(=O)(=O)c2ccc(OCC{})cc2)cc1 CCOCCOCCOCCOCC{}
    CCCCOCCCCOCCCC{} C(C)COCC(C)OCC(C){} CCP(=O)(C)CC{} CC(CP(=O)(OCC)OCC)C{} CCN(CCP(=O)(OCC)OCC)CC{} CP(=O)(C)C{}
    CC(COB1OCCO1)C{} CB(c1ccccc1)C{} CCOC(=O)CCCCC(=O)OCC{} CCOC(=O)c1ccc(C(=O)OCC{})cc1 CCNC(=O)NCC{}
    """
)
SILOXANE_LINKS = listed(
    """
    CCC[Si](C)(C)O[Si](C)(C)CCC{} CCC[Si](C)(C)O[Si](C)(C)CCC{} C[Si](C)(C)O[Si](C)(C)C{}
    CCC[Si](C)(C)O[Si](C)(C)O[Si](C)(C)CCC{} CCCC[Si](C)(C)O[Si](C)(C)CCCC{} CCC[Si](C)(C)CCC{} C[Si](C)(C)C{}
    CCC[Si](C)(c1ccccc1)O[Si](C)(c1ccccc1)CCC{} C[Si](c1ccccc1)(c1ccccc1)C{}
    c1ccc([Si](C)(C)O[Si](C)(C)c2ccc({})cc2)cc1 CC[Si](C)(C)O[Si](C)(C)CC{}
    CCC[Si](C)(C)O[Si](C)(C)O[Si](C)(C)O[Si](C)(C)CCC{}
    """
)
FLUORO_LINKS = listed(
    """
    CC(F)(F)C(F)(F)C{} CC(F)(F)C(F)(F)C{} CC(F)(F)C(F)(F)C(F)(F)C(F)(F)C{} CC(F)(F)C(F)(F)C(F)(F)C{}
    C(F)(F)C(F)(F)C(F)(F)C(F)(F){} C(F)(F)C(F)(F){} CC(F)(F)OC(F)(F)C(F)(F)OC(F)(F)C{}
    C(C(F)(F)F)(C(F)(F)F)c1ccc(C(C(F)(F)F)(C(F)(F)F){})cc1 c1c(F)c(F)c({})c(F)c1F
    c1c(F)c(F)c(-c2c(F)c(F)c({})c(F)c2F)c(F)c1F CCC(F)(F)C(F)(F)C(F)(F)C(F)(F)CC{} CC(F)(F)C{}
    C(F)(F)C(F)(F)C(F)(F){} c1c(F)c(F)c(C(=O)c2c(F)c(F)c({})c(F)c2F)c(F)c1F
    C(F)(F)C(F)(F)C(F)(F)C(F)(F)C(F)(F)C(F)(F)C(F)(F)C(F)(F){}
    """
)


def branched_alkylene(rng: random.Random) -> str:
    """An alkylene with a side group drawn for it."""
    if rng.random() < 0.55:
        return rng.choice(BRANCHED_ALKYLENES)
    return fill(
        rng.choice(("CC({})C{}", "C({})C{}", "CC(C)({})C{}", "CCC({})CC{}")),
        linear_alkyl(rng) if rng.random() < 0.6 else phenyl(rng),
        "{}",
    )


alkylene = mixture(
    (5, polymethylene),
    (1.6, branched_alkylene),
    (2, CYCLOALKYLENES),
    (2.2, HETERO_ALKYLENES),
    (0.5, SILOXANE_LINKS),
    (0.6, FLUORO_LINKS),
    (0.7, xylylene),
)
aromatic = mixture(
    (5, phenylene),
    (4.5, bisaryl),
    (1.2, long_arylene),
    (0.9, ARENES),
    (1.1, heteroarylene),
    (0.7, pendant_arylene),
    (0.25, FLUORO_LINKS[8:10]),
)
linker = mixture((6, aromatic), (4, alkylene))
