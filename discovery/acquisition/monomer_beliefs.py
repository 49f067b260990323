r"""What is believed of every monomer, from the scores of the polymers that were looked at.

The score of a polymer of the monomers ``a`` and ``c`` by the reaction ``r`` is taken as

``y = c_r + g_r(a) + h_r(c) + z_a' W_r z_c + noise``,

where ``g_r(a) = (w + w_{r,1})' z_a + d_a + d_{r,a}``: what its fragments ``z`` say in any reaction and in this one, and what is
its own in any and in this one; ``h`` likewise. All are Gaussian with a common variance for each kind, which the evidence of the
scores decides (Rasmussen & Williams 2006, 5.4), so that a monomer tried once already tells of those like it, and of itself in
other reactions. Reagent-level Thompson sampling [Klarich2024]_ holds the ``d_{r,a}`` alone, and independent of each other.

The joint posterior is exact, and draws from it are by pathwise conditioning [Wilson2021]_: a draw from the prior, moved by its
error at the scores. A draw is a number for each monomer and a small matrix for each reaction; no list of pairs is needed.

.. [Klarich2024]
    K. Klarich, B. Goldman, T. Kramer, P. Riley, W. P. Walters. Thompson sampling - an efficient method for searching ultralarge
    synthesis on demand databases. J. Chem. Inf. Model. 2024, 64, 1158.
.. [Wilson2021]
    J. T. Wilson, V. Borovitskiy, A. Terenin, P. Mostowsky, M. P. Deisenroth. Pathwise conditioning of Gaussian processes. JMLR
    2021, 22, 105.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize

from discovery.acquisition.monomer_features import Seats

Array = NDArray[np.float64]

TYPICAL = np.array([1.0, 0.3, 0.2, 0.05, 0.05, 0.1, 0.05])
"""Variances before any score, of a spread of one: reaction; fragments; fragments in a reaction; monomer; monomer in a reaction;
pair; noise. Polymers of one reaction are alike, and their fragments add up."""

TYPICAL_SPREAD = 1.5
"""Standard deviation of the logarithms of the variances around the typical ones."""

BOUNDS = (-9.0, 4.0)
"""Of the logarithms of the variances."""

EVIDENCE = 400
"""Scores, evenly drawn, that the variances are fitted to: seven numbers need no more."""

STEPS = 25
"""Iterations of their fit."""

JITTER = 1e-6
"""Added to the noise, so that scores without any can be factorised."""


@dataclass(frozen=True, eq=False)
class Looks:
    """Pairs that were looked at, ``n`` of them.

    Args:
        block: Reaction of each.
        first: Seat of its first monomer.
        second: Seat of its second.
        score: In any unit; more is better.
    """

    block: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    score: Array

    def __len__(self) -> int:
        return len(self.block)

    def __getitem__(self, rows: NDArray[np.int64] | slice) -> Looks:
        return Looks(self.block[rows], self.first[rows], self.second[rows], self.score[rows])

    def standardised(self) -> Array:
        """Scores of mean zero and spread one; what lies far below the rest is drawn up, since it tells nothing of the best."""
        middle = float(np.median(self.score))
        width = float(np.median(np.abs(self.score - middle)))
        score = np.maximum(self.score, middle - FAR_BELOW * width) if width > 0 else self.score
        spread = float(score.std())
        standard: Array = (score - score.mean()) / (spread if spread > 0 else 1.0)
        return standard


FAR_BELOW = 6.0
"""Median deviations under the median; four standard deviations of a Gaussian."""


def covariances(seats: Seats, x: Looks, y: Looks) -> list[Array]:
    """Prior covariance, ``n x m`` each, of every kind of effect at variance one, in the order of `TYPICAL` without the noise."""
    same = (x.block[:, None] == y.block[None]).astype(float)
    shape = same.shape
    fragments, in_role, monomer, own = (np.zeros(shape) for _ in range(4))
    for p in (x.first, x.second):
        for q in (y.first, y.second):
            alike = seats.features[seats.monomer[p]] @ seats.features[seats.monomer[q]].T
            fragments += alike
            in_role += alike * (seats.role[p][:, None] == seats.role[q][None])
            real = (p < seats.none)[:, None]
            monomer += (seats.monomer[p][:, None] == seats.monomer[q][None]) & real
            own += (p[:, None] == q[None]) & real
    pair = _alike(seats, x.first, y.first) * _alike(seats, x.second, y.second)
    crossed = _alike(seats, x.first, y.second) * _alike(seats, x.second, y.first)
    pair += crossed * seats.symmetric[x.block][:, None]
    return [same, fragments, in_role, monomer, own, pair * same]


def _alike(seats: Seats, p: NDArray[np.int64], q: NDArray[np.int64]) -> Array:
    found: Array = seats.leading[seats.monomer[p]] @ seats.leading[seats.monomer[q]].T
    return found


def fitted_variances(seats: Seats, looks: Looks, start: Array, generator: np.random.Generator) -> Array:
    """The seven variances, in the order of `TYPICAL`, of the largest posterior density given the scores."""
    rows = generator.permutation(len(looks))[:EVIDENCE]
    some, score = looks[rows], looks.standardised()[rows]
    kinds = [*covariances(seats, some, some), np.eye(len(some))]
    typical = np.log(TYPICAL)

    def loss(log_variances: Array) -> tuple[float, Array]:
        variances = np.exp(log_variances)
        covariance = sum(v * kind for v, kind in zip(variances, kinds, strict=True)) + JITTER * kinds[-1]
        factor = cholesky(covariance, lower=True)
        inverse = cho_solve((factor, True), kinds[-1])
        weights = inverse @ score
        distance = (log_variances - typical) / TYPICAL_SPREAD
        value = 0.5 * score @ weights + np.log(np.diag(factor)).sum() + 0.5 * distance @ distance
        slopes = [weights @ kind @ weights - (inverse * kind).sum() for kind in kinds]
        return float(value), -0.5 * variances * np.array(slopes) + distance / TYPICAL_SPREAD

    found = minimize(
        loss, np.log(start), jac=True, method="L-BFGS-B", bounds=[BOUNDS] * 7, options={"maxiter": STEPS}
    )
    variances: Array = np.exp(found.x)
    return variances


@dataclass(frozen=True, eq=False)
class Draws:
    """``s`` functions drawn from the posterior, in standardised scores.

    Args:
        seat: ``seats x s``, what the monomer of each seat adds.
        block: ``blocks x s``, what the reaction adds.
        pair: ``blocks x s x k x k``, how the leading features of two monomers act on each other.
    """

    seat: Array
    block: Array
    pair: Array


@dataclass(frozen=True, eq=False)
class Beliefs:
    """The posterior given some looks.

    Args:
        seats: Of the space.
        variances: Seven, as `TYPICAL`.
        looks: What was looked at.
        factor: ``n x n`` lower Cholesky factor of the covariance of the scores.
    """

    seats: Seats
    variances: Array
    looks: Looks
    factor: Array

    @classmethod
    def on(cls, seats: Seats, variances: Array, looks: Looks, before: Beliefs | None = None) -> Beliefs:
        """Condition on ``looks``; where ``before`` was conditioned on the first of them, its factor is carried on."""
        held = 0 if before is None else len(before.looks)
        if before is not None and held == len(looks):
            return before
        new = looks[held:]
        corner = cls._covariance(seats, variances, new, new)
        corner[np.diag_indices(len(new))] += variances[-1] + JITTER
        factor = np.zeros((len(looks), len(looks)))
        if before is not None:
            factor[:held, :held] = before.factor
            across = cls._covariance(seats, variances, before.looks, new)
            side = solve_triangular(before.factor, across, lower=True).T
            factor[held:, :held] = side
            corner -= side @ side.T
        factor[held:, held:] = cholesky(corner, lower=True)
        return cls(seats, variances, looks, factor)

    @staticmethod
    def _covariance(seats: Seats, variances: Array, x: Looks, y: Looks) -> Array:
        total = np.empty((len(x), len(y)))
        for start in range(0, len(x), 512):  # six kinds of n x m at once would be the largest thing in memory
            rows = slice(start, start + 512)
            kinds = covariances(seats, x[rows], y)
            total[rows] = sum(v * kind for v, kind in zip(variances[:-1], kinds, strict=True))
        return total

    def draw(self, number: int, generator: np.random.Generator, *, boldness: float = 1.0) -> Draws:
        """Draw ``number`` functions; their deviations from the posterior mean are multiplied by ``boldness``."""
        seats, looks = self.seats, self.looks
        deviation = boldness * np.sqrt(self.variances)
        blocks, roles, seated = len(seats.first), int(seats.role[-1]) + 1, len(seats.role)
        wide, narrow = seats.features.shape[1], seats.leading.shape[1]

        def normal(kind: int, *shape: int) -> Array:
            drawn: Array = deviation[kind] * generator.standard_normal((*shape, number))
            return drawn

        block = normal(0, blocks)
        weights = normal(1, wide)
        in_role = normal(2, roles, wide)
        monomer = normal(3, len(seats.features))
        own = normal(4, seated)
        pair = normal(5, blocks, narrow, narrow)
        pair[seats.symmetric] = (pair + pair.transpose(0, 2, 1, 3))[seats.symmetric] / np.sqrt(2.0)
        prior = self._functions(block, weights, in_role, monomer, own, pair)
        error = looks.standardised()[:, None] - self._at_looks(prior) - normal(6, len(looks))
        moved = cho_solve((self.factor, True), error)

        variance = self.variances
        np.add.at(block, looks.block, variance[0] * moved)
        for seat in (looks.first, looks.second):
            z = seats.features[seats.monomer[seat]]
            weights += variance[1] * z.T @ moved
            for role in np.unique(seats.role[seat]):
                there = seats.role[seat] == role
                in_role[role] += variance[2] * z[there].T @ moved[there]
            np.add.at(monomer, seats.monomer[seat], variance[3] * moved)
            np.add.at(own, seat, variance[4] * moved)
        for reaction in np.unique(looks.block):
            there = looks.block == reaction
            p, q = (seats.leading[seats.monomer[seat[there]]] for seat in (looks.first, looks.second))
            change = variance[5] * np.einsum("nk,nl,ns->kls", p, q, moved[there], optimize=True)
            pair[reaction] += change + (change.transpose(1, 0, 2) if seats.symmetric[reaction] else 0.0)
        return self._functions(block, weights, in_role, monomer, own, pair)

    def _functions(
        self, block: Array, weights: Array, in_role: Array, monomer: Array, own: Array, pair: Array
    ) -> Draws:
        seats = self.seats
        seat = monomer[seats.monomer] + own
        for role in range(int(seats.role[-1])):
            there = seats.role == role
            seat[there] += seats.features[seats.monomer[there]] @ (weights + in_role[role])
        seat[-1] = 0.0
        return Draws(seat, block, pair.transpose(0, 3, 1, 2))

    def _at_looks(self, drawn: Draws) -> Array:
        """Values of ``s`` functions at the ``n`` looks, ``n x s``."""
        looks, seats = self.looks, self.seats
        values = drawn.block[looks.block] + drawn.seat[looks.first] + drawn.seat[looks.second]
        for number in np.unique(looks.block):
            there = looks.block == number
            p, q = (seats.leading[seats.monomer[seat[there]]] for seat in (looks.first, looks.second))
            values[there] += np.einsum("nk,skl,nl->ns", p, drawn.pair[number], q, optimize=True)
        return values
