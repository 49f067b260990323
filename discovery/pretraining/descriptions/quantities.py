"""The quantities that a description of a polymer states: what they are called, in which unit, to how many digits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something of a polymer that has a number."""

    name: str
    words: str
    """What a description calls it."""
    unit: str = ""
    digits: int = 0
    """Digits after the point: what the method can claim, and what a description states."""
    aliases: tuple[str, ...] = ()
    """What else a text may call it; singular, upper and lower case alike."""
    smarts: str = ""
    """Of a group: its pattern."""
    factor: float = 1.0
    """Of an estimate: from the unit of ``discovery.physics`` to ``unit``."""

    @property
    def called(self) -> tuple[str, ...]:
        """All its names."""
        return (self.words, *self.aliases)

    @property
    def is_count(self) -> bool:
        """Whether it counts things, so that its number stands in front of its name: ``2 ester groups``."""
        return not self.unit and not self.digits


STRUCTURE = (
    Quantity(
        "mass",
        "repeat-unit mass",
        "g/mol",
        1,
        ("mass of the repeat unit", "repeat unit mass", "molar mass", "molecular weight"),
    ),
    Quantity("backbone_atoms", "backbone atoms", aliases=("backbone atom", "main-chain atom", "chain atom")),
    Quantity("rings", "rings", aliases=("ring",)),
    Quantity("aromatic_rings", "aromatic rings", aliases=("aromatic ring",)),
    Quantity(
        "donors",
        "hydrogen-bond donors",
        aliases=("hydrogen-bond donor", "hydrogen bond donor", "h-bond donor", "hbd"),
    ),
    Quantity(
        "acceptors",
        "hydrogen-bond acceptors",
        aliases=("hydrogen-bond acceptor", "hydrogen bond acceptor", "h-bond acceptor", "hba"),
    ),
    Quantity("rotatable_bonds", "rotatable bonds", aliases=("rotatable bond",)),
    Quantity("tpsa", "topological polar surface area", "Å²", 1, ("polar surface area", "tpsa")),
    Quantity("logp", "logP contribution", "", 2, ("logp", "log p", "octanol-water partition coefficient")),
)
"""Per repeat unit, by RDKit."""


def _group(words: str, smarts: str, plural: str = "") -> Quantity:
    return Quantity(f"group {words}", plural or f"{words}s", aliases=(words,), smarts=smarts)


GROUPS = (
    # RDKit takes the imide rings of pyromellitic dianhydride for aromatic, so its atoms are given by number
    _group("imide group", "[#6X3](=O)[#7X3][#6X3](=O)"),
    _group("carbonate group", "[OX2][CX3](=O)[OX2]"),
    _group("urethane group", "[NX3][CX3](=O)[OX2]"),
    _group("urea group", "[NX3][CX3](=O)[NX3]"),
    _group("anhydride group", "[CX3](=O)[OX2][CX3](=O)"),
    _group("ester group", "[#6][CX3](=O)[OX2][#6;!$(C=O)]"),
    _group("amide group", "[#6][CX3](=O)[NX3;!$(N(C=O)C=O);!$(NC(=O)[O,N])]"),
    _group("carboxylic acid group", "[CX3](=O)[OX2H1]"),
    _group("ketone group", "[#6][CX3](=O)[#6]"),
    _group("ether linkage", "[OX2]([#6;!$(C=O)])[#6;!$(C=O)]"),
    _group("hydroxyl group", "[OX2H][#6;!$(C=O)]"),
    _group("sulfone group", "[#6][SX4](=O)(=O)[#6]"),
    _group("thioether linkage", "[#6][SX2][#6]"),
    _group("siloxane bond", "[Si][OX2][Si]"),
    _group("phosphine oxide group", "[#6][PX4](=O)([#6])[#6]"),
    _group("phosphazene bond", "[P]=[N]"),
    _group("nitrile group", "[CX2]#N"),
    _group("amine nitrogen", "[NX3;!$(N-C=[O,N,S]);!$(N-S=O);!$([N+])]"),
    _group("nitro group", "[NX3+](=O)[O-]"),
    _group("trifluoromethyl group", "[CX4](F)(F)F"),
    _group("methyl group", "[CX4H3]"),
    _group("quaternary carbon", "[CX4H0]([#6])([#6])([#6])[#6]"),
    _group("carbon-carbon double bond", "[CX3]=[CX3]"),
    _group("carbon-carbon triple bond", "[CX2]#[CX2]"),
    _group("benzene ring", "c1ccccc1"),
    _group("pyridine ring", "n1ccccc1"),
    _group("thiophene ring", "c1ccsc1"),
    _group("furan ring", "c1ccoc1"),
    _group("pyrrole ring", "c1cc[nX3]c1"),
    _group("imidazole ring", "c1c[nX3]c[nX2]1"),
    _group("oxadiazole ring", "c1nnco1"),
    _group("thiazole ring", "c1cscn1"),
    _group("oxazole ring", "c1cocn1"),
    _group("cyclohexane ring", "C1CCCCC1"),
    _group("fluorine atom", "F"),
    _group("chlorine atom", "Cl"),
    _group("bromine atom", "Br"),
    _group("boron atom", "[#5]"),
    _group("silicon atom", "[#14]"),
    _group("phosphorus atom", "[#15]"),
)
"""Groups by name, counted per repeat unit."""

ESTIMATES = (
    Quantity("molar_volume", "molar volume", "cm³/mol", 1),
    Quantity("density", "density", "g/cm³", 2),
    Quantity("cohesive_energy", "cohesive energy", "kJ/mol", 1, factor=1e-3),
    Quantity("solubility_parameter", "solubility parameter", "MPa^0.5", 1, ("hildebrand parameter",)),
    Quantity(
        "tg",
        "glass transition temperature",
        "K",
        0,
        ("glass transition", "glass-transition temperature", "tg"),
    ),
    Quantity("heat_capacity", "heat capacity", "J/(g K)", 2, ("specific heat", "cp")),
    Quantity("refractive_index", "refractive index", "", 3, ("index of refraction",)),
    Quantity("dielectric_constant", "dielectric constant", "", 2, ("relative permittivity", "permittivity")),
    Quantity("thermal_conductivity", "thermal conductivity", "W/(m K)", 3, ("heat conductivity",)),
    Quantity(
        "decomposition_temperature",
        "decomposition temperature",
        "K",
        0,
        ("degradation temperature", "decomposition", "td"),
    ),
    Quantity("char_yield", "char yield", "", 2, ("char fraction", "char residue")),
    Quantity("heat_of_combustion", "heat of combustion", "kJ/g", 1, ("combustion heat",)),
    Quantity("limiting_oxygen_index", "limiting oxygen index", "%", 1, ("oxygen index", "loi")),
    Quantity("time_to_ignition", "time to ignition", "s", 0, ("ignition time",)),
    Quantity("peak_heat_release_rate", "peak heat release rate", "kW/m²", 0, ("peak heat release", "phrr")),
)
"""What :mod:`discovery.physics` estimates, by its names."""

_BY_NAME = {quantity.name: quantity for quantity in ESTIMATES}


def quantity_of_estimate(name: str) -> Quantity:
    """How a description states a property of :mod:`discovery.physics`.

    Raises:
        KeyError: When it has no words for it yet.
    """
    return _BY_NAME[name]
