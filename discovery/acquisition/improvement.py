r"""What a polymer would add to what is measured, pending or picked already: BoTorch's acquisition functions on joint beliefs.

One objective, or a weighted sum, is searched by noisy expected improvement in logs [Ament2023]_, several by noisy expected
hypervolume improvement in logs [Daulton2021]_; constraints enter as probabilities per joint sample [Gardner2014]_, so that
what has to be beaten is the best that fulfils them.

.. [Ament2023]
    S. Ament, S. Daulton, D. Eriksson, M. Balandat, E. Bakshy. Unexpected improvements to expected improvement
    for Bayesian optimization. NeurIPS 2023.
.. [Daulton2021]
    S. Daulton, M. Balandat, E. Bakshy. Parallel Bayesian optimization of multiple noisy objectives with expected hypervolume
    improvement. NeurIPS 2021.
.. [Gardner2014]
    J. R. Gardner, M. J. Kusner, Z. Xu, K. Q. Weinberger, J. P. Cunningham. Bayesian optimization with inequality constraints.
    ICML 2014.
"""

from __future__ import annotations

from typing import Any

import torch
from botorch.acquisition.acquisition import AcquisitionFunction
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.acquisition.multi_objective import logei as front_improvement
from botorch.acquisition.multi_objective.logei import qLogNoisyExpectedHypervolumeImprovement
from botorch.acquisition.multi_objective.objective import GenericMCMultiOutputObjective
from botorch.acquisition.multi_objective.utils import prune_inferior_points_multi_objective
from botorch.acquisition.objective import GenericMCObjective
from botorch.acquisition.utils import compute_best_feasible_objective, prune_inferior_points
from botorch.utils.sampling import manual_seed
from torch import Tensor

from discovery.acquisition.aim import Aim
from discovery.acquisition.joint_beliefs import JointBeliefs

# BoTorch would compile a C++ kernel the first time on every machine: a minute where there is a compiler, a warning where there is
# none, and numbers that hang on which. Its PyTorch form is fast enough for a shortlist.
front_improvement._load_attempted = True

SAMPLES = 512
"""Joint samples for the improvement of a candidate; quasi-random, and the same for all candidates."""

FRONT_SAMPLES = {2: 128, 3: 32}
"""Joint samples by the number of objectives: for each sample the space beyond its front is cut into boxes, which become very
many with each objective. With 32 of three objectives the batch was that of 128."""

FEWEST_FRONT_SAMPLES, ROUGH = 16, 1e-2
"""Of four objectives and more: joint samples, and the share of the volume that boxes may miss."""

PRUNING_SAMPLES = 2048
"""Joint samples that decide which measured polymers could be the best at all."""

BELOW_ALL = 6.0
"""Standard deviations under the least mean that stand for the value of nothing, in joint samples in which no measured polymer
fulfils the constraints; as BoTorch takes it."""


class _OverTheBestAllowed(qLogNoisyExpectedImprovement):
    """Log expected improvement over the best that fulfils the constraints.

    Args:
        nothing: What counts as the best in joint samples in which nothing known fulfils them.
        options: As for the parent, which would guess that value from random inputs between the rows.
    """

    def __init__(self, nothing: Tensor, **options: Any) -> None:
        self._nothing = nothing
        super().__init__(**options)

    def _compute_best_feasible_objective(self, samples: Tensor, obj: Tensor) -> Tensor:
        return compute_best_feasible_objective(
            samples=samples, obj=obj, constraints=self._constraints, infeasible_obj=self._nothing
        )


class Improvement:
    """The acquisition function over the rows of joint beliefs, ready for greedy picks.

    Args:
        beliefs: About all rows.
        known: How many rows, from the first, are measured or pending: what is to be improved on.
        reference: ``k`` standardised utilities of the reference point; used for a front only.
        seed: Of the joint samples.
    """

    def __init__(self, beliefs: JointBeliefs, known: int, reference: Tensor | None, seed: int) -> None:
        self._beliefs = beliefs
        rows = torch.arange(known, dtype=torch.float64).unsqueeze(-1)
        self._acquisition: AcquisitionFunction = (
            self._one(rows, seed) if reference is None else self._front(rows, reference, seed)
        )
        self._picked: list[int] = []

    def values(self, rows: Tensor) -> Tensor:
        """What each of ``n`` rows adds in logs, in the properties' units."""
        inputs = rows.to(torch.float64).reshape(-1, 1, 1)
        parts = [self._acquisition(part) for part in torch.split(inputs, BLOCK)]
        return torch.cat(parts) + self._beliefs.unit()

    def take(self, row: int) -> None:
        """Count on a row as if it were measured, whatever may come out."""
        self._picked.append(row)
        self._acquisition.set_X_pending(torch.tensor(self._picked, dtype=torch.float64).unsqueeze(-1))

    def _one(self, rows: Tensor, seed: int) -> qLogNoisyExpectedImprovement:
        beliefs = self._beliefs
        simple = len(beliefs.names) == 1 and beliefs.aim.plain
        objective = None if simple else GenericMCObjective(beliefs.total)
        # Pending rows join the measured ones here and not as X_pending, which greedy picks use for
        # themselves; for incremental noisy improvement both mean the same. BoTorch's own
        # pruning would draw samples without our seed.
        baseline = prune_inferior_points(
            beliefs.model,
            rows,
            objective=objective,
            constraints=beliefs.constraints,
            sampler=beliefs.sampler(PRUNING_SAMPLES, seed),
        )
        options: dict[str, Any] = {
            "model": beliefs.model,
            "X_baseline": baseline,
            "sampler": beliefs.sampler(SAMPLES, seed),
            "objective": objective,
            "constraints": beliefs.constraints,
            "prune_baseline": False,
            "cache_root": len(beliefs.names) == 1,
        }
        if beliefs.constraints is None:
            return qLogNoisyExpectedImprovement(**options)
        return _OverTheBestAllowed(self._nothing(), **options)

    def _nothing(self) -> Tensor:
        means = torch.stack([o.mean for o in self._beliefs.outcomes], dim=-1)
        sigmas = torch.stack([o.covariance.diagonal().sqrt() for o in self._beliefs.outcomes], dim=-1)
        return (self._beliefs.total(means) - BELOW_ALL * sigmas.sum(dim=-1)).min()

    def _front(self, rows: Tensor, reference: Tensor, seed: int) -> qLogNoisyExpectedHypervolumeImprovement:
        beliefs = self._beliefs
        objective = GenericMCMultiOutputObjective(beliefs.all_utilities)
        with manual_seed(seed):  # this pruning takes no sampler
            baseline = prune_inferior_points_multi_objective(
                beliefs.model,
                rows,
                ref_point=reference,
                objective=objective,
                constraints=beliefs.constraints,
                num_samples=SAMPLES,
            )
        return qLogNoisyExpectedHypervolumeImprovement(
            model=beliefs.model,
            ref_point=reference,
            X_baseline=baseline,
            sampler=beliefs.sampler(front_samples(beliefs.aim), seed),
            objective=objective,
            constraints=beliefs.constraints,
            prune_baseline=False,
            alpha=0.0 if len(beliefs.aim.driven) in FRONT_SAMPLES else ROUGH,
            cache_root=False,
        )


def front_samples(aim: Aim) -> int:
    """How many joint samples of several objectives are taken."""
    return FRONT_SAMPLES.get(len(aim.driven), FEWEST_FRONT_SAMPLES)


BLOCK = 512
"""Candidates valued at a time: their samples fit the memory, also of a long shortlist."""
