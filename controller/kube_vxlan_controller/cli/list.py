"""I/O. `list pods`: which pod has which address on which network, as the pods' kernels say."""

import sys
from typing import Annotated

import typer

from kube_vxlan_controller.cli.given import Given, takes_settings
from kube_vxlan_controller.cli.reading import Look, look, tell
from kube_vxlan_controller.cli.render import addresses, pod_line
from kube_vxlan_controller.cli.table import print_table
from kube_vxlan_controller.ports import Reading

list_app = typer.Typer(help="List pods with their networks and addresses.", rich_markup_mode=None)


@list_app.callback()
def _list() -> None:
    """Makes `pods` a word of its own, as the ancestor has it."""


@list_app.command()
@takes_settings
def pods(
    given: Given,
    prefix: Annotated[list[str] | None, typer.Argument(help="Only pods whose names begin so.", metavar="[PREFIX]...")] = None,
    in_namespace: Annotated[str, typer.Option("-n", help="Only pods of this namespace.", metavar="NAMESPACE")] = "",
) -> int:
    """List the members of all networks, one line per pod, network and address."""
    prefixes = tuple(prefix or [""])
    what = Look(
        namespace=in_namespace,
        wanted=lambda member: member.place.name.startswith(prefixes),
        concerns=lambda wish: wish.place.name.startswith(prefixes),
        readings=(Reading.SHOW_ADDRESSES,),
    )
    seen = look(given.reachable(), what)
    found = [(sight, address) for sight in seen.sights for address in addresses(sight)]
    if sys.stdout.isatty():
        rows = [(str(sight.member.place), sight.member.network, address) for sight, address in found]
        print_table("", ("pod", "network", "address"), rows)
    else:
        for sight, address in found:
            print(pod_line(sight, address))
    return tell(seen.troubles)
