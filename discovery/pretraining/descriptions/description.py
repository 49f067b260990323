"""A polymer in words, who wrote it, and the file that descriptions are kept in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from discovery.errors import PretrainingError
from discovery.polymers import RepeatUnit

TEMPLATE = "template"

_COLUMNS = ("key", "psmiles", "description", "maker", "remarks")


@dataclass(frozen=True, slots=True)
class Description:
    """A text about one polymer, and where it is from."""

    unit: RepeatUnit
    text: str
    maker: str = TEMPLATE
    """``template``, or the model that wrote it."""
    remarks: str = ""
    """Why a model's text was not taken, or which of its numbers are on no list; empty where all is well."""


def write_descriptions(path: Path, descriptions: Sequence[Description]) -> None:
    """Write Parquet with the columns ``key``, ``psmiles``, ``description``, ``maker`` and ``remarks``."""
    columns = {
        "key": [d.unit.key for d in descriptions],
        "psmiles": [d.unit.psmiles for d in descriptions],
        "description": [d.text for d in descriptions],
        "maker": [d.maker for d in descriptions],
        "remarks": [d.remarks for d in descriptions],
    }
    part = path.with_name(path.name + ".part")
    pq.write_table(pa.table(columns), part, compression="zstd")
    part.replace(path)


def read_descriptions(path: Path) -> list[Description]:
    """What :func:`write_descriptions` wrote, in its order.

    Raises:
        PretrainingError: When the file is missing, cannot be read, or lacks a column.
    """
    again = "Make it again with polyloop pretrain describe."
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise PretrainingError(f"The descriptions {path} cannot be read: {error}", again) from error
    lacking = [name for name in _COLUMNS if name not in table.column_names]
    if lacking:
        raise PretrainingError(f"{path} lacks the columns {', '.join(lacking)}.", again)
    rows = zip(*(table[name].to_pylist() for name in _COLUMNS), strict=True)
    return [
        Description(RepeatUnit(psmiles, key), text or "", maker or "", remarks or "")
        for key, psmiles, text, maker, remarks in rows
    ]


def texts_by_key(descriptions: Iterable[Description]) -> dict[str, tuple[str, ...]]:
    """Texts by key of the repeat unit; a unit may have several."""
    texts: dict[str, tuple[str, ...]] = {}
    for each in descriptions:
        if each.text:
            texts[each.unit.key] = (*texts.get(each.unit.key, ()), each.text)
    return texts


def makers(descriptions: Iterable[Description]) -> dict[str, int]:
    """How many descriptions each maker wrote; of those by template, how many stand for a rejected text of a model."""
    found = Counter(
        f"{each.maker}, in place of a rejected text"
        if each.maker == TEMPLATE and each.remarks
        else each.maker
        for each in descriptions
    )
    return dict(sorted(found.items()))
