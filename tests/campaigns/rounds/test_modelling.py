"""How the properties of a spec are learned, with what stands beside their measurements."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.rounds.modelling import modelling_of
from campaigns.spec import CampaignSpec
from discovery.encoders.store import EmbeddingStore
from discovery.surrogate.scale import Scale

SPEC = """
name = "t"
[[objectives]]
name = "tg"
direction = "max"
unit = "K"
robust = true
[[objectives.sources]]
table = "md.csv"
column = "tg_md"
unit = "degC"
[[objectives.sources]]
physics = "tg"
[[objectives]]
name = "permeability"
direction = "max"
unit = "barrer"
scale = "log"
[[objectives.sources]]
table = "md.csv"
column = "ffv"
unit = ""
[pool]
polymers = "pool.csv"
"""


def test_every_property_is_learned_with_its_sources(tmp_path: Path) -> None:
    (tmp_path / "md.csv").write_text("psmiles,tg_md,ffv\n*CCO*,-60,0.4\n*CO*,,0.3\n*CC*,-100,\n")
    found = modelling_of(CampaignSpec.loads(SPEC).properties, tmp_path, EmbeddingStore(tmp_path / "store"))
    tg, permeability = found["tg"], found["permeability"]
    assert (tg.robust, tg.prior, permeability.robust) == (True, None, False)
    table, physics = tg.sources
    assert (table.name, sorted(o.value for o in table.observations)) == (
        "tg_md",
        [pytest.approx(173.15), pytest.approx(213.15)],
    )
    assert physics.computed is not None
    assert physics.computed.name == "physics:tg"
    # of another dimension: in its own unit and on its own scale
    [volume] = permeability.sources
    assert (volume.scale, {o.value for o in volume.observations}) == (Scale.LINEAR, {0.3, 0.4})
