"""Whether another batch is likely to pay, in one sentence. It is advice: nothing stops by itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from discovery.acquisition.aim import Aim
from discovery.acquisition.front import hypervolume
from discovery.acquisition.improvement import front_samples
from discovery.acquisition.joint_beliefs import JointBeliefs
from discovery.acquisition.wording import in_unit, percent
from discovery.surrogate.scale import Scale
from discovery.surrogate.surrogate import Joint

SAMPLES = 512
"""Joint samples of what a batch may bring."""


def stopping_advice(
    joints: Mapping[str, Joint],
    known: int,
    batch: Sequence[int],
    aim: Aim,
    *,
    reference: Tensor | None,
    skilful: bool,
    budget_left: int | None,
    seed: int,
    suspicion: str = "",
) -> str:
    """What a batch is expected to bring against the noise of a measurement, and what is left of the budget.

    Args:
        joints: By deciding property, on its scale.
        known: How many rows, from the first, are measured or pending.
        batch: Rows of the batch.
        aim: What is wanted.
        reference: ``k`` utilities of the reference point, where the aim is a front.
        skilful: Whether a model of what is wanted predicts better than the mean does.
        budget_left: Polymers that can still be made, the batch among them; ``None``: not told.
        seed: Of the joint samples.
        suspicion: That the best is so by a suspect measurement, in one sentence: said instead of a gain over it.
    """
    if not batch:
        return ""
    if suspicion:
        return suspicion
    rows = [*range(known), *batch]
    beliefs = JointBeliefs({name: _part(joint, rows) for name, joint in joints.items()}, aim)
    samples = _samples(beliefs, front_samples(aim) if aim.pareto else SAMPLES, seed)
    allowed = torch.ones(samples.shape[:-1], dtype=torch.bool)
    for broken in beliefs.constraints or ():
        allowed &= broken(samples) <= 0.0
    before = allowed[:, :known].any(dim=-1)
    if not bool(before.double().mean() >= 0.5):
        found = float(allowed[:, known:].any(dim=-1).double().mean())
        what = (
            f"The next batch has a chance of {percent(found)} to hold a polymer that fulfils all constraints, which none that is "
            "measured or pending is likely to do"
        )
    elif aim.pareto:
        assert reference is not None
        what = _front_gain(
            beliefs, joints, samples, allowed, known, beliefs.standardised_utilities(reference)
        )
    else:
        what = _gain(beliefs, joints, samples, allowed, known)
    if not skilful:
        what += ", but no model predicts better than the mean does yet, so this is a guess"
    if budget_left is not None:
        left = max(0, budget_left - len(batch))
        what += f"; {left} more can be made after it" if left else "; it spends what is left of the budget"
    return f"{what}."


def _gain(
    beliefs: JointBeliefs, joints: Mapping[str, Joint], samples: Tensor, allowed: Tensor, known: int
) -> str:
    """Expected improvement of one number, in words."""
    aim = beliefs.aim
    worth = beliefs.total(samples).masked_fill(~allowed, -torch.inf)
    before, after = worth[:, :known].amax(dim=-1), worth[:, known:].amax(dim=-1)
    told = torch.isfinite(before)
    gain = float((after - before)[told].clamp_min(0.0).mean())
    if len(aim.driven) > 1:
        noise = math.sqrt(
            sum(
                joints[o.name].noise_variance * weight**2
                for o, weight in zip(aim.driven, aim.weights, strict=True)
            )
        )
        return _against(
            "raise the best weighted sum", f"{gain:.2g} standard deviations", f"{noise:.2g}", gain, noise
        )
    (objective,) = aim.driven
    gain *= beliefs.outcome(objective.name).spread
    noise = math.sqrt(joints[objective.name].noise_variance)
    verb = {"max": "raise the best", "min": "lower the best"}.get(objective.direction, "bring the nearest")
    does = f"{verb} {objective.name}"
    if objective.direction == "target":
        if float((before[told] >= 0.0).double().mean()) >= 0.5:
            return f"A measured polymer is likely to have the wanted {objective.name} already, so that stopping would lose little"
        does += " closer to what is wanted"
    if objective.scale is Scale.LOG:
        return _against(does, f"a factor of {10**gain:.3g}", f"{10**noise:.3g}", gain, noise)
    return _against(does, in_unit(gain, objective.unit), in_unit(noise, objective.unit), gain, noise)


def _front_gain(
    beliefs: JointBeliefs,
    joints: Mapping[str, Joint],
    samples: Tensor,
    allowed: Tensor,
    known: int,
    point: Tensor,
) -> str:
    """Expected relative gain of hypervolume, in words; the noise is how much it varies when all is measured once more."""
    utilities = beliefs.all_utilities(samples)
    before = torch.tensor(
        [hypervolume(u[:known][a[:known]], point) for u, a in zip(utilities, allowed, strict=True)]
    )
    after = torch.tensor([hypervolume(u[a], point) for u, a in zip(utilities, allowed, strict=True)])
    total = float(before.mean())
    if total <= 0.0:
        found = float((after > 0.0).double().mean())
        return f"The next batch has a chance of {percent(found)} to hold the first polymer beyond the reference point"
    gain = float((after - before).mean()) / total
    generator = torch.Generator().manual_seed(0)
    middle = beliefs.all_utilities(torch.stack([o.mean for o in beliefs.outcomes], dim=-1))[:known]
    deviations = torch.tensor(
        [
            math.sqrt(joints[o.name].noise_variance) / beliefs.outcome(o.name).spread
            for o in beliefs.aim.driven
        ]
    )
    again = [
        hypervolume(
            middle + deviations * torch.randn(middle.shape, generator=generator, dtype=torch.float64), point
        )
        for _ in range(len(samples))
    ]
    noise = float(torch.tensor(again).std()) / total
    return _against("enlarge the front's hypervolume", _share(gain), _share(noise), gain, noise)


def _share(of: float) -> str:
    return f"{of:.0%}" if of >= 0.1 else f"{of:.1%}"


def _against(does: str, gain: str, noise: str, size: float, of_noise: float) -> str:
    if size <= 0.0:
        return f"The next batch is not expected to {does} at all, so that stopping would lose little"
    if size > of_noise:
        return (
            f"The next batch is expected to {does} by {gain}, more than the noise of a measurement ({noise})"
        )
    return (
        f"The next batch is expected to {does} by {gain}, less than the noise of a measurement ({noise}), so that stopping "
        "would lose little"
    )


def _part(joint: Joint, rows: Sequence[int]) -> Joint:
    at = torch.tensor(list(rows), dtype=torch.long)
    return Joint(joint.mean[at], joint.covariance[at.unsqueeze(-1), at], joint.noise_variance)


def _samples(beliefs: JointBeliefs, number: int, seed: int) -> Tensor:
    """Joint samples, ``number x m x p``."""
    columns = []
    for place, outcome in enumerate(beliefs.outcomes):
        factor = torch.linalg.cholesky(outcome.covariance)
        generator = torch.Generator().manual_seed(seed + 7919 * place)
        normal = torch.randn(number, len(outcome.mean), generator=generator, dtype=torch.float64)
        columns.append(outcome.mean + normal @ factor.T)
    return torch.stack(columns, dim=-1)
