"""Work shared out to processes comes back in order, and whatever goes wrong in one is told."""

import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from discovery.workers import AHEAD, Processes, Unanswered, WorkersError, ordered_map


def doubled(number: int) -> int:
    return 2 * number


def refused(number: int) -> int:
    raise ValueError(f"no {number}")


def killed(number: int) -> int:
    os._exit(number)


def treacherous(number: int) -> int:
    """Hangs, dies, runs out of somebody else's time, or answers."""
    if number == 1:
        time.sleep(60)
    if number == 2:
        os._exit(3)
    if number == 3:
        raise TimeoutError("nobody answers")
    return number


ADDED: list[int] = []


def add(number: int) -> None:
    ADDED.append(number)


def added_to(number: int) -> int:
    return sum(ADDED) + number


def leave() -> None:
    if multiprocessing.parent_process() is not None:
        raise SystemExit(3)


def working() -> list[str]:
    return [each.name for each in multiprocessing.active_children() if "pebble" in each.name]


@dataclass(frozen=True)
class Stubborn:
    """Cannot be read where it arrives."""

    number: int

    def __reduce__(self) -> tuple[object, ...]:
        return os.listdir, ("/nowhere/at/all",)


def itself(item: object) -> object:
    return item


@pytest.mark.parametrize("workers", [1, 2])
def test_results_keep_the_order_of_the_items(workers: int) -> None:
    assert list(ordered_map(doubled, range(20), workers)) == [2 * n for n in range(20)]


@pytest.mark.parametrize("workers", [1, 2])
def test_every_process_is_made_ready_first(workers: int) -> None:
    ADDED.clear()
    assert list(ordered_map(added_to, range(3), workers, initializer=add, initargs=(10,))) == [10, 11, 12]


@pytest.mark.parametrize("workers", [1, 2])
def test_no_items_give_nothing(workers: int) -> None:
    assert list(ordered_map(doubled, [], workers, seconds=1.0)) == []


def test_items_are_read_only_a_bounded_number_ahead_and_processes_end_with_the_stream() -> None:
    read = []

    def items() -> Iterator[int]:
        for number in range(1000):
            read.append(number)
            yield number

    results = ordered_map(doubled, items(), 2)
    assert next(results) == 0
    assert working()
    results.close()
    assert len(read) <= 2 * AHEAD + 1
    assert not working()


def test_an_error_in_a_process_is_raised_here() -> None:
    with pytest.raises(ValueError, match="no 0"):
        list(ordered_map(refused, range(4), 2))


def test_an_item_that_cannot_be_read_by_a_process_is_told() -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        list(ordered_map(itself, [Stubborn(n) for n in range(8)], 2))


def test_a_process_that_is_killed_is_told() -> None:
    with pytest.raises(WorkersError, match=r"killed before it answered: 1\.") as caught:
        list(ordered_map(killed, range(1, 5), 2))
    assert "fewer workers" in caught.value.hint


def test_an_item_over_its_time_is_named() -> None:
    slow = ordered_map(time.sleep, [60.0], 2, seconds=0.2)
    with pytest.raises(WorkersError, match=r"took longer than 0\.2 s and was given up: 60\.0") as caught:
        list(slow)
    assert "allow more time" in caught.value.hint
    assert not working()


def test_processes_that_cannot_start_are_told_whatever_waits_for_them() -> None:
    large = [bytes(1 << 20)] * 8  # more than a pipe holds, so most of it is not even sent
    with pytest.raises(WorkersError, match="before they had begun") as caught:
        list(ordered_map(len, large, 2, initializer=leave))
    assert "__main__" in caught.value.hint


def test_items_without_an_answer_cost_no_other() -> None:
    with Processes(treacherous, 2) as processes:
        answers = processes.answers([0, 1, 2, 4, 5, 6, 7, 8], lambda _: 0.5)
        assert dict(answers) == {
            **{number: number for number in (0, 4, 5, 6, 7, 8)},
            1: Unanswered.TOOK_LONGER,
            2: Unanswered.ENDED,
        }
        with pytest.raises(TimeoutError, match="nobody answers"):
            list(processes.answers([3], lambda _: 20.0))
