"""The Campaign class from Python: folders, frames, statuses and what survives an interruption."""

from __future__ import annotations

import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest

from campaigns import Campaign
from campaigns.errors import CampaignError, NotWrittenError, SpecError, TableError
from campaigns.folder import SPEC_FILE
from campaigns.ledger import observations_hash
from campaigns.limits import MAXIMUM_BATCH
from campaigns.spec import CampaignSpec
from discovery.errors import PoolError
from discovery.latent.representation import Representation

MEASURED = pd.DataFrame(
    {
        "psmiles": [
            "*CC(*)C",
            "*CC(*)CC",
            "*CCO*",
            "*CC(*)(C)C",
            "*CC(*)OC(C)=O",
            "*CC(*)C(=O)OC",
            "*CC(*)F",
        ],
        "tg": [263.0, 249.0, 206.0, 200.0, 305.0, 283.0, 314.0],
        "name": ["PP", "PB", "PEO", "PIB", "PVAc", "PMA", "PVF"],
    }
)
POOL = ("*CC(*)CCC", "*CCCO*", "*CO*", "*CC(*)(F)F", "*CC(*)C(=O)OCC", "*CC(*)OCC")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pool.csv").write_text("psmiles\n" + "\n".join(POOL) + "\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def campaign(folder: Path, tiny_representation: Representation) -> Campaign:
    spec = CampaignSpec.from_options("tg:max", unit="K", pool=folder / "pool.csv")
    made = Campaign.create(folder / "campaign", spec)
    return Campaign(made.folder, made.spec, made.ledger, tiny_representation)


def test_a_campaign_opens_as_it_was_made(campaign: Campaign) -> None:
    opened = Campaign.open(campaign.folder)
    assert opened.spec == campaign.spec
    assert opened.status().observations == 0


def test_a_missing_pool_is_told_before_anything_is_written(tmp_path: Path) -> None:
    spec = CampaignSpec.from_options("tg:max", unit="K", pool=_pool(tmp_path))
    (tmp_path / "pool.csv").unlink()
    with pytest.raises(SpecError):
        Campaign.create(tmp_path / "campaign", spec)
    assert not (tmp_path / "campaign").exists()


def test_a_pool_without_a_polymer_is_told_before_anything_is_written(tmp_path: Path) -> None:
    spec = CampaignSpec.from_options("tg:max", unit="K", pool=_pool(tmp_path))
    (tmp_path / "pool.csv").write_text("psmiles\nCCO\n", encoding="utf-8")
    with pytest.raises(PoolError):
        Campaign.create(tmp_path / "campaign", spec)
    assert not (tmp_path / "campaign").exists()


def test_a_frame_is_ingested_like_a_file(campaign: Campaign) -> None:
    summary = campaign.ingest(MEASURED)
    assert (summary.accepted, summary.polymers) == (len(MEASURED), len(MEASURED))
    best = campaign.status().best
    assert best is not None
    assert best[1:] == (314.0, "PVF")


def test_no_model_is_loaded_to_say_where_a_campaign_stands(campaign: Campaign) -> None:
    campaign.ingest(MEASURED)
    campaign.propose(1)
    code = (
        f"import sys; from campaigns import Campaign; Campaign.open({str(campaign.folder)!r}).status();"
        "heavy = ('torch', 'botorch', 'transformers', 'scipy.stats', 'matplotlib', 'jinja2');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_a_repeat_that_cannot_be_right_is_told(campaign: Campaign) -> None:
    campaign.ingest(MEASURED)
    close = campaign.ingest(pd.DataFrame({"psmiles": ["*CC(*)C"], "tg": [266.0]}))
    assert not any("before; both count" in note for note in close.notes)
    slip = campaign.ingest(pd.DataFrame({"psmiles": ["*CC(*)F"], "tg": [31.4], "name": ["PVF"]}))
    assert any("PVF has tg 31.4 K here and 314 before" in note for note in slip.notes)


def test_a_faulty_frame_is_refused_whole(campaign: Campaign) -> None:
    with pytest.raises(TableError) as error:
        campaign.ingest(MEASURED.assign(tg=[263, "warm", 206, -3, 305, 283, 314]))
    assert [problem.line for problem in error.value.problems] == [3, 5]
    assert campaign.status().observations == 0


def test_nothing_measured_pending_or_abandoned_is_proposed_again(campaign: Campaign) -> None:
    campaign.ingest(MEASURED)
    first = campaign.propose(2, seed=0)
    form = pd.read_csv(first.path, dtype=str, keep_default_na=False)
    form.loc[0, ["status", "tg [K]"]] = ["measured", "300"]
    form.loc[1, "status"] = "abandoned"
    campaign.ingest(form)
    second = campaign.propose(2, seed=0)
    third = campaign.propose(2, seed=0)
    proposed = [*first.frame["psmiles"], *second.frame["psmiles"], *third.frame["psmiles"]]
    assert len(set(proposed)) == len(POOL)
    assert not set(proposed) & set(MEASURED["psmiles"])
    with pytest.raises(PoolError):
        campaign.propose(1)


def test_a_round_whose_form_cannot_be_written_is_told_and_not_lost(campaign: Campaign) -> None:
    in_the_way = campaign.folder / "rounds"
    in_the_way.write_text("not a folder", encoding="utf-8")
    with pytest.raises(NotWrittenError, match="Round 1 is recorded") as caught:
        campaign.propose(2, seed=0)
    assert "Do not propose again" in caught.value.hint
    in_the_way.unlink()
    assert campaign.status().rounds == 1
    assert (campaign.folder / "rounds" / "001" / "proposals.csv").is_file()


def test_a_form_that_was_lost_is_written_again(campaign: Campaign) -> None:
    path = campaign.propose(2).path
    before = path.read_text(encoding="utf-8")
    path.unlink()
    Campaign.open(campaign.folder).status()
    assert path.read_text(encoding="utf-8") == before


def test_the_number_of_a_round_that_the_ledger_does_not_hold_is_not_taken(campaign: Campaign) -> None:
    form = campaign.folder / "rounds" / "001" / "proposals.csv"
    form.parent.mkdir(parents=True)
    form.write_text("psmiles,tg\n*CCO*,206\n", encoding="utf-8")
    batch = campaign.propose(2)
    assert form.read_text(encoding="utf-8") == "psmiles,tg\n*CCO*,206\n"
    assert batch.path.read_text(encoding="utf-8").count("R002-") == 2
    assert "This is round 2: round 1 was proposed before" in " ".join(batch.notes)


def test_a_round_records_what_made_it(campaign: Campaign) -> None:
    campaign.ingest(MEASURED)
    batch = campaign.propose(2, seed=5)
    record = campaign.ledger.rounds()[-1]
    assert (record.number, record.seed, record.spec_version) == (1, 5, campaign.spec.version)
    assert record.encoder_revisions == campaign.representation.revisions
    assert batch.gate is not None
    assert {"fingerprint", "latent"} <= set(batch.gate["member"])
    assert record.versions["torch"]


def test_a_ranking_marks_what_is_measured(campaign: Campaign) -> None:
    campaign.ingest(MEASURED)
    ranking = campaign.rank(polymers=pd.DataFrame({"smiles": ["*CC(*)F", "*CCCO*"]}), top=5)
    measured = ranking.frame.set_index("psmiles")["measured"]
    assert measured["*CC(*)F"] == 314.0
    assert pd.isna(measured["*CCCO*"])


def test_ranking_needs_measurements_and_no_more_than_one_table(campaign: Campaign) -> None:
    with pytest.raises(CampaignError, match="Nothing can be ranked yet"):
        campaign.rank(polymers=pd.DataFrame({"psmiles": ["*CCCO*"]}))
    both = pd.DataFrame({"smiles": ["C=C"]})
    with pytest.raises(CampaignError, match="either polymers or monomers"):
        campaign.rank(polymers=both, monomers=both)


def test_a_report_can_be_written_at_any_time(campaign: Campaign) -> None:
    assert "No round has been proposed yet" in campaign.report().read_text(encoding="utf-8")
    campaign.ingest(MEASURED)
    campaign.propose(2)
    assert "PVF" in campaign.report().read_text(encoding="utf-8")


def test_minimising_looks_the_other_way(folder: Path, tiny_representation: Representation) -> None:
    spec = CampaignSpec.from_options("tg:min", unit="K", pool=folder / "pool.csv")
    made = Campaign.create(folder / "low", spec)
    campaign = Campaign(made.folder, made.spec, made.ledger, tiny_representation)
    campaign.ingest(MEASURED)
    best = campaign.status().best
    assert best is not None
    assert best[2] == "PIB"
    frame = campaign.rank(polymers=folder / "pool.csv").frame
    assert list(frame["mean"]) == sorted(frame["mean"])


@pytest.mark.parametrize("unit", ["degC", ""])
def test_a_campaign_does_not_go_on_in_another_unit(campaign: Campaign, unit: str) -> None:
    path = campaign.folder / SPEC_FILE
    path.write_text(
        path.read_text(encoding="utf-8").replace('unit = "K"', f'unit = "{unit}"'), encoding="utf-8"
    )
    with pytest.raises(CampaignError, match=r"begun for highest tg \(K\)") as error:
        Campaign.open(campaign.folder)
    assert "polyloop new" in error.value.hint


def test_a_campaign_goes_on_with_another_batch_size(campaign: Campaign) -> None:
    path = campaign.folder / SPEC_FILE
    path.write_text(path.read_text(encoding="utf-8").replace("size = 8", "size = 3"), encoding="utf-8")
    assert Campaign.open(campaign.folder).spec.batch.size == 3


@pytest.mark.parametrize("size", [0, -1, MAXIMUM_BATCH + 1])
def test_a_batch_of_an_absurd_size_is_refused(campaign: Campaign, size: int) -> None:
    with pytest.raises(CampaignError, match="cannot be proposed"):
        campaign.propose(size)


def test_a_round_records_what_it_was_asked_and_what_it_saw(campaign: Campaign) -> None:
    campaign.ingest(MEASURED)
    first = campaign.propose(2)
    campaign.propose(1)
    record = campaign.ledger.rounds()[-1]
    assert record.pool["asked_for"] == 1
    assert record.pool["pending"] == list(first.frame["proposal_id"])
    pool = (campaign.folder / "pool.csv").read_bytes()
    assert record.pool["sha256"] == {"pool.csv": sha256(pool).hexdigest()}
    seen = campaign.ledger.snapshot(campaign.spec.properties)
    assert record.observations_hash == observations_hash(seen.observations, campaign.spec.properties)


def test_an_adapter_lies_under_its_hash(campaign: Campaign) -> None:
    campaign.ingest(MEASURED)
    campaign.propose(2)
    kept = [path.name for path in (campaign.folder / "adapters").glob("*")]
    assert kept == list(campaign.ledger.rounds()[-1].adapters.values())


def test_a_round_whose_models_have_no_skill_says_so(campaign: Campaign) -> None:
    campaign.ingest(MEASURED)
    batch = campaign.propose(2)
    assert campaign.ledger.rounds()[-1].gates["tg"]["skilful"] is False
    assert any("guesses" in note for note in batch.notes)


def test_a_column_that_was_not_read_is_told(campaign: Campaign) -> None:
    summary = campaign.ingest(MEASURED.assign(sme=5.0))
    assert any("sme" in note for note in summary.notes)


def test_the_next_step_names_the_forms_that_are_pending(campaign: Campaign) -> None:
    first = campaign.propose(2)
    second = campaign.propose(1)
    form = pd.read_csv(second.path, dtype=str, keep_default_na=False)
    form["tg [K]"] = "300"
    campaign.ingest(form)
    step = campaign.status().next_step
    assert str(first.path) in step
    assert str(second.path) not in step


def test_a_status_can_be_asked_where_no_form_can_be_written(campaign: Campaign) -> None:
    path = campaign.propose(2).path
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("in the way", encoding="utf-8")
    assert campaign.status().pending == 2
    with pytest.raises(OSError, match=re.escape(str(path.parent))):
        campaign.propose(1)


def test_every_faulty_row_of_a_frame_to_rank_is_listed(campaign: Campaign) -> None:
    campaign.ingest(MEASURED)
    with pytest.raises(TableError) as error:
        campaign.rank(polymers=pd.DataFrame({"psmiles": ["*CCCO*", "CCO", "*CC", "*CO*", None]}))
    assert [problem.line for problem in error.value.problems] == [3, 4, 6]
    with pytest.raises(TableError) as error:
        campaign.rank(monomers=pd.DataFrame({"smiles": ["C=CC", "C=C(", "*CC*"], "price": [1.0, -2.0, 3.0]}))
    assert "The data frame has 3 faults" in error.value.message
    assert all(f"line {line}, column" in error.value.message for line in (3, 4))
    with pytest.raises(TableError) as error:
        campaign.rank(monomers=pd.DataFrame({"smiles": ["C=CC", None]}))
    assert [problem.line for problem in error.value.problems] == [3]


@pytest.mark.parametrize("as_file", [True, False])
def test_a_ranking_keeps_the_names_of_the_table(campaign: Campaign, folder: Path, as_file: bool) -> None:
    campaign.ingest(MEASURED)
    own = pd.DataFrame({"psmiles": ["*CCCO*", "*CO*", "*CC(*)F"], "name": ["PTMO", "POM", ""]})
    own.to_csv(folder / "own.csv", index=False)
    ranking = campaign.rank(polymers=folder / "own.csv" if as_file else own).frame
    assert dict(zip(ranking["psmiles"], ranking["name"], strict=True)) == {
        "*CCCO*": "PTMO",
        "*CO*": "POM",
        "*CC(*)F": "PVF",
    }


def _pool(folder: Path) -> Path:
    path = folder / "pool.csv"
    path.write_text("psmiles\n*CCO*\n", encoding="utf-8")
    return path
