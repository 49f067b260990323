"""Heat capacity of the solid at 298 K.

The rows are van Krevelen's table of Satoh's and Shaw's increments (Properties of Polymers, 4th ed., 2009, table 5.1, C_p
of the solid). Rings are built from their atoms. Atoms that the table has no group for carry Kopp's atomic heats.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from discovery.physics.atoms import atoms
from discovery.physics.groups import Group, partition
from discovery.physics.model import Evaluation, Model, Property

_SATOH = "van Krevelen, table 5.1"
_KOPP = "Kopp's rule (Perry's Chemical Engineers' Handbook, 7th ed. (1997), p. 2-350)"

_HYDROGEN = 9.6  # J/(mol K), Kopp's
# A ring carbon that bears something and belongs to no second aromatic ring.
_SUB = "[cH0;!$(c(:*)(:*):*)]"


@dataclass(frozen=True, slots=True)
class Row:
    """A group's part of the heat capacity."""

    group: Group
    heat: float
    """J/(mol K)."""
    source: str


def _row(name: str, smarts: str, heat: float, source: str = _SATOH) -> Row:
    return Row(Group(name, smarts), heat, source)


ROWS = (
    _row("-COOH", "[CX3](=O)[OX2H]", 50.0),
    _row("-COO-", "[#6X3;!$([#6][#7])](=O)[#8X2]", 46.0),
    _row("-CONH-", "[#6X3](=O)[#7X3H]", 38.0),
    _row("-CO-", "[#6X3]=O", 23.05),
    _row("-CN", "[CX2]#[NX1]", 25.0),
    _row("-NO2", "[NX3+](=O)[O-]", 41.9),
    _row("-SO2-", "[#16X4](=O)=O", 50.0),
    _row("=S", "[#16X1]", 22.6, _KOPP),
    _row("-SH", "[SX2H]", 46.8),
    _row("-S-", "[#16X2]", 24.05),
    _row("-F", "F", 21.4),
    _row("-Cl", "Cl", 27.1),
    _row("-Br", "Br", 26.3),
    _row("-I", "I", 22.4),
    _row("-OH", "[OX2H]", 17.0),
    _row("-O-", "[#8X2]", 16.8),
    _row("-NH2", "[NX3H2]", 20.95),
    _row("-NH-", "[#7H1]", 14.25),
    _row(">N-", "[#7X3H0]", 17.1),
    _row("=N-", "[#7X2H0]", 17.1, f"taken as >N-, {_SATOH}"),
    _row("-CH3", "[CX4H3]", 30.9),
    _row("-CH2- of a ring", "[CX4H2R]", 17.5, f"cyclohexyl less >CH-, {_SATOH}"),
    _row("-CH2-", "[CX4H2]", 25.35),
    _row(">CH-", "[CX4H1]", 15.6),
    _row(">C<", "[CX4H0]", 6.2),
    _row("trisubstituted benzene", f"[cH]1{_SUB}[cH]{_SUB}[cH]{_SUB}1", 65.0),
    _row("trisubstituted benzene (1,2,4)", f"[cH]1[cH]{_SUB}[cH]{_SUB}{_SUB}1", 65.0),
    _row("trisubstituted benzene (1,2,3)", f"[cH]1[cH][cH]{_SUB}{_SUB}{_SUB}1", 65.0),
    _row("aromatic CH", "[cH1]", 15.4, f"phenyl less aromatic C, {_SATOH}"),
    _row("aromatic C", "[cH0]", 8.55),
    _row("=CH2", "[CX3H2]", 22.6),
    _row("=CH-", "[CX3H1]", 18.65),
    _row("=C<", "[CX3H0]", 10.5),
    _row("CH of a triple bond", "[CX2H1]", 7.5 + _HYDROGEN, _KOPP),
    _row("carbon of a triple bond or between two double bonds", "[CX2H0]", 7.5, _KOPP),
    _row("SiH", "[SiH1]", 15.9 + _HYDROGEN, _KOPP),
    _row("SiH2", "[SiH2]", 15.9 + 2 * _HYDROGEN, _KOPP),
    _row("SiH3", "[SiH3]", 15.9 + 3 * _HYDROGEN, _KOPP),
    _row("Si", "[SiH0]", 15.9, _KOPP),
    _row("PH", "[#15H1]", 22.6 + _HYDROGEN, _KOPP),
    _row("PH2", "[#15H2]", 22.6 + 2 * _HYDROGEN, _KOPP),
    _row("P", "[#15H0]", 22.6, _KOPP),
    _row("BH", "[#5H1]", 11.3 + _HYDROGEN, _KOPP),
    _row("BH2", "[#5H2]", 11.3 + 2 * _HYDROGEN, _KOPP),
    _row("B", "[#5H0]", 11.3, _KOPP),
    _row("S in a higher state of oxidation", "[#16]", 22.6, _KOPP),
    _row("O at P or S", "[OX1;$(O=[P,S])]", 16.7, _KOPP),
)
_GROUPS = tuple(row.group for row in ROWS)
_HEATS = np.array([row.heat for row in ROWS])


def _heat_capacity(of: Evaluation) -> float:
    counts = partition(of.chain, _GROUPS).covered("The table of heat capacities")
    return float(counts @ _HEATS) / of.once(atoms).mass


MODELS = (
    Model(
        Property(
            name="heat_capacity",
            unit="J/(g K)",
            title="heat capacity of the solid, 298 K",
            method="Satoh's groups as van Krevelen tabulates them, with Kopp's atomic heats for Si, P, B and "
            "triply bonded C; a rubber's is higher by a fifth to two fifths",
            source="van Krevelen and te Nijenhuis, Properties of Polymers, 4th ed. (2009), table 5.1; Perry's Chemical "
            "Engineers' Handbook, 7th ed. (1997)",
            plausible=(0.3, 2.5),
            error="4 %",
        ),
        _heat_capacity,
    ),
)
