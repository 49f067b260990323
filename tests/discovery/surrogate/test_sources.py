"""Sources of a campaign as tasks of the multi-task member."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from discovery.errors import SurrogateError
from discovery.latent.representation import Representation
from discovery.polymers import RepeatUnit
from discovery.progress import Progress, silent
from discovery.surrogate.features import Features
from discovery.surrogate.measurements import data_of
from discovery.surrogate.multitask import fit_multitask_gp
from discovery.surrogate.observations import Observation
from discovery.surrogate.scale import Scale
from discovery.surrogate.sources import Source, read_sources

Polymers = tuple[RepeatUnit, ...]


class Weighed:
    """The length of a PSMILES as an estimate, of which ethers have none."""

    name, revision = "length", "1"

    def estimates(self, units: Sequence[RepeatUnit], progress: Progress = silent) -> NDArray[np.float64]:
        return np.array([math.nan if "O" in unit.psmiles else float(len(unit.psmiles)) for unit in units])

    def why_not(self, unit: RepeatUnit) -> str:
        return "an ether" if "O" in unit.psmiles else ""


def observed(units: Polymers) -> tuple[Observation, ...]:
    return tuple(Observation(unit, 10.0 ** (row % 5), sem=0.1) for row, unit in enumerate(units))


def test_polymers_measured_in_both_are_found_by_their_key(
    tiny_representation: Representation, tiny_polymers: Polymers
) -> None:
    measured = observed(tiny_polymers[:8])
    source = Source("md", observed(tiny_polymers[6:16]), Scale.LOG)
    found = read_sources([source], measured, tiny_representation)
    assert found.names == ("md",)
    assert found.notes == ()
    assert found.tasks[0].polymers.tolist() == [6, 7, *[-1] * 8]
    assert found.tasks[0].data.values.tolist() == [float(row % 5) for row in range(10)]


def test_a_computed_source_knows_the_measured_polymers_and_every_candidate(
    tiny_representation: Representation, tiny_polymers: Polymers
) -> None:
    measured, estimate = observed(tiny_polymers[:14]), Weighed()
    found = read_sources([Source("length", computed=estimate)], measured, tiny_representation)
    told = [row for row, unit in enumerate(tiny_polymers[:14]) if "O" not in unit.psmiles]
    assert found.computed is estimate
    assert found.tasks[0].computable
    assert found.tasks[0].polymers.tolist() == told
    features = Features(
        tiny_representation.fingerprints(tiny_polymers[:14]),
        tiny_representation.fuse(tiny_polymers[:14]).latent,
    )
    member = fit_multitask_gp(data_of(features, measured, Scale.LOG), found.tasks, seed=0)
    assert math.isfinite(member.loo().log_score)


def test_a_source_of_too_few_polymers_is_left_out_in_words(
    tiny_representation: Representation, tiny_polymers: Polymers
) -> None:
    source = Source("md", observed(tiny_polymers[:3]))
    found = read_sources([source], observed(tiny_polymers[:8]), tiny_representation)
    assert found.tasks == ()
    assert found.notes == ("The source md has 3 polymers that can be read, and it needs 5: it is left out.",)


def test_a_computed_source_has_no_table(tiny_polymers: Polymers) -> None:
    with pytest.raises(SurrogateError, match="is computed, and has a table"):
        Source("length", observed(tiny_polymers[:3]), computed=Weighed())


def test_observations_keep_limits_and_errors_on_the_scale(
    tiny_representation: Representation, tiny_polymers: Polymers
) -> None:
    features = Features(tiny_representation.fingerprints(tiny_polymers[:2]))
    told = [
        Observation(tiny_polymers[0], 100.0, sem=1.0, n=3),
        Observation(tiny_polymers[1], 0.01, bound="below"),
    ]
    data = data_of(features, told, Scale.LOG, robust=True)
    assert data.values.tolist() == pytest.approx([2.0, -2.0])
    assert data.bounds is not None
    assert data.bounds.tolist() == [0.0, -1.0]
    assert data.sem is not None
    assert float(data.sem[0]) == pytest.approx(0.01 / math.log(10.0))
    assert math.isnan(float(data.sem[1]))
    assert data.robust


def test_polymers_of_a_source_that_cannot_be_read_are_counted_with_the_reason(
    tiny_representation: Representation, tiny_polymers: Polymers
) -> None:
    amine = RepeatUnit.parse("*CCNC*")  # the tiny geometry encoder knows no nitrogen
    source = Source("md", observed((*tiny_polymers[:6], amine)))
    found = read_sources([source], observed(tiny_polymers[:8]), tiny_representation)
    (note,) = found.notes
    assert note.startswith("1 of the 7 polymers of the source md cannot be read and are left out (")
    assert len(found.tasks[0].data) == 6


def test_two_computed_sources_are_refused(
    tiny_representation: Representation, tiny_polymers: Polymers
) -> None:
    sources = [Source("one", computed=Weighed()), Source("other", computed=Weighed())]
    with pytest.raises(SurrogateError, match="More than one source is computed"):
        read_sources(sources, observed(tiny_polymers[:8]), tiny_representation)


def test_a_zero_in_decades_is_refused_in_words_with_an_error_too(
    tiny_representation: Representation, tiny_polymers: Polymers
) -> None:
    features = Features(tiny_representation.fingerprints(tiny_polymers[:1]))
    with pytest.raises(SurrogateError, match="has no logarithm"):
        data_of(features, [Observation(tiny_polymers[0], 0.0, sem=1.0)], Scale.LOG)
