"""Families: the core that a polymer stands for beside its class, and which families are held out.

A core is a structure that a group of polymers shares, such as the dianhydride 6FDA's or a carbazole. Splitting at random would
put each core on both sides; here whole cores are held out, and no polymer that has one of them, of whatever class, is
trained on.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from discovery.pretraining.corpus.chain_classes import ClosedChain

HELD_OUT_OF_CLASS = 0.03
"""Least share of a large class that is held out, where there are cores for it."""

LEAST_OF_CLASS, MOST_OF_CLASS = 0.003, 0.02
"""Shares of a class that a core must have and may have to be held out for it."""

MOST_OF_CORPUS = 0.008
"""Largest share of the corpus that one core may take out of it."""

HELD_OUT = 0.05
"""Largest share of the corpus that is held out."""

LARGE = 0.04
"""A class with this share of the corpus or more is to have families that are held out."""

CORES: Mapping[str, str] = {
    "spirobifluorene": "c1ccc2c(c1)-c1ccccc1C21c2ccccc2-c2ccccc21",
    "spirobiindane": "c1ccc2c(c1)CCC21CCc2ccccc21",
    "spirobichroman": "c1ccc2c(c1)CCC1(O2)CCc2ccccc2O1",
    "triptycene": "c1ccc2c(c1)C1c3ccccc3C2c2ccccc21",
    "fluorene cardo": "c1ccc(cc1)C1(c2ccccc2)c2ccccc2-c2ccccc21",
    "phthalide cardo": "c1ccc(cc1)C1(c2ccccc2)OC(=O)c2ccccc21",
    "phthalimidine cardo": "c1ccc(cc1)C1(c2ccccc2)NC(=O)c2ccccc21",
    "anthrone cardo": "c1ccc(cc1)C1(c2ccccc2)c2ccccc2C(=O)c2ccccc21",
    "cyclohexane cardo": "c1ccc(cc1)[C;R]1(c2ccccc2)CCCCC1",
    "cyclopentane cardo": "c1ccc(cc1)[C;R]1(c2ccccc2)CCCC1",
    "tricyclodecane": "C1CC2CC1C1CCCC21",
    "adamantane": "C1C2CC3CC1CC(C2)C3",
    "phenylindane": "c1ccc2c(c1)CCC2c1ccccc1",
    "naphthalene diimide": "O=C1NC(=O)c2ccc3C(=O)NC(=O)c4ccc1c2c34",
    "perylene": "c1cc2cccc3c4cccc5cccc(c(c1)c23)c54",
    "cyclobutane diimide": "O=C1NC(=O)C2C1C1C(=O)NC(=O)C12",
    "bicyclooctene diimide": "O=C1NC(=O)C2C3C=CC(C12)C1C3C(=O)NC1=O",
    "cyclohexane diimide": "O=C1NC(=O)C2CC3C(CC12)C(=O)NC3=O",
    "6FDA": "O=C1NC(=O)c2cc(ccc12)C(C(F)(F)F)(C(F)(F)F)c1ccc2C(=O)NC(=O)c2c1",
    "BTDA": "O=C1NC(=O)c2cc(ccc12)C(=O)c1ccc2C(=O)NC(=O)c2c1",
    "ODPA": "O=C1NC(=O)c2cc(ccc12)Oc1ccc2C(=O)NC(=O)c2c1",
    "DSDA": "O=C1NC(=O)c2cc(ccc12)S(=O)(=O)c1ccc2C(=O)NC(=O)c2c1",
    "BPDA": "O=C1NC(=O)c2cc(ccc12)-c1ccc2C(=O)NC(=O)c2c1",
    "PMDA": "[#6]1(=O)[#7][#6](=O)c2c1cc1[#6](=O)[#7][#6](=O)c1c2",
    "hexafluoroisopropylidene": "cC(C(F)(F)F)(C(F)(F)F)c",
    "trifluoroethylidene": "cC(C(F)(F)F)([CH3,c])c",
    "tetramethylbisphenol": "[CH3]c1cc(cc([CH3])c1[O,N])C(C)(C)c1cc([CH3])c([O,N])c([CH3])c1",
    "tetrabromobisphenol": "Brc1cc(cc(Br)c1[O,N])C(C)(C)c1cc(Br)c([O,N])c(Br)c1",
    "dichloroethenylidene": "cC(=C(Cl)Cl)c",
    "triphenylmethylene": "cC(c)(c)[CH3,c]",
    "tetrafluorophenylene": "c1(F)c(F)cc(F)c(F)c1",
    "perfluoroalkylene": "C(F)(F)C(F)(F)C(F)(F)C(F)(F)",
    "trifluoromethyl biphenyl": "FC(F)(F)c1ccccc1-c1ccccc1C(F)(F)F",
    "dioxolane": "C1OCOC1",
    "isosorbide": "C1OCC2OCCC12",
    "spiro-diacetal": "C1OCC2(CO1)COCOC2",
    "carbazole": "c1ccc2c(c1)[nX3]c1ccccc12",
    "phenothiazine": "c1ccc2c(c1)Nc1ccccc1S2",
    "triarylamine": "cN(c)c",
    "fluorene": "c1ccc2c(c1)Cc1ccccc1-2",
    "fluorenone": "c1ccc2c(c1)C(=O)c1ccccc1-2",
    "anthraquinone": "O=C1c2ccccc2C(=O)c2ccccc21",
    "silafluorene": "c1ccc2c(c1)[Si]c1ccccc1-2",
    "dibenzofuran": "c1ccc2c(c1)oc1ccccc12",
    "dibenzothiophene": "c1ccc2c(c1)sc1ccccc12",
    "cyclopentadithiophene": "c1cc2c(s1)-c1sccc1[#6,#7,Si]2",
    "thienothiophene": "c1cc2sccc2s1",
    "dioxythiophene": "c1scc2OCCOc12",
    "isothianaphthene": "c1scc2ccccc12",
    "benzodithiophene": "c1cc2cc3sccc3cc2s1",
    "benzothiadiazole": "c1ccc2nsnc2c1",
    "benzoxadiazole": "c1ccc2nonc2c1",
    "diketopyrrolopyrrole": "C1=C2C(=O)NC=C2C(=O)N1",
    "thienopyrroledione": "c1scc2C(=O)NC(=O)c12",
    "selenophene": "c1cc[se]c1",
    "quinoxaline": "c1ccc2nccnc2c1",
    "phthalazine": "c1ccc2cnncc2c1",
    "quinoline": "c1ccc2ncccc2c1",
    "acridine": "c1ccc2nc3ccccc3cc2c1",
    "benzimidazole": "c1ccc2[nX3]cnc2c1",
    "benzoxazole": "c1ccc2ocnc2c1",
    "benzothiazole": "c1ccc2scnc2c1",
    "benzobisazole": "c1c2[n,o,s]c[n,o,s]c2cc2[n,o,s]c[n,o,s]c12",
    "benzotriazole": "c1ccc2nnnc2c1",
    "1,3,4-oxadiazole": "c1nnco1",
    "1,2,4-oxadiazole": "c1ncno1",
    "thiadiazole": "c1nncs1",
    "furazan": "c1nonc1",
    "1,2,4-triazole": "c1nnc[nX3]1",
    "1,2,3-triazole": "[nX3]1nncc1",
    "tetrazole": "c1nnn[nX3]1",
    "triazine": "c1ncncn1",
    "pyrimidine": "c1cncnc1",
    "pyrazine": "c1cnccn1",
    "pyridazine": "c1ccnnc1",
    "pyrazole": "c1cc[nX3]n1",
    "isoxazole": "c1ccno1",
    "imidazole": "c1c[nX3]cn1",
    "thiazole": "c1cscn1",
    "oxazole": "c1cocn1",
    "indole": "c1ccc2[nX3]ccc2c1",
    "anthracene": "c1ccc2cc3ccccc3cc2c1",
    "phenanthrene": "c1ccc2c3ccccc3ccc2c1",
    "pyrene": "c1cc2ccc3cccc4ccc(c1)c2c34",
    "naphthalene": "c1ccc2ccccc2c1",
    "terphenyl": "c1ccccc1-c1ccc(-c2ccccc2)cc1",
    "biphenyl": "c1ccccc1-c1ccccc1",
    "stilbene": "c1ccccc1C=Cc1ccccc1",
    "tolane": "c1ccccc1C#Cc1ccccc1",
    "azobenzene": "c1ccccc1N=Nc1ccccc1",
    "benzalaniline": "c1ccccc1C=Nc1ccccc1",
    "azine": "C=NN=C",
    "chalcone": "c1ccccc1C=CC(=O)c1ccccc1",
    "benzil": "cC(=O)C(=O)c",
    "pyridine": "c1ccncc1",
    "pyrrole": "c1cc[nX3]c1",
    "furan": "c1ccoc1",
    "thiophene": "c1ccsc1",
    "norbornane": "C1CC2CCC1C2",
    "norbornene": "C1CC2C=CC1C2",
    "oxanorbornane": "C1CC2CCC1O2",
    "bornane": "CC1(C)C2CCC1(C)CC2",
    "menthane": "CC(C)C1CCC(C)CC1",
    "dicyclohexylmethane": "C1CCCCC1CC1CCCCC1",
    "isophorone": "CC1(C)CCCC(C)(C)C1",
    "cyclobutane": "[C;r4]1CCC1",
    "cycloheptane": "[C;r7]1CCCCCC1",
    "cyclooctane": "[C;r8]1CCCCCCC1",
    "cyclopentane": "[C;r5]1CCCC1",
    "cyclohexylmethylene": "[CX4;!R]C1CCC([CX4;!R])CC1",
    "cyclohexane": "[C;r6]1CCCCC1",
    "glucose": "OC1C(O)C(O)COC1",
    "glucosamine": "NC1C(O)C(O)COC1",
    "piperazine": "N1CCNCC1",
    "piperidine": "N1CCCCC1",
    "pyrrolidine": "N1CCCC1",
    "pyrrolidone": "C1CCNC1=O",
    "morpholine": "N1CCOCC1",
    "oxazolidone": "O=C1NCCO1",
    "maleic anhydride": "O=C1CCC(=O)O1",
    "succinimide": "O=C1CCC(=O)N1",
    "cyclic phosphonate": "P1Oc2ccccc2-c2ccccc21",
    "phosphine oxide": "cP(=O)(c)c",
    "pinacol boronate": "B1OC(C)(C)C(C)(C)O1",
    "spiroboronate": "B1OCC2(CO1)COBOC2",
    "mesitylborane": "B(c)c",
    "trifluoropropyl": "[Si]CCC(F)(F)F",
    "trisiloxysilyl": "[Si](O[Si])(O[Si])O[Si]",
    "silylmethylene": "[Si]C[Si]",
    "diphenylsilylene": "c[Si]c",
    "vinylsilane": "[Si]C=C",
    "pentafluorophenyl": "c1(F)c(F)c(F)cc(F)c1F",
    "hexafluoroisopropyl": "[CH](C(F)(F)F)C(F)(F)F",
    "trichloromethyl": "ClC(Cl)Cl",
    "nitrile on arene": "cC#N",
    "nitro": "[N+](=O)[O-]",
    "sulfonic acid": "S(=O)(=O)[OH]",
    "sulfonamide": "NS(=O)(=O)",
    "disulfide": "SS",
    "tertiary amine spacer": "[CX4]N([CH3])[CX4]",
    "hydrazide": "C(=O)NNC(=O)",
    "oxamide": "NC(=O)C(=O)N",
    "fumarate": "C(=O)C=CC(=O)",
    "diyne": "C#CC#C",
    "butynylene": "CC#CC",
    "diethylene glycol": "COCCOCCOC",
    "tert-butyl arene": "cC([CH3])([CH3])[CH3]",
    "isopropylidene": "cC([CH3])([CH3])c",
    "diphenyl ketone": "c1ccccc1C(=O)c1ccccc1",
    "diphenyl sulfone": "c1ccccc1S(=O)(=O)c1ccccc1",
    "diphenyl sulfide": "c1ccccc1Sc1ccccc1",
    "diphenyl ether": "c1ccccc1Oc1ccccc1",
    "diphenylmethane": "c1ccccc1[CH2]c1ccccc1",
    "bromoarene": "cBr",
    "chloroarene": "cCl",
    "fluoroarene": "cF",
    "arene": "c1ccccc1",
    "silicon": "[Si]",
    "phosphorus": "P",
    "boron": "B",
    "fluorine": "F",
    "chlorine or bromine": "[Cl,Br]",
    "branched alkyl": "[CH3][CX4;H1,H0]([CH3])",
    "long alkyl": "[CH2][CH2][CH2][CH2][CH2][CH2][CH2][CH2]",
    "butylene": "[CH2][CH2][CH2][CH2]",
}
"""SMARTS of the cores, the more special before what it contains: the first that a chain has names its family."""

COMMON = frozenset((*CORES,)[list(CORES).index("tert-butyl arene") :]) | {
    "PMDA",
    "ODPA",
    "BTDA",
    "biphenyl",
    "naphthalene",
    "thiophene",
    "pyridine",
    "cyclohexane",
    "hexafluoroisopropylidene",
    "fluorene",
    "phosphine oxide",
    "6FDA",
    "nitrile on arene",
}
"""Cores that everything is made of, and those without which no encoder of polymers could be used: never held out."""


@dataclass(frozen=True, slots=True)
class _Search:
    """All patterns, and what a molecule must have for one to be worth a search: so many atoms of a kind, a bit for each."""

    patterns: tuple[tuple[Chem.Mol, int], ...]
    """Each with the bits that it needs."""
    bits: Mapping[tuple[str, int], int]


_PLAIN = frozenset(("c", "n", "o", "s", "C", "N", "O", "S", "P", "B", "F", "[Si]", "Cl", "Br"))


@cache
def _search() -> _Search:
    bits: dict[tuple[str, int], int] = {}
    patterns = []
    for smarts in CORES.values():
        pattern = Chem.MolFromSmarts(smarts)
        Chem.FastFindRings(pattern)
        plain = [atom for atom in pattern.GetAtoms() if atom.GetSmarts() in _PLAIN]
        needs = 0
        for need in Counter(_kind(atom.GetSmarts().strip("[]"), atom.IsInRing()) for atom in plain).items():
            needs |= bits.setdefault(need, 1 << len(bits))
        patterns.append((_from_the_rarest(pattern), needs))
    return _Search(tuple(patterns), bits)


def _from_the_rarest(pattern: Chem.Mol) -> Chem.Mol:
    """The pattern with its atoms in the order of a walk from its rarest one, where RDKit begins: twice as fast."""

    def rarity(atom: Chem.Atom) -> tuple[int, int]:
        smarts = atom.GetSmarts()
        return (
            3 if smarts == "c" else 2 if smarts.startswith("[#6") else 1 if smarts == "C" else 0
        ), -atom.GetDegree()

    order = [min(pattern.GetAtoms(), key=rarity).GetIdx()]
    for index in order:
        order += [
            other.GetIdx()
            for other in pattern.GetAtomWithIdx(index).GetNeighbors()
            if other.GetIdx() not in order
        ]
    return Chem.RenumberAtoms(pattern, order)


def _kind(symbol: str, ring: bool) -> str:
    """Ring atoms are told apart where they are not aromatic; those in no ring of a pattern may be in one of a molecule."""
    return f"{symbol} in a ring" if ring and symbol in "CN" else symbol


def cores_of(chain: ClosedChain) -> int:
    """The cores that a chain has, as bits in the order of :data:`CORES`."""
    has: Counter[str] = Counter()
    for atom in chain.mol.GetAtoms():
        symbol = atom.GetSymbol()
        if atom.GetIsAromatic():
            has[symbol.lower()] += 1
        else:
            has[symbol] += 1
            if symbol in "CN" and atom.IsInRing():
                has[f"{symbol} in a ring"] += 1
    search = _search()
    lacks = 0
    for (kind, count), bit in search.bits.items():
        if has[kind] < count:
            lacks |= bit
    found = 0
    for place, (pattern, needs) in enumerate(search.patterns):
        if not needs & lacks and chain.mol.HasSubstructMatch(pattern):
            found |= 1 << place
    return found


def choose_held_out(classes: Sequence[str], cores: Sequence[int], seed: int) -> frozenset[str]:
    """Which cores are held out: drawn in random order until every large class has its share, within the share of the corpus.

    A core that would take much of its class, or of the corpus, is passed over, so that many small families are held out and
    not a few large ones.

    Args:
        classes: Of each polymer.
        cores: Of each polymer, as :func:`cores_of` gives them.
        seed: Of the drawing.
    """
    names = np.array(classes, dtype=np.str_)
    has = _matrix(cores)
    order = [place for place, name in enumerate(CORES) if name not in COMMON]
    random.Random(f"{seed} held out").shuffle(order)
    taken: NDArray[np.bool_] = np.zeros(len(names), dtype=np.bool_)
    held: list[int] = []
    size = Counter(classes)
    for name in sorted(
        (name for name in size if size[name] >= LARGE * len(names)), key=lambda name: (size[name], name)
    ):
        of_class = names == name
        for place in order:
            if taken[of_class].mean() >= HELD_OUT_OF_CLASS:
                break
            gain = has[of_class, place].mean()
            if (
                place in held
                or not LEAST_OF_CLASS <= gain <= MOST_OF_CLASS
                or has[:, place].mean() > MOST_OF_CORPUS
            ):
                continue
            after = taken | has[:, place]
            if after.mean() <= HELD_OUT:
                held.append(place)
                taken = after
    every = list(CORES)
    return frozenset(every[place] for place in held)


def _matrix(cores: Sequence[int]) -> NDArray[np.bool_]:
    """The bits of :func:`cores_of` as an array, polymers x cores."""
    width = -(-len(CORES) // 8)
    packed = np.frombuffer(b"".join(bits.to_bytes(width, "little") for bits in cores), dtype=np.uint8)
    unpacked = np.unpackbits(packed.reshape(-1, width), axis=1, count=len(CORES), bitorder="little")
    return unpacked.astype(np.bool_)


def family(polymer_class: str, cores: int, held_out: frozenset[str]) -> tuple[str, bool]:
    """The family of a polymer, "class: core", and whether it is held out.

    A core that is held out comes before all others, so that its polymers are one family in each class.
    """
    names = list(CORES)
    found = [name for place, name in enumerate(names) if cores >> place & 1]
    for name in found:
        if name in held_out:
            return f"{polymer_class}: {name}", True
    return f"{polymer_class}: {found[0] if found else 'plain'}", False
