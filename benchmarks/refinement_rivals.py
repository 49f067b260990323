"""Who competes in `refinement.py`, by name, made for one target at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from peers_targets import Target
from refinement_models import FusedGP, Gollum, Model, PolyLLMem
from refinement_table import Table
from torch import Tensor

from campaigns.backtesting.oracle import Question
from campaigns.backtesting.rival_names import FROZEN, GATE, TANIMOTO
from campaigns.backtesting.rivals import Choice, Strategy
from discovery.acquisition.aim import Aim
from discovery.acquisition.batch import choose_batch
from discovery.acquisition.objectives import Goal, Objective
from discovery.acquisition.plan import RoundSettings
from discovery.acquisition.round import plan_round
from discovery.acquisition.screening import OPTIMISM
from discovery.errors import PoolError
from discovery.latent.adapter import DEPTHS
from discovery.latent.refinement import Refinement
from discovery.latent.representation import Representation
from discovery.latent.settings import CRITERIA, RefinementSettings
from discovery.pools import UnitPool
from discovery.surrogate.deciding import TRUSTED
from discovery.surrogate.learned import Learned, NotLearned
from discovery.surrogate.learning import ALL_MEMBERS, MEMBERS, Refining

FUSED = "fused"


@dataclass(frozen=True)
class Entry:
    """polyloop under one name.

    Args:
        members: Those that its gate compares.
        settings: What its latent is refined by.
    """

    members: tuple[str, ...]
    settings: RefinementSettings = field(default_factory=RefinementSettings)


WARM = "-warm"
"""What the name of a depth ends in that starts from the adapters of the round before."""

GATE_ALL = "gate-all"

OURS: dict[str, Entry] = {
    GATE: Entry(MEMBERS),
    TANIMOTO: Entry(("fingerprint",)),
    FROZEN: Entry((TRUSTED,)),
    **{depth: Entry((depth,)) for depth in DEPTHS},
    "gate-unrefined": Entry(("fingerprint", TRUSTED)),
    GATE_ALL: Entry(ALL_MEMBERS),
    **{depth + WARM: Entry((depth,), RefinementSettings(start="previous")) for depth in DEPTHS},
    **{
        f"{depth}-{criterion}": Entry((depth,), RefinementSettings(criterion=criterion))
        for depth in DEPTHS
        for criterion in CRITERIA
        if criterion != RefinementSettings().criterion
    },
}
"""``gate`` has the members of a round that names none, ``gate-all`` every one; a depth is that member alone, also by other
criteria and from the adapters of the round before."""

SINGLE = (TANIMOTO, FROZEN, *DEPTHS)
"""Members alone, of which the best is what a gate can hope for."""

MODELS: dict[str, Callable[[], Model]] = {FUSED: FusedGP, "gollum": Gollum, "polyllmem": PolyLLMem}
"""What is not one of polyloop's members."""

NAMES = (*OURS, *MODELS)

USUAL = (GATE, *SINGLE, *MODELS)
"""The rivals of a run that names none."""


class Memory:
    """How an entry refines, round after round: with the adapters of the round before, where it starts from them.

    Args:
        settings: Of the training.
    """

    def __init__(self, settings: RefinementSettings) -> None:
        self._settings = settings
        self._previous: dict[str, Refinement] = {}

    @property
    def refining(self) -> Refining:
        """What the next round is to be given."""
        return Refining(self._settings, dict(self._previous))

    def keep(self, learned: Learned | NotLearned) -> None:
        """Take the adapters of a round that is over; where it made none the older ones stay."""
        if self._settings.start == "previous" and isinstance(learned, Learned):
            made = learned.refinements.items()
            self._previous |= {name: found for name, found in made if isinstance(found, Refinement)}


@dataclass
class MemberRound:
    """A round of a campaign by some of polyloop's members.

    Args:
        objective: What is wanted.
        representation: Encoders, fusion and store.
        entry: Which members, refined by what.
    """

    objective: Objective
    representation: Representation
    entry: Entry

    def __post_init__(self) -> None:
        self.memory = Memory(self.entry.settings)

    def propose(self, question: Question) -> Choice:
        """See :meth:`campaigns.backtesting.rivals.Strategy.propose`."""
        name = self.objective.name
        plan = plan_round(
            {name: question.measured},
            UnitPool(question.candidates),
            Goal.of(self.objective),
            self.representation,
            q=question.batch,
            seed=question.seed,
            settings=RoundSettings(members=self.entry.members, refining=self.memory.refining),
        )
        self.memory.keep(plan.learned[name])
        return Choice(tuple(proposed.candidate.unit for proposed in plan.batch))


@dataclass
class ModelRound:
    """A round by any model: it looks at every candidate itself, and the batch is chosen as polyloop chooses it.

    Half of the shortlist are the best by mean and deviation, half the best of one draw from each belief; of them a batch is taken
    by noisy expected improvement over the measured polymers.

    Args:
        table: The target's polymers.
        objective: What is wanted.
        model: Fitted anew in each round.
    """

    table: Table
    objective: Objective
    model: Model

    def propose(self, question: Question) -> Choice:
        """See :meth:`campaigns.backtesting.rivals.Strategy.propose`.

        Raises:
            PoolError: None of the candidates can be read by both encoders.
        """
        rows, name = self.table.rows, self.objective.name
        known = [o for o in question.measured if o.unit.key in rows]
        free = [unit for unit in question.candidates if unit.key in rows]
        if not free:
            raise PoolError("No candidate can be read by both encoders.", "Use other encoders.")
        seen = torch.tensor([rows[o.unit.key] for o in known])
        asked = torch.tensor([rows[unit.key] for unit in free])
        values = torch.tensor([o.value for o in known], dtype=torch.float64)
        belief = self.model.fit(self.table, seen, values, question.seed)
        mean, variance = belief.predict(asked)
        listed = shortlisted(self.objective.sign * mean, variance.sqrt(), question.seed)
        joint = belief.joint(torch.cat([seen, asked[listed]]))
        aim = Aim.of(Goal.of(self.objective), {name: known})
        choice = choose_batch({name: joint}, len(seen), 0, aim, question.batch, seed=question.seed)
        return Choice(tuple(free[int(listed[i])] for i in choice.indices))


def shortlisted(merit: Tensor, sigma: Tensor, seed: int) -> Tensor:
    """Places of the candidates worth a joint belief: best by optimism and best by a draw, in turns.

    Args:
        merit: ``m`` means, more is better.
        sigma: ``m`` deviations.
        seed: Of the draws.
    """
    drawn = torch.from_numpy(np.random.default_rng([seed, 7]).standard_normal(len(merit)))
    orders = [score.argsort(descending=True) for score in (merit + OPTIMISM * sigma, merit + drawn * sigma)]
    turns = torch.stack(orders, dim=1).flatten().tolist()
    return torch.tensor([*dict.fromkeys(turns)][: RoundSettings().shortlist])


@dataclass
class RefinementRing:
    """Makes models and strategies for one target after the other.

    Args:
        load: Gives the encoders, when they are first asked for.
    """

    load: Callable[[], Representation] = Representation.load
    target: Target | None = None

    @cached_property
    def representation(self) -> Representation:
        return self.load()

    def take(self, target: Target) -> None:
        """Turn to a target."""
        if self.target is not target:
            self.close()
            self.target = target

    def close(self) -> None:
        """Let go of what was computed of the table."""
        self.__dict__.pop("table", None)

    @cached_property
    def table(self) -> Table:
        """The target's polymers; kept until the next target."""
        assert self.target is not None
        return Table.of([o.unit for o in self.target.table], self.representation)

    def begin(self, rival: str) -> Callable[[], Strategy]:
        """Makes the strategy of that name for the target."""
        assert self.target is not None
        objective = self.target.objective
        if rival in OURS:
            return lambda: MemberRound(objective, self.representation, OURS[rival])
        return lambda: ModelRound(self.table, objective, MODELS[rival]())
