"""Values that come again after they were corrected or retracted: what became of them, and how they are taken after all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from campaigns.ledger.measurements import Property, measurement_id
from campaigns.ledger.result_rows import TakenBack
from campaigns.tables import Remark
from campaigns.units import quantity_text


def taken_back(found: Iterable[TakenBack], properties: Iterable[Property], word: str) -> list[Remark]:
    """A sentence for each row that says what a measurement said that was taken back.

    Args:
        found: The rows.
        properties: Of the table.
        word: What lines count.
    """
    by_name = {of.name: of for of in properties}
    return [_remark(each, by_name, word) for each in found]


def _remark(row: TakenBack, properties: Mapping[str, Property], word: str) -> Remark:
    unit = properties[row.objective].unit
    value, old = quantity_text(row.value, unit), measurement_id(row.measurement)
    beginning = f"{word.capitalize()} {row.line}: {value}"
    if row.standing is None or row.standing_value is None:
        why = f": {row.reason}" if row.reason else ""
        text = (
            f"{beginning} is {old}, which was retracted{why.rstrip('.')}. It is not taken again; if it is right after all, say "
            f"polyloop retract DIR --undo {old} --reason WHY."
        )
        return Remark("known-but-retracted", text, row.line)
    standing = f"{measurement_id(row.standing)} ({quantity_text(row.standing_value, unit)})"
    if row.again:
        text = f"{beginning}, which {old} had said before, takes the place of {standing}."
        return Remark("corrected-back", text, row.line)
    way_out = f"polyloop correct DIR {measurement_id(row.standing)} --value {row.value:.10g} --reason WHY"
    if row.by_corrections:
        way_out = "--corrections"
    text = f"{beginning} is {old}, which {standing} replaced. It is not taken again; say {way_out} if it is right after all."
    return Remark("known-but-replaced", text, row.line)
