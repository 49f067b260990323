"""Ledgers that earlier releases wrote: everything in them is read as it was meant, and is known again."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

import campaigns.ledger
from campaigns.ledger import Ledger, Predicted, ResultRow, Source, Status, observations_hash
from campaigns.spec import ObjectiveSpec
from discovery.polymers.repeat_unit import RepeatUnit

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
PS, PEO = RepeatUnit.parse("*CC(*)c1ccccc1"), RepeatUnit.parse("*CCO*")
FILE = "ab" * 32

# What the release before the third schema wrote, row by row.
FACTS = (
    f"INSERT INTO commands VALUES (1, 'ingest', '2026-01-01 00:00:00', 'me', 'a.csv', '{FILE}', 'tg', 'K')",
    "INSERT INTO commands VALUES (2, 'propose', '2026-01-02 00:00:00', 'me', NULL, NULL, NULL, NULL)",
    f"INSERT INTO repeat_units VALUES ('{PS.key}', '{PS.psmiles}', 1)",
    f"INSERT INTO repeat_units VALUES ('{PEO.key}', '{PEO.psmiles}', 2)",
    f"INSERT INTO measurements VALUES (1, 1, '{PS.key}', 'tg', 373.15, 'K', 2.0, 3, 'PS', 'handbook', 'dry', 2, NULL, "
    "'b6ca6cfb98830a58de96170d4c268559', 1)",
    """INSERT INTO rounds VALUES (1, 2, '7', 'v', 'aa237a9215450a80decf48ab1493e236', '{"text": "abc"}', 'deadbeef',
    '{"chosen": "fingerprint", "reason": "r"}', '{"torch": "2"}', '{"candidates": 3}', 'n')""",
    "INSERT INTO proposal_events VALUES (1, 2, 'R001-01', 'proposed', '', NULL)",
)
PROPOSALS = {
    "0001": f"""INSERT INTO proposals VALUES ('R001-01', 2, 1, 1, '{PEO.key}', '["ethylene oxide"]', 'ring', 250.5, 200.0, 301.0,
    0.5, 'near')""",
    "0002": f"""INSERT INTO proposals VALUES ('R001-01', 2, 1, 1, '{PEO.key}', '["ethylene oxide"]', 'ring', 250.5, 200.0, 301.0,
    0.5, 'near', 'PEO', 2.5, NULL)""",
}


@pytest.fixture(params=list(PROPOSALS))
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    """A ledger of an earlier schema, opened."""
    engine = create_engine(f"sqlite:///{tmp_path / 'c.sqlite'}", poolclass=NullPool)
    made = Config()
    made.set_main_option("script_location", str(Path(campaigns.ledger.__file__).parent / "migrations"))
    made.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        made.attributes["connection"] = connection
        command.upgrade(made, request.param)
        for fact in (*FACTS, PROPOSALS[request.param]):
            connection.exec_driver_sql(fact)
    return Ledger.open(tmp_path / "c.sqlite")


def test_earlier_proposals_predict_the_only_property_that_there_was(ledger: Ledger) -> None:
    [proposal] = ledger.proposals()
    assert proposal.predictions == {"tg": Predicted(250.5, 200.0, 301.0)}
    assert (proposal.monomers, proposal.acquisition, proposal.reason) == (("ethylene oxide",), 0.5, "near")
    assert (proposal.feasibility, proposal.fulfils) == (None, {})


def test_earlier_rounds_have_the_gate_and_the_adapter_of_the_only_property(ledger: Ledger) -> None:
    [found] = ledger.rounds()
    assert found.gates == {"tg": {"chosen": "fingerprint", "reason": "r"}}
    assert found.adapters == {"tg": "deadbeef"}
    assert (found.front, found.advice) == (None, "")


def test_earlier_measurements_are_values(ledger: Ledger) -> None:
    [observation] = ledger.observations(TG)
    assert (observation.value, observation.sem, observation.n, observation.bound) == (373.15, 2.0, 3, "")
    assert observations_hash({"tg": [observation]}, [TG]) == ledger.rounds()[0].observations_hash


def test_earlier_facts_are_known_again(ledger: Ledger) -> None:
    row = ResultRow(2, PS, Status.MEASURED, 373.15, 2.0, 3, reference="handbook", objective="tg")
    again = ledger.append_results([row], properties=[TG], source=Source("b.csv", "cd" * 32))
    assert (again.measurements, again.known) == (0, 1)
    same = ledger.append_results([row], properties=[TG], source=Source("a.csv", FILE))
    assert same.same_source


def test_the_adapter_of_before_members_had_names_is_found_by_its_property(ledger: Ledger) -> None:
    [found] = ledger.rounds()
    assert found.adapters_of("tg") == {"refined": "deadbeef"}
    assert found.adapters_of("density") == {}
