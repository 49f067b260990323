"""What holds of every ledger, in whatever database it lies: each test runs on SQLite and on a real PostgreSQL server."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from campaigns.errors import LedgerError, UnknownNameError
from campaigns.ledger import Ledger, Predicted, Proposal, ResultRow, RoundRecord, Source, Status, proposal_id
from campaigns.ledger.copying import Recorded, recorded
from campaigns.ledger.places import Place
from campaigns.ledger.schema import FACTS, AdapterRow, Base, CommandRow, RetractionRow
from campaigns.ledger.sealing import Link, chain
from campaigns.spec import ObjectiveSpec
from discovery.polymers.repeat_unit import RepeatUnit

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
PS, PEO, PP, POM = map(RepeatUnit.parse, ("*CC(*)c1ccccc1", "*CCO*", "*CC(*)C", "*CO*"))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger to be copied: making one takes longer than all that is done to it."""
    path = tmp_path_factory.mktemp("empty") / "campaign.sqlite"
    Ledger.create(path)
    return path


@pytest.fixture(scope="module")
def empty_database(postgresql: Callable[..., str]) -> str:
    url = postgresql()
    Ledger.create(url)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Of an empty ledger."""
    if request.param == "sqlite":
        return Place.of(shutil.copyfile(request.getfixturevalue("empty"), tmp_path / "campaign.sqlite"))
    database: Callable[[str], str] = request.getfixturevalue("postgresql")
    return Place.of(database(request.getfixturevalue("empty_database")))


@pytest.fixture
def ledger(place: Place) -> Ledger:
    return Ledger.open(place, wait=0.5)


def source(name: str) -> Source:
    return Source(name, name.encode().hex().ljust(64, "0"))


def ingest(ledger: Ledger, file: str, *values: tuple[RepeatUnit, float], **more: object) -> list[int]:
    """Records values and returns the numbers of their measurements."""
    before = {m.id for m in ledger.measurements(with_retracted=True)}
    told: dict[str, object] = {"objective": "tg", **more}
    rows = [
        ResultRow(line, unit, Status.MEASURED, value, **told)  # type: ignore[arg-type]
        for line, (unit, value) in enumerate(values, 2)
    ]
    ledger.append_results(rows, properties=[TG], source=source(file))
    return [m.id for m in ledger.measurements(with_retracted=True) if m.id not in before]


def propose(ledger: Ledger, *units: RepeatUnit, **more: object) -> list[str]:
    number = ledger.next_round()
    made = [
        Proposal(
            proposal_id(number, rank), number, rank, unit, (), "", {"tg": Predicted(1.0, 0.0, 2.0)}, 0.1, ""
        )
        for rank, unit in enumerate(units, 1)
    ]
    ledger.append_round(replace(RoundRecord(number, 0, "v", "h", {}, {}, {}, {}, {}), **more), made)  # type: ignore[arg-type]
    return [proposal.id for proposal in made]


def links(ledger: Ledger) -> list[Link]:
    with ledger.reading() as session:
        return list(chain(session.connection()))


@contextmanager
def behind_its_back(place: Place) -> Iterator[Connection]:
    """A connection as another program has it."""
    options = {"options": f"-csearch_path={place.schema}"} if place.schema else {}
    engine = create_engine(place.url, poolclass=NullPool, connect_args=options)
    with engine.begin() as connection:
        yield connection


def test_a_ledger_is_opened_again_as_it_was(place: Place, ledger: Ledger) -> None:
    ingest(ledger, "a.csv", (PS, 373.15), sem=2.0, n=3, name="Ωπ polystyrene", note="dry")
    propose(ledger, PEO)
    again = Ledger.open(place)
    assert again.measurements() == ledger.measurements()
    assert again.proposals() == ledger.proposals()
    assert again.rounds() == ledger.rounds()
    with pytest.raises(LedgerError, match="exists already"):
        Ledger.create(place)


def test_what_is_not_kept_takes_no_numbers(ledger: Ledger) -> None:
    row = ResultRow(2, PS, Status.MEASURED, 1.0, objective="tg")
    ledger.append_results([row], properties=[TG], source=source("a.csv"), dry_run=True)
    with pytest.raises(UnknownNameError):
        ledger.append_results(
            [row, replace(row, proposal_id="R001-01")], properties=[TG], source=source("a.csv")
        )
    assert ingest(ledger, "a.csv", (PS, 1.0)) == [1]
    assert [link.command for link in links(ledger)] == [1]


def test_a_correction_stands_in_place_of_what_it_corrects(ledger: Ledger) -> None:
    [proposed] = propose(ledger, PS)
    [wrong] = ingest(ledger, "form.csv", (PS, 37.3), proposal_id=proposed)
    right = ledger.correct(
        wrong, ResultRow(0, PS, Status.MEASURED, 373.0, objective="tg"), TG, "decimal point"
    )
    assert [(m.id, m.value, m.proposal_id) for m in ledger.measurements()] == [(right, 373.0, proposed)]
    assert ledger.statuses() == {proposed: Status.MEASURED}
    with ledger.reading() as session:
        [retraction] = session.scalars(select(RetractionRow))
        assert (retraction.measurement_id, retraction.replaced_by) == (wrong, right)
    with pytest.raises(LedgerError, match="M1 was corrected: M2 stands in its place"):
        ledger.correct(wrong, ResultRow(0, PS, Status.MEASURED, 1.0, objective="tg"), TG, "again")


def test_a_correction_is_undone_by_retracting_it_and_undoing_the_retraction(ledger: Ledger) -> None:
    [wrong] = ingest(ledger, "a.csv", (PS, 373.0))
    right = ledger.correct(wrong, ResultRow(0, PS, Status.MEASURED, 383.0, objective="tg"), TG, "misread")
    ledger.retract([right], "it was right before")
    ledger.reinstate([wrong], "it was right before")
    assert [m.id for m in ledger.measurements()] == [wrong]


def test_what_was_corrected_is_not_changed_behind_what_stands_in_its_place(ledger: Ledger) -> None:
    [first] = ingest(ledger, "a.csv", (PS, 373.0))
    for value in (383.0, 393.0):
        row = ResultRow(0, PS, Status.MEASURED, value, objective="tg")
        last = ledger.correct(ledger.measurements()[0].id, row, TG, "misread")
    for change in (ledger.retract, ledger.reinstate):
        with pytest.raises(LedgerError, match="M1 was corrected: M3 stands in its place") as refused:
            change([first], "it was right")
        assert "polyloop retract DIR M3 --reason" in refused.value.hint
    with pytest.raises(LedgerError, match="M2 was corrected: M3 stands in its place"):
        ledger.reinstate([2], "it was right")
    assert [m.id for m in ledger.measurements()] == [last]


def test_a_correction_and_what_it_corrected_do_not_both_stand(ledger: Ledger) -> None:
    [first] = ingest(ledger, "a.csv", (PS, 373.0))
    second = ledger.correct(first, ResultRow(0, PS, Status.MEASURED, 383.0, objective="tg"), TG, "misread")
    ledger.retract([second], "no")
    with pytest.raises(LedgerError, match="stands"):
        ledger.reinstate([first, second], "both")
    ledger.reinstate([first], "it was right")
    with pytest.raises(LedgerError, match="M2 was said in the place of M1, which stands"):
        ledger.reinstate([second], "that too")
    assert [m.id for m in ledger.measurements()] == [first]


def test_a_value_can_be_corrected_to_what_it_was_before(ledger: Ledger) -> None:
    [first] = ingest(ledger, "a.csv", (PS, 373.0))
    second = ledger.correct(first, ResultRow(0, PS, Status.MEASURED, 383.0, objective="tg"), TG, "misread")
    third = ledger.correct(
        second, ResultRow(0, PS, Status.MEASURED, 373.0, objective="tg"), TG, "no, it was right"
    )
    assert [(m.id, m.value) for m in ledger.measurements()] == [(third, 373.0)]


def test_a_retraction_may_be_undone_and_made_again(ledger: Ledger) -> None:
    [number] = ingest(ledger, "a.csv", (PS, 373.0))
    for _ in range(2):
        ledger.retract([number], "wrong sample")
        assert ledger.observations(TG) == ()
        ledger.reinstate([number], "right sample")
        assert len(ledger.observations(TG)) == 1
    with pytest.raises(LedgerError, match="M1 is not retracted"):
        ledger.reinstate([number], "once more")


def test_several_are_retracted_all_or_none(ledger: Ledger) -> None:
    first, second = ingest(ledger, "a.csv", (PS, 373.0), (PEO, 206.0))
    with pytest.raises(UnknownNameError, match="no measurement M99"):
        ledger.retract([first, 99], "")
    assert len(ledger.measurements()) == 2
    ledger.retract([second, first, second], "the calibration was off")
    assert ledger.measurements() == ()


def test_a_proposal_without_any_value_left_is_awaited_again(ledger: Ledger) -> None:
    proposed, other = propose(ledger, PS, PEO)
    first, second = ingest(ledger, "form.csv", (PS, 373.0), (PS, 374.0), proposal_id=proposed)
    assert ledger.retract([first], "wrong sample") == ()
    assert ledger.retract([second], "that one too") == (proposed,)
    assert ledger.statuses() == {proposed: Status.RUNNING, other: Status.PROPOSED}
    assert ledger.reinstate([first], "it was the right one") == (proposed,)
    assert ledger.statuses()[proposed] is Status.MEASURED
    told = [(step.status, step.note) for step in ledger.history(proposed)]
    assert told[2:] == [(Status.RUNNING, "that one too"), (Status.MEASURED, "it was the right one")]


def test_a_proposal_that_a_known_value_answered_is_awaited_when_that_is_retracted(ledger: Ledger) -> None:
    [number] = ingest(ledger, "a.csv", (PS, 373.0))
    [proposed] = propose(ledger, PS)
    ingest(ledger, "b.csv", (PS, 373.0))
    assert ledger.statuses() == {proposed: Status.MEASURED}
    assert ledger.retract([number], "wrong sample") == (proposed,)
    assert ledger.reinstate([number], "right sample") == (proposed,)


def test_a_retracted_value_that_comes_again_answers_nothing(ledger: Ledger) -> None:
    [proposal] = propose(ledger, PS)
    row = ResultRow(2, PS, Status.MEASURED, 1.0, objective="tg", proposal_id=proposal)
    ledger.append_results([row], properties=[TG], source=source("form.csv"))
    ledger.retract([1], "wrong sample")
    grown = [row, ResultRow(3, PEO, Status.MEASURED, 2.0, objective="tg")]
    added = ledger.append_results(grown, properties=[TG], source=source("grown.csv"))
    assert (added.measurements, added.known, added.statuses) == (1, 1, {})
    assert ledger.statuses() == {proposal: Status.RUNNING}


def test_a_correction_by_a_table_answers_the_proposal_that_the_old_value_answered(ledger: Ledger) -> None:
    [proposal] = propose(ledger, PS)
    row = ResultRow(2, PS, Status.MEASURED, 1.0, objective="tg", proposal_id=proposal)
    ledger.append_results([row], properties=[TG], source=source("form.csv"))
    right = replace(row, value=1.5, proposal_id=None, corrects=1)
    ledger.append_results([right], properties=[TG], source=source("right.csv"), corrections=True)
    assert [(m.id, m.proposal_id) for m in ledger.measurements()] == [(2, proposal)]


def test_a_value_in_hand_outweighs_that_its_proposal_was_given_up(ledger: Ledger) -> None:
    [proposed] = propose(ledger, PS)
    [number] = ingest(ledger, "form.csv", (PS, 373.0), proposal_id=proposed)
    ledger.retract([number], "wrong sample")
    ledger.withdraw([proposed], "no time")
    assert ledger.reinstate([number], "right sample") == (proposed,)
    assert ledger.statuses() == {proposed: Status.MEASURED}


def test_proposals_are_withdrawn_and_proposed_again(ledger: Ledger) -> None:
    first, second = propose(ledger, PS, PEO)
    ledger.withdraw([first, second], "no styrene left")
    assert ledger.pending() == ()
    ledger.renew([first], "styrene has come")
    assert ledger.statuses() == {first: Status.PROPOSED, second: Status.WITHDRAWN}
    with pytest.raises(LedgerError, match="is proposed, and not withdrawn, failed or abandoned"):
        ledger.renew([first], "")
    with pytest.raises(UnknownNameError, match="no proposal R009-01"):
        ledger.withdraw([first, "R009-01"], "")
    assert ledger.statuses()[first] is Status.PROPOSED


@pytest.mark.parametrize("verdict", [Status.FAILED, Status.ABANDONED])
def test_a_verdict_that_was_a_slip_is_undone(ledger: Ledger, verdict: Status) -> None:
    [proposed] = propose(ledger, PS)
    ledger.append_status(proposed, verdict)
    ledger.renew([proposed], "the wrong row")
    assert ledger.statuses() == {proposed: Status.PROPOSED}
    assert [p.id for p in ledger.pending()] == [proposed]
    assert ledger.snapshot([TG]).abandoned == ()
    told = [(step.status, step.note) for step in ledger.history(proposed)]
    assert told[1:] == [(verdict, ""), (Status.PROPOSED, "the wrong row")]


def test_a_verdict_is_not_undone_while_its_polymer_is_awaited_as_another_proposal(ledger: Ledger) -> None:
    [first] = propose(ledger, PS)
    ledger.append_status(first, Status.FAILED)
    [second] = propose(ledger, PS)
    with pytest.raises(LedgerError, match=f"awaited already, as {second}"):
        ledger.renew([first], "")


def test_an_impossible_step_names_the_command_that_puts_it_right(ledger: Ledger) -> None:
    first, second = propose(ledger, PS, PEO)
    ledger.append_status(first, Status.ABANDONED)
    ingest(ledger, "form.csv", (PEO, 206.0), proposal_id=second)
    with pytest.raises(LedgerError) as refused:
        ledger.withdraw([first], "")
    assert f"polyloop withdraw DIR {first} --undo --reason" in refused.value.hint
    for change in (ledger.withdraw, ledger.renew):
        with pytest.raises(LedgerError) as refused:
            change([second], "")
        assert "polyloop retract DIR" in refused.value.hint


def test_a_polymer_is_not_awaited_twice_because_a_withdrawal_is_undone(ledger: Ledger) -> None:
    [first] = propose(ledger, PS)
    ledger.withdraw([first], "no time")
    [second] = propose(ledger, PS)
    with pytest.raises(LedgerError, match=f"awaited already, as {second}"):
        ledger.renew([first], "time after all")


def test_substructures_are_excluded_and_readmitted(ledger: Ledger) -> None:
    ledger.exclude("[F]", "no fluorine in this laboratory")
    ledger.exclude("[Cl]", "nor chlorine")
    assert [(told.smarts, told.reason) for told in ledger.exclusions()] == [
        ("[F]", "no fluorine in this laboratory"),
        ("[Cl]", "nor chlorine"),
    ]
    with pytest.raises(LedgerError, match="excluded already"):
        ledger.exclude("[F]", "")
    ledger.readmit("[F]", "the hood is mended")
    with pytest.raises(UnknownNameError, match="not excluded"):
        ledger.readmit("[F]", "")
    assert ledger.snapshot([TG]).excluded == ("[Cl]",)
    ledger.exclude("[F]", "it broke again")
    assert ledger.snapshot([TG]).excluded == ("[Cl]", "[F]")


def test_a_round_can_be_seen_as_it_saw_the_ledger(ledger: Ledger) -> None:
    first, second = ingest(ledger, "a.csv", (PS, 373.0), (PEO, 206.0))
    ledger.retract([second], "wrong sample")
    ledger.exclude("[F]", "")
    [withdrawn] = propose(ledger, PP)
    ledger.withdraw([withdrawn], "")
    before = ledger.snapshot([TG])
    ledger.append_spec("v2", "")
    propose(ledger, POM, as_of=before.as_of)
    ledger.retract([first], "")
    ledger.reinstate([second], "")
    ledger.readmit("[F]", "")
    ledger.renew([withdrawn], "")
    ingest(ledger, "b.csv", (POM, 200.0))
    assert ledger.snapshot([TG], before_round=2) == before
    assert ledger.snapshot([TG]) != before
    assert ledger.snapshot([TG], before_round=1).statuses == {}
    with pytest.raises(UnknownNameError, match="no round 3"):
        ledger.snapshot([TG], before_round=3)


def test_a_round_that_saw_the_ledger_before_another_command_wrote_is_seen_as_it_was(ledger: Ledger) -> None:
    before = ledger.snapshot([TG])
    ingest(ledger, "a.csv", (PS, 373.0))
    propose(ledger, PEO, as_of=before.as_of)
    assert ledger.snapshot([TG], before_round=1) == before
    [found] = ledger.rounds()
    assert (found.older_than(ledger.snapshot([TG])), found.older_than(before)) == (True, False)


def test_a_round_whose_polymer_was_measured_meanwhile_is_refused(ledger: Ledger) -> None:
    before = ledger.snapshot([TG])
    ingest(ledger, "a.csv", (PS, 373.0))
    with pytest.raises(LedgerError, match="measured in the meantime"):
        propose(ledger, PS, as_of=before.as_of)
    ledger.exclude("c", "")
    with pytest.raises(LedgerError, match="excluded in the meantime"):
        propose(ledger, PEO, as_of=before.as_of)
    assert ledger.rounds() == ()


def test_the_files_of_adapters_are_recorded_with_their_round(ledger: Ledger) -> None:
    files = {"adapter_model.safetensors": "ab" * 32}
    propose(ledger, PS, adapters={"tg/projection": "1a"}, adapter_files={"1a": files})
    assert ledger.rounds()[0].adapter_files == {"1a": files}
    with ledger.reading() as session:
        [row] = session.scalars(select(AdapterRow))
        assert (row.round, row.property, row.member, row.hash) == (1, "tg", "projection", "1a")


def filled(ledger: Ledger) -> None:
    """Something of everything."""
    ledger.append_spec("v", "name = 'tg'")
    [number] = ingest(ledger, "a.csv", (PS, 373.15), sem=0.1)
    proposed = propose(ledger, PEO, PP, adapters={"tg/both": "1a"}, adapter_files={"1a": {"x": "y"}})
    ledger.correct(number, ResultRow(0, PS, Status.MEASURED, 1 / 3, objective="tg"), TG, "misread")
    ledger.retract([2], "r")
    ledger.reinstate([1], "r")
    ledger.withdraw(proposed[:1], "r")
    ledger.exclude("[F]", "r")
    ledger.readmit("[F]", "r")


def test_every_command_is_sealed_and_follows_the_one_before(ledger: Ledger) -> None:
    filled(ledger)
    found = links(ledger)
    assert [link.kind for link in found] == [
        "spec",
        "ingest",
        "propose",
        "correct",
        "retract",
        "reinstate",
        "withdraw",
        "exclude",
        "readmit",
    ]
    assert all(link.whole and link.follows for link in found)


def test_every_table_is_tried(ledger: Ledger) -> None:
    filled(ledger)
    with ledger.reading() as session:
        assert all(session.scalar(select(facts.__table__.c.command_id).limit(1)) for facts in FACTS)


@pytest.mark.parametrize("change", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_the_database_refuses_to_change_or_delete_a_fact(place: Place, ledger: Ledger, change: str) -> None:
    filled(ledger)
    with behind_its_back(place) as connection:
        for name, table in Base.metadata.tables.items():
            column = "at" if "at" in table.c else "command_id"
            with pytest.raises(DBAPIError, match="append-only"), connection.begin_nested():
                connection.execute(text(change.format(name, column)))


def test_a_fact_that_was_changed_all_the_same_breaks_the_chain_there(place: Place, ledger: Ledger) -> None:
    filled(ledger)
    with behind_its_back(place) as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER measurements_no_update"))
        else:
            connection.execute(text("ALTER TABLE measurements DISABLE TRIGGER ALL"))
        connection.execute(text("UPDATE measurements SET value = 400 WHERE id = 1"))
    assert [link.command for link in links(ledger) if not link.whole] == [2]


def test_a_command_that_was_taken_away_is_missed_by_the_next(place: Place, ledger: Ledger) -> None:
    for version in ("1", "2", "3"):
        ledger.append_spec(version, "")
    with behind_its_back(place) as connection:
        for table in ("spec_versions", "commands"):
            if connection.dialect.name == "sqlite":
                connection.execute(text(f"DROP TRIGGER {table}_no_delete"))
            else:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        connection.execute(text("DELETE FROM spec_versions WHERE command_id = 2"))
        connection.execute(text("DELETE FROM commands WHERE id = 2"))
    assert [(link.command, link.whole, link.follows) for link in links(ledger)] == [
        (1, True, True),
        (3, True, False),
    ]


def test_facts_slipped_in_with_a_command_of_their_own_are_not_sealed(place: Place, ledger: Ledger) -> None:
    ledger.append_spec("1", "")
    slipped = {
        "kind": "ingest",
        "at": datetime.now(UTC),
        "author": "me",
        "previous": links(ledger) and "",
        "digest": "0",
    }
    with behind_its_back(place) as connection:
        connection.execute(insert(CommandRow).values(id=2, **slipped))
    assert [link.whole for link in links(ledger)] == [True, False]


@pytest.mark.usefixtures("postgresql")
@pytest.mark.parametrize("back", [False, True])
def test_a_ledger_written_down_in_another_database_has_the_same_digests(
    tmp_path: Path, postgresql: Callable[[], str], back: bool
) -> None:
    places = Place.of(tmp_path / "c.sqlite"), Place.of(postgresql())
    here, there = map(Ledger.create, reversed(places) if back else places)
    filled(here)
    with here.reading() as session:
        there.write_down(recorded(session.connection()))
        first = session.scalars(select(CommandRow.digest)).all()
    with there.reading() as session:
        assert session.scalars(select(CommandRow.digest)).all() == first
    assert all(link.whole and link.follows for link in links(there))
    assert there.measurements(with_retracted=True) == here.measurements(with_retracted=True)
    assert (there.rounds(), there.proposals()) == (here.rounds(), here.proposals())
    assert ingest(there, "z.csv", (POM, 1.0)) == [3]  # numbers go on where they were
    with here.reading() as session, pytest.raises(LedgerError, match="holds facts already"):
        there.write_down(recorded(session.connection()))


def test_facts_that_were_changed_on_the_way_are_not_taken_over(tmp_path: Path, ledger: Ledger) -> None:
    filled(ledger)
    there = Ledger.create(tmp_path / "other.sqlite")
    with ledger.reading() as session:
        changed = [
            Recorded(
                told.command,
                [
                    (name, {**row, "reason": "another"} if "reason" in row else row)
                    for name, row in told.facts
                ],
            )
            for told in recorded(session.connection())
        ]
    with pytest.raises(LedgerError, match=r"Command 3 \(propose\) does not agree with its digest"):
        there.write_down(changed)
    assert there.measurements() == ()


def test_a_newer_ledger_is_refused_with_the_version_needed(place: Place, ledger: Ledger) -> None:
    with behind_its_back(place) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0009'"))
    with pytest.raises(LedgerError, match=r"schema 0009; this one knows 0004\). Upgrade polyloop\."):
        Ledger.open(place)
    with behind_its_back(place) as connection:
        told = {"to": "0009", "polyloop": "2.5.0", "at": datetime.now(UTC)}
        connection.execute(insert(Base.metadata.tables["upgrades"]).values(told))
    with pytest.raises(LedgerError, match=r"Upgrade polyloop to 2\.5\.0 or later\."):
        Ledger.open(place)


def test_nothing_is_written_to_a_ledger_that_was_upgraded_in_the_meantime(
    place: Place, ledger: Ledger
) -> None:
    with behind_its_back(place) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0009'"))
    with pytest.raises(LedgerError, match="newer polyloop"):
        ledger.append_spec("v", "toml")


def test_who_writes_waits_and_is_then_told_to_try_again(place: Place, ledger: Ledger) -> None:
    ready, done = threading.Event(), threading.Event()

    def rows() -> Iterator[ResultRow]:
        ready.set()
        done.wait(20)
        yield ResultRow(2, PS, Status.MEASURED, 1.0, objective="tg")

    other = Ledger.open(place)
    slow = threading.Thread(
        target=lambda: other.append_results(rows(), properties=[TG], source=source("a.csv"))
    )
    slow.start()
    try:
        assert ready.wait(20)
        assert ledger.measurements() == ()  # who reads does not wait
        with pytest.raises(LedgerError, match="in use by another polyloop command"):
            ledger.append_spec("v", "toml")
    finally:
        done.set()
        slow.join()
    assert ledger.append_spec("v", "toml")
    assert len(ledger.measurements()) == 1


def test_one_reader_sees_one_state(place: Place, ledger: Ledger) -> None:
    with ledger.reading() as session:
        before = session.execute(select(CommandRow.id)).all()
        Ledger.open(place).append_spec("v", "toml")
        assert session.execute(select(CommandRow.id)).all() == before == []
    assert len(links(ledger)) == 1


@pytest.mark.parametrize("values", [{"digest": "0", "author": "you"}, {"previous": "0"}])
def test_who_did_it_cannot_be_changed_with_the_seal(place: Place, values: dict[str, str]) -> None:
    told = {"id": 1, "kind": "spec", "at": datetime.now(UTC), "author": "me"}
    with behind_its_back(place) as connection:
        connection.execute(insert(CommandRow).values(told))
        with pytest.raises(DBAPIError, match="append-only"), connection.begin_nested():
            connection.execute(update(CommandRow).values(values))


def test_several_campaigns_share_a_database_in_schemas_of_their_own(postgresql: Callable[[], str]) -> None:
    url = Place.of(postgresql()).url
    first, second = (Ledger.create(Place(url, schema)) for schema in ("tg_2026", "tg_2027"))
    ingest(first, "a.csv", (PS, 373.0))
    assert (len(first.measurements()), len(second.measurements())) == (1, 0)
    with pytest.raises(LedgerError, match="schema tg_2026 exists already"):
        Ledger.create(Place(url, "tg_2026"))
    with pytest.raises(LedgerError, match="not a ledger of polyloop"):
        Ledger.open(Place(url, "another"))
    with pytest.raises(LedgerError, match="names no schema"):
        Place(url, "Übergang; --")


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"cannot be reached .* server runs"):
        Ledger.open(f"postgresql://polyloop@/campaign?host={tmp_path}")


def test_many_that_write_at_once_all_get_their_turn(place: Place, ledger: Ledger) -> None:
    def write(number: int) -> None:
        each = Ledger.open(place)
        for version in range(3):
            each.append_spec(f"{number}-{version}", "")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    found = links(ledger)
    assert [link.command for link in found] == list(range(1, 19))
    assert all(link.whole and link.follows for link in found)


def test_of_two_that_propose_at_once_one_is_told_to_try_again(place: Place, ledger: Ledger) -> None:
    def attempt(unit: RepeatUnit) -> str:
        each = Ledger.open(place)
        made = Proposal("R001-01", 1, 1, unit, (), "", {}, None, "")
        ready.wait()
        try:
            each.append_round(RoundRecord(1, 0, "v", "h", {}, {}, {}, {}, {}), [made])
        except LedgerError as error:
            return error.hint
        return "done"

    ready = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(attempt, (PS, PEO)))
    assert told == ["Another command proposed in the meantime: run polyloop propose again.", "done"]
    assert len(ledger.proposals()) == 1
