"""proposals.csv: the form on which a round tells the scientist what to make, and which comes back filled in.

The first columns are ours to write; ``status``, the column of the property and ``note`` are the scientist's.
The filled-in file is read by :func:`campaigns.tables.read_results`.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from campaigns.errors import TableError
from campaigns.ledger.records import Property, Proposal
from campaigns.tables.estimated import estimate_cells, titles_of

if TYPE_CHECKING:
    import pandas as pd

    from discovery.physics import Estimates

# A spreadsheet runs a cell that begins with one of these as a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

_NUMBERS = ("sa_score", "cost", "mean", "lower", "upper")


def form_titles(objective: Property, estimated: Sequence[str] = ()) -> list[str]:
    """The header of the form for one property; the unit stands beside its name, so that nobody answers in another.

    Args:
        objective: The property.
        estimated: Titles of the columns of physics estimates.
    """
    unit = f" [{objective.unit}]" if objective.unit else ""
    ours = [
        "proposal_id",
        "rank",
        "psmiles",
        "name",
        "monomers",
        "reaction",
        "makeable",
        "sa_score",
        "cost",
        f"{objective.name}_predicted{unit}",
        "lower_95",
        "upper_95",
        *estimated,
        "reason",
    ]
    return [*ours, "status", f"{objective.name}{unit}", "note"]


def write_proposals(
    path: Path, proposals: Sequence[Proposal], objective: Property, estimates: Estimates | None = None
) -> None:
    """Writes the form, whole or not at all: a reader never sees half of it.

    Args:
        path: File to write; an older one is replaced.
        proposals: In order of rank; their numbers are in the objective's unit.
        objective: The property.
        estimates: Of the proposals, in their order, to stand beside the predictions.

    Raises:
        TableError: The file cannot be written.
    """
    with _replaced(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(form_titles(objective, titles_of(estimates)))
        writer.writerows(_cells(p, estimate_cells(estimates, row)) for row, p in enumerate(proposals))


def proposals_frame(proposals: Sequence[Proposal]) -> pd.DataFrame:
    """Proposals as a data frame with numbers as numbers; given a column of values, it can be ingested like the form.

    Returns:
        Columns ``rank``, ``proposal_id``, ``psmiles``, ``name``, ``monomers``, ``reaction``, ``makeable`` (whether a
        polymerisation rule makes it), ``sa_score`` (synthetic accessibility, 1 easy to 10), ``cost`` (of one gram of its
        monomers), ``mean``, ``lower``, ``upper`` (95 % bounds of the next measurement), ``reason``; a number that is not
        known is NaN.
    """
    import pandas as pd

    rows = [
        {
            "rank": p.rank,
            "proposal_id": p.id,
            "psmiles": p.unit.psmiles,
            "name": p.name,
            "monomers": " + ".join(p.monomers),
            "reaction": p.reaction,
            "makeable": bool(p.reaction),
            **{name: getattr(p, name) for name in _NUMBERS},
            "reason": p.reason,
        }
        for p in proposals
    ]
    columns = [
        *("rank", "proposal_id", "psmiles", "name", "monomers", "reaction", "makeable"),
        *_NUMBERS,
        "reason",
    ]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(_NUMBERS, float))


def _cells(proposal: Proposal, estimated: Sequence[str]) -> list[str]:
    p = proposal
    texts = [p.name, " + ".join(p.monomers), p.reaction]
    makeable = "yes" if p.reaction else "no rule known"
    sa_score = "" if p.sa_score is None else f"{p.sa_score:.2f}"
    numbers = ["" if number is None else f"{number:.6g}" for number in (p.cost, p.mean, p.lower, p.upper)]
    first = [p.id, str(p.rank), p.unit.psmiles, *map(_no_formula, texts), makeable, sa_score]
    return [*first, *numbers, *estimated, _no_formula(p.reason), "", "", ""]


def _no_formula(text: str) -> str:
    # The apostrophe is how spreadsheets mark a text as a text.
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


@contextmanager
def _replaced(path: Path) -> Iterator[IO[str]]:
    try:
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise TableError(f"{path} cannot be written: {error.strerror}.", hint="Check the folder.") from error
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files that only their owner may read; a form is as open as any other file.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(draft, 0o666 & ~umask)
        os.replace(draft, path)
    except OSError as error:
        raise TableError(
            f"{path} cannot be written: {error.strerror}.", hint="Make room, or check the folder."
        ) from error
    finally:
        Path(draft).unlink(missing_ok=True)
