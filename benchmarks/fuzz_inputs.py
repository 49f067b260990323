"""Inputs of the fuzz run by target and number: the files of one input, and the command that gets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from fuzz_archives import changed_files, changed_zip, unpacked
from fuzz_cells import mutated
from fuzz_documents import changed_json, changed_spec
from fuzz_tables import rows, written
from fuzz_valid import ADAPTER, SPECS, make_campaign, tables, workbook_parts, zipped

TARGETS = {
    "ingest --dry-run": 5,
    "ingest": 6,
    "check": 5,
    "spec": 3,
    "new --spec": 1,
    "import (ZIP)": 2,
    "import (folder)": 2,
    "adapter card": 1,
}
"""What is tried, and its share of all inputs."""


@dataclass(frozen=True)
class Seeds:
    """What valid files there are.

    Args:
        campaign: Folder of a small campaign, to be copied.
        tables: By name.
        specs: Texts.
        archive: Files of an export of the campaign.
        card: Of an adapter.
    """

    campaign: Path
    tables: Mapping[str, bytes]
    specs: Sequence[bytes]
    archive: Mapping[str, bytes]
    card: bytes

    @classmethod
    def make(cls, folder: Path) -> Seeds:
        """Makes them in a new folder."""
        from campaigns.adapter_card import CARD_FILE, AdapterCard

        campaign = make_campaign(folder)
        campaign.export(folder / "export")
        card = AdapterCard(
            campaign="tg",
            property="tg",
            unit="K",
            member="projection",
            round=1,
            polymers=8,
            log_score=-1.5,
            over_frozen=0.1,
            over_frozen_error=0.05,
            chosen=True,
            encoders={"text": "a", "geometry": "b", "fusion": "c"},
            hash=ADAPTER,
            polyloop="0.1",
        )
        card.write(folder)
        (folder / "export" / CARD_FILE).unlink(missing_ok=True)
        return cls.read(folder)

    @classmethod
    def read(cls, folder: Path) -> Seeds:
        """Those that :meth:`make` made there."""
        from campaigns.adapter_card import CARD_FILE

        form = next((folder / "campaign" / "rounds").rglob("*.csv")).read_bytes()
        export = folder / "export"
        archive = {
            p.relative_to(export).as_posix(): p.read_bytes() for p in sorted(export.rglob("*")) if p.is_file()
        }
        own = (folder / "campaign" / "campaign.toml").read_bytes()
        specs = (own, *(text.encode() for text in SPECS))
        return cls(folder / "campaign", tables(form), specs, archive, (folder / CARD_FILE).read_bytes())


def make_input(target: str, number: int, seed: int, seeds: Seeds, place: Path) -> list[str]:
    """Writes the files of an input and returns the arguments of the command that reads them.

    Args:
        target: One of :data:`TARGETS`.
        number: Of the input; the same seed and number give the same input.
        seed: Of the run.
        seeds: What inputs are made from.
        place: An empty folder; the campaign to ingest into lies beside it.
    """
    rng = Random(f"{seed}/{target}/{number}")
    if target in ("ingest", "ingest --dry-run", "check"):
        name, content = _table(rng, seeds)
        path = place / name
        path.write_bytes(content)
        said = ["--json"] if rng.random() < 0.5 else []
        if target == "check":
            said += ["--routes"] if rng.random() < 0.1 else []
            return ["check", str(path), "--out", str(place / "out.csv"), *said]
        said += ["--dry-run"] if target == "ingest --dry-run" else []
        said += rng.choice(
            ([], [], [], ["--corrections"], ["--replicates"], ["--decimal", "comma"], ["--map", "tg=x"])
        )
        said += (
            ["--encoding", rng.choice(("utf-8", "latin-1", "utf-16", "cp037", "rot13"))]
            if rng.random() < 0.1
            else []
        )
        return ["ingest", str(place.parent / "campaign"), str(path), *said]
    if target in ("spec", "new --spec"):
        path = place / "campaign.toml"
        path.write_bytes(changed_spec(rng, seeds.specs))
        (place / "pool.csv").write_bytes(seeds.archive["files/pool.csv"])
        return ["spec", str(path)] if target == "spec" else ["new", str(place / "made"), "--spec", str(path)]
    if target == "adapter card":
        (place / "adapter.json").write_bytes(changed_json(rng, seeds.card))
        return ["adapter", str(place)]
    packed = target == "import (ZIP)"
    archive = place / ("x.zip" if packed else "x")
    if packed:
        archive.write_bytes(changed_zip(rng, seeds.archive))
    else:
        unpacked(archive, changed_files(rng, seeds.archive))
    return ["import", str(archive), str(place / "made"), *(["--json"] if rng.random() < 0.5 else [])]


def _table(rng: Random, seeds: Seeds) -> tuple[str, bytes]:
    if rng.random() < 0.55:
        return written(rng, rows(rng))
    name = rng.choice(sorted(seeds.tables))
    content = seeds.tables[name]
    if rng.random() < 0.02:
        return name, content
    if name == "book.xlsx" and rng.random() < 0.5:
        table = [["psmiles", "tg", "name"], ["*CC(*)C", 263.5, "PP"], ["*CCO*", 206, "PEO"]]
        parts = workbook_parts(table)
        within = rng.choice(sorted(parts))
        return name, zipped(parts | {within: mutated(rng, parts[within])})
    if rng.random() < 0.05:
        name = rng.choice(("x.csv", "x.xlsx", "x.parquet", "x.csv.gz", "x.smi"))
    if rng.random() < 0.05:  # begins as one file and ends as another
        other = rng.choice([seeds.tables[each] for each in sorted(seeds.tables)])
        return name, content[: rng.randrange(len(content))] + other[rng.randrange(len(other)) :]
    return name, mutated(rng, content)
