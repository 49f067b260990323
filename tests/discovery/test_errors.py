from __future__ import annotations

from multiprocessing.reduction import ForkingPickler

import pytest

from discovery.errors import DiscoveryError
from discovery.polymers import NotARepeatUnitError, RepeatUnit
from discovery.pools.csv_rows import CsvFaultError


def _not_a_unit() -> DiscoveryError:
    with pytest.raises(NotARepeatUnitError) as caught:
        RepeatUnit.parse("*CC")
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        DiscoveryError("a message", "a hint"),
        CsvFaultError("a.csv", 3, "is no CSV", "Mend it.", "x"),
        _not_a_unit(),
    ],
)
def test_an_error_of_a_worker_process_arrives_as_it_was(error: DiscoveryError) -> None:
    copy = ForkingPickler.loads(ForkingPickler.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert copy.__dict__ == error.__dict__
