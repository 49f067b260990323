"""Chains with silicon, phosphorus or boron."""

from __future__ import annotations

import random

from discovery.pretraining.corpus.fragments import fill, join, mixture
from discovery.pretraining.corpus.linkers import alkylene, aromatic, linker
from discovery.pretraining.corpus.pendants import (
    BORON,
    alkoxy,
    alkyl,
    carbon_group,
    linear_alkyl,
    phenyl,
    side_group,
)

_on_silicon = mixture(
    (5, "C"),
    (2.2, linear_alkyl),
    (2, "c1ccccc1"),
    (1, phenyl),
    (1.2, "CCC(F)(F)F"),
    (0.5, "C=C"),
    (2.2, side_group),
    (0.5, "CCC#N"),
    (0.8, lambda rng: fill("CCC{}", carbon_group(rng))),
    (0.6, lambda rng: fill("CCCO{}", carbon_group(rng))),
    (0.3, "O[Si](C)(C)C"),
    (0.3, ("OC", "OCC", "O[Si](C)(C)O[Si](C)(C)C", "O[Si](C)(O[Si](C)(C)C)O[Si](C)(C)C")),
)


def _silicon(rng: random.Random) -> str:
    one, other = _on_silicon(rng), _on_silicon(rng) if rng.random() < 0.5 else "C"
    return fill("[Si]({})({}){}", one, other if len(one) + len(other) < 40 else "C", "{}")


def poly_siloxane(rng: random.Random) -> str:
    """Siloxanes with one silicon or up to four in turn, silarylene- and silalkylene-siloxanes, siloxanes with linkages."""
    kind = rng.random()
    if kind < 0.20:
        return join("*O{}", _silicon(rng), "*")
    if kind < 0.52:
        return join(
            "*O{}",
            _silicon(rng),
            "O{}",
            rng.choice((_silicon(rng), "[Si](C)(C){}")),
            *(["O[Si](C)(C){}"] * rng.choice((0, 0, 1, 2))),
            "*",
        )
    if kind < 0.80:
        silicon = _silicon(rng) if rng.random() < 0.6 else "[Si](C)(C){}"
        return join(
            "*O{}", silicon, linker(rng), silicon, *(["O[Si](C)(C){}"] * rng.choice((0, 0, 0, 1, 2))), "*"
        )
    if kind < 0.88:  # silyl ethers and acyloxysilanes
        return join("*O{}", _silicon(rng), "O{}", linker(rng), "*")
    segment = join("CCC[Si](C)(C)O{}", *(["[Si](C)(C)O{}"] * rng.randint(0, 3)), "[Si](C)(C)CCC{}")
    there, back = rng.choice(
        (("O{}", "O{}"), ("S{}", "S{}"), ("OC(=O){}", "C(=O)O{}"), ("c1ccc({})cc1", "c1ccc({})cc1"))
    )
    return join("*{}", segment, there, aromatic(rng), back, "*")


def poly_silane(rng: random.Random) -> str:
    """Polysilanes, carbosilanes, silazanes, germanes."""
    kind = rng.random()
    if kind < 0.3:
        return join("*{}", _silicon(rng), "*")
    if kind < 0.5:
        return join("*{}", _silicon(rng), _silicon(rng), "*")
    if kind < 0.85:
        return join(
            "*{}",
            _silicon(rng),
            rng.choice((alkylene, aromatic, linker))(rng),
            *([_silicon(rng), linker(rng)] if rng.random() < 0.3 else []),
            "*",
        )
    return join("*{}", _silicon(rng), rng.choice(("N{}", "C{}", "CC{}", "C#C{}", "C=C{}", "N(C){}")), "*")


def poly_phosphazene(rng: random.Random) -> str:
    """Phosphazenes with alkoxy, aryloxy, amino and other groups, equal or in pairs."""

    def group() -> str:
        kind = rng.random()
        if kind < 0.62:
            return fill("O{}", carbon_group(rng))
        if kind < 0.86:
            return fill(rng.choice(("N{}", "N{}", "N(C){}")), carbon_group(rng))
        return rng.choice(
            (
                "Cl",
                "C",
                "c1ccccc1",
                "F",
                "OCC(F)(F)F",
                "OCC(F)(F)F",
                "Oc1ccccc1",
                "N=P(c1ccccc1)(c1ccccc1)c1ccccc1",
                "Br",
            )
        )

    one = group()
    other = one if rng.random() < 0.5 and len(one) < 30 else group()
    unit = fill("P({})({})=N{}", one, other, "{}")
    if rng.random() < 0.05:
        return join(
            "*{}", unit, rng.choice(("P(Cl)(Cl)=N{}", "P(C)(C)=N{}", "S(=O)(C)=N{}", "C(Cl)=N{}")), "*"
        )
    return join("*{}", unit, "*")


def poly_phosphorus(rng: random.Random) -> str:
    """Phosphates, phosphonates, phosphites, phosphine oxides and phosphoramides in the chain."""
    link = rng.choice(
        (
            "OP(=O)({})O{}",
            "OP(=O)({})O{}",
            "OP(=O)(O{})O{}",
            "OP(=O)(O{})O{}",
            "NP(=O)(O{})N{}",
            "P(=O)({}){}",
            "P({}){}",
            "OP({})O{}",
            "OP(=S)(O{})O{}",
            "NP(=O)({})N{}",
        )
    )
    piece = fill(link, rng.choice((phenyl, alkyl, carbon_group))(rng), "{}")
    return join(
        "*{}",
        piece,
        linker(rng),
        *(
            [rng.choice(("O{}", "OC(=O){}", "NC(=O){}", "C(=O)N{}", "S{}")), linker(rng)]
            if rng.random() < 0.35
            else []
        ),
        "*",
    )


def poly_boron(rng: random.Random) -> str:
    """Boronates, boranes, boroxanes and borazines in the chain."""
    kind = rng.random()
    if kind < 0.25:
        return join("*{}", fill("B({}){}", rng.choice((phenyl, alkyl))(rng), "{}"), linker(rng), "*")
    if kind < 0.5:
        return join(
            "*{}", fill("OB({})O{}", rng.choice((phenyl, alkyl, alkoxy))(rng), "{}"), linker(rng), "*"
        )
    if kind < 0.75:
        core = rng.choice(
            (
                "B1OCC2(CO1)COB({})OC2",
                "B1Oc2cc3OB({})Oc3cc2O1",
                "B1OC(C)C({})O1",
                "c1ccc(B2OCC3(CO2)COB(c2ccc({})cc2)OC3)cc1",
            )
        )
        return join("*{}", core, linker(rng), "*")
    return (
        fill(
            rng.choice(("*CC(*){}", "*CC(C)(*){}", "*CC(*)c1ccc({})cc1", "*CC(*)C(=O)OC{}")),
            rng.choice(BORON),
        )
        if rng.random() < 0.4
        else join("*{}", fill("c1c({})cc({})cc1", rng.choice(BORON), "{}"), linker(rng), "*")
    )
