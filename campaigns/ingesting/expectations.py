"""Values that nobody expected: of polymers that were never proposed, and far from what a round predicted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from campaigns.ledger.measurements import Property
from campaigns.ledger.proposals import Proposal
from campaigns.ledger.result_rows import LedgerView, ResultRow
from campaigns.reports.wording import counted
from campaigns.tables import Remark
from campaigns.units import quantity_text
from discovery.surrogate.scale import Scale

FAR = 8.0
"""Standard deviations of a prediction from which on a value is told as far from it."""

NAMED = 3
"""Lines that a sentence about many of them names."""

_Z95 = 1.959964
"""Half the width of a 95 % interval of a normal distribution, in standard deviations."""


def never_proposed(
    added: Iterable[Sequence[ResultRow]], view: LedgerView, word: str, *, each: bool
) -> list[Remark]:
    """What is told of new values of polymers that no round proposed: one sentence, since they are nothing unusual in a table of
    other measurements; in a form, where they are rather slips, one for each.

    Args:
        added: New results of each property.
        view: Of the ledger before them.
        word: What lines count.
        each: Whether the table is a form.
    """
    proposed = {proposal.unit.key for proposal in view.proposals.values()}
    lines = {row.line: row for rows in added for row in rows if row.unit.key not in proposed}
    if each:
        return [
            Remark(
                "never-proposed",
                f"{word.capitalize()} {line}: {row.name or row.unit.psmiles} was never proposed.",
                line,
            )
            for line, row in sorted(lines.items())
        ]
    if not lines:
        return []
    first = ", ".join(map(str, sorted(lines)[:NAMED]))
    rest = f" and {len(lines) - NAMED:,} more" if len(lines) > NAMED else ""
    of, places = ("is of a polymer", word) if len(lines) == 1 else ("are of polymers", f"{word}s")
    verb = "was" if len(lines) == 1 else "were"
    text = f"{counted(len(lines), 'row')} {of} that {verb} never proposed ({places} {first}{rest})."
    return [Remark("never-proposed", text)]


def far_from_prediction(
    rows: Sequence[ResultRow], proposals: Iterable[Proposal], of: Property, word: str
) -> list[Remark]:
    """A sentence for each new value more than :data:`FAR` standard deviations from what the round of its proposal predicted for
    the next measurement; where no proposal is named, the latest of its polymer. A limit is told where even it is that far off on
    its far side.

    Args:
        rows: New results of the property.
        proposals: In order of rounds.
        of: The property.
        word: What lines count.
    """
    by_id = {proposal.id: proposal for proposal in proposals}
    by_polymer = {proposal.unit.key: proposal for proposal in by_id.values()}
    told = []
    for row in rows:
        named = by_id.get(row.proposal_id or "")
        proposal = named if named is not None else by_polymer.get(row.unit.key)
        predicted = None if proposal is None else proposal.predictions.get(of.name)
        if proposal is None or predicted is None or row.value is None:
            continue
        if of.scale is Scale.LOG and min(predicted.lower, predicted.mean) <= 0:
            continue  # predicted before the property was modelled on a logarithmic scale
        low, middle, high = (of.scale.on(x) for x in (predicted.lower, predicted.mean, predicted.upper))
        sigma = (high - low) / (2 * _Z95)
        off = of.scale.on(row.value) - middle
        if (row.bound == "above" and off < 0) or (row.bound == "below" and off > 0):
            continue
        if sigma > 0 and abs(off) > FAR * sigma:
            text = (
                f"{word.capitalize()} {row.line}: {proposal.id} has {of.name} {quantity_text(row.value, of.unit)}, "
                f"{abs(off) / sigma:.0f} standard deviations from the {predicted.mean:.4g} that round {proposal.round} "
                f"predicted ({predicted.lower:.4g} to {predicted.upper:.4g}). Check: is it a slip of the unit or of a digit?"
            )
            told.append(Remark("far-from-prediction", text, row.line))
    return told
