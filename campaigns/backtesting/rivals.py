"""The strategies that a replay holds against each other; :mod:`campaigns.backtesting.rival_names` tells what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from campaigns.backtesting.rival_names import FROZEN, GATE, RANDOM, REFINED, RIVALS, TANIMOTO
from campaigns.spec import RefinementSpec
from discovery.progress import Progress, silent

if TYPE_CHECKING:
    from campaigns.backtesting.oracle import Question
    from discovery.acquisition.objectives import Objective
    from discovery.latent.representation import Representation
    from discovery.polymers import RepeatUnit
    from discovery.surrogate.prior import PriorMean


class Strategy(Protocol):
    """Anything that chooses what to measure next."""

    def propose(self, question: Question) -> Choice:
        """A batch out of the candidates of the question.

        Raises:
            PoolError: None of them can be proposed; the replay ends there.
        """
        ...


@dataclass(frozen=True)
class Choice:
    """A batch, best first.

    Args:
        units: The polymers.
        notes: What the user should know of how it was made.
        model: The gate's member that predicted; empty where none did.
    """

    units: tuple[RepeatUnit, ...]
    notes: tuple[str, ...] = ()
    model: str = ""


@dataclass
class RandomChoice:
    """Takes candidates by chance."""

    def propose(self, question: Question) -> Choice:
        """See :meth:`Strategy.propose`."""
        import numpy as np

        order = np.random.default_rng(question.seed).permutation(len(question.candidates))
        return Choice(tuple(question.candidates[i] for i in order[: question.batch]))


@dataclass
class PolyloopRound:
    """One round of a campaign: :func:`discovery.acquisition.round.plan_round` on what is measured.

    Args:
        objective: What is wanted.
        representation: Encoders, fusion and store.
        members: Surrogates to fit.
        prior: Estimates that the surrogates' mean may follow.
        refinement: How the latent is refined, always from the base: a strategy remembers nothing of the round before.
        progress: Told of the steps of a round.
    """

    objective: Objective
    representation: Representation
    members: Sequence[str]
    prior: PriorMean | None = None
    refinement: RefinementSpec = field(default_factory=RefinementSpec)
    progress: Progress = silent

    def propose(self, question: Question) -> Choice:
        """See :meth:`Strategy.propose`."""
        from campaigns.rounds.gate_notes import gate_notes
        from campaigns.rounds.refining import refining_of
        from discovery.acquisition.objectives import Goal
        from discovery.acquisition.plan import Modelling, RoundSettings
        from discovery.acquisition.round import plan_round
        from discovery.pools import UnitPool
        from discovery.surrogate.learned import Learned

        name = self.objective.name
        plan = plan_round(
            {name: question.measured},
            UnitPool(question.candidates),
            Goal.of(self.objective),
            self.representation,
            q=question.batch,
            seed=question.seed,
            settings=RoundSettings(members=tuple(self.members), refining=refining_of(self.refinement)),
            modelling={name: Modelling(prior=self.prior)},
            progress=self.progress,
        )
        told = Counter((*gate_notes(plan.learned), *plan.notes))
        learned = plan.learned[name]
        used = learned.decision.chosen if isinstance(learned, Learned) else ""
        return Choice(tuple(p.candidate.unit for p in plan.batch), tuple(told), used)


def strategy_of(
    rival: str,
    objective: Objective,
    representation: Representation,
    prior: PriorMean | None,
    progress: Progress,
    refinement: RefinementSpec | None = None,
) -> Strategy:
    """The strategy of a name in :data:`~campaigns.backtesting.rival_names.RIVALS`.

    Args:
        rival: The name.
        objective: What is wanted.
        representation: Encoders, fusion and store.
        prior: Estimates that the gate's mean may follow; the others have none.
        progress: Told of the steps of a round.
        refinement: Depths that the gate compares, and what all adapters are trained by.

    Raises:
        ValueError: There is none of that name.
    """
    if rival == RANDOM:
        return RandomChoice()
    from campaigns.rounds.refining import members_of

    refinement = refinement or RefinementSpec()
    members = {GATE: members_of(refinement), FROZEN: ("latent",), TANIMOTO: ("fingerprint",)}
    members |= {depth: (depth,) for depth in REFINED}
    if rival not in members:
        raise ValueError(f"there is no rival {rival!r}, only {', '.join(RIVALS)}")
    return PolyloopRound(
        objective, representation, members[rival], prior if rival == GATE else None, refinement, progress
    )
