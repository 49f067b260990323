"""A campaign's folder: what lies where, and how it is made so that a kill at any point leaves nothing in the way.

The order is the copies of the spec's files (the pool's, sources of cheaper values, an adapter), then the ledger, then the spec: a
folder is a campaign once the spec is there, each file appears whole, and what an interrupted command left behind is taken up by
the next one.
"""

from __future__ import annotations

import filecmp
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from campaigns.adapter_card import AdapterCard
from campaigns.candidates.pool import check_pool
from campaigns.errors import CampaignError
from campaigns.ledger import Ledger
from campaigns.spec import CampaignSpec
from campaigns.tables import read_source

SPEC_FILE, LEDGER_FILE, REPORT_FILE, FORM_FILE = (
    "campaign.toml",
    "campaign.sqlite",
    "report.html",
    "proposals.csv",
)
ADAPTERS = "adapters"
"""Folder of the adapters of a campaign, each in a folder called like its hash."""


def make_campaign(folder: Path, spec: CampaignSpec, base: Path) -> CampaignSpec:
    """Set a campaign up in ``folder``, or finish what was interrupted; returns the spec with its files in the folder.

    Args:
        folder: Made where it is missing; files in it that are not the campaign's stay as they are.
        spec: What the campaign is for.
        base: Folder that the spec's paths are relative to.

    Raises:
        CampaignError: There is a campaign, or another file of a table's name, or the folder cannot be written to.
        SpecError, PoolError, TableError: A file of the spec is missing or faulty; nothing is written then.
    """
    if all((folder / name).exists() for name in (SPEC_FILE, LEDGER_FILE)) and not _is_blank(folder):
        raise CampaignError(
            f"{folder} holds a campaign already.",
            f"Go on with it (polyloop status {folder}), or choose another folder.",
        )
    tables = {Path(file).name: path for file, path in spec.files(base).items()}
    _refuse_equal_names(spec)
    check_pool(spec.pool, base)
    adapter = spec.refinement.adapter_folder(base)
    for objective in spec.objectives:
        for source in objective.sources:
            if source.table is not None:
                read_source(base / source.table, objective, column=source.column, unit=source.unit)
    spec = spec.renamed(lambda file: Path(file).name).with_whole_paths(base)
    if adapter is not None:
        spec = spec.with_adapter(f"{ADAPTERS}/{AdapterCard.read(adapter).hash}")
    try:
        _refuse_other_content(folder, tables, spec)
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            _copy(table, folder / name)
        if adapter is not None and spec.refinement.adapter is not None:
            _copy_adapter(adapter, folder / spec.refinement.adapter)
        if not (folder / LEDGER_FILE).exists() or _is_blank(folder):
            _make_ledger(folder, spec)
        write_spec(folder, spec)
    except OSError as error:
        raise CampaignError(
            f"{folder} cannot be written to: {error.strerror}.", "Choose a folder of your own."
        ) from error
    return spec


def write_spec(folder: Path, spec: CampaignSpec) -> None:
    """Write ``campaign.toml``, whole or not at all."""
    with _appearing(folder / SPEC_FILE) as part:
        part.write_text(spec.dumps(), encoding="utf-8")


def take_in(folder: Path, table: Path) -> str:
    """Copy a table into a campaign's folder and return what it is called there.

    Raises:
        CampaignError: Another file has its name.
    """
    copy = folder / table.name
    if table.name in (SPEC_FILE, LEDGER_FILE):
        raise CampaignError(f"A campaign has a {table.name} of its own.", "Rename the table.")
    if copy.exists() and not filecmp.cmp(table, copy, shallow=False):
        raise CampaignError(f"{folder} holds another file called {table.name}.", "Rename one of the two.")
    _copy(table, copy)
    return table.name


def check_same_objectives(spec: CampaignSpec, ledger: Ledger) -> None:
    """Make sure that a campaign is still for what it was begun for.

    Its measurements, predictions and forms are in the units of its properties: none of these may change, nor may an objective
    go or turn round. Further objectives may come, and constraints, targets, weights, scales, pool, batch, budget, encoders and
    prior means may change at any time.

    Raises:
        CampaignError: An objective of the ledger is gone, or a property has another direction or unit.
    """
    recorded = ledger.latest_spec()
    if recorded is None:
        return
    begun = CampaignSpec.loads(recorded[1], source="the spec in the ledger")
    now = {of.name: of for of in spec.properties}
    declared = {of.name for of in begun.objectives}
    for earlier in begun.properties:
        later = now.get(earlier.name)
        if later is None and earlier.name not in declared:
            continue  # it was observed for a constraint that is gone
        if later is None or not earlier.same_quantity(later):
            says = "no longer names it" if later is None else f"now says {later.sentence}"
            raise CampaignError(
                f"This campaign was begun for {earlier.sentence}, and {SPEC_FILE} {says}.",
                f"Change {SPEC_FILE} back, or make a new campaign (polyloop new) and ingest the measurements there.",
            )


def _refuse_equal_names(spec: CampaignSpec) -> None:
    files = Counter(Path(file).name for file in {file for _, file in spec.named_files})
    twice = [name for name, count in files.items() if count > 1]
    if twice:
        raise CampaignError(
            f"Two files of the spec are called {twice[0]}, and a campaign keeps copies in one folder.",
            "Rename one of them.",
        )


def _refuse_other_content(folder: Path, tables: Mapping[str, Path], spec: CampaignSpec) -> None:
    """Nothing of the user's is overwritten: what is there must be what would be written."""
    for name, table in tables.items():
        if name in (SPEC_FILE, LEDGER_FILE):
            raise CampaignError(
                f"A file of the spec is called {name}, which a campaign needs itself.", "Rename it."
            )
        copy = folder / name
        if copy.exists() and not filecmp.cmp(table, copy, shallow=False):
            raise CampaignError(
                f"{copy} is another file than {table}, and would be overwritten.",
                "Choose another folder, or rename one of the two.",
            )
    if (folder / SPEC_FILE).exists() and CampaignSpec.load(folder / SPEC_FILE) != spec:
        raise CampaignError(
            f"{folder} holds a {SPEC_FILE} with other settings, and would be overwritten.",
            f"Delete {folder / SPEC_FILE} if it is not needed, or choose another folder.",
        )
    if (folder / LEDGER_FILE).exists() and not _is_blank(folder):
        recorded = Ledger.open(folder / LEDGER_FILE).latest_spec()
        if recorded is None or CampaignSpec.loads(recorded[1]) != spec:
            raise CampaignError(
                f"{folder} holds the ledger of a campaign with other settings.",
                f"Restore its {SPEC_FILE}, or choose another folder.",
            )


def _copy(table: Path, copy: Path) -> None:
    if not copy.exists():
        with _appearing(copy) as part:
            shutil.copyfile(table, part)


def _copy_adapter(adapter: Path, copy: Path) -> None:
    if copy.is_dir():
        return
    copy.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=copy.parent, prefix=".part-") as draft:
        whole = Path(draft) / copy.name
        shutil.copytree(adapter, whole)
        os.replace(whole, copy)


def _is_blank(folder: Path) -> bool:
    """Whether the ledger is a file without content, as a database that was never committed leaves it."""
    path = folder / LEDGER_FILE
    return path.is_file() and path.stat().st_size == 0


def _make_ledger(folder: Path, spec: CampaignSpec) -> None:
    with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as draft:
        path = Path(draft) / LEDGER_FILE
        Ledger.create(path).append_spec(spec.version, spec.dumps())
        os.replace(path, folder / LEDGER_FILE)


@contextmanager
def _appearing(path: Path) -> Iterator[Path]:
    """A place to write to, whose file then takes the name of ``path``: it is there whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
