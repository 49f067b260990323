"""The building blocks that the pre-training corpus is put together from.

Every fragment is a SMILES with one slot ``{}`` where the next fragment goes; a divalent fragment so reads from its left end to
its slot (``c1ccc({})cc1`` is p-phenylene), and a monovalent one has no slot. Digits in a fragment are ring closures only, so
that :func:`join` can renumber them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_RING_LABEL = re.compile(r"%\d\d|\d")

RING_SUBSTITUENTS = ("C", "OC", "F", "Cl", "C(F)(F)F", "CC", "C(C)(C)C", "C#N", "Br", "c1ccccc1", "C(C)C")
"""Monovalent groups put on aromatic rings."""

BRIDGES = (
    "O{}",
    "S{}",
    "S(=O)(=O){}",
    "C(=O){}",
    "C{}",
    "C(C)(C){}",
    "C(C(F)(F)F)(C(F)(F)F){}",
    "C1(CCCCC1){}",
    "C1(c2ccccc2-c2ccccc12){}",
    "C(C)(CC){}",
    "C(C)(c1ccccc1){}",
    "C(c1ccccc1)(c1ccccc1){}",
    "[Si](C)(C){}",
    "[Si](c1ccccc1)(c1ccccc1){}",
    "N(c1ccccc1){}",
    "P(=O)(c1ccccc1){}",
    "C=C{}",
    "C#C{}",
    "CC{}",
    "OCCO{}",
    "C(=O)N{}",
    "C(=O)O{}",
    "N=N{}",
    "Oc1ccc({})cc1",
)
"""What stands between two aromatic rings of a bisphenol or a diamine."""

ALIPHATIC = (
    *("C" * n + "{}" for n in range(2, 13)),
    "C(C)C{}",
    "C(C)CC{}",
    "CC(C)(C)C{}",
    "CC(C)CC(C)(C)C{}",
    "CC(CC)(CC)C{}",
    "CCOCC{}",
    "CCOCCOCC{}",
    "CCSCC{}",
    "CCN(C)CC{}",
    "CC(F)(F)C(F)(F)C{}",
    "C(F)(F)C(F)(F)C(F)(F)C(F)(F){}",
    "C1CCC({})CC1",
    "CC1CCC(C{})CC1",
    "C1CC(C)(C)CC(C)(C{})C1",
    "C1CCC(CC2CCC({})CC2)CC1",
    "C1CCCC1{}",
    "C1CC2CC1CC2{}",
    "C1C2CC3CC1CC({})(C2)C3",
    "CCC[Si](C)(C)O[Si](C)(C)CCC{}",
    "CC=CC{}",
    "CC#CC{}",
    "C1OCC2C1OCC2{}",
)
"""Divalent aliphatic links, left end to slot."""

ARYLENES = (
    "c1ccc({})cc1",
    "c1cccc({})c1",
    "c1ccccc1{}",
    "c1ccc(-c2ccc({})cc2)cc1",
    "c1cccc(-c2cccc({})c2)c1",
    "c1ccc2cc({})ccc2c1",
    "c1ccc({})c2ccccc12",
    "c1ccc(-c2ccc(-c3ccc({})cc3)cc2)cc1",
    "Cc1ccc(C{})cc1",
    "Cc1cccc(C{})c1",
    "c1ccc(C{})cc1",
    "c1csc({})c1",
    "c1ccc({})s1",
    "c1ccc({})o1",
    "c1ccc({})nc1",
    "c1cncc({})c1",
    "c1ccc2c(c1)C(CCCCCC)(CCCCCC)c1cc({})ccc12",
    "c1ccc2c(c1)Cc1cc({})ccc12",
    "c1ccc2[nH]c({})nc2c1",
    "c1nnc({})o1",
    "c1cnc({})nc1",
    "c1ccc2c(c1)[nH]c1cc({})ccc12",
    "c1cc2sc({})cc2s1",
)
"""Divalent aromatic and heteroaromatic links, left end to slot."""

SUBSTITUENTS = (
    *("C" * n for n in range(1, 13)),
    "C(C)C",
    "CC(C)C",
    "C(C)(C)C",
    "C(C)CC",
    "CC(C)(C)C",
    "CC(CC)CCCC",
    "CCCCCCCCCCCCCCCCCC",
    "C1CCCC1",
    "C1CCCCC1",
    "C1CC(C(C)(C)C)CCC1",
    "C1CC2CCC1(C)C2(C)C",
    "C12CC3CC(CC(C3)C1)C2",
    "c1ccccc1",
    "Cc1ccccc1",
    "CCc1ccccc1",
    "c1ccc2ccccc2c1",
    "c1cccc2ccccc12",
    "c1ccc(-c2ccccc2)cc1",
    "CCO",
    "CC(C)O",
    "CCOC",
    "CCOCC",
    "CCOCCOC",
    "CCOCCOCCOC",
    "CCN(C)C",
    "CCC#N",
    "CC(F)(F)F",
    "CC(F)(F)C(F)(F)F",
    "CCC(F)(F)C(F)(F)C(F)(F)C(F)(F)F",
    "C(C(F)(F)F)C(F)(F)F",
    "CCCl",
    "CCBr",
    "CC(=O)OC",
    "CC1CO1",
    "CC1CCCO1",
    "CCC[Si](C)(C)C",
    "CCC[Si](OC)(OC)OC",
    "C[Si](C)(C)C",
    "CCS(C)(=O)=O",
    "CCSC",
    "CCOP(=O)(OCC)OCC",
    "CCB1OC(C)(C)C(C)(C)O1",
    "CCc1c[nH]cn1",
    "CCN1CCOCC1",
    "CCn1c2ccccc2c2ccccc12",
)
"""Monovalent groups: ester, amide, ether and ring substituents of chain-growth monomers."""

VINYL_SUBSTITUENTS = (
    "C#N",
    "F",
    "Cl",
    "Br",
    "C(=O)O",
    "C(N)=O",
    "C(C)=O",
    "C(=O)c1ccccc1",
    "C=O",
    "S(C)(=O)=O",
    "N1CCCC1=O",
    "N1CCCCCC1=O",
    "n1cncc1",
    "n1c2ccccc2c2ccccc12",
    "c1ccncc1",
    "c1ccccn1",
    "c1cccs1",
    "c1ccco1",
    "[Si](C)(C)C",
    "[Si](OC)(OC)OC",
    "P(=O)(OCC)OCC",
    "B1OC(C)(C)C(C)(C)O1",
    "C(F)(F)F",
    "N1C(=O)CCC1=O",
    "N1C(=O)c2ccccc2C1=O",
)
"""Groups that stand directly on a vinyl carbon, beside those of SUBSTITUENTS."""

DIANHYDRIDES = (
    "O=C1OC(=O)c2cc3C(=O)OC(=O)c3cc12",
    "O=C1OC(=O)c2cc(ccc12)-c1ccc2C(=O)OC(=O)c2c1",
    "O=C1OC(=O)c2cc(ccc12)C(=O)c1ccc2C(=O)OC(=O)c2c1",
    "O=C1OC(=O)c2cc(ccc12)Oc1ccc2C(=O)OC(=O)c2c1",
    "O=C1OC(=O)c2cc(ccc12)C(C(F)(F)F)(C(F)(F)F)c1ccc2C(=O)OC(=O)c2c1",
    "O=C1OC(=O)c2cc(ccc12)S(=O)(=O)c1ccc2C(=O)OC(=O)c2c1",
    "O=C1OC(=O)c2cc(ccc12)C(C)(C)c1ccc2C(=O)OC(=O)c2c1",
    "O=C1OC(=O)c2cc(ccc12)Oc1ccc(cc1)C(C)(C)c1ccc(cc1)Oc1ccc2C(=O)OC(=O)c2c1",
    "O=C1OC(=O)c2ccc3C(=O)OC(=O)c4ccc1c2c34",
    "O=C1OC(=O)C2C1C1C(=O)OC(=O)C21",
    "O=C1OC(=O)C2CC3C(=O)OC(=O)C3CC12",
    "O=C1OC(=O)c2cc(ccc12)[Si](C)(C)c1ccc2C(=O)OC(=O)c2c1",
)
"""Whole molecules: the dianhydrides of polyimides."""

LINKAGES = (
    "OC(=O){}",
    "C(=O)O{}",
    "NC(=O){}",
    "C(=O)N{}",
    "OC(=O)O{}",
    "OC(=O)N{}",
    "NC(=O)N{}",
    "O{}",
    "S{}",
    "S(=O)(=O){}",
    "C(=O){}",
    "S(=O){}",
    "[Si](C)(C)O[Si](C)(C){}",
    "[Si](c1ccccc1)(C)O{}",
    "P(=O)(c1ccccc1){}",
    "OP(=O)(OC)O{}",
    "SS{}",
    "C=C{}",
    "N(C)C(=O){}",
    "NS(=O)(=O){}",
    "N1C(=O)c2cc3C(=O)N({})C(=O)c3cc2C1=O",
    "N1C(=O)c2ccc(cc2C1=O)Oc1ccc2C(=O)N({})C(=O)c2c1",
    "C1=NN=C({})O1",
    "N=C{}",
    "B(c1ccccc1){}",
)
"""Divalent links that hold the arylene and alkylene pieces of a chain together, where no polymerisation rule is applied."""

INORGANIC_UNITS = (
    *(
        f"*[Si]({a})({b})O*"
        for a in ("C", "CC", "c1ccccc1", "CCC(F)(F)F", "C=C")
        for b in ("C", "CC", "c1ccccc1")
    ),
    *(
        f"*N=P({a})({b})*"
        for a in ("OCC", "Oc1ccccc1", "OCC(F)(F)F", "N(C)C", "Cl")
        for b in ("OCC", "OCC(F)(F)F", "Cl")
    ),
    *(f"*[Si]({a})({b})*" for a in ("C", "CCCCCC", "c1ccccc1") for b in ("C", "CCCCCC", "c1ccccc1")),
)
"""Repeat units of siloxanes, phosphazenes and silanes, for which no polymerisation rule is at hand."""


def join(*pieces: str) -> str:
    """Put each piece into the slot of the one before it, with ring closures renumbered so that none clash.

    Args:
        pieces: Fragments, or what an earlier call made of some; all but the last hold exactly one ``{}``.
    """
    used = 0
    renumbered = []
    for piece in pieces:
        labels = {label: used + k for k, label in enumerate(dict.fromkeys(_RING_LABEL.findall(piece)), 1)}
        used += len(labels)
        parts = _RING_LABEL.split(piece)
        found = [_closure(labels[label]) for label in _RING_LABEL.findall(piece)]
        renumbered.append("".join(part + label for part, label in zip(parts, [*found, ""], strict=True)))
    whole = renumbered[-1]
    for piece in reversed(renumbered[:-1]):
        whole = piece.replace("{}", whole)
    return whole


def _closure(number: int) -> str:
    return str(number) if number < 10 else f"%{number}"


def bridged_arylenes() -> list[str]:
    """All Ar-X-Ar links of two p- or m-phenylenes about a bridge."""
    rings = ("c1ccc({})cc1", "c1cccc({})c1")
    return [join(ring, bridge, ring) for ring in rings for bridge in BRIDGES]


def substituted_arylenes() -> list[str]:
    """p- and m-phenylenes with one or two substituents on the ring."""
    one = [f"c1cc({s})c({{}})cc1" for s in ("C", "OC", "F", "Cl", "C(F)(F)F", "C#N", "Br", "CCCC")]
    meta = [f"c1cc({s})cc({{}})c1" for s in ("C", "C(F)(F)F", "C(C)(C)C", "OC", "S(=O)(=O)O")]
    two = [f"c1c({s})cc({{}})c({s})c1" for s in ("C", "OC", "F", "Cl", "CCCCCC", "OCCCCCC")]
    full = ["c1c(C)c(C)c({})c(C)c1C", "c1c(F)c(F)c({})c(F)c1F"]
    return [*one, *meta, *two, *full]


def ring_substituted(pattern: str, substituents: Sequence[str] = RING_SUBSTITUENTS) -> list[str]:
    """Fill the slot of ``pattern`` with each substituent in turn."""
    return [join(pattern, s) for s in substituents]
