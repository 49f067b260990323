"""How soon does each method find a table's best polymers? polyloop, BayBE, BoTorch, a random forest and chance in one run.

    pip install -e '.[peers]'    (in an environment of its own: BayBE's chemistry asks for an older RDKit than the tested set)
    python benchmarks/peers.py --tables FOLDER --out replays --baybe-python FOLDER/bin/python --seeds 10 --workers 2
    python benchmarks/peers.py --tables FOLDER --out replays --report

All start from the same polymers, drawn from the lower three quarters of a table, ask for batches of the same size and are told
the values of what they asked for, and of nothing else (`--audit` asks again with other values for the rest, and fails where a
batch changes). Reported is the area under the recall of the best 2 % (at least 10 polymers) from the start to the budget, by the
trapezoid rule; intervals are of the mean over seeds, 95 %, by the bootstrap.

Targets are those of `peers_targets.py`, or yours: TABLE:COLUMN[:min|max][:log10]. Of a table with more than `--most` polymers
those take part that come first in the order of their keys, a draw that is the same in every run. Values are logarithms for all
rivals where `log10` is written. Replays lie in the folder `--out`, each in a CSV; what is there is not done again.
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from pathlib import Path

from peers_report import Report
from peers_rivals import NAMES, PEERS, USUAL, PeersRing
from peers_runs import Runs, Settings, area_of, make_missing, play
from peers_targets import SHARED, read_target

from discovery.errors import DiscoveryError


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="*", default=list(SHARED), help="TABLE:COLUMN[:min|max][:log10]")
    parser.add_argument("--tables", type=Path, default=Path(), help="folder that tables are relative to")
    parser.add_argument("--out", type=Path, required=True, help="folder of the replays")
    parser.add_argument("--rivals", default=",".join(USUAL), help=f"some of {','.join(NAMES)}")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--start", type=int, default=10)
    parser.add_argument("--batch", type=int, default=5)
    parser.add_argument("--evaluations", type=int, default=100, help="those of the start included")
    parser.add_argument("--most", type=int, default=2000, help="polymers of a table, at most")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--baybe-python", type=Path, default=Path(sys.executable))
    parser.add_argument("--audit", type=int, default=0, metavar="ROUNDS", help="rounds that are audited")
    parser.add_argument("--again", default="", help="rivals whose replays are made again")
    parser.add_argument("--report", action="store_true", help="only report what is there")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    rivals = [name for name in options.rivals.split(",") if name]
    if unknown := [name for name in rivals if name not in NAMES]:
        raise SystemExit(f"There is no rival {unknown[0]!r}, only {', '.join(NAMES)}.")
    try:
        targets = [read_target(target, options.tables, options.most) for target in options.targets]
    except (ValueError, OSError) as error:
        raise SystemExit(str(error)) from error
    settings = Settings(options.start, options.batch, options.evaluations, options.most)
    runs = Runs(options.out, settings)
    runs.forget([name for name in options.again.split(",") if name])
    if not options.report:
        make_missing(
            runs,
            runs.missing(targets, rivals, options.seeds),
            options.workers,
            partial(PeersRing, options.baybe_python),
            partial(play, settings=settings, audited=options.audit),
            area_of,
        )
    sizes = ", ".join(f"{target.name} {len(target.table)}" for target in targets)
    print(
        f"\n{settings.start} at the start, batches of {settings.batch}, {settings.evaluations} evaluations. "
        f"Polymers: {sizes}. Peers: {', '.join(name for name in rivals if name in PEERS)}.\n"
    )
    frame = runs.read(targets, rivals, options.seeds)
    if frame.empty:
        raise SystemExit("There is nothing to report yet.")
    print(Report(frame, [target.name for target in targets], rivals, PEERS).markdown())


if __name__ == "__main__":
    try:
        main()
    except DiscoveryError as error:
        raise SystemExit(f"{error.message} {error.hint}".strip()) from error
