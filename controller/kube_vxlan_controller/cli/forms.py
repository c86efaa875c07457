"""Pure. What `list` and `inspect` tell as values: `-o json` and `-o yaml` have these names, and `-o wide` these columns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kube_vxlan_controller.cli.render import READINGS, Field, Sight, addresses
from kube_vxlan_controller.language.mistakes import visible
from kube_vxlan_controller.language.options import TABLE, default
from kube_vxlan_controller.model import NetworkName, NodeName, Options, Place

Nodes = Mapping[Place, NodeName]

WIDE = ("pod", "network", "address", "node", "underlay", "vni", "port", "link")
"""The columns of `list pods -o wide`."""


@dataclass(frozen=True, slots=True)
class Part:
    """A pod's part in a network."""

    namespace: str
    pod: str
    node: str
    network: str
    underlay: str
    """The pod's address in the cluster, at which its peers reach it."""
    link: str
    vni: int
    port: int
    addresses: tuple[str, ...]
    """Those of the link, as the kernel has them."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What `list pods` found."""

    pods: tuple[Part, ...]
    troubles: tuple[str, ...]
    refused: tuple[str, ...]
    """What cannot be honoured, a sentence each."""


def parts(sights: Iterable[Sight], nodes: Nodes) -> tuple[Part, ...]:
    """One for each sight."""
    return tuple(_part(sight, nodes) for sight in sights)


def _part(sight: Sight, nodes: Nodes) -> Part:
    member = sight.member
    return Part(
        namespace=member.place.namespace,
        pod=member.place.name,
        node=nodes[member.place],
        network=member.network,
        underlay=str(member.underlay),
        link=member.options.name,
        vni=member.options.id,
        port=member.options.port,
        addresses=tuple(address for address in addresses(sight) if address),
    )


def wide_rows(found: Iterable[Part]) -> list[tuple[str, ...]]:
    """The rows of `list pods -o wide`: one per address, and one with `-` where there is none."""
    return [
        (f"{one.namespace}/{one.pod}", one.network, address, one.node, one.underlay, str(one.vni), str(one.port), one.link)
        for one in found
        for address in one.addresses or ("-",)
    ]


def columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows as text for a pipe: every column as wide as it must be, its name above it."""
    table = [[name.upper() for name in header], *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    return "".join(
        "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in table
    )


def inspected(network: NetworkName, sights: Iterable[Sight], fields: Sequence[Field]) -> dict[str, Any]:
    """One network of `inspect networks`: its members, each with the fields asked for, texts of the kernel as lists of lines."""
    return {"network": network, "members": [_inspected(sight, fields) for sight in sights]}


def _inspected(sight: Sight, fields: Sequence[Field]) -> dict[str, Any]:
    member = sight.member
    told: dict[str, Any] = {"namespace": member.place.namespace, "pod": member.place.name, "underlay": str(member.underlay)}
    for field in fields:
        if field is Field.NET:
            told["net"] = option_values(member.options)
        elif field in READINGS:
            told[field.value] = [visible(line) for line in sight.shown.get(READINGS[field], "").split("\n") if line]
    return told


def option_values(merged: Options) -> dict[str, str | list[str]]:
    """The options of the `net:` line, by name; those that may be repeated as lists."""
    told: dict[str, str | list[str]] = {}
    for row in sorted(TABLE, key=lambda row: row.name):
        value = getattr(merged, row.name)
        if row.always_shown or value != default(row.name):
            told[row.name] = [row.write(part) for part in value] if row.repeats > 1 else row.write(value)
    return told
