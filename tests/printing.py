"""What `ip` and `bridge` would print of a namespace with `eth0` and our links, for tests of those who read it."""

import json
from collections.abc import Mapping
from hashlib import md5
from typing import Any

from kube_vxlan_controller.kernel.alias import alias
from kube_vxlan_controller.kernel.lines import PROTOCOL
from kube_vxlan_controller.kernel.netns import ZERO_MAC, Link, Netns
from kube_vxlan_controller.kernel.readings import Reading, digest

UNDERLAY = {"ifname": "eth0", "flags": ["UP"], "mtu": 1500, "linkinfo": {"info_kind": "veth"}, "addr_info": []}
"""What every pod has."""


def printed(netns: Netns) -> Mapping[Reading, str]:
    """All readings of a namespace."""
    routes: list[dict[str, Any]] = []
    for link in netns.links:
        for route in link.routes:
            printed: dict[str, Any] = {"dst": str(route.subnet), "gateway": str(route.gateway), "dev": link.name}
            routes.append({**printed, "protocol": str(PROTOCOL), **({"pref": "medium"} if route.subnet.version == 6 else {})})
    return {
        Reading.LINKS: json.dumps([UNDERLAY, *(_link(link) for link in netns.links)]),
        Reading.ROUTES: json.dumps(routes),
        Reading.ENTRIES: "\n".join(
            sorted(f"{link.name} {ZERO_MAC} {address}" for link in netns.links for address in link.destinations)
            + [f"{link.name} {entry.mac} {entry.destination}" for link in netns.links for entry in sorted(link.strays)]
            + [f"{link.name} {entry.mac} {entry.destination} learned" for link in netns.links for entry in sorted(link.learned)]
        ),
        Reading.DIGEST: "\n".join(f"{link.name} {_digest(link)}" for link in netns.links),
    }


def _digest(link: Link) -> str:
    strays = "".join(f"{entry.mac} {entry.destination}\n" for entry in sorted(link.strays))
    return md5(strays.encode(), usedforsecurity=False).hexdigest() if strays else digest(link.destinations)


def _link(link: Link) -> dict[str, Any]:
    device = link.device
    data: dict[str, Any] = {"id": device.vni, "port": device.port, "link": device.lower, "learning": device.learning}
    if device.ttl:
        data["ttl"] = device.ttl
    if device.local:
        data["local6" if device.local.version == 6 else "local"] = str(device.local)
    return {
        "ifname": device.name,
        "flags": ["BROADCAST", *(["UP"] if link.up else [])],
        "mtu": device.mtu or 1450,
        "ifalias": alias(link.mark),
        "linkinfo": {"info_kind": "vxlan", "info_data": data},
        "addr_info": [
            {"family": "inet", "local": str(address.ip), "prefixlen": address.network.prefixlen}
            for address in (*link.addresses, *link.others)
        ],
    }
