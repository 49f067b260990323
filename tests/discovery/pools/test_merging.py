"""Repeats merged on disk: the same as merging them in memory, however little of them is in memory."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from discovery.polymers import Candidate, Provenance, RepeatUnit
from discovery.pools.columns import as_table, candidates_of
from discovery.pools.merging import merged, regrouped, write_merged

UNITS = [RepeatUnit.parse(f"*{'C' * n}O*") for n in range(1, 9)]
ROUTES = [Provenance((name, "diol"), "step growth", "polyester") for name in ("A", "B", "C")]

CANDIDATES = st.builds(
    Candidate,
    st.sampled_from(UNITS),
    st.none() | st.sampled_from(ROUTES),
    st.sampled_from(["", "one", "two"]),
    st.just(2.5),
    st.none() | st.sampled_from([0.0, 10.0]),
    st.lists(st.sampled_from(ROUTES), max_size=2, unique=True).map(tuple),
).map(lambda candidate: merged(candidate, ()))  # further routes only where there is one


class Held:
    """Rows in memory, given a few at a time."""

    def __init__(self, candidates: Sequence[Candidate], at_a_time: int) -> None:
        self._table = as_table(candidates)
        self._at_a_time = at_a_time

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def tables(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        return regrouped([self._table.select(columns) if columns else self._table], self._at_a_time)


def in_memory(candidates: Sequence[Candidate]) -> list[Candidate]:
    rows: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        rows.setdefault(candidate.unit.key, []).append(candidate)
    return [merged(first, later) for first, *later in rows.values()]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sources=st.lists(st.lists(CANDIDATES, max_size=12), max_size=3),
    at_a_time=st.integers(1, 15),
    at_once=st.sampled_from([1, 3, 1000]),
)
def test_merging_on_disk_is_merging_in_memory(
    tmp_path: Path, sources: list[list[Candidate]], at_a_time: int, at_once: int
) -> None:
    everything = [candidate for source in sources for candidate in source]
    path, spill = tmp_path / "merged.parquet", tmp_path / "spill"
    rows, repeats = write_merged([Held(source, at_a_time) for source in sources], path, spill, at_once)
    expected = in_memory(everything)
    assert candidates_of(pq.ParquetFile(path).read()) == expected
    assert (rows, repeats) == (len(expected), len(everything) - len(expected))
    assert not spill.exists()


def test_what_the_first_lacks_is_taken_from_the_next_that_has_it() -> None:
    unit, (a, b, c) = UNITS[0], ROUTES
    first = Candidate(unit, sa_score=3.0, cost=1.0)
    later = [
        Candidate(unit, a, "x", other_routes=(b,)),
        Candidate(unit, b, "y", 3.0, 9.0),
        Candidate(unit, c),
    ]
    assert merged(first, later) == Candidate(unit, a, "x", 3.0, 1.0, (b, c))


def test_the_cost_is_that_of_the_route_that_is_shown() -> None:
    unit, (dear, cheap, cheaper) = UNITS[0], ROUTES
    rows = [Candidate(unit, dear), Candidate(unit, cheap, cost=0.5), Candidate(unit, cheaper, cost=0.1)]
    assert merged(rows[0], rows[1:2]) == Candidate(unit, cheap, cost=0.5, other_routes=(dear,))
    assert merged(rows[0], rows[1:]) == Candidate(unit, cheaper, cost=0.1, other_routes=(dear, cheap))


def test_without_any_cost_the_first_route_stays_the_first() -> None:
    unit, (a, b, c) = UNITS[0], ROUTES
    rows = [Candidate(unit, route) for route in (b, a, c)]
    assert merged(rows[0], rows[1:]) == Candidate(unit, b, other_routes=(a, c))


def test_a_route_that_is_known_already_is_not_told_twice() -> None:
    unit, (a, b, _) = UNITS[0], ROUTES
    assert merged(
        Candidate(unit, a, other_routes=(b,)), [Candidate(unit, b), Candidate(unit, a)]
    ) == Candidate(unit, a, other_routes=(b,))


@given(lengths=st.lists(st.integers(0, 7), max_size=6), size=st.integers(1, 9))
def test_regrouped_rows_keep_their_order_in_tables_of_one_size(lengths: list[int], size: int) -> None:
    numbers = iter(range(sum(lengths)))
    tables = [
        pa.table({"n": pa.array([next(numbers) for _ in range(length)], pa.int64())}) for length in lengths
    ]
    groups = [table["n"].to_pylist() for table in regrouped(tables, size)]
    assert [n for group in groups for n in group] == list(range(sum(lengths)))
    assert all(len(group) == size for group in groups[:-1])
    assert all(groups)
