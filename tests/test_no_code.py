"""No code can come from a campaign's folder, or from any other file: the two packages read no format that holds any."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for name in ("campaigns", "discovery") for path in (ROOT / name).rglob("*.py"))

OF_PICKLES = {
    "pickle",
    "cPickle",
    "_pickle",
    "cloudpickle",
    "dill",
    "joblib",
    "shelve",
    "marshal",
    "jsonpickle",
}
"""Modules that make objects out of what they read."""

RUNNING = {"eval", "exec", "compile", "__import__"}
"""Built-in functions that run what they are given."""

UNPICKLING = {"read_pickle", "to_pickle", "read_hdf", "unsafe_load", "full_load", "run_path"}
"""Methods, of whatever library, that make objects or run code out of a file."""

BY_FULL_NAME = {"torch": {"load", "hub", "jit", "package"}, "yaml": {"load", "load_all"}, "numpy": {"load"}}
"""Functions that are recognised by the module before their name, and are therefore not imported without it."""

SAFE_NAMES = {"pickle.UnpicklingError"}
"""What torch raises where it refuses to read a pickle."""


def faults(tree: ast.AST) -> Iterator[str]:
    """What of a module could run code that is not its own."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in OF_PICKLES:
            yield f"line {line}: imports from {node.module}"
        elif isinstance(node, ast.ImportFrom):
            bare = {alias.name for alias in node.names} & BY_FULL_NAME.get(node.module or "", set())
            yield from (f"line {line}: imports {name} from {node.module}" for name in sorted(bare))
        elif isinstance(node, ast.Import):
            used = {a.asname or a.name for a in node.names if a.name.partition(".")[0] in OF_PICKLES}
            for name in used:
                yield from (
                    f"line {line}: uses {name}.{attribute}"
                    for attribute in attributes_of(tree, name)
                    if f"{name}.{attribute}" not in SAFE_NAMES
                )
        elif isinstance(node, ast.Call):
            yield from (f"line {line}: {fault}" for fault in call_faults(node))


def attributes_of(tree: ast.AST, name: str) -> set[str]:
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    }


def call_faults(call: ast.Call) -> Iterator[str]:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    of = ast.unparse(function.value) if isinstance(function, ast.Attribute) else ""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if (name in RUNNING and of in ("", "builtins")) or name in UNPICKLING:
        yield f"calls {ast.unparse(function)}"
    if not is_constant(given.get("trust_remote_code", ast.Constant(False)), False):
        yield "trusts remote code"
    if not is_constant(given.get("allow_pickle", ast.Constant(False)), False):
        yield "allows pickles"
    if name == "load" and of == "torch" and not is_constant(given.get("weights_only"), True):
        yield "loads with torch.load without weights_only=True"
    if name in ("load", "load_all") and of == "yaml":
        yield f"calls {ast.unparse(function)}"
    if name in ("load", "package") and of in ("torch.jit", "torch.package", "torch.hub"):
        yield f"calls {ast.unparse(function)}"


def is_constant(node: ast.expr | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def test_no_module_reads_what_could_hold_code() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): list(faults(ast.parse(path.read_text(encoding="utf-8"))))
        for path in MODULES
    }
    assert len(found) > 300
    assert {name: told for name, told in found.items() if told} == {}


@pytest.mark.parametrize(
    "text",
    [
        "import pickle\npickle.load(file)",
        "import pickle as p\np.loads(text)",
        "from pickle import load",
        "import joblib\njoblib.load(path)",
        "from transformers import AutoModel\nAutoModel.from_pretrained(x, trust_remote_code=True)",
        "AutoModel.from_pretrained(x, trust_remote_code=told)",
        "import torch\ntorch.load(path)",
        "torch.load(path, weights_only=False)",
        "torch.load(path, weights_only=told)",
        "np.load(path, allow_pickle=True)",
        "pd.read_pickle(path)",
        "eval(text)",
        "builtins.exec(text)",
        "torch.hub.load(a, b)",
        "from torch import load",
        "from numpy import load",
        "yaml.load(text, Loader=given)",
        "pd.read_hdf(path)",
    ],
)
def test_what_could_hold_code_is_seen(text: str) -> None:
    assert list(faults(ast.parse(text)))


def test_what_cannot_is_not_taken_for_it() -> None:
    text = "torch.load(p, weights_only=True)\nre.compile('a')\njson.load(f)\nmodel.eval()\nnp.load(p, allow_pickle=False)"
    assert list(faults(ast.parse(text))) == []
