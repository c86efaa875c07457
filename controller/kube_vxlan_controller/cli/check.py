"""I/O. `check FILE...`, `check --cluster`: what the controller would refuse in manifests, or in a cluster as it is.

Reads files, or the API server, and prints; `checking` and `census` judge.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from kube_vxlan_controller.cli.checking import Bare, Document, Report, Rules, as_text, as_value, examine
from kube_vxlan_controller.cli.given import USAGE, Complaint, Given, takes_settings
from kube_vxlan_controller.cli.output import As, Everywhere, InNamespace, Output, Watch, for_people, structured, within
from kube_vxlan_controller.settings import Settings

LARGEST_FILE = 16 * 2**20
"""Bytes; ten times what the API server takes."""


@takes_settings
def check(
    given: Given,
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE]...", help="Manifests in YAML or JSON; - is stdin.")
    ] = None,
    annotation: Annotated[bool, typer.Option("--annotation", help="The files are bare texts of annotations.")] = False,
    cluster: Annotated[bool, typer.Option("--cluster", help="All pods of the cluster, and its ConfigMap of networks.")] = False,
    in_namespace: InNamespace = "",
    everywhere: Everywhere = False,
    output: As = Output.TEXT,
    watching: Watch = False,
) -> int:
    """Tell what the controller would refuse.

    In manifests: pods, what makes pods, patches, and the ConfigMap of networks; or with --cluster in what there is.
    """
    if cluster == bool(files):
        raise Complaint("check takes files, or --cluster: say one of them.")
    if cluster and annotation:
        raise Complaint("--annotation goes with files.")
    if cluster:
        return _check_cluster(given.reachable(), within(in_namespace, everywhere), output, watching)
    if in_namespace or everywhere or watching:
        raise Complaint("-n, -A and -w go with --cluster.")
    return _check_files(given.settings, files or [], annotation, output)


def _check_files(settings: Settings, files: list[str], bare: bool, output: Output) -> int:
    rules = Rules(settings.annotation, settings.configmap_name, settings.selector, settings.vni_from_configmap)
    documents: list[Document | Bare] = []
    unreadable: list[str] = []
    for name in files:
        text = _read(name, strict=not bare)
        if isinstance(text, OSError | UnicodeDecodeError):
            unreadable.append(_why(name, text))
        else:
            documents.append(Bare(_shown(name), text) if bare else Document(_shown(name), text))
    report = examine(documents, rules)
    problems = [*unreadable, *report.unreadable]
    print(_text(report, problems, output), end="")
    for problem in problems:
        print(f"kube-vxlan-controller: {problem}", file=sys.stderr)
    return USAGE if problems else 1 if report.findings else 0


def _check_cluster(settings: Settings, namespace: str, output: Output, watching: bool) -> int:
    # Files are judged without any of what talks to a cluster.
    from kube_vxlan_controller.cli.census import Names, grouped, judge
    from kube_vxlan_controller.cli.reading import UNREAD
    from kube_vxlan_controller.cli.watching import Told, give
    from kube_vxlan_controller.cli.world import World

    names = Names(settings.selector, settings.annotation, f"{settings.namespace}/{settings.configmap_name}")

    async def read(world: World) -> Told:
        desired = await world.desired()  # of all namespaces: what is odd among pods is odd among those of several too
        report = judge(desired, await world.all_pods(), names, namespace)
        unread = () if desired.snapshot.complete else (UNREAD,)
        shown = grouped(report) if output is Output.TEXT else report
        return Told(_text(shown, unread, output), 1 if report.findings or unread else 0, unread)

    return give(settings, read, output if watching else None)


def _text(report: Report, problems: Sequence[str], output: Output) -> str:
    return structured(as_value(report, problems), output) if output.structured else for_people(as_text(report)) + "\n"


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
