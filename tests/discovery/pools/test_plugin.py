"""Pools that other installed packages bring: real distributions with metadata, on the path of this process."""

import sys
from pathlib import Path

import pytest

from discovery.errors import PoolError
from discovery.polymers import RepeatUnit
from discovery.pools import UnitPool, load_pool_plugin, pool_plugins
from discovery.pools.piece import PIECE

MODULE = """
from discovery.errors import PoolError
from discovery.polymers import RepeatUnit
from discovery.pools import UnitPool

def chains(text="*CC*", n=1):
    return UnitPool([RepeatUnit.parse(text)] * n)

class Nameless(UnitPool):
    signature = ""

def nameless():
    return Nameless([])

def list_of(**options):
    return ["*CC*"]

def breaks(**options):
    raise ValueError("no such model")

def refuses(**options):
    raise PoolError("The model is not trained.", "Train it.")

not_callable = 3
"""


def install(site: Path, package: str, module: str, points: dict[str, str], content: str = MODULE) -> None:
    """A distribution as pip would leave it."""
    site.mkdir(exist_ok=True)
    (site / f"{module}.py").write_text(content)
    info = site / f"{package.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = "".join(f"{name} = {value}\n" for name, value in points.items())
    (info / "entry_points.txt").write_text(f"[polyloop.pools]\n{lines}")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages."""
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    install(
        tmp_path / "site",
        "chain-makers",
        f"chain_makers_{abs(hash(tmp_path))}",
        {
            name: f"chain_makers_{abs(hash(tmp_path))}:{name}"
            for name in ("chains", "list_of", "breaks", "refuses", "nameless", "not_callable", "absent")
        },
    )
    return tmp_path / "site"


def test_a_plugin_is_called_with_its_options(site: Path) -> None:
    pool = load_pool_plugin("chains", {"text": "*CCO*", "n": 2})
    assert [candidate.unit for chunk in pool.chunks() for candidate in chunk] == [RepeatUnit.parse("*CCO*")]
    assert pool.dropped == {"same chain as an earlier one": 1}


def test_a_plugin_is_told_apart_by_its_package_and_version(site: Path) -> None:
    before = load_pool_plugin("chains").signature
    assert before == load_pool_plugin("chains").signature
    assert before != UnitPool([RepeatUnit.parse("*CC*")]).signature
    metadata = next(site.glob("*/METADATA"))
    metadata.write_text(metadata.read_text().replace("Version: 1.0", "Version: 2.0"))
    assert load_pool_plugin("chains").signature != before


def test_what_a_plugin_gives_keeps_the_contract_of_its_own(site: Path) -> None:
    pool = load_pool_plugin("chains", {"n": 300})
    assert [len(made.candidates) for made in pool.made(1)] == [300 - PIECE]
    assert load_pool_plugin("nameless").signature == ""


def test_an_unknown_name_lists_those_that_are_installed(site: Path) -> None:
    assert pool_plugins() == ("absent", "breaks", "chains", "list_of", "nameless", "not_callable", "refuses")
    with pytest.raises(PoolError, match="brings a pool 'chain'") as caught:
        load_pool_plugin("chain")
    assert "absent, breaks, chains" in caught.value.hint


def test_without_any_the_error_says_so() -> None:
    with pytest.raises(PoolError) as caught:
        load_pool_plugin("chains")
    assert "None is installed" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("absent", "cannot be imported from .*:absent: AttributeError"),
        ("breaks", "fails: ValueError: no such model"),
        ("list_of", "gives list, which is no pool"),
        ("not_callable", "cannot be called"),
    ],
)
def test_a_broken_plugin_is_an_error_that_names_its_package(site: Path, name: str, said: str) -> None:
    with pytest.raises(PoolError, match=said) as caught:
        load_pool_plugin(name)
    assert "chain-makers" in caught.value.message
    assert caught.value.hint


def test_options_that_a_plugin_does_not_have_are_told(site: Path) -> None:
    with pytest.raises(PoolError, match="TypeError") as caught:
        load_pool_plugin("chains", {"length": 3})
    assert "length" in caught.value.hint


def test_an_error_of_ours_that_a_plugin_raises_is_passed_on(site: Path) -> None:
    with pytest.raises(PoolError, match=r"^The model is not trained\. Train it\.$"):
        load_pool_plugin("refuses")


def test_a_module_that_cannot_be_imported_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    install(
        tmp_path / "site", "broken", "broken_pool", {"broken": "broken_pool:make"}, "import absent_model\n"
    )
    with pytest.raises(PoolError, match="ModuleNotFoundError: No module named 'absent_model'"):
        load_pool_plugin("broken")
    assert "broken_pool" not in sys.modules


def test_a_name_that_two_packages_bring_is_an_error(site: Path) -> None:
    install(site, "other-makers", "other_makers", {"chains": "other_makers:chains"})
    with pytest.raises(PoolError, match="chain-makers, other-makers"):
        load_pool_plugin("chains")
