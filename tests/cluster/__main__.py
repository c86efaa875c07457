"""The cluster by hand: `python -m tests.cluster up [--nodes N]`, `down`, `load`, `break WHAT ...`, `possible`, `prepare`."""

import argparse
import inspect
import sys
from typing import Any

from tests.cluster import build, cluster, images, packages
from tests.cluster.faults import Faults
from tests.cluster.realm import Missing


def main() -> int:
    """Carry out a command; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description="A real Kubernetes on this machine.")
    parser.add_argument("--name", default=cluster.NAME, help="of the cluster; several can be up at once")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="bring it up").add_argument("--nodes", type=int, default=2, choices=range(1, 10))
    commands.add_parser("down", help="take it down without a trace")
    commands.add_parser("load", help="build our images anew and give them to the nodes")
    commands.add_parser("possible", help="tell what this machine lacks that nobody can install for it")
    commands.add_parser("prepare", help="install and build what it needs from elsewhere")
    breaking = commands.add_parser("break", help="break something, or mend it")
    faults = breaking.add_subparsers(dest="fault", required=True)
    for name, fault in vars(Faults).items():
        if not name.startswith("_"):
            words = faults.add_parser(name, help=fault.__doc__)
            for parameter in list(inspect.signature(fault).parameters.values())[1:]:
                words.add_argument(parameter.name, **_given_or(parameter.default))
    try:
        given = parser.parse_args()
    except SystemExit as error:
        return 64 if error.code else 0
    try:
        return _COMMANDS[given.command](given)
    except Missing as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 69


def _up(given: argparse.Namespace) -> int:
    made = cluster.up(given.name, given.nodes, cluster.narrate())
    print(f"export KUBECONFIG={made.kubeconfig}")
    return 0


def _down(given: argparse.Namespace) -> int:
    if not cluster.down(given.name):
        print("cluster: there is none", file=sys.stderr)
    return 0


def _load(given: argparse.Namespace) -> int:
    made = _found(given)
    archives = images.archives(cluster.narrate())
    for node in made.nodes:
        node.load(archives)
    return 0


def _possible(given: argparse.Namespace) -> int:
    """Only by what nobody can install here. What can be and fails is a failure, which `prepare` tells."""
    why = packages.unavailable()
    print(why, end="")
    return 69 if why else 0


def _prepare(given: argparse.Namespace) -> int:
    """Get all that comes from elsewhere: packages, and the modules that Kubernetes is built of."""
    say = cluster.narrate()
    packages.install(say)
    build.components(say)
    return 0


def _break(given: argparse.Namespace) -> int:
    fault = getattr(Faults(_found(given)), given.fault)
    fault(*(getattr(given, name) for name in inspect.signature(fault).parameters))
    return 0


def _found(given: argparse.Namespace) -> cluster.Cluster:
    made = cluster.find(given.name)
    if made is None:
        raise Missing(f'no cluster named "{given.name}" is up')
    return made


def _given_or(default: object) -> dict[str, Any]:
    return {} if default is inspect.Parameter.empty else {"nargs": "?", "default": default}


_COMMANDS = {"up": _up, "down": _down, "load": _load, "break": _break, "possible": _possible, "prepare": _prepare}


if __name__ == "__main__":
    sys.exit(main())
