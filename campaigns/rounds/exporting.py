"""An adapter of a round as a folder of its own, with a card that says what it is: for use in another campaign."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from campaigns.adapter_card import ENCODERS, AdapterCard
from campaigns.errors import NotWrittenError, StateError, UnknownNameError
from campaigns.ledger.rounds import ADAPTED_MEMBERS, RoundRecord
from campaigns.reports.wording import reasons_in_words
from campaigns.rounds.kept_adapters import file_hashes, kept_adapter
from campaigns.spec import CampaignSpec, ObjectiveSpec
from discovery.encoders.source import UNTRAINED
from discovery.suggestions import did_you_mean

TRAINED_MEMBERS = ADAPTED_MEMBERS[:-1]
"""Members whose adapters a campaign trains itself; one that it adopted belongs to the campaign that it came from."""


class _Found(NamedTuple):
    """An adapter that is asked for."""

    record: RoundRecord
    told: ObjectiveSpec
    member: str


def export_adapter(
    folder: Path,
    spec: CampaignSpec,
    rounds: Sequence[RoundRecord],
    out: Path,
    number: int | None,
    property_name: str | None,
    member: str | None,
) -> AdapterCard:
    """Write an adapter and its card into ``out``, whole or not at all.

    Args:
        folder: Of the campaign.
        spec: Of the campaign.
        rounds: All so far, the first first.
        out: New, or empty.
        number: Of the round; the last that has such an adapter where not given.
        property_name: Of which; the first that has one where not given.
        member: ``projection``, ``encoder`` or ``both``; that which the gate used where not given, else the best scoring.

    Raises:
        CampaignError: There is no such adapter, its folder is gone, it fits no other campaign, or ``out`` holds something
            already.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StateError(
            f"{out} is there already, and nothing is overwritten.", "Name a folder that is not there."
        )
    if spec.encoders.joined_by == UNTRAINED:
        raise StateError(
            "An adapter belongs to its fusion, and this campaign has an untrained one, which is another in every round.",
            "Train a fusion for these encoders (polyloop pretrain align) and name it under [encoders] in campaign.toml.",
        )
    found = _asked_for(spec, rounds, number, property_name, member)
    card = _card(spec, found)
    place = kept_adapter(
        folder, found.record, found.told.name, found.member, "or export that of another round"
    )
    try:
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=out.absolute().parent, prefix=f".{out.name}-"))
        try:
            shutil.copytree(place, draft, dirs_exist_ok=True)
            card = card.model_copy(update={"files": file_hashes(draft)})
            card.write(draft)
            os.chmod(draft, 0o755)  # mkdtemp makes folders that only their owner may read
            os.rename(draft, out)
        finally:
            shutil.rmtree(draft, ignore_errors=True)  # gone already where the rename went well
    except OSError as error:
        raise NotWrittenError(
            f"{out} cannot be written: {error.strerror}.", "Choose another folder, or make room."
        ) from error
    return card


def _asked_for(
    spec: CampaignSpec,
    rounds: Sequence[RoundRecord],
    number: int | None,
    property_name: str | None,
    member: str | None,
) -> _Found:
    properties = {told.name: told for told in spec.driven_first}
    if property_name is not None and property_name not in properties:
        raise UnknownNameError(
            f"The campaign has no property {property_name}.",
            f"{did_you_mean(property_name, properties)} Name one of: {', '.join(properties)}.".strip(),
        )
    if number is not None and number not in {record.number for record in rounds}:
        if not rounds:
            raise StateError("There is no round yet.", "Run polyloop propose first.")
        numbers = ", ".join(str(record.number) for record in rounds)
        raise UnknownNameError(f"There is no round {number}.", f"Name one of: {numbers}.")
    asked = [name for name in properties if property_name in (None, name)]
    for record in reversed(rounds):
        if number not in (None, record.number):
            continue
        for name in asked:
            there = [m for m in record.adapters_of(name) if m in TRAINED_MEMBERS and member in (None, m)]
            if there:
                return _Found(record, properties[name], _preferred(record, name, there))
    raise _no_adapter(rounds, number, asked, member, spec.refinement.depths)


def _preferred(record: RoundRecord, name: str, members: Sequence[str]) -> str:
    """Of the members that have an adapter the one that the gate used, else the best scoring."""
    chosen = str(record.gates.get(name, {}).get("chosen", "")).partition(" ")[0]

    def worth(member: str) -> tuple[bool, float]:
        score = _refined(record, name, member).get("log_score")
        return member == chosen, float("-inf") if score is None else float(score)

    return max(members, key=worth)


def _refined(record: RoundRecord, name: str, member: str) -> Mapping[str, Any]:
    return dict(_refinements(record, name).get(member, {}))


def _refinements(record: RoundRecord, name: str) -> Mapping[str, Any]:
    """What a round recorded of the refinement of a property, by member."""
    told: Any = record.gates.get(name, {}).get("refinements", {})
    return dict(told)


def _no_adapter(
    rounds: Sequence[RoundRecord],
    number: int | None,
    asked: Sequence[str],
    member: str | None,
    depths: Sequence[str] | None,
) -> StateError:
    what = "No round has an adapter" if number is None else f"Round {number} has no adapter"
    of = f" of {member}" if member is not None else ""
    tried = {
        each: found
        for record in rounds
        for name in asked
        for each, found in _refinements(record, name).items()
        if number in (None, record.number) and member in (None, each)
    }
    skipped = {each: str(found["skipped"]) for each, found in tried.items() if "skipped" in found}
    why = f" ({reasons_in_words(skipped)})" if skipped else ""
    if depths == ():
        hint = "Refinement is switched off: name depths under [refinement] in campaign.toml, and propose another round."
    elif any(name in record.adapters for record in rounds for name in asked):
        hint = "Adapters of rounds that an earlier polyloop made cannot be exported: propose another round."
    elif rounds and member is not None and not tried:
        hint = f'Ask for it with depths = ["{member}"] under [refinement] in campaign.toml, and propose another round.'
    else:
        hint = (
            "Measure more and propose another round; polyloop report tells what refinement came to in each."
        )
    return StateError(f"{what}{of} for {' or '.join(asked)}{why}.", hint)


def _card(spec: CampaignSpec, found: _Found) -> AdapterCard:
    record, told, member = found
    refined = _refined(record, told.name, member)
    chosen = str(record.gates.get(told.name, {}).get("chosen", "")).partition(" ")[0]
    return AdapterCard(
        campaign=spec.name,
        property=told.name,
        unit=told.unit,
        member=member,
        round=record.number,
        polymers=int(refined.get("polymers", 0)),
        log_score=refined.get("log_score"),
        over_frozen=refined.get("over_frozen"),
        over_frozen_error=refined.get("over_frozen_error"),
        chosen=chosen == member,
        encoders={name: record.encoder_revisions[name] for name in ENCODERS},
        hash=record.adapters_of(told.name)[member],
        polyloop=record.versions.get("polyloop", ""),
    )
