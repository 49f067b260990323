"""The one tree of errors that a user of polyloop can meet.

Every child of :class:`DiscoveryError` carries a ``hint``: what the user can do about it. The command line prints message and
hint; a traceback is reserved for faults of the program itself. An error is of what was given (arguments, tables, specs) unless
its class is a child of :class:`StateError`.
"""

from __future__ import annotations


class DiscoveryError(Exception):
    """Something that the user can put right.

    Args:
        message: What is wrong, naming the thing that is wrong.
        hint: What to do next, as a sentence.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        """Travels between processes whatever a child's constructor takes."""
        return _as_it_was, (type(self), self.args, self.__dict__)


class StateError(DiscoveryError):
    """What was asked for is in order, and cannot be done as things are.

    Something that it takes is gone, damaged, in use or used up, or the machine has no room for it. The same command can
    succeed when that has changed; giving something else is not what mends it.
    """


class PolymerError(DiscoveryError):
    """A text that is not a linear homopolymer's repeat unit, or a monomer that cannot be read."""


class EncodingError(DiscoveryError):
    """A polymer, or a whole table of them, that an encoder cannot turn into vectors."""


class WeightsError(DiscoveryError):
    """Weights that are missing, damaged, or made for something else."""


class WeightsStateError(WeightsError, StateError):
    """Weights that are named rightly, and are not here, damaged, of another version, or too large for this machine."""


class CacheError(EncodingError, StateError):
    """What is kept for good, vectors and conformers, that cannot be read or written."""


class OutOfMemoryError(EncodingError, StateError):
    """A device that has no memory for what an encoder computes."""


class SurrogateError(DiscoveryError):
    """Measurements that no surrogate can be fitted to."""


class PoolError(DiscoveryError):
    """A pool of candidates that cannot be read or holds nothing."""


class CandidateCacheError(PoolError, StateError):
    """Candidates that are kept for good and cannot be read or written."""


class UsedUpError(PoolError, StateError):
    """A pool of which everything is proposed, measured or left out."""


class PretrainingError(DiscoveryError):
    """A pre-training run that cannot start or go on."""


class PretrainingStateError(PretrainingError, StateError):
    """A pre-training run whose folder is in use by another process, or damaged."""


def _as_it_was(
    kind: type[DiscoveryError], arguments: tuple[object, ...], state: dict[str, object]
) -> DiscoveryError:
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(state)
    return error
