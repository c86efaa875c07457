"""Pure. The options of a network as a table: how each is read, where it may stand, how it merges, how it prints.

A row's name is the name of the field in `model.Options`, so a new option is one row here and one field there.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any

from kube_vxlan_controller.language import addresses, values
from kube_vxlan_controller.model import MAX_ADDRESSES, Options


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _list(value: Iterable[object]) -> str:
    return ",".join(sorted(map(str, value)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One row: what the option is called, how its text is read, and how it merges."""

    name: str
    form: str
    """What a value looks like, for the reference."""
    meaning: str
    read: Callable[[str], object]
    """The text to the canonical value, or a `Mistake`."""
    write: Callable[[Any], str] = _plain
    """The canonical value to its text, which reads back as the same value."""
    default: str = ""
    """What holds without it, for the reference."""
    bare: str = ""
    """The value that the option without `=` stands for; none if it needs one."""
    cancels: bool = False
    """Whether `=false` takes the ConfigMap's value away."""
    repeats: int = 1
    """How often it may be written; more than once, its values add up."""
    configmap_only: bool = False
    """Whether it has no place in an annotation."""
    always_shown: bool = False
    """Whether it stands in the `net:` line even when it has its default."""


TABLE: tuple[Option, ...] = (
    Option(
        name="id",
        form="1 to 16777215",
        meaning="The VXLAN network identifier (VNI). Every network needs one, from the ConfigMap or from the annotation.",
        read=values.vni,
        always_shown=True,
    ),
    Option(
        name="name",
        form="NAME",
        meaning="The name of the interface in the pod: 1 to 15 letters, digits, `-`, `_` and `.`.",
        read=values.interface_name,
        default="the network's name",
        always_shown=True,
    ),
    Option(
        name="dev",
        form="NAME",
        meaning="The device in the pod that carries the network's packets.",
        read=values.lower_device,
        default="eth0",
        always_shown=True,
    ),
    Option(name="type", form="vxlan", meaning="The kind of link.", read=values.link_type, default="vxlan", always_shown=True),
    Option(
        name="up",
        form="true or false",
        meaning="Whether the interface is brought up. The option alone means true; without it the interface stays down.",
        read=values.flag,
        default="false",
        bare="true",
    ),
    Option(
        name="ip",
        form="ADDRESS/LENGTH",
        meaning=f"An address for the interface. May be written up to {MAX_ADDRESSES} times; each adds one.",
        read=addresses.link_address,
        default="none",
        cancels=True,
        repeats=MAX_ADDRESSES,
    ),
    Option(
        name="route",
        form="SUBNET/LENGTH:GATEWAY",
        meaning="A subnet that is reached through a gateway on this pod's networks, once the interface is up. May be repeated.",
        read=addresses.route,
        default="none",
        cancels=True,
        repeats=64,
    ),
    Option(
        name="mtu",
        form="68 to 65535",
        meaning="The largest packet on the interface, in bytes.",
        read=values.mtu,
        default="that of `dev` less what VXLAN adds",
        cancels=True,
    ),
    Option(
        name="port",
        form="0 to 65535",
        meaning="The UDP port of the network, the same for all of its members; 0 stands for 8472.",
        read=values.port,
        default="8472",
    ),
    Option(
        name="learning",
        form="true or false",
        meaning="Whether the interface learns from traffic which member has which MAC address.",
        read=values.flag,
        default="true",
        bare="true",
    ),
    Option(
        name="ttl",
        form="1 to 255",
        meaning="The time to live of the packets between members.",
        read=values.ttl,
        default="the kernel's",
        cancels=True,
    ),
    Option(
        name="family",
        form="ipv4 or ipv6",
        meaning="The IP family in which the members reach each other.",
        read=values.family,
        default="ipv4",
    ),
    Option(
        name="namespaces",
        form="NAMESPACE,NAMESPACE",
        meaning="The namespaces whose pods may join. With it, an annotation cannot choose another `id` or `port`.",
        read=values.namespaces,
        write=_list,
        default="all",
        configmap_only=True,
    ),
)


def describe(merged: Options) -> str:
    """The `net:` line of `inspect`: options sorted by name, those that the ancestor did not have only when they are set."""
    words: list[str] = []
    for row in sorted(TABLE, key=lambda row: row.name):
        value = getattr(merged, row.name)
        if row.always_shown or value != default(row.name):
            parts = value if row.repeats > 1 else (value,)
            words += [f"{row.name}:{row.write(part)}" for part in parts]
    return " ".join(words)


def default(name: str) -> object:
    """What `model.Options` holds when nobody sets the option; nothing can equal MISSING."""
    return next(field.default for field in fields(Options) if field.name == name)
