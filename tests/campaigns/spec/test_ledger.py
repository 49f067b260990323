from __future__ import annotations

import pytest

from campaigns.errors import SpecError
from campaigns.spec import CampaignSpec

SPEC = (
    'name = "tg"\n[[objectives]]\nname = "tg"\ndirection = "max"\nunit = "K"\n[pool]\npolymers = "pool.csv"\n'
)
URL = "postgresql+psycopg://ana@lab.example/polymers"


def with_ledger(*lines: str) -> CampaignSpec:
    return CampaignSpec.loads("\n".join([SPEC, "[ledger]", *lines]))


def test_where_the_ledger_lies_is_no_part_of_what_a_campaign_is_for() -> None:
    here, there = CampaignSpec.loads(SPEC), with_ledger(f'url = "{URL}"', 'schema = "tg_2026"')
    assert (there.ledger.url, there.ledger.in_schema) == (URL, "tg_2026")
    assert here.version == there.version
    assert "ledger" not in here.dumps()
    assert CampaignSpec.loads(there.dumps()) == there
    assert there.with_pool(there.pool) == there


@pytest.mark.parametrize(
    ("lines", "where", "said"),
    [
        (['url = "postgresql://ana:secret@lab/polymers"'], "ledger.url", "holds a password"),
        (['url = "postgresql://ana@lab/polymers?password=secret"'], "ledger.url", "holds a password"),
        (['url = "postgresql://ana@lab/polymers?sslpassword=secret"'], "ledger.url", "holds a password"),
        (['url = "sqlite:///campaign.sqlite"'], "ledger.url", "PostgreSQL"),
        (['url = "lab"'], "ledger.url", "not the address"),
        (['url = "postgresql://lab"'], "ledger.url", "no database"),
        ([f'url = "{URL}"', 'schema = "Tg 2026"'], "ledger.schema", "names no schema"),
        (['schema = "tg"'], "ledger", "no database"),
        ([f'url = "{URL}"', 'shema = "tg"'], "ledger.shema", "not a key"),
    ],
)
def test_an_address_that_cannot_be_is_refused(lines: list[str], where: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        with_ledger(*lines)
    [problem] = caught.value.problems
    assert problem.where == where
    assert said in problem.fault
    assert "secret" not in str(caught.value)


def test_a_key_that_is_misspelt_is_told_the_right_one() -> None:
    with pytest.raises(SpecError, match="Did you mean schema"):
        with_ledger(f'url = "{URL}"', 'shema = "tg"')
