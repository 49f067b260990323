"""A campaign whose spec names a text encoder in the hub's own format: from the spec to a proposal and its record."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch

from campaigns import Campaign
from campaigns.spec import CampaignSpec
from discovery.errors import WeightsError

MEASURED = pd.DataFrame(
    {
        "psmiles": ["*CC(*)C", "*CC(*)CC", "*CCO*", "*CC(*)(C)C", "*CC(*)OC(C)=O", "*CC(*)F"],
        "tg": [263.0, 249.0, 206.0, 200.0, 305.0, 314.0],
    }
)
POOL = ("*CC(*)CCC", "*CCCO*", "*CO*", "*CC(*)(F)F", "*CC(*)C(=O)OCC", "*CC(*)OCC")
SPEC = """
name = "large"
[[objectives]]
name = "tg"
direction = "max"
unit = "K"
[pool]
polymers = "pool.csv"
[encoders]
text = "{text}"
geometry = "{geometry}"
"""


def campaign(folder: Path, text: Path, geometry: Path, more: str) -> Campaign:
    (folder / "pool.csv").write_text("psmiles\n" + "\n".join(POOL) + "\n", encoding="utf-8")
    spec = CampaignSpec.loads(SPEC.format(text=text, geometry=geometry) + more)
    made = Campaign.create(folder / "campaign", spec, base=folder)
    return Campaign.open(made.folder)


def test_a_campaign_with_a_text_model_in_several_files_proposes_and_records_its_revision(
    tmp_path: Path, llama3_folder: Path, tiny_geometry_folder: Path
) -> None:
    made = campaign(
        tmp_path, llama3_folder, tiny_geometry_folder, 'dtype = "bfloat16"\ndevice_map = "auto"\n'
    )
    made.ingest(MEASURED)
    batch = made.propose(2, seed=0)
    assert len(batch.frame) == 2
    assert made.representation.text.model.dtype == torch.bfloat16
    [recorded] = made.ledger.rounds()
    assert recorded.encoder_revisions["text"] == made.representation.text.revision


def test_a_campaign_asking_for_what_the_machine_lacks_is_told_so(
    tmp_path: Path, llama3_folder: Path, tiny_geometry_folder: Path
) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    made = campaign(tmp_path, llama3_folder, tiny_geometry_folder, 'quantization = "4bit"\n')
    made.ingest(MEASURED)
    with pytest.raises(WeightsError, match="need a CUDA GPU"):
        made.propose(2, seed=0)
