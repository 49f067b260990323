"""Conjugated chains, and chains of heteroaromatic rings."""

from __future__ import annotations

import random

from discovery.pretraining.corpus.fragments import fill, join
from discovery.pretraining.corpus.linkers import (
    HETEROARENES,
    alkylene,
    aromatic,
    heteroarylene,
    linker,
    phenylene,
)
from discovery.pretraining.corpus.pendants import (
    BRANCHED,
    alkyl,
    aryl,
    carbon_group,
    linear_alkyl,
    on_ring,
    phenyl,
    side_group,
)


def _conjugated_piece(rng: random.Random) -> str:
    """One aromatic, vinylene or ethynylene piece of a conjugated chain, with solubilising groups."""
    tail = linear_alkyl(rng) if rng.random() < 0.6 else rng.choice(BRANCHED)
    group = rng.choice(
        (tail, tail, "O" + tail, phenyl(rng), "C(=O)O" + tail, "S" + tail, "F", "C#N", "CO" + tail)
    )
    if group.startswith(("OC=", "SC=")):  # an enol is no side group
        group = "OC"
    kind = rng.random()
    if kind < 0.26:
        return rng.choice(
            (
                "c1ccc({})s1",
                "c1ccc({})s1",
                fill("c1sc({})cc1{}", "{}", group),
                fill("c1cc({})c({})s1", group, "{}"),
                fill("c1sc({})c({})c1{}", "{}", group, group),
                "c1sc({})c2OCCOc12",
                "c1cc2sc({})cc2s1",
                fill("c1cc2c(s1)c1sc({})cc1C2({}){}", "{}", tail, tail),
                fill("c1cc2c(s1)c1sc({})cc1n2{}", "{}", tail),
                "c1ccc(-c2ccc({})s2)s1",
                fill("c1cc2c(s1)c1sc({})cc1[Si]2({}){}", "{}", tail, tail),
                "c1sc({})c2sccc12",
            )
        )
    if kind < 0.36:
        return rng.choice(
            (
                fill("c1ccc2c(c1)C({})({})c1cc({})ccc1-2", tail, tail, "{}"),
                fill("c1ccc2c(c1)n({})c1cc({})ccc12", tail, "{}"),
                fill("c1ccc2c(c1)c1cc({})ccc1n2{}", "{}", tail),
                fill("c1ccc2c(c1)[Si]({})({})c1cc({})ccc1-2", tail, tail, "{}"),
                fill("c1ccc2c(c1)Sc1cc({})ccc1N2{}", "{}", tail),
                fill("c1ccc2c(c1)P(=O)({})c1cc({})ccc1-2", tail, "{}"),
            )
        )
    if kind < 0.46:
        return rng.choice(
            (
                "c1ccc({})c2nsnc12",
                fill("c1c({})c({})c({})c2nsnc12", group, group, "{}"),
                "c1ccc({})c2nonc12",
                fill("c1ccc({})c2nc({})c({})nc12", "{}", "c1ccccc1", "c1ccccc1"),
                fill("C1=C2C(=O)N({})C({})=C2C(=O)N1{}", tail, "{}", tail),
                fill("c1sc({})c2C(=O)N({})C(=O)c12", "{}", tail),
                fill("c1sc({})c2cc(C(=O)O{})sc12", "{}", tail),
                "c1ncc({})s1",
                "c1cnc({})nc1",
                "c1ccc({})nc1",
                "c1nnc({})o1",
                fill("c1sc({})nc1{}", "{}", tail),
                "c1ccc({})c2n[nH]nc12",
            )
        )
    if kind < 0.68:
        return rng.choice(
            (
                "c1ccc({})cc1",
                "c1cccc({})c1",
                fill("c1cc({})c({})cc1", group, "{}"),
                fill("c1c({})cc({})c({})c1", group, "{}", group),
                "c1ccc(-c2ccc({})cc2)cc1",
                fill("c1c({})c({})c({})c({})c1{}", group, "C", "{}", "C", "C")
                if len(group) < 3
                else "c1ccc2cc({})ccc2c1",
            )
        )
    if kind < 0.80:
        return rng.choice(
            (
                "C=C{}",
                "C=C{}",
                "C=C{}",
                "C=C(C#N){}",
                "C=N{}",
                "N=N{}",
                fill("C=C({}){}", "c1ccccc1", "{}"),
                "C=CC=C{}",
            )
        )
    if kind < 0.88:
        return rng.choice(("C#C{}", "C#C{}", "C#CC#C{}"))
    if kind < 0.94:
        return fill(
            rng.choice(("c1ccc(N({})c2ccc({})cc2)cc1", "c1ccc(N({})c2ccc(-c3ccc({})cc3)cc2)cc1")),
            phenyl(rng),
            "{}",
        )
    return rng.choice(
        (
            "c1ccc({})o1",
            "c1ccc({})[nH]1",
            fill("c1ccc({})n1{}", "{}", tail),
            "c1cc2cc3sc({})cc3cc2s1",
            "c1ccc2ccc({})cc2c1",
            "c1c2ccccc2c({})c2ccccc12",
            fill("c1cc2c({})c3sc({})cc3c({})c2s1", "O" + linear_alkyl(rng), "{}", "OC"),
            "c1cc2[se]c({})cc2[se]1",
            "c1ccc({})[se]1",
        )
    )


def conjugated(rng: random.Random) -> str:
    """Conjugated chains of one to four pieces: thiophenes, vinylenes, ethynylenes, fluorenes, donors beside acceptors."""
    kind = rng.random()
    if kind < 0.07:
        one, other = (
            rng.choice((phenyl, phenyl, alkyl, aryl, side_group))(rng),
            rng.choice((phenyl, lambda _: "C", alkyl, aryl))(rng),
        )
        return (
            fill(rng.choice(("*C({})=C(*){}", "*C({})=C(*){}")), one, other)
            if rng.random() < 0.65
            else fill("*C=C(*){}", one)
        )
    if kind < 0.11:  # polyanilines
        return (
            fill(rng.choice(("*Nc1cc({})c(*)cc1", "*Nc1cc({})ccc1*", "*N({})c1ccc(*)cc1")), on_ring(rng))
            if rng.random() < 0.5
            else join("*N{}", phenylene(rng), "N{}", aromatic(rng), "*")
        )
    if kind < 0.17:  # azomethines
        return join("*N=C{}", aromatic(rng), "C=N{}", aromatic(rng), "*")
    return join(
        "*{}", *(_conjugated_piece(rng) for _ in range(rng.choices((1, 2, 3, 4), (1, 4, 4, 2.5))[0])), "*"
    )


def heteroaromatic(rng: random.Random) -> str:
    """Chains with benzazoles, oxadiazoles, triazines, quinoxalines, quinolines, pyridines and the like."""
    kind = rng.random()
    if kind < 0.30:
        core = rng.choice(
            (
                "c1nc2ccc(-c3ccc4[nH]c({})nc4c3)cc2[nH]1",
                "c1nc2cc3nc({})[nH]c3cc2[nH]1",
                "c1nc2cc3oc({})nc3cc2o1",
                "c1nc2cc3nc({})sc3cc2s1",
                "c1nc2ccc(-c3ccc4oc({})nc4c3)cc2o1",
                "c1nc2cc(Oc3ccc4[nH]c({})nc4c3)ccc2[nH]1",
                "c1cnc2cc(-c3ccc4ncc({})nc4c3)ccc2n1",
                "c1nc2ccc(-c3ccc4nc({})c(-c5ccccc5)nc4c3)cc2nc1-c1ccccc1",
                "c1cc(-c2ccccc2)c2cc(-c3ccc4nc({})cc(-c5ccccc5)c4c3)ccc2n1",
                "c1nc2ccc(C(C(F)(F)F)(C(F)(F)F)c3ccc4oc({})nc4c3)cc2o1",
                "c1nc2ccc(C(=O)c3ccc4[nH]c({})nc4c3)cc2[nH]1",
                "c1nc2cc(S(=O)(=O)c3ccc4[nH]c({})nc4c3)ccc2[nH]1",
                "c1nc2ccc(Oc3ccc4nc({})c(-c5ccccc5)nc4c3)cc2nc1-c1ccccc1",
                "c1nc2ccc(-c3ccc4c(c3)nc({})n4-c3ccccc3)cc2n1-c1ccccc1",
                "c1nc2ccc(-c3ccc4sc({})nc4c3)cc2s1",
            )
        )
        return join("*{}", core, linker(rng), "*")
    if kind < 0.52:
        azole = rng.choice(
            (
                "c1nnc({})o1",
                "c1nnc({})o1",
                "c1nnc({})s1",
                "c1nnc({})[nH]1",
                "c1nnc({})n1-c1ccccc1",
                "c1nnc({})n1C",
                "c1noc({})n1",
                "c1nc({})c[nH]1",
                fill("c1nnc({})n1{}", "{}", aryl(rng)),
                "c1cc({})n(-c2ccccc2)n1",
                "c1cc({})no1",
            )
        )
        return join(
            "*{}",
            azole,
            linker(rng),
            *([rng.choice((azole, "c1nnc({})o1")), linker(rng)] if rng.random() < 0.6 else []),
            "*",
        )
    if kind < 0.70:
        ring = rng.choice(("c1nc({})nc({})n1", "c1nc({})nc({})n1", "c1cc({})cc({})n1"))
        group = rng.choice(
            (
                lambda r: fill("N({}){}", linear_alkyl(r), rng.choice(("C", "CC", "c1ccccc1"))),
                lambda r: fill("N{}", aryl(r)),
                lambda r: fill("O{}", carbon_group(r)),
                aryl,
                phenyl,
                lambda r: "N1CCOCC1",
                lambda r: "Cl",
            )
        )(rng)
        link, back = rng.choice(
            (("N{}", "N{}"), ("O{}", "O{}"), ("{}", "O{}"), ("S{}", "S{}"), ("O{}", "S(=O)(=O){}"))
        )
        core = fill(ring, group, "{}")
        return join("*{}", core, linker(rng) if link == "{}" else join(link, linker(rng)), back, "*")
    if kind < 0.85:
        link = rng.choice(("O{}", "O{}", "S{}", "N{}", "C=N{}", "C{}", "N(C){}", "S(=O)(=O){}", "C(=O){}"))
        return join(
            "*{}", heteroarylene(rng), link, linker(rng), rng.choice(("O{}", "S{}", "O{}", "C(=O){}")), "*"
        )
    if kind < 0.93:
        return join(
            "*{}",
            heteroarylene(rng),
            aromatic(rng),
            *([rng.choice(HETEROARENES)] if rng.random() < 0.4 else []),
            *(
                [rng.choice(("O{}", "C{}", "CC{}", "C(C)(C){}")), phenylene(rng)]
                if rng.random() < 0.5
                else []
            ),
            "*",
        )
    return join("*{}", heteroarylene(rng), alkylene(rng), "*")
