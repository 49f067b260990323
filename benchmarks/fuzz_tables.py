"""Hostile tables in all formats that polyloop reads."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Sequence
from random import Random

from fuzz_cells import cell, mutated, title
from fuzz_valid import POLYMERS, workbook, workbook_parts, zipped
from fuzz_words import FORMULAS, TEXTS


def rows(rng: Random) -> list[list[str]]:
    """A table of hostile cells; most have the columns that a table of results needs, some mistakes in few cells."""
    mild = rng.random() < 0.65
    titles = [title(rng) for _ in range(rng.randint(0, 2 if mild else 6))]
    if rng.random() < 0.85:
        titles = ["psmiles", rng.choice(("tg", "tg [degC]", "density", "tg [K]")), *titles]
    if rng.random() < 0.1:
        titles = ["proposal_id", "psmiles", "tg", "corrects", "status"]
    if mild or rng.random() < 0.5:
        titles = list(dict.fromkeys(titles))
    table = [titles]
    for _ in range(rng.choice((0, 1, 2, 3, 5, 8))):
        line = []
        for name in titles:
            if mild and rng.random() < 0.94:
                line.append(_fitting(rng, name))
            else:
                line.append(cell(rng))
        if rng.random() < 0.02:
            line = line[: rng.randint(0, len(line))] or [cell(rng)]
        if rng.random() < 0.02:
            line += [cell(rng)]
        table.append(line)
    return table


def _fitting(rng: Random, name: str) -> str:
    key = name.strip().casefold()
    if key == "psmiles":
        return rng.choice(POLYMERS)
    if key.startswith(("tg_n", "n")) and key in ("tg_n", "n"):
        return rng.choice(("1", "3", ""))
    if key.startswith("tg"):
        return rng.choice(("373", "400.5", "", ">350", f"{rng.uniform(100, 600):.2f}"))
    if key.startswith("density"):
        return rng.choice(("1.1", "0.95", "", "<1.2"))
    if key in ("name", "reference", "note"):
        return rng.choice((*FORMULAS, *TEXTS))
    return ""


def written(rng: Random, table: Sequence[Sequence[str]]) -> tuple[str, bytes]:
    """The table in one format and encoding: name of the file, and its bytes."""
    form = rng.random()
    if form < 0.12:
        return "x.xlsx", _as_workbook(rng, table)
    if form < 0.24:
        return "x.parquet", _as_parquet(rng, table)
    separator = rng.choice(",,,,,,;;\t\t|")
    quoted = rng.random() < 0.8
    end = rng.choice(("\n",) * 6 + ("\r\n", "\r\n", "\r", "\n\n", "\x85", "\u2028"))

    def one(text: str) -> str:
        risky = any(c in text for c in f'{separator}"\r\n')
        return '"' + text.replace('"', '""') + '"' if quoted and risky else text

    text = end.join(separator.join(map(one, line)) for line in table) + rng.choice(
        ("",) * 8 + ("\n",) * 8 + ('"', "\0")
    )
    encoding = rng.choice(
        ("utf-8",) * 8
        + ("utf-8-sig", "utf-16", "utf-16", "utf-16-be", "utf-32", "cp1252", "latin-1", "cp037", "utf-7")
    )
    content = text.encode(encoding, "replace")
    name = rng.choice(("x.csv",) * 8 + ("x.tsv", "x.tsv", "x.txt", "x.csv.gz", "x.smi"))
    return name, gzip.compress(content, 1, mtime=0) if name.endswith(".gz") else content


def _as_workbook(rng: Random, table: Sequence[Sequence[str]]) -> bytes:
    cells: list[list[object]] = []
    for line in table:
        cells.append([_typed(rng, text) for text in line])
    if rng.random() < 0.6:
        return workbook(cells)
    parts = workbook_parts(cells)
    name = rng.choice(sorted(parts))
    change = rng.random()
    if change < 0.6:
        parts[name] = mutated(
            rng, parts[name], (b"</c>", b'<c r="XFD1048576"><v>1</v></c>', b'r="A0"', b't="s"', b't="d"')
        )
    elif change < 0.8:
        del parts[name]
    else:  # packed a thousandfold
        parts["xl/worksheets/sheet1.xml"] += b" " * rng.choice((10**5, 10**6, 2 * 10**7))
    return zipped(parts)


def _typed(rng: Random, text: str) -> object:
    try:
        return float(text) if rng.random() < 0.7 and text.isascii() else text
    except ValueError:
        return text


def _as_parquet(rng: Random, table: Sequence[Sequence[str]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    titles, lines = table[0], table[1:]
    columns = []
    for place in range(len(titles)):
        cells = [line[place] if place < len(line) else None for line in lines]
        columns.append(_column(rng, cells))
    out = io.BytesIO()
    try:
        pq.write_table(pa.table(columns, names=list(titles)), out)
    except (pa.ArrowException, ValueError):  # a title or a type that Parquet itself does not take
        pq.write_table(pa.table({"psmiles": ["*CC*"], "tg": [1.0]}), out)
    return out.getvalue()


def _column(rng: Random, cells: Sequence[str | None]) -> object:
    import pyarrow as pa

    texts = pa.array(cells, pa.string())
    many: tuple[Callable[[], object], ...] = (
        lambda: pa.array([None if c is None else c.encode() for c in cells], pa.binary()),
        lambda: pa.array(
            [rng.choice((float("nan"), float("inf"), 1e308, None)) for _ in cells], pa.float64()
        ),
        lambda: pa.array([rng.choice((2**63 - 1, -(2**63), 0, None)) for _ in cells], pa.int64()),
        lambda: pa.array([rng.choice((2**63 - 1, -(2**63), 0)) for _ in cells], pa.timestamp("ns")),
        lambda: pa.array([rng.choice((2**62, -(2**62), 0)) for _ in cells], pa.timestamp("s", "Mars/Base")),
        lambda: pa.array([rng.choice((2**31 - 1, -(2**31), 0)) for _ in cells], pa.date32()),
        lambda: pa.array([2**62 for _ in cells], pa.duration("s")),
        lambda: pa.array([[c, None] for c in cells], pa.list_(pa.string())),
        lambda: pa.array([{"psmiles": c} for c in cells], pa.struct([("psmiles", pa.string())])),
        lambda: texts.dictionary_encode(),
        lambda: pa.nulls(len(cells)),
        lambda: pa.array([bool(c) for c in cells]),
        lambda: pa.array([b"\xff\xfe" for _ in cells], pa.binary()).view(pa.string()),
    )
    return texts if rng.random() < 0.6 else rng.choice(many)()
