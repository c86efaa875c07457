"""Pure. A link's mark as its alias, and back: what makes a link ours has one text, and no other text is it.

`kvc1/NETWORK/(up|down)[/P]...`: version, network, whether we raised the link, and the addresses that we gave, each with `-`
for its `/`; at most 255 characters (the kernel's limit) of `A-Za-z0-9:._/-`.
"""

import re
from ipaddress import ip_interface

from kube_vxlan_controller.kernel.netns import Mark
from kube_vxlan_controller.model import Interface

_ALIAS = re.compile(r"[A-Za-z0-9:./_-]{1,255}")


def alias(mark: Mark) -> str:
    """The mark as the alias of a link: `kvc1/NETWORK/STATE/ADDRESS...`, `-` standing for the `/` of an address."""
    addresses = sorted(str(address).replace("/", "-") for address in mark.addresses)
    return "/".join(("kvc1", mark.network, "up" if mark.raised else "down", *addresses))


def parse_alias(text: str) -> Mark | None:
    """The mark that an alias records; None for one that is not ours."""
    version, *parts = text.split("/")
    if version != "kvc1" or len(parts) < 2 or not parts[0] or not _ALIAS.fullmatch(text) or parts[1] not in ("up", "down"):
        return None
    try:
        addresses = frozenset(_address(*part.split("-")) for part in parts[2:])
    except (ValueError, TypeError):
        return None
    return Mark(parts[0], addresses, parts[1] == "up")


def _address(local: str, length: str) -> Interface:
    return ip_interface(f"{local}/{length}")
