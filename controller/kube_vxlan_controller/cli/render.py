"""Pure. What the commands print into a pipe, to the byte as the ancestor printed it.

Laws: text goes in, text comes out; nothing of what an agent said reaches a terminal unescaped. The ancestor's layout: fields
in the order asked for, the whole of a field trimmed, its further lines indented, a blank line after each pod; a pod's network
without an address has a line that ends with a blank.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from kube_vxlan_controller.language.mistakes import visible
from kube_vxlan_controller.language.options import describe
from kube_vxlan_controller.model import Member, NetworkName
from kube_vxlan_controller.ports import Reading
from kube_vxlan_controller.settings import Choice


class Field(StrEnum):
    """What `inspect` can show of a pod's part in a network."""

    POD = "pod"
    NET = "net"
    FDB = "fdb"
    DEV = "dev"
    ROUTE = "route"


READINGS = {Field.FDB: Reading.SHOW_FDB, Field.DEV: Reading.SHOW_ADDRESSES, Field.ROUTE: Reading.SHOW_ROUTES}
"""What an agent is asked for a field; the other fields need no agent."""
USUAL = (Field.POD, Field.NET, Field.FDB)
"""The fields that are shown unless others are asked for."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A pod's part in a network, and what its kernel said of the link; a reading that failed is not there."""

    member: Member
    shown: Mapping[Reading, str] = field(default_factory=dict)


def counted(number: int, thing: str) -> str:
    """`1 pod`, `2 pods`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def inspect_text(network: NetworkName, sights: Iterable[Sight], fields: Sequence[Field]) -> str:
    """One network of `inspect networks`."""
    pods = ("".join(f" {name}: {field_text(sight, name)}\n" for name in fields) for sight in sights)
    return f"[{network}]\n" + "".join(f"{pod}\n" for pod in pods)


def field_text(sight: Sight, name: Field) -> str:
    """A field's value: its further lines are indented so that they stand below the first one, or a little further."""
    member = sight.member
    match name:
        case Field.POD:
            return f"{member.place} {member.underlay}"
        case Field.NET:
            return describe(member.options)
        case Field.FDB:
            return _indented(_lines(sight, name), 6)
        case Field.DEV:
            # The ancestor cut `4: ` off the first line, and as much off all others.
            return _indented([line[3:] for line in _lines(sight, name) if len(line) >= 3], 6)
        case Field.ROUTE:
            return _indented(_lines(sight, name), 8)


def pod_line(sight: Sight, address: str) -> str:
    """One line of `list pods`."""
    return f"{sight.member.place} {sight.member.network} {address}"


def addresses(sight: Sight) -> tuple[str, ...]:
    """The link's addresses as the kernel prints them, without IPv6 link-local ones; one empty text where there is none."""
    shown = sight.shown.get(Reading.SHOW_ADDRESSES, "")
    found = re.findall(r"^ +inet6? ([0-9a-f.:]+/[0-9]+) ", shown, re.MULTILINE)
    return tuple(address for address in found if not address.startswith("fe80:")) or ("",)


def config_lines(choices: Iterable[Choice]) -> tuple[str, ...]:
    """What `config` prints: name, value and place of every setting; the token is never shown."""
    return tuple(f"{choice.option.name}: {_value(choice)} ({choice.where})" for choice in choices)


def config_form(choices: Iterable[Choice]) -> list[dict[str, str]]:
    """The same for `-o json`; a value that is not there is empty."""
    return [
        {
            "name": choice.option.name,
            "value": _value(choice) if choice.value else "",
            "origin": choice.origin.value,
            "where": choice.where,
        }
        for choice in choices
    ]


def _value(choice: Choice) -> str:
    if choice.option.name == "token" and choice.value:
        return "not shown"
    return visible(choice.value) or "-"


def _lines(sight: Sight, name: Field) -> list[str]:
    return [visible(line) for line in sight.shown.get(READINGS[name], "").split("\n") if line]


def _indented(lines: list[str], blanks: int) -> str:
    return ("\n" + " " * blanks).join(lines).strip()
