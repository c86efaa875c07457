"""I/O. `inspect networks`: each network's members, their options, and what the kernels of their pods hold."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from kube_vxlan_controller.cli.complaint import Complaint
from kube_vxlan_controller.cli.given import Given, takes_settings
from kube_vxlan_controller.cli.reading import Look, Seen, look, tell
from kube_vxlan_controller.cli.render import READINGS, USUAL, Field, field_text, inspect_text
from kube_vxlan_controller.cli.table import print_table
from kube_vxlan_controller.desired import Wish
from kube_vxlan_controller.language.mistakes import nearest, visible
from kube_vxlan_controller.model import NetworkName, Scope

inspect_app = typer.Typer(help="Show networks, their members and what their kernels hold.", rich_markup_mode=None)


@inspect_app.callback()
def _inspect() -> None:
    """Makes `networks` a word of its own, as the ancestor has it."""


@inspect_app.command("nets", help="The same as networks.")
@inspect_app.command()
@takes_settings
def networks(
    given: Given,
    name: Annotated[list[str], typer.Argument(help="The networks.")],
    fields: Annotated[str, typer.Option(help="Some of pod,net,fdb,dev,route in any order, or all.")] = ",".join(USUAL),
    in_namespace: Annotated[str, typer.Option("-n", help="Only pods of this namespace.", metavar="NAMESPACE")] = "",
) -> int:
    """Show the members of networks: pod and address, options, forwarding entries."""
    names, shown = [NetworkName(word) for word in name], _fields(fields)
    what = Look(
        namespace=in_namespace,
        wanted=lambda member: member.network in names,
        concerns=lambda wish: _concerns(wish, names),
        readings=tuple(READINGS[field] for field in shown if field in READINGS),
    )
    seen = look(given.reachable(), what)
    for network in names:
        _print(network, seen, shown)
    unknown = [_unknown(network, seen.networks) for network in names if network not in seen.networks]
    return tell([*seen.troubles, *unknown])


def _fields(text: str) -> tuple[Field, ...]:
    if text == "all":
        return tuple(Field)
    words = [word for word in text.split(",") if word]
    for word in words:
        if word not in list(Field):
            raise Complaint(f"--fields takes some of {','.join(Field)}, or all; {visible(word)!r} is none of them.")
    return tuple(Field(word) for word in words)


def _concerns(wish: Wish, names: Sequence[NetworkName]) -> bool:
    return any(fault.scope is Scope.POD or fault.network in names for fault in wish.reading.faults)


def _print(network: NetworkName, seen: Seen, fields: Sequence[Field]) -> None:
    sights = [sight for sight in seen.sights if sight.member.network == network]
    if sys.stdout.isatty():
        print_table(network, fields, [[field_text(sight, field) for field in fields] for sight in sights])
    else:
        print(inspect_text(network, sights, fields), end="")


def _unknown(network: NetworkName, known: frozenset[NetworkName]) -> str:
    near = nearest(network, known)
    return f"There is no network {visible(network)!r}" + (f"; did you mean {near}?" if near else ".")
