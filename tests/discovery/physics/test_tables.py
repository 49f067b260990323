"""Every row of a table is reached by the group that it is named after, and only by it."""

from __future__ import annotations

import pytest

from discovery.physics import fedors, heat
from discovery.physics.groups import EndlessChain, Group, partition
from discovery.polymers import RepeatUnit

# A polymer that has the group, and how often.
FEDORS = {
    "PO4": ("*CCOP(=O)(OC)O*", 1),
    "SiO4": ("*CO[Si](OC)(OC)O*", 1),
    "BO3": ("*CCOB(OC)O*", 1),
    "PO3": ("*CCOP(OC)O*", 1),
    "COOH": ("*CC(*)C(=O)O", 1),
    "CO3 (carbonate)": ("*CCCOC(=O)O*", 1),
    "C2O3 (anhydride)": ("*CCCC(=O)OC(=O)*", 1),
    "NH2COO": ("*CC(*)OC(N)=O", 1),
    "NHCOO": ("*CCCNC(=O)O*", 1),
    "NHCONH": ("*CCCNC(=O)N*", 1),
    "NHCON": ("*CCN(C)C(=O)N*", 1),
    "NCON": ("*CCN(C)C(=O)N(C)*", 1),
    "HCONH": ("*CC(*)NC=O", 1),
    "HCON": ("*CC(*)N(C)C=O", 1),
    "CONH2": ("*CC(*)C(N)=O", 1),
    "CONH": ("*CCCCCC(=O)N*", 1),
    "CON": ("*CC(*)C(=O)N(C)C", 1),
    "CO2CO2 (oxalate)": ("*CCOC(=O)C(=O)O*", 1),
    "CO2": ("*CC(*)OC(C)=O", 1),
    "CHO": ("*CC(*)C=O", 1),
    "CO": ("*CC(*)C(C)=O", 1),
    "CN": ("*CC(*)C#N", 1),
    "NCO": ("*CC(*)N=C=O", 1),
    "NO3": ("*CC(*)O[N+](=O)[O-]", 1),
    "NO2 (aromatic)": ("*CC(*)c1ccc([N+](=O)[O-])cc1", 1),
    "NO2 (aliphatic)": ("*CC(*)[N+](=O)[O-]", 1),
    "-N=N-": ("*CCN=N*", 1),
    "S2": ("*CCSS*", 1),
    "SH": ("*CC(*)S", 1),
    "S": ("*CCS*", 1),
    "CF3 (perfluoro)": ("*C(F)(F)C(*)(F)C(F)(F)F", 1),
    "CF2 (perfluoro)": ("*C(F)(F)C(*)(F)C(F)(F)F", 1),
    "F (disubstituted, on C=C)": ("*CC(*)C=C(F)F", 2),
    "F (trisubstituted)": ("*CC(*)C(F)(F)F", 3),
    "F (disubstituted)": ("*CC(*)(F)F", 2),
    "F (on C=C)": ("*CC=C(*)F", 1),
    "F": ("*CC(*)F", 1),
    "Cl (disubstituted, on C=C)": ("*CC(*)C=C(Cl)Cl", 2),
    "Cl (trisubstituted)": ("*CC(*)C(Cl)(Cl)Cl", 3),
    "Cl (disubstituted)": ("*CC(*)(Cl)Cl", 2),
    "Cl (on C=C)": ("*CC=C(*)Cl", 1),
    "Cl": ("*CC(*)Cl", 1),
    "Br (trisubstituted)": ("*CC(*)C(Br)(Br)Br", 3),
    "Br (disubstituted)": ("*CC(*)(Br)Br", 2),
    "Br (on C=C)": ("*CC=C(*)Br", 1),
    "Br": ("*CC(*)Br", 1),
    "I": ("*CC(*)I", 1),
    "OH (disubstituted or on adjacent C)": ("*C(O)C(O)C*", 2),
    "OH": ("*CC(*)O", 1),
    "O": ("*CCO*", 1),
    "O (of P=O)": ("*CCP(C)(=O)*", 1),
    "NH2": ("*CC(*)N", 1),
    "NH": ("*CCN*", 1),
    "N": ("*CCN(C)*", 1),
    "-N=": ("*CC(*)c1ccncc1", 1),
    "P": ("*CCP(C)(=O)*", 1),
    "Si": ("*[Si](C)(C)O*", 1),
    "B": ("*CCB(C)*", 1),
    "CH3": ("*CC(*)C", 1),
    "CH2": ("*CC(*)C", 1),
    "CH": ("*CC(*)C", 1),
    "C": ("*CC(*)(C)C", 1),
    "=CH2": ("*CC(*)C=C", 1),
    "=CH-": ("*CC(*)c1ccccc1", 5),
    "=C<": ("*CC(*)c1ccccc1", 1),
    "HC#": ("*CC(*)C#C", 1),
    "-C#": ("*CC(*)C#C", 1),
}


HEAT = {
    "-COOH": ("*CC(*)C(=O)O", 1),
    "-COO-": ("*CC(*)C(=O)OC", 1),
    "-CONH-": ("*CCCCCC(=O)N*", 1),
    "-CO-": ("*CC(*)C(C)=O", 1),
    "-CN": ("*CC(*)C#N", 1),
    "-NO2": ("*CC(*)[N+](=O)[O-]", 1),
    "-SO2-": ("*CCS(=O)(=O)*", 1),
    "=S": ("*CC(*)C(C)=S", 1),
    "-SH": ("*CC(*)S", 1),
    "-S-": ("*CCS*", 1),
    "-F": ("*CC(*)F", 1),
    "-Cl": ("*CC(*)Cl", 1),
    "-Br": ("*CC(*)Br", 1),
    "-I": ("*CC(*)I", 1),
    "-OH": ("*CC(*)O", 1),
    "-O-": ("*CCO*", 1),
    "-NH2": ("*CC(*)N", 1),
    "-NH-": ("*CCN*", 1),
    ">N-": ("*CCN(C)*", 1),
    "=N-": ("*CC(*)c1ccncc1", 1),
    "-CH3": ("*CC(*)C", 1),
    "-CH2- of a ring": ("*CC(*)C1CCCCC1", 5),
    "-CH2-": ("*CC(*)C1CCCCC1", 1),
    ">CH-": ("*CC(*)C1CCCCC1", 2),
    ">C<": ("*CC(*)(C)C", 1),
    "trisubstituted benzene": ("*CC(*)c1cc(C)cc(C)c1", 1),
    "trisubstituted benzene (1,2,4)": ("*CC(*)c1ccc(C)c(C)c1", 1),
    "trisubstituted benzene (1,2,3)": ("*CC(*)c1cccc(C)c1C", 1),
    "aromatic CH": ("*CC(*)c1ccccc1", 5),
    "aromatic C": ("*CC(*)c1ccccc1", 1),
    "=CH2": ("*CC(*)C=C", 1),
    "=CH-": ("*CC=CC*", 2),
    "=C<": ("*CC(Cl)=CC*", 1),
    "CH of a triple bond": ("*CC(*)C#C", 1),
    "carbon of a triple bond or between two double bonds": ("*CC(*)C#C", 1),
    "SiH": ("*[SiH](C)O*", 1),
    "SiH2": ("*CC(*)[SiH2]C", 1),
    "SiH3": ("*CC(*)[SiH3]", 1),
    "Si": ("*[Si](C)(C)O*", 1),
    "PH": ("*CCP*", 1),
    "PH2": ("*CC(*)P", 1),
    "P": ("*N=P(*)(Cl)Cl", 1),
    "BH": ("*CCB*", 1),
    "BH2": ("*CC(*)B", 1),
    "B": ("*CCB(C)*", 1),
    "S in a higher state of oxidation": ("*CCS(=O)*", 1),
    "O at P or S": ("*CCS(=O)*", 1),
}

CASES = [
    *((tuple(row.group for row in fedors.ROWS), name, *case) for name, case in FEDORS.items()),
    *((tuple(row.group for row in heat.ROWS), name, *case) for name, case in HEAT.items()),
]


@pytest.mark.parametrize(("table", "name", "text", "times"), CASES)
def test_the_row_claims_its_group(table: tuple[Group, ...], name: str, text: str, times: int) -> None:
    shared = partition(EndlessChain.of(RepeatUnit.parse(text)), table)
    (place,) = (place for place, group in enumerate(table) if group.name == name)
    assert shared.counts[place] == times
    assert shared.uncovered == ()


@pytest.mark.parametrize(("rows", "cases"), [(fedors.ROWS, FEDORS), (heat.ROWS, HEAT)])
def test_every_row_has_a_case(rows: tuple[fedors.Row, ...], cases: dict[str, tuple[str, int]]) -> None:
    assert [row.group.name for row in rows] == list(cases)
