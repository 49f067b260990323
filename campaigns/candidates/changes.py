"""How a campaign's pool is widened or narrowed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from campaigns.spec import PoolSpec
from campaigns.tables import pool_kind


@dataclass(frozen=True)
class Changes:
    """What to change; false where there is nothing.

    Args:
        add: Tables of more monomers or polymers.
        smarts: Substructures to exclude.
        elements: Elements to exclude.
        polymers: Tables of polymers to exclude.
        limits: New limits, by name.
    """

    add: tuple[Path, ...] = ()
    smarts: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    polymers: tuple[Path, ...] = ()
    limits: Mapping[str, float | bool] | None = None

    def __bool__(self) -> bool:
        return bool(self.add or self.smarts or self.elements or self.polymers or self.limits)

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that the changed pool names anew."""
        return (*self.add, *self.polymers)

    def applied(self, pool: PoolSpec) -> PoolSpec:
        """The pool with the changes; what is there already is not doubled.

        Raises:
            TableError: A table to add holds neither monomers nor polymers.
        """
        for table in self.add:
            pool = pool.with_source(pool_kind(table), table.name)
        exclude = pool.exclude
        excluded = {
            "smarts": _joined(exclude.smarts, self.smarts),
            "elements": _joined(exclude.elements, self.elements),
            "polymers": _joined(exclude.polymers, [table.name for table in self.polymers]),
        }
        return pool.model_copy(
            update={
                "exclude": exclude.model_copy(update=excluded),
                "limits": pool.limits.model_copy(update=dict(self.limits or {})),
            }
        )


def _joined(first: tuple[str, ...], more: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *more)))
