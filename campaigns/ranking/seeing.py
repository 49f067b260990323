"""Candidates as the full models see them: what is predicted of each, and the order that follows."""

from __future__ import annotations

from collections import Counter

import torch
from torch import Tensor

from campaigns.errors import CampaignError
from campaigns.ranking.frames import FullySeen
from discovery.acquisition.prediction import predictions_by
from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.screening import reasons_of
from discovery.acquisition.shortlist import shortlist
from discovery.acquisition.utility import probability
from discovery.polymers import Candidate
from discovery.progress import Progress, silent
from discovery.surrogate.feasibility import Feasibility
from discovery.surrogate.features import join_views

LEAST = 1e-22
"""Chance of being made that stands for none, so that such candidates still have an order."""


def fully_seen(
    pursuit: Pursuit,
    candidates: list[Candidate],
    feasibility: Feasibility | None,
    left_out: Counter[str],
    progress: Progress = silent,
) -> FullySeen:
    """What the full models say of candidates, and their order.

    Args:
        pursuit: The models, and what is gone after.
        candidates: To see; those that the encoders cannot read are left out.
        feasibility: What failures have taught, where there are any.
        left_out: Gets the number of candidates that are left out, by reason.
        progress: Told of every long step.

    Raises:
        CampaignError: When there is no candidate, or none that can be read.
    """
    models = {**pursuit.models, **pursuit.shown}
    listed = shortlist(candidates, models, len(candidates), progress)
    left_out.update(reasons_of(listed.failures))
    if not candidates:
        reasons = ", ".join(f"{n} {reason}" for reason, n in left_out.items() if n)
        raise CampaignError(
            f"There is no candidate to rank{f': {reasons}' if reasons else ''}.", "Rank other candidates."
        )
    if not listed.candidates:
        raise CampaignError(
            "None of the best-ranked candidates can be read by the encoders.", "Rank other candidates."
        )
    views = {name: join_views(list(listed.views[name])) for name in models}
    joints = {name: one.chosen.joint(views[name]) for name, one in models.items()}
    beliefs = {name: (joint.mean, joint.covariance.diagonal()) for name, joint in joints.items()}
    allowed = pursuit.aim.log_allowed(beliefs)
    feasible: Tensor | None = None
    if feasibility is not None:
        feasible = feasibility.probability([c.unit for c in listed.candidates], progress)
        made = feasible.clamp_min(LEAST).log()
        allowed = made if allowed is None else allowed + made
    standing = pursuit.aim.standing(pursuit.aim.merit(beliefs).mean, allowed).tolist()
    rows = sorted(range(len(listed.candidates)), key=lambda i: (-standing[i], listed.candidates[i].unit.key))
    chances = {
        c.label: probability(c, pursuit.aim.objective(c.name).scale, *beliefs[c.name]).tolist()
        for c in pursuit.aim.constraints
    }
    told = {
        name: predictions_by(
            models[name], views[name], joint.mean, joint.covariance.diagonal() + joint.noise_variance
        )
        for name, joint in joints.items()
    }
    return FullySeen(
        [listed.candidates[i] for i in rows],
        joints,
        rows,
        {name: [each[i] for i in rows] for name, each in told.items()},
        {text: [each[i] for i in rows] for text, each in chances.items()},
        None if feasible is None else feasible[torch.tensor(rows)].tolist(),
        None if pursuit.aim.plain and allowed is None else [standing[i] for i in rows],
    )
