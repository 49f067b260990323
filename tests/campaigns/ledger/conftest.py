from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from campaigns.ledger import Ledger, Predicted, Proposal, ResultRow, RoundRecord, Source, Status, proposal_id
from campaigns.spec import ObjectiveSpec
from discovery.polymers.repeat_unit import RepeatUnit


@pytest.fixture
def tg() -> ObjectiveSpec:
    return ObjectiveSpec(name="tg", direction="max", unit="K")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.create(tmp_path / "campaign.sqlite")


@pytest.fixture
def units() -> list[RepeatUnit]:
    return [RepeatUnit.parse(text) for text in ("*CC(*)c1ccccc1", "*CCO*", "*CC(*)C", "*CO*")]


@pytest.fixture
def source() -> Callable[[str], Source]:
    return lambda name: Source(name, sha256(name.encode()).hexdigest())


@pytest.fixture
def measured() -> Callable[..., ResultRow]:
    def row(unit: RepeatUnit, value: float, **more: object) -> ResultRow:
        told: dict[str, object] = {"line": 2, "objective": "tg", **more}
        return ResultRow(unit=unit, status=Status.MEASURED, value=value, **told)  # type: ignore[arg-type]

    return row


@pytest.fixture
def propose(ledger: Ledger) -> Callable[[list[RepeatUnit]], list[str]]:
    """Records a round of the given polymers and returns the proposals' ids."""

    def record(chosen: list[RepeatUnit]) -> list[str]:
        number = ledger.next_round()
        proposals = [
            Proposal(
                proposal_id(number, rank),
                number,
                rank,
                unit,
                ("a",),
                "vinyl",
                {"tg": Predicted(1.0, 0.0, 2.0)},
                0.1,
                "near",
            )
            for rank, unit in enumerate(chosen, start=1)
        ]
        ledger.append_round(RoundRecord(number, 0, "v", "h", {}, {}, {}, {}, {}), proposals)
        return [proposal.id for proposal in proposals]

    return record
