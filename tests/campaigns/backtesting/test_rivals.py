"""Who competes in a replay, by name, and what refinement a campaign brings along."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from campaigns.backtesting.oracle import Oracle
from campaigns.backtesting.recall import Goodness
from campaigns.backtesting.replay import Terms, replay
from campaigns.backtesting.rival_names import GATE, REFINED, RIVALS, USUAL
from campaigns.backtesting.rivals import PolyloopRound, strategy_of
from campaigns.cli.main import polyloop
from campaigns.spec import RefinementSpec
from discovery.acquisition.objectives import Objective
from discovery.latent.adapter import DEPTHS
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.progress import silent
from discovery.surrogate.learning import MEMBERS
from discovery.surrogate.observations import Observation

TG = Objective("tg", "max", "K")


def members(rival: str, representation: Representation, refinement: RefinementSpec) -> tuple[str, ...]:
    made = strategy_of(rival, TG, representation, None, silent, refinement)
    assert isinstance(made, PolyloopRound)
    assert made.refinement == refinement
    return tuple(made.members)


@pytest.mark.parametrize(
    ("depths", "expected"),
    [(None, MEMBERS), ((), ("fingerprint", "latent")), (("both",), ("fingerprint", "latent", "both"))],
)
def test_the_gate_compares_what_the_campaign_asks_for(
    tiny_representation: Representation, depths: tuple[str, ...] | None, expected: tuple[str, ...]
) -> None:
    refinement = RefinementSpec.model_validate({"depths": depths, "objective": "loo"})
    assert members(GATE, tiny_representation, refinement) == expected


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_depth_is_a_rival_by_itself(tiny_representation: Representation, depth: str) -> None:
    assert depth in REFINED
    assert members(depth, tiny_representation, RefinementSpec(depths=())) == (depth,)


def test_the_usual_rivals_are_among_all() -> None:
    assert set(USUAL) <= set(RIVALS)
    assert len(set(RIVALS)) == len(RIVALS)


def test_a_replay_is_played_on_the_refined_latent(
    tiny_representation: Representation, tiny_polymers: tuple[RepeatUnit, ...]
) -> None:
    table = [
        Observation(u, 200.0 + 25 * u.psmiles.count("O") + 7 * u.psmiles.count("F"))
        for u in tiny_polymers[:22]
    ]
    made = replay(
        "projection",
        0,
        Oracle(table, Goodness(TG)),
        lambda: strategy_of("projection", TG, tiny_representation, None, silent),
        Terms(16, rounds=1, batch=2, audited=1),
    )
    assert [len(measured) for measured in made.measured] == [16, 18]


def test_an_unknown_rival_is_told_with_all_that_there_are(tmp_path: Path) -> None:
    table = tmp_path / "measured.csv"
    table.write_text("psmiles,tg\n*CCO*,206\n", encoding="utf-8")
    result = CliRunner().invoke(
        polyloop, ["backtest", str(table), "--objective", "tg:max", "--rivals", "gate,refined"]
    )
    assert result.exit_code == 2
    said = " ".join(result.output.split())
    assert "there is no rival 'refined'" in said
    assert ", ".join(RIVALS) in said.replace("│ ", "")
