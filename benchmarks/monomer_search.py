"""How many of the best polymers does a search over monomers find, without building them all?

    python benchmarks/monomer_search.py monomers.csv... --measured tg.csv:tg density.csv:rho --parts 1 0.5 --seeds 2
    python benchmarks/monomer_search.py --measured tg.csv:tg --scale 10000 --looks 5000

The first enumerates the space of each table (and of random parts of its monomers), scores every polymer by the optimistic
value (mean + 1 standard deviation, of the largest and of the smallest values) of a GP fitted to --train measured polymers, and
prints the share of the true top 1 % that is found within 1, 2 and 5 % of the polymers: by this search, by plain reagent-level
Thompson sampling (Klarich et al. 2024), and at random. Mean +- 1.96 standard errors over runs (objectives x parts x seeds).
The second times the search of diacids x diols that are made up, --scale of each, by the stage.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from rdkit import Chem
from reading import read

from discovery.acquisition.monomer_search import search
from discovery.latent.representation import Representation
from discovery.polymers import Candidate, Monomer, RepeatUnit
from discovery.polymers.space import Block, MonomerSpace
from discovery.pools.monomer_table import read_monomers
from discovery.surrogate.features import Data, Features
from discovery.surrogate.members import GaussianProcess, fit_fingerprint_gp, fit_latent_gp

SHARES = (0.01, 0.02, 0.05)
TOP = 0.01
WARM_UP = 3
"""Looks at each monomer before plain Thompson sampling begins, as in the paper; fewer where they would take half the budget."""


class Enumerated:
    """A monomer space whose products are made once, however many runs ask for them."""

    made: ClassVar[dict[tuple[str, str, str], tuple[Candidate, ...]]] = {}

    def __init__(self, monomers: Sequence[Monomer], copolymers: bool) -> None:
        self._space = MonomerSpace(monomers, copolymers=copolymers)
        self.blocks, self.size = self._space.blocks, self._space.size

    def make(
        self, block: Block, i: int, j: int | None, dropped: Counter[str] | None = None
    ) -> tuple[Candidate, ...]:
        pair = (block.reaction, block.firsts[i].smiles, "" if j is None else block.seconds[j].smiles)
        if pair not in self.made:
            self.made[pair] = self._space.make(block, i, j, dropped)
        return self.made[pair]

    def all(self) -> dict[str, RepeatUnit]:
        pairs = ((block, *block.pair(number)) for block in self.blocks for number in range(block.size))
        return {c.unit.key: c.unit for block, i, j in pairs for c in self.make(block, i, j)}


def plain_thompson(space: Enumerated, score: dict[str, float], budget: int, seed: int) -> Iterator[str]:
    """Reagent-level Thompson sampling: a normal posterior of the mean score for each monomer of each list, and nothing else."""
    rng = np.random.default_rng(seed)
    seen: set[str] = set()
    sides = [
        [np.zeros((2, len(block.firsts))), np.zeros((2, max(1, len(block.seconds))))]
        for block in space.blocks
    ]
    values: list[float] = []

    def look(b: int, i: int, j: int) -> Iterator[str]:
        block = space.blocks[b]
        i, j = (min(i, j), max(i, j)) if block.symmetric else (i, j)
        if block.symmetric and i == j:
            return
        for product in space.make(block, i, j if block.seconds else None):
            key = product.unit.key
            if math.isfinite(score[key]):
                values.append(score[key])
                for place, side in ((i, sides[b][0]), (j, sides[b][1])):
                    side[:, place] += (1.0, score[key])
            if key not in seen:
                seen.add(key)
                yield key

    reagents = sum(side.shape[1] for pair in sides for side in pair)
    for _ in range(min(WARM_UP, max(1, int(0.5 * budget / reagents)))):
        turns = [
            (b, max(n, m)) for b, (n, m) in ((b, (x.shape[1], y.shape[1])) for b, (x, y) in enumerate(sides))
        ]
        warm = [
            (b, i, j)
            for b, longest in turns
            for i, j in zip(
                np.resize(rng.permutation(sides[b][0].shape[1]), longest).tolist(),
                np.resize(rng.permutation(sides[b][1].shape[1]), longest).tolist(),
                strict=True,
            )
        ]
        for at in rng.permutation(len(warm)).tolist():
            yield from look(*warm[at])
    mean, variance = np.mean(values), np.var(values) + 1e-12
    for _ in range(20 * budget):
        best = (-math.inf, 0, 0, 0)
        for b, pair in enumerate(sides):
            total, places = -mean, []
            for count, summed in pair:
                centre = (mean + summed) / (1 + count)
                drawn = centre + np.sqrt(variance / (1 + count)) * rng.standard_normal(len(count))
                places.append(int(drawn.argmax()))
                total += drawn.max()
            best = max(best, (float(total), b, places[0], places[1]))
        yield from look(*best[1:])


def found_by(
    space: Enumerated, keys: list[str], score: dict[str, float], seed: int, budget: int
) -> dict[str, list[str]]:
    def given(candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        return np.array([score[c.unit.key] for c in candidates])

    steps = search(space, given, budget=budget, seed=seed)
    return {
        "search": [c.unit.key for looked in steps for c in looked.candidates],
        "plain Thompson sampling": list(itertools.islice(plain_thompson(space, score, budget, seed), budget)),
        "random": [keys[i] for i in np.random.default_rng(seed).permutation(len(keys))[:budget]],
    }


Scorer = Callable[[Sequence[RepeatUnit]], tuple[NDArray[np.float64], NDArray[np.float64]]]


def fitted(representation: Representation, table: str, n: int, seed: int, latent: bool) -> Scorer:
    """Mean and standard deviation by a GP on ``n`` random polymers of a table."""
    path, column = table.rsplit(":", 1)
    units, values = read(Path(path), column)
    rows = np.random.default_rng(seed).permutation(len(units))[:n]
    chosen = [units[i] for i in rows]
    features, positions = seen(representation, chosen, latent)
    data = Data(features, torch.tensor(values[rows])[positions])
    gp: GaussianProcess = (fit_latent_gp if latent else fit_fingerprint_gp)(data, seed=seed)

    def scorer(units: Sequence[RepeatUnit]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        features, positions = seen(representation, units, latent)
        mean, sigma = np.full(len(units), np.nan), np.full(len(units), np.nan)
        m, v = gp.predict(features)
        mean[positions], sigma[positions] = m.numpy(), v.sqrt().numpy()
        return mean, sigma

    return scorer


def seen(
    representation: Representation, units: Sequence[RepeatUnit], latent: bool
) -> tuple[Features, list[int]]:
    fingerprints = representation.fingerprints(units)
    if not latent:
        return Features(fingerprints), list(range(len(units)))
    text = representation.text_vectors(units)
    failed = {failure.unit.key for failure in text.failures}
    rows = [i for i, unit in enumerate(units) if unit.key not in failed]
    return Features(fingerprints[rows], representation.text_latent(text.vectors)), rows


def recall(options: argparse.Namespace, representation: Representation) -> None:
    rows = []
    models = [
        (table, seed, latent, fitted(representation, table, options.train, seed, latent))
        for table in options.measured
        for seed in range(options.seeds)
        for latent in ([False, True] if options.latent else [False])
    ]
    for path in options.monomers:
        monomers = read_monomers(path)
        whole = Enumerated(monomers, options.copolymers).all()
        scores = {}
        for table, seed, latent, scorer in models:
            mean, sigma = scorer(list(whole.values()))
            for direction, sign in (("max", 1.0), ("min", -1.0)):
                name = f"{Path(table.rsplit(':', 1)[0]).stem} {direction}{' latent' if latent else ''}"
                scores[name, seed] = dict(zip(whole, (sign * mean + sigma).tolist(), strict=True))
        for part in options.parts:
            for (name, seed), score in scores.items():
                some = np.random.default_rng([seed, 5]).random(len(monomers)) < part
                space = Enumerated(
                    [m for m, kept in zip(monomers, some, strict=True) if kept], options.copolymers
                )
                keys = list(space.all())
                ranked = sorted((k for k in keys if math.isfinite(score[k])), key=lambda k: (-score[k], k))
                top = set(ranked[: max(1, round(TOP * len(keys)))])
                budget = int(max(SHARES) * len(keys))
                for method, looked in found_by(space, keys, score, seed, budget).items():
                    shares = {
                        f"{share:.0%}": len(top.intersection(looked[: int(share * len(keys))])) / len(top)
                        for share in SHARES
                    }
                    rows.append(
                        {"monomers": Path(path).stem, "part": part, "polymers": len(keys), "objective": name}
                        | {"seed": seed, "method": method, **shares}
                    )
            show(rows, ["monomers", "part", "method"])
    show(rows, ["monomers", "objective", "method"])
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


def show(rows: list[dict[str, object]], by: list[str]) -> None:
    frame = pd.DataFrame(rows)
    groups = frame.groupby(by, sort=False)
    table = groups[[f"{share:.0%}" for share in SHARES]].mean()
    table["5% +-"] = 1.96 * groups["5%"].std() / np.sqrt(groups.size())
    table["least"] = groups["5%"].min()
    table["runs >= 80 %"] = groups["5%"].agg(lambda found: (found >= 0.8).mean())
    table["runs"] = groups.size()
    table["polymers"] = groups["polymers"].mean().round()
    print(table.round(3).to_string(), flush=True)


SPACERS = (
    "C",
    "CC",
    "C(C)C",
    "c1ccc(cc1)",
    "c1cc(ccc1)",
    "O",
    "C(F)(F)",
    "C(C)(C)",
    "CSC",
    "C1CCC(CC1)",
    "CC(c1ccccc1)",
    "C(Cl)C",
)


def made_up(end: str, other: str, number: int, seed: int) -> list[Monomer]:
    """``number`` different molecules: two ends and one to six spacers between them."""
    rng = np.random.default_rng(seed)
    found: dict[str, None] = {}
    while len(found) < number:
        middle = "".join(rng.choice(SPACERS, size=int(rng.integers(1, 7))))
        if "OO" not in middle and not middle.startswith("O") and not middle.endswith("O"):
            found[Chem.MolToSmiles(Chem.MolFromSmiles(end + middle + other))] = None
    return [Monomer(smiles) for smiles in found]


def scale(options: argparse.Namespace, representation: Representation) -> None:
    scorer = fitted(representation, options.measured[0], options.train, 0, False)
    monomers = [*made_up("OC(=O)", "C(=O)O", options.scale, 0), *made_up("OC", "CO", options.scale, 1)]
    begun = time.process_time()
    space = MonomerSpace(monomers)
    print(
        f"classified {len(monomers)} monomers: {time.process_time() - begun:.1f} s of CPU; {space.size:.2e} pairs in",
        end=" ",
    )
    print(f"{len(space.blocks)} blocks, the largest of {max(block.size for block in space.blocks):.2e}")
    spent = Counter[str]()
    make = space.make

    def timed_make(*arguments: object) -> tuple[Candidate, ...]:
        start = time.process_time()
        products = make(*arguments)  # type: ignore[arg-type]
        spent["building"] += time.process_time() - start  # type: ignore[assignment]
        return products

    def score(candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        start = time.process_time()
        mean, sigma = scorer([c.unit for c in candidates])
        spent["score"] += time.process_time() - start  # type: ignore[assignment]
        return mean + sigma

    space.make = timed_make  # type: ignore[method-assign, assignment]
    begun, wall = time.process_time(), time.monotonic()
    found = [looked.scores for looked in search(space, score, budget=options.looks, seed=0)]
    total, looked_at = time.process_time() - begun, sum(map(len, found))
    own = total - sum(spent.values())
    print(f"{looked_at} polymers looked at in {time.monotonic() - wall:.0f} s of wall time")
    print(
        f"CPU: building {spent['building']:.1f} s, score {spent['score']:.1f} s, "
        f"the search itself {own:.1f} s = {1000 * own / looked_at:.1f} ms per polymer"
    )
    print(
        f"best score: {max(map(np.max, found)):.4g}; best of the first {len(found[0])} (spread evenly): {found[0].max():.4g}"
    )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("monomers", nargs="*", help="CSV tables of monomers")
    parser.add_argument("--measured", nargs="+", required=True, metavar="TABLE:COLUMN")
    parser.add_argument("--train", type=int, default=150)
    parser.add_argument(
        "--parts", type=float, nargs="+", default=[1.0, 0.5], help="of the monomers, at random"
    )
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument(
        "--latent", action="store_true", help="score by the text latent's GP too (encodes every polymer)"
    )
    parser.add_argument("--copolymers", action="store_true")
    parser.add_argument("--scale", type=int, help="time a space of so many diacids x so many diols")
    parser.add_argument("--looks", type=int, default=5000)
    parser.add_argument("--json", type=Path, help="write the rows here as well")
    options = parser.parse_args()
    representation = Representation.load()
    if options.scale:
        scale(options, representation)
    if options.monomers:
        recall(options, representation)


if __name__ == "__main__":
    main()
