"""Polymers that a table names by their monomers: ``monomer_a`` and ``monomer_b``, or ``monomers`` with a plus sign between them,
and ``reaction`` where several are possible. The rules that make pools make them here as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rdkit import Chem, rdBase

from campaigns.tables.polymers import NoPolymer
from discovery.polymers.monomers import Monomer
from discovery.polymers.polymerisation import every_product
from discovery.polymers.repeat_unit import RepeatUnit
from discovery.polymers.space import MonomerSpace

_SEPARATOR = " + "


def polymer_of_monomers(cells: Mapping[str, str], names: Sequence[str]) -> RepeatUnit | NoPolymer:
    """The only polymer that the rules make of the monomers of a row, all of them taking part.

    Args:
        cells: By the names of :data:`campaigns.tables.titles.MONOMER_COLUMNS`.
        names: Of these columns, in their order.
    """
    given: list[tuple[str, int]] = []
    for place, name in enumerate(names):
        if name == "monomers":
            given += [(text.strip(), place) for text in cells[name].split(_SEPARATOR) if text.strip()]
        elif name != "reaction" and cells[name]:
            given.append((cells[name], place))
    if not given:
        return NoPolymer("the cell is empty.", "Write the monomer's SMILES, such as C=Cc1ccccc1.")
    if len(given) > 2:
        return NoPolymer(
            f"names {len(given)} monomers, and a repeat unit is made of one or two.",
            "Write the repeat unit into a column psmiles.",
        )
    molecules: dict[str, str] = {}
    for text, place in given:
        canonical = _canonical(text)
        if not canonical:
            fault = f"{text!r} is not the SMILES of a monomer."
            return NoPolymer(fault, "Write a molecule without attachment points, such as C=Cc1ccccc1.", place)
        molecules[canonical] = text
    return _made(molecules, cells.get("reaction", ""), names)


def _made(molecules: Mapping[str, str], reaction: str, names: Sequence[str]) -> RepeatUnit | NoPolymer:
    dropped: Counter[str] = Counter()
    monomers = [Monomer(smiles) for smiles in molecules]
    space = MonomerSpace(monomers, copolymers=len(monomers) == 2, dropped=dropped)
    made: dict[RepeatUnit, str] = {}
    others: set[str] = set()
    for candidate in every_product(space, dropped=dropped):
        way = candidate.provenance
        # what a monomer makes alone is not what the pair makes
        if way is None or not set(molecules) <= set(way.monomers):
            continue
        if reaction and not _is_meant(reaction, way.reaction, way.polymer_class):
            others.add(way.reaction)
            continue
        made.setdefault(candidate.unit, way.reaction)
    called = _SEPARATOR.join(molecules.values())
    if not made and others:
        return NoPolymer(
            f"{reaction!r} is not what {called} does.",
            f"Leave it empty, or write one of: {'; '.join(sorted(others))}.",
            list(names).index("reaction"),
        )
    if not made:
        reasons = "; ".join(sorted(dropped)) or "they do not react with one another"
        return NoPolymer(
            f"no rule makes a linear polymer of {called} ({reasons}).",
            "Write its repeat unit into a column psmiles.",
        )
    if len(made) > 1:
        shown = "; ".join(f"{unit.psmiles} ({how})" for unit, how in made.items())
        return NoPolymer(
            f"{called} makes {len(made)} polymers: {shown}.",
            "Say which in a column reaction, or write the repeat unit into a column psmiles.",
        )
    return next(iter(made))


def _canonical(text: str) -> str:
    with rdBase.BlockLogs():  # the fault tells it
        mol = Chem.MolFromSmiles(text)
    if mol is None or not mol.GetNumAtoms() or any(not atom.GetAtomicNum() for atom in mol.GetAtoms()):
        return ""
    return str(Chem.MolToSmiles(mol))


def _is_meant(said: str, reaction: str, polymer_class: str) -> bool:
    word = said.strip().casefold()
    return word in (reaction.casefold(), polymer_class.casefold()) or word in reaction.casefold()
