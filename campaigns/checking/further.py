"""Columns that a check can add to the cleaned table: how a polymer can be made, what a monomer can be made into."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from campaigns.checking.columns import KEPT
from campaigns.checking.report import Further
from discovery.polymers import Monomer, RepeatUnit


class FurtherColumns:
    """Finds out something of each chain, and counts it.

    Args:
        titles: Of the columns.
        find: For a canonical text, the cells and the names to count it by; no name where nothing is known of it.
    """

    def __init__(
        self, titles: tuple[str, ...], find: Callable[[str], tuple[tuple[str, ...], tuple[str, ...]]]
    ) -> None:
        self.titles = titles
        self._find = find
        self._covered = 0
        self._counts: Counter[str] = Counter()
        self._uncovered: list[str] = []

    def cells(self, canonical: str) -> tuple[str, ...]:
        """The cells of one more chain."""
        cells, names = self._find(canonical)
        self._covered += bool(names)
        self._counts.update(names)
        if not names and len(self._uncovered) < KEPT:
            self._uncovered.append(canonical)
        return cells

    def report(self) -> Further:
        """What was found out of all of them."""
        return Further(self.titles, self._covered, dict(self._counts.most_common()), tuple(self._uncovered))


def routes_of_polymers() -> FurtherColumns:
    """The first way in which a rule makes each chain: its monomers and the reaction."""
    from discovery.polymers.retrosynthesis import routes

    def find(psmiles: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        found = routes(RepeatUnit.parse(psmiles))
        if not found:
            return ("", ""), ()
        way = found[0].provenance
        return (" + ".join(way.monomers), way.reaction), (way.reaction,)

    return FurtherColumns(("monomers", "reaction"), find)


def classes_of_molecules() -> FurtherColumns:
    """The classes of monomers that each molecule is in, in words; known is one that a rule of polymerisation uses."""
    from discovery.polymers import monomer_classes
    from discovery.polymers.classification import CLASS_WORDS
    from discovery.polymers.reactions import rule_book

    rules = rule_book().classes

    def find(smiles: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        classes = monomer_classes(Monomer(smiles))
        words = tuple(dict.fromkeys(CLASS_WORDS.get(name, name) for name in classes))
        # Some classes only tell a chemist which initiator to take: no rule starts from them.
        used = any(name in rules for name in classes)
        return ("; ".join(words),), words if used else ()

    return FurtherColumns(("classes",), find)
