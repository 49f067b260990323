"""Work shared out to processes comes back in order, and whatever goes wrong in one is told."""

import os
from collections.abc import Iterator

import pytest

from discovery.workers import AHEAD, WorkersLostError, ordered_map


def doubled(number: int) -> int:
    return 2 * number


def refused(number: int) -> int:
    raise ValueError(f"no {number}")


def killed(number: int) -> int:
    os._exit(number)


@pytest.mark.parametrize("workers", [1, 2])
def test_results_keep_the_order_of_the_items(workers: int) -> None:
    assert list(ordered_map(doubled, range(20), workers)) == [2 * n for n in range(20)]


def test_items_are_read_only_a_bounded_number_ahead() -> None:
    read = []

    def items() -> Iterator[int]:
        for number in range(1000):
            read.append(number)
            yield number

    results = ordered_map(doubled, items(), 2)
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]
    assert len(read) <= 2 * AHEAD + 1


def test_an_error_in_a_process_is_raised_here() -> None:
    with pytest.raises(ValueError, match="no 0"):
        list(ordered_map(refused, range(4), 2))


def test_a_process_that_is_killed_is_told() -> None:
    with pytest.raises(WorkersLostError) as caught:
        list(ordered_map(killed, range(1, 5), 2))
    assert "fewer workers" in caught.value.hint
