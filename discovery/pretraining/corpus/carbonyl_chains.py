"""Chains held by carbonyl groups: imides, amides, esters, carbonates, urethanes, ureas, anhydrides, alone and together."""

from __future__ import annotations

import random

from discovery.pretraining.corpus.fragments import Draw, fill, join, mixture
from discovery.pretraining.corpus.linkers import (
    HETERO_ALKYLENES,
    alkylene,
    aromatic,
    bisaryl,
    linker,
    phenylene,
    polymethylene,
    substituted_phenylene,
)
from discovery.pretraining.corpus.pendants import alkyl, carbon_group, linear_alkyl, phenyl, side_group

_IMIDE = "N1C(=O)c2ccc({})cc2C1=O"


_IMIDE_BACK = "c1ccc2C(=O)N({})C(=O)c2c1"


ESTERS = (("OC(=O){}", "C(=O)O{}"), ("C(=O)O{}", "OC(=O){}"))


def _chain_of(
    links: tuple[tuple[str, str], ...], second: Draw = linker, first: Draw = linker, both: float = 0.75
) -> Draw:
    """A-A B-B chains: a first piece, a linkage, a second piece, and the linkage back; or A-B chains of one piece."""

    def draw(rng: random.Random) -> str:
        there, back = rng.choice(links)
        if rng.random() < both:
            return join("*{}", first(rng), there, second(rng), back, "*")
        return join("*{}", first(rng), there, "*")

    return draw


def poly_ester_imide(rng: random.Random) -> str:
    """Imides beside esters, amides, ethers, ketones, sulfones, siloxanes or urethanes."""
    kind = rng.random()
    if kind < 0.30:  # trimellitimides
        there, back = rng.choice(
            (("C(=O)O{}", "OC(=O){}"), ("C(=O)N{}", "NC(=O){}"), ("C(=O)N{}", "NC(=O){}"))
        )
        if rng.random() < 0.5:
            return (
                join("*{}", linker(rng), _IMIDE, there, "*")
                if rng.random() < 0.5
                else join("*{}", linker(rng), _IMIDE, there, linker(rng), back, "*")
            )
        return join("*{}", linker(rng), _IMIDE, there, linker(rng), back, _IMIDE_BACK, "*")
    if kind < 0.60:
        bridge = rng.choice(
            (
                "O{}",
                "C(=O){}",
                "S{}",
                "S(=O)(=O){}",
                "C(C(F)(F)F)(C(F)(F)F){}",
                "{}",
                "[Si](C)(C){}",
                "C(O)C{}",
            )
        )
        half = _IMIDE if bridge == "{}" else join(_IMIDE, bridge)
        return join("*{}", linker(rng), half, _IMIDE_BACK, "*")
    if kind < 0.78:  # etherimides
        return join(
            "*{}",
            linker(rng),
            _IMIDE,
            "O{}",
            mixture((2, bisaryl), (1, phenylene))(rng),
            "O{}",
            _IMIDE_BACK,
            "*",
        )
    core = rng.choice(
        (
            "N1C(=O)c2cc3C(=O)N({})C(=O)c3cc2C1=O",
            "N1C(=O)c2ccc3C(=O)N({})C(=O)c4ccc(C1=O)c2c34",
            "N1C(=O)C2C(C1=O)C1C2C(=O)N({})C1=O",
            "N1C(=O)C=C({})C1=O",
            "N1C(=O)CC({})C1=O",
            "N1C(=O)C2C3C=CC(C2C1=O)C1C3C(=O)N({})C1=O",
        )
    )
    there, back = rng.choice(
        (
            ("O{}", "O{}"),
            ("C(=O)O{}", "OC(=O){}"),
            ("C(=O)N{}", "NC(=O){}"),
            ("OC(=O)N{}", "NC(=O)O{}"),
            ("S(=O)(=O){}", "S(=O)(=O){}"),
        )
    )
    left = linker(rng)
    if core.count("(=O)") < 4:
        return join(
            "*{}",
            linker(rng),
            core,
            rng.choice(("O{}", "S{}", "N{}", "CC{}")),
            left,
            rng.choice(("O{}", "N{}", "CC{}")),
            "*",
        )
    return join("*{}", left, core, left, there, linker(rng), back, "*")


def poly_amide(rng: random.Random) -> str:
    """Amides of every make: of one piece or two, hydrazides, with esters, ethers or sulfones, peptides, N-substituted."""
    kind = rng.random()
    if kind < 0.38:
        return _chain_of((("NC(=O){}", "C(=O)N{}"),))(rng)
    if kind < 0.50:
        return _chain_of((("NNC(=O){}", "C(=O)NN{}"), ("C(=O)NNC(=O){}", "C(=O)NNC(=O){}")))(rng)
    if kind < 0.62:
        there, back = rng.choice((("NC(=O){}", "C(=O)O{}"), ("OC(=O){}", "C(=O)N{}")))
        return join("*{}", linker(rng), there, linker(rng), back, "*")
    if kind < 0.72:  # peptides and their relatives
        sides = (
            "C",
            "C(C)C",
            "CC(C)C",
            "CCC(=O)OC",
            "Cc1ccccc1",
            "CCCCN",
            "CO",
            "CCSC",
            "CC(=O)O",
            "CCC(=O)OCc1ccccc1",
            "Cc1ccc(O)cc1",
            "CCCCNC(=O)OCc1ccccc1",
        )

        def residue() -> str:
            pattern = rng.choice(("NC({})C(=O){}", "NC({})C(=O){}", "NC({})CC(=O){}", "NCC({})C(=O){}"))
            return fill(pattern, rng.choice((rng.choice(sides), linear_alkyl(rng), alkyl(rng))), "{}")

        spacer = rng.choice(("NCC(=O){}", "NCCC(=O){}", "N1CCCC1C(=O){}", "NCCCCCC(=O){}"))
        return join(
            "*{}",
            *rng.choice(
                ((residue(),), (residue(), residue()), (residue(), spacer), (residue(), residue(), spacer))
            ),
            "*",
        )
    if kind < 0.80:
        return fill(rng.choice(("*CCN(*)C(=O){}", "*CCCN(*)C(=O){}")), side_group(rng))  # of oxazolines
    if kind < 0.86:  # ring-held nitrogen
        core = rng.choice(
            (
                "N1CCN({})CC1",
                "N1CCC(CCCC2CCN({})CC2)CC1",
                "N1CC(C)N({})CC1C",
                "N(C)CCN(C){}",
                "N(CC)CCCN(CC){}",
            )
        )
        return join("*C(=O){}", linker(rng), "C(=O){}", core, "*")
    if kind < 0.93:  # polyisocyanates and N-substituted aramids
        if rng.random() < 0.25:
            return fill("*N({})C(*)=O", carbon_group(rng))
        if rng.random() < 0.45:  # of amino acid esters, and of amino alcohols
            side = rng.choice(("C", "C(C)C", "CC(C)C", "Cc1ccccc1", "CCSC", "CC(=O)OC", "CO"))
            one, other = fill("NC({})C(=O)O{}", side, "{}"), fill("OC(=O)C({})N{}", side, "{}")
            diacid = linker(rng)
            return join("*C(=O){}", diacid, "C(=O){}", one, alkylene(rng), other, "*")
        side = carbon_group(rng)
        return join(
            "*{}",
            aromatic(rng),
            fill("N({})C(=O){}", side, "{}"),
            aromatic(rng),
            fill("C(=O)N({}){}", side, "{}"),
            "*",
        )
    there, back = rng.choice(
        (
            ("NC(=O)C(=O)N{}", "O{}"),
            ("NS(=O)(=O){}", "C(=O)N{}"),
            ("NC(=S){}", "C(=S)N{}"),
            ("NC(=O)C=CC(=O)N{}", "S{}"),
        )
    )
    return join("*{}", linker(rng), there, linker(rng), back, "*")


def poly_ester(rng: random.Random) -> str:
    """Esters of one piece or two, thioesters, with ethers, ketones, imines or azo groups."""
    kind = rng.random()
    if kind < 0.42:
        return _chain_of(ESTERS)(rng)
    if kind < 0.60:  # rods and spacers, as in main-chain liquid crystals
        rod = rng.choice(
            (
                "c1ccc(N=Nc2ccc({})cc2)cc1",
                "c1ccc(C=Nc2ccc({})cc2)cc1",
                "c1ccc(C(=O)Oc2ccc({})cc2)cc1",
                "c1ccc(OC(=O)c2ccc(C(=O)Oc3ccc({})cc3)cc2)cc1",
                "c1ccc(C=Cc2ccc({})cc2)cc1",
                "c1ccc(-c2ccc({})cc2)cc1",
                "c1ccc(C(C)=NN=C(C)c2ccc({})cc2)cc1",
                "c1ccc(C=CC(=O)c2ccc({})cc2)cc1",
                "c1ccc(C=C2CCCC(=Cc3ccc({})cc3)C2=O)cc1",
            )
        )
        return join("*OC(=O){}", linker(rng), "C(=O)O{}", rod, "*")
    if kind < 0.70:
        spacer = polymethylene(rng)
        return join("*OC(=O){}", linker(rng), "C(=O)O{}", spacer, "O{}", aromatic(rng), "O{}", spacer, "*")
    if kind < 0.78:
        return _chain_of(
            (("SC(=O){}", "C(=O)S{}"), ("OC(=S){}", "C(=O)O{}"), ("OC(=O){}", "S{}"), ("OC(=O){}", "O{}"))
        )(rng)
    if kind < 0.88:  # hydroxy acids with a side group, alone and in turn
        one = fill(
            rng.choice(("OC({})C(=O){}", "OC({})CC(=O){}", "OCC({})C(=O){}", "OC(C)({})C(=O){}")),
            rng.choice((alkyl, linear_alkyl, phenyl, carbon_group))(rng),
            "{}",
        )
        return join(
            "*{}",
            one,
            *(
                []
                if rng.random() < 0.3
                else [
                    rng.choice(
                        (
                            "OCC(=O){}",
                            "OC(C)C(=O){}",
                            "OCCCCCC(=O){}",
                            "OCCC(=O){}",
                            "NCC(=O){}",
                            "OCCCC(=O){}",
                        )
                    )
                ]
            ),
            "*",
        )
    diacid = fill(
        rng.choice(("C({})C{}", "CC({})C{}", "C({})(C){}", "C({}){}", "CC(C({}))CC{}")), alkyl(rng), "{}"
    )
    return join("*OC(=O){}", diacid, "C(=O)O{}", alkylene(rng), "*")


def poly_carbonate(rng: random.Random) -> str:
    """Carbonates of two different diols, thiocarbonates, and carbonates with esters or ethers."""
    kind = rng.random()
    if kind < 0.50:
        return join("*OC(=O)O{}", linker(rng), "OC(=O)O{}", linker(rng), "*")
    if kind < 0.62:
        return join("*OC(=O)O{}", linker(rng), rng.choice(("OC(=O){}", "C(=O)O{}")), linker(rng), "*")
    if kind < 0.70:
        return join(rng.choice(("*SC(=O)S{}", "*OC(=S)O{}", "*SC(=O)O{}", "*OC(=O)S{}")), linker(rng), "*")
    if kind < 0.80:
        return fill(
            rng.choice(("*OC(=O)OCC(*){}", "*OC(=O)OCC(C)(*){}", "*OC(=O)OCC({})C*", "*OC(=O)OCC(C)({})C*")),
            carbon_group(rng),
        )
    return join("*OC(=O)O{}", rng.choice((bisaryl, substituted_phenylene, bisaryl, aromatic))(rng), "*")


def poly_urethane(rng: random.Random) -> str:
    """Urethanes of soft segments, with esters or ureas, of one piece, and thiourethanes."""
    kind = rng.random()
    if kind < 0.42:
        return join("*OC(=O)N{}", linker(rng), "NC(=O)O{}", linker(rng), "*")
    if kind < 0.55:
        return join("*OC(=O)N{}", linker(rng), "*")
    if kind < 0.68:
        soft = rng.choice(HETERO_ALKYLENES)
        return join("*OC(=O)N{}", linker(rng), "NC(=O)O{}", soft, "*")
    if kind < 0.80:
        return join(
            "*OC(=O)N{}",
            linker(rng),
            "NC(=O)O{}",
            alkylene(rng),
            rng.choice(("OC(=O){}", "C(=O)O{}", "NC(=O)N{}", "SC(=O)N{}")),
            alkylene(rng),
            "*",
        )
    if kind < 0.90:
        core = rng.choice(("N1CCN({})CC1", "N(C)CCN(C){}", "N1CC(C)N({})CC1C"))
        return join("*OC(=O){}", core, "C(=O)O{}", linker(rng), "*")
    return join(
        rng.choice(("*SC(=O)N{}", "*OC(=S)N{}")),
        linker(rng),
        rng.choice(("NC(=O)S{}", "NC(=O)O{}")),
        linker(rng),
        "*",
    )


def poly_urea(rng: random.Random) -> str:
    """Ureas and thioureas."""
    kind = rng.random()
    if kind < 0.2:
        return join(rng.choice(("*NC(=O)N{}", "*NC(=S)N{}")), linker(rng), "*")
    if kind < 0.8:
        return join("*NC(=O)N{}", linker(rng), "NC(=O)N{}", linker(rng), "*")
    return join("*{}", rng.choice(("N1CCN({})CC1", "N(C)CCN(C){}")), "C(=O)N{}", linker(rng), "NC(=O){}", "*")


def poly_anhydride(rng: random.Random) -> str:
    """Anhydrides of one diacid or two."""
    if rng.random() < 0.5:
        return join("*C(=O)OC(=O){}", linker(rng), "*")
    return join("*C(=O)OC(=O){}", linker(rng), "C(=O)OC(=O){}", linker(rng), "*")
