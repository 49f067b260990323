"""What a spec wants: several objectives, targets, constraints with units, sources, and what a batch has to keep."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.errors import SpecError
from campaigns.spec import CampaignSpec, ObjectiveSpec
from discovery.acquisition.objectives import Constraint, Objective
from discovery.surrogate.scale import Scale

TOP = 'name = "hot and light"\n'
TG = '[[objectives]]\nname = "tg"\ndirection = "max"\nunit = "K"\n'
DENSITY = '[[objectives]]\nname = "density"\ndirection = "min"\nunit = "g/cm3"\n'
POOL = '[pool]\npolymers = "pool.csv"\n'


def spec_of(*, constraints: str = "", objectives: str = TG, more: str = "") -> CampaignSpec:
    head = f"constraints = [{constraints}]\n" if constraints else ""
    return CampaignSpec.loads(TOP + head + objectives + POOL + more)


def faults(*, constraints: str = "", objectives: str = TG, more: str = "") -> dict[str, str]:
    with pytest.raises(SpecError) as caught:
        spec_of(constraints=constraints, objectives=objectives, more=more)
    return {problem.where: f"{problem.fault} {problem.what_to_do}" for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (
            'name = "glass transition"\n' + TG + '[pool]\nmonomers = "monomers.csv"\n[batch]\nsize = 4\n',
            "0841b2a3b43900083888c22d80ea2d78",
        ),
        (
            'name = "x"\n[[objectives]]\nname = "nc"\ndirection = "min"\nprior_mean = "physics:refractive_index"\n'
            '[pool]\npolymers = ["a.csv", "b.csv"]\n[pool.limits]\nsa_score = 4.5\n'
            '[budget]\nshortlist = 300\ncost_weight = 1.0\n[report]\nphysics = ["density"]\n'
            '[encoders]\ntext = "org/large"\ndtype = "bfloat16"\n',
            "874fdce4ad0e9d809c7f98df0d6febd0",
        ),
    ],
)
def test_a_spec_of_an_earlier_release_keeps_its_version(text: str, version: str) -> None:
    assert CampaignSpec.loads(text).version == version


def test_several_objectives_make_a_goal() -> None:
    weighed = DENSITY + "weight = 2.0\n"
    goal = spec_of(objectives=TG + weighed, constraints='"sa_score < 4"').goal
    assert goal.objectives == (
        Objective("tg", "max", "K"),
        Objective("density", "min", "g/cm3", weight=2.0),
    )
    assert goal.constraints == (Constraint("sa_score", None, 4.0, "", "sa_score < 4"),)
    assert (goal.combine, goal.single) == ("pareto", False)
    combined = CampaignSpec.loads(TOP + 'combine = "weights"\n' + TG + DENSITY + POOL)
    assert combined.goal.combine == "weights"


@pytest.mark.parametrize(
    ("lines", "low", "high", "tolerance"),
    [
        ("target = 350\ntolerance = 20", 350.0, 350.0, 20.0),
        ("target = [340, 360]\ntolerance = 5", 340.0, 360.0, 5.0),
        ("target = [340, 360]", 340.0, 360.0, 20.0),
        ('target = [10, 1000]\nscale = "log"', 10.0, 1000.0, 2.0),
    ],
)
def test_a_target_is_a_value_or_a_range_with_a_tolerance(
    lines: str, low: float, high: float, tolerance: float
) -> None:
    spec = spec_of(objectives=TG.replace("max", "target") + lines + "\n")
    wanted = spec.objective.wanted
    assert (wanted.low, wanted.high) == (low, high)
    assert wanted.tolerance == pytest.approx(tolerance)
    assert CampaignSpec.loads(spec.dumps()) == spec


@pytest.mark.parametrize(
    ("text", "low", "high", "tolerance"),
    [
        ("tg:340..360", 340, 360, 20),
        ("tg: 340 .. 360", 340, 360, 20),
        ("tg:.5..1e2", 0.5, 100, 99.5),
        ("tg:350+-20", 350, 350, 20),
        ("tg:350±20", 350, 350, 20),
        ("tg:350 +/- 2.5", 350, 350, 2.5),
    ],
)
def test_a_target_has_a_short_form(text: str, low: float, high: float, tolerance: float) -> None:
    wanted = ObjectiveSpec.parse(text, "K").wanted
    assert (wanted.direction, wanted.low, wanted.high, wanted.tolerance) == ("target", low, high, tolerance)


def test_a_value_without_tolerance_is_asked_for_one() -> None:
    with pytest.raises(SpecError, match="no tolerance"):
        ObjectiveSpec.parse("tg:350", "K")


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("tg > 400 K", 400.0, None),
        ("tg>=126.85 degC", 400.0, None),
        ("400 K < tg", 400.0, None),
        ("Tg ≤ 400 K", None, 400.0),
        ("300 K < tg < 400 K", 300.0, 400.0),
        ("300 < tg < 400 K", 300.0, 400.0),
        ("26.85 degC ≤ tg <= 400 K", 300.0, 400.0),
        ("400 K > tg > 300 K", 300.0, 400.0),
    ],
)
def test_a_constraint_is_read_in_the_unit_of_its_property(
    text: str, low: float | None, high: float | None
) -> None:
    [constraint] = spec_of(constraints=f'"{text}"').goal.constraints
    assert (constraint.name, constraint.unit, constraint.text) == ("tg", "K", text)
    assert (constraint.low, constraint.high) == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize("text", ["d33 > 20 pC/N", "20 pC/N < d33", "20 pC/N < d33 < 90 pC/N"])
def test_a_name_of_a_letter_and_a_number_is_no_limit(text: str) -> None:
    [constraint] = spec_of(constraints=f'"{text}"').goal.constraints
    assert (constraint.name, constraint.low, constraint.unit) == ("d33", 20.0, "pC/N")


@settings(deadline=None, max_examples=50)
@given(
    st.floats(1, 1e4),
    st.floats(1, 1e4),
    st.sampled_from([("g/cm3", 1.0), ("kg/m3", 1e-3), ("g/mL", 1.0)]),
    st.sampled_from(["<", "<=", "≤"]),
)
def test_any_range_is_read_from_both_sides(
    low: float, more: float, unit: tuple[str, float], sign: str
) -> None:
    high, (name, factor) = low + more, unit
    turned = {"<": ">", "<=": ">=", "≤": "≥"}[sign]
    rising = f"{low!r} {name} {sign} density {sign} {high!r} {name}"
    falling = f"{high!r} {name} {turned} density {turned} {low!r} {name}"
    for text in (rising, falling):
        [constraint] = spec_of(objectives=TG + DENSITY, constraints=f'"{text}"').goal.constraints
        assert constraint.low == pytest.approx(low * factor)
        assert constraint.high == pytest.approx(high * factor)


def test_a_property_that_only_a_constraint_names_is_observed() -> None:
    spec = spec_of(constraints='"density <= 1.2 g/cm3", "Density > 1000 kg/m3", "cost < 50"')
    observed = spec.properties[-1]
    assert [p.name for p in spec.properties] == ["tg", "density"]
    assert (observed.direction, observed.unit) == ("observe", "g/cm3")
    assert [o.direction for o in spec.goal.objectives] == ["max", "observe"]
    assert [(c.name, c.low, c.high) for c in spec.goal.constraints] == [
        ("density", None, 1.2),
        ("density", 1.0, None),
        ("cost", None, 50.0),
    ]
    assert spec.objective.name == "tg"
    assert spec.sentence.startswith("highest tg (K), with density <= 1.2 g/cm3")


def test_every_faulty_constraint_is_told_at_its_place() -> None:
    found = faults(
        constraints='"tg > 400", "sa_score < 4", "tg < 3 g", "tg 400 K", "tg > 400 hots", "mean < 3", "sa_score < 4 K"'
    )
    assert set(found) == {f"constraints[{number}]" for number in (1, 3, 4, 5, 6, 7)}
    assert "such as 400 K" in found["constraints[1]"]
    assert "cannot be converted to K" in found["constraints[3]"]
    assert "Write it like tg > 400 K" in found["constraints[4]"]
    assert "not a unit" in found["constraints[5]"]


@pytest.mark.parametrize(
    ("constraints", "where", "said"),
    [
        ('"400 K < tg < 300 K"', "constraints[1]", "nothing fulfils"),
        ('"tg > 400 K", "tg < 300 K"', "constraints[2]", "nothing fulfils both"),
        ('"sa_score < 1"', "constraints[1]", "from 1 to 10"),
        ('"cost < 0"', "constraints[1]", "nothing fulfils"),
        ('"sa_score > 4", "sa_score < 3"', "constraints[2]", "nothing fulfils both"),
        ('"tg < -300 degC"', "constraints[1]", "impossible"),
        ('"tg > 4,5 K"', "constraints[1]", "comma"),
        ('"tg = 400 K"', "constraints[1]", "is not a constraint"),
        ('"300 K < tg > 200 K"', "constraints[1]", "is not a constraint"),
        ('""', "constraints[1]", "is empty"),
        ("3", "constraints[1]", "not a text"),
        ('"heat < 3 C"', "constraints[1]", "coulomb"),
    ],
)
def test_a_constraint_that_makes_no_sense_is_refused(constraints: str, where: str, said: str) -> None:
    assert said in faults(constraints=constraints)[where]


def test_a_constraint_below_a_table_is_told_where_it_belongs() -> None:
    found = faults(objectives=TG + 'constraints = ["sa_score < 4"]\n')
    assert "at the top of the file" in found["objectives[1].constraints"]


@pytest.mark.parametrize(
    ("objectives", "where", "said"),
    [
        (TG + TG, "objectives", "twice"),
        (TG + TG.replace("tg", "TG"), "objectives", "twice"),
        (TG + DENSITY.replace("density", "tg_sem"), "objectives", "tg_sem"),
        (TG + DENSITY.replace("density", "Tg_bound"), "objectives", "Tg_bound"),
        (TG.replace("max", "observe"), "objectives", "improves nothing"),
        (TG.replace("max", "target"), "objectives[1]", "without one"),
        (TG.replace("max", "target") + "target = 350\n", "objectives[1]", "no tolerance"),
        (TG.replace("max", "target") + "target = [360, 340]\n", "objectives[1].target", "wrong way round"),
        (TG.replace("max", "target") + "target = [1, 2, 3]\n", "objectives[1].target", "not a range"),
        (TG.replace("max", "target") + 'target = "hot"\n', "objectives[1].target", "not a value"),
        (TG.replace("max", "target") + "target = -5\ntolerance = 1\n", "objectives[1]", "below 0 K"),
        (TG + "target = 350\n", "objectives[1]", "leave target out"),
        (TG + "weight = 0\n", "objectives[1].weight", "more than 0"),
        (TG + "weight = inf\n", "objectives[1].weight", "finite"),
        (TG + 'robust = "yes"\n', "objectives[1].robust", "true or false"),
        (TG + DENSITY.replace("min", "observe") + "weight = 2\n", "objectives[2]", "only observed"),
        (TG + 'scale = "logarithm"\n', "objectives[1].scale", "'log'"),
        (TG.replace('"K"', '"degC"') + 'scale = "log"\n', "objectives[1]", "zero"),
        (
            TG.replace("max", "target") + 'target = [0, 3]\nscale = "log"\n',
            "objectives[1]",
            "above zero",
        ),
        (TG + "[[objectives.sources]]\n", "objectives[1].sources[1]", "either a table"),
        (
            TG + 'scale = "log"\n[[objectives.sources]]\ntable = "md.csv"\nunit = "degC"\n',
            "objectives[1]",
            "md is in degC, whose zero is no zero",
        ),
        (
            TG + '[[objectives.sources]]\nphysics = "gold"\n',
            "objectives[1].sources[1].physics",
            "Choose from",
        ),
        (
            TG + '[[objectives.sources]]\nphysics = "tg"\nunit = "K"\n',
            "objectives[1].sources[1]",
            "Leave them out",
        ),
        (
            TG + 2 * '[[objectives.sources]]\nphysics = "tg"\n',
            "objectives[1].sources",
            "several estimates",
        ),
        (
            TG + '[[objectives.sources]]\ntable = "a.csv"\ncolum = "x"\n',
            "objectives[1].sources[1].colum",
            "Did you mean column?",
        ),
    ],
)
def test_an_objective_that_makes_no_sense_is_refused(objectives: str, where: str, said: str) -> None:
    assert said in faults(objectives=objectives)[where]


def test_a_constraint_on_the_logarithm_of_nothing_is_refused() -> None:
    objectives = (
        TG + '[[objectives]]\nname = "permeability"\ndirection = "max"\nunit = "barrer"\nscale = "log"\n'
    )
    found = faults(objectives=objectives, constraints='"permeability > 0 barrer"')
    assert "no logarithm" in found["constraints[1]"]


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ("[batch]\nminimum_distance = 1\n", "batch.minimum_distance"),
        ("[batch]\nper_monomer = 0\n", "batch.per_monomer"),
        ("[batch]\nshared_stock = -1\n", "batch.shared_stock"),
        ("[budget]\nexperiments = 0\n", "budget.experiments"),
        ("[budget]\nexperiments = 2.5\n", "budget.experiments"),
    ],
)
def test_what_a_batch_cannot_keep_is_refused(more: str, where: str) -> None:
    assert faults(more=more)[where].endswith(".")


def test_everything_at_once_survives_its_own_toml() -> None:
    spec = CampaignSpec.loads(
        TOP
        + 'constraints = ["sa_score < 4", "perm > 3 barrer"]\ncombine = "weights"\n'
        + TG
        + 'robust = true\nweight = 3\nprior_mean = "Physics:Tg"\n'
        + '[[objectives.sources]]\ntable = "md/tg.csv"\ncolumn = "tg_md"\nunit = "degC"\n'
        + '[[objectives.sources]]\nphysics = "Tg"\n'
        + DENSITY
        + '[[objectives.sources]]\nphysics = "density"\n'
        + POOL
        + "[batch]\nsize = 6\nminimum_distance = 0.3\nper_monomer = 2\nshared_stock = 1\n"
        + '[budget]\nexperiments = 40\n[report]\nphysics = ["Density"]\n'
    )
    again = CampaignSpec.loads(spec.dumps())
    assert again == spec
    assert again.version == spec.version
    assert spec.objective.prior_mean == "physics:tg"
    assert [source.physics for o in spec.objectives for source in o.sources] == [None, "tg", "density"]
    assert (spec.batch.minimum_distance, spec.batch.per_monomer, spec.batch.shared_stock) == (0.3, 2, 1.0)
    assert spec.budget.experiments == 40
    assert dict(spec.named_files) == {
        "pool.polymers": "pool.csv",
        "objectives[1].sources[1].table": "md/tg.csv",
    }
    assert spec.renamed(lambda name: f"my_{name}").objectives[0].sources[0].table == "my_md/tg.csv"


def test_options_name_several_objectives_with_their_units(tmp_path: Path) -> None:
    (tmp_path / "pool.csv").write_text("psmiles\n*CC*\n")
    spec = CampaignSpec.from_options(
        ["tg:max", "density:1.0..1.2", "yellowness:observe"],
        unit=["K", "g/cm3", ""],
        constraints=["sa_score < 4"],
        pool=tmp_path / "pool.csv",
    )
    assert spec.name == "tg and density and yellowness"
    assert [(o.name, o.direction, o.unit) for o in spec.objectives] == [
        ("tg", "max", "K"),
        ("density", "target", "g/cm3"),
        ("yellowness", "observe", ""),
    ]
    assert spec.constraints == ("sa_score < 4",)


def test_options_that_do_not_fit_together_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "pool.csv").write_text("psmiles\n*CC*\n")
    with pytest.raises(SpecError, match="2 objectives and 1 unit"):
        CampaignSpec.from_options(["tg:max", "e:min"], unit=["K"], pool=tmp_path / "pool.csv")
    with pytest.raises(SpecError) as caught:
        CampaignSpec.from_options(["tg:up", "e:down"], pool=tmp_path / "pool.csv")
    assert len(caught.value.problems) == 2


def test_a_logarithmic_scale_is_passed_on() -> None:
    spec = spec_of(objectives=TG + 'scale = "log"\n')
    assert spec.objective.scale is Scale.LOG
    assert spec.goal.objectives[0].scale is Scale.LOG
    assert spec_of(objectives=TG + 'scale = "linear"\n').version == spec_of().version


def test_the_spec_that_the_documentation_shows_is_a_spec() -> None:
    text = (Path(__file__).parents[2] / "docs" / "objectives.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    spec = CampaignSpec.loads(shown)
    assert [p.name for p in spec.properties] == ["tg", "permeability", "refractive_index", "density"]
    assert [s.name for s in spec.objective.sources] == ["tg_md", "physics:tg"]
    assert len(spec.goal.constraints) == 4


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=20) | st.text("<>=≤≥ 0123456789.,-+eEKtgdCm/()²°%*^", max_size=24))
def test_no_text_breaks_the_reading_of_a_constraint_or_an_objective(text: str) -> None:
    content = CampaignSpec.loads(TOP + TG + POOL).model_dump(mode="json", exclude_none=True)
    with contextlib.suppress(SpecError):
        spec = CampaignSpec.loads(tomli_w.dumps(content | {"constraints": [text]}))
        assert CampaignSpec.loads(spec.dumps()).goal == spec.goal
    for written in (text, f"tg:{text}"):
        with contextlib.suppress(SpecError):
            assert ObjectiveSpec.parse(written, "K").wanted.name


def test_a_spec_that_is_there_may_mean_another_quantity_by_a_name() -> None:
    spec = CampaignSpec.loads(
        'name = "packing"\n[[objectives]]\nname = "density"\ndirection = "max"\nunit = "mol/cm3"\n[pool]\npolymers = ["p.csv"]\n'
    )
    assert spec.properties[0].unit == "mol/cm3"
