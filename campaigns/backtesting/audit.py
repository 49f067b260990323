"""Does a strategy know values that were not measured? An audit that would notice.

The test is metamorphic: what is not revealed may be anything, so a batch must not change when every value that is not revealed is
replaced by another. The values are changed inside the oracle, which is all that a replay has of the table, and the strategy is
made anew and asked again while they are: a strategy that reads them in secret, now or when it is made, or that is handed
something computed from them (a mean of the whole table, an order of the candidates), proposes something else. Two replacements
are tried, of which one turns all ranks round and the other changes the distribution. A strategy that reads the table's file
behind the replay's back is out of reach: none is told where the file is.
"""

from __future__ import annotations

from collections.abc import Callable

from campaigns.backtesting.oracle import Oracle
from campaigns.backtesting.rivals import Choice, Strategy
from campaigns.errors import StrategyError


class LeakError(StrategyError):
    """A batch that hung on values which were not measured."""


def audit(
    rival: str, choice: Choice, oracle: Oracle, begin: Callable[[], Strategy], *, batch: int, seed: int
) -> None:
    """Ask again with other values for all that is not revealed, and compare.

    Args:
        rival: Its name, for the message.
        choice: What the rival chose, not measured yet.
        oracle: As it was when the rival chose.
        begin: Makes the rival's strategy anew.
        batch: Of the question.
        seed: Of the question.

    Raises:
        LeakError: the batch is another one.
        DiscoveryError: from the strategy.
    """
    for disguise in (oracle.reversed_ranks, oracle.upper_half_cut):
        with oracle.disguised(disguise):
            again = begin().propose(oracle.question(batch, seed))
        if again.units != choice.units:
            before = {unit.key for unit in choice.units}
            other = [unit.psmiles for unit in again.units if unit.key not in before]
            raise LeakError(
                f"{rival} knows values that were not measured: with others in their place it proposes "
                f"{', '.join(other) if other else 'the same polymers in another order'}.",
                "Its results are worthless. See to it that nothing but the question reaches the strategy.",
            )
