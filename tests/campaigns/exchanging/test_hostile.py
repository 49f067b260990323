"""Archives that were made to do harm, or damaged on the way: nothing of them is taken, and nothing is left behind."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from campaigns import Campaign
from campaigns.errors import ArchiveError, CampaignError, LedgerError, StateError
from campaigns.exchanging import sources
from campaigns.exchanging.facts import recorded_in
from campaigns.exchanging.restore import restore_campaign
from campaigns.exchanging.rows import TABLES, file_of, written
from campaigns.ledger import Ledger
from campaigns.ledger.copying import Recorded

from .conftest import ADAPTER, contents

Files = dict[str, bytes]


@pytest.fixture(scope="session")
def files(as_folder: Path) -> Files:
    """What the export holds; a test changes a copy."""
    return contents(as_folder)


@pytest.fixture
def refused(tmp_path: Path) -> Iterator[Callable[..., CampaignError]]:
    """Tries to import, and gives the error; nothing may be there afterwards but what was there."""
    place = tmp_path / "a" / "b"
    place.mkdir(parents=True)
    (tmp_path / "outside.txt").write_text("as it was")

    def attempt(archive: Path, match: str = ".", kind: type[CampaignError] = ArchiveError) -> CampaignError:
        with pytest.raises(kind, match=match) as error:
            Campaign.restore(archive, place / "made")
        return error.value

    yield attempt
    assert not list(place.iterdir())
    assert (tmp_path / "outside.txt").read_text() == "as it was"


def manifest_of(files: Files, **changes: object) -> bytes:
    """An honest manifest of dishonest files."""
    told = json.loads(files["manifest.json"]) | changes
    told["files"] = {
        name: {"bytes": len(text), "sha256": sha256(text).hexdigest()}
        for name, text in files.items()
        if name != "manifest.json"
    }
    return json.dumps(told).encode()


def with_manifest(files: Files, **changes: object) -> Files:
    return files | {"manifest.json": manifest_of(files, **changes)}


def packed(path: Path, files: Files, *more: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in [*files.items(), *more]:
            out.writestr(name, text)
    return path


def unpacked(path: Path, files: Files) -> Path:
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(text)
    return path


def altered(text: bytes, column: str, value: str, row: int = 0) -> bytes:
    rows = list(csv.reader(io.StringIO(text.decode(), newline="")))
    rows[row + 1][rows[0].index(column)] = value
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


@pytest.mark.parametrize(
    "name",
    [
        "../outside.txt",
        "files/../../outside.txt",
        "/tmp/outside.txt",
        "C:/outside.txt",
        "files\\..\\..\\outside.txt",
        "files/pool.csv/x",
        "FILES/pool.csv",
        "files/nul",
        "files/\x1b[31m.csv",
    ],
)
@pytest.mark.parametrize("listed", [True, False])
def test_no_path_leaves_the_folder(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError], name: str, listed: bool
) -> None:
    more = files | {name: b"harm"}
    archive = packed(tmp_path / "x.zip", with_manifest(more) if listed else more)
    refused(archive)


@pytest.mark.parametrize(
    "name",
    [
        "files/other.csv",
        "files/campaign.toml",
        "files/campaign.sqlite",
        "files/Campaign.SQLite",
        "files/adapters/x.json",
        "files/rounds/001/proposals.csv",
        "rounds/001/run.py",
        "rounds/1/../proposals.csv",
        f"adapters/{ADAPTER}/hook.py",
        f"adapters/{ADAPTER}/weights.pkl",
        f"adapters/{ADAPTER}/adapter_model.bin",
        "adapters/not-a-hash/fold.json",
        "campaign.sqlite",
        "conftest.py",
        "ledger/more.csv",
    ],
)
def test_nothing_is_taken_that_is_no_part_of_a_campaign(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError], name: str
) -> None:
    refused(packed(tmp_path / "x.zip", with_manifest(files | {name: b"import os"})))


@pytest.mark.parametrize("name", ["readme.txt", "adapters/evil.py", "__pycache__/campaigns.pyc"])
def test_a_file_that_the_manifest_does_not_name_is_not_taken_and_told(
    files: Files, tmp_path: Path, name: str
) -> None:
    summary = restore_campaign(packed(tmp_path / "x.zip", files | {name: b"x"}), tmp_path / "made")
    assert any(name in note for note in summary.notes)
    assert not list((tmp_path / "made").rglob(Path(name).name))


@pytest.mark.parametrize("listed", [True, False])
def test_a_symbolic_link_in_a_zip_is_refused(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError], listed: bool
) -> None:
    link = zipfile.ZipInfo("files/pool.csv" if listed else "files/link.csv")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    rest = {name: text for name, text in files.items() if name != link.filename}
    refused(packed(tmp_path / "x.zip", rest, (link, b"../outside.txt")), "link or a special file")


@pytest.mark.parametrize("kind", ["file", "folder", "pipe", "dangling"])
def test_a_link_or_pipe_in_a_folder_is_refused(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError], kind: str
) -> None:
    archive = unpacked(tmp_path / "x", files)
    place = archive / "files" / "pool.csv"
    place.unlink()
    if kind == "pipe":
        os.mkfifo(place)
    else:
        target = {"file": tmp_path / "outside.txt", "folder": tmp_path, "dangling": tmp_path / "none"}[kind]
        place.symlink_to(target)
    refused(archive, "link or a special file")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError]
) -> None:
    refused(packed(tmp_path / "x.zip", files, ("files/pool.csv", b"other")), "twice")


@pytest.mark.parametrize("name", ["files/POOL.csv", "Manifest.json", "Files/pool.csv"])
def test_names_that_differ_by_case_are_refused(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError], name: str
) -> None:
    refused(packed(tmp_path / "x.zip", files, (name, b"other")), "some machines take for the same")


def test_a_name_that_hides_behind_a_zero_byte_is_refused(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError]
) -> None:
    archive = packed(tmp_path / "x.zip", files | {"files/zzzz.csv/../x": b""})
    archive.write_bytes(archive.read_bytes().replace(b"files/zzzz.csv/../x", b"files/pool\0csv/../x"))
    refused(archive)


def test_an_entry_without_a_name_is_refused(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError]
) -> None:
    refused(packed(tmp_path / "x.zip", files, (zipfile.ZipInfo(""), b"harm")), "no name")


def test_a_bomb_is_not_unpacked(files: Files, tmp_path: Path, refused: Callable[..., CampaignError]) -> None:
    bomb = with_manifest(files | {"files/pool.csv": bytes(sources.FREELY_PACKED + 30_000_000)})
    archive = packed(tmp_path / "x.zip", bomb)
    assert archive.stat().st_size < 150_000
    refused(archive, "would unpack to")


def test_a_bomb_that_says_it_is_small_is_read_no_further(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError]
) -> None:
    honest = files["files/pool.csv"]
    archive = packed(tmp_path / "x.zip", files | {"files/pool.csv": bytes(50_000_000)})
    text = archive.read_bytes()
    # the sizes in the entry's own header and in the directory
    small, large = (len(honest).to_bytes(4, "little"), (50_000_000).to_bytes(4, "little"))
    archive.write_bytes(text.replace(large, small))
    refused(archive, "damaged")


def test_more_files_than_any_campaign_has_are_refused(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MOST_FILES", 20)
    more = files | {f"files/{i}.csv": b"" for i in range(20)}
    refused(packed(tmp_path / "x.zip", more), "more than 20 files")
    refused(unpacked(tmp_path / "x", more), "more than 20 files")


def test_a_disk_without_room_is_told_before_anything_is_made(
    as_zip: Path, refused: Callable[..., CampaignError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(10, 5, 5))
    refused(as_zip, "has no room", StateError)


def test_a_disk_that_fills_up_on_the_way_is_told_and_nothing_stays(
    as_zip: Path, refused: Callable[..., CampaignError], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "rename", full)
    assert "No space left" in refused(as_zip, "cannot be read or written", StateError).message


def test_an_encrypted_entry_is_refused(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError]
) -> None:
    archive = packed(tmp_path / "x.zip", files)
    text = bytearray(archive.read_bytes())
    position = text.index(b"PK\x01\x02")
    text[position + 8] |= 1
    archive.write_bytes(bytes(text))
    refused(archive, "encrypted")


def test_a_packing_that_polyloop_does_not_use_is_refused(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError]
) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_LZMA) as out:
        for name, text in files.items():
            out.writestr(name, text)
    refused(tmp_path / "x.zip", "packed in a way")


@pytest.mark.parametrize(
    "name", ["campaign.toml", "files/pool.csv", "ledger/measurements.csv", "ledger/rounds.json"]
)
@pytest.mark.parametrize("how", ["changed", "shorter", "longer", "gone"])
@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_a_damaged_file_is_named(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError], name: str, how: str, kind: str
) -> None:
    text = files[name]
    new = {
        "changed": bytes([text[0] ^ 1]) + text[1:],
        "shorter": text[:-1],
        "longer": text + b"x",
        "gone": b"",
    }[how]
    broken = {key: value for key, value in (files | {name: new}).items() if how != "gone" or key != name}
    archive = packed(tmp_path / "x.zip", broken) if kind == "zip" else unpacked(tmp_path / "x", broken)
    assert name in refused(archive, "damaged").message


@pytest.mark.parametrize(
    ("column", "value", "table"),
    [
        ("value", "999.0", "measurements"),
        ("name", "someone else", "measurements"),
        ("line", "7", "measurements"),
        ("author", "someone else", "commands"),
        ("at", "2020-01-01T00:00:00.000000+00:00", "commands"),
        ("source_name", "other.csv", "commands"),
        ("digest", "0" * 64, "commands"),
        ("previous", "0" * 64, "commands"),
        ("status", "measured", "proposal_events"),
        ("reason", "none", "retractions"),
    ],
)
def test_a_fact_that_was_changed_on_the_way_does_not_agree_with_its_digest(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError], column: str, value: str, table: str
) -> None:
    name = f"ledger/{table}.csv"
    changed = with_manifest(files | {name: altered(files[name], column, value)})
    refused(packed(tmp_path / "x.zip", changed), "do not agree|other facts")


@pytest.mark.parametrize(
    ("column", "value", "table", "told"),
    [
        ("status", "exploded", "proposal_events", "the status 'exploded'"),
        ("bound", "near", "measurements", "the bound"),
        ("psmiles", "CCO", "repeat_units", "is no polymer"),
        ("key", "../../x", "repeat_units", "the key"),
        ("key", "a" * 32, "repeat_units", "not that of its polymer"),
        ("predictions", '{"tg":{"mean":1e999,"lower":0.0,"upper":1.0}}', "proposals", "1e999 is no number"),
        ("id", "../../x", "proposals", "the id"),
        ("hash", "../../../etc", "adapters", "names an adapter"),
        ("files", '{"../../x":"' + "0" * 64 + '"}', "adapters", "leads out of the folder"),
        ("files", '{"x.json":"y"}', "adapters", "no SHA-256"),
        ("files", "[1]", "adapters", "in another way"),
        ("command_id", "99", "measurements", "do not agree with one another"),
        ("digest", "", "commands", "no digest"),
        ("id", "3", "commands", "do not agree with one another"),
        ("predictions", '{"tg":{"mean":1}}', "proposals", "agree|does not record"),
    ],
)
def test_a_fact_that_is_none_is_refused(
    files: Files,
    tmp_path: Path,
    refused: Callable[..., CampaignError],
    column: str,
    value: str,
    table: str,
    told: str,
) -> None:
    name = f"ledger/{table}.csv"
    changed = with_manifest(files | {name: altered(files[name], column, value)})
    refused(packed(tmp_path / "x.zip", changed), told)


def resealed(files: Files, folder: Path, table: str, **values: object) -> Files:
    """Somebody's own facts with digests that hold: what only polyloop's own rules can refuse."""
    opened = {each.name: io.BytesIO(files[file_of(each)]) for each in TABLES}

    def commands() -> Iterator[Recorded]:
        for each in recorded_in(opened):
            facts = [(name, dict(row) | (values if name == table else {})) for name, row in each.facts]
            yield Recorded(dict(each.command) | {"previous": None, "digest": None}, facts)

    ledger = Ledger.create(folder / "resealed.sqlite")
    ledger.write_down(commands())
    changed, digest = dict(files), ""
    with ledger.reading() as session:
        for each in TABLES:
            rows = [dict(row) for row in session.connection().execute(select(each)).mappings()]
            order = "id" if each.name == "commands" else "command_id"
            changed[file_of(each)] = b"".join(written(each, sorted(rows, key=lambda row: row[order])))
            digest = rows[-1]["digest"] if each.name == "commands" else digest
    return with_manifest(changed, digest=digest)


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("proposals", {"predictions": {"tg": {"mean": 1.0}}}),
        ("proposals", {"predictions": [1]}),
        ("proposals", {"predictions": {"tg": {"mean": "a", "lower": 0.0, "upper": 1.0}}}),
        ("proposals", {"monomers": 5}),
        ("rounds", {"gate": {"tg": 5}}),
        ("rounds", {"gate": [[]]}),
        ("rounds", {"seed": "many"}),
        ("rounds", {"front": {"names": []}}),
        ("rounds", {"adapters": {"tg/projection": "../../.."}}),
        ("measurements", {"bound": "near"}),
        ("measurements", {"value": 1e300}),
        ("measurements", {"sem": 1e300}),
        ("measurements", {"unit_of_measure": "m"}),
        ("measurements", {"unit_of_measure": "no unit at all"}),
        ("proposal_events", {"status": "exploded"}),
        ("spec_versions", {"toml": "not TOML ["}),
    ],
)
def test_facts_with_digests_of_their_own_are_held_against_what_a_ledger_can_hold(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError], table: str, values: dict[str, object]
) -> None:
    changed = resealed(files, tmp_path, table, **values)
    refused(packed(tmp_path / "x.zip", changed), kind=CampaignError)


def test_facts_that_are_resealed_and_otherwise_as_they_were_are_taken(files: Files, tmp_path: Path) -> None:
    archive = packed(tmp_path / "x.zip", resealed(files, tmp_path, "measurements", note="checked"))
    assert {m.note for m in Campaign.restore(archive, tmp_path / "made").ledger.measurements()} == {"checked"}


@pytest.mark.parametrize("address", ["../../..", "/etc", "a/b", "", "C:\\x"])
def test_a_round_cannot_name_an_adapter_elsewhere(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError], address: str
) -> None:
    rounds = json.loads(files["ledger/rounds.json"])
    rounds[0]["adapters"] = {"tg/projection": address}
    changed = with_manifest(files | {"ledger/rounds.json": json.dumps(rounds).encode()})
    refused(packed(tmp_path / "x.zip", changed), "names an adapter")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"pool.csv"', '"/etc/passwd"', "leads out of the folder"),
        ('"pool.csv"', '"../../outside.txt"', "leads out of the folder"),
        (
            "[batch]",
            '[ledger]\nurl = "postgresql+psycopg://evil.example/db"\n[batch]',
            "where the ledger lies",
        ),
        ('"pool.csv"', '"torch.py"', "does not end as tables do"),
        ('"pool.csv"', '".git/config.txt"', "is hidden"),
        ('"pool.csv"', '"adapters/x.csv"', "needs itself"),
        ("[batch]", "[batch", "not TOML"),
    ],
)
def test_a_spec_cannot_name_files_or_databases_elsewhere(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError], old: str, new: str, told: str
) -> None:
    text = files["campaign.toml"].decode()
    assert old in text
    changed = with_manifest(files | {"campaign.toml": text.replace(old, new, 1).encode()})
    refused(packed(tmp_path / "x.zip", changed), told)


def test_a_spec_of_another_campaign_is_refused(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError]
) -> None:
    text = files["campaign.toml"].replace(b'direction = "max"', b'direction = "min"')
    refused(
        packed(tmp_path / "x.zip", with_manifest(files | {"campaign.toml": text})), "begun for", CampaignError
    )


@pytest.mark.parametrize("change", [{"commands": 1}, {"digest": "0" * 64}])
def test_a_manifest_that_tells_of_other_facts_is_refused(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError], change: dict[str, object]
) -> None:
    refused(packed(tmp_path / "x.zip", with_manifest(files, **change)), "other facts")


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"{}",
        b"[]",
        b'{"format": "zip"}',
        b'{"format": "polyloop campaign"}',
        b'{"format": "polyloop campaign", "format": "polyloop campaign"}',
        b'{"format": "polyloop campaign", "version": true}',
        b'{"format": "polyloop campaign", "version": 1e400}',
        b"[" * 200_000,
        b"\xff\xfe",
        b"1" * 5000,
    ],
)
def test_a_manifest_that_is_none_is_refused(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError], manifest: bytes
) -> None:
    refused(packed(tmp_path / "x.zip", files | {"manifest.json": manifest}))


@pytest.mark.parametrize(
    "change",
    [
        {"version": 9, "polyloop": "\x1b[2J"},
        {"campaign": ["\x1b[2J"]},
        {"schema": "9999", "polyloop": "\x1b[2J"},
    ],
)
def test_no_text_of_an_archive_can_steer_the_terminal(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError], change: dict[str, object]
) -> None:
    error = refused(packed(tmp_path / "x.zip", with_manifest(files, **change)))
    assert str(error).isprintable()


@pytest.mark.parametrize("name", ["../\x1b[2J", "a\u202egpj.csv", "files/\x9b2J.csv", "\x1b]0;x\x07"])
def test_no_name_in_an_archive_can_steer_the_terminal(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError], name: str
) -> None:
    error = refused(packed(tmp_path / "x.zip", with_manifest(files | {name: b"x"})))
    assert str(error).isprintable()


@pytest.mark.parametrize(
    "missing", ["manifest.json", "campaign.toml", "ledger/commands.csv", "ledger/spec_versions.json"]
)
def test_an_archive_without_one_of_its_parts_is_refused(
    files: Files, tmp_path: Path, refused: Callable[..., CampaignError], missing: str
) -> None:
    rest = {name: text for name, text in files.items() if name != missing}
    whole = with_manifest(rest) if "manifest.json" in rest else rest
    refused(packed(tmp_path / "x.zip", whole), missing)


@pytest.mark.parametrize("text", [b"", b"PK\x05\x06", b"PK\x03\x04" + bytes(100), b"psmiles,tg\n*CCO*,206\n"])
def test_a_file_that_is_no_zip_is_refused(
    tmp_path: Path, refused: Callable[..., CampaignError], text: bytes
) -> None:
    (tmp_path / "x.zip").write_bytes(text)
    refused(tmp_path / "x.zip", "no ZIP file")


def test_what_is_not_there_is_told(tmp_path: Path, refused: Callable[..., CampaignError]) -> None:
    refused(tmp_path / "none.zip", "There is no archive")


def test_an_archive_cut_short_anywhere_is_refused(as_zip: Path, tmp_path: Path) -> None:
    text = as_zip.read_bytes()
    for end in range(0, len(text), max(1, len(text) // 60)):
        (tmp_path / "x.zip").write_bytes(text[:end])
        with pytest.raises(ArchiveError):
            Campaign.restore(tmp_path / "x.zip", tmp_path / "made")
    assert [path.name for path in tmp_path.iterdir()] == ["x.zip"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 255)), min_size=1, max_size=4))
def test_an_archive_with_changed_bytes_is_refused_or_the_same(
    as_zip: Path, as_folder: Path, tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]
) -> None:
    text = bytearray(as_zip.read_bytes())
    for position, byte in changes:
        text[position % len(text)] = byte
    place = tmp_path_factory.mktemp("mutated")
    (place / "x.zip").write_bytes(bytes(text))
    try:
        made = Campaign.restore(place / "x.zip", place / "made")
    except (ArchiveError, LedgerError):
        assert [path.name for path in place.iterdir()] == ["x.zip"]
    else:
        made.export(place / "again")
        assert contents(place / "again") == contents(as_folder)
    shutil.rmtree(place)
