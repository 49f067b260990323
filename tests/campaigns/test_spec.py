from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.errors import SpecError, TableError
from campaigns.spec import CampaignSpec, ObjectiveSpec
from discovery.encoders.loading import Loading

SPEC = """
name = "glass transition"
[[objectives]]
name = "tg"
direction = "max"
unit = "K"
[pool]
monomers = "monomers.csv"
[batch]
size = 4
"""


def faults(text: str) -> dict[str, str]:
    with pytest.raises(SpecError) as caught:
        CampaignSpec.loads(text)
    return {problem.where: f"{problem.fault} {problem.what_to_do}" for problem in caught.value.problems}


def test_a_spec_reads_what_the_file_says_and_defaults_the_rest() -> None:
    spec = CampaignSpec.loads(SPEC)
    assert (spec.name, spec.objective.name, spec.objective.direction, spec.objective.unit) == (
        "glass transition",
        "tg",
        "max",
        "K",
    )
    assert (spec.pool.monomers, spec.pool.polymers) == (("monomers.csv",), ())
    assert (spec.batch.size, spec.budget.shortlist, spec.encoders.text) == (4, 128, "bundled")


def test_a_temperature_objective_knows_its_dimension() -> None:
    assert CampaignSpec.loads(SPEC).objective.dimension == "[temperature]"


@settings(deadline=None, max_examples=50)
@given(
    name=st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\t\n"), min_size=1),
    objective=st.from_regex(r"[a-z][a-z]{3}_x", fullmatch=True),
    direction=st.sampled_from(["max", "min"]),
    unit=st.sampled_from(["K", "degC", "g/cm3", "", "W/(m K)", "barrer"]),
    size=st.integers(1, 100),
)
def test_a_spec_survives_its_own_toml(
    name: str, objective: str, direction: str, unit: str, size: int
) -> None:
    spec = CampaignSpec.model_validate(
        {
            "name": name,
            "objectives": [{"name": objective, "direction": direction, "unit": unit}],
            "pool": {"polymers": "pool.csv"},
            "batch": {"size": size},
        }
    )
    again = CampaignSpec.loads(spec.dumps())
    assert again == spec
    assert again.version == spec.version


def test_a_line_can_be_added_to_an_objective_that_was_written() -> None:
    written = CampaignSpec.loads(SPEC).dumps()
    added = written.replace("[[objectives]]\n", '[[objectives]]\nprior_mean = "physics:tg"\n')
    assert CampaignSpec.loads(added).objective.prior_mean == "physics:tg"


@pytest.mark.parametrize("again", ['[[objectives]]\nname = "e"\n', "[pool]\n"])
def test_a_table_that_is_written_twice_is_told_so(again: str) -> None:
    inline = SPEC.replace("[[objectives]]", "objectives = [{}]\n[other]")
    assert "is in the file already" in faults(inline + again)["syntax"]


def test_degrees_without_their_sign_are_asked_for() -> None:
    assert "Did you mean °C? Write degC" in faults(SPEC.replace('"K"', '"C"'))["objectives[1].unit"]


def test_the_version_follows_the_content_and_not_the_writing() -> None:
    rewritten = SPEC.replace("size = 4", "size = 4 # weekly")
    assert CampaignSpec.loads(rewritten).version == CampaignSpec.loads(SPEC).version
    assert CampaignSpec.loads(SPEC.replace("= 4", "= 5")).version != CampaignSpec.loads(SPEC).version


def test_every_fault_is_told_at_once_with_its_key_path() -> None:
    text = SPEC.replace('"max"', '"maximum"').replace('"K"', '"Kelvins!"').replace("size = 4", 'size = "4"')
    found = faults(text + "[budgt]\n")
    assert set(found) == {"objectives[1].direction", "objectives[1].unit", "batch.size", "budgt"}
    assert "'max', 'min', 'target' or 'observe'" in found["objectives[1].direction"]
    assert "Did you mean budget?" in found["budgt"]


def test_a_mistyped_key_is_answered_with_the_nearest_one() -> None:
    found = faults(SPEC.replace("unit =", "unti ="))
    assert found == {"objectives[1].unti": "is not a key that polyloop knows. Did you mean unit?"}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (SPEC.replace('"monomers.csv"', "[]"), "pool"),
        (SPEC.replace('"monomers.csv"', "3"), "pool.monomers"),
        (SPEC.replace('"monomers.csv"', '["a.csv", ""]'), "pool.monomers[2]"),
        (SPEC + '[pool.exclude]\nsmarts = ["[Si"]\n', "pool.exclude.smarts"),
        (SPEC + '[pool.exclude]\nelements = ["Xx"]\n', "pool.exclude.elements"),
        (SPEC + "[pool.limits]\nsa_score = 11\n", "pool.limits.sa_score"),
        (SPEC.replace("monomers =", "polymers =") + "[pool.limits]\navailable = true\n", "pool"),
        (SPEC.replace('monomers = "monomers.csv"', ""), "pool"),
        (SPEC.replace('"monomers.csv"', '" "'), "pool"),
        (SPEC.replace('"tg"', '"sem"'), "objectives[1].name"),
        (SPEC.replace('"tg"', '"t[g]"'), "objectives[1].name"),
        (SPEC.replace("= 4", "= 0"), "batch.size"),
        (SPEC.replace("= 4", "= true"), "batch.size"),
        (SPEC.replace("= 4", "= 4.0"), "batch.size"),
        (SPEC.replace("= 4", "= 200"), "spec"),
        (SPEC.replace("[[objectives]]", "[objectives]"), "objectives"),
        (SPEC.replace('"glass transition"', "3"), "name"),
        (SPEC.replace('"K"', '"dB"'), "objectives[1].unit"),
        (SPEC.replace('"K"', '" F"'), "objectives[1].unit"),
        ("name = ", "syntax"),
        ("", "name"),
    ],
)
def test_a_faulty_spec_names_the_key_and_what_to_do(text: str, where: str) -> None:
    found = faults(text)
    assert where in found
    assert found[where].endswith((".", "?"))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (SPEC + '[encoders]\ngeometry = "a\\u0000b"', "encoders.geometry"),
        ('constraints = ["sa_score < 4", "\\u001b[2J"]' + SPEC, "constraints"),
    ],
)
def test_a_control_character_is_told_where_it_stands(text: str, where: str) -> None:
    assert "control character" in faults(text)[where]


def test_the_folder_of_a_user_that_nobody_is_stays_as_it_is(tmp_path: Path) -> None:
    spec = CampaignSpec.loads(SPEC + '[encoders]\ntext = "~nobody-at-all/model"\n')
    assert spec.with_whole_paths(tmp_path).encoders.text == str(tmp_path / "~nobody-at-all" / "model")


def test_a_file_that_is_not_there_or_not_text_is_an_error_without_traceback(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        CampaignSpec.load(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes('name = "Polyäthylen"'.encode("cp1252"))
    with pytest.raises(SpecError, match="UTF-8"):
        CampaignSpec.load(tmp_path / "latin.toml")


@settings(deadline=None, max_examples=200)
@given(st.text())
def test_no_text_breaks_the_reading_of_a_spec(text: str) -> None:
    with pytest.raises(SpecError):
        CampaignSpec.loads(text)


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ("psmiles,tg\n*CC*,5\n", "polymers"),
        ("smiles,name\nC=C,ethylene\nC=CC,propylene\n", "monomers"),
        ("name;SMILES\nPE;[*]CC[*]\n", "polymers"),
        ("psmiles,smiles\n*CC*,C=C\n", "polymers"),
    ],
)
def test_the_kind_of_pool_is_read_from_the_table(tmp_path: Path, table: str, kind: str) -> None:
    (tmp_path / "pool.csv").write_text(table)
    spec = CampaignSpec.from_options("tg:max", unit="K", pool=tmp_path / "pool.csv")
    assert getattr(spec.pool, kind) == (str(tmp_path / "pool.csv"),)
    assert len(list(spec.pool.named_files)) == 1
    assert (spec.name, spec.objective.unit) == ("tg", "K")


def test_the_kind_of_pool_is_read_from_any_kind_of_table(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "pool.csv.gz", "wt") as file:
        file.write("smiles,name\nC=C,ethylene\n")
    (tmp_path / "pool.smi").write_text("*CC* polyethylene\n")
    pools = [tmp_path / "pool.csv.gz", tmp_path / "pool.smi"]
    pool = CampaignSpec.from_options("tg:max", unit="K", pool=pools).pool
    assert (pool.monomers, pool.polymers) == ((str(pools[0]),), (str(pools[1]),))


@pytest.mark.parametrize(
    ("table", "line"),
    [("smiles\nC=C\n*CC*\n", 3), ("smiles\n", 1), ("name,cas\nx,1\n", 1), ("", 1)],
)
def test_a_pool_whose_kind_cannot_be_told_is_an_error(tmp_path: Path, table: str, line: int) -> None:
    (tmp_path / "pool.csv").write_text(table)
    with pytest.raises(TableError) as caught:
        CampaignSpec.from_options("tg:max", unit="K", pool=tmp_path / "pool.csv")
    assert [problem.line for problem in caught.value.problems] == [line]


@pytest.mark.parametrize(
    "text", ["tg", "tg:up", ":max", "", "tg:", "a,b:max", "tg:360..340", "tg:350", "tg:350+-0"]
)
def test_an_objective_that_is_not_name_and_direction_is_an_error(text: str) -> None:
    with pytest.raises(SpecError):
        ObjectiveSpec.parse(text, "K")


ENCODERS = '[encoders]\ntext = "mine/text"\ngeometry = "unimolv1"\n'


def test_a_fusion_of_ones_own_is_named_in_the_spec_and_none_by_default() -> None:
    assert CampaignSpec.loads(SPEC).encoders.fusion is None
    spec = CampaignSpec.loads(SPEC + ENCODERS + 'fusion = "mine/fusion"\n')
    assert spec.encoders.fusion == "mine/fusion"
    assert CampaignSpec.loads(spec.dumps()) == spec


def test_the_bundled_fusion_is_refused_for_other_encoders() -> None:
    found = faults(SPEC + ENCODERS + 'fusion = "bundled"\n')
    assert "untrained" in found["encoders"]


def test_a_copy_of_a_spec_still_finds_encoders_beside_the_original(tmp_path: Path) -> None:
    (tmp_path / "mine" / "text").mkdir(parents=True)
    moved = CampaignSpec.loads(SPEC + ENCODERS).with_whole_paths(tmp_path)
    assert moved.encoders.text == str((tmp_path / "mine" / "text").resolve())
    assert (moved.encoders.geometry, moved.encoders.fusion) == ("unimolv1", None)


LARGE = '[encoders]\ntext = "org/large"\n'


def test_how_a_text_encoder_is_loaded_is_named_in_the_spec() -> None:
    spec = CampaignSpec.loads(
        SPEC + LARGE + 'dtype = "bfloat16"\ndevice_map = "auto"\nquantization = "4bit"\n'
    )
    assert spec.encoders.loading == Loading("bfloat16", "auto", "4bit")
    assert CampaignSpec.loads(spec.dumps()) == spec


def test_a_spec_that_says_nothing_of_loading_keeps_its_version() -> None:
    """Campaigns of earlier releases are known by it."""
    spec = CampaignSpec.loads(SPEC + LARGE)
    assert spec.encoders.loading == Loading()
    assert set(spec.encoders.model_dump()) == {"text", "geometry", "fusion"}
    assert CampaignSpec.loads(SPEC + LARGE + 'dtype = "auto"\n').version == spec.version
    assert CampaignSpec.loads(SPEC + LARGE + 'dtype = "float16"\n').version != spec.version


@pytest.mark.parametrize(
    ("line", "where", "expected"),
    [
        ('dtype = "half"', "encoders.dtype", "'auto', 'float32', 'bfloat16' or 'float16'"),
        ('device_map = "cuda:1"', "encoders.device_map", "'auto'"),
        ('quantization = "8bit"', "encoders.quantization", "'4bit'"),
        ('dtypes = "float32"', "encoders.dtypes", "Did you mean dtype?"),
    ],
)
def test_a_wrong_word_for_loading_is_answered_with_the_right_ones(
    line: str, where: str, expected: str
) -> None:
    assert expected in faults(SPEC + LARGE + line + "\n")[where]


@pytest.mark.parametrize("line", ['dtype = "bfloat16"', 'device_map = "auto"', 'quantization = "4bit"'])
def test_the_bundled_text_encoder_is_loaded_as_it_is(line: str) -> None:
    assert "always float32" in faults(SPEC + f"[encoders]\n{line}\n")["encoders"]


def test_a_copy_of_a_spec_keeps_how_its_encoders_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "auto").mkdir()  # a folder of the name of a word is no encoder
    moved = CampaignSpec.loads(SPEC + LARGE + 'device_map = "auto"\n').with_whole_paths(tmp_path)
    assert moved.encoders.loading == Loading("auto", "auto", None)


def test_the_files_of_the_pool_lie_beside_the_spec_and_all_that_are_missing_are_told(tmp_path: Path) -> None:
    spec = CampaignSpec.loads(SPEC + '[pool.exclude]\npolymers = "never.csv"\n')
    with pytest.raises(SpecError) as caught:
        spec.pool.files(tmp_path)
    assert [problem.where for problem in caught.value.problems] == ["pool.monomers", "pool.exclude.polymers"]
    for name in ("mine_monomers.csv", "mine_never.csv"):
        (tmp_path / name).write_text("smiles\nC=C\n")
    pool = spec.pool.renamed(lambda file: f"mine_{file}")
    assert list(pool.files(tmp_path).values()) == [
        tmp_path / "mine_monomers.csv",
        tmp_path / "mine_never.csv",
    ]


def test_a_pool_of_several_sources_survives_its_toml() -> None:
    spec = CampaignSpec.loads(
        SPEC.replace('"monomers.csv"', '["a.csv", "b.csv"]\npolymers = "c.parquet"\ncopolymers = true')
        + '[[pool.plugins]]\nname = "mine"\noptions = { size = 10, seeds = [1, 2] }\n'
        + "[pool.limits]\nsa_score = 4\nprice = 20\navailable = true\n"
    )
    assert spec.pool.monomers == ("a.csv", "b.csv")
    assert spec.pool.plugins[0].options == {"size": 10, "seeds": [1, 2]}
    again = CampaignSpec.loads(spec.dumps())
    assert again == spec
    assert again.version == spec.version


def test_a_source_is_added_once() -> None:
    pool = CampaignSpec.loads(SPEC).pool
    more = pool.with_source("polymers", "c.csv")
    assert (more.monomers, more.polymers) == (("monomers.csv",), ("c.csv",))
    assert more.with_source("polymers", "c.csv") == more


def test_the_pool_that_the_documentation_shows_is_a_pool() -> None:
    text = (Path(__file__).parents[2] / "docs" / "pools.md").read_text(encoding="utf-8")
    shown = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[0]
    head = 'name = "t"\n[[objectives]]\nname = "tg"\ndirection = "max"\n'
    spec = CampaignSpec.loads(head + shown)
    assert spec.pool.limits.sa_score == 4.5
    assert spec.budget.cost_weight == 1.0


def test_encoders_that_are_not_there_are_named_by_where_they_were_looked_for(tmp_path: Path) -> None:
    spec = CampaignSpec.loads(SPEC + '[encoders]\ntext = "./text"\ngeometry = "mine/shape"\n')
    named = spec.with_whole_paths(tmp_path).encoders
    assert named.text == str((tmp_path / "text").resolve())
    assert named.geometry == str((tmp_path / "mine" / "shape").resolve())


OBJECTIVE = '[[objectives]]\nname = "tg"\ndirection = "target"\nunit = "K"\n'
POOL = '[pool]\npolymers = "pool.csv"\n'


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        (
            f'name = "c"\n{OBJECTIVE}[[objectives.sources]]\nphysics = "tg"\ntarget = 350\ntolerance = 5\n{POOL}',
            "objectives[1].sources[1].target",
            "blocks of sources after all keys",
        ),
        (f'name = "c"\nscale = "log"\n{OBJECTIVE}{POOL}', "scale", "below the [[objectives]]"),
    ],
)
def test_a_key_of_an_objective_elsewhere_is_told_its_place(text: str, where: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        CampaignSpec.loads(text)
    [way_out] = [problem.what_to_do for problem in caught.value.problems if problem.where == where]
    assert said in way_out
