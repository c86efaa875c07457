"""I/O. `check FILE...`: what the controller would refuse in manifests, before anybody applies them.

Reads files and prints; `checking` judges.
"""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kube_vxlan_controller.cli.checking import Bare, Document, Report, Rules, as_json, as_text, examine
from kube_vxlan_controller.cli.given import USAGE, read_settings

LARGEST_FILE = 16 * 2**20
"""Bytes; ten times what the API server takes."""


class Output(StrEnum):
    """How the result is printed."""

    TEXT = "text"
    JSON = "json"


def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Manifests in YAML or JSON; - is stdin.")],
    annotation: Annotated[bool, typer.Option("--annotation", help="The files are bare texts of annotations.")] = False,
    configmap_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The ConfigMap of networks [kube-vxlan-controller].")
    ] = None,
    output: Annotated[Output, typer.Option("-o", "--output", help="How to print the result.")] = Output.TEXT,
) -> int:
    """Tell what the controller would refuse in manifests: pods, what makes pods, patches, and the ConfigMap of networks."""
    settings = read_settings({} if configmap_name is None else {"configmap-name": configmap_name}).settings
    rules = Rules(settings.annotation, settings.configmap_name, settings.selector, settings.vni_from_configmap)
    documents: list[Document | Bare] = []
    unreadable: list[str] = []
    for name in files:
        text = _read(name, strict=not annotation)
        if isinstance(text, OSError | UnicodeDecodeError):
            unreadable.append(_why(name, text))
        else:
            documents.append(Bare(_shown(name), text) if annotation else Document(_shown(name), text))
    return _tell(examine(documents, rules), unreadable, output)


def _tell(report: Report, unreadable: list[str], output: Output) -> int:
    problems = [*unreadable, *report.unreadable]
    print(as_json(report, problems) if output is Output.JSON else as_text(report))
    for problem in problems:
        print(f"kube-vxlan-controller: {problem}", file=sys.stderr)
    if problems:
        return USAGE
    return 1 if report.findings else 0


def _shown(name: str) -> str:
    return "stdin" if name == "-" else name


def _read(name: str, strict: bool) -> str | OSError | UnicodeDecodeError:
    """The text of a file. Bytes that are no UTF-8 are told as mistakes in a bare text, where no YAML can be broken by them."""
    try:
        if name == "-":
            data = sys.stdin.buffer.read(LARGEST_FILE + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            return OSError(0, f"it has more than {LARGEST_FILE} bytes")
        return data.decode("utf-8", "strict" if strict else "surrogateescape").removeprefix("\ufeff" if strict else "")
    except (OSError, UnicodeDecodeError) as error:
        return error


def _why(name: str, error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        before = error.object[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        return f"{_shown(name)}:{line}:{column}: This is not text in UTF-8."
    return f"{_shown(name)} cannot be read: {error.strerror or error}."
