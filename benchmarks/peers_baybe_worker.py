"""BayBE behind a pipe: reads requests and writes answers, one JSON document a line, and imports nothing of polyloop.

So it runs in an interpreter of its own, with the versions that BayBE's chemistry asks for. Requests:

    {"open": {"KEY": "SMILES", ...}, "encoding": "MORDRED" or another, "minimise": false}   once; answers {"dimensions": n}
    {"measured": [["KEY", value], ...], "batch": 5, "seed": 1}                                answers {"keys": [...]}

The campaign is BayBE's default (its two-phase recommender: a Gaussian process with BayBE's priors and qLogEI) on a
`SubstanceParameter` with BayBE's default decorrelation, made anew for every batch out of what is measured.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from typing import TextIO


def main() -> None:
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)  # what libraries print must not come between the answers
        # a campaign is made anew for every batch, and would repeat each of them
        warnings.simplefilter("once")
        # linear_operator scripts a function when it is imported; nothing here is scripted
        warnings.filterwarnings("ignore", ".*torch.jit.*", DeprecationWarning)
        _answer_all(answers)


def _answer_all(answers: TextIO) -> None:
    import pandas as pd
    import torch
    from baybe import Campaign, active_settings
    from baybe.parameters import SubstanceParameter
    from baybe.searchspace import SearchSpace
    from baybe.targets import NumericalTarget

    torch.set_num_threads(1)
    space = objective = None
    for line in sys.stdin:
        request = json.loads(line)
        if "open" in request:
            parameter = SubstanceParameter(name="polymer", data=request["open"], encoding=request["encoding"])
            space = SearchSpace.from_product([parameter])
            objective = NumericalTarget(name="value", minimize=request["minimise"]).to_objective()
            answer: dict[str, object] = {"dimensions": space.discrete.comp_rep.shape[1]}
        else:
            active_settings.random_seed = request["seed"] % 2**32
            campaign = Campaign(
                searchspace=space, objective=objective, allow_recommending_already_measured=False
            )
            keys, values = zip(*request["measured"], strict=True)
            campaign.add_measurements(pd.DataFrame({"polymer": keys, "value": values}))
            answer = {"keys": campaign.recommend(request["batch"])["polymer"].tolist()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
