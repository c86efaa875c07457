"""I/O. `list pods`: which pod has which address on which network, as the pods' kernels say."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from kube_vxlan_controller.cli.forms import WIDE, Parts, columns, parts, wide_rows
from kube_vxlan_controller.cli.given import Given, takes_settings
from kube_vxlan_controller.cli.names import pod_names
from kube_vxlan_controller.cli.output import As, Everywhere, InNamespace, Output, Watch, structured, within
from kube_vxlan_controller.cli.reading import Look, Seen, begins, show
from kube_vxlan_controller.cli.render import addresses, pod_line
from kube_vxlan_controller.cli.table import table_text
from kube_vxlan_controller.ports import Reading

list_app = typer.Typer(help="List pods with their networks and addresses.", rich_markup_mode=None)


@list_app.callback()
def _list() -> None:
    """Makes `pods` a word of its own, as the ancestor has it."""


@list_app.command()
@takes_settings
def pods(
    given: Given,
    prefix: Annotated[
        list[str] | None,
        typer.Argument(
            help="Only pods whose names, or NAMESPACE/NAMEs, begin so.", metavar="[PREFIX]...", autocompletion=pod_names
        ),
    ] = None,
    in_namespace: InNamespace = "",
    everywhere: Everywhere = False,
    output: As = Output.TEXT,
    watching: Watch = False,
) -> int:
    """List the members of all networks, one line per pod, network and address."""
    words = tuple(prefix or ())
    prefixes = words or ("",)
    what = Look(
        namespace=within(in_namespace, everywhere),
        wanted=lambda member: begins(member.place, prefixes),
        concerns=lambda wish: begins(wish.place, prefixes),
        readings=(Reading.SHOW_ADDRESSES,),
    )
    form = output if watching else None
    return show(given.reachable(), what, lambda seen: _text(seen, words, output), form, lambda seen: seen.absent(words))


def _text(seen: Seen, words: Sequence[str], output: Output) -> str:
    if output.structured:
        troubles = (*seen.troubles, *seen.absent(words))
        return structured(Parts(parts(seen.sights, seen.nodes), troubles, seen.refusals), output)
    if output is Output.WIDE:  # on a terminal as well: so many columns would be folded beyond recognition
        return columns(WIDE, wide_rows(parts(seen.sights, seen.nodes)))
    found = [(sight, address) for sight in seen.sights for address in addresses(sight)]
    if sys.stdout.isatty():
        return table_text("", WIDE[:3], [(str(sight.member.place), sight.member.network, address) for sight, address in found])
    return "".join(f"{pod_line(sight, address)}\n" for sight, address in found)
