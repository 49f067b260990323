"""Refinement as a campaign lives with it: five rounds and their report, a warm start, an adapter for another campaign."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from campaigns import Campaign
from campaigns.adapter_card import CARD_FILE, AdapterCard
from campaigns.auditing.audit import audit
from campaigns.auditing.findings import State
from campaigns.cli.exit_codes import INPUT, STATE
from campaigns.cli.main import polyloop
from campaigns.cli.schemas.validation import validated, validated_error
from campaigns.errors import CampaignError
from campaigns.folder import ADAPTERS
from campaigns.reports.refinement_cards import CHANGES, CHOICES
from campaigns.spec import CampaignSpec
from discovery.errors import WeightsError
from discovery.polymers import RepeatUnit

BEGUN_WITH = 12
"""Measured at the start; refinement needs sixteen, which there are from the third round on."""

SPEC = """
name = "{name}"
[[objectives]]
name = "tg"
direction = "max"
unit = "K"
[pool]
polymers = "pool.csv"
[encoders]
text = "{text}"
geometry = "{geometry}"
fusion = "{fusion}"
[refinement]
{refinement}
[batch]
size = 2
[budget]
shortlist = 8
"""


def tg(psmiles: str) -> float:
    return 230.0 + 25.0 * psmiles.count("O") + 12.0 * psmiles.count("F") + 7.0 * psmiles.count("S")


@dataclass(frozen=True)
class Workplace:
    """Where campaigns on the tiny encoders are made."""

    folder: Path
    units: tuple[RepeatUnit, ...]
    sources: dict[str, Path]

    def campaign(
        self, name: str, refinement: str, measured: int, *, before_pool: str = "", **sources: Path
    ) -> Campaign:
        text = SPEC.format(name=name, refinement=refinement, **(self.sources | sources))
        text = text.replace("[pool]", f"{before_pool}[pool]")
        pool = ["psmiles", *(unit.psmiles for unit in self.units[measured:])]
        (self.folder / "pool.csv").write_text("\n".join(pool) + "\n", encoding="utf-8")
        made = Campaign.create(self.folder / name, CampaignSpec.loads(text), base=self.folder)
        (self.folder / "pool.csv").unlink()
        rows = [
            {"psmiles": u.psmiles, "tg": tg(u.psmiles), "name": f"P{i}"}
            for i, u in enumerate(self.units[:measured])
        ]
        made.ingest(pd.DataFrame(rows))
        return made


def bring_back(campaign: Campaign, path: Path) -> None:
    form = pd.read_csv(path, dtype=str, keep_default_na=False)
    form["status"] = "measured"
    form["tg [K]"] = [str(tg(psmiles)) for psmiles in form["psmiles"]]
    campaign.ingest(form)


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(polyloop, [str(argument) for argument in arguments])


def refused(*arguments: str | Path, code: int = INPUT) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == code, result.output
    validated_error(result.stdout)
    error: dict[str, Any] = json.loads(result.stdout)["error"]
    return error


@pytest.fixture(scope="module")
def workplace(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_polymers: tuple[RepeatUnit, ...],
    tiny_text_folder: Path,
    tiny_geometry_folder: Path,
    fusion_folder: Callable[[int], Path],
) -> Workplace:
    sources = {"text": tiny_text_folder, "geometry": tiny_geometry_folder, "fusion": fusion_folder(0)}
    return Workplace(tmp_path_factory.mktemp("workplace"), tiny_polymers, sources)


@pytest.fixture(scope="module")
def after_five_rounds(workplace: Workplace) -> Campaign:
    campaign = workplace.campaign("five", 'depths = "projection"\nstart = "previous"', BEGUN_WITH)
    for _ in range(5):
        bring_back(campaign, campaign.propose().path)
    return campaign


@pytest.fixture(scope="module")
def exported(after_five_rounds: Campaign, workplace: Workplace) -> Path:
    out = workplace.folder / "exported"
    result = run("adapter", after_five_rounds.folder, "--out", out, "--json")
    assert result.exit_code == 0, result.output
    validated(["adapter"], result.stdout)
    assert json.loads(result.stdout)["card"]["property"] == "tg"
    return out


@pytest.fixture(scope="module")
def other(workplace: Workplace) -> Campaign:
    """Another campaign on the same encoders that refines nothing itself."""
    return workplace.campaign("other", "depths = []", 10)


def test_the_report_shows_the_gates_choice_in_every_round(after_five_rounds: Campaign) -> None:
    [card] = [card for card in after_five_rounds.cards() if card.title == CHOICES]
    assert card.frame is not None
    rounds = after_five_rounds.ledger.rounds()
    assert card.frame["round"].tolist() == ["1", "2", "3", "4", "5"]
    assert card.frame["used"].tolist() == [str(r.gates["tg"]["chosen"]) for r in rounds]
    gains = card.frame["projection: more than frozen"].tolist()
    reasons = card.frame["not refined, because"].tolist()
    assert gains[:2] == ["–", "–"]
    assert "only 12 polymers have a value (limits do not count), 16 are needed" in reasons[0]
    assert all("±" in gain for gain in gains[2:])
    assert reasons[2:] == ["", "", ""]


def test_the_report_shows_the_latent_of_what_is_measured_before_and_after(
    after_five_rounds: Campaign,
) -> None:
    [card] = [card for card in after_five_rounds.cards() if card.title == CHANGES]
    document: Any = after_five_rounds.ledger.rounds()[-1].gates["tg"]["latent_map"]
    assert document["member"] == "projection"
    assert len(document["points"]) == BEGUN_WITH + 2 * 4
    assert {p["psmiles"]: p["value"] for p in document["points"]} == {
        p["psmiles"]: tg(p["psmiles"]) for p in document["points"]
    }
    before, after = card.figures[0].axes[:2]
    for axes, when in ((before, "before"), (after, "after")):
        drawn = np.asarray(axes.collections[0].get_offsets())
        assert drawn.tolist() == [[p[f"x_{when}"], p[f"y_{when}"]] for p in document["points"]]
    assert not np.allclose(before.collections[0].get_offsets(), after.collections[0].get_offsets())


def test_a_round_tells_what_its_adapters_began_from(after_five_rounds: Campaign) -> None:
    told: list[Any] = [r.gates["tg"]["refinements"] for r in after_five_rounds.ledger.rounds()]
    assert [found["projection"].get("start") for found in told] == [None, None, "base", "round 3", "round 4"]


def test_a_round_keeps_its_adapters_under_their_hash(after_five_rounds: Campaign) -> None:
    rounds = after_five_rounds.ledger.rounds()
    assert [list(r.adapters) for r in rounds] == [[], [], *[["tg/projection"]] * 3]
    kept = {path.name for path in (after_five_rounds.folder / ADAPTERS).iterdir()}
    assert kept == {r.adapters["tg/projection"] for r in rounds[2:]}


def test_the_files_of_adapters_are_recorded_and_a_change_is_found(
    after_five_rounds: Campaign, tmp_path: Path
) -> None:
    assert audit(after_five_rounds.folder).healthy
    shutil.copytree(after_five_rounds.folder, tmp_path / "copy")
    last = Campaign.open(tmp_path / "copy").ledger.rounds()[-1]
    assert set(last.adapter_files) == set(last.adapters.values())
    weights = min((tmp_path / "copy" / ADAPTERS / min(last.adapter_files)).rglob("*.safetensors"))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    [found] = [each for each in audit(tmp_path / "copy").findings if each.state is State.DAMAGED]
    assert f"{weights.name} was changed" in found.words


def test_a_warm_start_without_the_adapters_of_the_round_before_says_what_to_do(
    after_five_rounds: Campaign, tmp_path: Path
) -> None:
    shutil.copytree(after_five_rounds.folder, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / ADAPTERS)
    with pytest.raises(CampaignError) as caught:
        Campaign.open(tmp_path / "copy").rank(top=1)
    assert "The adapter of round 5 (projection, for tg) is missing" in caught.value.message
    assert 'start = "base"' in caught.value.hint


def test_an_exported_adapter_says_what_it_is(exported: Path, after_five_rounds: Campaign) -> None:
    card = AdapterCard.read(exported)
    last = after_five_rounds.ledger.rounds()[-1]
    assert (card.campaign, card.property, card.unit, card.member) == ("five", "tg", "K", "projection")
    assert (card.round, card.polymers, card.hash) == (5, 20, last.adapters["tg/projection"])
    assert card.encoders == {name: last.encoder_revisions[name] for name in ("text", "geometry", "fusion")}
    assert {CARD_FILE, "fold-0", "fold-1"} <= {path.name for path in exported.iterdir()}
    assert all(p.suffix in (".json", ".safetensors") for p in exported.rglob("*") if p.is_file())
    assert sum(p.stat().st_size for p in exported.rglob("*") if p.is_file()) < 500_000


def test_nothing_is_overwritten(exported: Path, after_five_rounds: Campaign) -> None:
    error = refused("adapter", after_five_rounds.folder, "--out", exported, code=STATE)
    assert "nothing is overwritten" in error["message"]


@pytest.mark.parametrize(
    ("options", "said", "code"),
    [
        (("--round", "9"), "There is no round 9", INPUT),
        (("--property", "density"), "no property density", INPUT),
        (("--member", "both"), "No round has an adapter of both for tg", STATE),
        (
            ("--round", "1"),
            "Round 1 has no adapter for tg (only 12 polymers have a value (limits do not count), 16 are needed)",
            STATE,
        ),
    ],
)
def test_an_adapter_that_there_is_not_is_told(
    after_five_rounds: Campaign, tmp_path: Path, options: tuple[str, ...], said: str, code: int
) -> None:
    error = refused("adapter", after_five_rounds.folder, "--out", tmp_path / "out", *options, code=code)
    assert said in error["message"]
    assert error["hint"]
    assert not (tmp_path / "out").exists()


def test_an_adapter_of_an_earlier_round_can_be_had(after_five_rounds: Campaign, tmp_path: Path) -> None:
    card = after_five_rounds.export_adapter(tmp_path / "out", round=3, property="tg", member="projection")
    assert card.round == 3
    assert AdapterCard.read(tmp_path / "out") == card


def test_another_campaign_ranks_with_an_adapter_and_tells_whether_it_was_used(
    other: Campaign, exported: Path
) -> None:
    result = run("rank", other.folder, "--adapter", exported, "--top", "3", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert len(document["ranking"]) == 3
    [note] = [
        note
        for note in document["notes"]
        if note.startswith("The adapter from campaign five, round 5 (projection, learned on tg)")
    ]
    used, unused = (f" is {verdict} for tg, because " in note for verdict in ("used", "not used"))
    assert used != unused
    assert ("that model predicts left-out polymers" in note) == used
    without = json.loads(run("rank", other.folder, "--top", "3", "--json").stdout)
    assert not any("adapter" in note for note in without["notes"])


def test_a_campaign_is_begun_with_an_adapter_and_records_it(
    workplace: Workplace, exported: Path, after_five_rounds: Campaign
) -> None:
    campaign = workplace.campaign("adopting", f'depths = []\nadapter = "{exported}"', 10)
    batch = campaign.propose()
    assert any(
        "The adapter from campaign five, round 5 (projection, learned on tg)" in note for note in batch.notes
    )
    record = campaign.ledger.rounds()[-1]
    address = after_five_rounds.ledger.rounds()[-1].adapters["tg/projection"]
    assert record.adapters == {"tg/adopted": address}
    assert (campaign.folder / ADAPTERS / address).is_dir()
    [row] = [row for row in record.gates["tg"]["members"] if row["member"] == "adopted"]  # type: ignore[attr-defined]
    assert row["log_score"] is not None
    assert any("nothing of it was trained here" in card.text for card in campaign.cards())


def test_several_properties_share_their_adapters_and_each_has_its_own_picture(workplace: Workplace) -> None:
    density = '[[objectives]]\nname = "density"\ndirection = "min"\nunit = "g/cm3"\n'
    campaign = workplace.campaign("several", 'depths = "projection"', 18, before_pool=density)
    rows = [
        {"psmiles": u.psmiles, "density": 0.9 + 0.05 * u.psmiles.count("S") + 0.03 * u.psmiles.count("O")}
        for u in workplace.units[2:18]
    ]
    campaign.ingest(pd.DataFrame(rows))
    campaign.propose()
    adapters = campaign.ledger.rounds()[-1].adapters
    assert set(adapters) == {"tg/projection", "density/projection"}
    assert len(set(adapters.values())) == 1
    assert len(list((campaign.folder / ADAPTERS).iterdir())) == 1
    pictures = {card.title: card.figures for card in campaign.cards() if card.title.startswith(CHANGES)}
    assert list(pictures) == [f"{CHANGES}: tg", f"{CHANGES}: density"]
    drawn = [len(np.asarray(f.axes[0].collections[0].get_offsets())) for [f] in pictures.values()]
    assert drawn == [18, 16]


def test_new_takes_an_adapter(workplace: Workplace, exported: Path, tmp_path: Path) -> None:
    (tmp_path / "pool.csv").write_text("psmiles\n*CCO*\n*CO*\n", encoding="utf-8")
    given = ("--objective", "tg:max", "--unit", "K", "--pool", tmp_path / "pool.csv")
    made = run("new", tmp_path / "c", *given, "--adapter", exported, "--json")
    assert made.exit_code == 0, made.output
    kept = CampaignSpec.load(tmp_path / "c" / "campaign.toml").refinement.adapter
    assert kept == f"adapters/{AdapterCard.read(exported).hash}"
    assert AdapterCard.read(tmp_path / "c" / kept) == AdapterCard.read(exported)
    error = refused("new", tmp_path / "d", *given, "--adapter", tmp_path)
    assert "holds no adapter.json" in json.dumps(error)
    assert not (tmp_path / "d").exists()


def test_an_adapter_fits_its_own_encoders_only(
    workplace: Workplace, exported: Path, fusion_folder: Callable[[int], Path]
) -> None:
    strange = workplace.campaign("strange", "depths = []", 10, fusion=fusion_folder(1))
    with pytest.raises(WeightsError) as caught:
        strange.rank(top=1, adapter=exported)
    assert "was trained on other encoders: fusion fusion-" in caught.value.message
    assert "under [encoders]" in caught.value.hint


def test_a_folder_without_an_adapter_is_told_by_rank(other: Campaign, tmp_path: Path) -> None:
    error = refused("rank", other.folder, "--adapter", tmp_path)
    assert "There is no adapter in" in error["message"]
    assert "polyloop adapter DIR --out FOLDER" in error["hint"]
