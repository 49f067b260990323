"""What the corpus is made of: sources, by rules from monomers or by templates, and the share of each."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from rdkit import Chem, rdBase

from discovery.errors import PolymerError
from discovery.polymers import Monomer, RepeatUnit, polymerise
from discovery.pretraining.corpus.chain_classes import ClosedChain, polymer_class
from discovery.pretraining.corpus.common_polymers import COMMON_POLYMERS
from discovery.pretraining.corpus.families import cores_of
from discovery.pretraining.corpus.monomer_library import MONOMERS
from discovery.pretraining.corpus.templates import TEMPLATES

MAX_HEAVY_ATOMS = 80
"""Larger units are left out: they would set the length of every batch, and few polymers that people make have them."""

_UNREAL = Chem.MolFromSmarts("[$([OX2][OX2]),$([OX2][NX3;!$(N=*);!a]),$([OX2][SX2]),$([NX3][SX2])]")
"""Peroxides, alkoxyamines and esters and amides of sulfenic acids: what two fragments make that do not belong together."""

_DIENE = Chem.MolFromSmarts("[CX3]=[CX3]-[CX3]=[CX3]")

_PARTNERS = 8
"""Partners that each monomer of a step growth meets: few, so that a corpus holds many monomers."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A source of the corpus: monomers of one kind or two that a rule makes to polymers, or a template."""

    name: str
    share: float
    """Of the corpus."""
    first: str = ""
    """Kind of monomer in :data:`~discovery.pretraining.corpus.monomer_library.MONOMERS`; empty for a template."""
    second: str = ""

    @property
    def source(self) -> str:
        """``rule`` or ``template``."""
        return "rule" if self.first else "template"


RECIPES = (
    Recipe("known polymers", 0.1),
    Recipe("rule: imides", 5.5, "dianhydride", "diamine"),
    Recipe("rule: amides", 4.2, "diacid", "diamine"),
    Recipe("rule: amino acids", 0.5, "amino acid"),
    Recipe("rule: lactams", 0.3, "lactam"),
    Recipe("rule: esters", 4.5, "diacid", "diol"),
    Recipe("rule: hydroxy acids", 0.7, "hydroxy acid"),
    Recipe("rule: lactones", 0.3, "lactone"),
    Recipe("rule: anhydride and epoxide", 0.8, "anhydride", "epoxide"),
    Recipe("rule: carbonates", 3.4, "carbonate diol"),
    Recipe("rule: urethanes", 4.6, "diisocyanate", "diol"),
    Recipe("rule: oxazolidones", 0.7, "diepoxide", "diisocyanate"),
    Recipe("rule: epoxides", 1.0, "epoxide"),
    Recipe("rule: hindered phenols", 0.3, "hindered phenol"),
    Recipe("rule: sulfones", 2.6, "dihalosulfone", "bisphenol"),
    Recipe("rule: ketones", 1.0, "difluorobenzophenone", "bisphenol"),
    Recipe("rule: styrenes", 1.8, "styrene"),
    Recipe("rule: acrylates", 3.2, "acrylate"),
    Recipe("rule: acrylamides", 0.8, "acrylamide"),
    Recipe("rule: vinyl ethers and esters", 1.0, "vinyl ether or ester"),
    Recipe("rule: olefins", 1.2, "olefin"),
    Recipe("rule: maleimides", 0.4, "maleimide"),
    Recipe("rule: cyclic olefins", 0.8, "cyclic olefin"),
    Recipe("imides", 5.5),
    Recipe("amides", 5.5),
    Recipe("esters", 4.0),
    Recipe("carbonates", 3.2),
    Recipe("urethanes", 2.2),
    Recipe("ureas", 1.6),
    Recipe("anhydrides", 0.8),
    Recipe("ethers", 5.6),
    Recipe("sulfones", 4.2),
    Recipe("ketones", 2.0),
    Recipe("sulfides", 1.6),
    Recipe("siloxanes", 6.2),
    Recipe("silanes", 1.2),
    Recipe("phosphazenes", 1.8),
    Recipe("phosphorus in the chain", 1.2),
    Recipe("boron", 1.2),
    Recipe("conjugated chains", 9.0),
    Recipe("heteroaromatic chains", 6.6),
    Recipe("imines", 1.8),
    Recipe("amines", 1.0),
    Recipe("saccharides", 1.0),
    Recipe("fluoropolymers", 1.2),
    Recipe("olefin pairs", 1.4),
    Recipe("norbornenes", 0.7),
    Recipe("dienes", 0.4),
    Recipe("sequences of small groups", 1.6),
)
"""All sources with their shares, which are relative to their sum."""


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work for a process: some tries of one recipe, with random numbers of its own."""

    recipe: int
    number: int
    tries: int
    seed: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A repeat unit that a job made."""

    psmiles: str
    key: str
    polymer_class: str
    cores: int
    """See :func:`discovery.pretraining.corpus.families.cores_of`."""


def work(job: Job) -> tuple[Drawn, ...]:
    """What comes of a job, the same in whichever process: distinct units of at most 80 heavy atoms."""
    recipe = RECIPES[job.recipe]
    rng = random.Random(f"{job.seed} {recipe.name} {job.number}")
    units = _made_by_rule(recipe, job.tries, rng) if recipe.first else _made_by_template(recipe, job, rng)
    drawn: dict[str, Drawn] = {}
    for unit in units:
        if unit.key in drawn:
            continue
        chain = ClosedChain.of(unit)
        if chain.heavy_atoms > MAX_HEAVY_ATOMS or chain.mol.HasSubstructMatch(_UNREAL):
            continue
        drawn[unit.key] = Drawn(unit.psmiles, unit.key, polymer_class(chain), cores_of(chain))
    return tuple(drawn.values())


def _made_by_rule(recipe: Recipe, tries: int, rng: random.Random) -> Iterator[RepeatUnit]:
    if not recipe.second:
        yield from (candidate.unit for candidate in polymerise(list(_monomers(recipe.first, tries, rng))))
        return
    while tries > 0:
        firsts = min(_PARTNERS, tries)
        seconds = min(_PARTNERS, -(-tries // firsts))
        monomers = [*_monomers(recipe.first, firsts, rng), *_monomers(recipe.second, seconds, rng)]
        yield from (candidate.unit for candidate in polymerise(monomers))
        tries -= firsts * seconds


def _monomers(kind: str, count: int, rng: random.Random) -> Iterator[Monomer]:
    """Monomers of a kind, without those that are a conjugated diene by their side group: templates make their chains."""
    draw = MONOMERS[kind]
    for _ in range(count):
        smiles = draw(rng)
        with rdBase.BlockLogs():
            mol = Chem.MolFromSmiles(smiles)
        if mol is not None and not mol.HasSubstructMatch(_DIENE):
            yield Monomer(smiles)


def _made_by_template(recipe: Recipe, job: Job, rng: random.Random) -> Iterator[RepeatUnit]:
    if recipe.name == "known polymers":
        yield from (RepeatUnit.parse(text) for text in (COMMON_POLYMERS if job.number == 0 else ()))
        return
    draw = TEMPLATES[recipe.name]
    for _ in range(job.tries):
        try:
            yield RepeatUnit.parse(draw(rng))
        except PolymerError:  # two fragments that have no valence in common: this one is left out
            continue
