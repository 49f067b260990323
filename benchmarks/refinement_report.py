"""What the replays of `refinement.py` say: areas under recall, ratios to a frozen member, and the gate's to the best member.

Tables are the independent units and seeds are drawn within them: an interval is a 95 % percentile bootstrap that draws tables,
with all of their targets, and for each target its seeds, the same for both rivals of a ratio.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from peers_report import Report, in_brackets

DRAWS = 4000

REACHED, HELD = 1.10, 0.97
"""What the gate is to reach: this many times the frozen Gaussian process's mean area, and on no table less than this share of the
best single member's."""

Areas = NDArray[np.float64]
"""``targets x seeds``."""


def drawn(areas: Sequence[Areas], tables: Sequence[str], seed: int = 0) -> list[Areas]:
    """Means of areas over tables and seeds, bootstrapped together.

    Args:
        areas: Of each rival.
        tables: Of each target: targets of one table are drawn together.
        seed: Of the draws.

    Returns:
        For each rival :data:`DRAWS` means.
    """
    generator = np.random.default_rng(seed)
    names = sorted(set(tables))
    groups = [[i for i, table in enumerate(tables) if table == name] for name in names]
    size = areas[0].shape[1]
    found = [np.empty(DRAWS) for _ in areas]
    for draw in range(DRAWS):
        rows = [row for group in generator.integers(len(groups), size=len(groups)) for row in groups[group]]
        seeds = generator.integers(size, size=(len(rows), size))
        for means, each in zip(found, areas, strict=True):
            means[draw] = each[np.asarray(rows)[:, None], seeds].mean()
    return found


def interval_of(values: Areas) -> tuple[float, float]:
    """The middle 95 %."""
    # between two draws the lower one, as a ratio may be infinite
    low, high = np.quantile(values, [0.025, 0.975], method="lower")
    return float(low), float(high)


def ratio_of(ours: Areas, theirs: Areas) -> Areas:
    """Elementwise; where neither finds anything they are alike."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((ours == 0) & (theirs == 0), 1.0, np.asarray(ours) / theirs)


def ratio_by_seed(ours: Areas, theirs: Areas) -> tuple[float, tuple[float, float] | None]:
    """Ratio of the means of one target's areas, ``seeds`` each, and its interval over seeds, drawn in pairs."""
    ratio = float(ratio_of(ours.mean(), theirs.mean()))
    if len(ours) < 2:
        return ratio, None
    rows = np.random.default_rng(0).integers(len(ours), size=(DRAWS, len(ours)))
    return ratio, interval_of(ratio_of(ours[rows].mean(axis=1), theirs[rows].mean(axis=1)))


def replays_report(report: Report, single: Sequence[str], gate: str, bases: Sequence[str]) -> str:
    """All tables of the replays.

    Args:
        report: The areas.
        single: Members alone, of which the best of each target is what the gate is held against.
        gate: The rival that chooses among them.
        bases: Frozen members that all rivals are held against.
    """
    if not report.seeds:
        return "No seed is complete for all targets and rivals yet."
    tables = [target.split(":")[0] for target in report.targets]
    areas = {rival: report.areas(rival) for rival in report.rivals}
    draws = dict(zip(areas, drawn(list(areas.values()), tables), strict=True))
    bases = [base for base in bases if base in areas]
    lines = [
        f"{len(report.targets)} targets of {len(set(tables))} tables, {len(report.seeds)} seeds. Intervals: 95 %, by "
        "bootstrap over tables and seeds.",
        "",
        f"| rival | mean area under recall | {''.join(f'to {base} | least on a target | ' for base in bases)}s a round |",
        "|---" * (3 + 2 * len(bases)) + "|",
    ]
    for rival in sorted(areas, key=lambda name: -areas[name].mean()):
        cells = [f"{areas[rival].mean():.3f}{in_brackets(interval_of(draws[rival]))}"]
        for base in bases:
            ratio = float(ratio_of(areas[rival].mean(), areas[base].mean()))
            of_draws = ratio_of(draws[rival], draws[base])
            each = ratio_of(areas[rival].mean(axis=1), areas[base].mean(axis=1))
            worst = int(each.argmin())
            same = rival == base
            cells += [
                "1" if same else f"{ratio:.3f}{in_brackets(interval_of(of_draws))}",
                "" if same else f"{each[worst]:.2f} ({report.targets[worst]})",
            ]
        lines.append(f"| {rival} | {' | '.join(cells)} | {float(report.seconds.get(rival, 0.0)):.2f} |")
    lines += ["", *report.by_target()]
    members = [name for name in single if name in areas]
    if gate in areas and members:
        lines += ["", *_gate_table(report, areas, members, gate, bases)]
    return "\n".join(lines)


def _gate_table(
    report: Report, areas: dict[str, Areas], members: Sequence[str], gate: str, bases: Sequence[str]
) -> list[str]:
    """The gate beside the best single member of each target, and whether it reaches what it is to reach."""
    lines = [
        "The best single member of a target is known only afterwards: where members are alike the luckiest is the best, and the "
        "gate's ratio to it below 1.",
        "",
        f"| target | best single member | {gate} to it | {''.join(f'{gate} to {base} | ' for base in bases)}".rstrip(),
        "|---" * (3 + len(bases)) + "|",
    ]
    to_best = {}
    for row, target in enumerate(report.targets):
        best = max(members, key=lambda name: areas[name][row].mean())
        ratio, between = ratio_by_seed(areas[gate][row], areas[best][row])
        to_best[target] = ratio
        others = [ratio_by_seed(areas[gate][row], areas[base][row]) for base in bases]
        told = "".join(f"{one:.2f}{in_brackets(limits, 2)} | " for one, limits in others)
        lines.append(f"| {target} | {best} | {ratio:.2f}{in_brackets(between, 2)} | {told}".rstrip())
    lines.append("")
    for base in bases:
        ratio = float(ratio_of(areas[gate].mean(), areas[base].mean()))
        lines.append(f"- {_word(ratio >= REACHED)} {gate} to {base}: {ratio:.3f}, to reach {REACHED:.2f}")
    worst = min(to_best, key=lambda target: to_best[target])
    lines.append(
        f"- {_word(to_best[worst] >= HELD)} {gate} to the best single member of every target: least {to_best[worst]:.3f} "
        f"({worst}), to hold {HELD:.2f}"
    )
    return lines


def _word(reached: bool) -> str:
    return "REACHED" if reached else "MISSED "
