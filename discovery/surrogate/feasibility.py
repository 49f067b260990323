r"""Whether a polymer can be made, learned from those that were made and those that were abandoned.

A Gaussian process classifier with the kernel of the members: labels are limits of 0 with a noise of 1 (probit), so that
:mod:`~discovery.surrogate.sites` is all it takes, and the probability is :math:`\Phi(m / \sqrt{1 + v})` ([Rasmussen2006]_, 3.6).

Its prior says that :data:`PRIOR_RATE` of all polymers can be made, with an unknown constant about it, so that the base rate is
learned as well; and that what goes for one polymer goes mostly, but not surely, for one that is like it. One that was abandoned
lowers the probability near it and leaves it be far away.

.. [Rasmussen2006]
    C. E. Rasmussen, C. K. I. Williams. Gaussian processes for machine learning. MIT Press, 2006.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from gpytorch import Module
from gpytorch.kernels import Kernel
from gpytorch.priors import LogNormalPrior
from torch import Tensor

from discovery.errors import EncodingError
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent
from discovery.surrogate.features import Features
from discovery.surrogate.fitting import Block, settle
from discovery.surrogate.kernels import covariance
from discovery.surrogate.layout import Layout
from discovery.surrogate.members import GaussianProcess, conditioned
from discovery.surrogate.noise import Errors, Noise
from discovery.surrogate.posterior import Standardisation
from discovery.surrogate.screening import Affine, ScreeningSurrogate, ScreeningViews

PRIOR_RATE = 0.9
"""Share of polymers that can be made, before any is tried: most that a chemist would propose can."""

BASE_VARIANCE = 1.0
"""Prior variance of the constant on the probit scale: 95 % of the base rates that it allows for lie between 70 and 99 %."""

SIGNAL_VARIANCE = 4.0
"""Typical variance of what hangs on the polymer, beside a noise of 1: what was made or abandoned once mostly stays so."""

SIGNAL_SPREAD = 0.5
"""Of the log-normal priors of its parts, whose modes are equal shares. Labels say little of it, so that it is held tighter than
in the members."""

CHUNK = 8192
"""Candidates at a time."""

JUDGES = {1.0: 96, -1.0: 48}
"""Made and abandoned polymers that settle the hyper-parameters at most, drawn by seed, since every step of that search takes many
sweeps over its labels. All labels are conditioned on."""

FEW = 5
"""Abandoned polymers below which the note says that they teach little."""


class _Labels(Noise):
    """The noise of 1 of a label; nothing of it is learned."""

    def __init__(self) -> None:
        Module.__init__(self)
        self.learned = ()

    def forward(self, errors: Errors) -> Tensor:
        """One for each of ``n`` labels."""
        return torch.ones_like(errors.specimens)

    def of_a_new_measurement(self, errors: Errors) -> Tensor:
        """One: with it the variance is that of the probit."""
        return torch.ones((), dtype=torch.float64)


@dataclass(frozen=True, eq=False)
class Feasibility:
    """What made and abandoned polymers teach of what can be made.

    Args:
        made: How many polymers could be made.
        abandoned: How many could not.
        note: What to tell the user, in sentences.
        representation: What it sees of a polymer.
        classifier: On fingerprints and the text branch of the latent, where that can be made.
        plain: On fingerprints alone, for polymers without a text vector; at its prior's typical variances where it is not the
            classifier itself.
    """

    made: int
    abandoned: int
    note: str
    representation: Representation
    classifier: ScreeningSurrogate
    plain: ScreeningSurrogate

    def probability(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> Tensor:
        """``m`` probabilities that a polymer can be made, float64, in chunks; for pools as well as for shortlists.

        Raises:
            EncodingError: When the store of vectors cannot be used.
        """
        parts = [torch.empty(0, dtype=torch.float64)]
        for start in range(0, len(units), CHUNK):
            parts.append(self._of(units[start : start + CHUNK]))
            progress(min(start + CHUNK, len(units)), len(units), "polymers asked whether they can be made")
        return torch.cat(parts)

    def _of(self, units: Sequence[RepeatUnit]) -> Tensor:
        counts = self.representation.counts(units)
        if not self.classifier.reads_text:
            return _probit(self.classifier, ScreeningViews(counts, None))
        text = self.representation.text_rows(units)
        if not text.failures:
            return _probit(self.classifier, ScreeningViews(counts, text.vectors))
        found = _probit(self.plain, ScreeningViews(counts, None))
        rows = torch.from_numpy(text.positions)
        found[rows] = _probit(self.classifier, ScreeningViews(counts.take(text.positions), text.vectors))
        return found


def learn_feasibility(
    made: Sequence[RepeatUnit],
    abandoned: Sequence[RepeatUnit],
    representation: Representation,
    *,
    seed: int,
    progress: Progress = silent,
) -> Feasibility | None:
    """Learn what can be made; ``None`` where nothing was abandoned, and so nothing tells polymers apart.

    Args:
        made: Polymers that were made, whatever came of measuring them.
        abandoned: Polymers that could not be made, dissolved or cast.
        representation: Encoders and fusion.
        seed: Of the fits.
        progress: Told of encoding.

    Raises:
        SurrogateError: When a fit fails.
        WeightsError, EncodingError: From the encoders.
    """
    if not abandoned:
        return None
    units = [*made, *abandoned]
    labels = torch.tensor([1.0] * len(made) + [-1.0] * len(abandoned), dtype=torch.float64)
    fingerprints = representation.fingerprints(units)
    features, labelled, branch, remark = Features(fingerprints), labels, None, ""
    try:
        representation = representation.settled(units, progress)
        text = representation.text_rows(units, progress)
    except EncodingError as error:
        remark = f" It reads fingerprints only: {error.message}"
    else:
        if bool((labels[text.positions] < 0).any()):
            latent = representation.text_latent(text.vectors)
            features = Features(fingerprints[text.positions], latent)
            labelled, branch = labels[text.positions], Affine(*representation.text_branch())
            if text.failures:
                remark = (
                    f" {len(text.failures)} of them cannot be read by the text encoder, and tell only of candidates that cannot "
                    "be read by it either."
                )
        else:
            remark = " It reads fingerprints only: the text encoder can read no abandoned polymer."
    classifier = ScreeningSurrogate(fit_classifier(features, labelled, seed=seed), branch)
    plain = classifier
    if branch is not None:
        plain = ScreeningSurrogate(fit_classifier(Features(fingerprints), labels, seed=seed, settled=False))
    note = _note(len(made), len(abandoned)) + remark
    return Feasibility(len(made), len(abandoned), note, representation, classifier, plain)


def fit_classifier(features: Features, labels: Tensor, *, seed: int, settled: bool = True) -> GaussianProcess:
    """The process of :class:`Feasibility`: with fingerprints, and the latent where there is one.

    Args:
        features: Of ``n`` polymers.
        labels: ``n``, 1 for a polymer that was made and -1 for one that was abandoned.
        seed: Of the fit.
        settled: Whether the hyper-parameters are fitted; if not, they are the prior's typical ones.

    Returns:
        ``predict`` gives mean and variance, noise included, on the probit scale: mean over deviation is the quantile of the
        standard normal that the probability is.

    Raises:
        SurrogateError: the features cannot be used, or the fit fails.
    """
    layout = Layout.of(features, fingerprint=True, latent=features.latent is not None)
    scale = Standardisation(_prior_mean(), 1.0)
    errors = Errors.of(None, None, len(labels), 1.0)
    nothing = torch.full_like(labels, -scale.centre)
    block = Block(layout.pack(features), nothing, errors, signs=labels)
    kernel, noise = _kernel(layout), _Labels()
    if settled:
        settle(kernel, noise, _judged(block, labels, seed), seed=seed)
    kernel.eval()
    return conditioned("feasibility", layout, scale, kernel, noise, block)


def _judged(block: Block, labels: Tensor, seed: int) -> Block:
    """The labels that settle the hyper-parameters."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    drawn = [order[labels[order] == label][:most] for label, most in JUDGES.items()]
    rows = torch.cat(drawn).sort().values
    return Block(block.inputs[rows], block.targets[rows], block.errors[rows], signs=labels[rows])


def _kernel(layout: Layout) -> Kernel:
    """That of the members, with the variances of a probit."""
    kernel = covariance(layout)
    constant, *parts = kernel.kernels
    constant.constant = torch.tensor(BASE_VARIANCE, dtype=torch.float64)
    for part in parts:
        share = SIGNAL_VARIANCE / len(parts)
        part.outputscale = share
        part.register_prior(
            "outputscale_prior",
            LogNormalPrior(math.log(share) + SIGNAL_SPREAD**2, SIGNAL_SPREAD),
            lambda module: module.outputscale,
        )
    return kernel.double()


def _prior_mean() -> float:
    """Of the function, such that the probability of an unknown polymer is the prior rate."""
    quantile = torch.special.ndtri(torch.tensor(PRIOR_RATE, dtype=torch.float64))
    return float(quantile) * math.sqrt(1.0 + BASE_VARIANCE + SIGNAL_VARIANCE)


def _probit(process: ScreeningSurrogate, views: ScreeningViews) -> Tensor:
    mean, variance = process.predict(views)
    probability: Tensor = torch.special.ndtr(mean / variance.sqrt())
    return probability


def _note(made: int, abandoned: int) -> str:
    lost = "1 that was abandoned" if abandoned == 1 else f"{abandoned} that were abandoned"
    kept = "1 polymer that was made" if made == 1 else f"{made} polymers that were made"
    note = f"What can be made is learned from {kept} and {lost}."
    if abandoned >= FEW:
        return note
    few, them = ("One abandoned polymer teaches", "it") if abandoned == 1 else ("So few teach", "them")
    return f"{note} {few} little: the probability is lower near {them} and close to the base rate elsewhere."
