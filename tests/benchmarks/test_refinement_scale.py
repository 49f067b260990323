from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import torch
from refinement_flops import arithmetic
from refinement_scale import Stopwatch, evidence, main
from refinement_shapes import drawn, encoders, polymers
from torch.utils.flop_counter import FlopCounterMode

from discovery.encoders.geometry import GeometryEncoder
from discovery.encoders.text import TextEncoder
from discovery.latent.adapted_blocks import AdaptedBlocks
from discovery.polymers import RepeatUnit

UNIT = RepeatUnit.parse("*CC(=O)Oc1ccc(cc1)C(C)OCCS*")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("conformers")


@pytest.fixture(scope="module")
def small(cache: Path) -> tuple[TextEncoder, GeometryEncoder]:
    text, geometry = encoders("small", "cpu", cache)
    text.model.set_attn_implementation("eager")  # fused attention is not counted on a processor
    return text, geometry


@pytest.mark.parametrize("kind", ["text", "geometry"])
def test_operations_are_those_that_pytorch_counts_for_a_polymer_alone(
    small: tuple[TextEncoder, GeometryEncoder], kind: str
) -> None:
    encoder = small[0] if kind == "text" else small[1]
    adapted = AdaptedBlocks.fresh(encoder, rank=2, alpha=4, seed=0)
    told = arithmetic(adapted, [UNIT])
    with FlopCounterMode(display=False) as reading:
        below = adapted.read([UNIT])
    with FlopCounterMode(display=False) as forward:
        traced = adapted.traced(below)
    with FlopCounterMode(display=False) as backward:
        traced.way_back(torch.ones(1, adapted.dim))
    counted = [counter.get_total_flops() for counter in (reading, forward, backward)]
    for expected, found in zip((told.read, told.forward, told.backward), counted, strict=True):
        assert found == pytest.approx(expected, rel=0.06)  # of causal attention PyTorch counts both halves


def test_operations_add_up_over_polymers(small: tuple[TextEncoder, GeometryEncoder]) -> None:
    other = RepeatUnit.parse("*CCO*")
    for encoder in small:
        adapted = AdaptedBlocks.fresh(encoder, rank=2, alpha=4, seed=0)
        one, two, both = (arithmetic(adapted, units) for units in ([UNIT], [other], [UNIT, other]))
        assert both.step == pytest.approx(one.step + two.step)
        assert both.embedding == pytest.approx(one.embedding + two.embedding)


def test_the_rate_of_a_processor_is_that_of_a_processor() -> None:
    assert 1e8 < Stopwatch("cpu").limit(torch.float32, 128) < 1e14


def test_the_evidence_is_that_of_a_normal_distribution() -> None:
    latent = torch.randn(6, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    values = torch.arange(6, dtype=torch.float64)
    distances = torch.cdist(latent, latent)
    covariance = torch.exp(-0.5 * (distances / distances[distances > 0].median()) ** 2) + 0.1 * torch.eye(6)
    normal = torch.distributions.MultivariateNormal(torch.zeros(6, dtype=torch.float64), covariance)
    constant = 3 * torch.log(torch.tensor(2 * torch.pi))
    assert evidence(latent, values) + constant == pytest.approx(float(-normal.log_prob(values)), rel=1e-5)


def test_polymers_of_a_table_are_those_that_both_encoders_read(
    small: tuple[TextEncoder, GeometryEncoder], tmp_path: Path
) -> None:
    table = tmp_path / "table.csv"
    pd.DataFrame({"smiles": ["*CC*", "no polymer", "*CCO*", "*C[Se]*", "*CC*"]}).to_csv(table)
    assert set(polymers(drawn(table), 2, small)) == {RepeatUnit.parse(text) for text in ("*CC*", "*CCO*")}
    with pytest.raises(SystemExit, match="are 2 polymers"):
        polymers(drawn(table), 3, small)


def test_the_fastest_run_counts_and_the_first_does_not() -> None:
    ticks = iter([0, 1, 10, 15, 20, 22, 30, 33])
    assert Stopwatch("cpu", repeats=3, clock=lambda: next(ticks)).fastest(lambda: None) == 2


def test_a_run_tells_every_figure(cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts = ["--measured", "5", "--shortlist", "3", "--steps", "1", "--repeats", "1", "--matrix", "64"]
    main(
        [
            "--shape",
            "small",
            "--device",
            "cpu",
            *counts,
            "--cached",
            "500",
            "--cache",
            str(cache),
            "--json",
            str(tmp_path / "found.json"),
        ]
    )
    found = json.loads((tmp_path / "found.json").read_text())
    parts = [
        (encoder, what)
        for encoder in ("text", "geometry")
        for what in ("read", "vectors", "vectors and backward", "embed")
    ]
    assert [(stage["encoder"], stage["what"]) for stage in found["stages"]] == [*parts, ("fusion", "embed")]
    assert all(stage["seconds"] > 0 and stage["of_limit"] > 0 for stage in found["stages"])
    assert found["gpu_memory_gb"] is None
    printed = capsys.readouterr().out
    assert "a step with 5 measured" in printed
    assert "re-embedded by both encoders" in printed
