"""One list of polymers for all properties: what is measured of any of them, what is pending, and the shortlist.

Partial measurements are normal. Of a polymer that a property was not measured on, that property's belief is a prediction. What a
surrogate cannot read is known by its measurement alone, or, where there is none, not at all: then it is left out for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from discovery.acquisition.pursuit import Pursuit
from discovery.acquisition.screening import in_words
from discovery.acquisition.shortlist import Shortlist, rows_of
from discovery.encoders.encoder import EncodingFailure
from discovery.polymers import RepeatUnit
from discovery.progress import Progress
from discovery.surrogate.features import Views, join_views
from discovery.surrogate.learned import Learned
from discovery.surrogate.observations import Observation
from discovery.surrogate.scale import Scale
from discovery.surrogate.surrogate import Joint


@dataclass(frozen=True, eq=False)
class CommonRows:
    """Beliefs about the same rows: ``n_measured`` measured polymers, ``n_pending`` pending ones, then the shortlist.

    Args:
        joints: Of every deciding property, on its scale.
        n_measured: Polymers that one property at least is measured on, less those barred by structure, where any is not.
        n_pending: Polymers that are being made.
        notes: Who is not among them, in sentences.
    """

    joints: Mapping[str, Joint]
    n_measured: int
    n_pending: int
    notes: tuple[str, ...]


def common_rows(
    pursuit: Pursuit, pending: Sequence[RepeatUnit], listed: Shortlist, progress: Progress
) -> CommonRows:
    """Joint beliefs over measured, pending and shortlisted polymers.

    Args:
        pursuit: The surrogates of the deciding properties.
        pending: Polymers that are being made.
        listed: Candidates that all these surrogates can see, at least one.
        progress: Told of encoding.
    """
    units: dict[str, RepeatUnit] = {}
    for learned in pursuit.models.values():
        for observation in (*learned.observations, *learned.measured):
            units.setdefault(observation.unit.key, observation.unit)
    seen = {name: _Seen.of(learned, units, pending, progress) for name, learned in pursuit.models.items()}
    known = [key for key in units if all(one.knows(key) for one in seen.values())]
    # an improvement has to be one on something: where all are too hard to make, on these
    kept = [key for key in known if key not in pursuit.aim.barred_by_structure] or known
    waiting = [i for i in range(len(pending)) if all(i in one.pending for one in seen.values())]
    joints = {name: one.joint(kept, waiting, listed.views[name]) for name, one in seen.items()}
    notes = []
    if len(waiting) < len(pending):
        failures = {f.unit.key: f for one in seen.values() for f in one.failures}
        unseen = [failures[u.key] for i, u in enumerate(pending) if i not in waiting]
        notes.append(
            f"{_are(len(unseen), 'pending')} not seen by the model, so the batch may resemble them ({in_words(unseen)})."
        )
    if lost := len(units) - len(known):
        reason = "a model cannot read them, and no measured value stands in for it"
        notes.append(f"{_are(lost, 'measured')} left out of what has to be beaten: {reason}.")
    return CommonRows(joints, len(kept), len(waiting), tuple(notes))


def _are(count: int, what: str) -> str:
    return f"1 {what} polymer is" if count == 1 else f"{count} {what} polymers are"


@dataclass(frozen=True, eq=False)
class _Seen:
    """What one surrogate sees of the measured and the pending polymers.

    Args:
        learned: The surrogate.
        own: Rows of ``learned.known`` by key.
        others: Rows of ``viewed`` by key: polymers that another property is measured on.
        alone: Measurements of polymers that it cannot read, by key.
        pending: Rows of ``waiting`` by place among the pending.
        viewed: Features of ``others``.
        waiting: Features of those of the pending that it can read.
        failures: Pending polymers that it cannot read.
    """

    learned: Learned
    own: dict[str, int]
    others: dict[str, int]
    alone: dict[str, Observation]
    pending: dict[int, int]
    viewed: Views | None
    waiting: Views | None
    failures: tuple[EncodingFailure, ...]

    @classmethod
    def of(
        cls,
        learned: Learned,
        units: Mapping[str, RepeatUnit],
        pending: Sequence[RepeatUnit],
        progress: Progress,
    ) -> _Seen:
        own = {o.unit.key: row for row, o in enumerate(learned.observations)}
        unread = {o.unit.key: o for o in learned.measured if o.unit.key not in own}
        rest = [unit for key, unit in units.items() if key not in own and key not in unread]
        others: dict[str, int] = {}
        viewed: Views | None = None
        waiting: Views | None = None
        failures: tuple[EncodingFailure, ...] = ()
        if rest:
            view = learned.view(rest, progress)
            others, viewed = {rest[place].key: row for row, place in enumerate(view.positions)}, view.views
        places: dict[int, int] = {}
        if pending:
            view = learned.view(pending, progress)
            places, waiting = {place: row for row, place in enumerate(view.positions)}, view.views
            failures = view.failures
        # A limit is no value: alone it cannot stand for the polymer.
        alone = {key: o for key, o in unread.items() if not o.bound}
        return cls(learned, own, others, alone, places, viewed, waiting, failures)

    def knows(self, key: str) -> bool:
        return key in self.own or key in self.others or key in self.alone

    def joint(self, kept: Sequence[str], waiting: Sequence[int], listed: Sequence[Views]) -> Joint:
        """Belief about the measured polymers ``kept``, the pending ones at ``waiting`` and the shortlist."""
        own = [self.own[key] for key in kept if key in self.own]
        others = [self.others[key] for key in kept if key in self.others]
        parts = [rows_of(self.learned.known, own)]
        if others and self.viewed is not None:
            parts.append(rows_of(self.viewed, others))
        if waiting and self.waiting is not None:
            parts.append(rows_of(self.waiting, [self.pending[i] for i in waiting]))
        joint = self.learned.chosen.joint(join_views([*parts, *listed]))
        # Own rows came first, then others: back to the order of all.
        read = [key for key in kept if key in self.own] + [key for key in kept if key in self.others]
        place = {key: row for row, key in enumerate(kept)}
        rest = range(len(kept), len(kept) + len(joint) - len(read))
        alone = [(place[key], self.alone[key]) for key in kept if key in self.alone and key not in self.own]
        return with_measured(joint, [*(place[key] for key in read), *rest], alone, self.learned.scale)


def with_measured(
    joint: Joint, places: Sequence[int], alone: Sequence[tuple[int, Observation]], scale: Scale
) -> Joint:
    """The belief with measured polymers put in that the surrogate cannot see.

    They are known by their measurements alone, so they covary with nothing; yet the best of them has to be beaten like any other.

    Args:
        joint: Over ``m`` polymers, on the scale.
        places: ``m`` rows of the result, of what ``joint`` is about.
        alone: ``k`` further rows of the result, and what is measured there.
        scale: Of the joint belief.
    """
    size = len(places) + len(alone)
    if not alone and list(places) == list(range(size)):
        return joint
    mean, covariance = joint.mean.new_zeros(size), joint.covariance.new_zeros(size, size)
    rows = torch.tensor(list(places), dtype=torch.long)
    mean[rows] = joint.mean
    covariance[rows.unsqueeze(-1), rows] = joint.covariance
    for row, one in alone:
        mean[row] = scale.on(one.value)
        error = None if one.sem is None else scale.error_on(one.value, one.sem)
        covariance[row, row] = joint.noise_variance / one.n if error is None else error**2
    return Joint(mean, covariance, joint.noise_variance)
