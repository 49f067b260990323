"""How a campaign's folder is made: nothing of the user's is overwritten, and every half-made folder can be finished."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from campaigns import Campaign
from campaigns.errors import CampaignError, SpecError, TableError
from campaigns.folder import LEDGER_FILE, SPEC_FILE
from campaigns.spec import CampaignSpec


@pytest.fixture
def spec(tmp_path: Path) -> CampaignSpec:
    (tmp_path / "pool.csv").write_text("psmiles\n*CCO*\n*CO*\n", encoding="utf-8")
    return CampaignSpec.from_options("tg:max", unit="K", pool=tmp_path / "pool.csv")


@pytest.fixture
def folder(tmp_path: Path, spec: CampaignSpec) -> Path:
    """A campaign that was made without interruption."""
    return Campaign.create(tmp_path / "campaign", spec).folder


def test_a_campaign_folder_holds_three_files_and_no_drafts(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {SPEC_FILE, LEDGER_FILE, "pool.csv"}


@pytest.mark.parametrize(
    "missing",
    [
        (SPEC_FILE,),
        (LEDGER_FILE,),
        (SPEC_FILE, LEDGER_FILE),
        ("pool.csv", SPEC_FILE),
        ("pool.csv", LEDGER_FILE, SPEC_FILE),
    ],
)
def test_a_folder_that_was_made_in_part_is_finished(
    folder: Path, spec: CampaignSpec, missing: tuple[str, ...]
) -> None:
    for name in missing:
        (folder / name).unlink()
    made = Campaign.create(folder, spec)
    assert Campaign.open(folder).spec == made.spec
    assert made.ledger.latest_spec() == (made.spec.version, made.spec.dumps())


@pytest.mark.parametrize("with_spec", [True, False])
def test_a_ledger_without_content_is_made_again(folder: Path, spec: CampaignSpec, with_spec: bool) -> None:
    (folder / LEDGER_FILE).write_bytes(b"")
    if not with_spec:
        (folder / SPEC_FILE).unlink()
    Campaign.create(folder, spec)
    assert Campaign.open(folder).status().observations == 0


def test_a_lost_spec_is_restored_around_the_measurements(folder: Path, spec: CampaignSpec) -> None:
    Campaign.open(folder).ingest(pd.DataFrame({"psmiles": ["*CCO*"], "tg": [206.0]}))
    (folder / SPEC_FILE).unlink()
    assert Campaign.create(folder, spec).status().observations == 1


@pytest.mark.parametrize("kept", [SPEC_FILE, LEDGER_FILE])
def test_half_a_campaign_for_something_else_is_not_overwritten(
    folder: Path, spec: CampaignSpec, kept: str
) -> None:
    before = (folder / kept).read_bytes()
    for name in {SPEC_FILE, LEDGER_FILE} - {kept}:
        (folder / name).unlink()
    other = CampaignSpec.from_options("eg:min", unit="eV", pool=folder.parent / "pool.csv")
    with pytest.raises(CampaignError, match="other settings"):
        Campaign.create(folder, other)
    assert (folder / kept).read_bytes() == before


def test_another_file_of_the_pools_name_is_not_overwritten(tmp_path: Path, spec: CampaignSpec) -> None:
    mine = tmp_path / "campaign" / "pool.csv"
    mine.parent.mkdir()
    mine.write_text("my own notes", encoding="utf-8")
    with pytest.raises(CampaignError, match="would be overwritten"):
        Campaign.create(mine.parent, spec)
    assert [path.read_text(encoding="utf-8") for path in mine.parent.iterdir()] == ["my own notes"]


def test_a_pool_that_lies_in_the_folder_is_used_where_it_is(tmp_path: Path, spec: CampaignSpec) -> None:
    assert Campaign.create(tmp_path, spec).folder == tmp_path
    assert Campaign.open(tmp_path).spec.pool.polymers == ("pool.csv",)


def test_a_pool_cannot_take_the_name_of_the_spec(tmp_path: Path) -> None:
    pool = tmp_path / SPEC_FILE
    pool.write_text("psmiles\n*CCO*\n", encoding="utf-8")
    with pytest.raises(CampaignError, match="needs itself"):
        Campaign.create(tmp_path / "campaign", CampaignSpec.from_options("tg:max", pool=pool))


HEAD = 'name = "t"\n'
TG = '[[objectives]]\nname = "tg"\ndirection = "max"\nunit = "K"\n'
SOURCE = '[[objectives.sources]]\ntable = "md/tg_md.csv"\ncolumn = "tg_md"\nunit = "degC"\n'
POOL = '[pool]\npolymers = "pool.csv"\n'


@pytest.fixture
def with_source(tmp_path: Path, spec: CampaignSpec) -> CampaignSpec:
    """A spec with a table of simulated values, in a folder of its own."""
    (tmp_path / "md").mkdir()
    (tmp_path / "md" / "tg_md.csv").write_text("psmiles,tg_md\n*CCO*,-60\n", encoding="utf-8")
    return CampaignSpec.loads(HEAD + TG + SOURCE + POOL)


def test_a_table_of_cheaper_values_is_kept_in_the_folder(tmp_path: Path, with_source: CampaignSpec) -> None:
    made = Campaign.create(tmp_path / "campaign", with_source, base=tmp_path)
    assert (made.folder / "tg_md.csv").read_text(encoding="utf-8") == "psmiles,tg_md\n*CCO*,-60\n"
    assert Campaign.open(made.folder).spec.objective.sources[0].table == "tg_md.csv"


def test_a_table_of_cheaper_values_is_checked_before_anything_is_written(
    tmp_path: Path, with_source: CampaignSpec
) -> None:
    table = tmp_path / "md" / "tg_md.csv"
    table.write_text("psmiles,tg_md\n*CCO*,warm\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"tg_md\.csv has 1 fault"):
        Campaign.create(tmp_path / "campaign", with_source, base=tmp_path)
    table.unlink()
    with pytest.raises(SpecError) as caught:
        Campaign.create(tmp_path / "campaign", with_source, base=tmp_path)
    assert [problem.where for problem in caught.value.problems] == ["objectives[1].sources[1].table"]
    assert not (tmp_path / "campaign").exists()


def _changed(folder: Path, old: str, new: str) -> None:
    path = folder / SPEC_FILE
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[pool]", '[[objectives]]\nname = "density"\ndirection = "min"\nunit = "g/cm3"\n[pool]'),
        ('name = "tg"\n\n', 'name = "tg"\nconstraints = ["sa_score < 4", "tg > 300 K"]\n'),
        ('unit = "K"', 'unit = "K"\nscale = "log"\nrobust = true\nweight = 2.0'),
    ],
)
def test_a_campaign_may_take_on_more_and_model_it_otherwise(folder: Path, old: str, new: str) -> None:
    _changed(folder, old, new)
    assert Campaign.open(folder).spec.objective.name == "tg"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('unit = "K"', 'unit = "degC"', "now says highest tg"),
        ('direction = "max"', 'direction = "min"', "now says lowest tg"),
        ('[[objectives]]\nname = "tg"', '[[objectives]]\nname = "softening"', "no longer names it"),
    ],
)
def test_what_a_campaign_was_begun_for_stays(folder: Path, old: str, new: str, said: str) -> None:
    _changed(folder, old, new)
    with pytest.raises(CampaignError, match=said):
        Campaign.open(folder)


def test_what_was_observed_for_a_constraint_may_become_an_objective_or_go(
    tmp_path: Path, spec: CampaignSpec
) -> None:
    constrained = CampaignSpec.loads(HEAD + 'constraints = ["density < 1.2 g/cm3"]\n' + TG + POOL)
    folder = Campaign.create(tmp_path / "campaign", constrained, base=tmp_path).folder
    density = '[[objectives]]\nname = "density"\ndirection = "min"\nunit = "g/cm3"\n'
    for text in (HEAD + TG + density + POOL, HEAD + TG + POOL):
        (folder / SPEC_FILE).write_text(text, encoding="utf-8")
        assert Campaign.open(folder).spec == CampaignSpec.loads(text)
    (folder / SPEC_FILE).write_text(HEAD + TG + density.replace("g/cm3", "kg/m3") + POOL, encoding="utf-8")
    with pytest.raises(CampaignError, match="begun for density"):
        Campaign.open(folder)
