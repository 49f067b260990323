"""The first batch: it stands for the pool, beside what is known, and reads text alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.acquisition.first_batch import fill_space
from discovery.acquisition.limits import BatchRules
from discovery.acquisition.medoids import Medoids
from discovery.acquisition.objectives import AcquisitionError
from discovery.acquisition.plan import Proposed
from discovery.latent.representation import Representation
from discovery.polymers import Candidate, Provenance, RepeatUnit

LONG = [RepeatUnit.parse(f"*{'CO' * n}S*") for n in range(31, 35)]  # the tiny text encoder reads 64 tokens
AMINE = RepeatUnit.parse("*CCNC*")  # the tiny geometry encoder knows no nitrogen


def spread(points: torch.Tensor, fixed: torch.Tensor, q: int) -> list[int]:
    medoids = Medoids(points, fixed, seed=0)
    picked: list[int] = []
    for _ in range(q):
        gains = medoids.gains()
        gains[picked] = -1.0
        picked.append(int(gains.argmax()))
        medoids.take(picked[-1])
    return picked


def clusters() -> torch.Tensor:
    """Thirty points about each of three corners, and one oddity far off."""
    generator = torch.Generator().manual_seed(0)
    corners = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    points = corners.repeat_interleave(30, dim=0) + 0.5 * torch.randn(90, 2, generator=generator)
    return torch.cat([points, torch.tensor([[25.0, 25.0]])])


def test_a_pick_stands_for_each_cluster_before_an_oddity_is_taken() -> None:
    points = clusters()
    picked = spread(points, points[:0], 3)
    assert sorted(place // 30 for place in picked) == [0, 1, 2]
    assert max(spread(points, points[:0], 1)) < 30  # the one in the middle of all


def test_what_is_known_already_needs_no_other() -> None:
    points = clusters()
    picked = spread(points, torch.tensor([[0.0, 0.0], [10.0, 0.0]]), 1)
    assert picked[0] // 30 == 2


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.integers(0, 3), st.integers(0, 100))
def test_each_pick_gains_no_more_than_the_one_before(n: int, fixed: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    points = torch.randn(n, 3, generator=generator)
    medoids = Medoids(points, torch.randn(fixed, 3, generator=generator), seed=seed)
    before = float("inf")
    for _ in range(n):
        gains = medoids.gains()
        assert float(gains.max()) <= before + 1e-5
        before = float(gains.max())
        medoids.take(int(gains.argmax()))
    assert float(medoids.gains().max()) == pytest.approx(0.0, abs=1e-6)


def test_no_candidates_are_no_pool() -> None:
    with pytest.raises(AcquisitionError, match="no candidate"):
        Medoids(torch.zeros(0, 2), torch.zeros(0, 2), seed=0)


def first(
    units: Sequence[RepeatUnit | Candidate],
    representation: Representation,
    known: Sequence[RepeatUnit] = (),
    q: int = 4,
    rules: BatchRules | None = None,
    left_out: Counter[str] | None = None,
) -> tuple[list[Proposed], list[str]]:
    candidates = [u if isinstance(u, Candidate) else Candidate(u) for u in units]
    return fill_space(
        iter([candidates[:7], candidates[7:]]),
        known,
        representation,
        "nothing is measured",
        q,
        3,
        rules=rules or BatchRules(),
        left_out=Counter() if left_out is None else left_out,
    )


def test_no_conformer_is_made_for_a_pool(
    tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation
) -> None:
    """A polymer that the geometry encoder cannot read is as good as any."""
    batch, _ = first([AMINE], tiny_representation)
    assert [p.candidate.unit for p in batch] == [AMINE]


def test_what_the_text_encoder_cannot_read_is_left_out_by_reason(
    tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation
) -> None:
    left_out: Counter[str] = Counter()
    batch, notes = first([LONG[0], *tiny_polymers[:6]], tiny_representation, left_out=left_out)
    assert LONG[0] not in [p.candidate.unit for p in batch]
    assert left_out == {"not encoded: too many tokens, the model reads at most 64": 1}
    assert len(notes) == 1


def test_where_no_candidate_has_a_text_vector_fingerprints_stand_in_and_it_is_said(
    tiny_representation: Representation,
) -> None:
    batch, notes = first(LONG, tiny_representation, q=2)
    assert len(batch) == 2
    assert "too many tokens" in notes[1]
    assert notes[1].endswith("so they are compared by fingerprints.")


def test_what_is_known_and_cannot_be_read_is_said(
    tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation
) -> None:
    _, notes = first(tiny_polymers, tiny_representation, known=[LONG[0], tiny_polymers[0]])
    assert notes[1].startswith(
        "1 measured or pending polymer is not seen by the text encoder, so the batch may resemble it ("
    )
    assert "too many tokens" in notes[1]


def test_the_batch_is_not_what_is_known(
    tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation
) -> None:
    alone, _ = first(tiny_polymers, tiny_representation, q=3)
    known = [p.candidate.unit for p in alone]
    rest = [u for u in tiny_polymers if u not in known]
    beside, _ = first(rest, tiny_representation, known=known, q=3)
    assert alone[0].reason.startswith("a typical polymer")
    assert all(p.reason.startswith("stands for a part") for p in (*alone[1:], *beside))


def test_rules_hold_for_the_first_batch_too(
    tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation
) -> None:
    route = Provenance(("one", "other"), "step growth", "polyether")
    routed = [Candidate(u, route) for u in tiny_polymers[:20]]
    batch, _ = first(routed, tiny_representation, rules=BatchRules(per_monomer=2))
    assert len(batch) == 2
    far, _ = first(tiny_polymers, tiny_representation, q=40, rules=BatchRules(minimum_distance=0.7))
    assert 1 < len(far) < 40
    counts = tiny_representation.fingerprints([p.candidate.unit for p in far]).double()
    least, most = (
        f(counts.unsqueeze(0), counts.unsqueeze(1)).sum(-1) for f in (torch.minimum, torch.maximum)
    )
    assert float((least / most).fill_diagonal_(0.0).max()) <= 0.3


def test_the_same_seed_gives_the_same_first_batch(
    tiny_polymers: tuple[RepeatUnit, ...], tiny_representation: Representation
) -> None:
    assert first(tiny_polymers, tiny_representation)[0] == first(tiny_polymers[::-1], tiny_representation)[0]
