"""What makes two measurements the same fact, and how a row of a table is written down as one.

Polymer, property, value, whether it is a limit, standard error, number of specimens and reference; name and note are remarks on a
fact, and which proposal it answers follows from the polymer.
"""

from __future__ import annotations

from hashlib import blake2b

from campaigns.ledger.measurements import Property
from campaigns.ledger.result_rows import ResultRow


def content_of(row: ResultRow, zero: float, scale: float) -> str:
    """Hash of what makes two measurements the same fact; empty for a row without value.

    Args:
        row: Of a table of results.
        zero: With ``scale`` what takes its value to base units, see :func:`campaigns.units.to_base_units`.
        scale: See ``zero``.
    """
    if row.value is None:
        return ""
    # In base units, so that a fact is known again after the spec's unit has changed; ten digits: enough to
    # tell measurements apart, few enough to forgive the rounding of a conversion.
    value = f"{zero + scale * row.value:.9e}"
    sem = "" if row.sem is None else f"{scale * row.sem:.9e}"
    texts = [row.unit.key, row.objective, value, sem, str(row.n), row.reference]
    if row.bound:  # nothing is added to a value, so that facts of before there were limits are known again
        texts.append(row.bound)
    return blake2b("\x1f".join(texts).encode(), digest_size=16).hexdigest()


def measurement_values(
    command: int, row: ResultRow, of: Property, proposal_id: str | None, content: str, copy: int
) -> dict[str, object]:
    """A measurement, as a row of its table."""
    return {
        "command_id": command,
        "unit_key": row.unit.key,
        "objective": of.name,
        "value": row.value,
        "unit_of_measure": of.unit,
        "sem": row.sem,
        "n": row.n,
        "name": row.name,
        "reference": row.reference,
        "note": row.note,
        "line": row.line,
        "proposal_id": proposal_id,
        "content": content,
        "copy": copy,
        "bound": row.bound,
        "written": row.written,
    }
