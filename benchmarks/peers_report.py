"""What replays say: area under recall of each rival on each target, their means with intervals, ratios to the best peer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import bootstrap

from campaigns.backtesting.recall import RESAMPLES, RivalScore, bootstrap_interval, score


@dataclass(frozen=True)
class Standing:
    """A rival over all targets.

    Args:
        area: Mean over targets and seeds.
        interval: Of that mean, over the seeds; ``None`` with one seed.
        ratio: To the mean of the best peer.
        ratio_interval: Of the ratio, over the seeds, both rivals drawn together.
        least: The smallest ratio to that peer on one target.
        least_target: Where that is.
        seconds: Of a round, mean.
    """

    area: float
    interval: tuple[float, float] | None
    ratio: float
    ratio_interval: tuple[float, float] | None
    least: float
    least_target: str
    seconds: float


class Report:
    """What the replays of a folder say.

    Only seeds that all the rivals have on all the targets take part, so that all are judged by the same starts.

    Args:
        frame: As :meth:`peers_runs.Runs.read` gives it.
        targets: Names, in the order of the tables.
        rivals: Names, in the order of the columns.
        peers: Those of them that the others are held against.
    """

    def __init__(
        self, frame: pd.DataFrame, targets: Sequence[str], rivals: Sequence[str], peers: Sequence[str]
    ) -> None:
        self.targets, self.rivals, self.peers = list(targets), list(rivals), frozenset(peers)
        pairs = len(self.targets) * len(self.rivals)
        there = frame[["target", "strategy", "seed"]].drop_duplicates().groupby("seed").size()
        self.seeds = [int(seed) for seed in there[there == pairs].index]
        frame = frame[frame["seed"].isin(self.seeds)]
        self.scores: dict[str, dict[str, RivalScore]] = {
            str(target): score(rows) for target, rows in frame.groupby("target")
        }
        rounds = frame[frame["seconds"] > 0]
        self.seconds = rounds.groupby("strategy")["seconds"].mean()

    def areas(self, rival: str) -> np.ndarray:
        """``targets x seeds``."""
        return np.array([self.scores[target][rival].areas for target in self.targets])

    @property
    def best_peer(self) -> str:
        """The peer with the greatest mean over the targets; of our own rivals the first where there is no peer."""
        peers = [rival for rival in self.rivals if rival in self.peers] or self.rivals[:1]
        return max(peers, key=lambda rival: self.areas(rival).mean())

    def standing(self, rival: str) -> Standing:
        ours, theirs = self.areas(rival), self.areas(self.best_peer)
        each = ours.mean(axis=1) / np.maximum(theirs.mean(axis=1), 1e-12)
        worst = int(each.argmin())
        by_seed, peer_by_seed = ours.mean(axis=0), theirs.mean(axis=0)
        return Standing(
            float(ours.mean()),
            bootstrap_interval(by_seed.tolist()),
            float(ours.mean() / theirs.mean()),
            _ratio_interval(by_seed, peer_by_seed),
            float(each[worst]),
            self.targets[worst],
            float(self.seconds.get(rival, 0.0)),
        )

    def markdown(self) -> str:
        """Both tables, ready for a document."""
        if not self.seeds:
            return "No seed is complete for all targets and rivals yet."
        peer = self.best_peer
        lines = [
            f"{len(self.targets)} targets, {len(self.seeds)} seeds. Best peer: {peer}.",
            "",
            "| rival | mean area under recall | to the best peer | least ratio on a target | s a round |",
            "|---|---|---|---|---|",
        ]
        for rival in sorted(self.rivals, key=lambda name: -self.areas(name).mean()):
            s = self.standing(rival)
            lines.append(
                f"| {rival} | {s.area:.3f}{in_brackets(s.interval)} | {s.ratio:.2f}{in_brackets(s.ratio_interval, 2)} | "
                f"{s.least:.2f} ({s.least_target}) | {s.seconds:.2f} |"
            )
        lines += [
            "",
            *self.by_target(),
            "",
            f"Ratio to {peer}, and in brackets to the best peer of that target:",
            "",
        ]
        ours = [rival for rival in self.rivals if rival not in self.peers]
        if not ours:
            return "\n".join(lines[:-3])
        lines += [f"| target | {' | '.join(ours)} | its best peer |", "|---" * (len(ours) + 2) + "|"]
        for target in self.targets:
            means = {rival: self.scores[target][rival].area_top for rival in self.rivals}
            champion = max((r for r in self.rivals if r in self.peers), key=means.__getitem__, default=peer)
            cells = [
                f"{means[rival] / max(means[peer], 1e-12):.2f} ({means[rival] / max(means[champion], 1e-12):.2f})"
                for rival in ours
            ]
            lines.append(f"| {target} | {' | '.join(cells)} | {champion} |")
        return "\n".join(lines)

    def by_target(self) -> list[str]:
        """Lines of a table: every rival's mean area on every target, the greatest in bold."""
        lines = [f"| target | {' | '.join(self.rivals)} |", "|---" * (len(self.rivals) + 1) + "|"]
        for target in self.targets:
            cells = [self._cell(target, rival) for rival in self.rivals]
            lines.append(f"| {target} | {' | '.join(cells)} |")
        return lines

    def _cell(self, target: str, rival: str) -> str:
        found = self.scores[target][rival]
        best = max(self.scores[target][name].area_top for name in self.rivals)
        text = f"{found.area_top:.3f}"
        return f"**{text}**" if found.area_top == best else text


def in_brackets(interval: tuple[float, float] | None, digits: int = 3) -> str:
    """An interval as it stands behind its mean; nothing where there is none."""
    return "" if interval is None else f" ({interval[0]:.{digits}f} to {interval[1]:.{digits}f})"


def _ratio_interval(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float] | None:
    if len(ours) < 2:
        return None
    found = bootstrap(
        (ours, theirs),
        lambda a, b, axis=-1: a.mean(axis=axis) / b.mean(axis=axis),
        paired=True,
        method="percentile",
        n_resamples=RESAMPLES,
        rng=np.random.default_rng(0),
    ).confidence_interval
    return float(found.low), float(found.high)
