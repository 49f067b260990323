"""Damaged files: random bytes, cuts and zeroed pages of a ledger, of an adapter, of a shard of vectors."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from faults_campaigns import Bench, Facts, Row, unsound
from faults_processes import Done, run

PAGE = 4096

QUESTIONS: dict[str, tuple[str, ...]] = {
    "status": (),
    "history": ("M1",),
    "rank": ("--top", "3"),
}
"""What people ask a campaign most."""


def noise(content: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 8, 64))):
        at = chance.randrange(len(content))
        content[at] ^= chance.randrange(1, 256)


def cut(content: bytearray, chance: random.Random) -> None:
    del content[chance.randrange(len(content)) :]


def zeroed(content: bytearray, chance: random.Random) -> None:
    first = PAGE * chance.randrange(-(-len(content) // PAGE))
    last = min(len(content), first + PAGE * chance.choice((1, 1, 3)))
    content[first:last] = bytes(last - first)


WAYS = {"random bytes": noise, "cut off": cut, "zeroed pages": zeroed}


@dataclass(frozen=True)
class Whole:
    """What a campaign says before it is damaged."""

    facts: Facts
    answers: dict[str, str]

    @classmethod
    def of(cls, campaign: Path, cache: Path, questions: Iterable[str]) -> Whole:
        told = asked(campaign, cache, questions)
        return cls(Facts.of(campaign), {name: said(campaign, done) for name, done in told.items()})


def asked(campaign: Path, cache: Path, questions: Iterable[str]) -> dict[str, Done]:
    return {name: run(name, campaign, *QUESTIONS[name], cache=cache) for name in questions}


def said(campaign: Path, done: Done) -> str:
    """An answer, wherever the campaign lies."""
    return done.out.replace(str(campaign), "DIR")


def damages(bench: Bench, tries: int, seed: int, questions: Iterable[str] = QUESTIONS) -> list[Row]:
    """Of three files of a campaign that has proposed, the ledger three times as often as either of the others."""
    chance = random.Random(f"{seed} damages")
    rows = {name: Row(f"{name} damaged") for name in ("campaign.sqlite", "adapter", "vector shard")}
    tell = {"campaign.sqlite": of_ledger, "adapter": of_adapter, "vector shard": of_shard}
    whole: Whole | None = None
    parts = [*["campaign.sqlite"] * 3, "adapter", "vector shard"]
    for number in range(tries):
        name, way = parts[number % len(parts)], list(WAYS)[number % len(WAYS)]
        with bench.copied("learned", number) as (campaign, cache):
            before = whole or Whole.of(campaign, cache, questions)
            whole = before
            spoilt = files(name, campaign, cache)
            file = chance.choice(spoilt)
            content = bytearray(file.read_bytes())
            unspoilt = bytes(content)
            WAYS[way](content, chance)
            if bytes(content) == unspoilt:  # a page of zeros
                continue
            file.write_bytes(content)
            rows[name].add(*tell[name](campaign, cache, before, file))
    return list(rows.values())


def files(name: str, campaign: Path, cache: Path) -> list[Path]:
    if name == "campaign.sqlite":
        return [campaign / name]
    if name == "adapter":
        return sorted(path for path in (campaign / "adapters").rglob("*") if path.is_file())
    return sorted((cache / "embeddings").rglob("*.safetensors"))


def of_ledger(campaign: Path, cache: Path, whole: Whole, file: Path) -> tuple[str, list[str]]:
    """What is found, given and saved of a damaged database."""
    before = whole.facts
    seen = run("doctor", campaign, cache=cache)
    wrong = seen.complaint(0, 3)
    found = (seen.document or {}).get("findings", [])
    named = any(each["state"] == "damaged" and each["part"] in ("database", "facts") for each in found)
    given = asked(campaign, cache, whole.answers)
    export = run("export", campaign, campaign.parent / "out", cache=cache)
    for name, done in {**given, "export": export}.items():
        wrong += [f"{name}: {fault}" for fault in done.complaint(0, 3)]
    wrong += [
        f"{name} says something else, and not that anything is damaged"
        for name, done in given.items()
        if done.code == 0 and said(campaign, done) != whole.answers[name]
    ]
    if (campaign.parent / "out").exists():  # given as whole
        back = campaign.parent / "back"
        wrong += run("import", campaign.parent / "out", back, cache=cache).complaint(0)
        if not wrong and Facts.of(back) != before:
            wrong.append("an export that says something else")
    if not named and not wrong and Facts.of(campaign) != before:
        wrong.append("other facts, and nothing is found")
    new = campaign.parent / "recovered"
    saved = run("doctor", campaign, "--recover", new, cache=cache)
    wrong += saved.complaint(0, 3)
    if "error" in (saved.document or {}):
        return "found, nothing could be saved", [*wrong, *([] if named else ["nothing is found"])]
    kept = Facts.of(new)
    if not set(kept.measurements) <= set(before.measurements):
        wrong.append("a measurement that was never made")
    if (
        not {each.id: each for each in kept.proposals}.items()
        <= {each.id: each for each in before.proposals}.items()
    ):
        wrong.append("a proposal that was never made")
    wrong += unsound(new, cache)
    lost = (saved.document or {})["lost"]
    saved_all = len(kept.measurements) == len(before.measurements)
    saved_all = saved_all and len(kept.proposals) == len(before.proposals)
    if not saved_all and not lost:
        wrong.append("lost, and not named")
    if not named:
        return "in a part without facts", wrong
    return ("found, all saved" if saved_all else "found, a part saved and the rest named"), wrong


def of_adapter(campaign: Path, cache: Path, whole: Whole, file: Path) -> tuple[str, list[str]]:
    """Whether a damaged adapter is named, is not given away, and is left out of what is saved."""
    before = whole.facts
    seen = run("doctor", campaign, cache=cache)
    wrong = seen.complaint(3)
    if file.name not in seen.out or file.parent.name not in seen.out:
        wrong.append("not named")
    wrong += run("adapter", campaign, "--out", campaign.parent / "given", cache=cache).complaint(3)
    new = campaign.parent / "recovered"
    wrong += run("doctor", campaign, "--recover", new, cache=cache).complaint(3)  # an adapter is lost
    if not wrong:
        kept = Facts.of(new)
        if (kept.measurements, kept.proposals) != (before.measurements, before.proposals):
            wrong.append("facts lost")
        if (new / "adapters" / file.parent.name).exists():
            wrong.append("a damaged adapter was taken over")
    return "named and refused, all facts kept", wrong


def of_shard(campaign: Path, cache: Path, whole: Whole, file: Path) -> tuple[str, list[str]]:
    """Whether a damaged shard is noticed, and a round comes out as it does from vectors that are computed anew."""
    before = whole.facts
    where = file.relative_to(cache)
    afresh = campaign.parent / "afresh"
    shutil.copytree(campaign, afresh)
    wanted = run("propose", afresh, cache=campaign.parent / "empty")
    found = run("propose", campaign, cache=cache)
    wrong = [*wanted.complaint(0), *found.complaint(0)]
    if not wrong and proposals(wanted.document) != proposals(found.document):
        wrong.append("other proposals")
    if not file.with_suffix(".damaged").exists():
        return "not read, or not noticed", [*wrong, f"{where} is not set aside"]
    return "set aside, computed again", [*wrong, *before.lost_in(Facts.of(campaign))]


def proposals(document: object) -> object:
    return document["proposals"] if isinstance(document, dict) else document
