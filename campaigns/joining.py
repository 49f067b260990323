"""A further member of a group: a folder of one's own for a campaign whose ledger lies in a database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from campaigns.auditing.files import adapter_findings, pool_findings
from campaigns.auditing.findings import State
from campaigns.auditing.members import proposers
from campaigns.errors import SpecError, SpecProblem, StateError
from campaigns.exchanging.export import elsewhere
from campaigns.ledger import Ledger
from campaigns.ledger.places import Place
from campaigns.spec import CampaignSpec
from campaigns.spec.faults import spec_error
from campaigns.spec.ledger import LedgerSpec


def spec_to_join(url: str, schema: str, files: Sequence[Path], adapter: Path | None = None) -> CampaignSpec:
    """The spec in force of the campaign whose facts lie in a database, with this machine's copies of its files.

    Args:
        url: Of the database.
        schema: Of that database; empty for its own.
        files: Copies of the files that the spec names, under the same names.
        adapter: A copy of the adapter that the campaign adopted, where it did.

    Raises:
        SpecError: The URL has faults, or files of the spec are not given.
        StateError: No campaign lies there.
        LedgerError: The database cannot be used.
    """
    try:
        where = LedgerSpec.model_validate({"url": url, **({"schema": schema} if schema else {})})
    except ValidationError as error:
        raise spec_error("What the options say has faults.", error, LedgerSpec) from error
    place = Place(Place.of(url).url, where.in_schema)
    recorded = Ledger.open(place).latest_spec() if Ledger.lies_in(place) else None
    if recorded is None:
        raise StateError(
            f"{place.name} holds no campaign to join.",
            "Correct --ledger and --schema; or begin a campaign there, with --objective and --pool.",
        )
    spec = CampaignSpec.loads(recorded[1], source="the spec in the ledger")
    spec = spec.model_copy(update={"ledger": where})
    given = {path.name: path.absolute() for path in files}
    named = {name: key for key, name in spec.named_files}
    problems = [
        SpecProblem(key, f"the campaign needs a file {name}.", f"Give a copy of it: --pool FOLDER/{name}.")
        for name, key in named.items()
        if name not in given
    ]
    problems += [
        SpecProblem("--pool", f"the campaign names no file {name}.", f"It names: {', '.join(named)}.")
        for name in given
        if name not in named
    ]
    if spec.refinement.adapter is not None and adapter is None:
        way_out = f"Give a copy of that folder of another member: --adapter FOLDER/{spec.refinement.adapter}."
        problems.append(SpecProblem("refinement.adapter", "the campaign adopted an adapter.", way_out))
    if problems:
        raise SpecError("To join the campaign, its files have to be here.", problems)
    spec = spec.renamed(lambda name: str(given[name]))
    return spec if adapter is None else spec.with_adapter(str(adapter.absolute()))


def notes_on_joining(folder: Path, spec: CampaignSpec, ledger: Ledger) -> tuple[str, ...]:
    """What a member who joined should know, in sentences: files that are other ones than those of the last round, and what lies
    with other members only.

    Args:
        folder: Of the member.
        spec: Of the campaign.
        ledger: Of the campaign.
    """
    rounds = ledger.rounds()
    found = list(pool_findings(folder, spec, rounds))
    if rounds and spec.refinement.start == "previous":  # others do without the adapters of earlier rounds
        found += adapter_findings(folder, rounds[-1:], proposers(ledger))
    told = [f"{each.words} {each.way_out}".strip() for each in found if each.state is not State.WHOLE]
    return (*told, *elsewhere(spec, folder))
