"""Every code of a Fault or a Warning that the controller's source can give, read from the source itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

from kube_vxlan_controller.language.options import TABLE

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "controller" / "kube_vxlan_controller"
MAKERS = frozenset({"Mistake", "Fault", "Warning", "_part", "_refused"})
"""What is called with a code as its first argument."""


def codes(*places: str) -> frozenset[str]:
    """The codes that the modules of these packages give; a name of a file stands for that file."""
    files = [
        file for place in places for file in ([PACKAGE / place] if place.endswith(".py") else (PACKAGE / place).glob("*.py"))
    ]
    return frozenset(code for file in files for code in _of(ast.parse(file.read_text())))


def _of(module: ast.Module) -> Iterator[str]:
    names = {
        target.id: node.value.value
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            for written in _written(node):
                yield from _values(written, names, module)


def _written(call: ast.Call) -> Iterator[ast.expr]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name in MAKERS and call.args:
        yield call.args[0]
    if name in {*MAKERS, "replace"}:
        yield from (keyword.value for keyword in call.keywords if keyword.arg == "code")


def _values(written: ast.expr, names: dict[str, object], module: ast.Module) -> Iterator[str]:
    match written:
        case ast.Constant(str(code)):
            yield code
        case ast.Name(name) if name in names:
            yield str(names[name])
        case ast.JoinedStr([ast.Constant("invalid-"), _]):
            yield from (f"invalid-{row.name}" for row in TABLE)
        case ast.JoinedStr([ast.FormattedValue(), ast.Constant(str(end))]):
            yield from (f"{what}{end}" for what in _second_arguments(module, "_fault"))
        case ast.Name(name) | ast.Attribute(attr=name) if name == "code":
            pass  # handed on, or the f-string above, by another name
        case _:
            raise AssertionError(f"a code that this test cannot read: {ast.unparse(written)}")


def _second_arguments(module: ast.Module, name: str) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            what = node.args[1]
            assert isinstance(what, ast.Constant)
            yield str(what.value)
