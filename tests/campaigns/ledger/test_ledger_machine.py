"""A ledger under any sequence of commands, against a plain model of what it should hold."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from campaigns.errors import LedgerError
from campaigns.ledger import (
    Ledger,
    Measurement,
    Proposal,
    ResultRow,
    RoundRecord,
    Source,
    Status,
    proposal_id,
)
from campaigns.ledger.proposals import AWAITED, TRANSITIONS
from campaigns.ledger.sealing import chain
from campaigns.spec import ObjectiveSpec
from discovery.polymers.repeat_unit import RepeatUnit
from discovery.surrogate.observations import Bound

TG = ObjectiveSpec(name="tg", direction="max", unit="K")
DENSITY = ObjectiveSpec(name="density", direction="min", unit="g/cm3")
UNITS = tuple(map(RepeatUnit.parse, ("*CC(*)c1ccccc1", "*CCO*", "*CC(*)C", "*CO*", "*CC(*)(C)C(=O)OC")))
VERDICTS = tuple(status for status in Status if status is not Status.MEASURED)


@cache
def empty_ledger() -> Path:
    path = Path(tempfile.mkdtemp()) / "empty.sqlite"
    Ledger.create(path)
    atexit.register(shutil.rmtree, path.parent)
    return path


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.statuses: dict[str, Status] = {}
        self.units: dict[str, RepeatUnit] = {}
        self.seen: tuple[Measurement, ...] = ()
        self.expected = 0
        self.retracted: set[int] = set()
        self.corrected: dict[int, int] = {}
        self.files = 0
        self.last: tuple[list[ResultRow], Source] | None = None

    @initialize()
    def create(self) -> None:
        # A copy of an empty ledger: making one takes longer than all that is done to it.
        shutil.copyfile(empty_ledger(), self.folder / "c.sqlite")
        self.ledger = Ledger.open(self.folder / "c.sqlite")

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def source(self) -> Source:
        self.files += 1
        return Source(f"{self.files}.csv", sha256(str(self.files).encode()).hexdigest())

    @rule(units=st.lists(st.sampled_from(UNITS), min_size=1, max_size=3, unique=True))
    def propose(self, units: list[RepeatUnit]) -> None:
        number = self.ledger.next_round()
        proposals = [
            Proposal(proposal_id(number, rank), number, rank, unit, (), "", {}, None, "")
            for rank, unit in enumerate(units, start=1)
        ]
        awaited = {self.units[p] for p, status in self.statuses.items() if status in AWAITED}
        try:
            self.ledger.append_round(RoundRecord(number, 0, "v", "h", {}, {}, {}, {}, {}), proposals)
        except LedgerError:
            assert awaited & set(units)
            assert self.ledger.next_round() == number
        else:
            assert not awaited & set(units)
            for proposal in proposals:
                self.statuses[proposal.id], self.units[proposal.id] = Status.PROPOSED, proposal.unit

    @rule(
        unit=st.sampled_from(UNITS),
        copies=st.integers(1, 3),
        of=st.sampled_from([TG, DENSITY]),
        bound=st.sampled_from(["", "above", "below"]),
    )
    def ingest_new_values(self, unit: RepeatUnit, copies: int, of: ObjectiveSpec, bound: Bound) -> None:
        value = 1000.0 + self.files  # a value that no earlier file had
        row = ResultRow(2, unit, Status.MEASURED, value, objective=of.name, bound=bound)
        rows = [replace(row, line=line) for line in range(2, 2 + copies)]
        source = self.source()
        summary = self.ledger.append_results(rows, properties=[TG, DENSITY], source=source)
        assert (summary.measurements, summary.known) == (copies, 0)
        assert (summary.values, summary.lines) == ({of.name: copies}, copies)
        self.expected += copies
        self.last = rows, source
        for answered in summary.answered:
            assert self.units[answered] == unit
            assert Status.MEASURED in TRANSITIONS[self.statuses[answered]]
            self.statuses[answered] = Status.MEASURED

    @precondition(lambda self: self.last is not None)
    @rule(same_name=st.booleans())
    def ingest_again(self, same_name: bool) -> None:
        assert self.last is not None
        rows, source = self.last
        summary = self.ledger.append_results(
            rows, properties=[TG, DENSITY], source=source if same_name else self.source()
        )
        assert (summary.measurements, summary.known) == (0, len(rows))
        for answered in summary.answered:  # a proposal made since then is answered by the value that is known
            self.statuses[answered] = Status.MEASURED

    @precondition(lambda self: self.statuses)
    @rule(data=st.data(), wanted=st.sampled_from(list(Status)))
    def step(self, data: st.DataObject, wanted: Status) -> None:
        proposal = data.draw(st.sampled_from(sorted(self.statuses)))
        current = self.statuses[proposal]
        measured = wanted is Status.MEASURED
        value = 5000.0 + self.files if measured else None
        of = "tg" if measured else ""
        rows = [ResultRow(2, self.units[proposal], wanted, value, proposal_id=proposal, objective=of)]
        possible = wanted is current or wanted in TRANSITIONS[current]
        try:
            self.ledger.append_results(rows, properties=[TG], source=self.source(), replicates=True)
        except LedgerError:
            assert not possible
        else:
            assert possible
            self.expected += measured
            self.statuses[proposal] = wanted

    @precondition(lambda self: len(self.retracted) < len(self.seen))
    @rule(data=st.data())
    def retract(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from([m.id for m in self.seen if m.id not in self.retracted]))
        awaited_again = self.ledger.retract([chosen], "wrong")
        self.retracted.add(chosen)
        standing = [m for m in self.seen if m.id not in self.retracted]
        for proposal in awaited_again:
            assert self.statuses[proposal] is Status.MEASURED
            assert not [m for m in standing if m.proposal_id == proposal]
            self.statuses[proposal] = Status.RUNNING

    @precondition(lambda self: self.retracted)
    @rule(data=st.data())
    def reinstate(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(sorted(self.retracted)))
        standing = {m.id for m in self.seen} - self.retracted
        try:
            measured_again = self.ledger.reinstate([chosen], "right after all")
        except LedgerError:
            assert self.instead_of(chosen) & standing
            return
        assert not self.instead_of(chosen) & standing
        self.retracted.remove(chosen)
        [unit] = [m.unit for m in self.seen if m.id == chosen]
        for proposal in measured_again:
            assert self.units[proposal] == unit
            self.statuses[proposal] = Status.MEASURED

    @precondition(lambda self: len(self.retracted) < len(self.seen))
    @rule(data=st.data())
    def correct(self, data: st.DataObject) -> None:
        old = data.draw(st.sampled_from([m for m in self.seen if m.id not in self.retracted]))
        of = {"tg": TG, "density": DENSITY}[old.objective]
        right = ResultRow(0, old.unit, Status.MEASURED, 9000.0 + self.expected, objective=of.name)
        new = self.ledger.correct(old.id, right, of, "misread")
        self.retracted.add(old.id)
        self.corrected[new] = old.id
        self.expected += 1
        [found] = [m for m in self.ledger.measurements() if m.id == new]
        assert (found.unit, found.proposal_id, found.value) == (old.unit, old.proposal_id, right.value)

    @precondition(lambda self: self.to_renew())
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(sorted(self.to_renew())))
        awaited = {self.units[p] for p, status in self.statuses.items() if status in AWAITED}
        try:
            self.ledger.renew([chosen], "wanted after all")
        except LedgerError:
            assert self.units[chosen] in awaited
        else:
            assert self.units[chosen] not in awaited
            self.statuses[chosen] = Status.PROPOSED

    @rule()
    def open_again(self) -> None:
        self.ledger = Ledger.open(self.folder / "c.sqlite")

    @invariant()
    def every_fact_is_there_and_unchanged(self) -> None:
        facts = self.ledger.measurements(with_retracted=True)
        assert len(facts) == self.expected
        for before, now in zip(self.seen, facts, strict=False):
            assert (before.id, before.value, before.unit, before.at) == (now.id, now.value, now.unit, now.at)
        self.seen = facts
        assert {m.id for m in facts if m.retracted} == self.retracted

    @rule()
    def look(self) -> None:
        standing = self.ledger.measurements()
        made = {fact.unit for fact in standing}
        seen = self.ledger.snapshot([TG, DENSITY])
        assert {p.id for p in seen.withdrawn} == self.having(Status.WITHDRAWN)
        assert {p.id for p in seen.abandoned} == {
            p for p in self.having(Status.ABANDONED) if self.units[p] not in made
        }
        for of in (TG, DENSITY):
            # limits that contradict each other are the only measurements without an observation
            assert {o.unit for o in seen.observations[of.name]} <= {
                fact.unit for fact in standing if fact.objective == of.name
            }

    def instead_of(self, number: int) -> set[int]:
        """Measurements that were said in the place of one another, this one among them, but for itself."""
        found: set[int] = set()
        waiting = {number}
        while waiting:
            found |= waiting
            pairs = self.corrected.items()
            waiting = {n for pair in pairs if found & set(pair) for n in pair} - found
        return found - {number}

    def to_renew(self) -> set[str]:
        return self.having(Status.WITHDRAWN) | self.having(Status.FAILED) | self.having(Status.ABANDONED)

    def having(self, status: Status) -> set[str]:
        return {proposal for proposal, its in self.statuses.items() if its is status}

    @invariant()
    def the_chain_of_digests_holds(self) -> None:
        with self.ledger.reading() as session:
            links = list(chain(session.connection()))
        assert all(link.whole and link.follows for link in links)

    @invariant()
    def every_proposal_stands_where_its_last_step_put_it(self) -> None:
        assert self.ledger.statuses() == self.statuses
        pending = {p for p, status in self.statuses.items() if status in AWAITED}
        assert {p.id for p in self.ledger.pending()} == pending


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(deadline=None, max_examples=15, stateful_step_count=15)
