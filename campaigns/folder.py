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
from campaigns.errors import CampaignError, NotWrittenError, StateError
from campaigns.ledger import Ledger
from campaigns.ledger.places import Place
from campaigns.spec import CampaignSpec
from campaigns.tables import read_source

SPEC_FILE, LEDGER_FILE, REPORT_FILE, FORM_FILE = (
    "campaign.toml",
    "campaign.sqlite",
    "report.html",
    "proposals.csv",
)
OWN_FILES = (SPEC_FILE, LEDGER_FILE, f"{LEDGER_FILE}-wal", f"{LEDGER_FILE}-shm")
"""Names that no table of a campaign can have."""
_PROBE = 2**16
"""Bytes that a disk must at least have room for."""
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
        WeightsError: Files of its adapter are damaged; nothing is written then.
    """
    place = ledger_place(folder, spec)
    if (folder / SPEC_FILE).exists() and (not _is_blank(folder) or _is_begun(place)):
        raise StateError(
            f"{folder} holds a campaign already.",
            f"Go on with it (polyloop status {folder}), or choose another folder.",
        )
    tables = {Path(file).name: path for file, path in spec.files(base).items()}
    _refuse_equal_names(spec)
    check_pool(spec.pool, base)
    adapter = spec.refinement.adapter_folder(base)
    if adapter is not None:
        AdapterCard.read(adapter).check_files(adapter)
    for objective in spec.objectives:
        for source in objective.sources:
            if source.table is not None:
                read_source(base / source.table, objective, column=source.column, unit=source.unit)
    spec = spec.renamed(lambda file: Path(file).name).with_whole_paths(base)
    if adapter is not None:
        spec = spec.with_adapter(f"{ADAPTERS}/{AdapterCard.read(adapter).hash}")
    try:
        _refuse_other_content(folder, place, tables, spec)
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            _copy(table, folder / name)
        if adapter is not None and spec.refinement.adapter is not None:
            _copy_adapter(adapter, folder / spec.refinement.adapter)
        if not _is_begun(place):
            _make_ledger(folder, place, spec)
        write_spec(folder, spec)
    except OSError as error:
        raise NotWrittenError(
            f"{folder} cannot be written to: {error.strerror}.", "Choose a folder of your own."
        ) from error
    return spec


def load_spec(folder: Path) -> CampaignSpec:
    """The spec of the campaign in a folder.

    Raises:
        StateError: There is no campaign.
        SpecError: Its spec is faulty.
    """
    begin = f"Make one with polyloop new {folder} --objective tg:max --unit K --pool monomers.csv"
    if not folder.is_dir():
        raise StateError(f"There is no campaign {folder}, for there is no such folder.", begin)
    missing = [name for name in (SPEC_FILE, LEDGER_FILE) if not (folder / name).is_file()]
    spec = None if SPEC_FILE in missing else CampaignSpec.load(folder / SPEC_FILE)
    if spec is None or (missing and spec.ledger.url is None):
        raise StateError(f"{folder} is not a campaign: it holds no {' and no '.join(missing)}.", begin)
    return spec


def ledger_place(folder: Path, spec: CampaignSpec) -> Place:
    """Where the ledger of a campaign lies: in its folder, or in the database that its spec names.

    Raises:
        LedgerError: The database cannot be used.
    """
    if spec.ledger.url is None:
        return Place.of(folder / LEDGER_FILE)
    return Place(Place.of(spec.ledger.url).url, spec.ledger.in_schema)


def open_ledger(folder: Path, spec: CampaignSpec) -> Ledger:
    """The ledger of a campaign that is there.

    Raises:
        LedgerError: It cannot be opened.
    """
    return Ledger.open(ledger_place(folder, spec))


def write_spec(folder: Path, spec: CampaignSpec) -> None:
    """Write ``campaign.toml``, whole or not at all."""
    with _appearing(folder / SPEC_FILE) as part:
        part.write_text(spec.dumps(), encoding="utf-8")


def check_writable(folder: Path, place: Place) -> None:
    """Make sure, before anything costly is computed, that a campaign can be written to: its folder, and a ledger that is a file.

    Args:
        folder: Of the campaign.
        place: Of its ledger.

    Raises:
        NotWrittenError: The disk is full or read-only, or the folder or the ledger is somebody else's.
    """
    way_out = "Make room, or copy the campaign's folder to a place where you may write."
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_PROBE))
    except OSError as error:
        raise NotWrittenError(f"{folder} cannot be written to: {error.strerror}.", way_out) from error
    if place.is_read_only:
        raise NotWrittenError(f"{place.name} is read-only.", way_out)


def take_in(folder: Path, table: Path) -> str:
    """Copy a table into a campaign's folder and return what it is called there.

    Raises:
        CampaignError: Another file has its name.
    """
    copy = folder / table.name
    if table.name in OWN_FILES:
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


def _refuse_other_content(folder: Path, place: Place, tables: Mapping[str, Path], spec: CampaignSpec) -> None:
    """Nothing of the user's is overwritten: what is there must be what would be written."""
    for name, table in tables.items():
        if name in OWN_FILES:
            raise CampaignError(
                f"A file of the spec is called {name}, which a campaign needs itself.", "Rename it."
            )
        copy = folder / name
        if copy.exists() and not filecmp.cmp(table, copy, shallow=False):
            raise StateError(
                f"{copy} is another file than {table}, and would be overwritten.",
                "Choose another folder, or rename one of the two.",
            )
    if (folder / SPEC_FILE).exists() and CampaignSpec.load(folder / SPEC_FILE) != spec:
        raise StateError(
            f"{folder} holds a {SPEC_FILE} with other settings, and would be overwritten.",
            f"Delete {folder / SPEC_FILE} if it is not needed, or choose another folder.",
        )
    if not _is_blank(folder) and place.file is None:
        raise StateError(
            f"{folder} holds a ledger already, and the spec names another one.", "Choose another folder."
        )
    if _is_begun(place):
        recorded = Ledger.open(place).latest_spec()
        if recorded is None or CampaignSpec.loads(recorded[1]).version != spec.version:
            where = f"{folder} holds" if place.file is not None else "The database holds"
            raise StateError(
                f"{where} the ledger of a campaign with other settings.",
                f"Restore its {SPEC_FILE}, or choose another {'folder' if place.file is not None else 'schema'}.",
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
    """Whether there is no ledger in the folder, or one without content, as a database that was never committed leaves it."""
    path = folder / LEDGER_FILE
    return not path.is_file() or path.stat().st_size == 0


def _is_begun(place: Place) -> bool:
    """Whether there is a ledger that holds anything; one in a database that was made and not begun is finished."""
    if not Ledger.lies_in(place):
        return False
    return place.file is not None or Ledger.open(place).snapshot([]).as_of > 0


def is_begun(folder: Path, spec: CampaignSpec) -> bool:
    """Whether the ledger of a spec, for a campaign in ``folder``, holds a campaign already.

    Raises:
        LedgerError: The database cannot be used.
    """
    return _is_begun(ledger_place(folder, spec))


def _make_ledger(folder: Path, place: Place, spec: CampaignSpec) -> None:
    if place.file is None:
        made = Ledger.open(place) if Ledger.lies_in(place) else Ledger.create(place)
        made.append_spec(spec.version, spec.dumps())
        return
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
