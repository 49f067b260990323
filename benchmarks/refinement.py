"""Does refining the latent pay? polyloop's members, its gate, GOLLuM's recipe and PolyLLMem's on your tables, in one run.

    python benchmarks/refinement.py replays --tables FOLDER --out runs --seeds 10 --workers 2
    python benchmarks/refinement.py scores --tables FOLDER --out runs --seeds 10 --workers 2
    python benchmarks/refinement.py warm --tables FOLDER --out runs --seeds 10 --workers 2
    python benchmarks/refinement.py shuffled --tables FOLDER --out runs --seeds 5 --workers 2
    python benchmarks/refinement.py replays --tables FOLDER --out runs --report

`replays` plays campaigns as `peers.py` does: all rivals start from the same polymers, drawn from the lower three quarters of a
table, ask for batches and are told the values of what they asked for. Reported are the areas under the recall of the best 2 % (at
least 10 polymers), their ratios to the frozen members with intervals over tables and seeds, and the gate's ratio to the best
single member of each target. `scores` predicts held-out polymers of random splits: log score, R2, coverage of 80 % intervals and
seconds, and the paired differences to the frozen member with intervals over tables. `warm` holds adapters that start from those
of the round before against fresh ones, over ten rounds: areas of replays, and log scores of held-out polymers while random ones
are measured, batch by batch. `shuffled` deals the values out to other polymers and counts how often the gate takes a refined
member.

Rivals: `tanimoto` and `frozen` are polyloop's members on fingerprints and on the frozen latent (with fingerprints and physics
beside it), `projection`, `encoder` and `both` those on the refined one, `gate` the choice among the members of a usual round;
`fused` is a Gaussian process on the frozen fused latent and nothing else, `gollum` and `polyllmem` are what
`refinement_models.py` says. The members choose batches as a campaign does, with a shortlist by the cheap screen; the last three
rank all candidates by themselves and choose from their shortlist by the same acquisition.

Targets are those of `peers_targets.py`, or yours: TABLE:COLUMN[:min|max][:log10]. What is in the folder `--out` is not made
again, and tables are printed and written there.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
from peers_report import Report
from peers_runs import Play, Runs, Settings, area_of, make_missing, play
from peers_targets import SHARED, Target, read_target
from refinement_report import replays_report
from refinement_rivals import FUSED, GATE_ALL, NAMES, SINGLE, USUAL, WARM, RefinementRing
from refinement_scores import ScoreSettings, columns_once, judge, score_of, scores_report, shuffled_report
from refinement_warm import warm_report

from campaigns.backtesting.rival_names import FROZEN, GATE
from discovery.errors import DiscoveryError
from discovery.latent.adapter import DEPTHS


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    kinds = parser.add_subparsers(dest="kind", required=True)
    replays = kinds.add_parser("replays", help="areas under recall of replayed campaigns")
    replays.add_argument("--start", type=int, default=10)
    replays.add_argument("--batch", type=int, default=5)
    replays.add_argument("--evaluations", type=int, default=100, help="those of the start included")
    replays.add_argument("--audit", type=int, default=0, metavar="ROUNDS", help="rounds that are audited")
    scores = kinds.add_parser("scores", help="held-out predictions on random splits")
    scores.add_argument("--train", type=int, nargs="+", default=[20, 50, 100, 200])
    warm = kinds.add_parser("warm", help="adapters from those of the round before, against fresh ones")
    warm.add_argument("--start", type=int, default=20, help="enough to refine from the first round on")
    warm.add_argument("--batch", type=int, default=5)
    warm.add_argument("--evaluations", type=int, default=70, help="those of the start included")
    shuffled = kinds.add_parser(
        "shuffled", help="which member the gate takes where there is nothing to learn"
    )
    shuffled.add_argument("--train", type=int, nargs="+", default=[20, 50, 100])
    usual: dict[object, tuple[str, ...]] = {warm: ("projection", "encoder"), shuffled: (GATE, GATE_ALL)}
    known: dict[object, tuple[str, ...]] = {warm: DEPTHS, shuffled: (GATE, GATE_ALL)}
    for each in (replays, scores, warm, shuffled):
        names = known.get(each, NAMES)
        each.add_argument("targets", nargs="*", default=list(SHARED), help="TABLE:COLUMN[:min|max][:log10]")
        each.add_argument("--tables", type=Path, default=Path(), help="folder that tables are relative to")
        each.add_argument("--out", type=Path, required=True, help="folder of what is made")
        each.add_argument(
            "--rivals", default=",".join(usual.get(each, USUAL)), help=f"some of {','.join(names)}"
        )
        each.add_argument("--seeds", type=int, default=10)
        each.add_argument("--most", type=int, default=2000, help="polymers of a table, at most")
        each.add_argument("--workers", type=int, default=os.cpu_count() or 1)
        each.add_argument("--again", default="", help="rivals whose runs are made again")
        each.add_argument("--report", action="store_true", help="only report what is there")
    for each in (scores, warm):
        each.add_argument("--test", type=int, default=400, help="polymers to predict, at most")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    rivals = [name for name in options.rivals.split(",") if name]
    known = {"warm": DEPTHS, "shuffled": (GATE, GATE_ALL)}.get(options.kind, NAMES)
    if unknown := [name for name in rivals if name not in known]:
        raise SystemExit(f"There is no rival {unknown[0]!r}, only {', '.join(known)}.")
    try:
        targets = [read_target(target, options.tables, options.most) for target in options.targets]
    except (ValueError, OSError) as error:
        raise SystemExit(str(error)) from error
    # read by the processes that compute: each has one core to itself
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    kinds = {"replays": replays, "scores": scores, "warm": warm, "shuffled": shuffled}
    text = kinds[options.kind](options, targets, rivals)
    sizes = ", ".join(f"{target.name} {len(target.table)}" for target in targets)
    told = f"    python {shlex.join(sys.argv)}\n\nPolymers: {sizes}.\n\n{text}\n"
    print(f"\n{told}")
    (options.out / f"{options.kind}.md").write_text(told, encoding="utf-8")


def replays(options: argparse.Namespace, targets: list[Target], rivals: list[str]) -> str:
    frame = played(options, options.out, targets, rivals, options.audit)
    if frame.empty:
        raise SystemExit("There is nothing to report yet.")
    report = Report(frame, [target.name for target in targets], rivals, [FROZEN])
    return replays_report(report, SINGLE, GATE, [FUSED, FROZEN])


def scores(options: argparse.Namespace, targets: list[Target], rivals: list[str]) -> str:
    settings = ScoreSettings(tuple(options.train), options.test, options.most)
    frame = judged(options, options.out / "scores", targets, rivals, settings)
    if frame.empty:
        raise SystemExit("There is nothing to report yet.")
    return scores_report(frame, rivals)


def warm(options: argparse.Namespace, targets: list[Target], depths: list[str]) -> str:
    rivals = [name for depth in depths for name in (depth, depth + WARM)]
    folder = options.out / "warm"
    frame = played(options, folder, targets, rivals, audited=0)
    train = range(options.start, options.evaluations, options.batch)
    settings = ScoreSettings(tuple(train), options.test, options.most, growing=True)
    scored = judged(options, folder / "scores", targets, rivals, settings)
    if frame.empty:
        raise SystemExit("There is nothing to report yet.")
    return warm_report(Report(frame, [target.name for target in targets], rivals, depths), scored, depths)


def shuffled(options: argparse.Namespace, targets: list[Target], rivals: list[str]) -> str:
    settings = ScoreSettings(tuple(options.train), 1, options.most, least=1, shuffled=True)
    frame = judged(options, options.out / "shuffled", targets, rivals, settings)
    if frame.empty:
        raise SystemExit("There is nothing to report yet.")
    return shuffled_report(frame)


def played(
    options: argparse.Namespace, folder: Path, targets: list[Target], rivals: list[str], audited: int
) -> pd.DataFrame:
    """Replays of all rivals, those that are missing made first."""
    settings = Settings(options.start, options.batch, options.evaluations, options.most)
    return _made(
        options,
        Runs(folder, settings),
        targets,
        rivals,
        partial(play, settings=settings, audited=audited),
        area_of,
    )


def judged(
    options: argparse.Namespace,
    folder: Path,
    targets: list[Target],
    rivals: list[str],
    settings: ScoreSettings,
) -> pd.DataFrame:
    """Predictions of all rivals on each column once."""
    runs = Runs(folder, settings, "splits")
    return _made(options, runs, columns_once(targets), rivals, partial(judge, settings=settings), score_of)


def _made(
    options: argparse.Namespace,
    runs: Runs,
    targets: list[Target],
    rivals: list[str],
    play: Play[RefinementRing],
    told: Callable[[pd.DataFrame], str],
) -> pd.DataFrame:
    runs.forget([name for name in options.again.split(",") if name])
    if not options.report:
        missing = runs.missing(targets, rivals, options.seeds)
        make_missing(runs, missing, options.workers, RefinementRing, play, told)
    return runs.read(targets, rivals, options.seeds)


if __name__ == "__main__":
    try:
        main()
    except DiscoveryError as error:
        raise SystemExit(f"{error.message} {error.hint}".strip()) from error
