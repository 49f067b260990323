"""A campaign that comes out of an archive is the one that went in."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns import Campaign
from campaigns.errors import ArchiveError, LedgerError, SpecError, StateError
from campaigns.exchanging.restore import restore_campaign
from campaigns.ledger import Ledger, ResultRow, Source, Status
from campaigns.ledger.copying import recorded
from campaigns.spec import CampaignSpec
from discovery.polymers import RepeatUnit

from .conftest import ADAPTER, NAMES, contents


def facts(campaign: Campaign) -> list[object]:
    """Every row of the ledger, command by command."""
    with campaign.ledger.reading() as session:
        return [(dict(each.command), list(map(repr, each.facts))) for each in recorded(session.connection())]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_exported_again_it_gives_the_same_bytes(
    kind: str, as_folder: Path, as_zip: Path, campaign: Campaign, tmp_path: Path
) -> None:
    made = Campaign.restore(as_folder if kind == "folder" else as_zip, tmp_path / "made")
    made.export(tmp_path / "again")
    made.export(tmp_path / "again.zip")
    assert contents(tmp_path / "again") == contents(as_folder)
    assert (tmp_path / "again.zip").read_bytes() == as_zip.read_bytes()
    assert facts(made) == facts(campaign)


def test_the_folder_is_the_same_but_for_the_database_file(
    as_folder: Path, campaign: Campaign, tmp_path: Path
) -> None:
    made = Campaign.restore(as_folder, tmp_path / "made")
    before, after = contents(campaign.folder), contents(made.folder)
    assert before.keys() == after.keys()
    assert {name for name in before if before[name] != after[name]} <= {"campaign.sqlite"}
    assert list(tmp_path.iterdir()) == [made.folder]


def test_the_zip_holds_what_the_folder_holds(as_folder: Path, as_zip: Path) -> None:
    with zipfile.ZipFile(as_zip) as packed:
        assert {name: packed.read(name) for name in packed.namelist()} == contents(as_folder)


def test_the_manifest_names_every_file_with_its_size_and_hash(as_folder: Path) -> None:
    files = contents(as_folder)
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["files"] == {
        name: {"bytes": len(text), "sha256": sha256(text).hexdigest()} for name, text in files.items()
    }
    assert (manifest["format"], manifest["version"], manifest["schema"]) == ("polyloop campaign", 1, "0004")


def test_what_is_exported_is_plain(as_folder: Path) -> None:
    names = set(contents(as_folder))
    assert {Path(name).suffix for name in names} == {".csv", ".json", ".toml", ".safetensors"}
    assert "files/pool.csv" in names
    assert "rounds/001/proposals.csv" in names
    assert f"adapters/{ADAPTER}/fold-0/projection/adapter_model.safetensors" in names


def test_names_in_a_table_are_marked_where_a_spreadsheet_would_run_them(as_folder: Path) -> None:
    table = pd.read_csv(as_folder / "ledger" / "measurements.csv", dtype=str, keep_default_na=False)
    assert list(table["name"][: len(NAMES)]) == [
        "'=cmd|' /C calc'!A0",
        "''PEO",
        "'-1",
        "'+x",
        "'@sum",
        "P",
        'a "quoted", name',
        "Prüfung ½",
        "",
    ]


def test_a_campaign_goes_on_where_it_was(as_zip: Path, tmp_path: Path) -> None:
    made = Campaign.restore(as_zip, tmp_path / "made")
    before = len(made.ledger.measurements())
    summary = made.ingest(pd.DataFrame({"psmiles": ["*CC(*)c1ccccc1"], "tg": [373.0]}))
    assert summary.accepted == 1
    assert [m.id for m in made.ledger.measurements()][-1] == before + 1
    assert made.status().observations == len(NAMES) + 2


def test_a_campaign_goes_to_a_database_and_back(
    as_folder: Path, as_zip: Path, postgresql: Callable[[], str], tmp_path: Path
) -> None:
    url = postgresql()
    made = Campaign.restore(as_zip, tmp_path / "made", ledger=url, schema="lab")
    assert not (made.folder / "campaign.sqlite").exists()
    assert made.spec.ledger.url == url
    made.export(tmp_path / "again")
    assert contents(tmp_path / "again") == contents(as_folder)
    made.ingest(pd.DataFrame({"psmiles": ["*CC(*)c1ccccc1"], "tg": [373.0]}))
    made.export(tmp_path / "more")
    back = Campaign.restore(tmp_path / "more", tmp_path / "back")
    back.export(tmp_path / "more.zip")
    assert facts(back) == facts(made)


def test_a_database_with_another_campaign_is_left_alone(
    as_zip: Path, spec: CampaignSpec, postgresql: Callable[[], str], tmp_path: Path
) -> None:
    url = postgresql()
    Ledger.create(url).append_spec("v", spec.dumps())
    with pytest.raises(LedgerError, match="another campaign"):
        Campaign.restore(as_zip, tmp_path / "made", ledger=url)
    assert not (tmp_path / "made").exists()
    assert len(Ledger.open(url).specs()) == 1


def test_an_import_that_was_cut_short_after_the_database_is_taken_up(
    as_zip: Path, postgresql: Callable[[], str], tmp_path: Path
) -> None:
    url = postgresql()
    Campaign.restore(as_zip, tmp_path / "lost", ledger=url)
    again = Campaign.restore(as_zip, tmp_path / "made", ledger=url)
    assert again.status().observations == len(NAMES) + 1


@pytest.mark.parametrize("url", ["sqlite:///x.db", "postgresql://me:secret@host/db", "nonsense"])
def test_a_place_that_a_spec_may_not_name_is_refused_before_anything_is_made(
    as_zip: Path, tmp_path: Path, url: str
) -> None:
    with pytest.raises(SpecError):
        Campaign.restore(as_zip, tmp_path / "made", ledger=url)
    assert not list(tmp_path.iterdir())


def test_comments_of_a_spec_that_was_written_by_hand_are_kept(campaign: Campaign, tmp_path: Path) -> None:
    made = Campaign.open(shutil.copytree(campaign.folder, tmp_path / "tg"))
    path = made.folder / "campaign.toml"
    path.write_bytes(b"# mine\r\n" + path.read_bytes().rstrip() + b" # and this")
    Campaign.open(made.folder).export(tmp_path / "out")
    back = Campaign.restore(tmp_path / "out", tmp_path / "back")
    text = (back.folder / "campaign.toml").read_bytes()
    assert text.startswith(b"# mine\r\n")
    assert text.endswith(b" # and this\n")


def test_a_filled_in_form_that_was_not_ingested_comes_along(campaign: Campaign, tmp_path: Path) -> None:
    made = Campaign.open(shutil.copytree(campaign.folder, tmp_path / "tg"))
    form = made.folder / "rounds" / "001" / "proposals.csv"
    form.write_bytes(form.read_bytes() + b"# half done")
    made.export(tmp_path / "out.zip")
    back = Campaign.restore(tmp_path / "out.zip", tmp_path / "back")
    assert (back.folder / "rounds" / "001" / "proposals.csv").read_bytes() == form.read_bytes()


def test_nothing_is_overwritten(campaign: Campaign, as_zip: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine.txt").write_text("mine")
    (tmp_path / "there.zip").write_text("mine")
    for out in ("there", "there.zip"):
        with pytest.raises(StateError, match="nothing is overwritten"):
            campaign.export(tmp_path / out)
    with pytest.raises(StateError, match="nothing is overwritten"):
        Campaign.restore(as_zip, tmp_path / "there")
    assert {path.name for path in tmp_path.rglob("*")} == {"there", "there.zip", "mine.txt"}


def test_an_empty_folder_is_as_good_as_none(campaign: Campaign, as_zip: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    campaign.export(tmp_path / "out")
    Campaign.restore(as_zip, tmp_path / "in")
    assert (tmp_path / "out" / "manifest.json").is_file()


def test_a_damaged_ledger_is_not_exported(campaign: Campaign, tmp_path: Path) -> None:
    made = Campaign.open(shutil.copytree(campaign.folder, tmp_path / "tg"))
    with sqlite3.connect(made.folder / "campaign.sqlite") as database:
        database.execute("DROP TRIGGER measurements_no_update")
        database.execute("UPDATE measurements SET value = 999 WHERE id = 1")
    database.close()
    with pytest.raises(LedgerError, match=r"command 2 \(ingest\) is not what was recorded"):
        made.export(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_outside_the_folder_is_told_and_not_followed(campaign: Campaign, tmp_path: Path) -> None:
    made = Campaign.open(shutil.copytree(campaign.folder, tmp_path / "tg"))
    (tmp_path / "secret.csv").write_text("psmiles\n*CCO*\n", encoding="utf-8")
    path = made.folder / "campaign.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace('"pool.csv"', '"../secret.csv"'), encoding="utf-8"
    )
    with pytest.raises(StateError, match=r"\.\./secret\.csv"):
        Campaign.open(made.folder).export(tmp_path / "out")


def test_what_an_archive_leaves_out_is_told(campaign: Campaign, tmp_path: Path) -> None:
    made = Campaign.open(shutil.copytree(campaign.folder, tmp_path / "tg"))
    place = made.folder / "adapters" / ADAPTER
    (place / "notes.pkl").write_bytes(b"x")
    (place / "fold-0" / "fold.json").write_text("{}")
    notes = made.export(tmp_path / "out").notes
    assert any("notes.pkl is no part of an adapter" in note for note in notes)
    assert any("fold.json was changed" in note for note in notes)
    assert not list((tmp_path / "out").rglob("*.pkl"))
    back = restore_campaign(tmp_path / "out", tmp_path / "back")
    assert any("is damaged: fold-0/fold.json was changed" in note for note in back.notes)


def test_the_files_of_an_earlier_spec_come_along(campaign: Campaign, tmp_path: Path) -> None:
    made = Campaign.open(shutil.copytree(campaign.folder, tmp_path / "tg"))
    (made.folder / "later.csv").write_text("psmiles\n*CCO*\n", encoding="utf-8")
    path = made.folder / "campaign.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"pool.csv"', '"later.csv"'), encoding="utf-8")
    summary = Campaign.open(made.folder).export(tmp_path / "out")
    assert summary.notes == ()
    back = Campaign.restore(tmp_path / "out", tmp_path / "back")
    assert {"pool.csv", "later.csv"} <= set(contents(back.folder))


def test_encoders_in_folders_are_named_as_no_part_of_it(tmp_path: Path, tiny_text_folder: Path) -> None:
    (tmp_path / "pool.csv").write_text("psmiles\n*CCO*\n", encoding="utf-8")
    text = CampaignSpec.from_options("tg:max", unit="K", pool=tmp_path / "pool.csv").dumps()
    spec = CampaignSpec.loads(text.replace('text = "bundled"', f'text = "{tiny_text_folder}"'))
    made = Campaign.create(tmp_path / "tg", spec, base=tmp_path)
    [note] = made.export(tmp_path / "out").notes
    assert f"text encoder in {tiny_text_folder}" in note
    assert restore_campaign(tmp_path / "out", tmp_path / "back").notes == (note,)


@settings(max_examples=4, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8) | st.sampled_from(NAMES),
            st.floats(1.0, 1e6) | st.floats(1e-100, 1.0),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_was_recorded_comes_back(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[str, float]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "pool.csv").write_text("psmiles\n*CCO*\n", encoding="utf-8")
    made = Campaign.create(
        folder / "tg", CampaignSpec.from_options("tg:max", unit="K", pool=folder / "pool.csv")
    )
    rows = [
        ResultRow(2, RepeatUnit.parse("*CCO*"), Status.MEASURED, value, name=name, note=name, objective="tg")
        for name, value in told
    ]
    made.ledger.append_results(rows, properties=made.spec.properties, source=Source("=a.csv", "0" * 64))
    made.export(folder / "out.zip")
    back = Campaign.restore(folder / "out.zip", folder / "back")
    assert facts(back) == facts(made)
    back.export(folder / "again.zip")
    assert (folder / "again.zip").read_bytes() == (folder / "out.zip").read_bytes()


def test_an_archive_of_a_newer_polyloop_names_the_version_to_upgrade_to(
    as_folder: Path, tmp_path: Path
) -> None:
    for change, told in (({"version": 2}, "format 2"), ({"schema": "9999"}, "schema 9999")):
        copy = tmp_path / "copy"
        shutil.copytree(as_folder, copy)
        manifest = (
            json.loads((copy / "manifest.json").read_text(encoding="utf-8")) | change | {"polyloop": "7.5"}
        )
        (copy / "manifest.json").write_text(json.dumps(manifest | {"whatever": 1}), encoding="utf-8")
        with pytest.raises(ArchiveError, match=told) as error:
            Campaign.restore(copy, tmp_path / "made")
        assert "7.5" in error.value.hint
        shutil.rmtree(copy)
