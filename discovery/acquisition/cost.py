"""What the price of the monomers takes off the worth of a candidate."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from discovery.polymers import Candidate


def cost_handicap(candidates: Sequence[Candidate], weight: float) -> tuple[Tensor | None, list[str]]:
    """``weight`` times the log of each cost over the median cost, for :func:`discovery.acquisition.batch.choose_batch`.

    With a weight of 1 the batch is picked by improvement per cost, with one half by improvement per square root of the cost.

    Args:
        candidates: ``n`` of a shortlist, of positive cost; one of unknown cost counts as if it had the median cost.
        weight: Not negative; with 0 costs play no part.

    Returns:
        ``n`` handicaps, or ``None`` where costs play no part, and what the user should know.
    """
    known = [c.cost for c in candidates if c.cost is not None]
    if not weight or not candidates:
        return None, []
    if not known:
        return None, ["No candidate on the shortlist has a known cost, so cost played no part."]
    costs = torch.tensor(
        [float("nan") if c.cost is None else c.cost for c in candidates], dtype=torch.float64
    )
    relative = (costs / torch.tensor(known, dtype=torch.float64).median()).log()
    relative = torch.where(costs.isnan(), torch.zeros_like(costs), relative)
    unknown = len(candidates) - len(known)
    notes = []
    if unknown:
        one = "1 of the shortlist has" if unknown == 1 else f"{unknown} of the shortlist have"
        notes.append(f"{one} no known cost and counted as if of the median cost.")
    return weight * relative, notes
