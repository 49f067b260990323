"""Sets of monomers that may have made a chain: for each polymerisation rule, the disconnections that undo it.

One monomer: one break per repeat, and the piece between it and the next is the monomer that has reacted. Two monomers:
two breaks per repeat with opposite faces, and two pieces. These are guesses; the rules decide
(:mod:`discovery.polymers.retrosynthesis`). A further rule needs a further function here, if none of these undoes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product

from discovery.polymers import precursors
from discovery.polymers.disconnections import Break, Face, Piece, Strand
from discovery.polymers.precursors import BROMINE, CHLORINE, FLUORINE, HYDROGEN, IODINE, NITROGEN, OXYGEN
from discovery.polymers.space import CARBONYL_SOURCE


def proposals(strand: Strand, copolymers: bool) -> Iterator[tuple[str, ...]]:
    """Sets of monomers that may make the chain, as canonical SMILES, each once.

    Args:
        strand: The chain.
        copolymers: Also two olefins, hydroxy acids or amino acids in turn.
    """
    proposed: set[frozenset[str]] = set()
    for monomers in _with_gaps(strand, copolymers):
        if all(monomers) and frozenset(monomers) not in proposed:
            proposed.add(frozenset(monomers))
            yield monomers


def _with_gaps(strand: Strand, copolymers: bool) -> Iterator[tuple[str, ...]]:
    """Proposals, in which "" stands for a monomer that there is none of."""
    yield from _carbon_chains(strand)
    yield from _one_monomer(strand)
    yield from _two_monomers(strand)
    if copolymers:
        yield from _alternating(strand)


def _carbon_chains(strand: Strand) -> Iterator[tuple[str, ...]]:
    """Vinyl monomers, cyclic olefins by addition and by metathesis, conjugated dienes."""
    if not strand.is_carbon:
        return
    period = len(strand.path)
    if period in _OLEFIN_PERIODS:
        for cut in strand.breaks[:1]:
            yield from _each(precursors.olefins(strand.piece(cut, cut, _OLEFIN_PERIODS[period])))
    for cut in strand.breaks:
        if period == _DIENE_ATOMS:
            yield (precursors.diene(strand.piece(cut, cut, 1)),)
        if set(cut.faces) == {Face.VINYLENE, Face.CARBON}:
            # Two repeats of polybutadiene or the like close to a cyclooctadiene.
            for periods in (1, 2) if period == _DIENE_ATOMS else (1,):
                yield from _each(precursors.cycloolefins(strand.piece(cut, cut, periods)))


def _each(monomers: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return ((monomer,) for monomer in monomers)


#: Ethylene's chain repeats after one backbone atom: periods in a monomer by backbone atoms in a period.
_OLEFIN_PERIODS = {1: 2, 2: 1}
_OLEFIN_ATOMS = 2
_DIENE_ATOMS = 4
_EPOXIDE_ATOMS = 3
#: Of a 1,2-diol's residue.
_GLYCOL_ATOMS = 4
#: O-C-C=O: two repeats of such a chain close to a six-membered cyclic diester.
_GLYCOLIDE_ATOMS = 3
_PHENYLENE_OXIDE_ATOMS = 5
#: From halide to halide of a diaryl sulfone or ketone; less where a further bond joins the two rings.
_DIARYL_ATOMS = 9


def _one_monomer(strand: Strand) -> Iterator[tuple[str, ...]]:
    period = len(strand.path)
    for cut in strand.breaks:
        faces = set(cut.faces)
        if faces == {Face.OXY, Face.CARBON} and period == _EPOXIDE_ATOMS:
            yield (precursors.ring(strand.piece(cut, cut, 1)),)
        if faces == {Face.OXY, Face.ACYL} and period == _GLYCOLIDE_ATOMS:
            yield (precursors.ring(strand.piece(cut, cut, 2)),)
        if faces in _AB:
            piece = strand.piece(cut, cut, 1)
            yield (precursors.ring(piece),)
            ends = [OXYGEN if face == Face.ACYL else HYDROGEN for face in reversed(cut.faces)]
            yield (precursors.capped(piece, *ends),)
        if Face.OXY in faces and faces & _ARYL and period == _PHENYLENE_OXIDE_ATOMS:
            yield (precursors.capped(strand.piece(cut, cut, 1), HYDROGEN, HYDROGEN),)


_AB = ({Face.OXY, Face.ACYL}, {Face.AMINO, Face.ACYL})
_ARYL = {Face.ARYL, Face.ACTIVATED}


def _two_monomers(strand: Strand) -> Iterator[tuple[str, ...]]:
    for first, second, build in _PAIRS:
        # The first monomer's piece shows ``first`` at both ends, the second's ``second``.
        openings = [cut for cut in strand.breaks if cut.faces == (second, first)]
        closings = [cut for cut in strand.breaks if cut.faces == (first, second)]
        for opening in openings:
            for closing in closings:
                yield from build(strand, opening, closing)


def _pieces(strand: Strand, opening: Break, closing: Break, periods: int = 1) -> tuple[Piece, Piece]:
    """The piece from ``opening`` to the next ``closing``, and the rest of ``periods`` periods."""
    over = int(closing.place <= opening.place)
    return strand.piece(opening, closing, over), strand.piece(closing, opening, periods - over)


def _polyester(strand: Strand, opening: Break, closing: Break) -> Iterator[tuple[str, ...]]:
    acyls, glycol = _pieces(strand, opening, closing)
    if glycol.span == _GLYCOL_ATOMS:
        yield precursors.anhydride(acyls), precursors.epoxide(glycol)
    yield from _from_diacids(acyls, glycol)


def _polyamide(strand: Strand, opening: Break, closing: Break) -> Iterator[tuple[str, ...]]:
    yield from _from_diacids(*_pieces(strand, opening, closing))


def _from_diacids(acyls: Piece, others: Piece) -> Iterator[tuple[str, ...]]:
    if others.span > 1:
        partner = precursors.capped(others, HYDROGEN, HYDROGEN)
        for leaving in (OXYGEN, CHLORINE, BROMINE):
            yield precursors.capped(acyls, leaving, leaving), partner


def _polycarbonate(strand: Strand, opening: Break, closing: Break) -> Iterator[tuple[str, ...]]:
    carbonyl, diol = _pieces(strand, opening, closing)
    if carbonyl.span == 1 and diol.span > 1:
        yield precursors.capped(diol, HYDROGEN, HYDROGEN), CARBONYL_SOURCE.smiles


def _polyurethane(strand: Strand, opening: Break, closing: Break) -> Iterator[tuple[str, ...]]:
    carbamoyls, diol = _pieces(strand, opening, closing)
    if carbamoyls.span > 1 and diol.span > 1:
        yield precursors.diisocyanate_of_urethane(carbamoyls), precursors.capped(diol, HYDROGEN, HYDROGEN)


def _polyimide(strand: Strand, opening: Break, closing: Break) -> Iterator[tuple[str, ...]]:
    imides, residue = _pieces(strand, opening, closing)
    if imides.span > 1:
        yield precursors.dianhydride(imides), precursors.capped(residue, NITROGEN, NITROGEN)


def _polyoxazolidone(strand: Strand, opening: Break, closing: Break) -> Iterator[tuple[str, ...]]:
    rings, residue = _pieces(strand, opening, closing)
    if rings.span > 1:
        ends = [precursors.carbonyl_element(rings, end) for end in (rings.last, rings.first)]
        yield precursors.diepoxide(rings), precursors.diisocyanate_of_residue(residue, *ends)


def _polyarylether(strand: Strand, opening: Break, closing: Break) -> Iterator[tuple[str, ...]]:
    over = int(closing.place <= opening.place)
    span = strand.span(opening, closing, over)
    if not 1 < span <= _DIARYL_ATOMS:
        return
    # With the bisphenol of the same ketone or sulfone every ether is alike: the chain repeats after half of both monomers.
    periods = 2 if len(strand.path) - span == 1 else 1
    diaryl, diol = _pieces(strand, opening, closing, periods)
    for halogen in (FLUORINE, CHLORINE, BROMINE, IODINE):
        yield precursors.capped(diaryl, halogen, halogen), precursors.capped(diol, HYDROGEN, HYDROGEN)


_Build = Callable[[Strand, Break, Break], Iterator[tuple[str, ...]]]
_PAIRS: tuple[tuple[Face, Face, _Build], ...] = (
    (Face.ACYL, Face.OXY, _polyester),
    (Face.ACYL, Face.AMINO, _polyamide),
    (Face.CARBONATE, Face.OXY, _polycarbonate),
    (Face.CARBAMOYL, Face.OXY, _polyurethane),
    (Face.IMIDE, Face.CARBON, _polyimide),
    (Face.OXAZOLIDONE, Face.CARBON, _polyoxazolidone),
    (Face.ACTIVATED, Face.OXY, _polyarylether),
)


def _alternating(strand: Strand) -> Iterator[tuple[str, ...]]:
    """Two olefins, hydroxy acids or amino acids in turn."""
    for start, stop in combinations(strand.breaks, 2):
        if strand.is_carbon and len(strand.path) == 2 * _OLEFIN_ATOMS:
            if strand.span(start, stop, 0) == _OLEFIN_ATOMS:
                yield from product(*map(precursors.olefins, _pieces(strand, start, stop)))
        elif start.faces == stop.faces and set(start.faces) in _AB:
            ends = [OXYGEN if face == Face.ACYL else HYDROGEN for face in reversed(start.faces)]
            yield tuple(precursors.capped(piece, *ends) for piece in _pieces(strand, start, stop))
