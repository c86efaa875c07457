"""I/O. `inspect networks`: each network's members, their options, and what the kernels of their pods hold."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from kube_vxlan_controller.cli.complaint import Complaint
from kube_vxlan_controller.cli.forms import inspected
from kube_vxlan_controller.cli.given import Given, takes_settings
from kube_vxlan_controller.cli.names import network_names, words_of
from kube_vxlan_controller.cli.output import As, Everywhere, InNamespace, Output, Watch, structured, within
from kube_vxlan_controller.cli.reading import Look, Seen, show
from kube_vxlan_controller.cli.render import READINGS, USUAL, Field, field_text, inspect_text
from kube_vxlan_controller.cli.table import table_text
from kube_vxlan_controller.desired import Wish
from kube_vxlan_controller.language.mistakes import visible
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
    name: Annotated[list[str], typer.Argument(help="The networks.", metavar="NAME...", autocompletion=network_names)],
    fields: Annotated[
        str,
        typer.Option(
            help="Some of pod,net,fdb,dev,route in any order, or all [pod,net,fdb].",
            autocompletion=lambda incomplete: words_of([*Field, *(() if "," in incomplete else ("all",))], incomplete),
        ),
    ] = "",
    in_namespace: InNamespace = "",
    everywhere: Everywhere = False,
    output: As = Output.TEXT,
    watching: Watch = False,
) -> int:
    """Show the members of networks: pod and address, options, forwarding entries."""
    names = [NetworkName(word) for word in name]
    shown = _fields(fields) if fields else tuple(Field) if output is Output.WIDE else USUAL
    what = Look(
        namespace=within(in_namespace, everywhere),
        wanted=lambda member: member.network in names,
        concerns=lambda wish: _concerns(wish, names),
        readings=tuple(READINGS[field] for field in shown if field in READINGS),
    )
    form = output if watching else None
    return show(given.reachable(), what, lambda seen: _text(names, seen, shown, output), form, lambda seen: seen.unknown(names))


def _fields(text: str) -> tuple[Field, ...]:
    if text == "all":
        return tuple(Field)
    words = [word for word in text.split(",") if word]
    wrong = [f"{visible(word)!r} is none of them" for word in words if word not in list(Field)]
    if wrong or not words:
        raise Complaint(f"--fields takes some of {','.join(Field)}, or all; {next(iter(wrong), f'{text!r} names none')}.")
    return tuple(Field(word) for word in words)


def _concerns(wish: Wish, names: Sequence[NetworkName]) -> bool:
    return any(fault.scope is Scope.POD or fault.network in names for fault in wish.reading.faults)


def _text(names: Sequence[NetworkName], seen: Seen, fields: Sequence[Field], output: Output) -> str:
    members = {name: [sight for sight in seen.sights if sight.member.network == name] for name in names}
    if output.structured:
        networks = [inspected(name, members[name], fields) for name in names]
        troubles = (*seen.troubles, *seen.unknown(names))
        return structured({"networks": networks, "troubles": troubles, "refused": seen.refusals}, output)
    if sys.stdout.isatty():
        rows = {name: [[field_text(sight, field) for field in fields] for sight in sights] for name, sights in members.items()}
        return "".join(table_text(name, fields, rows[name]) for name in names)
    return "".join(inspect_text(name, members[name], fields) for name in names)
