"""Chains of carbon that no rule makes, chains of sugar rings, and sequences of small groups."""

from __future__ import annotations

import random

from discovery.pretraining.corpus.fragments import fill, join
from discovery.pretraining.corpus.linkers import linker
from discovery.pretraining.corpus.pendants import (
    FLUOROALKYL,
    VINYL_ONLY,
    alkyl,
    carbon_group,
    linear_alkyl,
    phenyl,
    side_group,
)


def saccharide(rng: random.Random) -> str:
    """Glucans and their esters, ethers, amines and urethanes; chitin's relatives."""

    def group() -> str:
        return rng.choice(
            (
                "O",
                "O",
                "O",
                "OC",
                "OCC",
                "OCCO",
                "OCC(C)O",
                "OC(C)=O",
                "OC(=O)CC",
                "OC(=O)CCC",
                "OC(=O)c1ccccc1",
                "OCC(=O)O",
                "O[N+](=O)[O-]",
                "O[Si](C)(C)C",
                "OC(=O)Nc1ccccc1",
                fill("OC(=O){}", alkyl(rng)),
                fill("O{}", linear_alkyl(rng)),
                fill("OC(=O)N{}", phenyl(rng)),
                "OS(=O)(=O)O",
                "OP(=O)(O)O",
                fill("OCC(O)CO{}", linear_alkyl(rng)),
            )
        )

    one = group()
    same = rng.random() < 0.6
    two, six = (one, one) if same else (group(), group())
    nitrogen = rng.random() < 0.3
    at_two = (
        rng.choice(
            (
                "N",
                "NC(C)=O",
                fill("NC(=O){}", alkyl(rng)),
                fill("N=C{}", phenyl(rng)),
                fill("N{}", linear_alkyl(rng)),
            )
        )
        if nitrogen
        else two
    )
    if sum(map(len, (one, at_two, six))) > 75:
        one = six = "O"
    return fill(
        rng.choice(("*OC1C(C{})OC(*)C({})C1{}", "*OC1C(C{})OC(*)C({})C1{}", "*OCC1OC(*)C({})C({})C1{}")),
        six,
        at_two,
        one,
    )


def fluoropolymer(rng: random.Random) -> str:
    """Fluorinated olefins, fluoroethers, dioxoles and cyclopolymers."""
    kind = rng.random()
    if kind < 0.3:
        return fill(
            rng.choice(
                (
                    "*C(F)(F)C(*)(F){}",
                    "*C(F)(F)C(*)(F)O{}",
                    "*CC(*)(F){}",
                    "*CC(*)(C(F)(F)F){}",
                    "*C(F)(F)C(*){}",
                    "*C(F)(F)C(*)(C(F)(F)F){}",
                )
            ),
            rng.choice((side_group(rng), rng.choice(FLUOROALKYL), rng.choice(FLUOROALKYL))),
        )
    if kind < 0.55:
        comonomer = rng.choice(
            (
                "CC{}",
                "CC(C){}",
                "CC(F)(F){}",
                "C(F)(F)C(F)(F){}",
                "C(F)(F)C(F)(Cl){}",
                "C(F)(F)C(F)(C(F)(F)F){}",
                fill("CC(O{}){}", linear_alkyl(rng), "{}"),
                fill("CC(OC(=O){}){}", alkyl(rng), "{}"),
                fill("CC({}){}", side_group(rng), "{}"),
            )
        )
        return join(
            "*{}",
            rng.choice(
                (
                    "C(F)(F)C(F)(F){}",
                    "C(F)(F)C(F)(Cl){}",
                    "CC(F)(F){}",
                    "C(F)(F)C(F)(C(F)(F)F){}",
                    "C(F)(F)C(F)(OC(F)(F)F){}",
                )
            ),
            comonomer,
            "*",
        )
    if kind < 0.7:
        return join(
            "*O{}",
            *rng.choices(
                (
                    "C(F)(F){}",
                    "C(F)(F)C(F)(F){}",
                    "C(F)(C(F)(F)F)C(F)(F){}",
                    "C(F)(F)C(F)(F)C(F)(F){}",
                    "CC(F)(F)C{}",
                    "CC(F)(F)C(F)(F)C{}",
                ),
                k=rng.randint(1, 2),
            ),
            *(["O{}", linker(rng)] if rng.random() < 0.5 else []),
            "*",
        )
    rich = rng.choice(
        (
            "C(C(F)(F)F)(C(F)(F)F)c1ccc(C(C(F)(F)F)(C(F)(F)F){})cc1",
            "C(F)(F)C(F)(F)C(F)(F){}",
            "CC(F)(F)C(F)(F)C(F)(F)C(F)(F)C{}",
            "C(F)(F)C(F)(F){}",
        )
    )
    return join("*O{}", rich, rng.choice(("O{}", "OC{}", "OCC(O)C{}", "c1ccc({})cc1")), linker(rng), "*")


def vinyl_pair(rng: random.Random) -> str:
    """Alternating and head-to-head chains of two olefins; maleic anhydride and maleimide beside olefins; cyclopolymers."""

    def unit() -> str:
        return fill(
            rng.choice(("CC({}){}", "CC({}){}", "CC(C)({}){}")),
            rng.choice(
                (
                    side_group(rng),
                    rng.choice(VINYL_ONLY),
                    fill("C(=O)O{}", carbon_group(rng)),
                    fill("OC(=O){}", carbon_group(rng)),
                    phenyl(rng),
                    linear_alkyl(rng),
                )
            ),
            "{}",
        )

    kind = rng.random()
    if kind < 0.45:
        return join("*{}", unit(), unit(), "*")
    if kind < 0.60:
        return join(
            "*{}",
            unit(),
            fill(rng.choice(("C1C(=O)N({})C(=O)C1{}", "C(C(=O)O{})C(C(=O)O){}")), carbon_group(rng), "{}"),
            "*",
        )
    if kind < 0.66:
        return join(
            "*{}",
            unit(),
            rng.choice(
                ("C1C(=O)OC(=O)C1{}", "CC=CC{}", "CC(Cl)=CC{}", "CC{}", "CC(C)=CC{}", "CC(C#N){}", "C(=O){}")
            ),
            "*",
        )
    if kind < 0.80:
        side = carbon_group(rng)
        return fill(
            rng.choice(("*C(C(=O)O{})C(*)C(=O)O{}", "*C(C(=O)O{})C(*)C(=O)N{}")),
            side,
            side if len(side) < 25 else "C",
        )
    if kind < 0.90:
        return fill(
            rng.choice(("*CC1CC(C*)OC({})O1", "*CC1CC(C*)CN({})C1", "*C1CC(*)C({})C1", "*CC1CC(C*)CC1{}")),
            rng.choice((alkyl, phenyl))(rng),
        )
    return fill(
        rng.choice(("*CC=C({})C*", "*CC(C)=C({})C*", "*C=CC1CC(*)C({})C1", "*CC=CCC(*){}")), side_group(rng)
    )


def norbornene(rng: random.Random) -> str:
    """Ring-opened and addition polymers of norbornenes, with esters, imides, ethers."""
    group = rng.choice(
        (
            side_group(rng),
            fill("C(=O)O{}", carbon_group(rng)),
            fill("CO{}", carbon_group(rng)),
            fill("CCO{}", side_group(rng)),
            fill("COC(=O){}", carbon_group(rng)),
            "C#N",
        )
    )
    kind = rng.random()
    if kind < 0.35:
        return fill("*C=CC1CC(*)C({})C1", group)
    if kind < 0.55:
        return fill("*C1C2CC(C1*)C({})C2", group)
    if kind < 0.8:
        return fill(
            rng.choice(
                (
                    "*C=CC1CC(*)C2C(=O)N({})C(=O)C12",
                    "*C=CC1OC(*)C2C(=O)N({})C(=O)C12",
                    "*CCC1CC(*)C2C(=O)N({})C(=O)C12",
                )
            ),
            carbon_group(rng),
        )
    side = carbon_group(rng)
    return fill("*C=CC1CC(*)C(C(=O)O{})C1C(=O)O{}", side, side if len(side) < 20 else "C")


def diene(rng: random.Random) -> str:
    """1,4- and 1,2-chains of dienes."""
    group = rng.choice(
        (
            side_group(rng),
            fill("C(=O)O{}", carbon_group(rng)),
            fill("CO{}", carbon_group(rng)),
            "Cl",
            "F",
            "Br",
        )
    )
    return fill(
        rng.choice(
            (
                "*CC=C({})C*",
                "*CC(C)=C({})C*",
                "*CC(C=C)(*){}",
                "*CC(*)C(=C){}",
                "*CC=CC(*){}",
                "*CCCC=C({})C*",
            )
        ),
        group,
    )


SMALL_GROUPS = (
    *(
        "C{}",
        "C{}",
        "C{}",
        "N{}",
        "N{}",
        "O{}",
        "O{}",
        "C(=O){}",
        "C(=O){}",
        "C(=O){}",
        "C(=S){}",
        "c1ccc({})cc1",
        "c1ccc({})cc1",
        "c1ccc({})s1",
        "S{}",
        "C(C){}",
    ),
    *(
        "C(F)(F){}",
        "C(Cl){}",
        "C(F){}",
        "C(C)(C){}",
        "C=C{}",
        "C#C{}",
        "C(C#N){}",
        "C(O){}",
        "C(=O)O{}",
        "C(=O)N{}",
        "S(=O)(=O){}",
        "N(C){}",
        "c1ccc({})o1",
        "C(c1ccccc1){}",
    ),
    *(
        "c1cccc({})c1",
        "c1ccc({})[nH]1",
        "[Si](C)(C){}",
        "C(=C){}",
        "C(OC){}",
        "C(C(=O)OC){}",
        "C(CC){}",
        "C(N){}",
        "C(C=C){}",
        "c1ccc({})nc1",
        "C1CCC({})C1",
        "C(Br){}",
    ),
)


def sequence(rng: random.Random) -> str:
    """Two to seven small groups in a random order, as in computed screens of chains that nobody has made."""
    few = rng.sample(SMALL_GROUPS, rng.randint(2, 4))
    return join("*{}", *(rng.choice(few) for _ in range(rng.randint(2, 7))), "*")
