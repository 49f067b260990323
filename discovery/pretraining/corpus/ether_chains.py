"""Chains held by oxygen, sulfur and nitrogen beside rings: ethers, sulfones, ketones, sulfides, imines, amines."""

from __future__ import annotations

import random

from discovery.pretraining.corpus.fragments import fill, join
from discovery.pretraining.corpus.linkers import (
    alkylene,
    aromatic,
    bisaryl,
    heteroarylene,
    linker,
    phenylene,
    substituted_phenylene,
)
from discovery.pretraining.corpus.pendants import alkyl, carbon_group, phenyl, side_group


def poly_ether(rng: random.Random) -> str:
    """Aryl ethers, benzyl ethers, glycols with side groups, oxetane polymers, acetals, orthoesters, fluoroethers."""
    kind = rng.random()
    if kind < 0.15:
        return join("*O{}", rng.choice((phenylene, phenylene, bisaryl, aromatic))(rng), "*")
    if kind < 0.40:
        return join("*O{}", linker(rng), "O{}", linker(rng), "*")
    if kind < 0.52:
        return fill(
            rng.choice(("*OCC(*){}", "*OCC(*)C{}", "*OCC(*)CO{}", "*OCC(*)COC{}", "*OCCC(*){}")),
            carbon_group(rng),
        )
    if kind < 0.62:
        side = carbon_group(rng)
        return fill(
            rng.choice(
                (
                    "*OCC(C)({})C*",
                    "*OCC(CC)({})C*",
                    "*OCC({})C*",
                    "*OCC(C)(CO{})C*",
                    "*OCC(C)(COC{})C*",
                    "*OCCCC({})*",
                )
            ),
            side,
        )
    if kind < 0.70:
        return join("*OC{}", rng.choice(("O{}", "OC(C)O{}", "OCO{}")), linker(rng), "*")
    if kind < 0.76:
        return rng.choice(
            (
                fill("*OC(*){}", side_group(rng)),
                join("*OCO{}", alkylene(rng), "*"),
                fill("*OCOCC(*){}", side_group(rng)),
            )
        )
    if kind < 0.80:
        return join("*OC(OCC)O{}" if rng.random() < 0.5 else "*OC(C)(OCC)O{}", linker(rng), "*")
    if kind < 0.92:  # ether sequences of phenylenes with nitriles, phosphine oxides, cardo groups
        middle = rng.choice(
            (
                "c1cccc({})c1C#N",
                "c1ccc(P(=O)(c2ccccc2)c2ccc({})cc2)cc1",
                "c1ccc(C2(c3ccc({})cc3)OC(=O)c3ccccc32)cc1",
                "c1c(F)c(F)c(-c2c(F)c(F)c({})c(F)c2F)c(F)c1F",
                "c1c(F)c(F)c({})c(F)c1F",
                "c1ccc(-c2ccc({})cc2C(F)(F)F)cc1",
                "c1ccc(-c2ccc(-c3ccc({})c(C(F)(F)F)c3)cc2)cc1C(F)(F)F",
            )
        )
        return join("*O{}", aromatic(rng), "O{}", middle, "*")
    return join("*OC{}", linker(rng), "CO{}", linker(rng), "*")


def poly_sulfone(rng: random.Random) -> str:
    """Aryl ether sulfones, sulfone ketones, aliphatic sulfones, sulfonamides and sulfonates."""
    kind = rng.random()
    ring = rng.choice(("c1ccc({})cc1", "c1ccc({})cc1", "c1ccc({})cc1", "c1cccc({})c1"))
    if kind < 0.45:
        return join("*O{}", aromatic(rng), "O{}", ring, "S(=O)(=O){}", ring, "*")
    if kind < 0.55:
        return join("*S(=O)(=O){}", linker(rng), "S(=O)(=O){}", linker(rng), "*")
    if kind < 0.63:
        return join(
            "*S(=O)(=O){}", aromatic(rng), rng.choice(("O{}", "S{}", "C(=O){}", "C{}")), phenylene(rng), "*"
        )
    if kind < 0.72:
        return join(
            "*O{}",
            substituted_phenylene(rng),
            "O{}",
            ring,
            "S(=O)(=O){}",
            bisaryl(rng),
            "S(=O)(=O){}",
            ring,
            "*",
        )
    if kind < 0.80:
        return join("*S{}", aromatic(rng), "S{}", ring, "S(=O)(=O){}", ring, "*")
    if kind < 0.86:
        return fill(
            rng.choice(("*CC({})S(*)(=O)=O", "*C(C)C({})S(*)(=O)=O", "*CC(C)({})S(*)(=O)=O")), alkyl(rng)
        )
    if kind < 0.94:
        return join("*NS(=O)(=O){}", linker(rng), "S(=O)(=O)N{}", linker(rng), "*")
    return join("*OS(=O)(=O){}", aromatic(rng), "S(=O)(=O)O{}", aromatic(rng), "*")


def poly_ketone(rng: random.Random) -> str:
    """Aryl ether ketones in many sequences, and aliphatic ketones."""
    ring = phenylene(rng) if rng.random() < 0.25 else "c1ccc({})cc1"
    kind = rng.random()
    if kind < 0.45:
        return join("*O{}", aromatic(rng), "O{}", ring, "C(=O){}", ring, "*")
    if kind < 0.75:
        middle = rng.choice((aromatic, aromatic, alkylene, heteroarylene))(rng)
        return join("*O{}", aromatic(rng), "O{}", ring, "C(=O){}", middle, "C(=O){}", ring, "*")
    if kind < 0.9:
        return (
            join("*C(=O){}", linker(rng), "*")
            if rng.random() < 0.4
            else join("*C(=O){}", linker(rng), "C(=O){}", linker(rng), "*")
        )
    return fill(rng.choice(("*CC({})C(*)=O", "*CC(C)({})C(*)=O")), rng.choice((alkyl, phenyl))(rng))


def poly_sulfide(rng: random.Random) -> str:
    """Sulfides, di- and tetrasulfides, sulfoxides."""
    kind = rng.random()
    if kind < 0.2:
        return join("*S{}", linker(rng), "*")
    if kind < 0.35:
        return fill(rng.choice(("*SCC(*){}", "*SCC(C)(*){}", "*SCCC(*){}", "*SCC(*)CO{}")), carbon_group(rng))
    if kind < 0.45:
        return join(rng.choice(("*SS{}", "*SSS{}", "*SSSS{}", "*S(=O){}", "*[Se]{}")), linker(rng), "*")
    return join("*S{}", linker(rng), rng.choice(("S{}", "S{}", "O{}", "SS{}", "S(=O){}")), linker(rng), "*")


def poly_imine(rng: random.Random) -> str:
    """Azomethines, azines and azo chains with spacers."""
    there, back = rng.choice(
        (
            ("C=N{}", "N=C{}"),
            ("N=C{}", "C=N{}"),
            ("C=NN=C{}", "O{}"),
            ("N=N{}", "O{}"),
            ("C(C)=N{}", "N=C(C){}"),
            ("C=NNC(=O){}", "C(=O)NN=C{}"),
        )
    )
    spacer = rng.choice((alkylene, alkylene, linker))(rng)
    return (
        join("*{}", aromatic(rng), there, aromatic(rng), back, aromatic(rng), "O{}", spacer, "O{}", "*")
        if rng.random() < 0.5
        else join("*{}", aromatic(rng), there, linker(rng), back, "*")
    )


def poly_amine(rng: random.Random) -> str:
    """Amines in the chain: of aziridines, of diepoxides or diacrylates with amines, xylylene amines."""
    kind = rng.random()
    if kind < 0.3:
        return fill(rng.choice(("*CCN(*){}", "*CCCN(*){}", "*CCN(*)C{}")), carbon_group(rng))
    if kind < 0.55:
        return join("*{}", fill("N({})CC(O)CO{}", carbon_group(rng), "{}"), linker(rng), "OCC(O)C{}", "*")
    if kind < 0.8:
        return join(
            "*{}",
            fill(rng.choice(("N({}){}", "N({})C{}")), rng.choice((phenyl, alkyl))(rng), "{}"),
            linker(rng),
            "*",
        )
    return join(
        "*{}",
        rng.choice(("N1CCN({})CC1", "N(C)CCN(C){}", "N{}", "c1cc(O)c({})cc1")),
        linker(rng),
        *([rng.choice(("CN{}", "N{}", "NC{}")), linker(rng)] if rng.random() < 0.4 else []),
        "*",
    )
