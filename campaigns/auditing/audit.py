"""The audit of a campaign: every part is looked at, whatever is wrong with the others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from campaigns.auditing.database import RECOVER, database_findings, fact_findings, way_out_of
from campaigns.auditing.files import (
    adapter_findings,
    adopted_findings,
    form_findings,
    pool_findings,
    recovery_findings,
    vector_findings,
)
from campaigns.auditing.findings import Audit, Finding, State
from campaigns.auditing.members import proposers
from campaigns.errors import CampaignError, LedgerError, SpecError, StateError
from campaigns.folder import LEDGER_FILE, SPEC_FILE, check_same_objectives, ledger_place
from campaigns.forms import Forms
from campaigns.ledger import Ledger
from campaigns.ledger.places import Place
from campaigns.spec import CampaignSpec


def audit(folder: Path) -> Audit:
    """Look at every part of a campaign: spec, database, facts, adapters, vectors, files of the pool, forms.

    Args:
        folder: Of the campaign.

    Raises:
        StateError: There is neither a spec nor a ledger.
    """
    if not any((folder / name).is_file() for name in (SPEC_FILE, LEDGER_FILE)):
        raise StateError(
            f"{folder} is not a campaign: it holds no {SPEC_FILE} and no {LEDGER_FILE}.", "Correct the path."
        )
    return Audit(tuple(_findings(folder)))


def _findings(folder: Path) -> Iterator[Finding]:
    spec: CampaignSpec | None = None
    place = Place.of(folder / LEDGER_FILE)
    try:
        spec = CampaignSpec.load(folder / SPEC_FILE)
        place = ledger_place(folder, spec)
        yield Finding("spec", State.WHOLE, f"{SPEC_FILE}: {spec.sentence}")
    except SpecError as error:
        yield Finding("spec", State.DAMAGED, str(error), "Restore it: the ledger holds every version.")
    of_database = list(database_findings(place))
    yield from of_database
    if any(found.state is State.UNREACHED for found in of_database):
        if spec is not None:
            yield from pool_findings(folder, spec, ())
        return
    try:
        ledger = Ledger.open(place)
    except LedgerError as error:
        yield Finding("facts", State.DAMAGED, error.message, way_out_of(error))
        return
    yield from fact_findings(ledger)
    try:
        rounds = ledger.rounds()
    except (LedgerError, ValueError, TypeError, KeyError) as error:
        told = error.message if isinstance(error, LedgerError) else str(error)
        yield Finding("rounds", State.DAMAGED, f"They cannot be read: {told}", RECOVER)
        return
    yield from recovery_findings(folder, ledger)
    # in a group each member has the adapters of the rounds that they proposed
    shared = place.file is None
    yield from adapter_findings(folder, rounds, proposers(ledger) if shared else None)
    yield from vector_findings(rounds)
    if spec is None:
        return
    try:
        check_same_objectives(spec, ledger)
    except CampaignError as error:
        yield Finding("spec", State.DAMAGED, error.message, error.hint)
    yield from adopted_findings(folder, spec)
    yield from pool_findings(folder, spec, rounds)
    yield from form_findings(Forms(folder, spec, ledger), rounds)
