"""Ledgers that earlier releases wrote: everything in them is read as it was meant, and is known again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

import campaigns.ledger
from campaigns.errors import LedgerError
from campaigns.ledger import Ledger, Predicted, ResultRow, Source, Status, observations_hash
from campaigns.ledger.sealing import chain
from campaigns.spec import ObjectiveSpec
from discovery.polymers.repeat_unit import RepeatUnit

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
PS, PEO = RepeatUnit.parse("*CC(*)c1ccccc1"), RepeatUnit.parse("*CCO*")
FILE = "ab" * 32

# What earlier releases wrote, row by row.
FACTS = (
    f"INSERT INTO commands VALUES (1, 'ingest', '2026-01-01 00:00:00', 'me', 'a.csv', '{FILE}', 'tg', 'K')",
    "INSERT INTO commands VALUES (2, 'propose', '2026-01-02 00:00:00', 'me', NULL, NULL, NULL, NULL)",
    f"INSERT INTO repeat_units VALUES ('{PS.key}', '{PS.psmiles}', 1)",
    f"INSERT INTO repeat_units VALUES ('{PEO.key}', '{PEO.psmiles}', 2)",
    f"INSERT INTO measurements (id, command_id, unit_key, objective, value, unit_of_measure, sem, n, name, reference, note, "
    f"line, proposal_id, content, copy) VALUES (1, 1, '{PS.key}', 'tg', 373.15, 'K', 2.0, 3, 'PS', 'handbook', 'dry', 2, NULL, "
    "'b6ca6cfb98830a58de96170d4c268559', 1)",
    f"INSERT INTO measurements (id, command_id, unit_key, objective, value, unit_of_measure, n, name, reference, note, line, "
    f"content, copy) VALUES (2, 1, '{PEO.key}', 'tg', 999.0, 'K', 1, '', '', '', 3, 'b6ca6cfb98830a58de96170d4c268558', 1)",
    """INSERT INTO rounds (number, command_id, seed, spec_version, observations_hash, encoder_revisions, adapter_hash, gate,
    versions, pool, note) VALUES (1, 2, '7', 'v', 'aa237a9215450a80decf48ab1493e236', '{"text": "abc"}', 'deadbeef',
    '{"chosen": "fingerprint", "reason": "r"}', '{"torch": "2"}', '{"candidates": 3}', 'n')""",
    "INSERT INTO proposal_events VALUES (1, 2, 'R001-01', 'proposed', '', NULL)",
    "INSERT INTO commands VALUES (3, 'retract', '2026-01-03 00:00:00', 'me', NULL, NULL, NULL, NULL)",
    "INSERT INTO retractions VALUES (1, 3, 2, 'wrong sample')",
    "INSERT INTO spec_versions VALUES (1, 1, 'v', 'toml')",
)
PROPOSALS = {
    "0001": f"""INSERT INTO proposals VALUES ('R001-01', 2, 1, 1, '{PEO.key}', '["ethylene oxide"]', 'ring', 250.5, 200.0, 301.0,
    0.5, 'near')""",
    "0003": f"""INSERT INTO proposals VALUES ('R001-01', 2, 1, 1, '{PEO.key}', '["ethylene oxide"]', 'ring', 250.5, 200.0, 301.0,
    0.5, 'near', 'PEO', 2.5, NULL, NULL, NULL, NULL)""",
    "0002": f"""INSERT INTO proposals VALUES ('R001-01', 2, 1, 1, '{PEO.key}', '["ethylene oxide"]', 'ring', 250.5, 200.0, 301.0,
    0.5, 'near', 'PEO', 2.5, NULL)""",
}


def upgraded(url: str, schema: str) -> None:
    """Makes a database of an earlier schema with its facts."""
    engine = create_engine(url, poolclass=NullPool)
    made = Config()
    made.set_main_option("script_location", str(Path(campaigns.ledger.__file__).parent / "migrations"))
    made.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        made.attributes["connection"] = connection
        command.upgrade(made, schema)
        for fact in (*FACTS[:-4], PROPOSALS[schema], *FACTS[-4:]):
            connection.exec_driver_sql(fact)


@pytest.fixture(params=[("sqlite", "0001"), ("sqlite", "0002"), ("sqlite", "0003"), ("postgresql", "0003")])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A ledger of an earlier schema."""
    database, schema = request.param
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    if database == "postgresql":
        url = request.getfixturevalue("postgresql")()
    upgraded(url, schema)
    return url


@pytest.fixture
def ledger(place: str) -> Ledger:
    """A ledger of an earlier schema, opened."""
    return Ledger.open(place)


def test_nothing_is_lost_or_changed_on_the_way(place: str) -> None:
    engine = create_engine(place, poolclass=NullPool)

    def facts() -> dict[str, list[dict[str, object]]]:
        with engine.connect() as connection:
            names = inspect(connection).get_table_names()
            asked = {name: connection.exec_driver_sql(f"SELECT * FROM {name}").mappings() for name in names}
            return {name: [dict(row) for row in rows] for name, rows in asked.items()}

    before = facts()
    Ledger.open(place)
    after = facts()
    assert {name for name, rows in before.items() if rows} >= {
        "commands",
        "measurements",
        "retractions",
        "proposals",
    }
    for name, rows in before.items():
        if name != "alembic_version":
            kept = (
                [{column: row[column] for column in rows[0]} for row in after[name]] if rows else after[name]
            )
            assert kept == rows


def test_an_upgrade_that_fails_leaves_the_ledger_as_it_was(place: str) -> None:
    engine = create_engine(place, poolclass=NullPool)
    with engine.begin() as connection:
        before = set(inspect(connection).get_table_names())
        connection.exec_driver_sql(
            "CREATE TABLE upgrades (no INTEGER)"
        )  # the last table that the last step makes
    with pytest.raises(LedgerError, match="upgrades"):
        Ledger.open(place)
    with engine.begin() as connection:
        assert set(inspect(connection).get_table_names()) == before | {"upgrades"}
        connection.exec_driver_sql("DROP TABLE upgrades")
    Ledger.open(place).check()


def test_of_many_that_open_it_at_once_one_upgrades_it(place: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(Ledger.open, [place] * 4))
    assert len({ledger.measurements() for ledger in opened}) == 1
    opened[0].check()


def test_the_commands_of_before_are_sealed(ledger: Ledger) -> None:
    with ledger.reading() as session:
        found = [(link.whole, link.follows) for link in chain(session.connection())]
    assert found == [(True, True)] * 3


def test_what_was_retracted_before_can_be_given_back(ledger: Ledger) -> None:
    assert [m.id for m in ledger.measurements()] == [1]
    ledger.reinstate([2], "it was the right sample")
    ledger.retract([1, 2], "neither was")
    assert ledger.measurements() == ()


def test_a_round_of_before_saw_what_was_recorded_before_it(ledger: Ledger) -> None:
    [found] = ledger.rounds()
    assert (found.command, found.as_of, found.adapter_files) == (2, 1, {})
    seen = ledger.snapshot([TG], before_round=1)
    assert {o.unit for o in seen.observations["tg"]} == {PS, PEO}


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
