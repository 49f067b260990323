"""Whether the files of a campaign's folder are those that its rounds recorded: adapters, tables of the pool, forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from campaigns.adapter_card import AdapterCard
from campaigns.auditing.findings import Finding, State
from campaigns.errors import SpecError, StateError
from campaigns.folder import ADAPTERS
from campaigns.forms import Forms
from campaigns.ledger import Ledger
from campaigns.ledger.rounds import RoundRecord
from campaigns.recoveries import recoveries
from campaigns.reports.wording import counted
from campaigns.rounds.kept_adapters import adapter_place, changed_files
from campaigns.spec import CampaignSpec
from discovery.bundled import file_hash
from discovery.encoders.conformers import check_conformers
from discovery.encoders.store import CheckedVectors, check_vectors
from discovery.errors import EncodingError, WeightsError


def adapter_findings(
    folder: Path, rounds: Sequence[RoundRecord], proposers: Mapping[int, str] | None = None
) -> Iterator[Finding]:
    """Whether the adapters of every round are there, with the files that were recorded.

    Args:
        folder: Of the campaign.
        rounds: All, the first first.
        proposers: Where a group shares the ledger, who proposed each round: an adapter that is not here at all lies with them.
    """
    restore = "Restore its folder from a copy of the campaign; later rounds can do without it."
    seen: set[str] = set()
    away: dict[int, list[str]] = {}
    faults, unknown = 0, 0
    for record in rounds:
        for key, address in record.adapters.items():
            if address in seen:
                continue
            seen.add(address)
            place = adapter_place(folder, address)
            files = record.adapter_files.get(address)
            if not place.is_dir():
                if proposers is not None:
                    away.setdefault(record.number, []).append(address)
                    continue
                changed = [f"there is no folder {place}"]
            else:
                changed = [] if files is None else changed_files(place, files)
            unknown += files is None
            if changed:
                faults += 1
                told = f"The adapter {address} of round {record.number} ({key}) is damaged: {'; '.join(changed)}."
                yield Finding("adapters", State.DAMAGED, told, restore)
    for number, addresses in away.items():
        yield _with_another_member(number, addresses, (proposers or {}).get(number, "another member"))
    here = len(seen) - sum(map(len, away.values()))
    if here and not faults:
        beside = f"; of {unknown} no checksums were recorded" if unknown else ""
        told = f"{counted(here, 'adapter')}, each as it was recorded{beside}"
        yield Finding("adapters", State.WHOLE, told)


def _with_another_member(number: int, addresses: Sequence[str], who: str) -> Finding:
    verb = "is" if len(addresses) == 1 else "are"
    told = (
        f"{counted(len(addresses), 'adapter')} of round {number} {verb} not on this machine ({', '.join(addresses)}): "
        f"the round was proposed elsewhere ({who})."
    )
    way_out = (
        f"To begin refinement with them, to replay a later round or to export them, copy {ADAPTERS}/{addresses[0]}"
        f"{' and the others' if len(addresses) > 1 else ''} from that member's folder; all else does without."
    )
    return Finding("adapters", State.REMARK, told, way_out)


def recovery_findings(folder: Path, ledger: Ledger) -> Iterator[Finding]:
    """Whether the campaign was made of what was whole of a damaged one, and what was lost by it."""
    try:
        found = recoveries(folder, ledger)
    except StateError as error:
        yield Finding("recovery", State.DAMAGED, error.message, error.hint)
        return
    for told in found:
        yield Finding("recovery", State.REMARK, told.words)


def adopted_findings(folder: Path, spec: CampaignSpec) -> Iterator[Finding]:
    """Whether the adapter that another campaign trained, where the spec names one, is as it was exported."""
    try:
        place = spec.refinement.adapter_folder(folder)
        if place is None:
            return
        card = AdapterCard.read(place)
        card.check_files(place)
    except SpecError as error:
        for problem in error.problems:
            yield Finding("adapters", State.DAMAGED, f"{problem.where}: {problem.fault}", problem.what_to_do)
        return
    except WeightsError as error:
        yield Finding("adapters", State.DAMAGED, error.message, error.hint)
        return
    whole = "as it was exported" if card.files is not None else "of its files no checksums were recorded"
    yield Finding("adapters", State.WHOLE, f"the adopted adapter, of {card.campaign}: {whole}")


def pool_findings(folder: Path, spec: CampaignSpec, rounds: Sequence[RoundRecord]) -> Iterator[Finding]:
    """Whether the files of the spec are there, and which were changed since the last round."""
    try:
        files = spec.files(folder)
    except SpecError as error:
        for problem in error.problems:
            yield Finding("pool", State.DAMAGED, f"{problem.where}: {problem.fault}", problem.what_to_do)
        return
    recorded: Any = rounds[-1].pool.get("sha256", {}) if rounds else {}
    found = {name: file_hash(path) for name, path in files.items()}
    changed = [name for name, hash_ in found.items() if recorded.get(name, hash_) != hash_]
    for name in changed:
        told = f"{name} is another file than in round {rounds[-1].number}; later rounds choose from what it holds now."
        yield Finding("pool", State.REMARK, told)
    if not changed:
        since = f", as in round {rounds[-1].number}" if recorded else ""
        yield Finding("pool", State.WHOLE, f"{counted(len(files), 'file')}{since}")


def vector_findings(rounds: Sequence[RoundRecord]) -> Iterator[Finding]:
    """Whether the vectors that are kept of the last round's encoders, and the conformers that geometry is read from, are those
    that were computed. What is damaged is set aside here and computed again when it is needed, which is nothing to mend.
    """
    revisions = sorted(set(rounds[-1].encoder_revisions.values())) if rounds else []
    kept: list[Callable[[], CheckedVectors | None]] = [partial(check_vectors, each) for each in revisions]
    rows = 0
    damaged: list[str] = []
    for check in (*kept, check_conformers):
        try:
            found = check()
        except EncodingError as error:
            yield Finding("vectors", State.DAMAGED, error.message, error.hint)
            continue
        if found is not None:
            rows += found.rows
            damaged += found.damaged
    if damaged:
        told = f"{counted(len(damaged), 'damaged shard')} set aside: {', '.join(damaged)}; what they held is computed again."
        yield Finding("vectors", State.REMARK, told, "The files that end in .damaged may be deleted.")
    elif rows:
        told = f"{counted(rows, 'row')} of the last round's encoders, and of the conformers of this machine"
        yield Finding("vectors", State.WHOLE, told)


def form_findings(forms: Forms, rounds: Sequence[RoundRecord]) -> Iterator[Finding]:
    """Whether every round has its form; what was filled in is for ``ingest`` to check."""
    missing = [record.number for record in rounds if not _is_filled(forms.path(record.number))]
    for number in missing:
        path = forms.path(number)
        if path.exists():
            told, way_out = f"The form of round {number} is empty ({path}).", "Delete it: it is written anew."
            yield Finding("forms", State.DAMAGED, told, way_out)
        else:
            told = f"The form of round {number} is gone; the next command writes it anew, not filled in."
            yield Finding("forms", State.REMARK, told)
    for path in forms.of_lost_rounds():
        if forms.ledger.recoveries():
            told = f"{path} is the form of a round that was lost with the damaged ledger. No other round takes its number."
            way_out = (
                "Values that are filled in can be ingested once its columns proposal_id and status are empty."
            )
        else:
            told = f"{path} is the form of a round that the ledger does not hold: was an older copy of the ledger put back?"
            way_out = "Put the newest copy back. No other round takes its number."
        yield Finding("forms", State.REMARK, told, way_out)
    if rounds and not missing:
        yield Finding("forms", State.WHOLE, f"{counted(len(rounds), 'form')}")


def _is_filled(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0
