"""Pools read to disk in segments: what was done before is neither made nor counted again."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from discovery.polymers import Candidate, RepeatUnit
from discovery.pools.piece import PiecewisePool
from discovery.pools.routed import RoutedPool
from discovery.pools.segments import PIECES, Walked, read_segments
from discovery.progress import silent

UNIT = RepeatUnit.parse("*CC*")


class Given:
    """Chunks of one candidate each, and five that are left out."""

    signature = "given"

    def __init__(self, chunks: int) -> None:
        self.dropped: Counter[str] = Counter()
        self._chunks = chunks

    def chunks(self, size: int = 1) -> Iterator[Sequence[Candidate]]:
        for number in range(self._chunks):
            yield [Candidate(UNIT, sa_score=float(number))]
        self.dropped = Counter({"odd": 5})


@pytest.mark.parametrize("kind", [Walked, RoutedPool])
def test_pieces_that_were_done_before_are_passed_over(kind: Callable[[Given], PiecewisePool]) -> None:
    pieces = list(kind(Given(3)).made())
    assert len(pieces) == 4
    assert [list(kind(Given(3)).made(start)) for start in range(5)] == [pieces[n:] for n in range(5)]


@pytest.mark.parametrize("chunks", [PIECES - 2, PIECES - 1, PIECES])
def test_what_was_left_out_is_counted_once_wherever_a_process_was_killed(tmp_path: Path, chunks: int) -> None:
    for _ in range(2):  # the first one is killed after its last segment
        segments = read_segments(Walked(Given(chunks)), tmp_path, 1, silent)
        assert segments.dropped == {"odd": 5}
        assert len(segments) == chunks
