"""Every way in which a text can fail to be a linear homopolymer's repeat unit, each with a name.

All are children of :class:`discovery.errors.PolymerError`. The message quotes the text and points at the
atom; the hint says what to write instead. ``kind`` is a short stable word for counting ("unparsable", "one
attachment point", ...).
"""

from __future__ import annotations

import re
from typing import ClassVar

from discovery.errors import PolymerError

_ATOM_TOKEN = re.compile(r"\[[^\]]*\]|Br|Cl|[BCNOPSFIbcnops*]")


def place_of(text: str, index: int) -> str:
    """Where atom ``index`` stands in a SMILES, for a message: RDKit numbers atoms in the order they are written."""
    for number, token in enumerate(_ATOM_TOKEN.finditer(text)):
        if number == index:
            return f"atom {index} {token.group()}, character {token.start() + 1}"
    return f"atom {index}"


class NotARepeatUnitError(PolymerError):
    """A text that is not the repeat unit of a linear homopolymer.

    Args:
        text: What was read.
        what: What is wrong with it, as a phrase that follows the quoted text.
        hint: What to do instead; each child has its own default.
    """

    kind: ClassVar[str] = "not a repeat unit"
    way_out: ClassVar[str] = "Write one repeat unit with two attachment points, such as *CC(*)c1ccccc1."

    def __init__(self, text: object, what: str, hint: str = "") -> None:
        shown = repr(text)
        if len(shown) > 120:
            shown = f"{shown[:100]}...{shown[-10:]}"
        super().__init__(f"{shown} {what}", hint or self.way_out)
        self.text = text
        self.what = what


class UnparsableUnitError(NotARepeatUnitError):
    """Not SMILES at all, or SMILES with an impossible valence or ring; the position is in the message."""

    kind = "unparsable"
    way_out = "Correct the SMILES at that position; attachment points are written * or [*]."


class NoAttachmentPointError(NotARepeatUnitError):
    """A molecule, not a repeat unit."""

    kind = "no attachment point"
    way_out = "Mark both ends of the repeat unit with *, or use a table of monomers if these are molecules."


class OneAttachmentPointError(NotARepeatUnitError):
    """An end group, not a repeat unit."""

    kind = "one attachment point"
    way_out = "Mark the other end of the repeat unit with * too."


class TooManyAttachmentPointsError(NotARepeatUnitError):
    """A branched or network polymer."""

    kind = "three or more attachment points"
    way_out = "Leave exactly two *: only linear homopolymers are covered, no branched polymers or networks."


class LadderPolymerError(TooManyAttachmentPointsError):
    """Four attachment points: two strands, so a ladder polymer."""

    kind = "ladder"
    way_out = "Ladder polymers, whose units are joined by two bonds, are not covered: leave this one out."


class StarBondedToStarError(NotARepeatUnitError):
    """Two attachment points with nothing between them."""

    kind = "star bonded to star"
    way_out = "Put the atoms of the repeat unit between the two *."


class StarInRingError(NotARepeatUnitError):
    """An attachment point that is a ring atom."""

    kind = "star in a ring"
    way_out = "Bond each * to one atom of the unit, outside every ring."


class MalformedAttachmentPointError(NotARepeatUnitError):
    """An attachment point with a charge, hydrogens, several neighbours, or a bond of an unusual kind."""

    kind = "malformed attachment point"
    way_out = "Write each attachment point as a plain * with one bond to the unit."


class UnusualBondError(NotARepeatUnitError):
    """A bond that is neither single, double, triple nor part of an aromatic ring."""

    kind = "unusual bond"
    way_out = (
        "Write single, double, triple or ring-aromatic bonds: any (~) and dative (->) ones are not covered."
    )


class UncappableUnitError(NotARepeatUnitError):
    """An end that no finite piece of the chain can have, such as a triple bond to an oxygen without charge."""

    kind = "cannot be capped"
    way_out = "Cut the chain at a single bond between two atoms of usual valence."


class UnequalStarBondsError(NotARepeatUnitError):
    """The bond at one end cannot be the bond at the other."""

    kind = "unequal star bonds"
    way_out = "The bond that leaves one unit enters the next: give both * the same bond order."


class DisconnectedUnitError(NotARepeatUnitError):
    """Several pieces: a copolymer, a blend, or a counter-ion."""

    kind = "disconnected"
    way_out = "Give one connected repeat unit: copolymers, blends and free counter-ions are not covered."


class TooLargeUnitError(NotARepeatUnitError):
    """More heavy atoms than any repeat unit worth modelling."""

    kind = "too large"
    way_out = "Give the repeat unit, not the whole chain."
