"""What a campaign may propose: several sources, exclusions, limits, changes on the way, and which monomers to order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from campaigns import Campaign
from campaigns.candidates.changes import Changes
from campaigns.candidates.pool import different
from campaigns.errors import CampaignError, SpecError
from campaigns.folder import SPEC_FILE
from campaigns.spec import CampaignSpec, ExcludeSpec
from discovery.errors import PoolError
from discovery.latent.representation import Representation
from discovery.polymers import Monomer, RepeatUnit

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
    }
)
MONOMERS = (
    "smiles,name,price,available\n"
    "C=CCCC,1-pentene,0.5,yes\n"
    "C1CO1,ethylene oxide,0.2,yes\n"
    "OCCCO,1;3-propanediol,1.0,no\n"
    "OCCCCO,1;4-butanediol,2.0,yes\n"
    "OC(=O)CCC(=O)O,succinic acid,4.0,yes\n"
    "OC(=O)CCCCC(=O)O,adipic acid,,yes\n"
)
POLYMERS = "psmiles,name\n*CC(*)(F)F,PVDF\n*CC(*)CCC,poly(1-pentene)\n*CC(*)OCC,PVEE\n*CSC*,PMS\n"


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    (tmp_path / "monomers.csv").write_text(MONOMERS, encoding="utf-8")
    (tmp_path / "polymers.csv").write_text(POLYMERS, encoding="utf-8")
    return tmp_path


def made(tables: Path, representation: Representation, pool: str) -> Campaign:
    text = f'name = "t"\n[[objectives]]\nname = "tg"\ndirection = "max"\nunit = "K"\n{pool}'
    campaign = Campaign.create(tables / "campaign", CampaignSpec.loads(text), base=tables)
    campaign = Campaign(campaign.folder, campaign.spec, campaign.ledger, representation)
    campaign.ingest(MEASURED)
    return campaign


BOTH = '[pool]\nmonomers = "monomers.csv"\npolymers = "polymers.csv"\n'


def chains(campaign: Campaign) -> set[str]:
    pool = campaign.candidates().pool
    assert pool is not None
    return {candidate.unit.psmiles for chunk in pool.chunks() for candidate in chunk}


def keyed(texts: Sequence[str]) -> set[str]:
    return {RepeatUnit.parse(text).psmiles for text in texts}


def test_a_chain_that_two_sources_give_is_one_candidate_with_name_and_route(
    tables: Path, tiny_representation: Representation
) -> None:
    pool = made(tables, tiny_representation, BOTH).candidates().pool
    assert pool is not None
    [found] = [c for chunk in pool.chunks() for c in chunk if c.unit == RepeatUnit.parse("*CC(*)CCC")]
    assert found.name == "poly(1-pentene)"
    assert found.provenance is not None
    assert found.provenance.monomers == ("1-pentene",)


def test_exclusions_and_limits_hold_for_what_is_proposed_and_are_counted(
    tables: Path, tiny_representation: Representation
) -> None:
    rules = '[pool.exclude]\nelements = ["S"]\nsmarts = ["CC(F)F"]\n[pool.limits]\navailable = true\n'
    campaign = made(tables, tiny_representation, BOTH + rules)
    found = chains(campaign)
    assert not found & keyed(["*CSC*", "*CC(*)(F)F", "*OCCCOC(=O)CCC(=O)*"])
    assert keyed(["*OCCCCOC(=O)CCC(=O)*", "*CC(*)OCC"]) <= found
    batch = campaign.propose(3)
    assert set(batch.frame["psmiles"]) <= found
    assert sum(n for reason, n in batch.pool.items() if reason.startswith("excluded")) == 2


def test_what_a_laboratory_excludes_on_the_way_is_left_out_of_proposals_and_rankings(
    tables: Path, tiny_representation: Representation
) -> None:
    campaign = made(tables, tiny_representation, '[pool]\npolymers = "polymers.csv"\n')
    assert keyed(["*CC(*)(F)F", "*CSC*"]) <= set(campaign.rank(top=4).frame["psmiles"])
    campaign.exclude("[F,S]", reason="no hood for it")
    batch = campaign.propose(2)
    left = keyed(["*CC(*)CCC", "*CC(*)OCC"])
    assert set(batch.frame["psmiles"]) == left
    assert batch.pool["excluded: matches [F,S]"] == 2
    assert campaign.ledger.snapshot([], before_round=1).excluded == ("[F,S]",)
    own = pd.DataFrame({"psmiles": ["*CC(*)(Cl)F", "*CCCCO*"]})
    assert set(campaign.rank(polymers=own).frame["psmiles"]) == keyed(["*CCCCO*"])


def test_a_limit_of_cost_leaves_out_what_is_dear_and_what_is_unknown(
    tables: Path, tiny_representation: Representation
) -> None:
    found = chains(made(tables, tiny_representation, BOTH + "[pool.limits]\ncost = 3.0\n"))
    # a gram of succinic acid and a diol, one to one: 2.83 with propanediol, 3.13 with butanediol
    assert keyed(["*CC(*)CCC", "*CCO*", "*OCCCOC(=O)CCC(=O)*"]) <= found
    assert not found & keyed(["*OCCCCOC(=O)CCC(=O)*", "*OCCCOC(=O)CCCCC(=O)*", "*CSC*"])


def test_only_what_a_rule_makes_is_left_when_asked_for(
    tables: Path, tiny_representation: Representation
) -> None:
    campaign = made(
        tables, tiny_representation, '[pool]\npolymers = "polymers.csv"\n[pool.limits]\nmakeable = true\n'
    )
    assert chains(campaign) == keyed(["*CC(*)(F)F", "*CC(*)CCC", "*CC(*)OCC"])


def test_a_batch_tells_how_each_polymer_is_made_and_how_hard_that_is(
    tables: Path, tiny_representation: Representation
) -> None:
    campaign = made(tables, tiny_representation, '[pool]\npolymers = "polymers.csv"\n')
    frame = campaign.propose(4).frame.set_index("name")
    assert bool(frame.loc["PVDF", "makeable"])
    assert not bool(frame.loc["PMS", "makeable"])
    assert frame.loc["PVDF", "monomers"]
    assert frame["sa_score"].between(1, 10).all()


def test_candidates_are_added_in_the_middle_of_a_campaign(
    tables: Path, tiny_representation: Representation
) -> None:
    campaign = made(tables, tiny_representation, '[pool]\npolymers = "polymers.csv"\n')
    before = chains(campaign)
    changes = Changes(add=(tables / "monomers.csv",), elements=("S",), limits={"sa_score": 9.0})
    campaign.change_pool(changes.applied, *changes.files)
    after = chains(campaign)
    assert keyed(["*CCO*", "*OCCCOC(=O)CCC(=O)*"]) <= after - before
    assert before - after == keyed(["*CSC*"])
    again = Campaign.open(campaign.folder)
    assert chains(again) == after
    assert again.spec.pool.limits.sa_score == 9.0


def test_a_change_that_does_not_work_changes_nothing(
    tables: Path, tiny_representation: Representation
) -> None:
    campaign = made(tables, tiny_representation, '[pool]\npolymers = "polymers.csv"\n')
    spec, files = (campaign.folder / SPEC_FILE).read_text(), sorted(campaign.folder.iterdir())
    (tables / "bad.csv").write_text("psmiles\nCCO\n", encoding="utf-8")
    bad = Changes(add=(tables / "bad.csv",))
    with pytest.raises(PoolError):
        campaign.change_pool(bad.applied, *bad.files)
    with pytest.raises(SpecError):
        campaign.change_pool(Changes(smarts=("[Si",)).applied)
    (tables / "other").mkdir()
    (tables / "other" / "polymers.csv").write_text("psmiles\n*CO*\n", encoding="utf-8")
    clash = Changes(add=(tables / "other" / "polymers.csv",))
    with pytest.raises(CampaignError, match="another file"):
        campaign.change_pool(clash.applied, *clash.files)
    assert (campaign.folder / SPEC_FILE).read_text() == spec
    assert sorted(campaign.folder.iterdir()) == files


def test_two_files_of_one_name_are_refused(tables: Path) -> None:
    (tables / "more").mkdir()
    (tables / "more" / "polymers.csv").write_text("psmiles\n*CO*\n", encoding="utf-8")
    spec = CampaignSpec.from_options(
        "tg:max", pool=[tables / "polymers.csv", tables / "more" / "polymers.csv"]
    )
    with pytest.raises(CampaignError, match=r"Two files of the spec are called polymers\.csv"):
        Campaign.create(tables / "campaign", spec)


def test_monomers_are_ranked_by_the_chance_of_their_polymers(
    tables: Path, tiny_representation: Representation
) -> None:
    ranking = made(tables, tiny_representation, BOTH).rank(top=5)
    monomers = ranking.monomers
    assert monomers is not None
    assert monomers["in_top"].between(0, 1).all()
    assert monomers["in_top"].is_monotonic_decreasing
    acid = monomers.set_index("monomer").loc["succinic acid"]
    assert (acid["polymers"], acid["price"], acid["available"]) == (2, 4.0, True)
    assert "succinic acid" in acid["made_from"]
    # the top is five of eleven candidates, and the likeliest bottle is in most of what is best
    assert monomers.iloc[0]["in_top"] > 0.5


def test_monomers_of_ones_own_are_ranked_and_polymers_have_none(
    tables: Path, tiny_representation: Representation
) -> None:
    campaign = made(tables, tiny_representation, BOTH)
    own = campaign.rank(monomers=tables / "monomers.csv", top=3)
    assert own.monomers is not None
    assert len(own.monomers) == 3
    assert campaign.rank(polymers=tables / "polymers.csv").monomers is None


def test_monomers_beyond_the_limit_are_searched_and_not_enumerated(
    tables: Path, tiny_representation: Representation
) -> None:
    searched = (
        BOTH
        + "search_above = 0\nlooks = 100\n[pool.limits]\nsa_score = 9\n[pool.exclude]\nsmarts = ['O=CCCCCC=O']\n"
    )
    campaign = made(tables, tiny_representation, searched)
    assert chains(campaign) == keyed(["*CC(*)(F)F", "*CC(*)CCC", "*CC(*)OCC", "*CSC*"])
    batch = campaign.propose(6)
    assert any("pairs of monomers" in note for note in batch.notes)
    proposed = set(batch.frame["psmiles"])
    assert proposed - keyed(["*CC(*)(F)F", "*CC(*)CCC", "*CC(*)OCC", "*CSC*"])
    assert not any("C(=O)CCCCC(=O)" in text for text in proposed)
    assert batch.pool["excluded: matches O=CCCCCC=O"] == 2
    ranking = campaign.rank(top=4)
    assert ranking.monomers is not None
    assert "1,3-propanediol" in set(ranking.monomers["monomer"]) or "succinic acid" in set(
        ranking.monomers["monomer"]
    )
    assert any("search" in note for note in ranking.notes)


def test_a_first_batch_is_spread_over_monomers_that_are_only_searched(
    tables: Path, tiny_representation: Representation
) -> None:
    text = 'name = "t"\n[[objectives]]\nname = "tg"\ndirection = "max"\nunit = "K"\n'
    spec = CampaignSpec.loads(text + '[pool]\nmonomers = "monomers.csv"\nsearch_above = 0\n')
    made_here = Campaign.create(tables / "campaign", spec, base=tables)
    campaign = Campaign(made_here.folder, spec, made_here.ledger, tiny_representation)
    assert len(set(campaign.propose(4).frame["psmiles"])) == 4


def test_one_name_cannot_mean_two_molecules(tables: Path) -> None:
    (tables / "more.csv").write_text("smiles,name\nC=CC,1-pentene\n", encoding="utf-8")
    spec = CampaignSpec.from_options("tg:max", pool=[tables / "monomers.csv", tables / "more.csv"])
    with pytest.raises(PoolError, match="Two different monomers are called '1-pentene'"):
        Campaign.create(tables / "campaign", spec)


def test_of_a_monomer_that_is_offered_twice_the_one_in_stock_counts_then_the_cheaper_one() -> None:
    left_out: Counter[str] = Counter()
    offers = [
        Monomer("C=C", "sold out", price=1.0, available=False),
        Monomer("C=C", "dear", price=9.0, available=True),
        Monomer("C=C", "cheap", price=2.0, available=True),
        Monomer("C=CC", "other"),
    ]
    assert [monomer.name for monomer in different(offers, left_out)] == ["cheap", "other"]
    assert left_out == {"monomer: offered twice": 2}


def test_a_list_of_exclusions_that_cannot_be_read_whole_is_refused(tables: Path) -> None:
    (tables / "never.csv").write_text("psmiles\n*CSC*\n*CC(\n", encoding="utf-8")
    spec = CampaignSpec.from_options("tg:max", pool=tables / "polymers.csv")
    pool = spec.pool.model_copy(update={"exclude": ExcludeSpec(polymers=(str(tables / "never.csv"),))})
    with pytest.raises(PoolError, match=r"never\.csv lists polymers to exclude, and 1 of its rows"):
        Campaign.create(tables / "campaign", spec.with_pool(pool))


def test_limits_hold_for_a_table_of_ones_own_too(tables: Path, tiny_representation: Representation) -> None:
    campaign = made(tables, tiny_representation, BOTH + "[pool.limits]\navailable = true\n")
    own = pd.DataFrame(
        {
            "smiles": ["C=CCCCC", "C=CCCCCC"],
            "name": ["1-hexene", "1-heptene"],
            "price": [1.0, 2.0],
            "available": ["no", "yes"],
        }
    )
    ranking = campaign.rank(monomers=own)
    assert ranking.monomers is not None
    assert ranking.monomers[["monomer", "price"]].to_numpy().tolist() == [["1-heptene", 2.0]]
    assert "Monomers left out: 1 (not available)." in ranking.notes


def test_cost_decides_where_it_is_given_all_the_weight(
    tables: Path, tiny_representation: Representation
) -> None:
    (tables / "costs.csv").write_text(
        "psmiles,cost\n*CC(*)OCC,1\n*CC(*)OC,1000\n*CC(*)OCCC,1000\n", encoding="utf-8"
    )
    thrifty = made(
        tables, tiny_representation, '[pool]\npolymers = "costs.csv"\n[budget]\ncost_weight = 10\n'
    )
    assert thrifty.propose(1).frame["cost"].tolist() == [1.0]


def test_a_spec_with_comments_is_kept_beside_the_changed_one(
    tables: Path, tiny_representation: Representation
) -> None:
    campaign = made(tables, tiny_representation, BOTH)
    written = campaign.folder / SPEC_FILE
    written.write_text("# weekly\n" + written.read_text(encoding="utf-8"), encoding="utf-8")
    campaign.change_pool(Changes(elements=("Si",)).applied)
    assert (campaign.folder / "campaign.toml.bak").read_text(encoding="utf-8").startswith("# weekly")
    assert Campaign.open(campaign.folder).spec.pool.exclude.elements == ("Si",)
