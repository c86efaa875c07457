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
                yield from _values(written, names)


def _written(call: ast.Call) -> Iterator[ast.expr]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name in MAKERS and call.args:
        yield call.args[0]
    if name == "_fault":  # of kernel.arranging: about a link, with a code
        yield call.args[1]
    if name in {*MAKERS, "replace"}:
        yield from (keyword.value for keyword in call.keywords if keyword.arg == "code")


def _values(written: ast.expr, names: dict[str, object]) -> Iterator[str]:
    match written:
        case ast.Constant(str(code)):
            yield code
        case ast.Name(name) if name in names:
            yield str(names[name])
        case ast.JoinedStr([ast.Constant("invalid-"), _]):
            yield from (f"invalid-{row.name}" for row in TABLE)
        case ast.Name(name) | ast.Attribute(attr=name) if name == "code":
            pass  # handed on
        case _:
            raise AssertionError(f"a code that this test cannot read: {ast.unparse(written)}")
