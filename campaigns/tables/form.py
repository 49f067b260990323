"""proposals.csv: the form on which a round tells the scientist what to make, and which comes back filled in.

The first columns are ours to write; ``status``, a column for the value of each property, and ``note`` are the scientist's.
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

from campaigns.errors import NotWrittenError
from campaigns.ledger.measurements import Property
from campaigns.ledger.proposals import Proposal
from campaigns.tables.estimated import estimate_cells, titles_of
from campaigns.tables.formulas import shown
from campaigns.tables.predicted import chance_title, predicted_columns, predicted_titles

if TYPE_CHECKING:
    import pandas as pd

    from discovery.physics import Estimates


def write_proposals(
    path: Path,
    proposals: Sequence[Proposal],
    properties: Sequence[Property],
    estimates: Estimates | None = None,
) -> None:
    """Writes the form, whole or not at all: a reader never sees half of it.

    Args:
        path: File to write; an older one is replaced.
        proposals: In order of rank.
        properties: All that are modelled; each has its prediction and an empty column for its value, in its unit.
        estimates: Of the proposals, in their order, to stand beside the predictions.

    Raises:
        NotWrittenError: The file cannot be written.
    """
    with replaced(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(map(shown, form_titles(proposals, properties, titles_of(estimates))))
        writer.writerows(
            _cells(p, proposals, properties, estimate_cells(estimates, row))
            for row, p in enumerate(proposals)
        )


def form_titles(
    proposals: Sequence[Proposal], properties: Sequence[Property], estimated: Sequence[str] = ()
) -> list[str]:
    """The header of the form; the unit stands beside a property's name, so that nobody answers in another.

    Args:
        proposals: Of the round; what none of them has, such as chances of constraints, gets no column.
        properties: All that are modelled.
        estimated: Titles of the columns of physics estimates.
    """
    return [
        *("proposal_id", "rank", "psmiles", "name", "monomers", "reaction", "makeable", "sa_score", "cost"),
        *(["feasible"] if _has_feasibility(proposals) else []),
        *predicted_titles(properties),
        *map(chance_title, _constraints(proposals)),
        *estimated,
        *("reason", "status"),
        *(f"{p.name} [{p.unit}]" if p.unit else p.name for p in properties),
        "note",
    ]


def proposals_frame(proposals: Sequence[Proposal], properties: Sequence[Property]) -> pd.DataFrame:
    """Proposals as a data frame with numbers as numbers; given columns of values, it can be ingested like the form.

    Args:
        proposals: In order of rank.
        properties: All that are modelled.

    Returns:
        Columns ``rank``, ``proposal_id``, ``psmiles``, ``name``, ``monomers``, ``reaction``, ``makeable`` (whether a
        polymerisation rule makes it), ``sa_score`` (synthetic accessibility, 1 easy to 10), ``cost`` (of one gram of its
        monomers), ``feasible`` (probability that it can be made; only where failures have taught one), ``mean``, ``lower``,
        ``upper`` (95 % bounds of the next measurement; with the name of the property before it where there are several), a
        column for the chance of each constraint (:func:`campaigns.tables.predicted.chance_title`), ``reason``; a number that is
        not known is NaN.
    """
    import pandas as pd

    columns, constraints = predicted_columns(properties), _constraints(proposals)
    with_feasibility = _has_feasibility(proposals)
    rows: list[dict[str, object]] = []
    for p in proposals:
        row: dict[str, object] = {
            "rank": p.rank,
            "proposal_id": p.id,
            "psmiles": p.unit.psmiles,
            "name": p.name,
            "monomers": " + ".join(p.monomers),
            "reaction": p.reaction,
            "makeable": bool(p.reaction),
        }
        numbers: dict[str, float | None] = {"sa_score": p.sa_score, "cost": p.cost}
        if with_feasibility:
            numbers["feasible"] = p.feasibility
        for name, titles in columns.items():
            numbers |= dict(zip(titles.titles, _bounds(p, name), strict=True))
        numbers |= {chance_title(text): p.fulfils.get(text) for text in constraints}
        known = {
            title: float("nan") if number is None else float(number) for title, number in numbers.items()
        }
        rows.append({**row, **known, "reason": p.reason})
    if rows:
        return pd.DataFrame(rows)
    first = ["rank", "proposal_id", "psmiles", "name", "monomers", "reaction", "makeable", "sa_score", "cost"]
    predicted = [title for titles in columns.values() for title in titles.titles]
    return pd.DataFrame(columns=[*first, *predicted, "reason"])


def _has_feasibility(proposals: Sequence[Proposal]) -> bool:
    return any(p.feasibility is not None for p in proposals)


def _constraints(proposals: Sequence[Proposal]) -> list[str]:
    """Texts of the constraints that any proposal has a chance for, in their order."""
    return list(dict.fromkeys(text for p in proposals for text in p.fulfils))


def _bounds(proposal: Proposal, name: str) -> tuple[float | None, float | None, float | None]:
    told = proposal.predictions.get(name)
    return (None, None, None) if told is None else (told.mean, told.lower, told.upper)


def _cells(
    proposal: Proposal,
    proposals: Sequence[Proposal],
    properties: Sequence[Property],
    estimated: Sequence[str],
) -> list[str]:
    p = proposal
    texts = [p.name, " + ".join(p.monomers), p.reaction]
    return [
        *(p.id, str(p.rank), *map(shown, [p.unit.psmiles, *texts])),
        "yes" if p.reaction else "no rule known",
        "" if p.sa_score is None else f"{p.sa_score:.2f}",
        _number(p.cost),
        *([_share(p.feasibility)] if _has_feasibility(proposals) else []),
        *(_number(bound) for told in properties for bound in _bounds(p, told.name)),
        *(_share(p.fulfils.get(text)) for text in _constraints(proposals)),
        *estimated,
        shown(p.reason),
        *[""] * (2 + len(properties)),
    ]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


@contextmanager
def replaced(path: Path) -> Iterator[IO[str]]:
    """A text file that takes the place of ``path`` once it is written whole.

    Raises:
        NotWrittenError: It cannot be written.
    """
    try:
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise NotWrittenError(
            f"{path} cannot be written: {error.strerror}.", hint="Check the folder."
        ) from error
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
        raise NotWrittenError(
            f"{path} cannot be written: {error.strerror}.", hint="Make room, or check the folder."
        ) from error
    finally:
        Path(draft).unlink(missing_ok=True)
