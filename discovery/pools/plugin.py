"""Pools that other packages bring along: entry points of the group ``polyloop.pools``.

A package says in its ``pyproject.toml``::

    [project.entry-points."polyloop.pools"]
    my-generator = "my_package.pools:MyPool"

and ``MyPool(**options)`` gives a :class:`~discovery.pools.pool.Pool`; :class:`~discovery.pools.contract.PoolContract` has
as tests what is expected of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points

from discovery.errors import DiscoveryError, PoolError
from discovery.polymers import Candidate
from discovery.pools.piece import CHUNK, Made, PiecewisePool
from discovery.pools.pool import Pool
from discovery.pools.segments import Walked
from discovery.pools.signature import joint_signature, signature_by_kind, signature_of

GROUP = "polyloop.pools"


def pool_plugins() -> tuple[str, ...]:
    """Names of the installed ones, sorted."""
    return tuple(sorted({entry.name for entry in entry_points(group=GROUP)}))


def load_pool_plugin(name: str, options: Mapping[str, object] | None = None) -> PluginPool:
    """Calls a plug-in; what it gives is wrapped with its package and version, which go into the signature.

    Args:
        name: Of its entry point.
        options: Passed on as keyword arguments.

    Raises:
        PoolError: There is none of that name, or two packages bring one; or it cannot be imported, fails, or gives no pool.
            A :class:`~discovery.errors.DiscoveryError` of its own is passed on.
    """
    found = list(entry_points(group=GROUP, name=name))
    if not found:
        there = ", ".join(pool_plugins())
        raise PoolError(
            f"No installed package brings a pool {name!r}.",
            f"Installed are: {there}." if there else f"None is installed (entry point group {GROUP}).",
        )
    if len({entry.value for entry in found}) > 1:
        packages = ", ".join(sorted(map(_package, found)))
        raise PoolError(f"Several packages bring a pool {name!r}: {packages}.", "Uninstall all but one.")
    pool = _called(found[0], options or {})
    if not isinstance(pool, Pool):
        raise PoolError(
            f"The plug-in {name!r} of {_package(found[0])} gives {type(pool).__name__}, which is no pool.",
            "A pool has dropped, signature and chunks: see discovery.pools.Pool, and its tests in PoolContract.",
        )
    return PluginPool(pool, _package(found[0]), found[0].dist.version if found[0].dist else "")


class PluginPool(PiecewisePool):
    """A pool that a plug-in gave, told apart from those of other packages and of other versions of its own.

    Args:
        pool: What the plug-in gave.
        package: That brings it.
        version: Of the package.
    """

    def __init__(self, pool: Pool, package: str, version: str) -> None:
        self.pool = pool
        self.package = package
        self.version = version
        self.dropped: Counter[str] = Counter()

    @property
    def signature(self) -> str:
        """See :attr:`discovery.pools.pool.Pool.signature`."""
        own = signature_by_kind(self.pool)
        return joint_signature("plug-in", signature_of(self.package, self.version), own)

    def chunks(self, size: int = CHUNK) -> Iterator[Sequence[Candidate]]:
        """See :meth:`discovery.pools.pool.Pool.chunks`."""
        yield from self.pool.chunks(size)
        self.dropped = Counter(self.pool.dropped)

    def made(self, start: int = 0, workers: int = 1, *, scores: bool = False) -> Iterator[Made]:
        """See :meth:`discovery.pools.piece.PiecewisePool.made`."""
        return self._in_pieces().made(start, workers, scores=scores)

    def nothing(self, dropped: Counter[str], fault: str) -> PoolError | None:
        """See :meth:`discovery.pools.piece.PiecewisePool.nothing`."""
        return self._in_pieces().nothing(dropped, fault)

    def _in_pieces(self) -> PiecewisePool:
        return self.pool if isinstance(self.pool, PiecewisePool) else Walked(self.pool)


def _called(entry: EntryPoint, options: Mapping[str, object]) -> object:
    whose = f"The plug-in {entry.name!r} of {_package(entry)}"
    try:
        make = entry.load()
    except Exception as error:
        raise PoolError(
            f"{whose} cannot be imported from {entry.value}: {_told(error)}.",
            "Repair or reinstall that package.",
        ) from error
    if not callable(make):
        raise PoolError(f"{whose} names {entry.value}, which cannot be called.", "Tell those who wrote it.")
    try:
        return make(**options)
    except DiscoveryError:
        raise
    except Exception as error:
        given = ", ".join(options) or "none"
        raise PoolError(
            f"{whose} fails: {_told(error)}.",
            f"Look at its options (given: {given}), or tell those who wrote it.",
        ) from error


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.module


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(". ")
